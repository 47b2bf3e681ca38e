import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OutsideError } from "../sdk/index.ts";
import { disarmedGit, gitText, type RunGit } from "./git-run.ts";

/** Where the commits of one repo's snapshots are. Both runners have the repo's root as their working tree. */
export interface SnapshotStore {
  readonly dir: string;
  /** Sees the store's objects and the repo's. It must not write objects. */
  readonly read: RunGit;
  /** Writes objects, and sees only the store's: git renews the times of objects that it finds elsewhere, which would be a write to the repo. */
  readonly write: RunGit;
  readonly user: UserGit;
  /** The hash that names no object. */
  readonly nothing: string;
}

/** What of the user's git a snapshot depends on. */
export interface UserGit {
  readonly gitDir: string;
  readonly index: string;
  readonly config: ReadonlyMap<string, string>;
}

/** Settings that say how files become objects and back; their values name no program. Keys as git prints them. */
const SHAPING = [
  "core.autocrlf",
  "core.eol",
  "core.filemode",
  "core.symlinks",
  "core.ignorecase",
  "core.precomposeunicode",
  "core.trustctime",
  "core.checkstat",
  "core.excludesfile",
];
/** Where a snapshot's own objects lie inside the store; `objects` itself stays empty but for `info/alternates`. */
const OWN = "own";
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const REFS = ["refs", "lodestar", "snapshots"];

export function snapshotFolder(dataDir: string, id: string): string {
  return join(dataDir, "snapshots", `${id}.git`);
}

/** The store of the repo at `root`, made on first use and brought up to date with what the repo's git says now. */
export async function openStore(dir: string, root: string): Promise<SnapshotStore> {
  const theirs = disarmedGit(root);
  const [places, config] = await Promise.all([placesOf(theirs), shapingOf(theirs)]);
  await makeStore(dir, places);
  const run = (env: Record<string, string>) => disarmedGit(root, { gitDir: dir, config: [...config], env });
  return {
    dir,
    read: run({}),
    write: run({ GIT_OBJECT_DIRECTORY: join(dir, OWN) }),
    user: { gitDir: places.gitDir, index: places.index, config },
    nothing: "0".repeat(places.format === "sha256" ? 64 : 40),
  };
}

/** Work with a folder of its own inside the store that is removed afterwards. */
export async function withFolder<T>(store: SnapshotStore, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(store.dir, "take-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What makes a runner see a store's own objects as those that it looks after, and the repo's as borrowed. */
export function tending(dir: string): Record<string, string> {
  return { GIT_OBJECT_DIRECTORY: join(dir, OWN), GIT_ALTERNATE_OBJECT_DIRECTORIES: join(dir, "objects") };
}

/** The names of the refs that keep commits of a store, with the time (ms) each was last asked for. */
export async function keptCommits(dir: string): Promise<{ commit: string; usedAt: number }[]> {
  const folder = join(dir, ...REFS);
  const kept: { commit: string; usedAt: number }[] = [];
  for (const commit of await readdir(folder).catch(() => [])) {
    const found = await lstat(join(folder, commit)).catch(() => undefined);
    if (found?.isFile() && HASH.test(commit)) kept.push({ commit, usedAt: found.mtimeMs });
  }
  return kept;
}

export async function isKept(dir: string, commit: string): Promise<boolean> {
  if (!HASH.test(commit)) return false;
  return (await lstat(join(dir, ...REFS, commit)).catch(() => undefined)) !== undefined;
}

export async function dropCommit(dir: string, commit: string): Promise<void> {
  await rm(join(dir, ...REFS, commit), { force: true });
}

/**
 * A commit of `tree` on top of `parent`, kept by a ref. Who, when and what are the same for the same tree and parent: the time is
 * the parent's. The ref is written as the file that it is, so that its time says when the commit was last made.
 */
export async function keepTree(
  store: SnapshotStore,
  { tree, parent, title }: { tree: string; parent: string; title: string },
): Promise<string> {
  const dated = (await gitText(store.read, ["log", "-1", "--format=%ct", "--end-of-options", parent])).trim();
  const who = `Lodestar <lodestar@localhost> ${/^\d{1,11}$/.test(dated) ? dated : "0"} +0000`;
  const text = `tree ${tree}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n\n${title}\n`;
  const commit = (await gitText(store.write, ["hash-object", "-t", "commit", "-w", "--stdin"], { input: text })).trim();
  const ref = join(store.dir, ...REFS, commit);
  await mkdir(dirname(ref), { recursive: true });
  await writeFile(ref, `${commit}\n`);
  return commit;
}

interface Places {
  readonly gitDir: string;
  readonly index: string;
  readonly objects: string;
  readonly exclude: string;
  readonly shallow: string;
  readonly format: string;
}

async function placesOf(run: RunGit): Promise<Places> {
  const paths = ["index", "objects", "info/exclude", "shallow"].flatMap((name) => ["--git-path", name]);
  const asked = ["rev-parse", "--path-format=absolute", "--git-dir", ...paths, "--show-object-format"];
  const lines = (await gitText(run, asked)).trimEnd().split("\n");
  const [gitDir, index, objects, exclude, shallow, format, more] = lines;
  if (!gitDir || !index || !objects || !exclude || !shallow || !format || more !== undefined)
    throw new OutsideError(`git did not say where its files are: ${lines.join(" ")}`, { retryable: false });
  return { gitDir, index, objects, exclude, shallow, format };
}

/** Exit 1 is "none of them is set". The last value of a key is the one that counts. */
async function shapingOf(run: RunGit): Promise<Map<string, string>> {
  const result = await run(["config", "--null", "--get-regexp", `^(${SHAPING.join("|").replaceAll(".", "\\.")})$`]);
  const found = new Map<string, string>();
  for (const entry of result.stdout.toString("utf8").split("\0")) {
    const end = entry.indexOf("\n");
    // A key without a value is true.
    if (entry !== "") found.set(end < 0 ? entry : entry.slice(0, end), end < 0 ? "true" : entry.slice(end + 1));
  }
  return found;
}

async function makeStore(dir: string, places: Places): Promise<void> {
  const made = await readFile(join(dir, "config"), "utf8").catch(() => undefined);
  if (made === undefined || /objectformat\s*=\s*sha256/i.test(made) !== (places.format === "sha256")) {
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const format = places.format === "sha256" ? ["--object-format=sha256"] : [];
    const env = { GIT_DEFAULT_REF_FORMAT: "files", GIT_CONFIG_GLOBAL: "/dev/null" };
    await gitText(disarmedGit(undefined), ["init", "--quiet", "--bare", "--template=", ...format, dir], { env });
    await chmod(dir, 0o700);
  }
  for (const part of ["info", "objects/info", OWN]) await mkdir(join(dir, part), { recursive: true });
  const alternates = [join(dir, OWN), places.objects].map(quoteAlternate).join("\n");
  await writeFile(join(dir, "objects/info/alternates"), `${alternates}\n`);
  await copyOrRemove(places.exclude, join(dir, "info/exclude"));
  await copyOrRemove(places.shallow, join(dir, "shallow"));
}

async function copyOrRemove(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch {
    await rm(to, { force: true });
  }
}

/** One path per line; one that holds a line break is written as a C string (gitrepository-layout). */
function quoteAlternate(path: string): string {
  return path.includes("\n") ? JSON.stringify(path) : path;
}
