import { UNKNOWN, placeOf } from "./danger-paths.ts";
import { operands, valueOf } from "./danger-rules.ts";
import type { Call, Finding } from "./danger-rules.ts";

/** Commands that drop, empty or reset a database. Whose database it is decides: ours is snapshotted, an unknown one asked for. */
export function judgeDatabase(call: Call): Finding[] {
  const target = targetOf(call);
  const client = Object.hasOwn(CLIENTS, call.program) ? CLIENTS[call.program] : undefined;
  if (client) {
    const texts = [...client(call), call.stdin ?? "", ...shownBefore(call)];
    const why = texts.map(destroys).find((each) => each !== undefined);
    return why === undefined ? [] : finding(call, target, why);
  }
  const line = [call.program, ...call.args].join(" ");
  const why = TOOLS.find(([pattern]) => pattern.test(line.slice(0, 1000)))?.[1];
  return why === undefined ? [] : finding(call, target, why);
}

/** What a text of SQL, or of a document store's shell, destroys; undefined where nothing. */
export function destroys(text: string): string | undefined {
  if (!/drop|truncate|delete|update|flush|remove/i.test(text)) return undefined;
  const plain = text.slice(0, LONGEST).replaceAll(TEXTS_AND_COMMENTS, (found) => (found.startsWith("'") ? "''" : " "));
  if (DOCUMENTS.test(plain)) return "deletes the documents of a collection or a whole database";
  for (const statement of plain.split(";")) {
    const found = /\bdrop\s+(?:database|schema|table|column|owned|keyspace)\b|^\s*truncate\b/i.exec(statement);
    if (found && !/^\s*(select|explain|insert|update|comment)\b/i.test(statement)) return `runs ${words(found[0])}`;
    const all = /^\s*(?:with\b[^]*\)\s*)?(delete\s+from|update)\s+[\w."`[\]]+/i.exec(statement);
    if (all?.[1] && !/\bwhere\b/i.test(statement)) return `runs ${words(all[1])} without WHERE`;
  }
  return undefined;
}

const LONGEST = 100_000;
/** A comment that is not closed goes to the end, so that no start is tried twice. */
const TEXTS_AND_COMMENTS = /'[^']*'|--[^\n]*|\/\*(?:(?!\*\/)[^])*(?:\*\/|$)/g;
const DOCUMENTS =
  /\.dropDatabase\s*\(|\.drop\s*\(\s*\)|\.(?:deleteMany|remove)\s*\(\s*(?:\{\s*\})?\s*\)|\b(?:FLUSHALL|FLUSHDB)\b/i;

function words(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ").toUpperCase();
}

type Texts = (call: Call) => string[];

function option(...names: string[]): Texts {
  return (call) => {
    const texts: string[] = [];
    for (const [index, arg] of call.args.entries()) {
      const name = names.find(
        (each) => arg === each || arg.startsWith(`${each}=`) || (each.length === 2 && arg.startsWith(each)),
      );
      // `-c` may close a cluster (`-Atc`), where the next word is its value.
      const clustered =
        /^-[A-Za-z]{2,4}$/.test(arg) && names.some((each) => each.length === 2 && arg.endsWith(each.slice(1)));
      if (clustered || arg === name) texts.push(call.args[index + 1] ?? "");
      if (name !== undefined && arg !== name) texts.push(arg.slice(name.length).replace(/^=/, ""));
    }
    return texts;
  };
}

const CLIENTS: Readonly<Record<string, Texts>> = {
  psql: option("-c", "--command"),
  pgcli: option("-c", "--command"),
  mysql: option("-e", "--execute"),
  mariadb: option("-e", "--execute"),
  sqlite3: (call) => operands(call.args, ["-cmd", "-separator", "-init"]).slice(1),
  duckdb: (call) => [...operands(call.args, ["-c"]).slice(1), ...option("-c")(call)],
  mongosh: option("--eval", "-e"),
  mongo: option("--eval"),
  "redis-cli": (call) => [call.args.join(" ")],
  "valkey-cli": (call) => [call.args.join(" ")],
  "clickhouse-client": option("-q", "--query"),
  cqlsh: option("-e", "--execute"),
  sqlcmd: option("-Q", "-q"),
  turso: (call) => call.args.slice(2),
};

/** What `echo` and the like before it in the pipe show is its `stdin` already; `cat <<EOF` further ahead is not. */
function shownBefore(call: Call): string[] {
  return call.before.flatMap((each) => (each.program === "cat" && each.stdin !== undefined ? [each.stdin] : []));
}

const RESETS = "resets the database";
const DROPS = "drops the database";
/** Commands of migration tools (their own documentation), matched on the line without its runner. */
const TOOLS: readonly [pattern: RegExp, why: string][] = [
  [/^(dropdb|dropuser)\s+(?!.*--help)/, DROPS],
  [/^mysqladmin\b.*\sdrop\b/, DROPS],
  [/^prisma\s+migrate\s+reset\b/, RESETS],
  [/^prisma\s+db\s+push\b.*--(accept-data-loss|force-reset)/, RESETS],
  [/^drizzle-kit\s+push\b.*--force/, RESETS],
  [/^(rails|rake)\b.*\bdb:(drop|reset|purge|truncate_all|migrate:reset)/, RESETS],
  [/^(python[\d.]*\s+)?(\S*\/)?manage\.py\s+(flush|reset_db|sqlflush\s*\|)/, RESETS],
  [/^django-admin\s+(flush|reset_db)\b/, RESETS],
  [/^knex\b.*\bmigrate:rollback\b.*--all/, RESETS],
  [/^(sequelize|sequelize-cli)\s+db:(drop|migrate:undo:all)/, DROPS],
  [/^typeorm\S*\s.*\bschema:drop\b/, DROPS],
  [/^mikro-orm\s+.*\b(schema:drop|schema:fresh|migration:fresh)\b/, RESETS],
  [/^alembic\b.*\bdowngrade\s+base\b/, RESETS],
  [/^flask\s+db\s+downgrade\s+base\b/, RESETS],
  [/^mix\s+ecto\.(drop|reset)\b/, RESETS],
  [/^(php\s+)?(\S*\/)?artisan\s+(migrate:(fresh|reset|refresh)|db:wipe)\b/, RESETS],
  [/^(php\s+)?(\S*\/)?(bin\/)?console\s+doctrine:(database:drop|schema:drop)\b/, DROPS],
  [/^dotnet\s+ef\s+database\s+drop\b/, DROPS],
  [/^(flyway)\b.*\sclean\b/, RESETS],
  [/^liquibase\b.*\sdrop-?all\b/i, DROPS],
  [/^(sqlx|diesel)\s+database\s+(drop|reset)\b/, DROPS],
  [/^supabase\s+db\s+reset\b/, RESETS],
  [/^(dbmate|goose|migrate|atlas)\b.*\s(drop|reset|clean)\b/, RESETS],
  [/^(hasura)\b.*\b(delete|down)\b.*--all/, RESETS],
];

/** Whose database a command talks to. */
type Target = "own" | "file" | "scratch" | "foreign" | "unknown";

function finding(call: Call, target: Target, why: string): Finding[] {
  if (target === "scratch") return [];
  return [judged(call, target, why)];
}

function judged(call: Call, target: Target, why: string): Finding {
  const found = { rule: "database", part: call.raw, why } as const;
  if (target === "own") return { ...found, decision: "snapshot", covers: ["database"] };
  if (target === "file") return { ...found, decision: "snapshot", covers: ["files", "database"] };
  const instead = "use the database that Lodestar made (DATABASE_URL of the session)";
  if (target === "foreign") return { ...found, why: `${why} that Lodestar did not make`, decision: "deny", instead };
  return { ...found, why: `${why} of an unknown target`, decision: "ask", instead };
}

function targetOf(call: Call): Target {
  if (call.place !== "here") return "unknown";
  if (call.program === "sqlite3" || call.program === "duckdb")
    return fileTarget(call, operands(call.args)[0] ?? ":memory:");
  const url = urlOf(call);
  if (url === undefined || url.includes(UNKNOWN)) return "unknown";
  const file = /^(?:file|sqlite3?):(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (call.facts.ownDatabases.some((own) => sameDatabase(own, url))) return "own";
  return file === undefined ? "foreign" : fileTarget(call, file);
}

function fileTarget(call: Call, path: string): Target {
  if (path === ":memory:") return "scratch";
  const place = placeOf(path, call);
  if (place === "inside" || place === "build") return "file";
  if (place === "temporary") return "scratch";
  return place === "unknown" ? "unknown" : "foreign";
}

const URL_SHAPE = /^[a-z][a-z0-9+]*:\/\/\S+|^(file|sqlite):\S+/;
const URL_NAMES = [
  "DATABASE_URL",
  "DB_URL",
  "POSTGRES_URL",
  "PG_URL",
  "MONGODB_URI",
  "MONGO_URL",
  "REDIS_URL",
  "DIRECT_URL",
];

function urlOf(call: Call): string | undefined {
  const inArgs = call.args.map((arg) => arg.replace(/^--?[\w-]+=/, "")).find((arg) => URL_SHAPE.test(arg));
  if (inArgs !== undefined) return inArgs;
  const named = URL_NAMES.map((name) => call.env.get(name)).find((value) => value !== undefined);
  const client = Object.hasOwn(CLIENTS, call.program) || call.program === "dropdb";
  if (!client) return named;
  return built(call);
}

const SCHEMES: Readonly<Record<string, { scheme: string; port: string; ports: string; database: readonly string[] }>> =
  {
    psql: { scheme: "postgres", port: "5432", ports: "-p", database: ["-d", "--dbname"] },
    pgcli: { scheme: "postgres", port: "5432", ports: "-p", database: ["-d", "--dbname"] },
    dropdb: { scheme: "postgres", port: "5432", ports: "-p", database: [] },
    mysql: { scheme: "mysql", port: "3306", ports: "-P", database: ["-D", "--database"] },
    mariadb: { scheme: "mysql", port: "3306", ports: "-P", database: ["-D", "--database"] },
    "redis-cli": { scheme: "redis", port: "6379", ports: "-p", database: ["-n"] },
    mongosh: { scheme: "mongodb", port: "27017", ports: "-p", database: [] },
  };

/** The URL that host, port and database name of the options come to; undefined where no host is named. */
function built(call: Call): string | undefined {
  const shape = Object.hasOwn(SCHEMES, call.program) ? SCHEMES[call.program] : undefined;
  const host = valueOf(call.args, "-h", "--host") ?? call.env.get("PGHOST");
  if (!shape || host === undefined) return undefined;
  const port = valueOf(call.args, shape.ports, "--port") ?? call.env.get("PGPORT") ?? shape.port;
  const valued = [
    "-h",
    "--host",
    "-p",
    "--port",
    "-P",
    "-U",
    "--username",
    "-u",
    "--user",
    "-c",
    "--command",
    "-e",
    "-a",
  ];
  const named = valueOf(call.args, ...shape.database) ?? call.env.get("PGDATABASE");
  const database = named ?? (shape.scheme === "redis" ? "" : operands(call.args, valued)[0]);
  return `${shape.scheme}://${host}:${port}/${database ?? ""}`;
}

/** Same server and database, whoever the user is: users and options of a URL do not change what is destroyed. */
function sameDatabase(own: string, url: string): boolean {
  const one = parse(own);
  const other = parse(url);
  return one !== undefined && one === other;
}

const PORTS: Readonly<Record<string, string>> = { postgres: "5432", mysql: "3306", redis: "6379", mongodb: "27017" };

function parse(url: string): string | undefined {
  const found = /^([a-z][a-z0-9+]*):\/\/(?:[^/?#]*@)?([^/:?#]*|\[[^\]]*\])(?::(\d+))?(?:\/([^?#]*))?/i.exec(url);
  if (!found) return url;
  const scheme = (found[1] ?? "")
    .toLowerCase()
    .replace(/^postgresql$/, "postgres")
    .replace(/\+.*$/, "");
  const host = (found[2] ?? "").toLowerCase().replace(/^(127\.0\.0\.1|\[::1\]|)$/, "localhost");
  return `${scheme}://${host}:${found[3] ?? PORTS[scheme] ?? ""}/${found[4] ?? ""}`;
}
