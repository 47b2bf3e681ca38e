import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { gitText, type RunGit } from "./git-run.ts";
import { onDisk, sameBytes, type BytePath, type Found } from "./snapshots-files.ts";
import { changeIndex, readBlobs, sizesOf, storeFiles, type IndexChange } from "./snapshots-objects.ts";
import type { SnapshotStore } from "./snapshots-store.ts";

/** Attributes whose conversion keeps the size on the way in, or works on the way out alone. */
const OUTWARD = ["eol", "ident", "working-tree-encoding"];
/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: a pointer is shorter than this, in bytes. */
const POINTER_LIMIT = 1024;
const POINTER =
  /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\/v1\n[\s\S]*?^oid sha256:([0-9a-f]{64})$/m;

export interface Taken {
  readonly found: Found;
  readonly mode: string;
  readonly oid: string;
}

/**
 * Makes the index hold what a checkout turns back into the bytes on disk. What git normalizes on its way in (line ends, ident,
 * encoding) and does not restore is stored as it is; where a checkout would change even that, the path is returned.
 */
export async function keepBytes(
  store: SnapshotStore,
  { root, index, folder, taken }: { root: string; index: string; folder: string; taken: readonly Taken[] },
): Promise<BytePath[]> {
  const suspects = await suspectsOf(store, taken);
  const normalized = await changedByCheckout(store, { root, index, folder: join(folder, "git"), taken: suspects });
  if (normalized.length === 0) return [];
  const paths = normalized.map(({ found }) => found.path);
  const stored = await storeFiles(store, paths, { raw: true });
  await changeIndex(store, index, withOids(normalized, stored));
  const lost = await changedByCheckout(store, { root, index, folder: join(folder, "raw"), taken: normalized });
  const back = new Map(lost.map(({ found, oid }) => [found.path, oid]));
  await changeIndex(store, index, withOids(lost, back));
  return [...back.keys()];
}

/** Those of `paths` whose index entry is a pointer of git-lfs to just the content on disk: nothing changed there. */
export async function unchangedPointers(
  run: RunGit,
  root: string,
  files: readonly { path: BytePath; size: number; oid: string }[],
): Promise<Set<BytePath>> {
  const sizes = await sizesOf(
    run,
    files.map(({ oid }) => oid),
  );
  const small = new Map([...sizes].filter(([, size]) => size < POINTER_LIMIT));
  const blobs = await readBlobs(run, small);
  const same = new Set<BytePath>();
  for (const { path, size, oid } of files) {
    const text = blobs.get(oid)?.toString("latin1") ?? "";
    const hash = POINTER.exec(text)?.[1];
    if (hash === undefined || !text.includes(`\nsize ${size}\n`)) continue;
    if ((await sha256Of(onDisk(root, path))) === hash) same.add(path);
  }
  return same;
}

/** Files that git may have converted, or may convert on checkout; everything else has the same bytes in and out. */
async function suspectsOf(store: SnapshotStore, taken: readonly Taken[]): Promise<Taken[]> {
  const files = taken.filter(({ mode }) => mode.startsWith("100"));
  if (files.length === 0) return [];
  if (store.user.config.get("core.autocrlf") === "true" || store.user.config.get("core.eol") === "crlf") return files;
  const [sizes, outward] = await Promise.all([
    sizesOf(
      store.read,
      files.map(({ oid }) => oid),
    ),
    withAttributes(
      store.read,
      files.map(({ found }) => found.path),
    ),
  ]);
  return files.filter(({ found, oid }) => sizes.get(oid) !== found.size || outward.has(found.path));
}

async function withAttributes(run: RunGit, paths: readonly BytePath[]): Promise<Set<BytePath>> {
  const input = Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1");
  const result = await run(["check-attr", "-z", "--stdin", ...OUTWARD], { input });
  const parts = result.stdout.toString("latin1").split("\0");
  const found = new Set<BytePath>();
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const value = parts[at + 2];
    if (value !== "unspecified" && value !== "unset" && value !== "lf") found.add(parts[at] ?? "");
  }
  return found;
}

/** Checks the files out into `folder`, as a room would, and compares. */
async function changedByCheckout(
  store: SnapshotStore,
  { root, index, folder, taken }: { root: string; index: string; folder: string; taken: readonly Taken[] },
): Promise<Taken[]> {
  if (taken.length === 0) return [];
  await mkdir(folder);
  const input = Buffer.from(taken.map(({ found }) => `${found.path}\0`).join(""), "latin1");
  const args = ["checkout-index", "-z", "--stdin", "--quiet", "--force", `--prefix=${folder}/`];
  await gitText(store.read, args, { input, env: { GIT_INDEX_FILE: index } });
  const changed: Taken[] = [];
  for (const one of taken) {
    const { path } = one.found;
    if (!(await sameBytes(onDisk(root, path), onDisk(folder, path)))) changed.push(one);
  }
  return changed;
}

function withOids(taken: readonly Taken[], oids: ReadonlyMap<BytePath, string>): IndexChange[] {
  const changes: IndexChange[] = [];
  for (const { found, mode } of taken) {
    const oid = oids.get(found.path);
    if (oid !== undefined) changes.push({ path: found.path, mode, oid });
  }
  return changes;
}

async function sha256Of(path: Buffer): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
  } catch {
    return undefined;
  }
}
