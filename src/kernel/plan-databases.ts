import type { Detection, PlannedDatabase } from "../sdk/index.ts";
import { only, places, uniq, within, type Found } from "./plan-source.ts";

type Database = Found<"database">;
type Migration = Found<"migration">;

/** The variable that carries the URL where the repo names none, by each engine's habit. */
const USUAL_ENV: Readonly<Record<string, string>> = {
  postgres: "DATABASE_URL",
  mysql: "DATABASE_URL",
  mariadb: "DATABASE_URL",
  sqlite: "DATABASE_URL",
  mssql: "DATABASE_URL",
  mongodb: "MONGODB_URI",
  redis: "REDIS_URL",
  rabbitmq: "RABBITMQ_URL",
  elasticsearch: "ELASTICSEARCH_URL",
  memcached: "MEMCACHED_URL",
  kafka: "KAFKA_BROKERS",
  nats: "NATS_URL",
};
/** Names that say "another database of the same kind, for tests": they follow the main one. */
const FOR_TESTS = /(^|_)(TEST|SHADOW|DIRECT|UNPOOLED)(_|$)/;

/**
 * One database per engine and URL variable; what names no variable joins the engine's first. Migrations go to the database of
 * their engine, or to the only SQL database; one that fits none is reported as a problem, since nobody knows where to run it.
 * Where a directory has a migration tool, its plain SQL files are that tool's; where a workspace's root migrates, it does so for all.
 */
export function planDatabases(
  detections: readonly Detection[],
  workspaces: readonly { dir: string; members: readonly string[] }[],
): {
  databases: PlannedDatabase[];
  problems: { file: string; message: string }[];
} {
  const byEngine = new Map<string, Database[]>();
  for (const found of only(detections, "database"))
    byEngine.set(found.engine, [...(byEngine.get(found.engine) ?? []), found]);
  for (const found of only(detections, "migration")) {
    if (found.engine && !byEngine.has(found.engine)) byEngine.set(found.engine, [impliedBy(found, found.engine)]);
  }
  const databases = [...byEngine.values()].flatMap(ofEngine);
  const problems: { file: string; message: string }[] = [];
  for (const migration of worthRunning(only(detections, "migration"), workspaces)) {
    const database = target(migration, databases);
    const { tool, dir, command, seed } = migration;
    const known = database?.migrations.some((other) => other.dir === dir && other.command === command);
    if (database && !known) database.migrations.push({ tool, dir, command, ...(seed === undefined ? {} : { seed }) });
    if (!database)
      problems.push({
        file: migration.because[0] ?? dir,
        message: `${tool} migrations, but which database they are for is not known`,
      });
  }
  return { databases, problems };
}

/**
 * Answers which databases a service uses: its own code names the database, or its folder migrates it. A database that no service names
 * (a client in a shared package, a URL at the root) is used by the APIs and workers, or by the web services where there are none.
 */
export function databaseUse(
  databases: readonly PlannedDatabase[],
  { detections, services }: { detections: readonly Detection[]; services: readonly { dir: string; kind: string }[] },
): (service: { dir: string; kind: string }) => PlannedDatabase[] {
  const behind = (kind: string) => kind === "api" || kind === "worker";
  const isBehind = services.some(({ kind }) => behind(kind));
  const dirs = uniq(services.map(({ dir }) => dir));
  const known = databases.map((database) => ({
    database,
    owners: new Set(dirs.filter((dir) => names(dir, database, detections))),
    shared: only(detections, "database").some((found) => found.engine === database.engine && found.via !== "compose"),
  }));
  return ({ dir, kind }) => {
    const answers = isBehind ? behind(kind) : kind === "web";
    return known
      .filter(({ owners, shared }) => (owners.size > 0 ? owners.has(dir) : shared && answers))
      .map(({ database }) => database);
  };
}

function names(dir: string, database: PlannedDatabase, detections: readonly Detection[]): boolean {
  const used = only(detections, "database").some(
    (found) =>
      found.engine === database.engine &&
      found.via !== "compose" &&
      (found.env === undefined || found.env === database.env || FOR_TESTS.test(found.env)) &&
      within(found.dir, dir),
  );
  return (
    used || only(detections, "migration").some((found) => found.engine === database.engine && within(found.dir, dir))
  );
}

function worthRunning(
  migrations: readonly Migration[],
  workspaces: readonly { dir: string; members: readonly string[] }[],
): Migration[] {
  return migrations.filter((migration) => {
    const roots = workspaces.filter(({ members }) => members.includes(migration.dir)).map(({ dir }) => dir);
    const others = migrations.filter((other) => other !== migration && fits(other, migration));
    if (others.some((other) => roots.includes(other.dir) && other.tool === "script")) return false;
    return migration.tool !== "sql" || !others.some((other) => other.dir === migration.dir && other.tool !== "sql");
  });
}

function fits(one: Migration, other: Migration): boolean {
  return one.engine === undefined || other.engine === undefined || one.engine === other.engine;
}

function ofEngine(found: readonly Database[]): PlannedDatabase[] {
  const names = found.map((one) => one.env).filter((env): env is string => env !== undefined && !FOR_TESTS.test(env));
  const distinct = [...new Set(names)];
  const engine = found[0]?.engine ?? "";
  const main = distinct[0] ?? USUAL_ENV[engine] ?? `${engine.toUpperCase().replaceAll(/\W/g, "_")}_URL`;
  const envs = distinct.length > 0 ? distinct : [main];
  return envs.map((env) => {
    const mine = found.filter((one) => one.env === env || (env === main && !distinct.includes(one.env ?? "")));
    const version = mine.find((one) => one.version !== undefined)?.version;
    const dirs = mine.filter((one) => one.via !== "compose").map((one) => one.dir);
    return {
      name: env === main ? engine : `${engine}-${stem(env)}`,
      engine,
      ...(version === undefined ? {} : { version }),
      dir: dirs[0] ?? mine[0]?.dir ?? ".",
      env,
      migrations: [],
      because: places(mine),
      confidence: Math.max(...mine.map((one) => one.confidence)),
    };
  });
}

function impliedBy(migration: Migration, engine: string): Database {
  const { dir, because, confidence } = migration;
  return { is: "database", dir, because, confidence, engine, via: "orm" };
}

function target(migration: Migration, databases: readonly PlannedDatabase[]): PlannedDatabase | undefined {
  const fitting = databases.filter((database) =>
    migration.engine ? database.engine === migration.engine : isSql(database.engine),
  );
  const near = fitting.filter(({ dir }) => within(migration.dir, dir) || within(dir, migration.dir));
  const engines = new Set(fitting.map((database) => database.engine));
  return near[0] ?? (engines.size === 1 ? fitting[0] : undefined);
}

function isSql(engine: string): boolean {
  return /^(postgres|mysql|mariadb|sqlite|mssql)/.test(engine);
}

/** `ANALYTICS_DATABASE_URL` -> `analytics`. */
function stem(env: string): string {
  const words = env.toLowerCase().replace(/_?(database|db)?_?(url|uri|dsn)$/, "");
  return words.replaceAll("_", "-") || "other";
}
