import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { constants, createReadStream, lstatSync, readdirSync } from "node:fs";
import { chmod, cp, lstat, mkdir, opendir, readlink, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { messageOf, OutsideError } from "../sdk/index.ts";

/** One thing of a tree. `path` is relative to the tree, with `/`. */
export interface TreeEntry {
  readonly path: string;
  readonly kind: "file" | "link" | "dir" | "other";
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  /** Milliseconds with fraction. */
  readonly modified: number;
  readonly changed: number;
  readonly inode: number;
  readonly links: number;
}

/** So many files are read at a time. */
const AT_ONCE = 32;
/** About a millisecond of looking. */
const LOOKS_PER_TURN = 200;

/** Where the contents of a sealed entry lie. */
export function sealedPath(dataDir: string, key: string): string {
  return join(dataDir, "store", key, "tree");
}

/**
 * Everything below `root`, in an order that depends on names only. Symlinks are not followed. Looking is done at once
 * per folder, which is ten times faster than asking for each file, and lets others have their turn in between.
 */
export async function listTree(root: string): Promise<TreeEntry[]> {
  const found: TreeEntry[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of readdirSync(join(root, folder))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const stat = lstatSync(join(root, path));
      const kind = stat.isFile() ? "file" : stat.isSymbolicLink() ? "link" : stat.isDirectory() ? "dir" : "other";
      if (kind === "dir") folders.push(path);
      const { size, mtimeMs: modified, ctimeMs: changed, ino: inode, nlink: links } = stat;
      found.push({ path, kind, mode: stat.mode & 0o7777, size, modified, changed, inode, links });
    }
    await nextTurn();
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Digest of what a tree is: paths, kinds, permissions, contents and link targets. It is the same for every faithful copy.
 */
export async function contentDigest(root: string, entries: readonly TreeEntry[]): Promise<string> {
  const parts = new Map<string, string>();
  await eachOf(entries, async ({ path, kind }) => {
    if (kind === "file") parts.set(path, await fileHash(join(root, path)));
    if (kind === "link") parts.set(path, await readlink(join(root, path)));
  });
  const hash = createHash("sha256");
  for (const { path, kind, mode } of entries)
    hash.update(JSON.stringify([path, kind, kind === "link" ? 0 : mode, parts.get(path) ?? null]));
  return hash.digest("hex");
}

/**
 * Digest of when and where a tree was last touched, without reading a file. The kernel moves a file's change time at
 * every write, rename, chmod and utimes, and nobody can set it back: an unchanged stamp is an unchanged tree.
 */
export function stampOf(entries: readonly TreeEntry[]): string {
  const hash = createHash("sha256");
  for (const { path, kind, mode, size, modified, changed, inode } of entries)
    hash.update(JSON.stringify([path, kind, mode, size, modified, changed, inode]));
  return hash.digest("hex");
}

/** Whether `copy` still has everything of `original` as it was copied: kind, size, and time if asked. More may be in it. */
export async function holdsCopy(original: string, copy: string, options: { times: boolean }): Promise<boolean> {
  const root = lstatSync(original);
  if (!root.isDirectory()) return lstatSync(copy, { throwIfNoEntry: false })?.size === root.size;
  for (const [index, { path, kind, size, modified }] of (await listTree(original)).entries()) {
    if (index % LOOKS_PER_TURN === 0) await nextTurn();
    const stat = lstatSync(join(copy, path), { throwIfNoEntry: false });
    if (!stat) return false;
    if (kind === "dir" ? !stat.isDirectory() : stat.size !== size) return false;
    if (kind === "link" && !stat.isSymbolicLink()) return false;
    if (kind === "file" && (!stat.isFile() || (options.times && Math.abs(stat.mtimeMs - modified) >= 1))) return false;
  }
  return true;
}

/**
 * Copies a file or tree with permissions, times and links as they are; blocks are shared where the disk can, files
 * never are. `to` must be absent, or an empty folder that is filled.
 */
export async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const stat = await lstat(from);
  const args = ["-dR", "--preserve=mode,timestamps", "--reflink=auto", "--no-target-directory", "--", from, to];
  if (process.platform === "linux" && stat.isDirectory()) {
    const failure = await new Promise<Error | null>((resolve) => execFile("cp", args, (error) => resolve(error)));
    if (!failure) return;
  }
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    mode: constants.COPYFILE_FICLONE,
  }).catch((cause: unknown) => {
    throw new OutsideError(`${from} could not be copied: ${messageOf(cause)}`, { retryable: false, cause });
  });
}

/** Moves a file or tree; where it cannot be renamed (another disk, a container's lower layer) it is copied and removed. */
export async function moveTree(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await rename(from, to);
  } catch {
    await copyTree(from, to);
    await removeTree(from);
  }
}

/** Removes a tree also where folders in it are read-only (a Go module cache, an overlay's work folder). */
export async function removeTree(root: string): Promise<void> {
  try {
    await rm(root, { recursive: true, force: true });
  } catch {
    await openFolders(root);
    await rm(root, { recursive: true, force: true });
  }
}

/** Whether `path`, or the nearest folder above it that is there, really lies in `root`: a repo may hold links. */
export async function isInside(path: string, root: string): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return path !== root && isInside(dirname(path), root);
  const realRoot = await realpath(root);
  return real === realRoot || real.startsWith(realRoot + sep);
}

async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for await (const entry of await opendir(folder)) if (entry.isDirectory()) await openFolders(join(folder, entry.name));
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
