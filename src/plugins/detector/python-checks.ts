import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { isPartOf, sure } from "./_shared-manifests.ts";
import { PYTHON_MANIFESTS, ownProject, pythonDependencies } from "./_shared-python.ts";

/** Where pytest keeps its settings: file, and what must be in it. */
const PYTEST_SETTINGS: readonly (readonly [file: string, needle: string])[] = [
  ["pytest.ini", ""],
  ["pyproject.toml", "[tool.pytest"],
  ["setup.cfg", "[tool:pytest]"],
  ["tox.ini", "[pytest]"],
  ["tox.ini", "pytest"],
  ["noxfile.py", "pytest"],
  ["conftest.py", ""],
  ["tests/conftest.py", ""],
];

/** Tests, linters and types of Python projects. */
export default defineDetector({
  looksAt: [...PYTHON_MANIFESTS, "setup.cfg", "tox.ini", "pytest.ini", "conftest.py", "test_*", "tests.py"],
  async detect(dir) {
    const own = [...PYTHON_MANIFESTS, "setup.cfg"].some((name) => dir.has(name));
    if (!own && (isPartOf(dir, PYTHON_MANIFESTS) || dir.dir !== ".")) return [];
    const dependencies = await pythonDependencies(dir);
    const found: DetectionDraft[] = [];
    const add = (
      kind: "test" | "lint" | "types" | "format",
      name: string,
      command: string,
      because: string,
      confidence: number,
    ) =>
      found.push({
        is: "check",
        dir: dir.dir,
        because: [because],
        confidence: sure(dir, confidence),
        kind,
        name,
        command,
      });
    const test = await testOf(dir, dependencies.get("pytest")?.because);
    if (test) add("test", test.name, test.command, test.because, test.confidence);
    for (const [tool, kind, command, places] of LINTERS) {
      const declared = dependencies.get(tool)?.because;
      const because = declared ?? (await settingsOf(dir, places));
      if (because) add(kind, tool, command, because, declared ? 0.85 : 0.65);
    }
    return found;
  },
  examples: [
    {
      name: "pytest, ruff and mypy",
      files: {
        "pyproject.toml": '[project]\nname = "x"\n[dependency-groups]\ndev = ["pytest>=8"]\n[tool.ruff]\n[tool.mypy]\n',
        "tests/test_a.py": "def test_a(): pass\n",
      },
      finds: [
        { is: "check", kind: "test", command: "python -m pytest", because: ["pyproject.toml:4"] },
        { is: "check", kind: "lint", command: "ruff check .", because: ["pyproject.toml:5"] },
        { is: "check", kind: "types", command: "mypy ." },
      ],
    },
    {
      name: "unittest without any dependency",
      files: { "setup.py": "", "tests/__init__.py": "", "tests/test_a.py": "class A(unittest.TestCase): pass\n" },
      finds: [{ is: "check", kind: "test", command: "python -m unittest discover -s tests -t ." }],
    },
    {
      name: "Django's own runner",
      files: { "manage.py": "DJANGO", "shop/tests.py": "class A(TestCase): pass\n" },
      finds: [{ is: "check", kind: "test", command: "python manage.py test" }],
    },
    { name: "a project without checks", files: { "requirements.txt": "flask\n", "main.py": "" }, finds: [] },
  ],
});

type Linter = readonly [tool: string, kind: "lint" | "types" | "format", command: string, places: readonly string[]];
const LINTERS: readonly Linter[] = [
  ["ruff", "lint", "ruff check .", ["ruff.toml", ".ruff.toml", "pyproject.toml#[tool.ruff"]],
  ["flake8", "lint", "flake8", [".flake8", "setup.cfg#[flake8]", "tox.ini#[flake8]"]],
  ["pylint", "lint", "pylint --recursive=y .", [".pylintrc", "pylintrc"]],
  ["mypy", "types", "mypy .", ["mypy.ini", ".mypy.ini", "pyproject.toml#[tool.mypy", "setup.cfg#[mypy]"]],
  ["pyright", "types", "pyright", ["pyrightconfig.json", "pyproject.toml#[tool.pyright"]],
  ["black", "format", "black --check .", ["pyproject.toml#[tool.black"]],
];

async function settingsOf(dir: DirView, places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    const [file = "", needle] = place.split("#");
    if (!dir.has(file)) continue;
    if (needle === undefined) return dir.at(file);
    if ((await dir.text(file))?.includes(needle)) return dir.at(file, needle);
  }
  return undefined;
}

async function testOf(dir: DirView, declared: string | undefined) {
  const files = testFiles(dir);
  const first = files[0];
  const pytest = { name: "pytest", command: "python -m pytest" };
  if (declared) return { ...pytest, because: declared, confidence: first ? 0.93 : 0.6 };
  for (const [file, needle] of PYTEST_SETTINGS) {
    if (!dir.has(file) || !(await dir.text(file))?.includes(needle)) continue;
    return { ...pytest, because: await dir.at(file, needle === "" ? undefined : needle), confidence: 0.8 };
  }
  if (!first) return undefined;
  if (dir.has("manage.py"))
    return { name: "django test", command: "python manage.py test", because: await dir.at(first), confidence: 0.85 };
  const text = await dir.text(first);
  if (text && !/unittest|TestCase/.test(text))
    return /^(async )?def test_/m.test(text)
      ? { ...pytest, because: await dir.at(first), confidence: 0.55 }
      : undefined;
  return { name: "unittest", command: unittestFor(dir, first), because: await dir.at(first), confidence: 0.85 };
}

/** Discovery starts at the folder of the tests; as a package they are imported from the project's root. */
function unittestFor(dir: DirView, first: string): string {
  const folder = first.includes("/") ? first.slice(0, first.indexOf("/")) : undefined;
  if (!folder) return "python -m unittest";
  const top = dir.has(`${folder}/__init__.py`) ? " -t ." : "";
  const pattern = /(^|\/)test[^/]*\.py$/.test(first) ? "" : " -p '*_test.py'";
  return `python -m unittest discover -s ${folder}${top}${pattern}`;
}

function testFiles(dir: DirView): string[] {
  const prefix = dir.dir === "." ? 0 : dir.dir.length + 1;
  return dir
    .below()
    .map((path) => path.slice(prefix))
    .filter(
      (path) => /(^|\/)(test_[^/]+|tests?|[^/]+_test)\.py$/.test(path) && !/(^|\/)(\.?venv|site-packages)\//.test(path),
    )
    .filter((path) => !ownProject(dir, path))
    .sort((a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1));
}
