import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { lossesOf } from "./work-losses.ts";

/** What `clean` may remove at any time, and what only while no daemon uses it. */
const ALWAYS = ["caches", "trash"];
const IDLE = ["rooms", "store", "segments", "sites", "snapshots", "toolbox"];

/** Frees disk below a data dir; never the log, receipts, keys, generated values, or rooms with work that nobody else has. Sizes are what the files claim. */
export async function clean(
  dataDir: string,
  options: { running: boolean },
): Promise<{ what: string; bytes: number }[]> {
  const removed: { what: string; bytes: number }[] = [];
  for (const what of options.running ? ALWAYS : [...ALWAYS, ...IDLE]) {
    const folder = join(dataDir, what);
    let bytes = 0;
    for (const part of what === "rooms" ? await roomsWithoutWork(folder) : [folder]) {
      const size = await sizeOf(part);
      if (size === 0) continue;
      await makeRemovable(part);
      await rm(part, { recursive: true, force: true });
      bytes += size;
    }
    if (bytes > 0) removed.push({ what, bytes });
  }
  return removed;
}

async function roomsWithoutWork(folder: string): Promise<string[]> {
  const free: string[] = [];
  for (const name of await readdir(folder).catch(() => []))
    if ((await lossesOf(join(folder, name))).length === 0) free.push(join(folder, name));
  return free;
}

/** Sealed folders are read-only: their owner gets the right to remove them back. */
export async function makeRemovable(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  await chmod(folder, 0o700).catch(() => undefined);
  for (const entry of entries) if (entry.isDirectory()) await makeRemovable(join(folder, entry.name));
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    bytes += (await lstat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
