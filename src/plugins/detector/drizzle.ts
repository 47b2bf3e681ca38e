import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { engineOf } from "./_shared-databases.ts";
import { managerOf, runProgram } from "./_shared-javascript.ts";
import { capture, sure } from "./_shared-manifests.ts";

/** Drizzle: the dialect and URL variable of its configuration, its migrations (else `push`). */
export default defineDetector({
  looksAt: ["drizzle.config.*"],
  async detect(dir) {
    const file = dir.names.find((name) => /^drizzle\.config\.[cm]?[jt]s$/.test(name));
    const text = file && (await dir.text(file));
    if (!file || !text) return [];
    const dialect = capture(text, /dialect\s*:\s*["'](\w+)["']|driver\s*:\s*["']([\w-]+)["']/);
    const engine = engineOf(dialect);
    const env =
      capture(text, /process\.env\.(\w*(?:URL|URI|DSN)\w*)/) ??
      capture(text, /env\.(\w*(?:DATABASE|DB)\w*(?:URL|URI))/);
    const out = capture(text, /out\s*:\s*["']\.?\/?([^"']+?)\/?["']/) ?? "drizzle";
    const journal = `${out}/meta/_journal.json`;
    const migrates = dir.has(journal);
    const at = { dir: dir.dir, confidence: sure(dir, 0.93) };
    const found: DetectionDraft[] = [];
    if (engine) {
      const because = [await dir.at(file, dialect)];
      found.push({ is: "database", ...at, because, engine, via: "orm", ...(env && { env }) });
    }
    found.push({
      is: "migration",
      ...at,
      because: [migrates ? await dir.at(journal) : await dir.at(file)],
      tool: "drizzle",
      command: runProgram(await managerOf(dir), migrates ? "drizzle-kit migrate" : "drizzle-kit push --force"),
      ...(engine && { engine }),
    });
    return found;
  },
  examples: [
    {
      name: "generated migrations",
      files: {
        "package.json": "{}",
        "drizzle.config.ts":
          'export default {\n  dialect: "postgresql",\n  out: "./migrations",\n  dbCredentials: { url: process.env.DATABASE_URL }\n};\n',
        "migrations/meta/_journal.json": "{}",
      },
      finds: [
        { is: "database", engine: "postgres", env: "DATABASE_URL", because: ["drizzle.config.ts:2"] },
        { is: "migration", command: "npx drizzle-kit migrate", because: ["migrations/meta/_journal.json"] },
      ],
    },
    {
      name: "no migrations yet",
      files: { "package.json": "{}", "drizzle.config.ts": 'export default { dialect: "sqlite" };\n' },
      finds: [{ is: "migration", command: "npx drizzle-kit push --force", engine: "sqlite" }],
    },
    { name: "notes about it", files: { "drizzle.config.md": "dialect: 'postgresql'" }, finds: [] },
  ],
});
