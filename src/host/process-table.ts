import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** One living process (never a zombie: it has ended, its parent has not noticed). `name` is short, at most 15 bytes on Linux. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly name: string;
  /** Tells two processes that had the same pid apart: when it started, in the system's own unit. */
  readonly started: string;
}

export type ProcessTable = ReadonlyMap<number, ProcessEntry>;

/** The variable that marks everything that Lodestar starts for a site, whatever it forks. */
export const SITE_MARK = "LODESTAR_SITE";

const IS_LINUX = process.platform === "linux";

/** Every process of the machine that is alive, by pid as this process sees it. */
export async function processTable(): Promise<ProcessTable> {
  const entries = IS_LINUX ? fromProc() : await fromPs();
  return new Map(entries.map((entry) => [entry.pid, entry]));
}

/** Everything that descends from `root`, children before grandchildren; `root` itself is left out. */
export function descendants(table: ProcessTable, root: number): ProcessEntry[] {
  const children = Map.groupBy(table.values(), (entry) => entry.parent);
  const found: ProcessEntry[] = [];
  const queue = [root];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      queue.push(child.pid);
    }
  }
  return found;
}

/** `pid` and its parents up to the first process. */
export function ancestry(table: ProcessTable, pid: number): number[] {
  const line: number[] = [];
  for (let at: number | undefined = pid; at && !line.includes(at); at = table.get(at)?.parent) line.push(at);
  return line;
}

/** Whether the very process of `entry` is still there. */
export function isSame(table: ProcessTable, entry: ProcessEntry): boolean {
  return table.get(entry.pid)?.started === entry.started;
}

/** Alive and no zombie. On other systems than Linux a zombie counts as alive until it is collected. */
export function isAlive(pid: number): boolean {
  if (IS_LINUX) return parseStat(pid) !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Pids of living processes that were started with `NAME=value` in their environment and a value that `fits`. */
export async function withVariable(name: string, fits: (value: string) => boolean): Promise<number[]> {
  const found: number[] = [];
  const lines = IS_LINUX ? environments() : await environmentsByPs();
  for (const [pid, variables] of lines) {
    const line = variables.find((variable) => variable.startsWith(`${name}=`));
    if (line !== undefined && fits(line.slice(name.length + 1)) && isAlive(pid)) found.push(pid);
  }
  return found;
}

/** The command line; the short name where that is empty or not ours to read; undefined when the process is gone. */
export function commandOf(pid: number): string | undefined {
  const line = readText(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ").trim();
  return line || parseStat(pid)?.name;
}

/** What the process holds open, as the kernel names it: `socket:[12345]`, a path. Empty when it is not ours to read. */
export function openFilesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** stdout of a program of the system; empty when it fails or takes longer than 5 s. */
export function systemOutput(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 5000, maxBuffer: 16 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
}

function fromProc(): ProcessEntry[] {
  return pids().flatMap((pid) => parseStat(pid) ?? []);
}

function pids(): number[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/** `pid (name) state parent group …`; the name may hold anything, so the last `)` ends it. */
function parseStat(pid: number): ProcessEntry | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  const [state, parent, group] = fields;
  if (state === "Z" || state === "X") return undefined;
  const name = text.slice(text.indexOf("(") + 1, end);
  return { pid, parent: Number(parent), group: Number(group), name, started: fields[19] ?? "" };
}

async function fromPs(): Promise<ProcessEntry[]> {
  const text = await systemOutput("ps", ["-axo", "pid=,ppid=,pgid=,stat=,lstart=,comm="]);
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+ +\S+ +\S+ +\S+ +\S+)\s+(.*)$/.exec(line);
    if (!match || match[4]?.startsWith("Z")) return [];
    const name = match[6]?.split("/").at(-1) ?? "";
    const [pid = 0, parent = 0, group = 0] = match.slice(1, 4).map(Number);
    return [{ pid, parent, group, name, started: match[5] ?? "" }];
  });
}

function environments(): [number, string[]][] {
  return pids().flatMap((pid): [number, string[]][] => {
    const text = readText(`/proc/${pid}/environ`);
    return text ? [[pid, text.split("\0")]] : [];
  });
}

async function environmentsByPs(): Promise<[number, string[]][]> {
  const text = await systemOutput("ps", ["-axEwwo", "pid=,command="]);
  return text.split("\n").flatMap((line): [number, string[]][] => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    return match ? [[Number(match[1]), (match[2] ?? "").split(" ")]] : [];
  });
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
