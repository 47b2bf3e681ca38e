import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { managerOf, managerSigns, readManifest, type Manifest } from "./_shared-javascript.ts";
import { toolVersions } from "./_shared-manifests.ts";

/** A script that is run by Bun: `bun index.ts`, `NODE_ENV=test bun run server.ts`. */
const RUNS_BUN = /(?:^|&&|\|\||;)\s*(?:\w+=\S*\s+)*bunx?\s/;

/** Bun, as package manager and as runtime: its lockfile or settings, a package.json that asks for it, or a script that runs it. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const manifest = await readManifest(dir);
    if (!manifest) return [];
    if ((await managerOf(dir)) !== "bun") return runtimeOnly(dir, manifest);
    const signs = (await managerSigns(dir)).filter((sign) => sign.name === "bun");
    const found: DetectionDraft[] = signs.map(({ because, ...sign }) => ({
      is: "package-manager",
      dir: dir.dir,
      ...sign,
      because: [because],
    }));
    const base = { is: "language", dir: dir.dir, language: "javascript" } as const;
    for (const { version, because } of await toolVersions(dir, "bun"))
      found.push({ ...base, runtime: { name: "bun", version }, because: [because], confidence: 0.92 });
    const declared = signs.find((sign) => sign.version !== undefined);
    const runtime = declared?.version === undefined ? { name: "bun" } : { name: "bun", version: declared.version };
    const because = declared?.because ?? (await dir.at("package.json"));
    return [...found, { ...base, runtime, because: [because], confidence: 0.9 }];
  },
  examples: [
    {
      name: "its lockfile",
      files: { "package.json": "{}", "bun.lockb": "" },
      finds: [
        { is: "package-manager", name: "bun", lockfile: "bun.lockb" },
        { is: "language", language: "javascript", runtime: { name: "bun" } },
      ],
    },
    {
      name: "engines ask for it",
      files: { "package.json": '{ "engines": { "bun": ">=1.1" } }' },
      finds: [{ is: "language", runtime: { name: "bun", version: ">=1.1" } }],
    },
    {
      name: "a script that Bun runs, with dependencies that pnpm installs",
      files: { "package.json": '{ "scripts": {\n"start": "bun index.ts" } }', "pnpm-lock.yaml": "" },
      finds: [{ is: "language", runtime: { name: "bun" }, because: ["package.json:2"] }],
    },
    {
      name: "npm",
      files: { "package.json": '{ "scripts": { "start": "node bundle.js" } }', "package-lock.json": "{}" },
      finds: [],
    },
  ],
});

/** Another manager installs; the program itself is needed where a script calls it. */
async function runtimeOnly(dir: DirView, manifest: Manifest): Promise<DetectionDraft[]> {
  const script = Object.entries(manifest.scripts).find(([, body]) => RUNS_BUN.test(body));
  if (!script) return [];
  const because = [await dir.at("package.json", `"${script[0]}":`)];
  const [asked] = await toolVersions(dir, "bun");
  const runtime = { name: "bun", ...(asked && { version: asked.version }) };
  return [{ is: "language", dir: dir.dir, language: "javascript", runtime, because, confidence: 0.8 }];
}
