import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { descendants, processTable, withVariable, type ProcessEntry } from "./process-table.ts";

export interface Ended {
  readonly exit: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly seconds: number;
}

export interface RoomProcess {
  readonly id: string;
  readonly pid: number;
  /** Resolves when nothing of its tree is alive. */
  readonly ended: Promise<Ended>;
  /** The living processes of its tree. */
  tree(): Promise<ProcessEntry[]>;
  stop(graceMs: number): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface StartOptions {
  readonly id: string;
  readonly command: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeout: number | undefined;
  /** Put in front of the shell: keeps the command from looking into the supervisor. */
  readonly guard: readonly string[];
  onOutput(text: string): void;
}

/** Every process of a command carries it in its environment, so that one that left group and session is still found. */
const MARK = "LODESTAR_RUN";
/**
 * Characters of output that are passed on as they come: as many as a segment takes. Of what comes after that only the
 * end is, and it is small enough for a full segment to keep it together with the line that says what is missing.
 */
const OUTPUT_LIMIT = 64 * 1024 * 1024;
const TAIL = 48 * 1024;
const LOOK_EVERY = 25;
/** SIGKILL cannot be refused; a process in an uninterruptible wait may take a while. The room's own end takes it along. */
const KILL_PATIENCE = 10_000;
const PIPE_PATIENCE = 1_000;

/**
 * Starts a shell command in a session of its own, with no input. It ends when its whole tree has ended: what a command
 * with a timeout leaves behind is ended with it, a service that went into the background is waited for.
 */
export function startProcess(options: StartOptions): Promise<RoomProcess> {
  const { promise, resolve, reject } = Promise.withResolvers<RoomProcess>();
  const startedAt = performance.now();
  const argv = [...options.guard, "/bin/sh", "-c", `exec 2>&1\n${options.command}`];
  const child = spawn(argv[0] ?? "", argv.slice(1), {
    cwd: options.cwd,
    env: { ...options.env, [MARK]: options.id },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const forwarded = forward(child, (text) => options.onOutput(text));
  child.on("error", reject);
  child.on("spawn", () => resolve(watch({ child, forwarded, startedAt }, options)));
  return promise;
}

interface Started {
  readonly child: ChildProcess;
  /** Resolves when all of the output has been passed on. */
  readonly forwarded: Promise<void>;
  readonly startedAt: number;
}

function watch({ child, forwarded, startedAt }: Started, options: StartOptions): RoomProcess {
  const pid = child.pid ?? 0;
  const tree = () => treeOf(pid, options.id);
  let timedOut = false;
  let stopping: Promise<void> | undefined;
  const stop = (graceMs: number) => (stopping ??= endTree(tree, graceMs));

  const timer =
    options.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          void stop(1_000);
        }, options.timeout);

  const ended = (async (): Promise<Ended> => {
    const [exit, signal] = await exitOf(child);
    clearTimeout(timer);
    if (options.timeout !== undefined) await stop(0);
    while ((await tree()).length > 0) await wait(LOOK_EVERY * 4);
    await stopping;
    await outputEnd(child, forwarded);
    return { exit, signal, timedOut, seconds: (performance.now() - startedAt) / 1000 };
  })();

  return {
    id: options.id,
    pid,
    ended,
    tree,
    stop: async (graceMs) => {
      await stop(graceMs);
      await ended;
    },
    pause: () => void child.stdout?.pause(),
    resume: () => void child.stdout?.resume(),
  };
}

/**
 * Asks the tree to end, the outermost leaves first (a shell or npm ends by itself after its child, and would pass the
 * signal on a second time), after half of the grace everybody; then kills until a look finds nothing.
 */
async function endTree(tree: () => Promise<ProcessEntry[]>, graceMs: number): Promise<void> {
  const begin = performance.now();
  const asked = new Set<number>();
  for (let left = await tree(); left.length > 0; left = await tree()) {
    const elapsed = performance.now() - begin;
    if (elapsed > graceMs + KILL_PATIENCE) return;
    const parents = new Set(left.map((entry) => entry.parent));
    for (const { pid } of left) {
      if (elapsed >= graceMs) signal(pid, "SIGKILL");
      else if (!asked.has(pid) && (elapsed >= graceMs / 2 || !parents.has(pid))) {
        asked.add(pid);
        signal(pid, "SIGTERM");
      }
    }
    await wait(LOOK_EVERY);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}

/** The living processes of a command: its group, its descendants, and whoever carries its mark in the environment. */
async function treeOf(root: number, id: string): Promise<ProcessEntry[]> {
  const marked = new Set(await withVariable(MARK, (value) => value === id));
  const table = await processTable();
  const found = new Set<ProcessEntry>();
  for (const entry of table.values())
    if (entry.pid === root || entry.group === root || marked.has(entry.pid)) found.add(entry);
  for (const entry of found) for (const child of descendants(table, entry.pid)) found.add(child);
  return [...found];
}

/** Passes output on up to a limit; of a program that prints more, the end comes when it has ended. */
function forward(child: ChildProcess, onOutput: (text: string) => void): Promise<void> {
  let sent = 0;
  let left = 0;
  let tail = "";
  const take = (text: string) => {
    if (sent < OUTPUT_LIMIT) {
      sent += text.length;
      onOutput(text);
    } else {
      left += text.length;
      tail = (tail + text).slice(-TAIL);
    }
  };
  child.stdout?.setEncoding("utf8").on("data", take);
  child.stderr?.setEncoding("utf8").on("data", take);
  return new Promise((resolve) => {
    child.stdout?.on("close", () => {
      if (left > tail.length) onOutput(`\n[lodestar: ${left - tail.length} characters of output are missing here]\n`);
      if (tail !== "") onOutput(tail);
      resolve();
    });
  });
}

function exitOf(child: ChildProcess): Promise<[number | null, string | null]> {
  return new Promise((resolve) => child.on("exit", (exit, signal) => resolve([exit, signal])));
}

/**
 * The tree has ended, so the rest of its output is in the pipe and is read to its end, however slowly the daemon takes
 * it. What left the tree and holds the pipe open without a word is not waited for.
 */
async function outputEnd({ stdout, stderr }: ChildProcess, forwarded: Promise<void>): Promise<void> {
  let silentSince = performance.now();
  const done = new AbortController();
  void forwarded.then(() => done.abort());
  stdout?.on("data", () => (silentSince = performance.now()));
  while (!done.signal.aborted && performance.now() - silentSince < PIPE_PATIENCE) {
    if (stdout?.isPaused()) silentSince = performance.now();
    await Promise.race([forwarded, wait(LOOK_EVERY)]);
  }
  stdout?.destroy();
  stderr?.destroy();
  await forwarded;
}
