import { defineDetector } from "../../sdk/index.ts";
import { pick } from "./_shared-manifests.ts";

/** PDM: its lockfile, or its own table. */
export default defineDetector({
  looksAt: ["pdm.lock", "pyproject.toml"],
  async detect(dir) {
    const locked = dir.has("pdm.lock");
    const settings = dir.has("pyproject.toml") ? pick(await dir.toml("pyproject.toml"), "tool", "pdm") : undefined;
    if (!locked && settings === undefined) return [];
    return [
      {
        is: "package-manager",
        dir: dir.dir,
        because: [locked ? await dir.at("pdm.lock") : await dir.at("pyproject.toml", "[tool.pdm")],
        confidence: locked ? 0.95 : 0.7,
        name: "pdm",
        ...(locked && { lockfile: "pdm.lock" }),
      },
    ];
  },
  examples: [
    {
      name: "locked",
      files: { "pyproject.toml": "[project]\n", "pdm.lock": "" },
      finds: [{ is: "package-manager", name: "pdm", lockfile: "pdm.lock" }],
    },
    { name: "another manager", files: { "pyproject.toml": "[tool.poetry]\n" }, finds: [] },
  ],
});
