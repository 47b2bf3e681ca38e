import { messageOf, type Action, type Failure, type Fixer, type Loaded, type Repair } from "../sdk/index.ts";
import { fingerprint } from "./fingerprint.ts";

/** Repairs per run and service; what needs more has a cause that no catalogue knows. */
export const REPAIR_LIMIT = 5;

/** One repair that this run already made; the `fix.tried` events of the run hold exactly this. Without a service it counts for each. */
export interface Tried {
  readonly fixer: string;
  readonly service?: string | undefined;
  readonly fingerprint: string;
  readonly actions: readonly Action[];
}

/** `guardrail` is set when a bound, and not ignorance, ended the attempt. */
export type Proposal =
  | { readonly fixer: string; readonly repair: Repair; readonly fingerprint: string }
  | {
      readonly none: string;
      readonly guardrail?: "no-fix-loop" | "repair-limit";
      readonly fingerprint: string;
    };

/**
 * The next repair for a failure, or why there is none. Pure: everything in the answer is data for the log. Bounds: the same
 * failure after a repair that was to cure it ends the attempt, at most REPAIR_LIMIT repairs per run and service, and no
 * action twice. A repair that does something goes before one that only asks; otherwise the order is that of `fixers`.
 */
export function proposeRepair(input: {
  readonly failure: Failure;
  readonly fixers: readonly Loaded<Fixer>[];
  readonly history: readonly Tried[];
}): Proposal {
  const { failure, history } = input;
  const print = fingerprintOf(failure);
  const again = history.find((tried) => tried.fingerprint === print);
  if (again)
    return {
      none: `the same failure came back after ${again.fixer}`,
      guardrail: "no-fix-loop",
      fingerprint: print,
    };
  const own = history.filter((tried) => tried.service === undefined || tried.service === failure.service);
  if (own.length >= REPAIR_LIMIT)
    return {
      none: `${REPAIR_LIMIT} repairs were made and it still fails`,
      guardrail: "repair-limit",
      fingerprint: print,
    };
  const done = new Set(own.flatMap((tried) => tried.actions.map(canonical)));
  const { repairs, broken } = candidates(failure, input.fixers);
  const fresh = repairs.filter(({ repair }) => !repair.actions.some((action) => done.has(canonical(action))));
  const chosen = fresh.find(({ repair }) => !onlyAsks(repair)) ?? fresh[0];
  if (chosen) return { ...chosen, fingerprint: print };
  if (repairs.length > 0)
    return { none: "the repair for it was already made", guardrail: "no-fix-loop", fingerprint: print };
  return { none: ["no fixer knows this failure", ...broken].join("; "), fingerprint: print };
}

/** Names a failure: the same phase, service and normalised output give the same name. */
export function fingerprintOf(failure: Pick<Failure, "phase" | "service" | "dir" | "output">): string {
  return `${failure.phase}:${failure.service ?? failure.dir}:${fingerprint(failure.output)}`;
}

/** Whether a repair changes nothing by itself and waits for an answer. */
function onlyAsks(repair: Repair): boolean {
  return repair.actions.every((action) => action.do === "ask");
}

/**
 * An env with a `set-env` carried out; `generate` gives the value of one that is to be generated. Options of NODE_OPTIONS
 * are added to those that are there, everything else replaces. A `set-env` of another service changes nothing.
 */
export function withVariable(
  env: Readonly<Record<string, string>>,
  action: Extract<Action, { do: "set-env" }>,
  options: { readonly service: string | undefined; readonly generate: () => string },
): Readonly<Record<string, string>> {
  if (action.service !== undefined && action.service !== options.service) return env;
  const value = action.value ?? (action.generate ? options.generate() : undefined);
  if (value === undefined) return env;
  const before = env[action.name];
  if (action.name !== "NODE_OPTIONS" || before === undefined || before === "") return { ...env, [action.name]: value };
  return before.split(/\s+/).includes(value) ? env : { ...env, NODE_OPTIONS: `${before} ${value}` };
}

/** A fixer that throws loses its own turn only, and the answer names it. */
function candidates(failure: Failure, fixers: readonly Loaded<Fixer>[]) {
  const repairs: { fixer: string; repair: Repair }[] = [];
  const broken: string[] = [];
  for (const { id, plugin } of fixers) {
    try {
      const repair = plugin.repair(failure);
      if (repair && repair.actions.length > 0) repairs.push({ fixer: id, repair });
    } catch (error) {
      broken.push(`${id} itself failed: ${messageOf(error)}`);
    }
  }
  return { repairs, broken };
}

function canonical(action: Action): string {
  return JSON.stringify(Object.entries(action).sort(([a], [b]) => (a < b ? -1 : 1)));
}
