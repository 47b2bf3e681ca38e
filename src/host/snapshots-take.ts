import { lstat, readlink } from "node:fs/promises";
import { join } from "node:path";
import { OutsideError, type Snapshot } from "../sdk/index.ts";
import { disarmedGit } from "./git-run.ts";
import { filteredAt, openGit } from "./git.ts";
import { keepBytes, unchangedPointers, type Taken } from "./snapshots-bytes.ts";
import { lookAt, onDisk, readable, type BytePath, type Found } from "./snapshots-files.ts";
import { copyIndex, listTree, type Indexed, type Listed } from "./snapshots-list.ts";
import { changeIndex, storeFiles, storeTexts, writeTree, type IndexChange } from "./snapshots-objects.ts";
import { keepTree, withFolder, type SnapshotStore } from "./snapshots-store.ts";

/** A file larger than this is not taken: 1 GB, as the sentence says. */
const LARGEST = 1_000_000_000;
/** Names in one sentence; of the rest it says how many. */
const NAMED = 5;

interface Taking {
  readonly store: SnapshotStore;
  readonly root: string;
  readonly folder: string;
  readonly index: string;
  readonly listed: Listed;
  readonly leftOut: string[];
}

/** The working tree at `root` as a commit of the store. */
export async function takeSnapshot(store: SnapshotStore, root: string): Promise<Snapshot> {
  const asked = await disarmedGit(root)(["log", "-1", "--format=%H %T", "HEAD"]);
  const [head, before] = asked.stdout.toString("latin1").trim().split(" ");
  if (asked.exit !== 0 || !head || !before)
    throw new OutsideError(`HEAD of ${root} names no commit that can be read`, { retryable: false });
  return withFolder(store, async (folder) => {
    const index = join(folder, "index");
    await copyIndex(store, index, head);
    const listed = await listTree(store, root, index);
    const leftOut: string[] = [];
    await takeFiles({ store, root, folder, index, listed, leftOut });
    const tree = await writeTree(store, index);
    const dirty = tree !== before;
    const commit = dirty ? await keepTree(store, { tree, parent: head, title: "Working tree" }) : head;
    if (hasAttributes(listed)) leftOut.push(...(await filteredAt(store.read, commit)));
    return { commit, tree, head, dirty, leftOut };
  });
}

async function takeFiles(taking: Taking): Promise<void> {
  const { store, root, listed, index, leftOut } = taking;
  const { links, files, gone } = sort(taking, await lookAt(root, listed.differing));
  const unchanged = hasAttributes(listed)
    ? await unchangedPointers(store.read, root, tracked(files, listed.indexed))
    : new Set();
  const stored = await storeAll(
    taking,
    files.filter(({ path }) => !unchanged.has(path)),
  );
  const changes: IndexChange[] = [
    ...gone.map((path) => ({ path, mode: "0", oid: undefined })),
    ...(await storeLinks(taking, links)),
    ...stored.map(({ found, mode, oid }) => ({ path: found.path, mode, oid })),
    ...(await submodules(taking)),
  ];
  for (const path of await changeIndex(store, index, changes))
    leftOut.push(`${path} is left out: git refuses its name`);
  if (!hasAttributes(listed) && !store.user.config.has("core.autocrlf")) return;
  const lost = await keepBytes(store, { ...taking, taken: stored });
  say(leftOut, lost, "as git stores them: a checkout changes their bytes (line ends, ident or encoding)");
}

/** What is to be done with each path that differs; what cannot be taken is said and stays as the index has it. */
function sort({ listed, leftOut }: Taking, looked: readonly Found[]) {
  const linked = new Set(looked.filter(({ kind }) => kind === "link").map(({ path }) => path));
  const links: Found[] = [];
  const files: Found[] = [];
  const gone: BytePath[] = [];
  const [large, unreadable, special]: [BytePath[], BytePath[], BytePath[]] = [[], [], []];
  for (const found of looked) {
    const { path, kind } = found;
    const known = listed.indexed.get(path);
    // Behind a link lies another folder, whatever the index has there.
    if (liesBelow(path, linked)) gone.push(path);
    else if (kind === "link") links.push(found);
    else if (kind === "unreadable") unreadable.push(path);
    else if (kind === "file" && found.size > LARGEST) large.push(path);
    else if (kind === "file") files.push(found);
    else if (kind === "special") special.push(path);
    if (kind === "special" || kind === "gone" || (kind === "folder" && known?.mode !== "160000")) gone.push(path);
  }
  say(leftOut, large, "left out: larger than 1 GB");
  say(leftOut, unreadable, "left out: no permission to read");
  say(leftOut, special, "left out: neither file nor link");
  say(leftOut, listed.nested, "left out: a repository of its own inside this one");
  for (const path of listed.closed) leftOut.push(`${path} was left out: no permission to read`);
  if (listed.sparse > 0)
    leftOut.push(`files outside the sparse checkout (${listed.sparse}) were taken as the index has them`);
  return { links, files, gone };
}

/** Files that were written to while they were read are read a second time. */
async function storeAll(taking: Taking, files: readonly Found[]): Promise<Taken[]> {
  const { store, root, leftOut } = taking;
  const taken = new Map<BytePath, Taken>();
  const lost: BytePath[] = [];
  let waiting = files;
  for (let round = 0; round < 2 && waiting.length > 0; round++) {
    const paths = waiting.map(({ path }) => path);
    const stored = await storeFiles(store, paths, { raw: false });
    const after = await lookAt(root, paths);
    const moved: Found[] = [];
    for (const [at, found] of waiting.entries()) {
      const oid = stored.get(found.path);
      const now = after[at];
      if (oid !== undefined) taken.set(found.path, { found, mode: modeOf(taking, found), oid });
      if (now === undefined || (oid !== undefined && now.stamp === found.stamp)) continue;
      if (now.kind === "file" && round === 0) moved.push(now);
      else lost.push(found.path);
    }
    waiting = moved;
  }
  say(leftOut, lost, "perhaps not as it is now: it changed while it was read");
  return [...taken.values()];
}

async function storeLinks({ store, root, folder }: Taking, links: readonly Found[]): Promise<IndexChange[]> {
  const targets: Buffer[] = [];
  for (const { path } of links) targets.push(await readlink(onDisk(root, path), { encoding: "buffer" }));
  const oids = await storeTexts(store, folder, targets);
  return links.map(({ path }, at) => ({ path, mode: "120000", oid: oids[at] }));
}

/** A submodule counts as the commit that is checked out in it; a room leaves it out either way. */
async function submodules({ root, listed, leftOut }: Taking): Promise<IndexChange[]> {
  const moved: IndexChange[] = [];
  const changed: BytePath[] = [];
  for (const [path, { mode, oid }] of listed.indexed) {
    if (mode !== "160000") continue;
    const inner = join(root, readable(path));
    if (!(await lstat(join(inner, ".git")).catch(() => undefined))) continue;
    const head = await openGit(inner)
      .head()
      .catch(() => undefined);
    if (head === undefined || head.dirty) changed.push(path);
    if (head && /^[0-9a-f]{40,64}$/.test(head.commit) && head.commit !== oid)
      moved.push({ path, mode, oid: head.commit });
  }
  say(leftOut, changed, "left out: a submodule with changes of its own");
  return moved;
}

function modeOf({ store, listed }: Taking, { path, executable }: Found): string {
  const { config } = store.user;
  const known = listed.indexed.get(path)?.mode;
  if (known === "120000" && isOff(config.get("core.symlinks"))) return known;
  const usable = known?.startsWith("100") ? known : "100644";
  if (isOff(config.get("core.filemode"))) return usable;
  return executable ? "100755" : "100644";
}

function tracked(files: readonly Found[], indexed: ReadonlyMap<BytePath, Indexed>) {
  const found: { path: BytePath; size: number; oid: string }[] = [];
  for (const { path, size } of files) {
    const oid = indexed.get(path)?.oid;
    if (oid !== undefined) found.push({ path, size, oid });
  }
  return found;
}

function hasAttributes({ indexed, differing }: Listed): boolean {
  for (const paths of [indexed.keys(), differing])
    for (const path of paths) if (path.endsWith(".gitattributes")) return true;
  return false;
}

function liesBelow(path: BytePath, folders: ReadonlySet<BytePath>): boolean {
  if (folders.size === 0) return false;
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1))
    if (folders.has(path.slice(0, at))) return true;
  return false;
}

function isOff(value: string | undefined): boolean {
  return value !== undefined && /^(false|no|off|0|)$/i.test(value);
}

function say(leftOut: string[], paths: readonly BytePath[], what: string): void {
  for (const path of paths.slice(0, NAMED)) leftOut.push(`${readable(path)} is ${what}`);
  if (paths.length > NAMED) leftOut.push(`${paths.length - NAMED} more files are ${what}`);
}
