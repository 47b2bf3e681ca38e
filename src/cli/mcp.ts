import { stdin, stdout } from "node:process";
import type { Command } from "commander";
import { isUserError, messageOf, OutsideError } from "../sdk/errors.ts";
import type { DataDirOption } from "./_daemon.ts";
import { linesOf, messagesOf, TOO_LONG } from "./_mcp-lines.ts";
import { openLink, TRIES } from "./_mcp-link.ts";
import { pathArgument } from "./_terminal.ts";

export const summary =
  "tools for a coding agent (Model Context Protocol, on stdin and stdout): plan, prove, status, why, rooms";

/** What counts of a JSON-RPC message here; the daemon reads the rest. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** A request that the daemon works on. */
interface Flight {
  readonly id: string | number;
  readonly aborted: AbortController;
  /** Resolves when the daemon has it: what calls it off must not come first. */
  readonly arrived: PromiseWithResolvers<void>;
}

/** Bytes of one message; the daemon takes no more either. */
const MOST = 4 * 1024 * 1024;
/** Milliseconds that requests may still take once the client has closed stdin. */
const GRACE = 5_000;
const [PARSE, INVALID, FAILED] = [-32_700, -32_600, -32_603];

/** A pipe: every message goes to `/mcp` of the daemon, and what it answers comes out. Stdout carries nothing else. */
export function configure(command: Command): void {
  command
    .option("--repo <path>", "the repository that is meant where a tool is given none", ".")
    .option("--data-dir <dir>", "where Lodestar keeps its data (default: LODESTAR_HOME, else ~/.lodestar)")
    .action(async (options: DataDirOption & { repo: string }) => {
      await serve(pathArgument(options.repo), options);
    });
}

/** Until stdin ends, or this process is told to. */
async function serve(repo: string, options: DataDirOption): Promise<void> {
  const bridge = createBridge(repo, options);
  const told = new Promise<number>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => resolve(0));
    stdout.once("error", () => resolve(0));
  });
  const read = async () => {
    for await (const line of linesOf(stdin, MOST)) {
      const message = parsed(line);
      if (message !== undefined) bridge.take(message);
    }
    return GRACE;
  };
  // A stdin that breaks has ended.
  await bridge.end(await Promise.race([read().catch(() => 0), told]));
  // One that is still open would keep this process.
  stdin.destroy();
}

function createBridge(repo: string, options: DataDirOption) {
  const link = openLink(repo, options);
  const flights = new Map<string | number, Flight>();
  const working = new Set<Promise<void>>();

  /** Sends a request until its answer has come out, or `TRIES` times. */
  async function ask(message: Message, flight: Flight): Promise<void> {
    const { signal } = flight.aborted;
    for (let tries = 0; tries < TRIES && !signal.aborted; tries++) {
      const response = await link.post(message, signal);
      flight.arrived.resolve();
      if (await passOn(response, flight.id).catch(() => false)) return;
      link.forget();
    }
    throw new OutsideError("The daemon ended before it answered", { retryable: true });
  }

  async function request(message: Message, id: string | number): Promise<void> {
    const flight = { id, aborted: new AbortController(), arrived: Promise.withResolvers<void>() };
    flights.set(id, flight);
    try {
      await ask(message, flight);
    } catch (error) {
      if (!flight.aborted.signal.aborted) say(failed(message, id, error));
    } finally {
      flight.arrived.resolve();
      flights.delete(id);
    }
  }

  async function callOff(flight: Flight): Promise<void> {
    await flight.arrived.promise;
    const params = { requestId: flight.id, reason: "called off by the client" };
    await link.post({ jsonrpc: "2.0", method: "notifications/cancelled", params }).catch(() => undefined);
    flight.aborted.abort();
  }

  /** Never rejects: what goes wrong with one message is said, and the next one is read. */
  async function handle(message: Message): Promise<void> {
    const { id, method } = message;
    if (typeof method === "string" && (typeof id === "string" || typeof id === "number")) return request(message, id);
    if (method !== "notifications/cancelled") return void (await link.post(message).catch(() => undefined));
    const flight = flights.get(requestOf(message.params));
    if (flight) await callOff(flight);
  }

  /** Ends what is under way, and the daemon that this process started unless somebody else has work for it. */
  async function end(grace: number): Promise<void> {
    const done = Promise.all(working);
    if (working.size > 0) await Promise.race([done, new Promise((resolve) => setTimeout(resolve, grace).unref())]);
    await Promise.all([...flights.values()].map(callOff));
    await link.close();
  }

  return {
    take(message: Message): void {
      const work: Promise<void> = handle(message).finally(() => working.delete(work));
      working.add(work);
    },
    end,
  };
}

/** The message of a line; undefined where there is none, which is said unless the line is empty. */
function parsed(line: string | typeof TOO_LONG): Message | undefined {
  if (line === TOO_LONG) return refuse(INVALID, `A message has at most ${MOST} bytes`);
  if (line.trim() === "") return undefined;
  try {
    const message: unknown = JSON.parse(line);
    if (typeof message === "object" && message !== null && !Array.isArray(message)) return message;
    return refuse(INVALID, "A message is one JSON object");
  } catch (error) {
    return refuse(PARSE, `This is not JSON: ${messageOf(error)}`);
  }
}

function refuse(code: number, message: string): undefined {
  say({ jsonrpc: "2.0", id: null, error: { code, message } });
  return undefined;
}

/** Writes what the daemon answers. False: it ended before the answer to `id`. */
async function passOn(response: Response, id: string | number): Promise<boolean> {
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
    const answer: unknown = await response.json();
    const error = typeof answer === "object" && answer !== null && "error" in answer ? answer.error : undefined;
    const known = typeof error === "object" && error !== null && "message" in error ? String(error.message) : undefined;
    say({ jsonrpc: "2.0", id, error: { code: FAILED, message: known ?? `The daemon answered ${response.status}` } });
    return true;
  }
  for await (const data of messagesOf(response.body)) {
    const message: Message = JSON.parse(data);
    say(message);
    if (message.id === id && message.method === undefined) return true;
  }
  return false;
}

/** What a request is answered that could not be carried out: a tool's failure is an answer of the tool. */
function failed({ method }: Message, id: string | number, error: unknown): unknown {
  const message = messageOf(error);
  const next = isUserError(error) ? error.next : "lodestar doctor";
  const text = `${message}\nnext: ${next}`;
  if (method !== "tools/call") return { jsonrpc: "2.0", id, error: { code: FAILED, message: text } };
  const content = [{ type: "text", text }];
  return { jsonrpc: "2.0", id, result: { isError: true, content, structuredContent: { error: { message, next } } } };
}

function requestOf(params: unknown): string | number {
  const id = typeof params === "object" && params !== null && "requestId" in params ? params.requestId : "";
  return typeof id === "number" ? id : String(id);
}

function say(message: unknown): void {
  if (stdout.writable) stdout.write(`${JSON.stringify(message)}\n`);
}
