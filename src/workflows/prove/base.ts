import { environmentDigest } from "../../kernel/receipt.ts";
import type { CheckRun, PlannedCheck, Receipt } from "../../sdk/index.ts";
import type { KnownReceipt } from "../prove.ts";
import { runChecks, type Side } from "./side.ts";

/** So many receipts are looked at, the newest first. */
const LOOKED_AT = 40;

/**
 * What the checks say on the base: from receipts of that tree in an equal environment, else by running them. Red of any
 * kind is red here, whatever it was judged against.
 */
export async function baseRuns(
  side: Side,
  {
    checks,
    known,
    until,
  }: { checks: readonly PlannedCheck[]; known: readonly KnownReceipt[]; until: number | undefined },
): Promise<CheckRun[]> {
  const wanted = checks.filter((one) =>
    side.core.plan.checks.some((other) => other.name === one.name && other.dir === one.dir),
  );
  const told = await fromReceipts(side, known);
  const missing = wanted.filter((one) => !told.some((other) => isSame(other, one)));
  const fresh = await runChecks(side, missing, { until });
  return wanted.flatMap((one) => [...told, ...fresh].find((other) => isSame(other, one)) ?? []);
}

async function fromReceipts({ core, parts }: Side, known: readonly KnownReceipt[]): Promise<CheckRun[]> {
  const { hands, head } = core;
  const digest = environmentDigest(parts, hands.hash);
  const found: CheckRun[] = [];
  const about = known.filter((one) => one.tree === head.tree || one.base === head.tree);
  for (const one of about.slice(-LOOKED_AT).toReversed()) {
    const stored = await hands.receipt(one.receipt);
    for (const check of stored ? runsOn(stored.receipt, head.tree) : [])
      if (
        check.environment === digest &&
        isTold(check) &&
        !found.some((other) => other.name === check.name && other.cwd === check.cwd)
      )
        found.push({ ...check, variant: "base", verdict: alone(check.verdict) });
  }
  return found;
}

/** The runs of a receipt that were made on exactly this tree. */
function runsOn(receipt: Receipt, tree: string): readonly CheckRun[] {
  if (receipt.kind === "baseline") return receipt.tree === tree ? receipt.checks : [];
  return receipt.checks.filter((one) => one.variant === "base");
}

/** Every failing test must be named: a cut list would make the rest look new. */
function isTold({ counts, failures, verdict }: CheckRun): boolean {
  return (
    verdict !== "not-run" && (counts?.failed ?? 0) <= Math.max(failures.length, verdict === "flaky" ? Infinity : 0)
  );
}

function alone(verdict: CheckRun["verdict"]): CheckRun["verdict"] {
  if (verdict === "known-failure" || verdict === "new-failure") return "fail";
  return verdict === "fixed" ? "pass" : verdict;
}

function isSame(run: CheckRun, check: PlannedCheck): boolean {
  return run.name === check.name && run.cwd === check.dir;
}
