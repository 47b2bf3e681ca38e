import { resolveEnv } from "../../kernel/env.ts";
import { generated } from "./actions.ts";
import type { Run } from "./run.ts";
import { isWithin } from "./toolchain.ts";

/**
 * The variables that commands of `dir` get: what the examples name, generated where any random value will do, and what
 * repairs added. Values that only the user has stay unset and are asked for when something really fails without them.
 */
export async function environmentOf(run: Run, dir: string): Promise<Record<string, string>> {
  const variables = run.plan.env.filter((one) => isWithin(dir, one.dir) || isWithin(one.dir, dir));
  const provided = Object.fromEntries(run.adjust.env);
  const made: Record<string, string> = {};
  for (const one of variables)
    if (one.class === "generated" && provided[one.name] === undefined) made[one.name] = await generated(run, one.name);
  return { ...resolveEnv({ variables, provided: { ...made, ...provided } }).env, ...provided };
}
