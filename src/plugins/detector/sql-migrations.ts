import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { urlVariable } from "./_shared-databases.ts";
import { sure, upwards } from "./_shared-manifests.ts";

/** How one folder of SQL files is applied: who owns it, and the command at the project's root. */
interface Applied {
  readonly tool: string;
  readonly command: string;
  readonly confidence: number;
}

const SEED = /^(seeds?|data|fixtures?|sample[-_]data)\.sql$/i;

/**
 * Folders of SQL migrations without a program of the repo that applies them: sqlx, golang-migrate, dbmate, goose and Flyway by
 * their file names; else plain files in order, which `psql` applies. A folder that another tool owns is left to it.
 */
export default defineDetector({
  looksAt: ["*.sql"],
  async detect(dir) {
    const folder = dir.dir.split("/").at(-1) ?? "";
    const files = dir.names.filter((name) => name.endsWith(".sql")).sort();
    const first = files[0];
    if (!first || !/^(migrations?|migrate|sql|schema|db|database|ddl)$/i.test(folder) || (await isOwned(dir)))
      return [];
    const home = projectOf(dir);
    const path = dir.dir.slice(home.dir === "." ? 0 : home.dir.length + 1);
    const url = `"$${(await urlVariable(home, "postgres"))?.env ?? "DATABASE_URL"}"`;
    const applied = await howApplied(dir, { files, home, path, url });
    if (!applied) return [];
    const seed = files.find((name) => SEED.test(name));
    const found: DetectionDraft = {
      is: "migration",
      dir: home.dir,
      because: [await dir.at(first)],
      confidence: sure(dir, applied.confidence),
      tool: applied.tool,
      command: applied.command,
      ...(applied.tool === "sql" && { engine: "postgres" }),
      ...(applied.tool === "sql" && seed && { seed: psql(url, [`${path}/${seed}`]) }),
    };
    return [found];
  },
  examples: [
    {
      name: "plain files, in order, without the seed",
      files: {
        "package.json": "{}",
        "migrations/001_users.sql": "CREATE TABLE users (id serial PRIMARY KEY);\n",
        "migrations/002_more.sql": "",
        "migrations/seed.sql": "INSERT INTO users DEFAULT VALUES;\n",
      },
      finds: [
        {
          is: "migration",
          dir: ".",
          tool: "sql",
          command:
            'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -q -1 -f migrations/001_users.sql -f migrations/002_more.sql',
          seed: 'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -q -1 -f migrations/seed.sql',
        },
      ],
    },
    {
      name: "golang-migrate",
      files: { "go.mod": "module x\n", "db/migrations/000001_a.up.sql": "", "db/migrations/000001_a.down.sql": "" },
      finds: [
        {
          is: "migration",
          tool: "golang-migrate",
          command: 'migrate -path db/migrations -database "$DATABASE_URL" up',
        },
      ],
    },
    {
      name: "Prisma owns its folder",
      files: { "prisma/schema.prisma": "", "prisma/migrations/1_a/migration.sql": "", "queries/report.sql": "" },
      finds: [],
    },
  ],
});

async function howApplied(
  dir: DirView,
  from: { files: readonly string[]; home: DirView; path: string; url: string },
): Promise<Applied | undefined> {
  const { files, home, path, url } = from;
  const first = (await dir.text(files[0] ?? "")) ?? "";
  if (files.some((name) => /^V\d[\d._]*__/.test(name)))
    return {
      tool: "flyway",
      command: `flyway -url=${url} -locations=filesystem:${path} migrate`,
      confidence: 0.55,
    };
  if (first.includes("-- +goose Up"))
    return { tool: "goose", command: `goose -dir ${path} postgres ${url} up`, confidence: 0.8 };
  if (first.includes("-- migrate:up")) return { tool: "dbmate", command: `dbmate -d ${path} up`, confidence: 0.8 };
  if (home.has("Cargo.toml") && (await home.text("Cargo.toml"))?.includes("sqlx"))
    return { tool: "sqlx", command: `sqlx migrate run --source ${path}`, confidence: 0.8 };
  if (files.some((name) => name.endsWith(".up.sql")))
    return { tool: "golang-migrate", command: `migrate -path ${path} -database ${url} up`, confidence: 0.8 };
  const plain = files.filter((name) => !SEED.test(name) && !/\.down\.sql$|rollback|drop|query|queries/i.test(name));
  const numbered = plain.filter((name) => /^\d+/.test(name));
  const ordered =
    numbered.length > 0
      ? numbered
      : plain.filter((name) => /^(init|schema|create|tables?|setup)[\w-]*\.sql$/i.test(name));
  if (ordered.length === 0 || /AUTOINCREMENT|PRAGMA|ENGINE=InnoDB|AUTO_INCREMENT/i.test(first)) return undefined;
  return {
    tool: "sql",
    command: psql(
      url,
      ordered.map((name) => `${path}/${name}`),
    ),
    confidence: numbered.length > 0 ? 0.75 : 0.6,
  };
}

function psql(url: string, files: readonly string[]): string {
  return `psql ${url} -v ON_ERROR_STOP=1 -q -1 ${files.map((file) => `-f ${file}`).join(" ")}`;
}

/** Prisma, Drizzle, Supabase, Rails and frameworks of the like apply what lies in their own folders. */
async function isOwned(dir: DirView): Promise<boolean> {
  if (dir.has("meta/_journal.json") || dir.has("_journal.json")) return true;
  if (/(^|\/)(prisma|supabase|src\/main\/resources|hasura)(\/|$)/.test(dir.dir)) return true;
  return upwards(dir).some((view) => view.has("schema.prisma") || view.has("diesel.toml"));
}

/** The nearest folder above that is a project, else the root. */
function projectOf(dir: DirView): DirView {
  const manifests = [
    "package.json",
    "go.mod",
    "Cargo.toml",
    "pyproject.toml",
    "requirements.txt",
    "Gemfile",
    "composer.json",
  ];
  return upwards(dir).find((view) => manifests.some((name) => view.has(name))) ?? dir.root;
}
