import { copyFile, readdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { gitFailed, gitText } from "./git-run.ts";
import { lookAt, type BytePath } from "./snapshots-files.ts";
import type { SnapshotStore } from "./snapshots-store.ts";

/** What git's index says of a path. */
export interface Indexed {
  /** Git's own: `S` is not expected on disk, lower case is assumed to be unchanged. */
  readonly tag: string;
  readonly mode: string;
  readonly oid: string;
}

export interface Listed {
  readonly indexed: ReadonlyMap<BytePath, Indexed>;
  /** Paths that differ from the index or are not in it. */
  readonly differing: ReadonlySet<BytePath>;
  /** Folders that are repos of their own and no submodules. */
  readonly nested: readonly BytePath[];
  /** Folders that could not be opened. */
  readonly closed: readonly string[];
  /** How many files a sparse checkout left out. */
  readonly sparse: number;
}

/** Some file systems keep times in steps of milliseconds (a jiffy is 4 or 10). */
const STEP = 20;

/**
 * Copies the user's index to `index`, so that files that did not change since need not be read. The copy is dated a little before its
 * original: git reads what was written since an index was, and a copy of today would hide a write of the same moment.
 */
export async function copyIndex(store: SnapshotStore, index: string, head: string): Promise<void> {
  const { gitDir, index: from } = store.user;
  const found = await stat(from).catch(() => undefined);
  if (found === undefined) {
    await gitText(store.read, ["read-tree", head], { env: { GIT_INDEX_FILE: index } });
    return;
  }
  await copyFile(from, index);
  const before = new Date(found.mtimeMs - STEP);
  await utimes(index, before, before);
  // The greater part of a split index lies beside it.
  for (const name of await readdir(gitDir))
    if (name.startsWith("sharedindex.")) await copyFile(join(gitDir, name), join(store.dir, name));
}

/** What differs between the working tree and the index; bits of the index that would hide a change are taken off. */
export async function listTree(store: SnapshotStore, root: string, index: string): Promise<Listed> {
  const listed = await list(store, index);
  const assumed: BytePath[] = [];
  const skipped: BytePath[] = [];
  for (const [path, { tag }] of listed.indexed) {
    if (tag !== tag.toUpperCase()) assumed.push(path);
    if (tag.toUpperCase() === "S") skipped.push(path);
  }
  const looked = await lookAt(root, skipped);
  const there = looked.filter(({ kind }) => kind !== "gone").map(({ path }) => path);
  const sparse = skipped.length - there.length;
  if (assumed.length + there.length === 0) return { ...listed, sparse };
  await setBits(store, index, { bit: "--no-assume-unchanged", paths: assumed });
  await setBits(store, index, { bit: "--no-skip-worktree", paths: there });
  return { ...(await list(store, index)), sparse };
}

/** One process tells all: `T mode hash stage\tpath` is in the index, `C …` differs from it, `R …` is gone, `? path` is not in it. */
async function list(store: SnapshotStore, index: string): Promise<Listed> {
  const args = ["ls-files", "-z", "-v", "-s", "-c", "-m", "-d", "-o", "--exclude-standard"];
  const result = await store.read(args, { env: { GIT_INDEX_FILE: index } });
  if (result.exit !== 0) throw gitFailed(args, result);
  const indexed = new Map<BytePath, Indexed>();
  const differing = new Set<BytePath>();
  const nested: BytePath[] = [];
  for (const entry of result.stdout.toString("latin1").split("\0")) {
    if (entry === "") continue;
    const tag = entry[0] ?? "";
    if (tag === "?") {
      if (entry.endsWith("/")) nested.push(entry.slice(2, -1));
      else differing.add(entry.slice(2));
      continue;
    }
    const tab = entry.indexOf("\t");
    const path = entry.slice(tab + 1);
    const [mode = "", oid = "", stage] = entry.slice(2, tab).split(" ");
    if (stage !== "0" || /[RC]/i.test(tag)) differing.add(path);
    if (!/[RC]/i.test(tag)) indexed.set(path, { tag, mode, oid });
  }
  const closed = [...result.stderr.matchAll(/could not open directory '(.*)\/': /g)].map(([, path]) => path ?? "");
  return { indexed, differing, nested, closed, sparse: 0 };
}

async function setBits(
  store: SnapshotStore,
  index: string,
  { bit, paths }: { bit: string; paths: readonly BytePath[] },
): Promise<void> {
  if (paths.length === 0) return;
  const input = Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1");
  await gitText(store.read, ["update-index", "-z", bit, "--stdin"], { input, env: { GIT_INDEX_FILE: index } });
}
