import { randomUUID } from "node:crypto";
import { lstat, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Repo, SealedDependencies } from "../sdk/index.ts";
import { copyTree, holdsCopy, isInside, moveTree, removeTree, sealedPath } from "./sealed-tree.ts";

/** Which key each path of a working tree was copied from. */
const Held = z.record(z.string(), z.string());
type Held = z.infer<typeof Held>;

/**
 * Gives the working tree a copy of its own of a sealed entry, each path made beside and renamed into place. What is
 * there and is not an unchanged copy goes to `<dataDir>/trash`. Left as they are: a tree that has all of it already
 * (somebody else's install has other times: equal names and sizes are enough), and paths with tracked files.
 */
export async function attachToTree(
  dataDir: string,
  repo: Repo,
  entry: SealedDependencies,
): Promise<{ copied: boolean }> {
  const record = join(dataDir, "trees", `${repo.id}.json`);
  const held = await readHeld(record);
  let copied = false;
  for (const path of entry.paths) {
    const from = join(sealedPath(dataDir, entry.key), path);
    const to = join(repo.root, path);
    if (await holdsCopy(from, to, { times: held[path] !== undefined })) continue;
    if ((await repo.git.tracked([path])).length > 0 || !(await isInside(dirname(to), repo.root))) continue;
    const isSpare = await holdsOld(dataDir, held[path], { path, to });
    await replace(from, to, {
      dataDir,
      trash: isSpare ? undefined : join(dataDir, "trash", repo.id, randomUUID(), path),
    });
    held[path] = entry.key;
    copied = true;
  }
  await mkdir(dirname(record), { recursive: true, mode: 0o700 });
  await writeFile(record, JSON.stringify(held), { mode: 0o600 });
  return { copied };
}

/** Whether what is there is still the copy that Lodestar made: then nothing of the user is lost with it. */
async function holdsOld(dataDir: string, key: string | undefined, { path, to }: { path: string; to: string }) {
  if (key === undefined) return false;
  const original = join(sealedPath(dataDir, key), path);
  if (!(await lstat(original).catch(() => undefined))) return false;
  return holdsCopy(original, to, { times: true });
}

async function replace(
  from: string,
  to: string,
  options: { dataDir: string; trash: string | undefined },
): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await mkdir(join(options.dataDir, "staging"), { recursive: true, mode: 0o700 });
  const name = `.lodestar-${randomUUID()}`;
  const isSameDisk = (await stat(dirname(to))).dev === (await stat(options.dataDir)).dev;
  const fresh = isSameDisk ? join(options.dataDir, "staging", name) : join(dirname(to), name);
  const old = `${fresh}-old`;
  try {
    await copyTree(from, fresh);
    const hadOne = (await lstat(to).catch(() => undefined)) !== undefined;
    if (hadOne) await moveTree(to, old);
    await rename(fresh, to).catch(async (error: unknown) => {
      if (hadOne) await moveTree(old, to);
      throw error;
    });
    if (hadOne && options.trash !== undefined) await moveTree(old, options.trash);
  } finally {
    await removeTree(fresh);
    await removeTree(old);
  }
}

async function readHeld(file: string): Promise<Held> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    return Held.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
