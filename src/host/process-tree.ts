import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { OutsideError } from "../sdk/index.ts";
import { onLifeline } from "./lifeline.ts";
import {
  ancestry,
  descendants,
  isAlive,
  isSame,
  processTable,
  SITE_MARK,
  systemOutput,
  withVariable,
  type ProcessEntry,
  type ProcessTable,
} from "./process-table.ts";
import { spawnSandboxed, type SandboxView } from "./sandbox.ts";

/** The variable that marks a single start, as SITE_MARK does for a site. */
export const START_MARK = "LODESTAR_START";

/**
 * How the processes of one start are held together. `sandbox` and `namespace`: they live in a PID namespace, so that all
 * of them end with its first process. `group`: a process group and the mark in their environment, where the system
 * offers nothing better; a process that clears its environment and leaves the group is not found there.
 */
type Containment = "sandbox" | "namespace" | "group";

export interface Tree {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly containment: Containment;
  /** Living processes of the tree, without those that only hold it together. */
  members(table: ProcessTable): Promise<ProcessEntry[]>;
  /** Whether anything of it is alive, its holders included. */
  isAlive(): Promise<boolean>;
  /** Kills what is alive now; what is forked meanwhile is met by the next call. */
  kill(): Promise<void>;
}

export type TreeCommand = {
  readonly command: string;
  readonly site: string;
  /** Names this start among all of them. */
  readonly start: string;
} & (
  | { readonly view: Omit<SandboxView, "mark"> }
  | { readonly cwd: string; readonly env: Readonly<Record<string, string>> }
);

/** The descriptor of the daemon's pipe outside a sandbox. */
const LIFELINE = 3;
const POLL_MS = 20;
/** SIGKILL cannot be refused; a process in an uninterruptible wait may take a while. */
const KILL_PATIENCE_MS = 10_000;
/** These only start others and pass signals on, so that a server would get SIGTERM twice: they are asked when they stand alone. */
const WRAPPER = /^(sh|bash|dash|ash|zsh|busybox|npm|npx|yarn|pnpm|make|just|go|cargo|uv|setpriv|unshare)\b/;
/** stdout and stderr become one pipe, so that lines stay in the order in which they were printed. */
const SHELL = ["sh", "-c", 'exec sh -c "$0" 2>&1'];
/** The first process of a namespace gets no signal that it does not handle; this shell stands there instead of the command. */
const FIRST = ["sh", "-c", '"$@" & wait $!', "sh"];
/** Root needs no user namespace for a PID namespace, and would lose its rights in one: a database could not become another user. */
const NAMESPACES = [...(process.getuid?.() === 0 ? [""] : []), "--user --map-current-user "].map((user) =>
  `setpriv --pdeathsig KILL -- unshare ${user}--pid --fork --kill-child --mount-proc --`.split(" "),
);

let workingNamespace: Promise<readonly string[] | undefined> | undefined;

/** Starts a shell command. Rejects when it cannot be started at all (no such folder, no shell). */
export async function startTree(request: TreeCommand, options: { namespaces?: boolean } = {}): Promise<Tree> {
  const marks = { [SITE_MARK]: request.site, [START_MARK]: request.start };
  const argv = [...SHELL, request.command];
  if ("view" in request) {
    const view = { ...request.view, mark: request.site, env: { ...request.view.env, ...marks } };
    const sandboxed = spawnSandboxed(view, argv);
    const pid = await pidOf(sandboxed.child);
    return namespaceTree({ child: sandboxed.child, pid, containment: "sandbox", first: sandboxed.init });
  }
  const namespace = options.namespaces === false ? undefined : await findNamespace();
  const watched = onLifeline(argv, { fd: LIFELINE, kills: namespace ? "command" : "group" });
  const [program = "sh", ...args] = namespace ? [...namespace, ...FIRST, ...watched] : watched;
  const child = spawn(program, args, {
    cwd: request.cwd,
    env: { ...request.env, ...marks },
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const pid = await pidOf(child);
  if (!namespace) return groupTree({ child, pid, start: request.start });
  return namespaceTree({ child, pid, containment: "namespace", first: Promise.resolve(undefined) });
}

/**
 * Ends a tree: SIGTERM to its processes, wrappers last, then after `graceMs` SIGKILL. Resolves when nothing of it is
 * alive; rejects with OutsideError when something survives SIGKILL for 10 s.
 */
export async function endTree(tree: Tree, graceMs: number): Promise<void> {
  const begin = performance.now();
  const asked = new Set<number>();
  while (await tree.isAlive()) {
    const elapsed = performance.now() - begin;
    if (elapsed >= graceMs) break;
    const table = await processTable();
    for (const member of await tree.members(table)) {
      const waits = WRAPPER.test(member.name) && descendants(table, member.pid).length > 0 && elapsed < graceMs / 2;
      if (waits || asked.has(member.pid)) continue;
      asked.add(member.pid);
      signal(member.pid, "SIGTERM");
    }
    await wait(POLL_MS);
  }
  const deadline = performance.now() + KILL_PATIENCE_MS;
  while (await tree.isAlive()) {
    await tree.kill();
    await wait(POLL_MS);
    if (performance.now() > deadline)
      throw new OutsideError(`Process ${tree.pid} does not end, not even by SIGKILL.`, { retryable: true });
  }
}

/**
 * Kills what an earlier daemon left: every process whose mark begins with `prefix`, except this one and its parents.
 * Returns the pids. Needed only where nothing ties children to the daemon (`group`).
 */
export async function sweepOrphans(prefix: string): Promise<number[]> {
  const swept = new Set<number>();
  const deadline = performance.now() + KILL_PATIENCE_MS;
  for (;;) {
    const own = ancestry(await processTable(), process.pid);
    const marked = await withVariable(SITE_MARK, (site) => site.startsWith(prefix));
    const left = marked.filter((pid) => !own.includes(pid));
    if (left.length === 0 || performance.now() > deadline) return [...swept];
    for (const pid of left) {
      swept.add(pid);
      signal(pid, "SIGKILL");
    }
    await wait(POLL_MS);
  }
}

function namespaceTree(parts: {
  child: ChildProcess;
  pid: number;
  containment: Containment;
  first: Promise<number | undefined>;
}): Tree {
  let told: number | undefined;
  let holder: ProcessEntry | undefined;
  void parts.first.then((pid) => (told = pid));

  /** The namespace's first process: told by bubblewrap, else the child of the process that made the namespace. */
  function find(table: ProcessTable): ProcessEntry | undefined {
    holder ??= told === undefined ? descendants(table, parts.pid)[0] : table.get(told);
    return holder && isSame(table, holder) ? holder : undefined;
  }

  function hasRoot(table: ProcessTable): boolean {
    return parts.child.exitCode === null && parts.child.signalCode === null && table.has(parts.pid);
  }

  return {
    child: parts.child,
    pid: parts.pid,
    containment: parts.containment,
    async members(table) {
      const first = find(table);
      return first === undefined ? [] : descendants(table, first.pid);
    },
    async isAlive() {
      const table = await processTable();
      return hasRoot(table) || find(table) !== undefined;
    },
    async kill() {
      const table = await processTable();
      const first = find(table);
      if (first) signal(first.pid, "SIGKILL");
      if (hasRoot(table)) signal(parts.pid, "SIGKILL");
    },
  };
}

function groupTree(parts: { child: ChildProcess; pid: number; start: string }): Tree {
  async function members(table: ProcessTable): Promise<ProcessEntry[]> {
    const marked = new Set(await withVariable(START_MARK, (start) => start === parts.start));
    const below = new Set(descendants(table, parts.pid).map((entry) => entry.pid));
    return [...table.values()].filter(
      ({ pid, group }) => pid === parts.pid || group === parts.pid || below.has(pid) || marked.has(pid),
    );
  }

  return {
    child: parts.child,
    pid: parts.pid,
    containment: "group",
    members,
    isAlive: async () => (await members(await processTable())).length > 0,
    async kill() {
      for (const { pid } of await members(await processTable())) signal(pid, "SIGKILL");
    },
  };
}

/** The command that gives a PID namespace without bubblewrap, found out by making one; undefined where none works. */
export function findNamespace(): Promise<readonly string[] | undefined> {
  workingNamespace ??= tryNamespaces();
  return workingNamespace;
}

async function tryNamespaces(): Promise<readonly string[] | undefined> {
  if (process.platform !== "linux") return undefined;
  for (const namespace of NAMESPACES) {
    const [program, ...args] = [...namespace, "sh", "-c", "echo works"];
    if ((await systemOutput(program ?? "", args)).trim() === "works") return namespace;
  }
  return undefined;
}

function pidOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => {
      if (child.pid !== undefined) resolve(child.pid);
    });
  });
}

/** A pid that has ended meanwhile is no failure. */
function signal(pid: number, name: NodeJS.Signals): void {
  if (!isAlive(pid)) return;
  try {
    process.kill(pid, name);
  } catch {
    // Gone between the look and the signal.
  }
}
