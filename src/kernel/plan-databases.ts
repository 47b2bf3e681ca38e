import type { Detection, PlannedDatabase } from "../sdk/index.ts";
import { only, places, within, type Found } from "./plan-source.ts";

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
 */
export function planDatabases(detections: readonly Detection[]): {
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
  for (const migration of only(detections, "migration")) {
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

/** Whether the code of a service in `dir` uses `database`, as far as the detections of its engine tell. */
export function usedBy(dir: string, database: PlannedDatabase, detections: readonly Detection[]): boolean {
  return only(detections, "database").some(
    (found) =>
      found.engine === database.engine &&
      found.via !== "compose" &&
      (found.env === undefined || found.env === database.env || FOR_TESTS.test(found.env)) &&
      (found.dir === dir || within(found.dir, dir)),
  );
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
