import type { GuardFacts } from "./danger-rules.ts";

/** Stands in a path or word for text that only the shell will know (a variable, the output of a command). */
export const UNKNOWN = "\uE000";
/** Stands for `*`, `?` or `[…]`. */
export const GLOB = "\uE001";

/**
 * Where a path leads. `repository`: the root, what holds it, or a glob that takes `.git` along. `data`: Lodestar's data directory.
 * `build`: output that a build makes again. `unknown`: only the shell will know. Links are not followed: nothing is looked up.
 */
export type Place = "data" | "repository" | "git" | "build" | "inside" | "temporary" | "device" | "outside" | "unknown";

export function placeOf(path: string, where: { readonly facts: GuardFacts; readonly cwd: string | undefined }): Place {
  const segments = resolve(path, where.cwd);
  if (!segments) return isBuild(split(path)) ? "build" : "unknown";
  const { facts } = where;
  const root = split(facts.root);
  const data = split(facts.dataDir);
  const known = knownPart(segments);
  const partial = known.length < segments.length;
  const inRoot = isInside(known, root);
  if (isInside(known, data) && !(inRoot && isInside(root, data))) return "data";
  if (inRoot) return placeInside(known.slice(root.length), partial);
  if (known.length === 0 && partial && !path.startsWith("/")) return "unknown";
  if (known[0] === "dev") return placeOfDevice(known);
  if (isTemporary(known, partial) && !isInside(root, known)) return "temporary";
  if (isInside(root, known)) return "repository";
  return "outside";
}

/** Absolute, without `.` and `..`; undefined where the working directory or the beginning is unknown. */
export function resolvePath(path: string, cwd: string | undefined): string | undefined {
  const segments = resolve(path, cwd);
  return segments && `/${segments.join("/")}`;
}

/** `path` is `folder` or in it; both absolute. A glob counts as whatever it could be. */
export function isUnder(path: string, folder: string): boolean {
  return isInside(split(path), split(folder));
}

function resolve(path: string, cwd: string | undefined): string[] | undefined {
  if (path.startsWith(UNKNOWN)) return undefined;
  const drive = /^([A-Za-z]):[\\/]/.test(path);
  const plain = drive ? `/${path.replaceAll("\\", "/")}` : path;
  if (!plain.startsWith("/") && cwd === undefined) return undefined;
  return split(plain.startsWith("/") ? plain : `${cwd}/${plain}`);
}

function split(path: string): string[] {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return segments;
}

function knownPart(segments: readonly string[]): readonly string[] {
  const cut = segments.findIndex((segment) => segment.includes(UNKNOWN));
  return cut < 0 ? segments : segments.slice(0, cut);
}

function isInside(segments: readonly string[], folder: readonly string[]): boolean {
  return segments.length >= folder.length && folder.every((name, index) => couldBe(segments[index] ?? "", name));
}

/** Whether a segment, maybe a glob, can stand for `name`. A leading `*` leaves names with a dot out, as shells do. */
function couldBe(segment: string, name: string): boolean {
  // A glob may also stand on the other side, where an ancestor is asked for.
  if (!segment.includes(GLOB)) return name.includes(GLOB) ? couldBe(name, segment) : segment === name;
  if (name.includes(GLOB)) return true;
  if (name.startsWith(".") && segment.startsWith(GLOB)) return false;
  const first = segment.slice(0, segment.indexOf(GLOB));
  const last = segment.slice(segment.lastIndexOf(GLOB) + 1);
  return name.startsWith(first) && name.endsWith(last);
}

function placeInside(relative: readonly string[], partial: boolean): Place {
  if (relative.length === 0) return partial ? "unknown" : "repository";
  if (relative.some((name) => couldBe(name.toLowerCase(), ".git"))) {
    const takesAll = relative.length === 1 && relative[0]?.includes(GLOB) === true;
    return takesAll ? "repository" : "git";
  }
  return isBuild(relative) ? "build" : "inside";
}

function placeOfDevice(segments: readonly string[]): Place {
  if (segments[1] === "shm") return segments.length > 2 ? "temporary" : "outside";
  return /^(null|zero|full|u?random|tty\w*|pts|fd|std(in|out|err)|tcp|udp)$/.test(segments[1] ?? "")
    ? "temporary"
    : "device";
}

const TEMPORARY = ["tmp", "var/tmp", "private/tmp", "private/var/tmp", "var/folders", "private/var/folders"].map(split);

function isTemporary(segments: readonly string[], partial: boolean): boolean {
  return TEMPORARY.some((folder) => isInside(segments, folder) && segments.length + Number(partial) > folder.length);
}

/** Names that only tools give: whatever stands below them is made again. */
const MADE_BY_TOOLS = new Set(
  (
    "node_modules .next .nuxt .output .svelte-kit .turbo .cache .parcel-cache .vite .angular .nyc_output htmlcov __pycache__ " +
    ".pytest_cache .mypy_cache .ruff_cache .tox .nox .venv .eggs .gradle .dart_tool .stack-work dist-newstyle .zig-cache zig-cache " +
    "zig-out .eslintcache .stylelintcache playwright-report test-results storybook-static .wrangler .docusaurus .DS_Store .coverage " +
    ".terraform DerivedData .astro .expo .serverless .ipynb_checkpoints bower_components .hypothesis"
  ).split(" "),
);
/** Names that a source folder may have too: only where no source folder stands above. */
const OFTEN_BUILT = new Set("dist build out target coverage venv tmp temp _build _site bin obj".split(" "));
const SOURCES = new Set("src lib app test tests spec docs internal pkg cmd".split(" "));
/** `bin` and `obj` are .NET's; `bin` holds scripts elsewhere. */
const NOT_ALONE = new Set(["bin", "obj"]);
const BUILT_FILE = /\.(pyc|pyo|tsbuildinfo|log|class|o|tmp|egg-info)$/;

function isBuild(relative: readonly string[]): boolean {
  for (const [index, name] of relative.entries()) {
    if (MADE_BY_TOOLS.has(name) || name.startsWith("cmake-build-")) return true;
    if (SOURCES.has(name)) break;
    if (OFTEN_BUILT.has(name) && !(NOT_ALONE.has(name) && index === 0)) return true;
  }
  const last = relative.at(-1) ?? "";
  return MADE_BY_TOOLS.has(last) || BUILT_FILE.test(last);
}
