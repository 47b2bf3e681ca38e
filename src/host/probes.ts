import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { HealthProbe, ProbeResult, Running } from "../sdk/index.ts";

/** What a probe asks. `timeout` is in milliseconds and is for the whole probe. */
export type ProbeRequest = HealthProbe & {
  readonly port?: number;
  readonly timeout: number;
  readonly running?: Pick<Running, "exited" | "tail">;
};

/** A process counts as started when it has stayed alive for so long. */
const ALIVE_MS = 2000;
/** So much of the output is searched for a pattern. */
const LOG_BYTES = 64 * 1024;
/** `localhost` means either one, and a server may listen on just one of them. */
const LOOPBACK = ["127.0.0.1", "::1"];

/** When a process was seen for the first time (`performance.now()`). */
const seen = new WeakMap<object, number>();

/** Asks once whether something is healthy. Never throws: `ok: false` with a detail is an answer. */
export async function probe(asked: ProbeRequest): Promise<ProbeResult> {
  const answer = await answerOf(asked);
  return { kind: asked.kind, ...answer };
}

type Answer = Omit<ProbeResult, "kind">;

async function answerOf(asked: ProbeRequest): Promise<Answer> {
  const { kind, port, running, timeout } = asked;
  if (kind === "log") return running ? logAnswer(running, asked.pattern) : no("there is no process to listen to");
  if (kind === "process") return running ? processAnswer(running, timeout) : no("there is no process");
  if (port === undefined) return no("no port is known");
  const ask = kind === "http" ? httpAnswer : portAnswer;
  let answer: Heard = no("no address to ask");
  for (const host of LOOPBACK) {
    answer = await ask(host, port, asked);
    if (!answer.refused) break;
  }
  return { ok: answer.ok, detail: answer.detail };
}

/** `refused`: nobody is there on this address; the other one may answer. */
type Heard = Answer & { readonly refused?: boolean };

/** Any answer below 500 is healthy: the server is there and thinks. Redirects are not followed: they may lead elsewhere. */
function httpAnswer(host: string, port: number, asked: ProbeRequest): Promise<Heard> {
  const path = asked.path ?? "/";
  const begin = performance.now();
  return new Promise((resolve) => {
    const headers = { host: `localhost:${port}`, accept: "*/*", connection: "close", "user-agent": "lodestar-health" };
    const call = request({ host, port, path, headers, agent: false, signal: AbortSignal.timeout(asked.timeout) });
    call.on("response", (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      const detail = `GET ${path} on port ${port} answered ${status} in ${Math.round(performance.now() - begin)} ms`;
      resolve({ ok: status > 0 && status < 500, detail });
    });
    call.on("error", (error) => resolve(failure(error, port, asked.timeout)));
    call.end();
  });
}

function portAnswer(host: string, port: number, { timeout }: ProbeRequest): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal: AbortSignal.timeout(timeout) });
    socket.on("connect", () => {
      socket.destroy();
      resolve({ ok: true, detail: `port ${port} accepts connections` });
    });
    socket.on("error", (error) => resolve(failure(error, port, timeout)));
  });
}

function failure(error: Error, port: number, timeout: number): Heard {
  const code = "code" in error ? String(error.code) : "";
  if (error.name === "AbortError" || error.name === "TimeoutError" || code === "ABORT_ERR")
    return no(`port ${port} gave no answer within ${timeout} ms`);
  if (code === "ECONNREFUSED" || code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT")
    return { ...no(`nothing listens on port ${port}`), refused: true };
  if (code === "ECONNRESET") return no(`port ${port} closed the connection without an answer`);
  if (code.startsWith("HPE_")) return no(`port ${port} answers, but does not speak HTTP`);
  return no(`port ${port}: ${error.message}`);
}

async function logAnswer(running: Pick<Running, "tail">, pattern: string | undefined): Promise<Answer> {
  if (pattern === undefined) return no("no pattern is known");
  const line = findLine(await running.tail(LOG_BYTES), pattern);
  return line === undefined ? no(`no line matches /${pattern}/ yet`) : { ok: true, detail: line.slice(0, 200) };
}

/** A pattern that is no regular expression is looked for as it is. */
function findLine(text: string, pattern: string): string | undefined {
  const lines = text.split("\n");
  try {
    const expression = new RegExp(pattern, "i");
    return lines.find((line) => expression.test(line));
  } catch {
    return lines.find((line) => line.includes(pattern));
  }
}

async function processAnswer(running: Pick<Running, "exited">, timeout: number): Promise<Answer> {
  const since = seen.get(running) ?? performance.now();
  seen.set(running, since);
  const missing = Math.max(0, since + ALIVE_MS - performance.now());
  const stop = new AbortController();
  const ended = await Promise.race([
    running.exited,
    wait(Math.min(missing, timeout), undefined, { signal: stop.signal }).catch(() => undefined),
  ]);
  stop.abort();
  if (ended)
    return no(ended.signal === null ? `it exited with status ${ended.exit}` : `it was ended by ${ended.signal}`);
  const age = Math.round(performance.now() - since);
  return age + 1 < ALIVE_MS
    ? no(`alive for ${age} ms only`)
    : { ok: true, detail: `alive for ${Math.floor(age / 1000)} s` };
}

function no(detail: string): Answer {
  return { ok: false, detail };
}
