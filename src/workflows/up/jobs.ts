import type { Launch } from "../../kernel/supervise.ts";
import type { CommandResult, Running } from "../../sdk/index.ts";
import { emit, errorLine, round, type Result, type Run } from "./run.ts";
import type { Started } from "./services.ts";

const JOB_TIMEOUT = 15 * 60_000;
/** How often a job is asked whether it listens: a server that detection took for a job would run for ever. */
const LOOK_EVERY = 500;
const TAIL = 64 * 1024;

type JobEnd = Pick<CommandResult, "exit" | "signal" | "timedOut">;

/**
 * Runs what ends by itself: its exit status is its health. Gives `serves` when it opened a port instead: it is ended then,
 * and is to be started as the service that it is.
 */
export async function runJob(run: Run, spec: Launch): Promise<Result<Started> | "serves"> {
  run.signal.throwIfAborted();
  await run.gate();
  const { name, dir, command, env, path, reads } = spec;
  const call = run.hands.newId();
  const tool = { call, tool: "job", title: name, command, dir, sandbox: run.tree.sandbox };
  await emit(run, { type: "tool_start", data: tool });
  const begun = run.hands.clock.now();
  const running = await run.tree.start({ command, dir, env, path, reads, network: "host", title: name });
  const stop = () => void running.stop();
  run.signal.addEventListener("abort", stop);
  try {
    const end = await untilEnd(run, running);
    const output = await running.tail(TAIL);
    await running.stop();
    run.signal.throwIfAborted();
    const seconds = round((run.hands.clock.now() - begun) / 1000);
    const ok = end === "serves" || (end.exit === 0 && !end.timedOut);
    const exit = end === "serves" ? null : end.exit;
    const summary = end === "serves" ? "it listens: it is a service, not a job" : endOf(end);
    const written = (await run.hands.segments.list(running.segment)).find((one) => one.segment === running.segment);
    const range = { segment: running.segment, from: 0, to: written?.bytes ?? 0 };
    await emit(run, { type: "tool_result", data: { call, ok, seconds, exit, summary, output: range } });
    if (end === "serves") return "serves";
    return ok ? done(spec, seconds) : failed(spec, end, { output, segment: running.segment });
  } finally {
    run.signal.removeEventListener("abort", stop);
  }
}

async function untilEnd(run: Run, running: Running): Promise<JobEnd | "serves"> {
  let gone: JobEnd | undefined;
  void running.exited.then((end) => (gone = { ...end, timedOut: false }));
  const deadline = run.hands.clock.now() + JOB_TIMEOUT;
  while (run.hands.clock.now() < deadline) {
    await Promise.race([running.exited, run.hands.clock.sleep(LOOK_EVERY)]);
    if (gone) return gone;
    if ((await run.tree.listening(running)).length > 0) return "serves";
  }
  return { exit: null, signal: null, timedOut: true };
}

function done({ name, dir }: Launch, seconds: number): Result<Started> {
  const health = { ok: true, kind: "process", detail: "it ended with exit 0, as a job does" };
  return { ok: true, value: { name, dir, ok: true, url: null, port: null, pid: null, health, seconds } };
}

function failed({ name, command, env }: Launch, end: JobEnd, said: { output: string; segment: string }): Result<never> {
  const failure = { command, exit: end.exit, output: said.output, env: Object.keys(env) };
  const question = `${name} ${endOf(end)}: ${errorLine(said.output)}`;
  return { ok: false, failure, question: { question, next: `lodestar logs "${said.segment}"` } };
}

function endOf({ exit, signal, timedOut }: JobEnd): string {
  if (timedOut) return `did not end within ${JOB_TIMEOUT / 60_000} minutes and was stopped`;
  return signal === null ? `ended with exit ${exit}` : `was ended by ${signal}`;
}
