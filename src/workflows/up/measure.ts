import { baselineReceipt, type EnvironmentParts } from "../../kernel/receipt.ts";
import type { CheckRun, DataOf } from "../../sdk/index.ts";
import { environmentParts, runCheck } from "./check.ts";
import type { Installed } from "./install.ts";
import { LazyRoom } from "./room.ts";
import { emit, round, timed, type Run } from "./run.ts";

/** What the baseline says; `receipt` is absent when nothing could be measured. */
export interface Baseline {
  readonly receipt: string | null;
  readonly checks: DataOf<"check.completed">[];
}

/**
 * Runs the checks of HEAD in a room, red tests once more to tell flaky ones, and signs what happened. A commit that was measured in the
 * same environment before is not measured again: its receipt still holds.
 */
export async function measure(
  run: Run,
  installed: readonly Installed[],
  known: readonly { receipt: string; tree: string; environment: string }[],
): Promise<Baseline> {
  if (run.plan.checks.length === 0) run.notChecked.push("no check was found: no tests, types, lint or build command");
  return timed(run, "checks", async () => {
    const parts = await environmentParts(run, installed);
    const probe = baselineReceipt({
      ...subject(run),
      checks: [],
      notChecked: [],
      environment: parts,
      hash: run.hands.hash,
      cost: { seconds: 0, usd: 0 },
    });
    const same = known.findLast((one) => one.tree === run.head.tree && one.environment === probe.environment.digest);
    const stored = same && (await run.hands.receipt(same.receipt));
    if (same && stored) return { receipt: same.receipt, checks: stored.receipt.checks.map((check) => toEvent(check)) };
    return measureAnew(run, installed, parts, probe.environment.digest);
  });
}

async function measureAnew(
  run: Run,
  installed: readonly Installed[],
  parts: EnvironmentParts,
  digest: string,
): Promise<Baseline> {
  const begun = run.hands.clock.now();
  const runs: CheckRun[] = [];
  const rooms = new LazyRoom(run, installed, "baseline");
  try {
    for (const check of run.plan.checks) {
      const one = await run.step(`check ${check.dir} ${check.name}`, [run.head.commit, check, digest], async () =>
        runCheck(run, await rooms.open(), check, { installed, digest }),
      );
      runs.push(one);
      await emit(run, {
        type: "check.completed",
        data: toEvent(one, check.dir),
        key: `${run.id}/check/${check.dir}/${check.name}`,
      });
    }
  } finally {
    await rooms.close();
  }
  const receipt = baselineReceipt({
    ...subject(run),
    checks: runs,
    notChecked: run.notChecked,
    environment: parts,
    hash: run.hands.hash,
    cost: { seconds: round((run.hands.clock.now() - begun) / 1000), usd: 0 },
  });
  const id = await run.step("receipt", [digest, runs.map((one) => one.verdict)], () => run.hands.issue(receipt));
  await emit(run, {
    type: "receipt.issued",
    data: {
      receipt: id,
      verdict: receipt.verdict,
      sentence: receipt.sentence,
      tree: receipt.tree,
      commit: receipt.commit,
      body: receipt,
    },
    key: `${run.id}/receipt/${id}`,
  });
  return { receipt: id, checks: runs.map((one) => toEvent(one)) };
}

function subject(run: Run) {
  return {
    repo: run.repo.name,
    commit: run.head.commit,
    tree: run.head.tree,
    dirty: run.head.dirty,
    issuedAt: new Date(run.hands.clock.now()).toISOString(),
  };
}

function toEvent(check: CheckRun, dir: string = check.cwd): DataOf<"check.completed"> {
  const { passed, failed, skipped } = check.counts ?? { passed: 0, failed: 0, skipped: 0 };
  return {
    name: check.name,
    dir,
    command: check.command,
    verdict: check.verdict,
    passed,
    failed,
    skipped,
    seconds: check.seconds,
    because: check.because,
  };
}
