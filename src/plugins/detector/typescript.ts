import { defineDetector } from "../../sdk/index.ts";
import { declares, managerOf, readManifest } from "./_shared-javascript.ts";

/** TypeScript: a tsconfig.json beside the package, or TypeScript among its packages with `.ts` files beside it. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const manifest = await readManifest(dir);
    if (!manifest) return [];
    const runtime = { name: (await managerOf(dir)) === "bun" ? "bun" : "node" };
    const base = { is: "language", dir: dir.dir, language: "typescript", runtime } as const;
    if (dir.has("tsconfig.json")) return [{ ...base, because: [await dir.at("tsconfig.json")], confidence: 0.95 }];
    const source = dir.names.find((name) => /(?<!\.d)\.[cm]?tsx?$/.test(name));
    if (!source || !declares(manifest, "typescript")) return [];
    return [{ ...base, because: [await dir.at("package.json", '"typescript"')], confidence: 0.85 }];
  },
  examples: [
    {
      name: "a tsconfig",
      files: { "package.json": "{}", "tsconfig.json": "{}" },
      finds: [{ is: "language", language: "typescript", runtime: { name: "node" }, because: ["tsconfig.json"] }],
    },
    {
      name: "a dependency and a source",
      files: { "package.json": '{ "devDependencies": { "typescript": "5" } }', "index.ts": "" },
      finds: [{ language: "typescript" }],
    },
    { name: "declarations for a JavaScript library", files: { "package.json": "{}", "index.d.ts": "" }, finds: [] },
  ],
});
