import { judge } from "../../kernel/judge.ts";
import { outcomeOf, type Outcome } from "../../kernel/measure.ts";
import type { EnvironmentParts } from "../../kernel/receipt.ts";
import type { CheckRun, PlannedCheck } from "../../sdk/index.ts";
import { pathsOf } from "./build.ts";
import { environmentOf } from "./environment.ts";
import type { Installed } from "./install.ts";
import type { Prepared } from "./room.ts";
import { adjustedEnv, command, round, say, succeeded, type Core } from "./run.ts";
import { toolchainOf } from "./toolchain.ts";

const CHECK_TIMEOUT = 20 * 60_000;
const FAILURES_SHOWN = 1_000;
const EVIDENCE_SHOWN = 10;
/** Characters of a message: an assertion with a diff of a few lines. */
const MESSAGE_SHOWN = 1_500;

type Evidence = NonNullable<CheckRun["evidence"]>[number];

interface How {
  readonly installed: readonly Installed[];
  /** Of the environment: `environmentParts`. */
  readonly digest: string;
  readonly base?: CheckRun | undefined;
  /** Milliseconds. */
  readonly timeout?: number;
  /** It is a repetition already. */
  readonly isAgain?: boolean;
}

/** Runs one check in a room, red tests once more to tell flaky ones, and judges what it says. */
export async function runCheck(run: Core, room: Prepared, check: PlannedCheck, how: How): Promise<CheckRun> {
  await say(run, "checks", `Running ${check.name}${check.dir === "." ? "" : ` in ${check.dir}`}: ${check.command}`);
  const chain = await toolchainOf(run, check.dir);
  // NODE_ENV is the runner's to choose: a test runner that finds it set to anything else misbehaves.
  const { NODE_ENV: _chosen, ...given } = await environmentOf(run, check.dir, room.databases);
  const env = { ...chain.env, CI: "true", ...given };
  const what = {
    command: run.adjust.commands.get(`${check.dir}/test`) ?? check.command,
    dir: check.dir,
    env,
    path: [...pathsOf(room.site.root, check.dir, how.installed), ...chain.path],
    reads: chain.reads,
    network: "loopback" as const,
    timeout: Math.min(how.timeout ?? CHECK_TIMEOUT, CHECK_TIMEOUT),
    title: check.name,
  };
  const startedAt = new Date(run.hands.clock.now()).toISOString();
  const first = await command(run, room.site, "check", what);
  const parsers = run.hands.plugins.parsers;
  const outcome = outcomeOf(what.command, first, parsers);
  const red = judge({ first: outcome });
  const hasTests = check.kind === "test" || (red.counts?.failed ?? 0) > 0;
  const again =
    red.verdict === "fail" && hasTests && !succeeded(first) && how.isAgain !== true
      ? await command(run, room.site, "check", { ...what, title: `${check.name} again` })
      : undefined;
  const rerun = again && { rerun: outcomeOf(what.command, again, parsers) };
  const verdict = judge({ first: outcome, ...rerun, ...(how.base ? { base: how.base } : {}) });
  const evidence = evidenceOf(outcome, verdict.failures);
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
    ...(evidence.length > 0 ? { evidence } : {}),
  };
}

/** What each failure said, for the first few: a test's message, or the place that a tool named. */
function evidenceOf({ reading }: Outcome, failures: readonly string[]): Evidence[] {
  const cases = reading.cases.filter((one) => one.verdict === "fail" && failures.includes(one.name));
  const places = cases.length > 0 ? [] : reading.locations.filter((one) => one.severity === "error");
  return [...cases, ...(failures.length > 0 ? places : [])].slice(0, EVIDENCE_SHOWN).map((one) => ({
    test: "name" in one ? one.name : `${one.file}:${one.line}`,
    ...(one.message === undefined ? {} : { message: one.message.slice(0, MESSAGE_SHOWN) }),
    ...(one.file === undefined ? {} : { file: one.file }),
    ...(one.line === undefined ? {} : { line: one.line }),
  }));
}

/** What makes two measurements comparable (DESIGN.md 8). */
export async function environmentParts(run: Core, installed: readonly Installed[]): Promise<EnvironmentParts> {
  const runtimes: Record<string, string> = {};
  for (const check of run.plan.checks) Object.assign(runtimes, (await toolchainOf(run, check.dir)).versions);
  const { sandbox } = run;
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
