import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { messageOf, OutsideError } from "../sdk/index.ts";
import { isAlive } from "./process-table.ts";
import { RoomMessage, type RoomRequest } from "./room-protocol.ts";
import { spawnSandboxed, type SandboxView } from "./sandbox.ts";

type WithoutId<T> = T extends RoomRequest ? Omit<T, "id"> : never;

/** What is heard of a process before its answer. */
export interface Listener {
  onStarted?(pid: number): void;
  onOutput?(text: string): void;
}

/** The daemon's end of a room's supervisor. */
export interface RoomLink {
  /** Host pid of the sandbox's outermost process. */
  readonly pid: number;
  /** Whether the room's commands cannot speak in the supervisor's name. */
  readonly guarded: boolean;
  /** False once it has ended or is about to. */
  isOpen(): boolean;
  /** Sends a request; `id` comes back at once, the answer later. Rejects with OutsideError when it fails or the room ends. */
  ask(request: WithoutId<RoomRequest>, listener?: Listener): { id: string; answer: Promise<unknown> };
  /** Resolves when nothing of the room is alive any more. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

interface Pending {
  readonly listener: Listener;
  resolve(value: unknown): void;
  reject(error: OutsideError): void;
}

/** A line of the supervisor that is longer is no message of it: output comes in pieces of at most 64 KiB. */
const LINE_LIMIT = 64 * 1024 * 1024;
const STDERR_TAIL = 4_096;
const CLOSE_PATIENCE = 2_000;

/** Starts a room's sandbox with its supervisor and waits for its first word. Rejects with OutsideError when it does not come up. */
export async function openRoomLink(view: SandboxView, command: readonly string[]): Promise<RoomLink> {
  const { child, init } = spawnSandboxed(view, command, { stdin: "pipe" });
  const { stdin, stdout, stderr } = child;
  const desk = createDesk();
  const fail = (message: string) => {
    child.kill("SIGKILL");
    desk.fail(new OutsideError(message, { retryable: true }));
  };
  let said = "";

  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      fail(`The room's sandbox could not be started: ${messageOf(error)}`);
      resolve();
    });
    child.once("close", () => {
      fail(`The room ended${said.trim() === "" ? "" : `: ${said.trim().split("\n").at(-1)}`}`);
      void init.then(untilDead).then(resolve);
    });
  });
  stdin?.on("error", () => undefined); // the room ended; `close` says so
  stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-STDERR_TAIL)));
  if (stdout) readLines(stdout, { onLine: (line) => receive(line, desk.hear, fail), onTooLong: fail });

  const isOpen = () => child.exitCode === null && child.signalCode === null;
  const link = {
    pid: child.pid ?? 0,
    ended,
    isOpen,
    ask(request: WithoutId<RoomRequest>, listener: Listener = {}) {
      const id = randomUUID();
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      if (isOpen()) desk.pending.set(id, { listener, resolve, reject });
      else reject(new OutsideError("The room has ended", { retryable: true }));
      stdin?.write(`${JSON.stringify({ ...request, id })}\n`);
      return { id, answer: promise };
    },
    async close() {
      stdin?.end();
      const patience = new AbortController();
      await Promise.race([ended, wait(CLOSE_PATIENCE, undefined, { signal: patience.signal }).catch(() => undefined)]);
      patience.abort();
      child.kill("SIGKILL");
      await ended;
    },
  };
  return { ...link, guarded: await desk.ready };
}

/** Who waits for what the supervisor says. */
function createDesk() {
  const pending = new Map<string, Pending>();
  const ready = Promise.withResolvers<boolean>();
  return {
    pending,
    ready: ready.promise,
    fail(error: OutsideError): void {
      ready.reject(error);
      for (const one of pending.values()) one.reject(error);
      pending.clear();
    },
    hear(this: void, message: RoomMessage): void {
      if (message.is === "ready") return ready.resolve(message.guarded);
      const one = pending.get(message.id);
      if (message.is === "started") return one?.listener.onStarted?.(message.pid);
      if (message.is === "output") return one?.listener.onOutput?.(message.text);
      pending.delete(message.id);
      if (message.is === "answer") one?.resolve(message.value);
      else one?.reject(new OutsideError(message.message, { retryable: false }));
    },
  };
}

function receive(line: string, hear: (message: RoomMessage) => void, fail: (message: string) => void): void {
  try {
    hear(RoomMessage.parse(JSON.parse(line)));
  } catch {
    fail("The room's supervisor said something that is no message");
  }
}

function readLines(
  stream: NodeJS.ReadableStream,
  on: { onLine(line: string): void; onTooLong(message: string): void },
): void {
  let parts: string[] = [];
  let size = 0;
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = chunk.split("\n");
    for (const [index, line] of lines.entries()) {
      parts.push(line);
      size += line.length;
      if (size > LINE_LIMIT) return on.onTooLong("The room's supervisor sent a line without end");
      if (index === lines.length - 1) return;
      on.onLine(parts.join(""));
      parts = [];
      size = 0;
    }
  });
}

/** The sandbox's first process: when it is gone, the kernel has ended everything in it. */
async function untilDead(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  while (isAlive(pid)) await wait(5);
}
