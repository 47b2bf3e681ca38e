import type { DatabaseAnswer, DatabaseDriver, PlannedDatabase, Site } from "../../sdk/index.ts";
import { environmentOf } from "./environment.ts";
import {
  command,
  emit,
  errorLine,
  lastLine,
  round,
  say,
  succeeded,
  type LiveDatabase,
  type Result,
  type Core,
} from "./run.ts";
import { isWithin, toolchainOf } from "./toolchain.ts";

const PREPARE_TIMEOUT = 120_000;
const MIGRATE_TIMEOUT = 300_000;
const READY_TIMEOUT = 30_000;
/** What `prepare` prints when it made the database in this run. */
const CREATED = "lodestar: created";

/**
 * Starts a database of Lodestar's own for each one the plan names, on `site`, in a folder of its own. What the repo's env
 * names is never contacted. Databases that already run on the site stay.
 */
export async function startDatabases(
  run: Core,
  site: Site,
  live: Map<string, LiveDatabase>,
): Promise<Result<LiveDatabase[]>> {
  for (const database of wanted(run)) {
    const known = live.get(database.name);
    if (known && (await isAlive(run, known)) && (await answers(site, known))) {
      live.set(database.name, { ...known, fresh: false });
      continue;
    }
    const outcome = await startOne(run, site, database);
    if (!outcome.ok) {
      if (site.kind === "tree")
        await emit(run, {
          type: "database.failed",
          data: {
            name: database.name,
            engine: database.engine,
            because: outcome.question.question,
            next: outcome.question.next,
          },
        });
      return outcome;
    }
    live.set(database.name, outcome.value);
  }
  return { ok: true, value: [...live.values()] };
}

/** Those of the plan, and those that a repair asked for. */
function wanted(run: Core): PlannedDatabase[] {
  const extra = [...run.adjust.databases].filter(
    ([engine]) => !run.plan.databases.some((one) => one.engine === engine),
  );
  return [
    ...run.plan.databases,
    ...extra.map(([engine, env]) => ({
      name: engine,
      engine,
      dir: ".",
      env: env ?? `${engine.toUpperCase()}_URL`,
      migrations: [],
      because: ["asked for by a failing command"],
      confidence: 0.5,
    })),
  ];
}

async function startOne(run: Core, site: Site, database: PlannedDatabase): Promise<Result<LiveDatabase>> {
  const begun = run.hands.clock.now();
  if (site.kind === "tree") await say(run, "databases", `Starting ${database.engine} for ${run.repo.name}`);
  // A room has all ports to itself: there clients find the server also where they look when nobody tells them.
  const usual = site.kind === "room" && site.sandbox === "bubblewrap" ? driverOf(run, database)?.port : undefined;
  const { port } = await site.port({ name: `database ${database.name}`, ...(usual ? { wanted: usual } : {}) });
  const dataDir = `${site.scratch}/databases/${database.name}`;
  const answer = await answerOf(run, site, database, { port, dataDir });
  if (!answer.ok) return ask(answer.because, answer.next);
  const prepared = await prepare(run, site, database, answer, dataDir);
  if (!prepared.ok) return prepared;
  const { url, how, serve } = answer;
  const health = answer.health ?? { kind: "port" as const };
  const base = {
    name: database.name,
    engine: database.engine,
    env: database.env,
    url,
    how,
    fresh: prepared.value,
    health,
  };
  if (serve === undefined) return { ok: true, value: { ...base, port: undefined, running: undefined } };
  const running = await site.start({
    ...accessOf(answer),
    command: serve,
    dir: ".",
    network: site.kind === "room" ? "loopback" : "host",
    title: `database ${database.name}`,
  });
  const live: LiveDatabase = { ...base, port, running };
  if (!(await untilAnswers(run, site, live))) {
    const output = await running.tail(8 * 1024);
    await running.stop();
    const question = {
      question: `${database.engine} did not answer on port ${port}: ${lastLine(output)}`,
      next: "lodestar doctor",
    };
    return { ok: false, question, failure: { command: serve, exit: null, output, port } };
  }
  const seconds = round((run.hands.clock.now() - begun) / 1000);
  const data = { name: database.name, engine: database.engine, how, port, env: database.env, seconds };
  if (site.kind === "tree") await emit(run, { type: "database.ready", data });
  return { ok: true, value: live };
}

type Planned = Extract<DatabaseAnswer, { ok: true }>;

async function answerOf(
  run: Core,
  site: Site,
  database: PlannedDatabase,
  where: { port: number; dataDir: string },
): Promise<DatabaseAnswer> {
  const driver = driverOf(run, database);
  if (!driver)
    return {
      ok: false,
      because: `${database.because[0] ?? run.repo.name} needs ${database.engine}, and Lodestar has no driver for it.`,
      next: `start ${database.engine} yourself, set ${database.env}, then: lodestar up`,
    };
  const name = databaseName(run.repo.name);
  return driver.plan(
    { name, ...where, root: site.root, dir: database.dir, version: database.version },
    run.hands.tools,
  );
}

function driverOf(run: Core, { engine }: PlannedDatabase): DatabaseDriver | undefined {
  const drivers = run.hands.plugins.drivers.map((one) => one.plugin);
  return drivers.find((one): one is DatabaseDriver => one.role === "database" && one.engine === engine);
}

function accessOf(answer: Planned) {
  return { env: answer.env, path: answer.path, ...(answer.reads ? { reads: answer.reads } : {}) };
}

/** Creates the cluster once: the marker is written after all commands succeeded, so a half-made one is made again. */
async function prepare(
  run: Core,
  site: Site,
  database: PlannedDatabase,
  answer: Planned,
  dataDir: string,
): Promise<Result<boolean>> {
  const marker = `${dataDir}/${answer.marker}`;
  const all = answer.prepare.map((line) => `(${line})`).join(" && ");
  const script = `test -e '${marker}' || { rm -rf '${dataDir}' && mkdir -p '${dataDir}' && ${all || "true"} && touch '${marker}' && echo '${CREATED}'; }`;
  const result = await command(run, site, "database", {
    command: script,
    dir: ".",
    ...accessOf(answer),
    network: "none",
    timeout: PREPARE_TIMEOUT,
    title: `prepare ${database.name}`,
  });
  if (succeeded(result)) return { ok: true, value: result.output.includes(CREATED) };
  return {
    ok: false,
    question: {
      question: `Creating a ${database.engine} database failed: ${errorLine(result.output)}`,
      next: "lodestar doctor",
    },
    failure: { command: script, exit: result.exit, output: result.output },
  };
}

async function untilAnswers(run: Core, site: Site, database: LiveDatabase): Promise<boolean> {
  const deadline = run.hands.clock.now() + READY_TIMEOUT;
  const gone = database.running?.exited.then(() => "gone" as const);
  while (run.hands.clock.now() < deadline) {
    if (await answers(site, database)) return true;
    if ((await Promise.race([gone, run.hands.clock.sleep(100, run.signal)])) === "gone") return false;
  }
  return false;
}

async function isAlive(run: Core, { running }: LiveDatabase): Promise<boolean> {
  if (!running) return true;
  const ended = running.exited.then(() => false);
  return Promise.race([ended, run.hands.clock.sleep(1).then(() => true)]);
}

async function answers(site: Site, database: LiveDatabase): Promise<boolean> {
  if (!database.running || database.port === undefined) return true;
  const { health, port, running } = database;
  return (await site.probe({ ...health, port, timeout: 1_000, running })).ok;
}

/** Brings the schema and the first data in. Migrations are run each time (they know what is pending); a seed once per database. */
export async function migrate(
  run: Core,
  site: Site,
  live: readonly LiveDatabase[],
  only?: { dir: string },
): Promise<
  | { ok: true }
  | {
      ok: false;
      question: { question: string; next: string };
      failure?: { command: string; exit: number | null; output: string };
    }
> {
  for (const database of run.plan.databases) {
    for (const migration of database.migrations) {
      if (only && !isWithin(migration.dir, only.dir) && !isWithin(only.dir, migration.dir)) continue;
      const result = await inDatabaseEnv(
        run,
        site,
        live,
        migration.dir,
        migration.command,
        `migrate ${migration.tool}`,
      );
      if (!succeeded(result))
        return {
          ok: false,
          question: {
            question: `Migrating with ${migration.tool} failed: ${errorLine(result.output)}`,
            next: `cd ${migration.dir} && ${migration.command}`,
          },
          failure: { command: migration.command, exit: result.exit, output: result.output },
        };
      if (migration.seed !== undefined)
        await seed(run, site, live, { dir: migration.dir, command: migration.seed, database: database.name });
    }
  }
  return { ok: true };
}

/** A seed that fails is said and does not stop the run: the schema is there. */
async function seed(
  run: Core,
  site: Site,
  live: readonly LiveDatabase[],
  { dir, command: line, database }: { dir: string; command: string; database: string },
): Promise<void> {
  const marker = `${site.scratch}/databases/${database}/.seeded-${run.hands.hash(`${dir} ${line}`).slice(0, 12)}`;
  const result = await inDatabaseEnv(
    run,
    site,
    live,
    dir,
    `test -e '${marker}' || { ${line} && touch '${marker}'; }`,
    "seed",
  );
  if (!succeeded(result))
    run.notChecked.push(`first data was not loaded: ${line} failed in ${dir}: ${errorLine(result.output)}`);
}

async function inDatabaseEnv(
  run: Core,
  site: Site,
  live: readonly LiveDatabase[],
  dir: string,
  line: string,
  title: string,
) {
  const chain = await toolchainOf(run, dir);
  const env = { ...chain.env, ...(await environmentOf(run, dir, live)) };
  return command(run, site, "database", {
    command: line,
    dir,
    env,
    path: chain.path,
    reads: chain.reads,
    network: site.kind === "room" ? "loopback" : "host",
    timeout: MIGRATE_TIMEOUT,
    title,
  });
}

function databaseName(repo: string): string {
  return (
    repo
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "_")
      .replaceAll(/^_+|_+$/g, "")
      .slice(0, 40) || "app"
  );
}

function ask(text: string, next: string): Result<never> {
  return { ok: false, question: { question: text, next } };
}
