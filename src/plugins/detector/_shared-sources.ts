import type { DirView } from "../../sdk/index.ts";
import { isForeign } from "./_shared-manifests.ts";

/** Files that make a folder a project of its own. */
export const MANIFESTS = [
  "package.json",
  "deno.json",
  "pyproject.toml",
  "requirements.txt",
  "setup.py",
  "Pipfile",
  "manage.py",
  "go.mod",
  "Cargo.toml",
  "Gemfile",
  "composer.json",
  "pom.xml",
  "build.gradle",
  "build.gradle.kts",
  "mix.exs",
];
const SOURCES =
  /\.([cm]?[jt]sx?|vue|svelte|astro|py|rb|go|rs|php|java|kt|scala|cs|fs|exs?|properties|ya?ml|toml|prisma)$/;
const TESTS =
  /(^|\/)(\.github|tests?|__tests__|spec|e2e|fixtures?|examples?|docs?|migrations)\/|[._-](test|spec)\.\w+$|(^|\/)(test_|conftest\.py$)/;
/** Limits of reading code: files per repo and characters per file. A file above it is generated or data. */
const FILES = 2_000;
const SIZE = 200_000;

/** One file of code. `path` is repo-relative. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/**
 * The code of one project: its folder without the projects inside it, without tests and copied code, the files near
 * the top first. A repo with many projects shares one limit, so that reading stays bounded whatever its size.
 */
export async function sourcesOf(dir: DirView, options: { limit?: number } = {}): Promise<Source[]> {
  const projects = projectsOf(dir.root);
  const share = Math.max(20, Math.floor(FILES / Math.max(1, projects.size)));
  const inside = [...projects].filter((path) => path !== dir.dir && isBelow(path, dir.dir));
  const prefix = dir.dir === "." ? 0 : dir.dir.length + 1;
  const paths = dir
    .below()
    .filter((path) => SOURCES.test(path) && !isForeign(path) && !TESTS.test(path.slice(prefix)))
    .filter((path) => !inside.some((project) => path.startsWith(`${project}/`)))
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
    .slice(0, Math.min(share, options.limit ?? FILES));
  const sources: Source[] = [];
  for (const path of paths) {
    const text = await dir.root.text(path);
    if (text !== undefined && text.length <= SIZE) sources.push({ path, text });
  }
  return sources;
}

const known = new WeakMap<readonly string[], Set<string>>();

/** Folders of the repo that are projects of their own; a list of files is searched once, however often it is asked. */
function projectsOf(root: DirView): Set<string> {
  const files = root.below();
  const projects = known.get(files) ?? new Set<string>();
  if (known.has(files)) return projects;
  known.set(files, projects);
  for (const path of files) {
    const slash = path.lastIndexOf("/");
    if (!MANIFESTS.includes(path.slice(slash + 1)) || isForeign(path)) continue;
    projects.add(slash < 0 ? "." : path.slice(0, slash));
  }
  return projects;
}

function isBelow(path: string, dir: string): boolean {
  return dir === "." || path.startsWith(`${dir}/`);
}

function depth(path: string): number {
  return path.split("/").length;
}
