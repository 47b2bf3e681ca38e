import { isOutsideError, OutsideError, UserError } from "../sdk/errors.ts";
import type { AnyEvent } from "../sdk/events.ts";
import { failureIn, isRecord, statusLineOf, type Endpoint, type StatusLine } from "./answers.ts";

/** Typed calls of the daemon's API. A refused request throws UserError, an unreachable daemon OutsideError. */
export interface Client {
  readonly endpoint: Endpoint;
  health(): Promise<boolean>;
  get(path: string, query?: Query): Promise<unknown>;
  post(path: string, body: unknown, query?: Query): Promise<unknown>;
  remove(path: string): Promise<unknown>;
  status(repo?: string): Promise<StatusLine[]>;
  /** Events after `after`, replayed and then live; reconnects by cursor; ends with the signal. `reset` tells that the log is another one. */
  follow(query: Following): AsyncIterable<AnyEvent | "reset">;
}
type Query = Record<string, string | number | undefined>;

export interface Following {
  readonly after: number;
  readonly epoch?: string;
  readonly repo?: string;
  readonly signal: AbortSignal;
  /** Called before the connection is tried again: may bring the daemon back. */
  readonly revive?: () => Promise<void>;
}

/** A daemon that is there and very busy; one that is not there is refused at once. */
const HEALTH_TIMEOUT = 5_000;
const FINAL = { retryable: false };
const RECONNECT = { first: 250, most: 8_000, tries: 12 };

export function createClient(endpoint: Endpoint): Client {
  const base = `http://127.0.0.1:${endpoint.port}`;
  const headers = { authorization: `Bearer ${endpoint.token}`, "content-type": "application/json" };

  async function call(method: string, path: string, options: { query?: Query; body?: unknown } = {}): Promise<unknown> {
    const response = await reach(`${base}/api/v2/${path}${queryOf(options.query)}`, {
      method,
      headers,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const answer = await jsonOf(response);
    if (response.ok) return answer;
    throw failureOf(answer, response.status);
  }

  return {
    endpoint,
    health: async () => {
      try {
        const response = await fetch(`${base}/healthz`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT) });
        const body: unknown = await response.json();
        return response.ok && isRecord(body) && body["boot"] === endpoint.boot;
      } catch {
        return false;
      }
    },
    get: (path, query) => call("GET", path, query ? { query } : {}),
    post: (path, body, query) => call("POST", path, { body, ...(query ? { query } : {}) }),
    remove: (path) => call("DELETE", path),
    status: async (repo) => {
      const answer = await call("GET", "status", { query: { repo } });
      return (Array.isArray(answer) ? answer : [answer]).map(statusLineOf);
    },
    follow: (query) => follow(base, headers, query),
  };
}

async function* follow(
  base: string,
  headers: Record<string, string>,
  query: Following,
): AsyncIterable<AnyEvent | "reset"> {
  let cursor = query.epoch === undefined ? undefined : `${query.epoch}:${query.after}`;
  let wait = RECONNECT.first;
  let tries = 0;
  while (!query.signal.aborted) {
    try {
      const response = await reach(`${base}/api/v2/events${queryOf({ repo: query.repo, after: query.after })}`, {
        headers: {
          ...headers,
          accept: "text/event-stream",
          ...(cursor === undefined ? {} : { "last-event-id": cursor }),
        },
        signal: query.signal,
      });
      if (!response.ok) throw failureOf(await jsonOf(response), response.status);
      for await (const message of messages(response.body)) {
        tries = 0;
        wait = RECONNECT.first;
        if (message.event === "reset") yield "reset";
        // It ends, and another one would fare no better.
        if (message.event === "broken") throw new OutsideError(message.data, FINAL);
        if (message.event !== "event") continue;
        cursor = message.id;
        // The daemon validated it against the schema of its type when it was written.
        const event: AnyEvent = JSON.parse(message.data);
        yield event;
      }
    } catch (error) {
      if (query.signal.aborted) return;
      if (++tries >= RECONNECT.tries || !isPassing(error)) throw error;
    }
    await pause(wait, query.signal);
    if (!query.signal.aborted) await query.revive?.();
    wait = Math.min(wait * 2, RECONNECT.most);
  }
}

/** A connection that broke, or a daemon that may be back soon. */
function isPassing(error: unknown): boolean {
  return error instanceof TypeError || (isOutsideError(error) && error.retryable);
}

/** The messages of a text/event-stream. */
async function* messages(
  body: ReadableStream<Uint8Array> | null,
): AsyncIterable<{ event: string; data: string; id: string }> {
  if (!body) return;
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const message = { event: "message", data: "", id: "" };
      for (const line of rest.slice(0, end).split("\n")) {
        const colon = line.indexOf(":");
        const [field, value] = [line.slice(0, colon), line.slice(colon + 1).trimStart()];
        if (field === "data") message.data += message.data === "" ? value : `\n${value}`;
        else if (field === "event" || field === "id") message[field] = value;
      }
      rest = rest.slice(end + 2);
      yield message;
    }
  }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new OutsideError("The daemon does not answer", { retryable: true, cause });
  }
}

/** An answer that is cut off or no JSON is the daemon's failure. */
async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new OutsideError(`The daemon answered ${response.status} and no JSON`, { retryable: true, cause });
  }
}

function failureOf(answer: unknown, status: number): Error {
  const failure = failureIn(answer);
  if (!failure) return new OutsideError(`The daemon answered ${status}`, { retryable: status >= 500 });
  const { message, next, tried, bug } = failure;
  if (bug) return new Error(message);
  return status >= 500
    ? new OutsideError(message, { retryable: true })
    : new UserError(message, { next, ...(tried === undefined ? {} : { tried }) });
}

function queryOf(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? "" : `?${search.toString()}`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
