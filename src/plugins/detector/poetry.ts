import { defineDetector } from "../../sdk/index.ts";
import { pick, toolVersions, word } from "./_shared-manifests.ts";

/** Poetry: its lockfile, or its own table with dependencies. */
export default defineDetector({
  looksAt: ["poetry.lock", "pyproject.toml"],
  async detect(dir) {
    const locked = dir.has("poetry.lock");
    const project = dir.has("pyproject.toml") ? await dir.toml("pyproject.toml") : undefined;
    const backend = word(pick(project, "build-system", "build-backend"))?.startsWith("poetry") === true;
    const declared = pick(project, "tool", "poetry", "dependencies") !== undefined || backend;
    if (!locked && (!declared || dir.has("uv.lock") || dir.has("pdm.lock"))) return [];
    const version = (await toolVersions(dir, "poetry"))[0]?.version;
    const because = locked ? await dir.at("poetry.lock") : await dir.at("pyproject.toml", "poetry");
    return [
      {
        is: "package-manager",
        dir: dir.dir,
        because: [because],
        confidence: locked ? 0.95 : 0.8,
        name: "poetry",
        ...(version && { version }),
        ...(locked && { lockfile: "poetry.lock" }),
      },
    ];
  },
  examples: [
    {
      name: "a locked project with its version of Poetry",
      files: {
        "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.10"\n',
        "poetry.lock": "",
        ".tool-versions": "poetry 1.8.2\n",
      },
      finds: [{ is: "package-manager", name: "poetry", version: "1.8.2", lockfile: "poetry.lock" }],
    },
    {
      name: "moved to uv",
      files: { "pyproject.toml": '[tool.poetry.dependencies]\nflask = "*"\n', "uv.lock": "" },
      finds: [],
    },
  ],
});
