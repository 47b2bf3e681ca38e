import { judge } from "../../kernel/judge.ts";
import { outcomeOf } from "../../kernel/measure.ts";
import { baselineReceipt, type EnvironmentParts } from "../../kernel/receipt.ts";
import type { CheckRun, DataOf, PlannedCheck, Site } from "../../sdk/index.ts";
import { migrate, startDatabases } from "./databases.ts";
import { environmentOf } from "./environment.ts";
import { runOwn, type Installed } from "./install.ts";
import {
  adjustedEnv,
  command,
  emit,
  lastLine,
  round,
  say,
  succeeded,
  timed,
  type LiveDatabase,
  type Run,
} from "./run.ts";
import { pathsOf } from "./build.ts";
import { toolchainOf } from "./toolchain.ts";

const CHECK_TIMEOUT = 20 * 60_000;
const FAILURES_SHOWN = 50;

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
  const rooms = new LazyRoom(run, installed);
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

/** The room of this baseline: made when the first check that is not recorded yet needs it, with its databases. */
class LazyRoom {
  readonly #run: Run;
  readonly #installed: readonly Installed[];
  #open: Promise<Prepared> | undefined;

  constructor(run: Run, installed: readonly Installed[]) {
    this.#run = run;
    this.#installed = installed;
  }

  open(): Promise<Prepared> {
    this.#open ??= prepareRoom(this.#run, this.#installed);
    return this.#open;
  }

  async close(): Promise<void> {
    const prepared = await this.#open?.catch(() => undefined);
    if (!prepared) return;
    // What the room could not bring along or promise is complete only after something ran in it.
    this.#run.notChecked.push(...this.#run.hands.rooms.limits(prepared.site.id));
    await prepared.site.close();
    await this.#run.hands.rooms.remove(prepared.site.id);
    await emit(this.#run, {
      type: "room.removed",
      data: { room: prepared.site.id, because: "the baseline was measured" },
    });
  }
}

interface Prepared {
  readonly site: Site;
  readonly databases: LiveDatabase[];
  /** Why databases are missing, if they are. */
  readonly without: string | undefined;
}

async function prepareRoom(run: Run, installed: readonly Installed[]): Promise<Prepared> {
  await say(run, "room", `Making a room for ${run.head.commit.slice(0, 7)}`);
  const dependencies = installed.flatMap((one) => (one.entry ? [one.entry] : []));
  const site = await run.hands.rooms.create({
    repo: run.repo,
    commit: run.head.commit,
    purpose: "baseline",
    dependencies,
  });
  await emit(run, {
    type: "room.created",
    data: { room: site.id, commit: run.head.commit, path: site.root, purpose: "baseline" },
  });
  for (const one of installed.filter((other) => !other.entry && other.work.steps.outputs.length > 0))
    run.notChecked.push(`${one.dir}: its dependencies could not be sealed, so checks ran without them`);
  for (const one of installed) {
    const own = one.entry ? await runOwn(run, site, one.work) : undefined;
    if (own && !succeeded(own))
      run.notChecked.push(`the install scripts of ${one.dir} failed in the room: ${lastLine(own.output)}`);
  }
  const live = new Map<string, LiveDatabase>();
  const started = await startDatabases(run, site, live);
  const migrated = started.ok ? await migrate(run, site, started.value) : started;
  return { site, databases: [...live.values()], without: migrated.ok ? undefined : migrated.question.question };
}

async function runCheck(
  run: Run,
  room: Prepared,
  check: PlannedCheck,
  how: { installed: readonly Installed[]; digest: string },
): Promise<CheckRun> {
  await say(run, "checks", `Running ${check.name}${check.dir === "." ? "" : ` in ${check.dir}`}: ${check.command}`);
  const chain = await toolchainOf(run, check.dir);
  // NODE_ENV is the runner's to choose: a test runner that finds it set to anything else misbehaves.
  const { NODE_ENV: _chosen, ...given } = await environmentOf(run, check.dir, room.databases);
  const env = { ...chain.env, CI: "true", ...given };
  const what = {
    command: run.adjust.commands.get(`${check.dir}/test`) ?? check.command,
    dir: check.dir,
    env,
    path: [...pathsOf(run, check.dir, how.installed, room.site.root), ...chain.path],
    reads: chain.reads,
    network: "loopback" as const,
    timeout: CHECK_TIMEOUT,
    title: check.name,
  };
  const startedAt = new Date(run.hands.clock.now()).toISOString();
  const first = await command(run, room.site, "check", what);
  const parsers = run.hands.plugins.parsers;
  const outcome = outcomeOf(what.command, first, parsers);
  const red = judge({ first: outcome });
  const hasTests = check.kind === "test" || (red.counts?.failed ?? 0) > 0;
  const again =
    red.verdict === "fail" && hasTests && !succeeded(first)
      ? await command(run, room.site, "check", { ...what, title: `${check.name} again` })
      : undefined;
  const verdict = again ? judge({ first: outcome, rerun: outcomeOf(what.command, again, parsers) }) : red;
  const because =
    verdict.verdict === "not-run" && room.without !== undefined
      ? `${verdict.because} ${room.without}`
      : verdict.because;
  return {
    name: check.name,
    kind: check.kind,
    command: what.command,
    cwd: check.dir,
    environment: how.digest,
    sandbox: room.site.sandbox,
    network: room.site.sandbox === "bubblewrap" ? "loopback" : "host",
    startedAt,
    seconds: round(first.seconds),
    exit: first.exit,
    ...(verdict.counts ? { counts: verdict.counts } : {}),
    verdict: verdict.verdict,
    because,
    failures: verdict.failures.slice(0, FAILURES_SHOWN),
  };
}

/** What makes two measurements comparable (DESIGN.md 8). */
async function environmentParts(run: Run, installed: readonly Installed[]): Promise<EnvironmentParts> {
  const runtimes: Record<string, string> = {};
  for (const check of run.plan.checks) Object.assign(runtimes, (await toolchainOf(run, check.dir)).versions);
  const sandbox = run.tree.sandbox;
  return {
    lodestar: run.hands.version,
    sandbox,
    network: sandbox === "bubblewrap" ? "loopback" : "host",
    runtimes,
    dependencies: run.hands.hash(JSON.stringify(installed.map((one) => [one.dir, one.entry?.digest ?? one.key]))),
    env: run.hands.hash(
      JSON.stringify([
        run.plan.env.map((one) => one.name).sort(),
        Object.keys(adjustedEnv(run)).sort(),
        run.plan.checks.map((one) => one.command),
      ]),
    ),
    databases: run.plan.databases.map((one) => `${one.engine} ${one.version ?? ""}`.trim()),
  };
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
