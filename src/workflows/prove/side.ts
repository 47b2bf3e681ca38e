import { planRepo } from "../../kernel/config.ts";
import { environmentDigest, type EnvironmentParts } from "../../kernel/receipt.ts";
import type { CheckRun, Plan, PlannedCheck, Variant, Viewed } from "../../sdk/index.ts";
import { environmentParts, runCheck } from "../up/check.ts";
import { withoutGuesses } from "../up/guesses.ts";
import { installSealed, type Installed } from "../up/install.ts";
import { LazyRoom } from "../up/room.ts";
import { noAdjustments, type Core } from "../up/run.ts";

/** What all sides of one proof share. */
export type Proving = Omit<Core, "head" | "plan" | "view" | "adjust">;

/** One tree on which checks run: a commit with its plan and its installed dependencies. */
export interface Side {
  readonly variant: Variant;
  readonly core: Core;
  readonly installed: readonly Installed[];
  readonly parts: EnvironmentParts;
  readonly digest: string;
  readonly room: LazyRoom;
}

/** Reads the plan of a commit; `judge` gives checks, services and databases where the author of a change must not choose them. */
export async function readPlan(
  run: Pick<Proving, "hands" | "repo">,
  commit: string,
): Promise<{ plan: Plan; commands: string[]; view: Viewed }> {
  const view = await run.hands.viewAt(run.repo, commit);
  const { secrets, plugins } = run.hands;
  const planned = await planRepo(view, plugins.detectors, { isSecret: (text) => secrets.redact(text) !== text });
  return { ...planned, plan: withoutGuesses(planned.plan).plan, view };
}

/** Installs what a commit needs and prepares its room; a failing install is data. */
export async function openSide(
  run: Proving,
  what: { variant: Variant; commit: string; plan: Plan; view: Viewed },
): Promise<{ ok: true; side: Side } | { ok: false; because: string; next: string }> {
  const { variant, commit, plan, view } = what;
  const tree = await run.hands.snapshots.treeOf(run.repo, commit);
  const head = { commit, tree, dirty: false };
  const core: Core = { ...run, head, plan, view: async () => view, adjust: noAdjustments() };
  const installed = await installSealed(core);
  if (!installed.ok) return { ok: false, because: installed.question.question, next: installed.question.next };
  const parts = await environmentParts(core, installed.value);
  const digest = environmentDigest(parts, run.hands.hash);
  const room = new LazyRoom(core, installed.value, `proof (${variant})`);
  return { ok: true, side: { variant, core, installed: installed.value, parts, digest, room } };
}

/** Runs checks in the room of a side, each as a recorded step. `until` is when the budget ends, in milliseconds since the epoch. */
export async function runChecks(
  side: Side,
  checks: readonly PlannedCheck[],
  options: { base?: readonly CheckRun[]; until: number | undefined; again?: number },
): Promise<CheckRun[]> {
  const { core, digest, installed, variant } = side;
  const done: CheckRun[] = [];
  for (const check of checks) {
    const base = options.base?.find((one) => one.name === check.name && one.cwd === check.dir);
    const left = options.until === undefined ? undefined : options.until - core.hands.clock.now();
    if (left !== undefined && left <= 0) {
      done.push(outOfBudget(side, check));
      continue;
    }
    const known = base && { verdict: base.verdict, failures: base.failures };
    const name = `check ${variant}${options.again === undefined ? "" : ` ${options.again}`} ${check.dir} ${check.name}`;
    const one = await core.step(name, [core.head.commit, check, digest, known ?? null], async () =>
      runCheck(core, await side.room.open(), check, {
        installed,
        digest,
        ...(base ? { base } : {}),
        ...(left === undefined ? {} : { timeout: left }),
        isAgain: options.again !== undefined,
      }),
    );
    done.push({ ...one, variant });
  }
  return done;
}

function outOfBudget({ core, digest, variant }: Side, check: PlannedCheck): CheckRun {
  return {
    name: check.name,
    kind: check.kind,
    command: check.command,
    cwd: check.dir,
    environment: digest,
    sandbox: core.sandbox,
    network: core.sandbox === "bubblewrap" ? "loopback" : "host",
    startedAt: new Date(core.hands.clock.now()).toISOString(),
    seconds: 0,
    exit: null,
    verdict: "not-run",
    because: "The budget was used up before its turn.",
    failures: [],
    variant,
  };
}
