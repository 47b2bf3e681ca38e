import { environmentDigest, type EnvironmentParts } from "../../kernel/receipt.ts";
import { findTampering } from "../../kernel/tampering.ts";
import type { Facts } from "../../kernel/verdict-facts.ts";
import {
  UserError,
  type CheckRun,
  type Claim,
  type Plan,
  type PlannedCheck,
  type Proof,
  type Viewed,
} from "../../sdk/index.ts";
import { say } from "../up/run.ts";
import type { KnownReceipt } from "../prove.ts";
import { baseRuns } from "./base.ts";
import { caseTexts } from "./case-texts.ts";
import { confirmed, stable, unlessStopped } from "./confirm.ts";
import { judgeOf, programsOf, type Judge } from "./judged-tree.ts";
import { runServices } from "./services.ts";
import { openSide, readPlan, runChecks, type Proving, type Side } from "./side.ts";
import type { Subject } from "./subject.ts";

/** Everything that one proof ran, and what makes it comparable. */
export interface Measured {
  readonly facts: Facts;
  readonly parts: EnvironmentParts;
  readonly request: string;
}

export interface Asked {
  readonly subject: Subject;
  /** Of the base: its author does not choose the checks of the subject. */
  readonly plan: Plan;
  readonly view: Viewed;
  readonly claims: readonly Claim[];
  /** When the budget ends, in milliseconds since the epoch. */
  readonly until: number | undefined;
  readonly known: readonly KnownReceipt[];
  readonly wanted: readonly string[] | undefined;
}

type Outcome =
  | { ok: true; known: string; value?: undefined }
  | { ok: true; known: undefined; value: Measured }
  | { ok: false; question: Proof["questions"][number] };

/** Runs what decides the claims, each check on as many sides as it takes, and no more. */
export async function measureProof(run: Proving, asked: Asked): Promise<Outcome> {
  const { subject } = asked;
  const { snapshot, base } = subject;
  const judge = judgeOf(subject.changed, await programsOf(asked.plan, asked.view));
  const judged = base && (judge.configs.length > 0 || Object.keys(judge.write).length > 0);
  const commit = judged
    ? await run.hands.snapshots.compose(run.repo, {
        onto: snapshot.commit,
        from: base.commit,
        paths: judge.configs,
        write: judge.write,
      })
    : snapshot.commit;
  const own = await readPlan(run, commit);
  const checks = chosen(asked, own.plan);
  await say(run, "install", `Preparing a room for ${snapshot.dirty ? "the working tree" : snapshot.head.slice(0, 7)}`);
  const plan = {
    ...asked.plan,
    checks,
    installs: own.plan.installs,
    toolchains: own.plan.toolchains,
    workspaces: own.plan.workspaces,
  };
  const opened = await openSide(run, { variant: "subject", commit, plan, view: own.view });
  if (!opened.ok) return { ok: false, question: { question: opened.because, next: opened.next } };
  const { side } = opened;
  const request = run.hands.hash(JSON.stringify([asked.claims, asked.wanted ?? null, base?.tree ?? null]));
  const environment = environmentDigest(side.parts, run.hands.hash);
  const same = asked.known.findLast(
    (one) => one.request === request && one.tree === snapshot.tree && one.environment === environment,
  );
  if (same && (await run.hands.receipt(same.receipt))) return { ok: true, known: same.receipt };
  try {
    const facts = await gather(run, { ...asked, side, checks, judge, own: judged ? snapshot.commit : undefined });
    return { ok: true, known: undefined, value: { facts, parts: side.parts, request } };
  } finally {
    await side.room.close();
  }
}

interface Gathering extends Asked {
  readonly side: Side;
  readonly checks: readonly PlannedCheck[];
  readonly judge: Judge;
  /** The subject with its own configuration, where the base's was put back. */
  readonly own: string | undefined;
}

async function gather(run: Proving, what: Gathering): Promise<Facts> {
  const { side, checks, judge, subject, until, claims } = what;
  const tests = checks.filter((one) => one.kind === "test");
  const baseline = subject.base && (await openBase(run, what, subject.base.commit));
  try {
    const base = baseline ? await baseRuns(baseline, { checks, known: what.known, until }) : [];
    const first = await runChecks(side, checks, { base, until });
    const seen = await confirmed(first, { side, baseline, base, checks, until });
    const checked = judge.newTests.length > 0 ? seen : { ...seen, subject: unlessStopped(seen.subject, seen.base) };
    const facts = {
      hasBase: subject.base !== undefined,
      changed: subject.changed,
      testFiles: new Set([...judge.newTests, ...judge.oldTests]),
      tampering: findTampering(subject.changed),
      ...checked,
    };
    const isOver = checked.subject.some((one) => one.verdict === "new-failure") && what.own === undefined;
    const wantsBase = claims.some((one) => one.kind === "fixed" || one.kind === "added");
    const baseTests =
      judge.oldTests.length > 0 && subject.base && tests.length > 0 && !(isOver && !wantsBase)
        ? await withTests(run, what, {
            variant: "base-tests",
            onto: side.core.head.commit,
            from: subject.base.commit,
            paths: judge.oldTests,
            base: checked.base,
          })
        : undefined;
    const newTests =
      wantsBase && judge.newTests.length > 0 && subject.base && tests.length > 0
        ? await withTests(run, what, {
            variant: "new-tests",
            onto: subject.base.commit,
            from: subject.snapshot.commit,
            paths: judge.newTests,
            base: undefined,
          })
        : undefined;
    const services = claims.some((one) => one.kind === "runs") ? await servicesOf(side, baseline) : undefined;
    const cases = wantsBase && subject.base ? await redCases(run, subject.base.commit, checked.base) : new Map();
    return {
      ...facts,
      baseTests,
      newTests,
      services,
      cases,
      redByOldConfig: await redByOldConfig(run, what, checked.subject),
    };
  } finally {
    await baseline?.room.close();
  }
}

async function redCases(run: Proving, commit: string, base: readonly CheckRun[]): Promise<Map<string, string>> {
  const red = base.filter((one) => one.kind === "test").flatMap((one) => one.failures);
  return red.length === 0 ? new Map() : caseTexts(await run.hands.snapshots.source(run.repo, commit), red);
}

/** Services are started on the base only where one is not healthy here. */
async function servicesOf(side: Side, baseline: Side | undefined): Promise<NonNullable<Facts["services"]>> {
  const here = await runServices(side);
  const base = baseline && here.some((one) => !one.ok) ? await runServices(baseline) : [];
  return { here, base };
}

/** The base as a side of its own; undefined when its dependencies cannot be installed, which is said. */
async function openBase(run: Proving, { plan }: Gathering, commit: string): Promise<Side | undefined> {
  const { view } = await readPlan(run, commit);
  const opened = await openSide(run, { variant: "base", commit, plan, view });
  if (opened.ok) return opened.side;
  run.notChecked.push(`the base: ${opened.because}`);
  return undefined;
}

/** Runs the tests of a tree that is put together of both: one side's code with the other side's tests. */
async function withTests(
  run: Proving,
  { side, checks, until }: Gathering,
  mix: {
    variant: "base-tests" | "new-tests";
    onto: string;
    from: string;
    paths: readonly string[];
    base: readonly CheckRun[] | undefined;
  },
): Promise<CheckRun[]> {
  const { variant, onto, from, paths, base } = mix;
  const commit = await run.hands.snapshots.compose(run.repo, { onto, from, paths });
  const { plan, view } = await readPlan(run, commit);
  const tests = checks.filter((one) => one.kind === "test");
  const { installs, toolchains, workspaces } = plan;
  const opened = await openSide(run, {
    variant,
    commit,
    plan: { ...side.core.plan, checks: tests, installs, toolchains, workspaces },
    view,
  });
  if (!opened.ok) {
    run.notChecked.push(
      `${variant === "base-tests" ? "the base's tests on this code" : "the new tests on the base"}: ${opened.because}`,
    );
    return [];
  }
  try {
    const first = await runChecks(opened.side, tests, { ...(base ? { base } : {}), until });
    return await stable(first, opened.side, { checks: tests, base, until });
  } finally {
    await opened.side.room.close();
  }
}

/** Checks that are red with the base's configuration of the runner and green with the subject's own. */
async function redByOldConfig(
  run: Proving,
  { own, checks, side, until }: Gathering,
  subject: readonly CheckRun[],
): Promise<Set<string>> {
  const red = subject.filter((one) => one.verdict === "new-failure" || one.verdict === "fail");
  if (own === undefined || red.length === 0) return new Set();
  const { view, plan } = await readPlan(run, own);
  const wanted = checks.filter((one) => red.some((other) => other.name === one.name && other.cwd === one.dir));
  const opened = await openSide(run, {
    variant: "subject",
    commit: own,
    plan: { ...side.core.plan, checks: wanted, installs: plan.installs },
    view,
  });
  if (!opened.ok) return new Set();
  try {
    const runs = await runChecks(opened.side, wanted, { until });
    return new Set(runs.filter((one) => one.verdict === "pass").map((one) => one.name));
  } finally {
    await opened.side.room.close();
  }
}

/** The base's checks, and those that only the subject has; those that were asked for; what the change touches first. */
function chosen({ plan, wanted, subject }: Asked, own: Plan): PlannedCheck[] {
  const fresh = own.checks.filter(
    (one) => !plan.checks.some((other) => other.name === one.name && other.dir === one.dir),
  );
  const all = [...plan.checks, ...fresh];
  const unknown = wanted?.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new UserError(`There is no check ${unknown}`, {
      tried: `checks: ${[...new Set(all.map((one) => one.name))].join(", ") || "none"}`,
      next: "lodestar detect",
    });
  const picked = wanted === undefined ? all : all.filter((one) => wanted.includes(one.name));
  const touched = (check: PlannedCheck) =>
    check.dir !== "." && subject.changed.some((file) => file.path.startsWith(`${check.dir}/`)) ? 0 : 1;
  return picked.toSorted((a, b) => touched(a) - touched(b));
}
