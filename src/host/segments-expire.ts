import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const DAY = 24 * 60 * 60_000;
const MAX_BYTES = 2 * 1024 ** 3;
const MAX_AGE = 30 * DAY;
/** A file that was written to so lately may belong to something that runs. */
const IN_USE = DAY;

/**
 * Removes old output: what is older than `maxAge` (default 30 days), then the oldest until the rest fits into `maxBytes`
 * (default 2 GiB). What was written to within the last day stays. Returns the names of the removed files.
 */
export async function expireSegments(
  dir: string,
  limits: { maxBytes?: number; maxAge?: number; now?: number } = {},
): Promise<string[]> {
  const { maxBytes = MAX_BYTES, maxAge = MAX_AGE, now = Date.now() } = limits;
  const files = await oldestFirst(dir);
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const removed: string[] = [];
  for (const file of files) {
    const age = now - file.writtenAt;
    if (age < IN_USE || (age < maxAge && bytes <= maxBytes)) break;
    await rm(join(dir, file.name), { force: true });
    bytes -= file.bytes;
    removed.push(file.name);
  }
  return removed;
}

async function oldestFirst(dir: string): Promise<{ name: string; bytes: number; writtenAt: number }[]> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(dir, name)).catch(() => undefined);
      return found?.isFile() ? { name, bytes: found.size, writtenAt: found.mtimeMs } : undefined;
    }),
  );
  return files.filter((file) => file !== undefined).sort((a, b) => a.writtenAt - b.writtenAt);
}
