import { defineDetector, type DirView } from "../../sdk/index.ts";
import {
  capture,
  firstWords,
  isPartOf,
  pick,
  toolVersions,
  versionFile,
  word,
  type Asked,
  languageDetections,
} from "./_shared-manifests.ts";
import { PYTHON_MANIFESTS, PYTHON_SCRIPTS } from "./_shared-python.ts";

const OWN = [...PYTHON_MANIFESTS, "setup.cfg", "poetry.lock", "pdm.lock"];

/** Python projects and the version they ask for, from every place that states one. */
export default defineDetector({
  looksAt: [...OWN, ...PYTHON_SCRIPTS],
  async detect(dir) {
    const manifest = OWN.find((name) => dir.has(name));
    const script = PYTHON_SCRIPTS.find((name) => dir.has(name));
    const proof = manifest ?? script;
    if (!proof || (!manifest && isPartOf(dir, OWN))) return [];
    const confidence = manifest ? 0.95 : 0.8;
    const asked = await versionsAsked(dir);
    return languageDetections(dir, {
      language: "python",
      runtime: "python",
      asked,
      proof: await dir.at(proof),
      confidence,
    });
  },
  examples: [
    {
      name: "the pinned version comes before the range",
      files: {
        ".python-version": "# why\n3.11.11\n",
        "pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.9"\n',
      },
      finds: [
        { is: "language", runtime: { name: "python", version: "3.11.11" }, because: [".python-version:2"] },
        { is: "language", runtime: { name: "python", version: ">=3.9" }, because: ["pyproject.toml:3"] },
      ],
    },
    {
      name: "heroku's runtime.txt",
      files: { "main.py": "print(1)\n", "runtime.txt": "python-3.12.1\n" },
      finds: [{ is: "language", language: "python", runtime: { name: "python", version: "3.12.1" } }],
    },
    {
      name: "a broken manifest still says Python",
      files: { "pyproject.toml": "[project\n", "main.py": "" },
      finds: [{ is: "language", language: "python", runtime: { name: "python" } }],
    },
    { name: "no Python", files: { "main.js": "", "runtime.txt": "nodejs-20\n" }, finds: [] },
  ],
});

/** Every version asked for, the most exact place first. */
async function versionsAsked(dir: DirView): Promise<Asked[]> {
  const asked = [
    ...(await versionFile(dir, ".python-version", /^(c?python-)/)),
    ...(await toolVersions(dir, "python")),
  ];
  const heroku = capture(firstWords(await dir.text("runtime.txt")), /^python-(\d\S*)/);
  if (heroku) asked.push({ version: heroku, because: await dir.at("runtime.txt", heroku) });
  if (dir.has("Pipfile")) {
    const requires = pick(await dir.toml("Pipfile"), "requires");
    const version = word(pick(requires, "python_full_version")) ?? word(pick(requires, "python_version"));
    if (version) asked.push({ version, because: await dir.at("Pipfile", version) });
  }
  if (dir.has("pyproject.toml")) {
    const project = await dir.toml("pyproject.toml");
    const version =
      word(pick(project, "project", "requires-python")) ??
      word(pick(project, "tool", "poetry", "dependencies", "python"));
    if (version) asked.push({ version, because: await dir.at("pyproject.toml", version) });
  }
  const setup = capture(await dir.text("setup.py"), /python_requires\s*=\s*["']([^"']+)["']/);
  if (setup) asked.push({ version: setup, because: await dir.at("setup.py", "python_requires") });
  return asked;
}
