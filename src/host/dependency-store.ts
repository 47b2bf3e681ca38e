import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { Bug } from "../sdk/index.ts";
import type { Dependencies, SealedDependencies } from "../sdk/index.ts";
import type { HostRooms } from "./rooms.ts";
import {
  contentDigest,
  copyTree,
  isInside,
  listTree,
  moveTree,
  removeTree,
  sealedPath,
  stampOf,
  type TreeEntry,
} from "./sealed-tree.ts";
import { attachToTree } from "./tree-dependencies.ts";

/** The store of one data dir, as the host sees it. */
export interface HostDependencies extends Dependencies {
  /** Removes entries that no open room has mounted, the longest unused first, until the rest fits into `maxBytes`. */
  expire(limits?: { maxBytes?: number }): Promise<string[]>;
}

const Seal = z.object({
  key: z.string(),
  /** Of paths, kinds, permissions, contents and link targets. */
  digest: z.string(),
  /** Of the times and places of all files: it changes with every write, so an equal one spares reading them. */
  stamp: z.string(),
  paths: z.array(z.string()),
  bytes: z.number(),
});
type Seal = z.infer<typeof Seal>;

type Build = Parameters<Dependencies["build"]>[0];
type Built = Awaited<ReturnType<Dependencies["build"]>>;

const MAX_BYTES = 20 * 1024 ** 3;
const INCOMING = ".incoming-";

/**
 * Installed dependencies, each entry in `<dataDir>/store/<key>/tree`, built in a room and sealed: whoever finds, mounts
 * or copies it first looks whether it is still what was built. No command ever sees it writable.
 */
export function openDependencies({ dataDir, rooms }: { dataDir: string; rooms: HostRooms }): HostDependencies {
  const store = join(dataDir, "store");
  const building = new Map<string, Promise<Built>>();
  const swept = sweep(store);

  async function find(key: string): Promise<SealedDependencies | undefined> {
    checkKey(key);
    await swept;
    const seal = await readSeal(store, key);
    if (!seal) return undefined;
    if (!(await isWhole(dataDir, store, seal))) {
      if (!rooms.keysInUse().has(key)) await removeTree(join(store, key));
      return undefined;
    }
    await utimes(sealFile(store, key), new Date(), new Date());
    return { key, digest: seal.digest, paths: seal.paths };
  }

  async function buildAnew(request: Build): Promise<Built> {
    const known = await find(request.key);
    if (known) return { ok: true, entry: known };
    const { repo, commit, key, outputs } = request;
    const site = await rooms.create({ repo, commit, purpose: "install", dependencies: request.with, whole: outputs });
    try {
      const result = await request.build(site);
      await site.close();
      if (result.exit !== 0) return { ok: false, result };
      const seal = await moveIn(store, rooms.repoOf(site.id), { key, outputs });
      return { ok: true, entry: { key, digest: seal.digest, paths: seal.paths } };
    } finally {
      await site.close();
      await rooms.remove(site.id);
    }
  }

  function build(request: Build): Promise<Built> {
    checkKey(request.key);
    const running = building.get(request.key);
    // Whoever began it may be cancelled: then it is begun again by who waited.
    if (running) return running.catch(() => build(request));
    const started = buildAnew(request).finally(() => building.delete(request.key));
    building.set(request.key, started);
    return started;
  }

  return {
    find,
    build,
    attach: (repo, entry) => attachToTree(dataDir, repo, entry),
    async expire({ maxBytes = MAX_BYTES } = {}) {
      await swept;
      const entries = await listSeals(store);
      const removed: string[] = [];
      let total = entries.reduce((sum, { seal }) => sum + seal.bytes, 0);
      for (const { seal } of entries) {
        if (total <= maxBytes) break;
        if (rooms.keysInUse().has(seal.key) || building.has(seal.key)) continue;
        await removeTree(join(store, seal.key));
        removed.push(seal.key);
        total -= seal.bytes;
      }
      return removed;
    },
  };
}

/** Moves outputs out of a room, seals them, and only then gives them their name: what is half-done has none. */
async function moveIn(store: string, repo: string, entry: { key: string; outputs: readonly string[] }): Promise<Seal> {
  const incoming = join(store, `${INCOMING}${randomUUID()}`);
  const tree = join(incoming, "tree");
  await mkdir(tree, { recursive: true, mode: 0o700 });
  try {
    const paths: string[] = [];
    for (const path of entry.outputs) {
      const from = join(repo, path);
      if (!(await lstat(from).catch(() => undefined)) || !(await isInside(dirname(from), repo))) continue;
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await moveTree(from, join(tree, path));
      paths.push(path);
    }
    const entries = await listWithoutLinks(tree);
    const bytes = entries.reduce((sum, one) => sum + one.size, 0);
    const digest = await contentDigest(tree, entries);
    const seal: Seal = { key: entry.key, digest, stamp: stampOf(entries), paths, bytes };
    await writeFile(join(incoming, "seal.json"), JSON.stringify(seal), { mode: 0o600 });
    await removeTree(join(store, entry.key));
    await rename(incoming, join(store, entry.key));
    return seal;
  } catch (error) {
    await removeTree(incoming);
    throw error;
  }
}

/** A file with a second name could be written through it (an unsandboxed manager links its cache), so such a tree is copied. */
async function listWithoutLinks(tree: string): Promise<TreeEntry[]> {
  const entries = await listTree(tree);
  if (!entries.some((one) => one.kind === "file" && one.links > 1)) return entries;
  await rename(tree, `${tree}-linked`);
  await copyTree(`${tree}-linked`, tree);
  await removeTree(`${tree}-linked`);
  return listTree(tree);
}

async function isWhole(dataDir: string, store: string, seal: Seal): Promise<boolean> {
  const tree = sealedPath(dataDir, seal.key);
  const entries = await listTree(tree).catch(() => undefined);
  if (!entries) return false;
  const stamp = stampOf(entries);
  if (stamp === seal.stamp) return true;
  // Touched, or the data dir was moved or restored: then contents decide.
  if ((await contentDigest(tree, entries)) !== seal.digest) return false;
  await writeFile(sealFile(store, seal.key), JSON.stringify({ ...seal, stamp }), { mode: 0o600 });
  return true;
}

async function sweep(store: string): Promise<void> {
  await mkdir(store, { recursive: true, mode: 0o700 });
  for (const name of await readdir(store)) if (name.startsWith(INCOMING)) await removeTree(join(store, name));
}

async function listSeals(store: string): Promise<{ seal: Seal; usedAt: number }[]> {
  const found: { seal: Seal; usedAt: number }[] = [];
  for (const name of await readdir(store)) {
    const seal = await readSeal(store, name);
    if (seal) found.push({ seal, usedAt: (await stat(sealFile(store, name))).mtimeMs });
  }
  return found.sort((a, b) => a.usedAt - b.usedAt);
}

async function readSeal(store: string, key: string): Promise<Seal | undefined> {
  const text = await readFile(sealFile(store, key), "utf8").catch(() => "null");
  try {
    const seal = Seal.parse(JSON.parse(text));
    return seal.key === key ? seal : undefined;
  } catch {
    return undefined;
  }
}

function sealFile(store: string, key: string): string {
  return join(store, key, "seal.json");
}

/** Keys name folders, so they are hashes and nothing else. */
function checkKey(key: string): void {
  if (!/^[0-9a-f]{16,128}$/.test(key)) throw new Bug(`${key} is no key of the dependency store`);
}
