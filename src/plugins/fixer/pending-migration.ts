import { EMPTY_PLAN, defineFixer, type Action, type Failure } from "../../sdk/index.ts";
import { inside, installOf, packageJson, plain } from "./_shared.ts";
import { planWithDatabase } from "./_shared-databases.ts";

/** What drivers and frameworks say when the schema is behind the code. Catalogue tables of the server itself are another matter. */
const SAYS = [
  /relation \\?"(?!pg_|information_schema)[^"]+" does not exist/,
  /no such table: ?(?!sqlite_)[\w."]+/i,
  /P2021[\s\S]{0,300}?table `[^`]+` does not exist/,
  /The table `[^`]+` does not exist in the current database/,
  /Table '[\w-]+\.[\w-]+' doesn't exist/,
  /You have \d+ unapplied migration\(s\)/,
  /ActiveRecord::PendingMigrationError|Migrations are pending/,
  /Target database is not up to date/,
  /There (?:is|are) \d+ pending migrations?/i,
];
const SCRIPT = /^(?:db[:-])?(?:migrate|migrations?|push|setup|schema)(?:[:-](?:deploy|up|latest|run))?$/;

/** The schema is behind: runs the migrations that the plan knows. A migration that needs another one's tables waits for it. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const because = SAYS.map((says) => says.exec(output)?.[0]).find((found) => found !== undefined);
    if (because === undefined || failure.phase === "install" || failure.phase === "build") return undefined;
    const actions = migrations(failure);
    if (actions.length === 0) return undefined;
    return {
      title: actions[0]?.do === "migrate" ? "ran the pending migrations" : "the schema is behind the code",
      because: because.replaceAll("\\", "").split("\n").at(-1)?.trim() ?? because,
      actions,
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "SQLite without its table",
      failure: { dir: "api", plan: planWithDatabase("sqlite", "DB_FILE", "api") },
      real: {
        files: {
          "app.js": `const { DatabaseSync } = require("node:sqlite");
new DatabaseSync("shop.db").prepare("select count(*) from products").get();`,
          "migrate.js": `const { DatabaseSync } = require("node:sqlite");
new DatabaseSync("shop.db").exec("create table products (id integer primary key)");`,
        },
        command: "node app.js",
        cured: { command: "node migrate.js && node app.js" },
      },
      repairs: [{ do: "migrate", dir: "api" }],
    },
    {
      name: "Postgres, with the migrations of two folders",
      failure: {
        dir: "worker",
        plan: planWithDatabase("postgres", "DATABASE_URL", "api", "worker"),
        output: `error: relation "shipments" does not exist`,
      },
      repairs: [
        { do: "migrate", dir: "api" },
        { do: "migrate", dir: "worker" },
      ],
    },
    {
      name: "a migration that needs the tables of another folder",
      failure: {
        phase: "migrate",
        dir: "api",
        plan: planWithDatabase("postgres", "DATABASE_URL", "api", "users"),
        output: `error: relation "users" does not exist`,
      },
      repairs: [
        { do: "migrate", dir: "users" },
        { do: "migrate", dir: "api" },
      ],
    },
    {
      name: "a health check that answers in JSON",
      failure: {
        plan: planWithDatabase("postgres", "DATABASE_URL", "."),
        output: String.raw`GET /health 503 {"ok":false,"error":"relation \"shipments\" does not exist"}`,
      },
      repairs: [{ do: "migrate", dir: "." }],
    },
    {
      name: "Django",
      failure: {
        plan: planWithDatabase("sqlite", "DATABASE_URL", "."),
        output:
          "You have 18 unapplied migration(s). Your project may not work properly until you apply the migrations for app(s): admin, auth.",
      },
      repairs: [{ do: "migrate", dir: "." }],
    },
    {
      name: "the plan knows no migration, but there is a script",
      failure: {
        manifests: { "package.json": JSON.stringify({ scripts: { "db:migrate": "node m.js" } }) },
        output: "SqliteError: no such table: users",
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "counter: a table of the server's own",
      failure: {
        plan: planWithDatabase("postgres", "DATABASE_URL", "."),
        output: `error: relation "pg_stat_statements" does not exist`,
      },
      repairs: undefined,
    },
    {
      name: "counter: the repo has nothing that migrates",
      failure: { plan: EMPTY_PLAN, output: `error: relation "orders" does not exist` },
      repairs: undefined,
    },
    {
      name: "counter: a migration that fails by itself is not cured by itself",
      failure: {
        phase: "migrate",
        plan: planWithDatabase("postgres", "DATABASE_URL", "."),
        output: `error: relation "orders" does not exist`,
      },
      repairs: undefined,
    },
  ],
});

function migrations(failure: Failure): Action[] {
  const dirs = [...new Set(failure.plan.databases.flatMap(({ migrations }) => migrations.map(({ dir }) => dir)))];
  if (failure.phase === "migrate") {
    const others = dirs.filter((dir) => dir !== failure.dir);
    return others.length === 0 ? [] : [...others, failure.dir].map((dir) => ({ do: "migrate", dir }));
  }
  if (dirs.length > 0) return dirs.map((dir) => ({ do: "migrate", dir }));
  const script = Object.keys(packageJson(failure, failure.dir)?.scripts ?? {}).find((name) => SCRIPT.test(name));
  if (script === undefined) return [];
  const manager = installOf(failure)?.manager ?? "npm";
  return [
    {
      do: "ask",
      question: `A table is missing. Does the script ${script} of ${inside(failure.dir, "package.json")} create it?`,
      next: `if it does, run \`${manager} run ${script}\` against the database, then: lodestar up`,
    },
  ];
}
