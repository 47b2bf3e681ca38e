import { planRepo } from "../kernel/config.ts";
import { Plan, type Hands, type Log, type Repo, type Report, type Site } from "../sdk/index.ts";
import { consent } from "./up/consent.ts";
import { bringContainer } from "./up/containers.ts";
import { startDatabases } from "./up/databases.ts";
import { tellProvided } from "./up/environment.ts";
import { withoutGuesses } from "./up/guesses.ts";
import { installAll } from "./up/install.ts";
import { measure, type Baseline } from "./up/measure.ts";
import { migrate } from "./up/migrate.ts";
import { withRepairs } from "./up/repair.ts";
import {
  ask,
  emit,
  noAdjustments,
  round,
  say,
  type LiveDatabase,
  type Run,
  type Runtime,
  type Step,
  type UpInput,
} from "./up/run.ts";
import { startServices, type Started } from "./up/services.ts";

/** What `up` is given for one repo. `known` are the receipts that the log already holds. */
export interface UpContext {
  readonly id: string;
  readonly source: "up";
  readonly input: UpInput;
  readonly repo: Repo;
  readonly hands: Hands;
  readonly log: Log;
  readonly step: Step;
  readonly signal: AbortSignal;
  readonly gate: () => Promise<void>;
  readonly trusted: { unsandboxed: boolean } | undefined;
  /** The working tree as a site, with what runs on it; the same one as long as the daemon lives. */
  open(unsandboxed: boolean): Promise<{ tree: Site; runtime: Runtime }>;
  readonly known: readonly { receipt: string; tree: string; environment: string }[];
}

/**
 * The promise of `up`: an unknown repository becomes a healthy, measured baseline, or exactly what is missing is said.
 * Every step that is recorded is not done again after a crash; what only lives in processes is looked at and started anew.
 */
export async function up(context: UpContext): Promise<Report> {
  const begun = context.hands.clock.now();
  const seconds = { detect: 0, install: 0, start: 0, checks: 0 };
  await say(context, "detect", `Reading ${context.repo.name}`);
  const detected = await context.step("detect", [context.input.path], () => readRepo(context));
  seconds.detect = detected.seconds;
  const { plan, guesses } = withoutGuesses(Plan.parse(detected.plan));
  const allowed = await consent(context, { plan, commands: detected.commands }, context.trusted);
  const { tree, runtime } = await context.open(allowed.unsandboxed);
  const run: Run = {
    ...context,
    view: () => context.hands.view(context.repo),
    sandbox: tree.sandbox,
    tree,
    runtime,
    head: detected.head,
    plan,
    adjust: noAdjustments(),
    fixes: [],
    questions: [],
    notChecked: [],
    seconds,
    bring: (database, because) => bringContainer(run, database, { because, trusted: context.trusted !== undefined }),
  };
  for (const problem of plan.problems) run.notChecked.push(`${problem.file}: ${problem.message}`);
  run.notChecked.push(...guesses);
  if (guesses.length > 0 && plan.services.length === 0 && plan.checks.length === 0)
    run.questions.push({
      question: `Nothing in ${run.repo.name} is sure enough to be run: ${guesses.join(", ")}.`,
      next: "lodestar detect, then write what is right into .lodestar/config.json",
    });
  if (!allowed.ok) run.questions.push(allowed.question);
  const end = allowed.ok ? await phases(run, context.known) : { started: [], baseline: { receipt: null, checks: [] } };
  return report(run, { ...end, total: (context.hands.clock.now() - begun) / 1000 });
}

async function phases(run: Run, known: UpContext["known"]): Promise<{ started: Started[]; baseline: Baseline }> {
  const nothing: Baseline = { receipt: null, checks: [] };
  const installed = await installAll(run);
  if (!installed.ok) {
    ask(run, installed.question);
    run.notChecked.push("services and checks: dependencies are not installed");
    return { started: [], baseline: nothing };
  }
  if (run.input.start) {
    await prepareDatabases(run);
    await tellProvided(run, [...run.runtime.databases.values()]);
  }
  const started = await startServices(run, installed.value);
  return { started, baseline: await measure(run, installed.value, known) };
}

/** Databases and their schema, before the first service; what fails here is a question and does not end the run. */
async function prepareDatabases(run: Run): Promise<void> {
  if (run.plan.databases.length === 0) return;
  const started = await withRepairs(run, { phase: "database", dir: "." }, () =>
    startDatabases(run, run.tree, run.runtime.databases),
  );
  if (!started.ok) {
    ask(run, started.question);
    return;
  }
  await say(run, "databases", `Migrating the database of ${run.repo.name}`);
  const migrated = await withRepairs(run, { phase: "migrate", dir: "." }, async () => {
    const done = await migrate(run, run.tree, started.value);
    return done.ok ? { ok: true, value: true } : done;
  });
  if (!migrated.ok) ask(run, migrated.question);
  else await tellMigrated(run, started.value);
}

/** A database that was just made has every migration pending: says which commands brought its schema. */
async function tellMigrated(run: Run, live: readonly LiveDatabase[]): Promise<void> {
  for (const { name, engine, migrations } of run.plan.databases) {
    if (migrations.length === 0 || !live.some((one) => one.name === name && one.fresh)) continue;
    const commands = migrations.map((one) => one.command).join(", ");
    const data = {
      fixer: "migrate",
      fingerprint: `migrate ${name}`,
      failure: `${engine} has no tables: all migrations are pending`,
      title: `migrated ${name}: ${commands}`,
      actions: [],
      worked: true,
      detail: "",
    };
    run.fixes.push(data);
    await emit(run, { type: "fix.tried", data });
  }
}

async function readRepo(context: UpContext) {
  const { clock, plugins, secrets } = context.hands;
  const begun = clock.now();
  const head = await context.repo.git.head();
  const { plan, commands } = await planRepo(await context.hands.view(context.repo), plugins.detectors, {
    isSecret: (text) => secrets.redact(text) !== text,
  });
  const seconds = round((clock.now() - begun) / 1000);
  await emit(context, {
    type: "plan.detected",
    data: { plan, commit: head.commit, tree: head.tree, dirty: head.dirty, seconds },
  });
  return { plan, commands, head: { commit: head.commit, tree: head.tree, dirty: head.dirty }, seconds };
}

/** Healthy: every detected service and database is healthy and every check ran to a result. Red checks are reported, not unhealthy. */
function report(run: Run, end: { started: readonly Started[]; baseline: Baseline; total: number }): Report {
  const { started, baseline } = end;
  const databases = run.plan.databases.map((planned) => {
    const live = run.runtime.databases.get(planned.name);
    const detail = live ? (live.port === undefined ? live.how : `${live.how}, port ${live.port}`) : "not started";
    return { name: planned.name, engine: planned.engine, ok: live !== undefined, how: live?.how ?? "", detail };
  });
  const ran = baseline.checks.filter((check) => check.verdict !== "not-run");
  for (const check of baseline.checks)
    if (check.verdict === "not-run") run.notChecked.push(`${check.name} in ${check.dir}: ${check.because}`);
  return {
    state: stateOf(run, {
      started,
      databases,
      allRan: ran.length === baseline.checks.length && baseline.checks.length >= run.plan.checks.length,
      anything: ran.length > 0 || started.some((one) => one.ok),
    }),
    repo: run.repo.root,
    commit: run.head.commit,
    plan: run.plan,
    services: started.map(({ name, dir, url, port, pid, health, seconds }) => ({
      name,
      dir,
      url,
      port,
      pid,
      health,
      seconds,
    })),
    databases,
    checks: baseline.checks.map(({ name, command, verdict, passed, failed, skipped, seconds }) => ({
      name,
      command,
      verdict,
      passed,
      failed,
      skipped,
      seconds,
    })),
    fixes: run.fixes.map(({ fixer, title, failure, worked }) => ({ fixer, title, failure, worked: worked === true })),
    questions: run.questions,
    receipt: baseline.receipt,
    seconds: {
      total: round(end.total),
      detect: round(run.seconds.detect),
      install: round(run.seconds.install),
      start: round(run.seconds.start),
      checks: round(run.seconds.checks),
    },
    sandbox: run.tree.sandbox,
    notChecked: run.notChecked,
  };
}

function stateOf(
  run: Run,
  facts: { started: readonly Started[]; databases: readonly { ok: boolean }[]; allRan: boolean; anything: boolean },
): Report["state"] {
  const wholeSystem =
    facts.started.every((one) => one.ok) && (facts.databases.every((one) => one.ok) || !run.input.start);
  if (run.questions.length > 0) return facts.started.length > 0 && wholeSystem ? "healthy-with-limits" : "needs-you";
  if (!wholeSystem) return "cannot";
  if (run.plan.services.length === 0 && run.plan.checks.length === 0) return "healthy-with-limits";
  if (!facts.allRan) return facts.anything ? "healthy-with-limits" : "cannot";
  return run.input.start && run.input.install ? "healthy" : "healthy-with-limits";
}
