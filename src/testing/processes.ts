import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

/** One process as the system's table has it. */
export interface Seen {
  readonly pid: number;
  readonly line: string;
}

/**
 * Living processes that name one of these texts in their command line, environment or working directory (Linux). Zombies
 * do not count: they wait for their parent only.
 */
export async function processesOf(...texts: string[]): Promise<Seen[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const seen = await Promise.all(pids.filter((pid) => pid !== process.pid).map((pid) => look(pid, texts)));
  return seen.filter((one) => one !== undefined);
}

/** Resolves when the process has ended; rejects after `patience` milliseconds. */
export async function untilGone(pid: number, patience = 10_000): Promise<void> {
  const deadline = performance.now() + patience;
  while (await isRunning(pid)) {
    if (performance.now() > deadline) throw new Error(`process ${pid} did not end within ${patience} ms`);
    await wait(10);
  }
}

async function look(pid: number, texts: readonly string[]): Promise<Seen | undefined> {
  const [line, environment, cwd] = await Promise.all([
    read(`/proc/${pid}/cmdline`),
    read(`/proc/${pid}/environ`),
    readlink(`/proc/${pid}/cwd`).catch(() => ""),
  ]);
  if (!texts.some((text) => [line, environment, cwd].some((part) => part.includes(text)))) return undefined;
  return (await isRunning(pid)) ? { pid, line: line.replaceAll("\0", " ").trim() } : undefined;
}

async function isRunning(pid: number): Promise<boolean> {
  const stat = await read(`/proc/${pid}/stat`);
  return stat !== "" && !/\) [ZX] /.test(stat);
}

function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
