import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { engineOf } from "./_shared-databases.ts";
import { managerOf, readManifest, runProgram } from "./_shared-javascript.ts";
import { capture, pick, sure, word } from "./_shared-manifests.ts";

/** Prisma: the provider and URL variable of its schema, its migrations (else `db push`), its seed. */
export default defineDetector({
  looksAt: ["schema.prisma"],
  async detect(dir) {
    const schema = (await dir.text("schema.prisma")) ?? "";
    const source = schema.match(/datasource\s+\w+\s*\{[^}]*\}/)?.[0];
    if (!source) return [];
    const provider = capture(source, /provider\s*=\s*"(\w+)"/);
    const engine = engineOf(provider);
    const env = capture(source, /\burl\s*=\s*env\("(\w+)"\)/);
    const home = projectOf(dir);
    const at = { dir: home.dir, confidence: sure(dir, 0.95) };
    const found: DetectionDraft[] = [];
    if (engine)
      found.push({
        is: "database",
        ...at,
        because: [await dir.at("schema.prisma", `"${provider}"`)],
        engine,
        via: "orm",
        ...(env && { env }),
      });
    const command = await commandOf(dir, home, engine);
    const seed = await seedOf(home);
    const because = [command.because];
    found.push({
      is: "migration",
      ...at,
      because,
      tool: "prisma",
      command: command.line,
      ...(engine && { engine }),
      ...(seed && { seed }),
    });
    return found;
  },
  examples: [
    {
      name: "migrations and a seed",
      files: {
        "package.json": '{"prisma":{"seed":"node seed.js"}}',
        "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n',
        "prisma/migrations/1_a/migration.sql": "",
      },
      finds: [
        { is: "database", dir: ".", engine: "postgres", env: "DATABASE_URL", because: ["prisma/schema.prisma:2"] },
        {
          is: "migration",
          dir: ".",
          tool: "prisma",
          command: "npx prisma migrate deploy",
          seed: "npx prisma db seed",
          because: ["prisma/migrations/1_a/migration.sql"],
        },
      ],
    },
    {
      name: "no migrations yet",
      files: {
        "package.json": "{}",
        "pnpm-lock.yaml": "",
        "prisma/schema.prisma": 'datasource db {\n  provider = "sqlite"\n  url = "file:./dev.db"\n}\n',
      },
      finds: [{ is: "migration", command: "pnpm exec prisma db push", engine: "sqlite" }],
    },
    { name: "a part of a schema without a datasource", files: { "schema.prisma": "model A {}\n" }, finds: [] },
  ],
});

/** The folder with the package.json that the schema belongs to. */
function projectOf(dir: DirView): DirView {
  let view = dir;
  while (!view.has("package.json") && view.dir !== ".") view = view.sub("..");
  return view.has("package.json") ? view : dir;
}

async function commandOf(
  dir: DirView,
  home: DirView,
  engine: string | undefined,
): Promise<{ line: string; because: string }> {
  const manager = await managerOf(home);
  const standard = home.has("prisma/schema.prisma") || home.has("schema.prisma");
  const path = dir.dir.slice(home.dir === "." ? 0 : home.dir.length + 1);
  const schema = standard ? "" : ` --schema ${path}/schema.prisma`;
  const migration = dir.below().find((file) => file.endsWith("/migration.sql"));
  if (migration && engine !== "mongodb")
    return { line: runProgram(manager, `prisma migrate deploy${schema}`), because: await dir.root.at(migration) };
  return { line: runProgram(manager, `prisma db push${schema}`), because: await dir.at("schema.prisma", "datasource") };
}

async function seedOf(home: DirView): Promise<string | undefined> {
  const manifest = await readManifest(home);
  const seed = word(pick(manifest?.raw, "prisma", "seed"));
  const config = home.names.find((name) => /^prisma\.config\.[cm]?[jt]s$/.test(name));
  if (!seed && !/\bseed\s*:/.test((config && (await home.text(config))) ?? "")) return undefined;
  return runProgram(await managerOf(home), "prisma db seed");
}
