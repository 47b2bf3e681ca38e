import { defineDetector } from "../../sdk/index.ts";
import { isPartOf, pick } from "./_shared-manifests.ts";

/** Lockfiles of managers that would install instead of pip. */
const LOCKS = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "Pipfile"];

/** pip: a requirements file, else a Python package without the lockfile of another manager. */
export default defineDetector({
  looksAt: ["requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "pyproject.toml", "setup.py"],
  async detect(dir) {
    const locked = LOCKS.some((name) => dir.has(name));
    const requirements = ["requirements.txt", "requirements-dev.txt", "dev-requirements.txt"].find((name) =>
      dir.has(name),
    );
    const base = { is: "package-manager", dir: dir.dir, name: "pip" } as const;
    if (requirements)
      return [
        { ...base, because: [await dir.at(requirements)], confidence: locked ? 0.45 : 0.9, lockfile: requirements },
      ];
    if (locked || isPartOf(dir, LOCKS)) return [];
    if (dir.has("setup.py")) return [{ ...base, because: [await dir.at("setup.py")], confidence: 0.8 }];
    const tools = pick(await dir.toml("pyproject.toml"), "tool");
    if (["poetry", "pdm", "uv"].some((name) => pick(tools, name) !== undefined)) return [];
    const project = pick(await dir.toml("pyproject.toml"), "project");
    if (project === undefined) return [];
    return [{ ...base, because: [await dir.at("pyproject.toml", "[project]")], confidence: 0.75 }];
  },
  examples: [
    {
      name: "requirements.txt",
      files: { "requirements.txt": "flask==3.1.0\n" },
      finds: [{ is: "package-manager", name: "pip", lockfile: "requirements.txt" }],
    },
    {
      name: "a package",
      files: { "pyproject.toml": '[project]\nname = "x"\n' },
      finds: [{ is: "package-manager", name: "pip", because: ["pyproject.toml:1"] }],
    },
    { name: "uv installs this", files: { "pyproject.toml": '[project]\nname = "x"\n', "uv.lock": "" }, finds: [] },
    {
      name: "a member of a uv workspace",
      files: { "uv.lock": "", "lib/pyproject.toml": '[project]\nname = "x"\n' },
      finds: [],
    },
    { name: "only the settings of a linter", files: { "pyproject.toml": "[tool.ruff]\n" }, finds: [] },
  ],
});
