import { readFileSync } from "node:fs";
import { Bug, OutsideError } from "../sdk/index.ts";
import type { Command, CommandResult, Running, Segments, SegmentWriter, Site, SiteFiles } from "../sdk/index.ts";
import { probe } from "./probes.ts";
import { descendants, processTable } from "./process-table.ts";
import type { Processes } from "./processes.ts";
import { openRoomLink, type RoomLink } from "./room-link.ts";
import { RoomAnswer } from "./room-protocol.ts";
import { installView, ROOM_REPO, ROOM_SCRATCH, roomEnv, supervisorCommand, supervisorView } from "./room-view.ts";
import type { RoomPlace, Shown } from "./room-view.ts";

type Needs = Pick<Command, "path" | "reads">;

export interface RoomHands {
  /** The user's PATH, never one of a repo. */
  readonly path: readonly string[];
  readonly segments: Segments;
  /** Of this room alone: they end with it. */
  readonly processes: Processes;
  /** The registry proxy's socket. */
  proxySocket(): Promise<string>;
}

export interface RoomSite extends Site {
  /** What this room cannot promise, as sentences; complete once something ran. */
  limits(): readonly string[];
}

/** The part of the output that a result carries. */
const OUTPUT_TAIL = 256 * 1024;
/** The supervisor ends a command at its timeout; if it says nothing for so long after it, the room is ended. */
const TIMEOUT_PATIENCE = 30_000;
const STOP_GRACE = 1_500;
/** Where a port is given that nobody asked for: above what programs choose by themselves, below what the kernel gives. */
const FIRST_PORT = 20_000;

/** A room in one bubblewrap: nothing starts before it is needed, everything ends with `close` and with the daemon. */
export function openRoomSite(place: RoomPlace, hands: RoomHands): RoomSite {
  const room = openRoom(place, hands);
  return {
    kind: "room",
    id: place.id,
    root: ROOM_REPO,
    scratch: ROOM_SCRATCH,
    sandbox: "bubblewrap",
    limits: () => room.limits(),
    run: (command, options = {}) =>
      command.network === "registries"
        ? room.install(command, options.signal)
        : runToEnd(room, command, options.signal),
    async start(command) {
      const { id, link, writer, started, ended } = await room.launch(command, undefined);
      const first = await Promise.race([started, ended]);
      if (first) throw new OutsideError(`"${command.command}" cannot be started in the room`, { retryable: false });
      return runningOf({ id, link, writer, ended, segments: hands.segments });
    },
    async probe(asked) {
      if (asked.kind === "log" || asked.kind === "process") return probe(asked);
      const { running: _running, ...inside } = asked;
      return RoomAnswer.probe.parse(await (await room.link()).ask({ do: "probe", probe: inside }).answer);
    },
    port: createLeases(),
    async listener(port) {
      const link = await room.link();
      const found = RoomAnswer.listener.parse(await link.ask({ do: "listener", port }).answer);
      return found ? { pid: await hostPid(link.pid, found.pid), command: found.command, ours: true } : undefined;
    },
    async listening(running) {
      return RoomAnswer.listening.parse(await (await room.link()).ask({ do: "listening", run: running.id }).answer);
    },
    files: filesOf(room),
    close: () => room.close(),
  };
}

interface Launched {
  readonly id: string;
  readonly link: RoomLink;
  readonly writer: SegmentWriter;
  readonly started: Promise<void>;
  /** Settles when the whole tree has ended and its output is sealed. */
  readonly ended: Promise<{ exit: number | null; signal: string | null; timedOut: boolean; seconds: number }>;
}

interface Room {
  readonly segments: Segments;
  link(): Promise<RoomLink>;
  install(command: Command, signal: AbortSignal | undefined): Promise<CommandResult>;
  launch(command: Omit<Command, "timeout">, timeout: number | undefined): Promise<Launched>;
  limits(): readonly string[];
  close(): Promise<void>;
}

function openRoom(place: RoomPlace, hands: RoomHands): Room {
  const keeper = keepSupervisor(place, hands.path);
  let authorRan = false;
  const segmentOf = (command: { title: string }) => `${place.repo}/${place.id}/${command.title}`;

  return {
    segments: hands.segments,
    link: () => keeper.link(),
    limits: () => keeper.limits(),
    /** Nobody else is in this sandbox, and nothing of the repo has run in the room yet: so the registries may be reached. */
    async install(command, signal) {
      if (authorRan)
        throw new Bug(`"${command.title}" asks for the registries in room ${place.id}, where the repo's code has run`);
      const options = { ...keeper.shows(command), proxySocket: await hands.proxySocket(), userPath: hands.path };
      const view = installView(place, command, options);
      const launch = { command: command.command, site: place.mark, segment: segmentOf(command), view };
      return hands.processes.run(launch, { timeout: command.timeout, ...(signal ? { signal } : {}) });
    },
    async launch(command, timeout) {
      if (command.network === "host" || command.network === "registries")
        throw new Bug(`"${command.title}" asks for the network ${command.network}, which a room's commands never get`);
      authorRan = true;
      const link = await keeper.link(command);
      const writer = await hands.segments.open(segmentOf(command));
      const started = Promise.withResolvers<void>();
      const env = roomEnv(command, hands.path);
      const request = { do: "run" as const, command: command.command, dir: command.dir, env };
      const { id, answer } = link.ask(timeout === undefined ? request : { ...request, timeout }, {
        onStarted: () => started.resolve(),
        onOutput: (text) => writer.write(text),
      });
      keeper.active.add(id);
      const ended = sealed(answer, async () => {
        keeper.active.delete(id);
        await writer.seal();
      });
      ended.catch(() => undefined); // whoever waits for it hears of it
      return { id, link, writer, started: started.promise, ended };
    },
    async close() {
      await Promise.all([keeper.close(), hands.processes.close(0)]);
    },
  };
}

/** Starts the supervisor at first need, and again when another runtime's folder has to be shown and nothing runs. */
function keepSupervisor(place: RoomPlace, userPath: readonly string[]) {
  const path = new Set(userPath);
  const reads = new Set<string>();
  const active = new Set<string>();
  const limits = new Set<string>();
  let opening: Promise<RoomLink> | undefined;
  let closed = false;

  async function end(): Promise<void> {
    const current = await opening?.catch(() => undefined);
    opening = undefined;
    await current?.close();
  }

  /** Notes what a command needs to see; whether that is more than before. */
  function note(command: Needs): boolean {
    const before = path.size + reads.size;
    for (const dir of command.path ?? []) path.add(dir);
    for (const dir of command.reads ?? []) reads.add(dir);
    return path.size + reads.size > before;
  }

  async function link(command: Needs = {}): Promise<RoomLink> {
    if (closed) throw new Bug(`room ${place.id} is closed`);
    if (note(command) && active.size === 0) await end();
    const current = (opening ??= openRoomLink(supervisorView(place, { path, reads }), supervisorCommand()));
    const forget = () => {
      if (opening === current) opening = undefined;
    };
    const opened = await current.catch((error: unknown) => {
      forget();
      throw error;
    });
    if (!opened.isOpen()) {
      await opened.ended;
      forget();
      return link(command);
    }
    if (!opened.guarded)
      limits.add("commands in this room could forge their results: user namespaces cannot be nested here");
    return opened;
  }

  return {
    active,
    shows(command: Needs): Shown {
      note(command);
      return { path, reads };
    },
    limits: () => [...limits],
    link,
    async close(): Promise<void> {
      closed = true;
      await end();
    },
  };
}

async function sealed(answer: Promise<unknown>, seal: () => Promise<void>): Launched["ended"] {
  try {
    return RoomAnswer.run.parse(await answer);
  } finally {
    await seal();
  }
}

async function runToEnd(room: Room, command: Command, signal: AbortSignal | undefined): Promise<CommandResult> {
  const { id, link, writer, ended } = await room.launch(command, command.timeout);
  const stop = () => void link.ask({ do: "stop", run: id, graceMs: STOP_GRACE }).answer.catch(() => undefined);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const patience = setTimeout(() => void link.close(), command.timeout + TIMEOUT_PATIENCE);
  try {
    const result = await ended;
    const { segment, from, to } = await writer.seal();
    return { ...result, output: await readTail(room.segments, writer, OUTPUT_TAIL), segment: { segment, from, to } };
  } finally {
    clearTimeout(patience);
    signal?.removeEventListener("abort", stop);
  }
}

function runningOf(parts: Pick<Launched, "id" | "link" | "writer" | "ended"> & { segments: Segments }): Running {
  const { id, link, writer, ended, segments } = parts;
  // When the room itself ends, so does everything in it: an end like any other, by SIGKILL.
  const exited = ended.then(
    ({ exit, signal }) => ({ exit, signal }),
    () => ({ exit: null, signal: "SIGKILL" }),
  );
  return {
    id,
    pid: link.pid,
    segment: writer.segment,
    exited,
    tail: (limit) => readTail(segments, writer, limit),
    async stop(graceMs = STOP_GRACE) {
      await link.ask({ do: "stop", run: id, graceMs }).answer.catch(() => undefined);
      await exited;
    },
  };
}

/** File access goes through the supervisor: what the repo's code planted in the room leads nowhere but into the room. */
function filesOf(room: Room): SiteFiles {
  const ask = async (request: Parameters<RoomLink["ask"]>[0]) => (await room.link()).ask(request).answer;
  return {
    exists: async (path) => RoomAnswer.exists.parse(await ask({ do: "exists", path })),
    list: async (path) => RoomAnswer.list.parse(await ask({ do: "list", path })),
    read: async (path, limit = 1024 * 1024) =>
      RoomAnswer.read.parse(await ask({ do: "read", path, limit })) ?? undefined,
    write: async (path, content) => RoomAnswer.write.parse(await ask({ do: "write", path, content })),
    remove: async (paths) => RoomAnswer.remove.parse(await ask({ do: "remove", paths })),
    undo: async (token) => void (await ask({ do: "undo", token })),
  };
}

/** A room's network is its own: a port is free there unless another name of this room has it. */
function createLeases(): Site["port"] {
  const leases = new Map<string, number>();
  return async ({ name, wanted }) => {
    const known = leases.get(name);
    if (known !== undefined) return { port: known };
    const holders = new Map([...leases].map(([holder, port]) => [port, holder]));
    const wantedBy = wanted === undefined ? undefined : holders.get(wanted);
    let port = wanted === undefined || wantedBy !== undefined ? FIRST_PORT : wanted;
    while (holders.has(port)) port++;
    leases.set(name, port);
    return wantedBy === undefined ? { port } : { port, wantedBy };
  };
}

/** Output is read back from its segment, where secrets are redacted already. */
async function readTail(segments: Segments, writer: SegmentWriter, limit: number): Promise<string> {
  const from = Math.max(0, writer.size() - limit);
  return (await segments.read({ segment: writer.segment, from }, limit)).text;
}

/** The host's pid of a process that the room knows by another one; the sandbox's own where it cannot be found. */
async function hostPid(sandbox: number, inner: number): Promise<number> {
  for (const { pid } of descendants(await processTable(), sandbox)) {
    const ids = /^NSpid:\s*(.*)$/m.exec(readText(`/proc/${pid}/status`))?.[1]?.split(/\s+/);
    if (ids?.at(-1) === String(inner)) return pid;
  }
  return sandbox;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
