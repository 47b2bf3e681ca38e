import { spawn } from "node:child_process";
import { OutsideError } from "../sdk/errors.ts";
import type { AgentEvent, AgentLaunch, AgentPlugin } from "../sdk/index.ts";

/** How one run of an agent's program ended. */
export interface Turn {
  /** Under which the conversation is resumed. */
  readonly session: string | undefined;
  /** Its last message: its claim. */
  readonly said: string;
  /** Why it ended badly, as the agent or its exit status says; undefined when it did not. */
  readonly error: string | undefined;
  /** A person stopped it. */
  readonly stopped: boolean;
}

/** Milliseconds between asking an agent to end and ending it. */
const GRACE = 5_000;
/** Milliseconds for output that is still in the pipe when the program has ended; what it left behind may hold it open. */
const DRAIN = 1_000;
/** Characters of stderr that are kept for a program that fails. */
const STDERR = 2_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs an agent's program as the user's own process, in a group of its own, until it ends; a signal to us ends the group. */
export function runProgram(plugin: AgentPlugin, launch: AgentLaunch, see: (event: AgentEvent) => void): Promise<Turn> {
  const [program = plugin.program, ...args] = launch.command;
  const { cwd, env } = launch;
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const events: AgentEvent[] = [];
  let errors = "";
  let stopped = false;
  let grace: NodeJS.Timeout | undefined;
  const stop = () => {
    stopped = true;
    killGroup(child.pid, "SIGTERM");
    grace ??= setTimeout(() => killGroup(child.pid, "SIGKILL"), GRACE);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  onLines(child.stdout, (line) => {
    for (const event of plugin.parse(line)) {
      events.push(event);
      see(event);
    }
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => (errors = (errors + part).slice(-STDERR)));
  child.once("exit", () =>
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, DRAIN).unref(),
  );
  return new Promise<Turn>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new OutsideError(`${program} did not start: ${cause.message}`, { retryable: false, cause })),
    );
    child.once("close", (status, signal) => {
      const ended = status === 0 ? undefined : `it ended with ${signal ?? `status ${status}`}: ${errors.trim()}`;
      resolve({ ...turnOf(events, ended), stopped });
    });
  }).finally(() => {
    clearTimeout(grace);
    // What it started and did not take along.
    if (stopped) killGroup(child.pid, "SIGKILL");
    for (const signal of SIGNALS) process.off(signal, stop);
  });
}

/** What the program said of itself, and `ended`, which its exit status says. */
function turnOf(events: readonly AgentEvent[], ended: string | undefined): Omit<Turn, "stopped"> {
  const turn: { session?: string | undefined; said: string; error?: string } = { said: "" };
  for (const event of events) {
    if (event.is === "started") turn.session = event.session;
    if (event.is === "text" && event.subagent === undefined) turn.said = event.text;
    if (event.is !== "ended") continue;
    turn.said = event.said ?? turn.said;
    turn.session = event.session ?? turn.session;
    if (!event.ok) turn.error = event.error ?? "it says that it failed";
  }
  return { session: turn.session, said: turn.said, error: turn.error ?? ended };
}

function onLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (part: string) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  stream.on("end", () => take(rest));
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
