import { isUserError, messageOf, UserError } from "../sdk/index.ts";
import type { Hands, Log, MadeRoom, Repo, RoomInput, WorkClone } from "../sdk/index.ts";
import { readPlan, type Proving } from "./prove/side.ts";
import { equip } from "./room/equip.ts";
import { consent } from "./up/consent.ts";
import { emit, noAdjustments, round, say, type Core, type Step } from "./up/run.ts";

/** What `rooms create` is given. */
export interface RoomContext {
  readonly id: string;
  readonly source: "room";
  readonly input: RoomInput;
  readonly repo: Repo;
  readonly hands: Hands;
  readonly log: Log;
  readonly step: Step;
  readonly signal: AbortSignal;
  readonly gate: () => Promise<void>;
  readonly trusted: { unsandboxed: boolean } | undefined;
}

/** What the room begins with. */
interface Start {
  readonly commit: string;
  /** The branch that is checked out in it; absent for one of its own. */
  readonly branch: string | undefined;
  /** Where its work goes in the repo; absent for the branch of its own. */
  readonly target: string | undefined;
  readonly limits: readonly string[];
}

const NO_SPACE = /ENOSPC|EDQUOT|no space left|quota exceeded/i;

/**
 * The promise of `rooms create`: a clone that shares nothing with the repo, with its dependencies, its databases, ports and an env
 * file, on a branch whose work comes back by `git push`. Nothing of the working tree, the index or the refs is touched.
 */
export async function makeRoom(context: RoomContext): Promise<MadeRoom> {
  try {
    return await furnish(context);
  } catch (error) {
    // A run that is ended from outside may go on in the next daemon: what it made waits for it, a day at most.
    if (!context.signal.aborted) await context.hands.rooms.remove(context.input.id);
    if (isUserError(error) || !NO_SPACE.test(messageOf(error))) throw error;
    throw new UserError(`There is no space left for a room of ${context.repo.name}`, {
      tried: messageOf(error),
      cause: error,
      next: "lodestar rooms list   (remove what nobody needs, or: lodestar clean)",
    });
  }
}

async function furnish(context: RoomContext): Promise<MadeRoom> {
  const { hands, repo, input } = context;
  const begun = hands.clock.now();
  const start = await context.step("start", [input.branch ?? null], () => startOf(context));
  const planned = await readPlan(context, start.commit);
  const asked = { ...context, input: { interactive: false, unsandboxed: input.unsandboxed } };
  const allowed = await consent(asked, planned, context.trusted);
  if (!allowed.ok) throw new UserError(allowed.question.question, { next: allowed.question.next });

  await say(context, "room", `Making a room of ${repo.name} at ${start.commit.slice(0, 7)}`);
  const { commit, branch } = start;
  const clone = await hands.workRooms.settle({ repo, id: input.id, commit, ...(branch ? { branch } : {}) });
  const core = await coreOf(context, { clone, commit, plan: planned, unsandboxed: allowed.unsandboxed });
  const equipped = await equip(core, { id: input.id, path: clone.path });
  await hands.workRooms.finish(input.id, { ports: equipped.ports });
  await emit(context, {
    type: "room.created",
    data: { room: input.id, commit, path: clone.path, purpose: "work" },
    key: `${context.id}/room`,
  });
  return {
    room: input.id,
    path: clone.path,
    branch: clone.branch,
    commit,
    ...equipped,
    limits: [...new Set([...start.limits, ...clone.limits, ...core.notChecked, ...equipped.limits])],
    push: `git push origin HEAD:refs/heads/${start.target ?? `room/${input.id}`}`,
    seconds: round((hands.clock.now() - begun) / 1000),
  };
}

async function coreOf(
  context: RoomContext,
  made: { clone: WorkClone; commit: string; plan: Awaited<ReturnType<typeof readPlan>>; unsandboxed: boolean },
): Promise<Core> {
  const { commit } = made;
  const proving: Proving = {
    ...context,
    sandbox: made.unsandboxed ? "unsandboxed" : "bubblewrap",
    notChecked: [],
  };
  const head = { commit, tree: await context.hands.snapshots.treeOf(context.repo, commit), dirty: false };
  const { plan, view } = made.plan;
  return { ...proving, head, plan, view: async () => view, adjust: noAdjustments() };
}

/** The working tree as it is, or the branch that was named. */
async function startOf({ repo, hands, input }: RoomContext): Promise<Start> {
  const { branch } = input;
  if (branch !== undefined) return branchOf({ repo, hands }, branch);
  const { commit, dirty, leftOut } = await hands.snapshots.take(repo);
  const begins = "its branch begins with a commit of your uncommitted changes";
  return { commit, branch: undefined, target: undefined, limits: [...leftOut, ...(dirty ? [begins] : [])] };
}

async function branchOf({ repo, hands }: Pick<RoomContext, "repo" | "hands">, name: string): Promise<Start> {
  // Characters that git refuses in a branch's name would make another expression of it (git check-ref-format).
  const isName = !/[\s~^:?*[\\]|\.\.|@\{|^[-/]|\/$|\.lock$/.test(name);
  for (const ref of isName ? [`refs/heads/${name}`, `refs/remotes/origin/${name}`] : []) {
    const commit = await hands.snapshots.resolve(repo, ref);
    if (commit === undefined) continue;
    // Git refuses a push to the branch that is checked out in the repo.
    const isOut = (await repo.git.head()).branch === name;
    return { commit, branch: name, target: isOut ? undefined : name, limits: [] };
  }
  throw new UserError(`${repo.name} has no branch ${name}`, {
    tried: `refs/heads/${name}, refs/remotes/origin/${name}`,
    next: `git -C ${repo.root} branch --all`,
  });
}
