import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { cp, lstat, mkdir, open, readFile, realpath, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { UserError, type Files, type Git, type SiteFiles } from "../sdk/index.ts";

export interface SiteFilesOptions {
  /** The working tree. */
  readonly root: string;
  readonly git: Pick<Git, "ignored" | "tracked">;
  /** Reads below `root`. */
  readonly files: Files;
  /** Folder outside the repo that keeps what was removed or replaced, one folder per removal. */
  readonly trash: string;
}

type Refusal = { readonly ok: false; readonly because: string };

/** What a folder of the trash holds: item `n` came from `paths[n]`. */
const Removed = z.object({ paths: z.array(z.string()) });

const IS_LINUX = process.platform === "linux";
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Writing to a working tree without touching what is the user's: only paths that git ignores and does not track, never
 * through a symbolic link, never `.git`. A process of the repo that swaps a folder for a link meanwhile gains nothing:
 * folders are held open while they are used.
 */
export function openSiteFiles(options: SiteFilesOptions): SiteFiles {
  const { root, files, trash } = options;

  async function refusal(path: string): Promise<Refusal | undefined> {
    const shape = badShape(path);
    if (shape) return no(`${path} ${shape}`);
    if ((await options.git.tracked([path])).length > 0) return no(`${path} is tracked by git`);
    if (!(await options.git.ignored([path])).includes(path)) return no(`${path} is not ignored by git`);
    return undefined;
  }

  /** Moves paths that were checked; what is absent is left out. */
  async function toTrash(paths: readonly string[]): Promise<string> {
    const token = randomUUID();
    const folder = join(trash, token);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, "removed.json"), JSON.stringify({ paths }), { mode: 0o600 });
    for (const [index, path] of paths.entries())
      await inFolder(root, path, { create: false }, (place) => move(place, join(folder, String(index))));
    return token;
  }

  return {
    exists: (path) => files.exists(path),
    read: (path, limit) => files.read(path, limit),
    list: (dir) => files.list(dir),
    async write(path, content) {
      const refused = await refusal(path);
      if (refused) return refused;
      const isEnv = /(^|\/)\.env(\.[^/]*)?$/.test(path);
      const done = await inFolder(root, path, { create: true }, async (place): Promise<Refusal | { ok: true }> => {
        const present = await lstat(place).catch(() => undefined);
        if (present && !present.isFile()) return no(`${path} is there and is not a regular file`);
        if (present && isEnv) return no(`${path} is there already, and it is yours`);
        if (present) await toTrash([path]);
        await writeNew(place, content, isEnv ? 0o600 : 0o644);
        return { ok: true };
      });
      return done ?? no(`${path} leads through something that is not a folder of the repository`);
    },
    async remove(paths) {
      const present: string[] = [];
      for (const path of paths) {
        const found = badShape(path) ? undefined : await lstat(join(root, path)).catch(() => undefined);
        const refused = found || badShape(path) ? await refusal(path) : undefined;
        if (refused) return refused;
        if (found) present.push(path);
      }
      return { ok: true, undo: await toTrash(present) };
    },
    undo: (token) => bringBack(root, trash, token),
  };
}

/** What took the place of a removed path meanwhile goes into the same folder of the trash. */
async function bringBack(root: string, trash: string, token: string): Promise<void> {
  const folder = join(trash, token);
  const list = join(folder, "removed.json");
  const text = /^[\da-f-]{36}$/.test(token) ? await readFile(list, "utf8").catch(() => undefined) : undefined;
  if (text === undefined)
    throw new UserError(`There is nothing to bring back for ${token}.`, { next: "lodestar events" });
  for (const [index, path] of Removed.parse(JSON.parse(text)).paths.entries()) {
    const kept = join(folder, String(index));
    if (!(await lstat(kept).catch(() => undefined))) continue;
    await inFolder(root, path, { create: true }, async (place) => {
      await move(place, join(folder, `replaced-${index}`));
      await move(kept, place);
    });
  }
  await rm(list);
}

function badShape(path: string): string | undefined {
  const parts = path.split("/");
  if (path === "" || path === "." || path.startsWith("/") || path.includes("\0")) return "is no path in the repository";
  if (parts.some((part) => part === ".." || part === "" || part === "."))
    return "is not a plain path in the repository";
  if (parts.some((part) => part.toLowerCase() === ".git")) return "belongs to git";
  return undefined;
}

/**
 * Walks from `root` to the folder of `path`, one real folder after the other, and calls `use` with a name for the last
 * part that stays right even if folders are renamed or replaced. Undefined when a part is absent (and `create` is
 * false), a link or no folder.
 */
async function inFolder<T>(
  root: string,
  path: string,
  options: { create: boolean },
  use: (place: string) => Promise<T>,
): Promise<T | undefined> {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  let at = await realpath(root);
  let folder: FileHandle | undefined = await open(at, FOLDER);
  try {
    for (const part of parts) {
      const next = join(held(folder, at), part);
      if (options.create) await mkdir(next).catch(() => {});
      const opened: FileHandle | undefined = await open(next, FOLDER).catch(() => undefined);
      await folder.close();
      folder = opened;
      if (!folder) return undefined;
      at = join(at, part);
    }
    return await use(join(held(folder, at), name));
  } finally {
    await folder?.close();
  }
}

/** An open folder by its descriptor; by its path where the system has no such names. */
function held(folder: FileHandle, path: string): string {
  return IS_LINUX ? `/proc/self/fd/${folder.fd}` : path;
}

/** Appears whole or not at all. */
async function writeNew(place: string, content: string, mode: number): Promise<void> {
  const partial = `${place}.${randomUUID()}`;
  try {
    await writeFile(partial, content, { flag: "wx", mode });
    await rename(partial, place);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Moves what is there, also to another disk; sockets and pipes are not kept. */
async function move(from: string, to: string): Promise<void> {
  if (!(await lstat(from).catch(() => undefined))) return;
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EXDEV")) throw error;
    await cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: isKept });
    await rm(from, { recursive: true, force: true });
  }
}

async function isKept(path: string): Promise<boolean> {
  const stat = await lstat(path);
  return stat.isFile() || stat.isDirectory() || stat.isSymbolicLink();
}

function no(because: string): Refusal {
  return { ok: false, because };
}
