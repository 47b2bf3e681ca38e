import type { DirView } from "../../sdk/index.ts";
import { pick, record, words } from "./_shared-manifests.ts";

/** Files that make a folder a Python project. */
export const PYTHON_MANIFESTS = ["pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "manage.py", "uv.lock"];
/** Scripts by which a Python project without any declaration is started, the likeliest first. */
export const PYTHON_SCRIPTS = ["main.py", "app.py", "server.py", "bot.py", "run.py", "hello.py"];

/** A declared dependency: where, and whether it is for developing only. */
export interface PythonDependency {
  readonly because: string;
  readonly dev: boolean;
}

/** What a Python project declares, by normalised name (PEP 503: lower case, `-` for `_` and `.`). */
export async function pythonDependencies(dir: DirView): Promise<Map<string, PythonDependency>> {
  const found = new Map<string, PythonDependency>();
  async function add(file: string, line: string, dev: boolean): Promise<void> {
    const name = nameIn(line);
    const known = normalise(name);
    // FastAPI brings its server with this extra.
    if (/^\s*fastapi\[(standard|all)\b/i.test(line))
      found.set("fastapi-cli", { because: await dir.at(file, name), dev });
    if (known === "" || known === "python" || (found.has(known) && (dev || !found.get(known)?.dev))) return;
    found.set(known, { because: await dir.at(file, name), dev });
  }
  for (const file of dir.names.filter(isRequirements)) {
    const dev = /dev|test|lint|doc/i.test(file);
    for (const line of ((await dir.text(file)) ?? "").split("\n")) await add(file, line, dev);
  }
  await readPyproject(dir, add);
  if (dir.has("Pipfile")) {
    const pipfile = await dir.toml("Pipfile");
    for (const name of Object.keys(record(pick(pipfile, "packages")))) await add("Pipfile", name, false);
    for (const name of Object.keys(record(pick(pipfile, "dev-packages")))) await add("Pipfile", name, true);
  }
  for (const file of ["setup.py", "setup.cfg"]) {
    const text = (await dir.text(file)) ?? "";
    const block = text.match(/install_requires\s*=\s*(\[[^\]]*\]|(?:\n[ \t]+\S.*)+)/)?.[1] ?? "";
    for (const line of block.split(/[\n,]/)) await add(file, line.replace(/^\s*\[|["']/g, ""), false);
  }
  return found;
}

async function readPyproject(
  dir: DirView,
  add: (file: string, name: string, dev: boolean) => Promise<void>,
): Promise<void> {
  if (!dir.has("pyproject.toml")) return;
  const file = "pyproject.toml";
  const project = await dir.toml(file);
  for (const line of words(pick(project, "project", "dependencies"))) await add(file, line, false);
  const groups = [
    record(pick(project, "project", "optional-dependencies")),
    record(pick(project, "dependency-groups")),
    record(pick(project, "tool", "pdm", "dev-dependencies")),
  ];
  for (const group of groups)
    for (const lines of Object.values(group)) for (const line of words(lines)) await add(file, line, true);
  for (const line of words(pick(project, "tool", "uv", "dev-dependencies"))) await add(file, line, true);
  const poetry = record(pick(project, "tool", "poetry"));
  for (const name of Object.keys(record(poetry.dependencies))) await add(file, name, false);
  for (const name of Object.keys(record(poetry["dev-dependencies"]))) await add(file, name, true);
  for (const group of Object.values(record(poetry.group)))
    for (const name of Object.keys(record(record(group).dependencies))) await add(file, name, true);
}

/** Whether a folder between a project and one of its files (named from it) is a Python project itself. */
export function ownProject(dir: DirView, path: string): boolean {
  const folders = path.split("/").slice(0, -1);
  return folders.some((_, index) => {
    const folder = folders.slice(0, index + 1).join("/");
    return PYTHON_MANIFESTS.some((name) => dir.has(`${folder}/${name}`));
  });
}

/** `Django[bcrypt]>=5 ; python_version > "3.8"` is `Django`; options, comments and URLs have no name. */
function nameIn(line: string): string {
  return line.trim().match(/^([A-Za-z0-9][A-Za-z0-9._-]*)/)?.[1] ?? "";
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

function isRequirements(name: string): boolean {
  return /^([\w-]*[-_])?requirements([-_.][\w-]+)?\.(txt|in)$/.test(name);
}
