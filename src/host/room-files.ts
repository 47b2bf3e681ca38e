import { cp, lstat, mkdir, readdir, realpath, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join, resolve, sep } from "node:path";
import { openFiles } from "./files.ts";

type Because = { ok: false; because: string };

/** Files of a room's own copy of the repo. Tracked files may change here; `.git` and what lies outside may not. */
export interface RoomFiles {
  exists(path: string): Promise<boolean>;
  read(path: string, limit?: number): Promise<string | undefined>;
  list(dir: string): Promise<string[]>;
  write(path: string, content: string): Promise<{ ok: true } | Because>;
  remove(paths: readonly string[]): Promise<{ ok: true; undo: string } | Because>;
  undo(token: string): Promise<void>;
}

/** `trash` is a folder on the room's own disk that keeps what was removed until the room goes. */
export function openRoomFiles(root: string, trash: string): RoomFiles {
  const removed = new Map<string, string[]>();
  return {
    ...openFiles(root),
    async write(path, content) {
      const place = await placeIn(root, path);
      if (typeof place !== "string") return place;
      const found = await lstat(place).catch(() => undefined);
      if (found && !found.isFile()) return { ok: false, because: `${path} is there and is no regular file` };
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, content);
      return { ok: true };
    },
    async remove(paths) {
      const token = randomUUID();
      const places: string[] = [];
      for (const path of paths) {
        const place = await placeIn(root, path);
        if (typeof place !== "string") return place;
        places.push(place);
      }
      for (const [index, place] of places.entries()) await move(place, join(trash, token, String(index)));
      removed.set(token, places);
      return { ok: true, undo: token };
    },
    async undo(token) {
      for (const [index, place] of (removed.get(token) ?? []).entries()) {
        const kept = join(trash, token, String(index));
        if (!(await lstat(kept).catch(() => undefined))) continue;
        await clear(place);
        await move(kept, place);
      }
      removed.delete(token);
    },
  };
}

/** The absolute place of a repo-relative path, whose existing folders are real folders of the repo. */
async function placeIn(root: string, path: string): Promise<string | Because> {
  const place = resolve(root, path);
  const outside = { ok: false, because: `${path} is not in the repository` } as const;
  if (!place.startsWith(root + sep)) return outside;
  const parts = place.slice(root.length + 1).split(sep);
  if (parts[0] === ".git") return { ok: false, because: `${path} belongs to git` };
  let folder = dirname(place);
  while (folder !== root && !(await lstat(folder).catch(() => undefined))) folder = dirname(folder);
  const real = await realpath(folder).catch(() => undefined);
  return real === folder ? place : outside;
}

/** Moves what is there; between disks it is copied and then removed. */
async function move(from: string, to: string): Promise<void> {
  if (!(await lstat(from).catch(() => undefined))) return;
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch {
    await cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await clear(from);
  }
}

/** Removes a file or folder; of a mount point, which stays, all that is in it. */
async function clear(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory())
    for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
  await (found?.isDirectory() ? rmdir(path) : rm(path, { force: true })).catch(() => undefined);
}
