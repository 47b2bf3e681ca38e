import { join } from "node:path";
import { OutsideError } from "../sdk/index.ts";
import { disarmedGit, gitText } from "./git-run.ts";
import { isKept } from "./snapshots-store.ts";

/** A snapshot may hold files of up to 1 GB. */
const PACK_TIMEOUT = 15 * 60_000;
/** Commits of the store that stand on each other: a snapshot, what was composed on it, and so on. */
const DEPTH = 100;

/** `commit` when it is one of the store at `dir`; such a commit is only ever named in full. */
export async function snapshotCommit(dir: string, commit: string): Promise<string | undefined> {
  return (await isKept(dir, commit)) ? commit : undefined;
}

/**
 * Writes what a commit of the store at `dir` has beyond the repo's own commits into the clone at `dest`, as one pack. Deltas are not
 * looked for: it is read once and on this machine.
 */
export async function bringSnapshot(dir: string, commit: string, dest: string): Promise<void> {
  const store = disarmedGit(undefined, { gitDir: dir, config: [], env: {} });
  const line = await gitText(store, ["rev-list", "--first-parent", `--max-count=${DEPTH}`, commit]);
  const base = await firstOfRepo(dir, line.trim().split("\n"));
  if (base === undefined) throw new OutsideError(`snapshot ${commit} stands on no commit`, { retryable: false });
  const pack = join(dest, ".git", "objects", "pack", "pack");
  const args = ["pack-objects", "--quiet", "--revs", "--window=0", pack];
  await gitText(store, args, { input: `${commit}\n^${base}\n`, timeout: PACK_TIMEOUT });
}

async function firstOfRepo(dir: string, line: readonly string[]): Promise<string | undefined> {
  for (const commit of line) if (!(await isKept(dir, commit))) return commit;
  return undefined;
}
