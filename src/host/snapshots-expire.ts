import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { disarmedGit, gitText } from "./git-run.ts";
import { dropCommit, keptCommits, tending } from "./snapshots-store.ts";

const DAY = 24 * 60 * 60_000;
const MAX_AGE = 14 * DAY;
const MAX_BYTES = 2 * 1024 ** 3;
/** A store that was used so lately may be needed by something that runs. */
const IN_USE = DAY;
/** Packing reads every commit that a snapshot stands on. */
const PACK_TIMEOUT = 10 * 60_000;

interface Limits {
  readonly maxAge?: number;
  readonly maxBytes?: number;
  readonly now?: number;
  readonly inTurn: <T>(id: string, work: () => Promise<T>) => Promise<T>;
}

interface Store {
  readonly id: string;
  readonly dir: string;
  readonly usedAt: number;
  bytes: number;
}

/** See `HostSnapshots.expire`. A snapshot can be taken again: what stands in the way of the limits is removed, not mourned. */
export async function expireStores(
  folder: string,
  { maxAge = MAX_AGE, maxBytes = MAX_BYTES, now = Date.now(), inTurn }: Limits,
): Promise<string[]> {
  const removed: string[] = [];
  const stores: Store[] = [];
  const remove = (store: Store) =>
    inTurn(store.id, async () => {
      await rm(store.dir, { recursive: true, force: true });
      removed.push(store.id);
    });
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith(".git")) continue;
    const id = name.slice(0, -".git".length);
    const store = await inTurn(id, () => forget(join(folder, name), { id, before: now - maxAge }));
    if (store.usedAt < now - maxAge) await remove(store);
    else stores.push(store);
  }
  stores.sort((a, b) => a.usedAt - b.usedAt);
  let total = stores.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const store of stores) {
    if (total <= maxBytes) break;
    total -= store.bytes;
    store.bytes = await inTurn(store.id, () => pack(store.dir));
    total += store.bytes;
  }
  for (const store of stores) {
    if (total <= maxBytes || store.usedAt > now - IN_USE) break;
    await remove(store);
    total -= store.bytes;
  }
  return removed;
}

/** Drops the commits that were last asked for before a time, and what a killed daemon left half-done. */
async function forget(dir: string, { id, before }: { id: string; before: number }): Promise<Store> {
  let usedAt = (await lstat(join(dir, "objects/info/alternates")).catch(() => undefined))?.mtimeMs ?? 0;
  for (const kept of await keptCommits(dir)) {
    usedAt = Math.max(usedAt, kept.usedAt);
    if (kept.usedAt < before) await dropCommit(dir, kept.commit);
  }
  for (const name of await readdir(dir).catch(() => []))
    if (/^(take-|sharedindex\.)/.test(name)) await rm(join(dir, name), { recursive: true, force: true });
  return { id, dir, usedAt, bytes: await sizeOf(dir) };
}

/** Removes what no kept commit needs and packs the rest; bytes that are left. A store whose base the repo has lost stays as it is. */
async function pack(dir: string): Promise<number> {
  const git = disarmedGit(undefined, { gitDir: dir, config: [], env: tending(dir) });
  try {
    await gitText(git, ["repack", "-a", "-d", "-l", "--quiet", "--window=0"], { timeout: PACK_TIMEOUT });
    await gitText(git, ["prune", "--expire=now"], { timeout: PACK_TIMEOUT });
  } catch {
    return sizeOf(dir);
  }
  return sizeOf(dir);
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []))
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  return bytes;
}
