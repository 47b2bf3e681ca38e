import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { isUserError, messageOf, OutsideError, type CommandResult, type Running, type Segments } from "../sdk/index.ts";
import { ancestry, processTable, withVariable } from "./process-table.ts";
import { endTree, START_MARK, startTree, type Tree, type TreeCommand } from "./process-tree.ts";

export { sweepOrphans } from "./process-tree.ts";

/** What to start. `segment` names its output. */
export type Launch = TreeCommand extends infer T
  ? T extends T
    ? Omit<T, "start"> & { segment: string }
    : never
  : never;

export interface Processes {
  /**
   * Runs a command to its end. A command that cannot be started exits 127 with the reason as output; `signal` and the
   * timeout (milliseconds) end its whole tree. Rejects with UserError for a repository that no sandbox can protect.
   */
  run(launch: Launch, options: { timeout: number; signal?: AbortSignal }): Promise<CommandResult>;
  /** Starts something that goes on. Rejects with OutsideError when it cannot be started. */
  start(launch: Launch): Promise<Running>;
  /** Living processes of one start, by host pid. */
  pids(running: Running): Promise<number[]>;
  /** Whether a process belongs to something that was started here. */
  owns(pid: number): Promise<boolean>;
  /** Ends everything that is alive; from now on nothing is started any more. */
  close(graceMs?: number): Promise<void>;
}

interface Live {
  readonly id: string;
  readonly tree: Tree;
  readonly segment: string;
  readonly ended: Promise<{ exit: number | null; signal: string | null; bytes: number }>;
  readonly tail: (limit: number) => string;
}

interface Hands {
  readonly segments: Segments;
  readonly redact: (text: string) => string;
  readonly namespaces?: boolean;
}

/** So much of the output stays in memory (characters); all of it goes to the segment. */
const TAIL = 256 * 1024;
/** What a command that was run leaves behind gets this long to end by itself. */
const LEFTOVER_GRACE_MS = 1000;
/** What stops gets half of this to end by itself, so that `stop` answers within a second (DESIGN.md 7). */
const STOP_GRACE_MS = 1_500;
/** A pipe that something outside of the tree holds open is not waited for longer. */
const PIPE_PATIENCE_MS = 1000;

/**
 * Starts, watches and ends process trees. Standard input is empty. Output is never held back: it goes to a bounded
 * segment, and the tail is redacted when it is read. `namespaces: false` does without PID namespaces outside a sandbox.
 */
export function createProcesses(hands: Hands): Processes {
  const live = new Map<string, Live>();
  let isClosed = false;

  async function launch(request: Launch): Promise<Live> {
    if (isClosed) throw closed(request);
    const started = await open(hands, request);
    live.set(started.id, started);
    void started.ended.then(() => live.delete(started.id));
    if (!isClosed) return started;
    // It was closed while this one was being started.
    await endTree(started.tree, STOP_GRACE_MS);
    throw closed(request);
  }

  return {
    async run(request, limits) {
      const begin = performance.now();
      const seconds = () => (performance.now() - begin) / 1000;
      const started = await launch(request).catch((error: unknown) => {
        if (isUserError(error)) throw error;
        return messageOf(error);
      });
      if (typeof started === "string") {
        const segment = { segment: request.segment, from: 0, to: 0 };
        return { exit: 127, signal: null, timedOut: false, seconds: seconds(), output: started, segment };
      }
      const { exit, signal, bytes, timedOut } = await endWithin(started, limits);
      const segment = { segment: started.segment, from: 0, to: bytes };
      return { exit, signal, timedOut, seconds: seconds(), output: started.tail(TAIL), segment };
    },
    start: async (request) => asRunning(await launch(request)),
    async pids(running) {
      const tree = live.get(running.id)?.tree;
      return tree ? (await tree.members(await processTable())).map((entry) => entry.pid) : [];
    },
    async owns(pid) {
      const line = ancestry(await processTable(), pid);
      if ([...live.values()].some(({ tree }) => line.includes(tree.pid))) return true;
      return (await withVariable(START_MARK, (id) => live.has(id))).includes(pid);
    },
    async close(graceMs = STOP_GRACE_MS) {
      isClosed = true;
      await Promise.all([...live.values()].map(({ tree, ended }) => endTree(tree, graceMs).then(() => ended)));
    },
  };
}

async function open(hands: Hands, request: Launch): Promise<Live> {
  const writer = await hands.segments.open(request.segment);
  const tail = createTail();
  const take = (chunk: string) => {
    writer.write(chunk);
    tail.add(chunk);
  };
  const id = randomUUID();
  const options = hands.namespaces === undefined ? {} : { namespaces: hands.namespaces };
  const tree = await startTree({ ...request, start: id }, options).catch(async (error: unknown) => {
    const message = `"${request.command}" cannot be started: ${messageOf(error)}`;
    writer.write(`${message}\n`);
    await writer.seal();
    if (isUserError(error)) throw error;
    throw new OutsideError(message, { retryable: false, cause: error });
  });
  const ended = follow(tree, take).then(async (status) => ({ ...status, bytes: (await writer.seal()).to }));
  return { id, tree, segment: writer.segment, ended, tail: (limit) => tail.read(limit, hands.redact) };
}

function asRunning({ id, tree, segment, ended, tail }: Live): Running {
  return {
    id,
    pid: tree.pid,
    segment,
    exited: ended.then(({ exit, signal }) => ({ exit, signal })),
    tail: async (limit) => tail(limit),
    async stop(graceMs = STOP_GRACE_MS) {
      await endTree(tree, graceMs);
      await ended;
    },
  };
}

/** Waits for the end, and brings it about when the time is over or the signal comes. */
async function endWithin(
  live: Live,
  { timeout, signal }: { timeout: number; signal?: AbortSignal },
): Promise<Awaited<Live["ended"]> & { timedOut: boolean }> {
  let timedOut = false;
  const failed = Promise.withResolvers<never>();
  const stop = () => void endTree(live.tree, STOP_GRACE_MS).catch(failed.reject);
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, timeout);
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    const status = await Promise.race([live.ended, failed.promise]);
    return { ...status, timedOut };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** Follows a tree to its end; what its first process leaves behind is ended too. */
async function follow(
  tree: Tree,
  take: (chunk: string) => void,
): Promise<{ exit: number | null; signal: string | null }> {
  const { child } = tree;
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", take);
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const status = await exitOf(child);
  await endTree(tree, LEFTOVER_GRACE_MS).catch((error: unknown) => take(`${messageOf(error)}\n`));
  const patience = new AbortController();
  await Promise.race([closed, wait(PIPE_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
  child.stdout?.destroy();
  child.stderr?.destroy();
  return status;
}

function exitOf(child: ChildProcess): Promise<{ exit: number | null; signal: string | null }> {
  child.on("error", () => {});
  return new Promise((resolve) => child.once("exit", (exit, signal) => resolve({ exit, signal })));
}

function closed({ command }: Launch): OutsideError {
  return new OutsideError(`"${command}" is not started: everything here is being ended`, { retryable: false });
}

/** The end of a stream of text, bounded; reading it redacts, and begins with a whole line when it was cut. */
function createTail() {
  let text = "";
  let isCut = false;
  return {
    add(chunk: string): void {
      text += chunk;
      if (text.length <= 2 * TAIL) return;
      text = text.slice(-TAIL);
      isCut = true;
    },
    read(limit: number, redact: (text: string) => string): string {
      const whole = isCut || text.length > TAIL ? afterFirstLine(text.slice(-TAIL)) : text;
      const bytes = Buffer.from(redact(whole), "utf8");
      if (bytes.length <= limit) return bytes.toString("utf8");
      return bytes
        .subarray(bytes.length - limit)
        .toString("utf8")
        .replace(/^\uFFFD+/, "");
    },
  };
}

/** Without the first line, which is not whole; text without line ends stays. */
function afterFirstLine(text: string): string {
  return text.slice(text.indexOf("\n") + 1);
}
