import type { CheckRun, PlannedCheck } from "../../sdk/index.ts";
import { runChecks, type Side } from "./side.ts";

/** A flaky test fails half of the time: after so many more runs of the base, one in eight is taken for steady. */
const BASE_RUNS = 2;

interface How {
  readonly side: Side;
  readonly baseline: Side | undefined;
  readonly base: readonly CheckRun[];
  readonly checks: readonly PlannedCheck[];
  readonly until: number | undefined;
}

/**
 * Before a failing test may refute anybody, it must fail in every run here and in none on the base. Runs again what would
 * refute, here once more and on the base twice; what differs is flaky, and a failure that the base shows too is known.
 */
export async function confirmed(
  first: readonly CheckRun[],
  how: How,
): Promise<{ subject: CheckRun[]; base: CheckRun[] }> {
  const base = [...how.base];
  const subject = await stable(first, how.side, how);
  for (const [index, check] of subject.entries()) {
    const planned = plannedOf(check, how.checks);
    if (!planned || planned.kind !== "test" || !how.baseline) continue;
    if (check.verdict !== "new-failure" && check.verdict !== "flaky") continue;
    for (let round = 1; round <= BASE_RUNS; round++) {
      const [again] = await runChecks(how.baseline, [planned], { until: how.until, again: round });
      const at = base.findIndex((one) => one.name === check.name && one.cwd === check.cwd);
      const before = base[at];
      if (!again || !before || again.verdict === "not-run") break;
      if (again.verdict === "pass" && before.verdict === "pass") continue;
      base[at] = merge(before, again);
    }
    const known = base.find((one) => one.name === check.name && one.cwd === check.cwd);
    if (known) subject[index] = against(check, known);
  }
  return { subject, base };
}

/** Runs new failures of tests once more: only those that fail again are new failures. */
export async function stable(
  first: readonly CheckRun[],
  side: Side,
  {
    checks,
    base,
    until,
  }: { checks: readonly PlannedCheck[]; base: readonly CheckRun[] | undefined; until: number | undefined },
): Promise<CheckRun[]> {
  const runs = [...first];
  for (const [index, check] of runs.entries()) {
    const planned = plannedOf(check, checks);
    if (check.verdict !== "new-failure" || planned?.kind !== "test") continue;
    const [again] = await runChecks(side, [planned], { ...(base ? { base } : {}), until, again: 1 });
    if (!again || again.verdict === "new-failure") {
      const failures = check.failures.filter(
        (name) => !again || again.failures.length === 0 || again.failures.includes(name),
      );
      runs[index] = failures.length > 0 || check.failures.length === 0 ? { ...check, failures } : flaky(check, again);
    } else if (again.verdict !== "not-run") runs[index] = flaky(check, again);
  }
  return runs;
}

function flaky(check: CheckRun, again: CheckRun | undefined): CheckRun {
  return {
    ...check,
    verdict: "flaky",
    because: `It failed and did not fail again: ${again?.because ?? check.because}`,
  };
}

/** What the base showed in any of its runs. */
function merge(before: CheckRun, again: CheckRun): CheckRun {
  const failures = [...new Set([...before.failures, ...again.failures])];
  const differs = before.verdict !== again.verdict || before.failures.length !== failures.length;
  const verdict = differs ? "flaky" : before.verdict;
  return {
    ...before,
    failures,
    verdict,
    because: differs ? `It is not the same in every run: ${again.because}` : before.because,
  };
}

/** Judges again with everything that the base is known to fail. */
function against(check: CheckRun, base: CheckRun): CheckRun {
  if (check.verdict !== "new-failure") return check;
  const fresh = check.failures.filter((name) => !base.failures.includes(name));
  if (check.failures.length === 0) return base.verdict === "flaky" ? { ...check, verdict: "flaky" } : check;
  if (fresh.length > 0) return { ...check, failures: [...check.failures] };
  return {
    ...check,
    verdict: base.verdict === "flaky" ? "flaky" : "known-failure",
    because: "The base fails in the same way, now and then.",
  };
}

/**
 * A red base may have stopped early (cargo after the first failing program, `--bail`): with the same test files it then ran
 * fewer tests than the subject, and what fails only here may be red there, too.
 */
export function unlessStopped(subject: readonly CheckRun[], base: readonly CheckRun[]): CheckRun[] {
  return subject.map((check) => {
    const before = base.find((one) => one.name === check.name && one.cwd === check.cwd);
    if (check.verdict !== "new-failure" || before?.verdict !== "fail" || !check.counts || !before.counts) return check;
    if (total(before.counts) >= total(check.counts)) return check;
    const because = `${check.because} The base stopped after ${total(before.counts)} of ${total(check.counts)} tests, so which of them are new is not known.`;
    return { ...check, verdict: "fail", because };
  });
}

function total({ passed, failed, skipped }: NonNullable<CheckRun["counts"]>): number {
  return passed + failed + skipped;
}

function plannedOf(check: CheckRun, checks: readonly PlannedCheck[]): PlannedCheck | undefined {
  return checks.find((one) => one.name === check.name && one.dir === check.cwd);
}
