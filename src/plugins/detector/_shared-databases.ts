import type { DetectionDraft, DirView } from "../../sdk/index.ts";
import { sure } from "./_shared-manifests.ts";
import { sourcesOf } from "./_shared-sources.ts";

const SQL =
  /\b((?:[A-Z]+_)?(?:DATABASE|DB)_(?:URL|URI|DSN|CONNECTION_STRING)|SQLALCHEMY_DATABASE_URI|(?:POSTGRES|POSTGRESQL|PG|MYSQL|MARIADB)_(?:URL|URI|DSN|CONNECTION_STRING))\b/g;
/** Names under which a database's URL is usually given, by engine. */
const NAMES: Readonly<Record<string, RegExp>> = {
  postgres: SQL,
  mysql: SQL,
  sqlite: SQL,
  mssql: SQL,
  redis: /\b((?:[A-Z]+_)?(?:REDIS|VALKEY|KV)_(?:URL|URI|DSN|TLS_URL)|REDISCLOUD_URL|CELERY_BROKER_URL)\b/g,
  mongodb: /\b((?:[A-Z]+_)?MONGO(?:DB)?_(?:URL|URI|DSN|CONNECTION_STRING)|MONGOLAB_URI)\b/g,
  rabbitmq: /\b((?:RABBITMQ|RABBIT|AMQP|CLOUDAMQP|BROKER)_(?:URL|URI|DSN)|CELERY_BROKER_URL)\b/g,
};
/** Another engine's name inside a SQL variable: then it is not this engine's. */
const OTHERS: Readonly<Record<string, RegExp>> = {
  postgres: /MYSQL|MARIADB/,
  mysql: /POSTGRES|PG_/,
  sqlite: /MYSQL|MARIADB|POSTGRES|PG_/,
};
const EXAMPLES = [".env.example", ".env.sample", ".env.template", ".env.dist"];
/** Files of code that are searched for the name of a URL. */
const FILES = 300;

/** The variable that carries the URL of a database of `engine`: named in an example file, else read by the code. */
export async function urlVariable(dir: DirView, engine: string): Promise<{ env: string; because: string } | undefined> {
  const pattern = NAMES[engine];
  if (!pattern) return undefined;
  for (const file of EXAMPLES) {
    const env = firstOf((await dir.text(file)) ?? "", pattern, engine);
    if (env) return { env, because: await dir.at(file, env) };
  }
  for (const { path, text } of await sourcesOf(dir, { limit: FILES })) {
    const env = firstOf(text, pattern, engine);
    if (env) return { env, because: await dir.root.at(path, env) };
  }
  return undefined;
}

/** A dependency that a manifest declares; `dev` for those that only developing needs. */
export interface Declared {
  readonly because: string;
  readonly dev: boolean;
}

/**
 * The databases that a project talks to, by the client libraries it declares. One per engine: the first library in `clients`
 * counts. A client that only developing needs (a library that tests itself against many databases) stays a guess, and so does
 * one of an optional service (Kafka, Elasticsearch …), which a client alone does not prove to be needed.
 */
export async function databasesByClient(
  dir: DirView,
  declared: ReadonlyMap<string, Declared>,
  clients: readonly (readonly [library: string, engine: string])[],
): Promise<DetectionDraft[]> {
  const found = new Map<string, DetectionDraft>();
  for (const [library, engine] of clients) {
    const dependency = declared.get(library);
    if (!dependency || found.has(engine)) continue;
    const url = await urlVariable(dir, engine);
    found.set(engine, {
      is: "database",
      dir: dir.dir,
      because: [dependency.because, ...(url ? [url.because] : [])],
      confidence: sure(dir, dependency.dev ? 0.4 : url ? 0.8 : engine in NAMES ? 0.6 : 0.45),
      engine,
      via: "client",
      ...(url && { env: url.env }),
    });
  }
  return chosen([...found.values()]);
}

/**
 * Clients of several SQL databases are a choice that the project leaves to whoever runs it. One server beside SQLite is taken
 * when code or an example names its URL; else nobody knows which one it is.
 */
function chosen(found: readonly DetectionDraft[]): DetectionDraft[] {
  const sql = found.filter((one) => one.is === "database" && one.engine in OTHERS && one.confidence >= 0.5);
  if (sql.length < 2) return [...found];
  const servers = sql.filter((one) => one.is === "database" && one.engine !== "sqlite");
  const [only] = servers;
  const known = servers.length === 1 && only?.is === "database" && only.env !== undefined ? only : undefined;
  return found.map((one) => (sql.includes(one) && one !== known ? { ...one, confidence: 0.45 } : one));
}

/** Once settings say which SQL database is used, clients of other ones are there for something else and become guesses. */
export function settledOn(engine: string, found: readonly DetectionDraft[]): DetectionDraft[] {
  const sql = ["postgres", "mysql", "sqlite", "mssql"];
  return found.map((one) =>
    one.is === "database" && one.engine !== engine && sql.includes(one.engine)
      ? { ...one, confidence: Math.min(one.confidence, 0.45) }
      : one,
  );
}

/** Engine of a URL or of a dialect's name as tools write it. */
export function engineOf(name: string | undefined): string | undefined {
  const known: readonly (readonly [RegExp, string])[] = [
    [/^(postgres|postgresql|pg|cockroachdb|psycopg\d?|pgx|neon|vercel)\b/i, "postgres"],
    [/^(mysql2?|mariadb|mysqli?|trilogy)\b/i, "mysql"],
    [/^(sqlite3?|better-sqlite3?|libsql|turso|file)\b/i, "sqlite"],
    [/^(mssql|sqlserver|tedious)\b/i, "mssql"],
    [/^(mongodb|mongo)\b/i, "mongodb"],
    [/^(redis|rediss)\b/i, "redis"],
    [/^amqps?\b/i, "rabbitmq"],
  ];
  return name === undefined ? undefined : known.find(([pattern]) => pattern.test(name))?.[1];
}

function firstOf(text: string, pattern: RegExp, engine: string): string | undefined {
  const names = [...text.matchAll(pattern)].map((match) => match[1] ?? "");
  const fitting = names.filter((name) => !OTHERS[engine]?.test(name));
  return fitting.find((name) => !/TEST|SHADOW|DIRECT/.test(name));
}
