import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { lookInto } from "./_shared-entry.ts";
import { nameOf, pick, record, toolVersions, word } from "./_shared-manifests.ts";

const TASKS = ["start", "serve", "dev"];
const ENTRIES = ["main.ts", "server.ts", "mod.ts", "index.ts", "src/main.ts", "src/index.ts", "main.js"];

/** Deno: deno.json or its lockfile, tasks that start something, its own test, lint, format and type checks. */
export default defineDetector({
  looksAt: ["deno.json", "deno.jsonc", "deno.lock"],
  async detect(dir) {
    const manifest = ["deno.json", "deno.jsonc"].find((name) => dir.has(name));
    const file = manifest ?? "deno.lock";
    if (!manifest && dir.has("package.json")) return [];
    const parsed = manifest ? record(await dir.json(manifest)) : {};
    const versions = await toolVersions(dir, "deno");
    const base = { dir: dir.dir, because: [await dir.at(file)], confidence: 0.95 };
    const lockfile = dir.has("deno.lock") ? { lockfile: "deno.lock" } : {};
    const found: DetectionDraft[] = [
      { ...base, is: "language", language: "typescript", runtime: { name: "deno" } },
      { ...base, is: "package-manager", name: "deno", ...lockfile },
      ...versions.map(({ version, because }) => ({
        ...base,
        is: "language" as const,
        language: "typescript",
        runtime: { name: "deno", version },
        because: [because],
      })),
    ];
    return [...found, ...(await service(dir, file, parsed)), ...(await checks(dir, file, parsed))];
  },
  examples: [
    {
      name: "tasks",
      files: {
        "deno.json": '{\n"tasks": {\n"start": "deno run -A main.ts",\n"test": "deno test -A" } }',
        "main.ts": "Deno.serve({ port: 8000 }, handler);",
        "deno.lock": "{}",
      },
      finds: [
        { is: "language", runtime: { name: "deno" } },
        { is: "package-manager", name: "deno", lockfile: "deno.lock" },
        { is: "service", kind: "web", command: "deno task start", port: 8000, because: ["deno.json:3"] },
        { is: "check", kind: "test", command: "deno task test" },
      ],
    },
    {
      name: "no task, but a server; comments in the settings",
      files: { "deno.jsonc": '{ // settings\n "fmt": {} }', "main.ts": "Deno.serve(handler);", "main_test.ts": "" },
      finds: [
        { is: "service", command: "deno run -A main.ts" },
        { is: "check", kind: "test", command: "deno test -A" },
      ],
    },
    {
      name: "a program that ends, and a task that watches it",
      files: { "deno.json": '{ "tasks": { "dev": "deno run --watch main.ts" } }', "main.ts": "console.log(1)" },
      finds: [{ is: "service", kind: "job", command: "deno run -A main.ts" }],
    },
    { name: "a Node project that Deno once ran", files: { "package.json": "{}", "deno.lock": "{}" }, finds: [] },
  ],
});

async function service(dir: DirView, file: string, manifest: Record<string, unknown>): Promise<DetectionDraft[]> {
  const tasks = record(manifest.tasks);
  const entry = ENTRIES.find((name) => dir.has(name));
  const look = entry === undefined ? undefined : await lookInto(dir, entry);
  const port = { ...(look?.port ? { port: look.port } : {}), ...(look?.portEnv ? { portEnv: look.portEnv } : {}) };
  const base = { is: "service", dir: dir.dir, name: nameOf(dir, "app") } as const;
  const task = TASKS.find((name) => word(tasks[name]) ?? word(pick(tasks[name], "command")));
  // A task that only watches a program which ends by itself never becomes healthy: the program is what runs.
  const ends = look !== undefined && !look.listens && !look.works;
  if (task !== undefined && !(task === "dev" && ends)) {
    const because = [await dir.at(file, `"${task}"`)];
    const kind = look?.listens === false && look.works ? "worker" : "web";
    const usual = kind === "web" ? { port: 8000, ...port } : {};
    return [
      {
        ...base,
        kind,
        command: `deno task ${task}`,
        mode: task === "dev" ? "dev" : "start",
        ...usual,
        because,
        confidence: 0.9,
      },
    ];
  }
  if (entry === undefined || look === undefined) return [];
  const kind = look.listens ? "web" : look.works ? "worker" : "job";
  const usual = look.listens ? { port: 8000, ...port } : {};
  const confidence = look.listens ? 0.85 : 0.55;
  return [{ ...base, kind, command: `deno run -A ${entry}`, ...usual, because: [await dir.at(entry)], confidence }];
}

async function checks(dir: DirView, file: string, manifest: Record<string, unknown>): Promise<DetectionDraft[]> {
  const tasks = record(manifest.tasks);
  const base = { is: "check", dir: dir.dir } as const;
  const found: DetectionDraft[] = [];
  for (const kind of ["test", "lint", "build"] as const) {
    if (!word(tasks[kind])) continue;
    const because = [await dir.at(file, `"${kind}"`)];
    found.push({ ...base, name: kind, kind, command: `deno task ${kind}`, because, confidence: 0.95 });
  }
  const test = dir.names.find((name) => /[._]test\.[jt]sx?$/.test(name));
  if (test && !word(tasks.test))
    found.push({
      ...base,
      name: "test",
      kind: "test",
      command: "deno test -A",
      because: [await dir.at(test)],
      confidence: 0.8,
    });
  return found;
}
