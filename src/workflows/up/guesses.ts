import type { Plan } from "../../sdk/index.ts";

/** Below this, an item of the plan is a guess (`sdk/plan.ts`). */
const SURE = 0.5;

/** What is more likely wrong than right is said and not acted on: a vendored example must not be installed or started. */
export function withoutGuesses(plan: Plan): { plan: Plan; guesses: string[] } {
  const guesses: string[] = [];
  function sure<T extends { dir: string; confidence: number }>(items: readonly T[], what: (item: T) => string): T[] {
    const unsure = items.filter((item) => item.confidence < SURE);
    guesses.push(...unsure.map((item) => `${what(item)}${item.dir === "." ? "" : ` in ${item.dir}`} (only a guess)`));
    return items.filter((item) => item.confidence >= SURE);
  }
  const kept = {
    installs: sure(plan.installs, (one) => `installing with ${one.manager}`),
    services: sure(plan.services, (one) => `service ${one.name}`),
    databases: sure(plan.databases, (one) => `database ${one.name}`),
    checks: sure(plan.checks, (one) => `check ${one.name}`),
  };
  return { plan: { ...plan, ...kept }, guesses };
}
