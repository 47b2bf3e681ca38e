import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { managerOf, managerSigns, readManifest } from "./_shared-javascript.ts";
import { toolVersions } from "./_shared-manifests.ts";

/** Bun, as package manager and as runtime: its lockfile or settings, or a package.json that asks for it. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    if (!(await readManifest(dir)) || (await managerOf(dir)) !== "bun") return [];
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
    { name: "npm", files: { "package.json": "{}", "package-lock.json": "{}" }, finds: [] },
  ],
});
