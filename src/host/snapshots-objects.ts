import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gitFailed, gitText, type RunGit } from "./git-run.ts";
import type { BytePath } from "./snapshots-files.ts";
import type { SnapshotStore } from "./snapshots-store.ts";

/** Bytes that one `cat-file` may give at once. */
const PORTION = 64 * 1024 * 1024;
/** Hashing reads every byte: a gigabyte may take a while. */
const HASH_TIMEOUT = 15 * 60_000;

/** A change of an index: the blob and mode that a path gets, or no blob, and the path goes. */
export interface IndexChange {
  readonly path: BytePath;
  readonly mode: string;
  readonly oid: string | undefined;
}

/**
 * Stores files of the working tree as blobs, as `git add` would (`raw`: byte for byte). A file that could not be read has no entry
 * in the result.
 */
export async function storeFiles(
  store: SnapshotStore,
  paths: readonly BytePath[],
  { raw }: { raw: boolean },
): Promise<Map<BytePath, string>> {
  const stored = new Map<BytePath, string>();
  const args = ["hash-object", "-w", ...(raw ? ["--no-filters"] : []), "--stdin-paths"];
  for (let at = 0; at < paths.length;) {
    const part = paths.slice(at);
    const input = Buffer.from(`${part.map(quoteC).join("\n")}\n`, "latin1");
    const result = await store.write(args, { input, timeout: HASH_TIMEOUT });
    const hashes = result.stdout.toString("latin1").split("\n").slice(0, -1);
    for (const [index, oid] of hashes.entries()) stored.set(part[index] ?? "", oid);
    if (result.exit === 0) break;
    if (!/could not open|unsupported file type|short read/i.test(result.stderr)) throw gitFailed(args, result);
    // It ended at the first that it could not read: that one is left out, and the rest is stored.
    at += hashes.length + 1;
  }
  return stored;
}

/** Stores contents as blobs, in order; they go through files of `folder`. */
export async function storeTexts(
  store: SnapshotStore,
  folder: string,
  contents: readonly (string | Buffer)[],
): Promise<string[]> {
  if (contents.length === 0) return [];
  const files = contents.map((_, index) => join(folder, `text-${index}`));
  for (const [index, file] of files.entries()) await writeFile(file, contents[index] ?? "");
  const args = ["hash-object", "-w", "--no-filters", "--stdin-paths"];
  const input = `${files.map((file) => quoteC(Buffer.from(file).toString("latin1"))).join("\n")}\n`;
  return (await gitText(store.write, args, { input: Buffer.from(input, "latin1") })).trim().split("\n");
}

/**
 * A path that is in the way of another (a file where a folder comes) goes. Returns what git refuses to have in an index: `.git` and
 * what some file system takes for it.
 */
export async function changeIndex(
  store: SnapshotStore,
  index: string,
  changes: readonly IndexChange[],
): Promise<string[]> {
  if (changes.length === 0) return [];
  const gone = `0 ${store.nothing}`;
  const lines = changes.map(({ path, mode, oid }) => `${oid === undefined ? gone : `${mode} ${oid}`}\t${path}\0`);
  // What goes, goes first: it may be in the way of what comes.
  const ordered = [...lines.filter((line) => line.startsWith("0 ")), ...lines.filter((line) => !line.startsWith("0 "))];
  const input = Buffer.from(ordered.join(""), "latin1");
  const args = ["update-index", "-z", "--index-info"];
  const result = await store.write(args, { input, env: { GIT_INDEX_FILE: index } });
  if (result.exit !== 0) throw gitFailed(args, result);
  return [...result.stderr.matchAll(/^Ignoring path (.*)$/gm)].map(([, path]) => path ?? "");
}

/** The tree of an index. Objects that a partial clone has not fetched are not asked for. */
export async function writeTree(store: SnapshotStore, index: string): Promise<string> {
  return (await gitText(store.write, ["write-tree", "--missing-ok"], { env: { GIT_INDEX_FILE: index } })).trim();
}

/** Sizes in bytes of those objects that are there. */
export async function sizesOf(run: RunGit, oids: Iterable<string>): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const input = [...new Set(oids)].map((oid) => `${oid}\n`).join("");
  if (input === "") return sizes;
  const listed = await gitText(run, ["cat-file", "--batch-check=%(objectname) %(objectsize)"], { input });
  for (const line of listed.split("\n")) {
    const [oid, size] = line.split(" ");
    if (oid && size && /^\d+$/.test(size)) sizes.set(oid, Number(size));
  }
  return sizes;
}

/** Contents of blobs, read in portions. `sizes` says which, and how large each is. */
export async function readBlobs(run: RunGit, sizes: ReadonlyMap<string, number>): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  let part: string[] = [];
  let bytes = 0;
  for (const [oid, size] of sizes) {
    if (bytes + size > PORTION) {
      await readPart(run, part, contents);
      [part, bytes] = [[], 0];
    }
    part.push(oid);
    bytes += size;
  }
  await readPart(run, part, contents);
  return contents;
}

async function readPart(run: RunGit, oids: readonly string[], contents: Map<string, Buffer>): Promise<void> {
  if (oids.length === 0) return;
  const args = ["cat-file", "--batch=%(objectname) %(objectsize)"];
  const result = await run(args, { input: oids.map((oid) => `${oid}\n`).join("") });
  if (result.exit !== 0) throw gitFailed(args, result);
  const output = result.stdout;
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(10, at);
    const [oid = "", size = ""] = output.toString("latin1", at, end).split(" ");
    if (!/^\d+$/.test(size)) {
      at = end + 1; // "missing" has no content
      continue;
    }
    contents.set(oid, output.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
}

/** How git reads a path from a list of lines: as a C string where it begins with a quote. */
function quoteC(path: BytePath): string {
  // oxlint-disable-next-line no-control-regex -- those are what needs the quotes
  if (!/[\u0000-\u001F\u007F"\\]/.test(path)) return path;
  const octal = (char: string) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
  // oxlint-disable-next-line no-control-regex -- as above
  return `"${path.replaceAll(/[\u0000-\u001F\u007F"\\]/g, octal)}"`;
}
