import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { engineOf } from "./_shared-databases.ts";
import { declares, managerOf, readManifest, runProgram, runScript, type Manifest } from "./_shared-javascript.ts";
import { capture, sure } from "./_shared-manifests.ts";

interface Tool {
  readonly name: string;
  readonly library: string;
  /** Files of its configuration, the first that exists counts. */
  readonly config: RegExp;
  /** A migration's path. */
  readonly file: RegExp;
  readonly command: string;
  readonly seed?: { readonly file: RegExp; readonly command: string };
}
const TOOLS: readonly Tool[] = [
  {
    name: "knex",
    library: "knex",
    config: /^knexfile\.[cm]?[jt]s$/,
    file: /(^|\/)migrations\/\d+_[^/]+\.[cm]?[jt]s$/,
    command: "knex migrate:latest",
    seed: { file: /(^|\/)seeds\/[^/]+\.[cm]?[jt]s$/, command: "knex seed:run" },
  },
  {
    name: "sequelize",
    library: "sequelize",
    config: /^(\.sequelizerc|config\.json)$/,
    file: /(^|\/)migrations\/\d+-[^/]+\.c?[jt]s$/,
    command: "sequelize-cli db:migrate",
    seed: { file: /(^|\/)seeders\/[^/]+\.c?[jt]s$/, command: "sequelize-cli db:seed:all" },
  },
  {
    name: "typeorm",
    library: "typeorm",
    config: /^(ormconfig\.\w+|data-source\.[jt]s)$/,
    file: /(^|\/)migrations?\/\d{10,}-?[^/]+\.[jt]s$/,
    command: "typeorm migration:run",
  },
  {
    name: "node-pg-migrate",
    library: "node-pg-migrate",
    config: /^$/,
    file: /(^|\/)migrations\/\d+_[^/]+\.([cm]?[jt]s|sql)$/,
    command: "node-pg-migrate up",
  },
];
/** Scripts by which people bring the database up to date, the likeliest first. */
const SCRIPTS = [
  "db:migrate",
  "migrate",
  "migrate:up",
  "migration:run",
  "migrations:run",
  "db:migrate:up",
  "migrate:latest",
  "db:setup",
];
const SEEDS = ["db:seed", "seed", "seed:run", "seed:db"];

/** Knex, Sequelize, TypeORM, node-pg-migrate: the package's own script for them, else the tool's command. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const manifest = await readManifest(dir);
    if (!manifest || declares(manifest, "prisma") || declares(manifest, "drizzle-kit")) return [];
    const prefix = dir.dir === "." ? 0 : dir.dir.length + 1;
    const files = dir
      .below()
      .map((path) => path.slice(prefix))
      .filter((path) => !/node_modules\/|(^|\/)tests?\//.test(path));
    const manager = await managerOf(dir);
    const script = SCRIPTS.find((name) => name in manifest.scripts);
    const seedScript = SEEDS.find((name) => name in manifest.scripts);
    for (const tool of TOOLS) {
      const first = files.find((path) => tool.file.test(path));
      if (!declares(manifest, tool.library) || !first) continue;
      const { command, because } = await commandOf(dir, { manifest, manager, tool, script });
      const seeds =
        tool.seed && files.some((path) => tool.seed?.file.test(path))
          ? runProgram(manager, tool.seed.command)
          : undefined;
      const seed = seedScript ? runScript(manager, seedScript) : seeds;
      const engine = await engineFrom(dir, files, tool);
      const at = { dir: dir.dir, because: [because, await dir.at(first)], confidence: sure(dir, script ? 0.92 : 0.8) };
      return [{ is: "migration", ...at, tool: tool.name, command, ...(engine && { engine }), ...(seed && { seed }) }];
    }
    if (!script || !/migrat|\.sql|db/i.test(manifest.scripts[script] ?? "")) return [];
    const found: DetectionDraft = {
      is: "migration",
      dir: dir.dir,
      because: [await dir.at("package.json", `"${script}"`)],
      confidence: sure(dir, 0.75),
      tool: "script",
      command: runScript(manager, script),
      ...(seedScript && { seed: runScript(manager, seedScript) }),
    };
    return [found];
  },
  examples: [
    {
      name: "Knex without a script of its own",
      files: {
        "package.json": '{"dependencies":{"knex":"3"}}',
        "knexfile.js": 'module.exports = { client: "pg" };\n',
        "migrations/20240101_a.js": "",
        "seeds/a.js": "",
      },
      finds: [
        {
          is: "migration",
          tool: "knex",
          command: "npx knex migrate:latest",
          seed: "npx knex seed:run",
          engine: "postgres",
          because: ["knexfile.js", "migrations/20240101_a.js"],
        },
      ],
    },
    {
      name: "the package's own script",
      files: { "package.json": '{\n"scripts": {\n"db:migrate": "node scripts/migrate.js"}}' },
      finds: [{ is: "migration", tool: "script", command: "npm run db:migrate", because: ["package.json:3"] }],
    },
    {
      name: "a library that only depends on it",
      files: { "package.json": '{"dependencies":{"knex":"3"}}' },
      finds: [],
    },
  ],
});

async function commandOf(
  dir: DirView,
  from: { manifest: Manifest; manager: string; tool: Tool; script: string | undefined },
): Promise<{ command: string; because: string }> {
  const { manifest, manager, tool, script } = from;
  if (script && manifest.scripts[script])
    return { command: runScript(manager, script), because: await dir.at("package.json", `"${script}"`) };
  const config = dir.names.find((name) => tool.config.test(name));
  return {
    command: runProgram(manager, tool.command),
    because: config ? await dir.at(config) : await dir.at("package.json", `"${tool.library}"`),
  };
}

async function engineFrom(dir: DirView, files: readonly string[], tool: Tool): Promise<string | undefined> {
  const config = files.find((path) => tool.config.test(path.split("/").at(-1) ?? ""));
  const text = config && (await dir.text(config));
  return engineOf(capture(text || undefined, /\b(?:client|dialect|type)["']?\s*:\s*["']([\w-]+)["']/));
}
