import { Bug, canonicalJson, messageOf, type AnyEvent, type Clock, type Log } from "../sdk/index.ts";

/**
 * Runs a step once. A step is known by its run, its name and its input: when the log has its completion, `run` is not
 * called and the recorded result is returned. Else `run` is called, its result is recorded on disk and then returned,
 * in every case as JSON gives it back and with secrets redacted: a result must be JSON (undefined included) and must
 * not carry a secret that a later step needs. What `run` throws is thrown and not recorded.
 * One step that is interrupted before its record may run again, so a step that touches the outside looks before it acts.
 */
export type Step = <T>(name: string, input: unknown, run: () => Promise<T> | T) => Promise<T>;

export interface StepsOptions {
  readonly log: Log;
  readonly repo: string;
  readonly runId: string;
  /** Who appends the completions. */
  readonly source: string;
  /** A digest of text, hex. */
  hash(text: string): string;
  readonly clock: Clock;
}

/** The steps of one run. Calls with the same key at the same time share one execution. */
export function createSteps(options: StepsOptions): Step {
  const { log, clock, runId } = options;
  const running = new Map<string, Promise<AnyEvent>>();

  async function complete(key: string, step: string, inputHash: string, run: () => unknown): Promise<AnyEvent> {
    const recorded = await log.byKey(key);
    if (recorded) return recorded;
    const started = clock.now();
    const result = jsonOf(step, await run());
    const seconds = (clock.now() - started) / 1000;
    const [event] = await log.append({
      type: "step.completed",
      source: options.source,
      repo: options.repo,
      runId,
      key,
      data: { step, inputHash, seconds, ...(result === undefined ? {} : { result: JSON.parse(result) }) },
    });
    if (!event) throw new Bug(`the log gave no event for step ${step}`);
    return event;
  }

  return async function step<T>(name: string, input: unknown, run: () => Promise<T> | T): Promise<T> {
    const inputHash = options.hash(canonicalJson(input));
    const key = `${runId}/${name}/${inputHash}`;
    let completion = running.get(key);
    if (!completion) {
      completion = complete(key, name, inputHash, run).finally(() => running.delete(key));
      running.set(key, completion);
    }
    // A copy, so that callers cannot change each other's result.
    return JSON.parse(recordOf(await completion, key)).result;
  };
}

/** What a step gave back, as JSON text; undefined stays undefined. */
function jsonOf(step: string, result: unknown): string | undefined {
  try {
    return JSON.stringify(result);
  } catch (error) {
    throw new Bug(`the result of step ${step} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** The recorded result as JSON text, in an object, so that undefined stays undefined. */
function recordOf(event: AnyEvent, key: string): string {
  if (event.type !== "step.completed") throw new Bug(`the record of step ${key} is ${event.type}, not its completion`);
  return JSON.stringify({ result: event.data.result });
}
