import type { DirView } from "../../sdk/index.ts";
import { pick, record, upwards, word, words } from "./_shared-manifests.ts";

/** A package.json as far as detection needs it; every field is what was written, or empty. */
export interface Manifest {
  readonly name: string | undefined;
  readonly private: boolean;
  readonly main: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  /** The file as it is, for what is rarely asked. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export async function readManifest(dir: DirView): Promise<Manifest | undefined> {
  if (!dir.has("package.json")) return undefined;
  const parsed = await dir.json("package.json");
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const raw = record(parsed);
  return {
    name: word(raw.name),
    private: raw.private === true,
    main: word(raw.main),
    scripts: texts(raw.scripts),
    dependencies: { ...texts(raw.peerDependencies), ...texts(raw.optionalDependencies), ...texts(raw.dependencies) },
    devDependencies: texts(raw.devDependencies),
    raw,
  };
}

/** Whether a package is declared, for running or for developing. */
export function declares(manifest: Manifest, name: string): boolean {
  return Object.hasOwn(manifest.dependencies, name) || Object.hasOwn(manifest.devDependencies, name);
}

// ---- package managers ----------------------------------------------------------------------------------------------

export interface ManagerSign {
  readonly name: string;
  readonly version?: string;
  readonly lockfile?: string;
  readonly because: string;
  readonly confidence: number;
}

/** Lockfiles, surest first: where a repo has several, the first is the younger habit and the others are usually left over. */
const LOCKFILES: readonly (readonly [file: string, manager: string, confidence: number])[] = [
  ["pnpm-lock.yaml", "pnpm", 0.93],
  ["bun.lock", "bun", 0.92],
  ["bun.lockb", "bun", 0.92],
  ["yarn.lock", "yarn", 0.91],
  ["package-lock.json", "npm", 0.9],
  ["npm-shrinkwrap.json", "npm", 0.9],
];
/** Files that only one manager reads. */
const SETTINGS: readonly (readonly [file: string, manager: string, confidence: number])[] = [
  ["pnpm-workspace.yaml", "pnpm", 0.88],
  ["pnpm-workspace.yml", "pnpm", 0.88],
  [".yarnrc.yml", "yarn", 0.915],
  ["bunfig.toml", "bun", 0.85],
];

/** Everything in a directory that tells its package manager; empty without a package.json. */
export async function managerSigns(dir: DirView): Promise<ManagerSign[]> {
  const manifest = await readManifest(dir);
  if (!manifest) return [];
  const signs = [...(await declaredManager(dir, manifest))];
  for (const [file, name, confidence] of LOCKFILES)
    if (dir.has(file)) signs.push({ name, lockfile: file, because: await dir.at(file), confidence });
  for (const [file, name, confidence] of SETTINGS)
    if (dir.has(file)) signs.push({ name, because: await dir.at(file), confidence });
  return signs;
}

async function declaredManager(dir: DirView, manifest: Manifest): Promise<ManagerSign[]> {
  const signs: ManagerSign[] = [];
  const field = /^(npm|pnpm|yarn|bun)@([^+]+)/.exec(word(manifest.raw.packageManager) ?? "");
  if (field?.[1] && field[2])
    signs.push({ name: field[1], version: field[2], because: await here(dir, '"packageManager"'), confidence: 0.98 });
  const engine = record(pick(manifest.raw, "devEngines", "packageManager"));
  const engineName = word(engine.name);
  const engineVersion = word(engine.version);
  if (engineName !== undefined && /^(npm|pnpm|yarn|bun)$/.test(engineName))
    signs.push({
      name: engineName,
      ...(engineVersion === undefined ? {} : { version: engineVersion }),
      because: await here(dir, '"devEngines"'),
      confidence: 0.96,
    });
  for (const field of ["volta", "engines"])
    for (const name of ["pnpm", "yarn", "bun"]) {
      const version = word(pick(manifest.raw, field, name));
      if (version) signs.push({ name, version, because: await here(dir, `"${name}"`), confidence: 0.8 });
    }
  return signs;
}

/** Who runs the scripts of a directory: its own manager, else that of the nearest package above, else npm, which comes with Node. */
export async function managerOf(dir: DirView): Promise<string> {
  for (const view of upwards(dir)) {
    const signs = (await managerSigns(view)).toSorted((a, b) => b.confidence - a.confidence);
    if (signs[0]) return signs[0].name;
  }
  return "npm";
}

/** `npm run dev`, `yarn run dev` …: the same words for every manager. */
export function runScript(manager: string, script: string): string {
  return `${manager} run ${script}`;
}

/** Runs the program of a package that is installed. */
export function runProgram(manager: string, program: string): string {
  const by: Readonly<Record<string, string>> = { pnpm: "pnpm exec", yarn: "yarn run", bun: "bun x" };
  return `${by[manager] ?? "npx"} ${program}`;
}

async function here(dir: DirView, needle: string): Promise<string> {
  return dir.at("package.json", needle);
}

// ---- workspaces ----------------------------------------------------------------------------------------------------

export interface Workspace {
  readonly tool: string;
  readonly because: string;
  readonly members: readonly string[];
}

/** The workspace that a directory is the root of: npm, yarn and bun by package.json, pnpm and Lerna by files of their own. */
export async function workspaceAt(dir: DirView): Promise<Workspace | undefined> {
  const manifest = await readManifest(dir);
  if (!manifest) return undefined;
  const pnpm = ["pnpm-workspace.yaml", "pnpm-workspace.yml"].find((name) => dir.has(name));
  if (pnpm) {
    const patterns = words(pick(await dir.yaml(pnpm), "packages"));
    if (patterns.length > 0)
      return { tool: "pnpm", because: await dir.at(pnpm, "packages"), members: membersOf(dir, patterns) };
  }
  const field = manifest.raw.workspaces;
  const patterns = Array.isArray(field) ? words(field) : words(pick(field, "packages"));
  if (patterns.length > 0) {
    const because = await dir.at("package.json", '"workspaces"');
    return { tool: await managerOf(dir), because, members: membersOf(dir, patterns) };
  }
  const lerna = dir.has("lerna.json") ? words(pick(await dir.json("lerna.json"), "packages")) : [];
  if (lerna.length === 0) return undefined;
  return { tool: "lerna", because: await dir.at("lerna.json", '"packages"'), members: membersOf(dir, lerna) };
}

/** The workspace above `dir` that counts it as a member. */
export async function workspaceOf(dir: DirView): Promise<{ root: DirView; workspace: Workspace } | undefined> {
  for (const root of upwards(dir).slice(1)) {
    const workspace = await workspaceAt(root);
    if (workspace?.members.includes(dir.dir)) return { root, workspace };
  }
  return undefined;
}

/** Repo-relative folders with a package.json that the patterns name; `!pattern` takes some out again. */
function membersOf(dir: DirView, patterns: readonly string[]): string[] {
  const prefix = dir.dir === "." ? "" : `${dir.dir}/`;
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!")).map(glob);
  const refused = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => glob(pattern.slice(1)));
  const members = new Set<string>();
  for (const path of candidates(dir, patterns)) {
    const folder = path.slice(prefix.length, -"/package.json".length);
    if (/(^|\/)node_modules(\/|$)/.test(folder)) continue;
    if (wanted.some((one) => one.test(folder)) && !refused.some((one) => one.test(folder)))
      members.add(`${prefix}${folder}`);
  }
  return [...members].toSorted();
}

/** Manifests below the fixed part of each pattern, so that a huge repo is not walked from its root. */
function candidates(dir: DirView, patterns: readonly string[]): string[] {
  const roots = new Set(
    patterns.filter((one) => !one.startsWith("!")).map((one) => /^(?:\.\/)?([\w.@-]+)\//.exec(one)?.[1]),
  );
  const views = roots.has(undefined) ? [dir] : [...roots].map((root) => dir.sub(root ?? "."));
  return views.flatMap((view) => view.below().filter((path) => path.endsWith("/package.json")));
}

/** A pattern without a star names one folder (`apps/web`). */
function glob(pattern: string): RegExp {
  const plain = pattern.replace(/^\.\//, "").replace(/\/+$/, "");
  const source = plain
    .replaceAll(/[.+^$()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\{([^}]*)\}/g, (_, list: string) => `(${list.replaceAll(",", "|")})`)
    .replaceAll("**", "\u0000")
    .replaceAll("*", "[^/]*")
    .replaceAll("\u0000", ".*");
  return new RegExp(`^${source}$`);
}

function texts(value: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, text] of Object.entries(record(value))) if (typeof text === "string") found[key] = text;
  return found;
}
