import type { ChangedFile } from "./claim.ts";
import type { Repo } from "./hands.ts";

/** A working tree at one moment, as a commit. */
export interface Snapshot {
  readonly commit: string;
  readonly tree: string;
  /** The commit that HEAD named. */
  readonly head: string;
  /** Whether the tree differs from the one of HEAD. */
  readonly dirty: boolean;
  /**
   * What could not be taken, as sentences: submodules with changes, nested repos, files over 1 GB, unreadable, no files at all or
   * changed while they were read, files outside a sparse checkout, filters (LFS) that were not run.
   */
  readonly leftOut: readonly string[];
}

/** What a restore wrote. `before` is the snapshot of what was there; `left` came after the snapshot and was not touched. */
export interface Restored {
  readonly snapshot: string;
  readonly before: string;
  readonly restored: readonly string[];
  readonly left: readonly string[];
}

/** A commit's files as a plan is detected from them. */
export interface CommitSource {
  readonly files: readonly string[];
  /** Text of at most 1 MiB, links inside the repo followed; undefined when absent, larger or binary. */
  read(path: string): Promise<string | undefined>;
}

/**
 * Working trees as commits, and commits made of two trees, in a store of Lodestar's own: the repo's index, refs and objects stay as
 * they are. Rooms can be made of all of them. Commits are full hashes, in the store or in the repo; one that is in neither is an
 * OutsideError.
 */
export interface Snapshots {
  /** Takes the working tree as it is, also what is ignored but tracked. The commit's parent is HEAD; a clean tree gives HEAD itself. Same tree and HEAD, same commit. */
  take(repo: Repo): Promise<Snapshot>;
  /**
   * A commit on top of `onto` with its tree, where `paths` (files) are as in `from` (absent there: removed), and then the texts of
   * `write` by path. Equal requests give equal hashes; one that changes nothing gives `onto`.
   */
  compose(
    repo: Repo,
    request: {
      onto: string;
      from?: string;
      paths?: readonly string[];
      write?: Readonly<Record<string, string>>;
    },
  ): Promise<string>;
  /**
   * Files that differ, renames found. Texts of at most 1 MiB each, of at most 2,000 files and 128 MiB in all; the rest, links and
   * submodules come without texts.
   */
  changed(repo: Repo, from: string, to: string): Promise<ChangedFile[]>;
  /** Full commit hash of a ref, tag, abbreviation or `HEAD~2`; undefined when it names none. */
  resolve(repo: Repo, ref: string): Promise<string | undefined>;
  /**
   * The commit to compare with when nobody says one: HEAD when the tree is dirty; else the merge base with the default branch when that
   * is not HEAD; else the first parent; undefined for a root commit. `because` completes "compared with it, because …".
   */
  defaultBase(repo: Repo, snapshot: Snapshot): Promise<{ commit: string; because: string } | undefined>;
  treeOf(repo: Repo, commit: string): Promise<string>;
  /** Brings the files of a snapshot back into the working tree; what is there now is taken as a snapshot first. A commit that is not in the store is an OutsideError. */
  restore(repo: Repo, commit: string): Promise<Restored>;
  source(repo: Repo, commit: string): Promise<CommitSource>;
  /** Messages (subject and body) of the commits in `to` and not in `from`, newest first, at most 50; never a snapshot's own. */
  messages(repo: Repo, from: string, to: string): Promise<string[]>;
  /** What the working tree is in the middle of: "rebase", "am", "merge", "cherry-pick", "revert" or "bisect". */
  underWay(repo: Repo): Promise<string | undefined>;
}
