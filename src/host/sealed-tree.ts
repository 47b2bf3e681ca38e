import { execFile } from "node:child_process";
import { createHash, hash as hashOf } from "node:crypto";
import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { chmod, cp, lstat, mkdir, opendir, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
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

/** Bytes that are read at once: nearly every file in one go. */
const CHUNK = 1024 ** 2;
/** Milliseconds of reading before others have their turn. */
const TURN = 5;
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
 * Read at once, in short turns: a request to the thread pool for each of 16,000 files takes ten times as long (`bench/store.ts`).
 */
export async function contentDigest(root: string, entries: readonly TreeEntry[]): Promise<string> {
  const whole = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  let turn = performance.now();
  for (const { path, kind, mode, size } of entries) {
    if (performance.now() - turn > TURN) {
      await nextTurn();
      turn = performance.now();
    }
    const at = join(root, path);
    if (kind === "link") whole.update(JSON.stringify([path, kind, 0, readlinkSync(at)]));
    else whole.update(JSON.stringify([path, kind, mode, kind === "file" ? await fileHash(at, size, buffer) : null]));
  }
  return whole.digest("hex");
}

/**
 * Digest of when and where a tree was last touched, without reading a file. The kernel moves a file's change time at
 * every write, rename, chmod and utimes, and no user can set it back: an unchanged stamp is an unchanged tree. It does not
 * see root setting the machine's clock back, writes to the raw disk, and a second write of equal size within one tick
 * (4 ms) of that clock.
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

async function fileHash(path: string, size: number, buffer: Buffer): Promise<string> {
  const file = openSync(path, "r");
  try {
    let length = readSync(file, buffer);
    if (length === size && length < CHUNK) return hashOf("sha256", buffer.subarray(0, length), "hex");
    const hash = createHash("sha256");
    for (; length > 0; length = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, length));
      await nextTurn();
    }
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}
