import { defineDriver, type InstallRequest } from "../../sdk/index.ts";
import { keyOf } from "./_shared-install.ts";
import { MAKE_VENV, pipEnv, PYTHON, VENV } from "./_shared-python.ts";

const PIP = ".venv/bin/python -m pip install";
const WHEELS = "--only-binary :all:";
const LISTED = ".venv/lodestar-requirements.txt";

/**
 * Writes what pyproject.toml declares as a requirements file, without running anything of the project: dependencies, test
 * and dev extras and groups (`required`: without these), and what the build needs (`build`). `src` and the project become importable by a .pth file, as
 * an editable install would make them.
 */
const READ_PROJECT = `import os, site, sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
data = {}
if os.path.exists("pyproject.toml"):
    with open("pyproject.toml", "rb") as file:
        data = tomllib.load(file)
project = data.get("project", {})
wanted = list(project.get("dependencies", []))
names = () if "required" in sys.argv else ("test", "tests", "testing", "dev")
for group in (project.get("optional-dependencies", {}), data.get("dependency-groups", {})):
    for name in names:
        wanted += [one for one in group.get(name, []) if isinstance(one, str)]
if "build" in sys.argv:
    wanted += data.get("build-system", {}).get("requires", ["setuptools"]) + ["wheel"]
with open("${LISTED}", "w") as file:
    file.write("\\n".join(wanted) + "\\n")
with open(os.path.join(sys.prefix, "lib", "python%d.%d" % sys.version_info[:2], "site-packages", "lodestar-project.pth"), "w") as file:
    file.write("\\n".join(path for path in (os.path.abspath("src"), os.getcwd()) if os.path.isdir(path)) + "\\n")
`;

/**
 * pip in a venv of the directory. Wheels first: they run nothing while they are installed; then also built from source;
 * at last only what the program itself needs, without tools for tests and development. The project itself is built offline by `scripts`, and stays importable when it cannot be.
 */
export default defineDriver({
  role: "package-manager",
  manager: "pip",
  runtime: "python",
  install: (request) => ({
    ...VENV,
    fetch: fetches(request),
    ...(hasProject(request) && { scripts: buildProject() }),
    key: keyOf(request, [
      ...request.names.filter((name) => /requirements.*\.txt$/.test(name)),
      "pyproject.toml",
      "setup.cfg",
      "setup.py",
    ]),
    env: pipEnv(request.cache),
    needs: [PYTHON],
  }),
  examples: [
    {
      name: "a requirements file",
      request: {
        lockfile: "requirements.txt",
        version: undefined,
        names: ["requirements.txt", "app.py"],
        cache: "/c",
        flags: [],
      },
      fetch: `${MAKE_VENV} && ${PIP} ${WHEELS} -r requirements.txt`,
    },
    {
      name: "nothing to install but a venv",
      request: { lockfile: undefined, version: undefined, names: ["main.py"], cache: "/c", flags: [] },
      fetch: MAKE_VENV,
    },
  ],
});

function fetches(request: InstallRequest): string[] {
  const main = request.lockfile ?? request.names.find((name) => name === "requirements.txt");
  const lists = [
    ...(main === undefined ? [] : [main]),
    ...request.names.filter((name) => name !== main && isForTests(name)),
  ];
  const project = hasProject(request) ? [LISTED] : [];
  const all = [...lists, ...project];
  const read = `.venv/bin/python -c '${READ_PROJECT.replaceAll("'", `'\\''`)}'`;
  const steps = (files: readonly string[], flags: string, reading: string) => {
    const install = [PIP, flags, ...files.map((name) => `-r ${name}`), ...request.flags]
      .filter((part) => part !== "")
      .join(" ");
    return [MAKE_VENV, ...(project.length > 0 ? [reading] : []), ...(files.length > 0 ? [install] : [])].join(" && ");
  };
  const ways = [
    steps(all, WHEELS, `${read} build`),
    steps(all, "", `${read} build`),
    steps(main === undefined ? project : [main, ...project], "", `${read} required`),
  ];
  return [...new Set(ways)];
}

function buildProject(): string {
  const install = `${PIP} --no-index --no-deps --no-build-isolation --editable .`;
  return `${install} || echo "The project itself was not built; its modules are found where they lie."`;
}

function hasProject({ names }: InstallRequest): boolean {
  return ["pyproject.toml", "setup.py", "setup.cfg"].some((name) => names.includes(name));
}

/** `requirements-dev.txt`, `test_requirements.txt` … beside the one that the program needs. */
function isForTests(name: string): boolean {
  return /^(?:(?:dev|tests?)[-_.]requirements|requirements[-_.](?:dev|tests?))\.txt$/.test(name);
}
