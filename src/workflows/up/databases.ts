import type { DatabaseAnswer, DatabaseDriver, PlannedDatabase, Site } from "../../sdk/index.ts";
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

const PREPARE_TIMEOUT = 120_000;
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
  let failed: Result<never> | undefined;
  for (const database of wanted(run)) {
    const known = live.get(database.name);
    if (known && (await isAlive(run, known)) && (await answers(run, site, known))) {
      live.set(database.name, { ...known, fresh: false });
      continue;
    }
    const outcome = await startOne(run, site, database);
    if (!outcome.ok) {
      // The others start all the same: some services and checks need no more than those.
      failed ??= outcome;
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
      continue;
    }
    live.set(database.name, outcome.value);
  }
  return failed ?? { ok: true, value: [...live.values()] };
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
  if (!answer.ok) {
    const question = { question: answer.because, next: answer.next };
    const brought = site.kind === "tree" ? await run.bring?.(database, question) : outOfReach(run, database, question);
    return brought ?? { ok: false, question };
  }
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

/** Rooms have no network but their own loopback, so no container is there: says so once, since checks may miss it. */
function outOfReach(
  run: Core,
  database: PlannedDatabase,
  { question, next }: { question: string; next: string },
): Result<never> | undefined {
  if (!driverOf(run, database)?.container) return undefined;
  const why = question.replace(/\.$/, "");
  const sentence = `Checks ran without ${database.name}: a room reaches no container, and ${why}.`;
  if (!run.notChecked.includes(sentence)) run.notChecked.push(sentence);
  return { ok: false, question: { question: sentence, next } };
}

async function untilAnswers(run: Core, site: Site, database: LiveDatabase): Promise<boolean> {
  const deadline = run.hands.clock.now() + READY_TIMEOUT;
  const gone = database.running?.exited.then(() => "gone" as const);
  while (run.hands.clock.now() < deadline) {
    if (await answers(run, site, database)) return true;
    if ((await Promise.race([gone, run.hands.clock.sleep(100, run.signal)])) === "gone") return false;
  }
  return false;
}

async function isAlive(run: Core, { running }: LiveDatabase): Promise<boolean> {
  if (!running) return true;
  const ended = running.exited.then(() => false);
  return Promise.race([ended, run.hands.clock.sleep(1).then(() => true)]);
}

async function answers(run: Core, site: Site, database: LiveDatabase): Promise<boolean> {
  if (!database.running || database.port === undefined) return true;
  const { health, greeting, port, running } = database;
  if (greeting) return (await run.hands.containers.greets({ ...greeting, port, timeout: 1_000 })).ok;
  return (await site.probe({ ...health, port, timeout: 1_000, running })).ok;
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
