import { UserError, type ChangedFile, type ProveInput, type Snapshot } from "../../sdk/index.ts";
import type { Proving } from "./side.ts";

/** What is proved: a snapshot of the working tree, what it is compared with, and what is claimed of it. */
export interface Subject {
  readonly snapshot: Snapshot;
  readonly base: { readonly commit: string; readonly tree: string; readonly because: string } | undefined;
  readonly changed: readonly ChangedFile[];
  readonly claim: string;
}

type Asking = Pick<Proving, "repo" | "hands" | "step">;

/** Takes the snapshot and finds the base. A base that is no commit is the user's mistake. */
export async function findSubject(run: Asking, input: ProveInput): Promise<Subject> {
  const { snapshots } = run.hands;
  const { repo } = run;
  const taken = await run.step("snapshot", [input.base ?? null], () => snapshots.take(repo));
  const way = await snapshots.underWay(repo);
  const leftOut = [
    ...taken.leftOut,
    ...(way === undefined ? [] : [`a ${way} is under way: the tree is taken as it lies there`]),
  ];
  const snapshot = { ...taken, leftOut };
  const base = input.base === undefined ? await snapshots.defaultBase(repo, snapshot) : await named(run, input.base);
  if (!base) return { snapshot, base: undefined, changed: [], claim: input.claim ?? "" };
  const tree = await snapshots.treeOf(repo, base.commit);
  const changed = await snapshots.changed(repo, base.commit, snapshot.commit);
  const messages = input.claim === undefined ? await snapshots.messages(repo, base.commit, snapshot.head) : [];
  return { snapshot, base: { ...base, tree }, changed, claim: input.claim ?? messages.join("\n\n") };
}

async function named(run: Asking, ref: string): Promise<{ commit: string; because: string }> {
  const commit = await run.hands.snapshots.resolve(run.repo, ref);
  if (commit !== undefined) return { commit, because: `--base ${ref}` };
  throw new UserError(`${ref} names no commit of ${run.repo.name}`, {
    tried: `git rev-parse --verify ${ref}^{commit}`,
    next: "git log --oneline -5 && lodestar prove --base <commit>",
  });
}
