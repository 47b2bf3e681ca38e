import { join } from "node:path";
import { OutsideError, type Repo, type Snapshots } from "../sdk/index.ts";
import { gitText } from "./git-run.ts";
import { openGit } from "./git.ts";
import { expireStores } from "./snapshots-expire.ts";
import { toBytePath } from "./snapshots-files.ts";
import { changeIndex, storeTexts, writeTree, type IndexChange } from "./snapshots-objects.ts";
import { baseOf, changedBetween, messagesBetween, sourceAt, workUnderWay } from "./snapshots-read.ts";
import { restoreFiles } from "./snapshots-restore.ts";
import { isKept, keepTree, openStore, snapshotFolder, withFolder, type SnapshotStore } from "./snapshots-store.ts";
import { takeSnapshot } from "./snapshots-take.ts";

/** The snapshots of one data dir, as the host sees them. */
export interface HostSnapshots extends Snapshots {
  /**
   * Forgets commits that nobody asked for within `maxAge` (default 14 days), and packs or removes stores until the rest fits into
   * `maxBytes` (default 2 GiB); one used within the last day stays. Returns the ids of the repos whose store was removed.
   */
  expire(limits?: { maxAge?: number; maxBytes?: number; now?: number }): Promise<string[]>;
}

type Compose = Parameters<Snapshots["compose"]>[1];

/** Snapshots below `<dataDir>/snapshots/<repo id>.git`. What is done for one repo is done in turn. */
export function openSnapshots({ dataDir }: { dataDir: string }): HostSnapshots {
  const turns = new Map<string, Promise<unknown>>();

  /** Runs `work` after whatever was asked for the same repo before it. */
  function inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const begun = (turns.get(id) ?? Promise.resolve()).then(work);
    const ended = begun.catch(() => undefined);
    turns.set(id, ended);
    void ended.then(() => turns.get(id) === ended && turns.delete(id));
    return begun;
  }

  const dirOf = (repo: Repo) => snapshotFolder(dataDir, repo.id);
  const inStore = <T>(repo: Repo, work: (store: SnapshotStore) => Promise<T>) =>
    inTurn(repo.id, async () => work(await openStore(dirOf(repo), repo.root)));

  return {
    take: (repo) => inStore(repo, (store) => takeSnapshot(store, repo.root)),
    compose: (repo, request) => inStore(repo, (store) => composeCommit(store, request)),
    restore: (repo, commit) =>
      inStore(repo, async (store) => {
        await treeAt(store, commit);
        const { commit: from } = await takeSnapshot(store, repo.root);
        return restoreFiles(store, repo.root, { from, to: commit });
      }),
    changed: (repo, from, to) => inStore(repo, ({ read }) => changedBetween(read, from, to)),
    async resolve(repo, ref) {
      if (await isKept(dirOf(repo), ref)) return ref;
      return openGit(repo.root).resolve(ref);
    },
    defaultBase: (repo, snapshot) => baseOf(openGit(repo.root).run, snapshot),
    treeOf: (repo, commit) => inStore(repo, (store) => treeAt(store, commit)),
    source: (repo, commit) => inStore(repo, ({ read }) => sourceAt(read, commit)),
    messages: (repo, from, to) =>
      inStore(repo, async ({ read, dir }) => {
        let end = to;
        while (await isKept(dir, end)) end = (await gitText(read, ["rev-parse", "--verify", `${end}^1`])).trim();
        return messagesBetween(read, from, end);
      }),
    async underWay(repo) {
      const asked = ["rev-parse", "--path-format=absolute", "--git-dir"];
      return workUnderWay((await gitText(openGit(repo.root).run, asked)).replace(/\n$/, ""));
    },
    expire: (limits) => expireStores(join(dataDir, "snapshots"), { ...limits, inTurn }),
  };
}

async function composeCommit(store: SnapshotStore, request: Compose): Promise<string> {
  const { onto, from, paths = [], write = {} } = request;
  const before = await treeAt(store, onto);
  return withFolder(store, async (folder) => {
    const index = join(folder, "index");
    await gitText(store.read, ["read-tree", before], { env: { GIT_INDEX_FILE: index } });
    if (from !== undefined) await changeOrRefuse(store, index, await entriesOf(store, from, paths));
    const written = Object.entries(write);
    const oids = await storeTexts(
      store,
      folder,
      written.map(([, text]) => text),
    );
    const modes = written.length > 0 ? await modesIn(store, index) : new Map<string, string>();
    const texts = written.map(([name], at): IndexChange => {
      const path = toBytePath(name);
      const mode = modes.get(path);
      return { path, mode: mode?.startsWith("100") ? mode : "100644", oid: oids[at] };
    });
    await changeOrRefuse(store, index, texts);
    const tree = await writeTree(store, index);
    return tree === before ? onto : keepTree(store, { tree, parent: onto, title: "Composed of two trees" });
  });
}

async function changeOrRefuse(store: SnapshotStore, index: string, changes: readonly IndexChange[]): Promise<void> {
  const [refused] = await changeIndex(store, index, changes);
  if (refused !== undefined) throw new OutsideError(`git refuses a file named ${refused}`, { retryable: false });
}

/** What `paths` are at a commit; those that it does not have are to go. */
async function entriesOf(store: SnapshotStore, commit: string, paths: readonly string[]): Promise<IndexChange[]> {
  const args = ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit];
  const listed = (await store.read(args)).stdout.toString("latin1");
  const entries = new Map<string, { mode: string; oid: string | undefined }>();
  for (const entry of listed.split("\0")) {
    const [mode = "", , oid] = entry.slice(0, entry.indexOf("\t")).split(" ");
    if (entry !== "") entries.set(entry.slice(entry.indexOf("\t") + 1), { mode, oid });
  }
  if (entries.size === 0) await treeAt(store, commit);
  return paths.map((name) => {
    const path = toBytePath(name);
    return { path, ...(entries.get(path) ?? { mode: "0", oid: undefined }) };
  });
}

async function modesIn(store: SnapshotStore, index: string): Promise<Map<string, string>> {
  const result = await store.read(["ls-files", "-z", "-s"], { env: { GIT_INDEX_FILE: index } });
  const modes = new Map<string, string>();
  for (const entry of result.stdout.toString("latin1").split("\0"))
    modes.set(entry.slice(entry.indexOf("\t") + 1), entry.slice(0, 6));
  return modes;
}

/** An OutsideError when it is no commit of the repo or its store. */
async function treeAt(store: SnapshotStore, commit: string): Promise<string> {
  const asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${commit}^{tree}`];
  const result = await store.read(asked);
  if (result.exit !== 0) throw new OutsideError(`${commit} is no commit that is known here`, { retryable: false });
  return result.stdout.toString("latin1").trim();
}
