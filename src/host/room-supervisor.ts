/**
 * The first program of a room: `room-supervisor <repo> <scratch>`. It takes requests from the daemon on stdin and
 * answers on stdout (`room-protocol.ts`), one JSON line each, and starts everything that runs in the room. When stdin
 * closes it ends, and the sandbox ends everything with it. It imports nothing that needs more than Node: these files
 * are what is visible of Lodestar inside.
 */
import { execFile } from "node:child_process";
import { Socket } from "node:net";
import { join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { listenerOf, portsOf } from "./listeners.ts";
import { probe } from "./probes.ts";
import { openRoomFiles } from "./room-files.ts";
import { startProcess, type RoomProcess } from "./room-processes.ts";
import type { RoomMessage, RoomRequest } from "./room-protocol.ts";

/** A user namespace of its own for each command: from there the supervisor's memory and descriptors are out of reach. */
const GUARD = ["unshare", "--user", "--map-current-user", "--"];

const [repo = "/repo", scratch = "/scratch"] = process.argv.slice(2);
const out = new Socket({ fd: 1, readable: false, writable: true });
const files = openRoomFiles(repo, join(scratch, ".trash"));
/** Known from its request on, so that a stop that comes at once finds it. Undefined: it could not be started. */
const running = new Map<string, Promise<RoomProcess | undefined>>();
const guard = findGuard();

out.on("error", () => process.exit(1));
out.on("drain", () => forEachRunning((one) => one.resume()));
void guard.then((words) => send({ is: "ready", guarded: words.length > 0 }));
createInterface({ input: process.stdin })
  .on("line", (line) => void receive(line))
  .on("close", () => process.exit(0));

async function receive(line: string): Promise<void> {
  const request: RoomRequest = JSON.parse(line);
  try {
    send({ is: "answer", id: request.id, value: await answer(request) });
  } catch (error) {
    send({ is: "failed", id: request.id, message: error instanceof Error ? error.message : String(error) });
  }
}

async function answer(request: RoomRequest): Promise<unknown> {
  switch (request.do) {
    case "run":
      return run(request);
    case "stop":
      await (await running.get(request.run))?.stop(request.graceMs);
      return null;
    case "probe":
      return probe(request.probe);
    case "listener":
      return (await listenerOf(request.port)) ?? null;
    case "listening":
      return portsOf((await (await running.get(request.run))?.tree())?.map((entry) => entry.pid) ?? []);
    case "exists":
      return files.exists(request.path);
    case "list":
      return files.list(request.path);
    case "read":
      return (await files.read(request.path, request.limit)) ?? null;
    case "write":
      return files.write(request.path, request.content);
    case "remove":
      return files.remove(request.paths);
    case "undo":
      await files.undo(request.token);
      return null;
    default:
      throw new Error("the supervisor does not know this request");
  }
}

async function run(request: Extract<RoomRequest, { do: "run" }>): Promise<unknown> {
  const started = start(request);
  running.set(request.id, started);
  try {
    return (await (await started)?.ended) ?? { exit: 127, signal: null, timedOut: false, seconds: 0 };
  } finally {
    running.delete(request.id);
  }
}

async function start({ id, ...request }: Extract<RoomRequest, { do: "run" }>): Promise<RoomProcess | undefined> {
  try {
    const one = await startProcess({
      id,
      command: request.command,
      cwd: resolve(repo, request.dir),
      env: { ...process.env, ...request.env }, // its own is what the sandbox was given: locale, certificates, runtimes
      timeout: request.timeout,
      guard: await guard,
      onOutput: (text) => {
        if (!send({ is: "output", id, text })) forEachRunning((other) => other.pause());
      },
    });
    send({ is: "started", id, pid: one.pid });
    return one;
  } catch (error) {
    send({ is: "output", id, text: `${request.command}: ${error instanceof Error ? error.message : String(error)}\n` });
    return undefined;
  }
}

function forEachRunning(act: (one: RoomProcess) => void): void {
  for (const one of running.values()) void one.then((started) => started && act(started));
}

/** False when the daemon reads slower than this is written: then what prints has to wait. */
function send(message: RoomMessage): boolean {
  return out.write(`${JSON.stringify(message)}\n`);
}

function findGuard(): Promise<readonly string[]> {
  const [program, ...args] = [...GUARD, "true"];
  return new Promise((resolve) => execFile(program, args, { timeout: 5_000 }, (error) => resolve(error ? [] : GUARD)));
}
