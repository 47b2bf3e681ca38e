import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

export interface Finished {
  /** null when it could not be started, was killed or ran out of time. */
  readonly exit: number | null;
  readonly timedOut: boolean;
  /** At most 4 MiB each; what comes after is dropped. */
  readonly stdout: string;
  readonly stderr: string;
}

/** On Linux a tool dies with the daemon that started it, also when that was killed. */
const SETPRIV = "/usr/bin/setpriv";
const TIE = process.platform === "linux" && existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL", "--"] : [];
const LIMIT = 4 * 1024 * 1024;

/**
 * Runs a program of the user's or of the toolbox, never one of a repo: no sandbox. Ends its whole process group when
 * `timeout` (milliseconds) is over. Never rejects: a program that cannot be started is `exit: null`.
 */
export function outputOf(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: Readonly<Record<string, string | undefined>>; timeout: number },
): Promise<Finished> {
  return new Promise((resolve) => {
    const [command = program, ...rest] = [...TIE, program, ...args];
    const child = spawn(command, rest, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child.pid);
    }, options.timeout);
    const finish = (exit: number | null, note = "") => {
      clearTimeout(timer);
      resolve({ exit, timedOut, stdout: stdout(), stderr: stderr() + note });
    };
    child.on("error", (error) => finish(null, error.message));
    child.on("close", (exit) => finish(exit));
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < LIMIT) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}
