import type { DataOf, HookAnswer, HookEvent } from "../sdk/index.ts";
import { judgeTool, type Danger, type GuardFacts } from "./danger.ts";
import type { Machine } from "./machine.ts";
import type { RepoState } from "./views.ts";

interface Where {
  readonly repo: RepoState;
  readonly machine: Machine;
  readonly dataDir: string;
  readonly home: string;
}

/** What the danger guard says of a call, and what is to be recorded of it. */
export interface Guarded {
  readonly answer: HookAnswer;
  readonly denied?: DataOf<"agent.denied">;
}

/** Milliseconds that a snapshot may take; a hook is waited for 10 seconds. */
const SNAPSHOT_TIME = 8_000;

/**
 * Judges a tool call before it runs, or a permission that is asked for. What destroys files runs once a complete snapshot of
 * them was taken; else a person is asked.
 */
export async function guardCall(event: HookEvent, where: Where): Promise<Guarded> {
  if ((event.event !== "tool" && event.event !== "permission") || event.tool === undefined) return { answer: {} };
  const call = { tool: event.tool, input: event.input, cwd: event.cwd };
  const strict = strictest(where);
  // Git is asked only about calls that the strictest view of it does not allow.
  if (judgeTool(call, strict).decision === "allow") return { answer: {} };
  const { machine, repo } = where;
  const { branch, dirty } = await (await machine.hands.repo(repo.path)).git.head();
  const danger = judgeTool(call, { ...strict, branch, dirty });
  if (danger.decision === "allow") return { answer: {} };
  // The call was judged before its permission was asked for, and a person is about to decide.
  if (event.event === "permission" && danger.decision !== "deny") return { answer: {} };
  const base = { session: event.session, agent: event.agent, tool: event.tool, rule: danger.rule };
  if (danger.decision === "snapshot") return afterSnapshot(danger, base, where);
  const { decision, because } = danger;
  const sentence = `Lodestar (${danger.rule}): ${because}${danger.instead === undefined ? "" : ` Instead: ${danger.instead}.`}`;
  return {
    answer: decision === "deny" ? { deny: sentence } : { ask: sentence },
    denied: { ...base, because, decision },
  };
}

async function afterSnapshot(
  danger: Danger & { decision: "snapshot" },
  base: Omit<DataOf<"agent.denied">, "because" | "decision">,
  { machine, repo }: Where,
): Promise<Guarded> {
  const { because, rule } = danger;
  const ask = (why: string): Guarded => ({
    answer: { ask: `Lodestar (${rule}): ${because} ${why}` },
    denied: { ...base, because, decision: "ask" },
  });
  if (danger.covers.includes("database")) return ask("Nothing would bring the database back.");
  const taken = await snapshot(machine, repo);
  if ("why" in taken) return ask(taken.why);
  return { answer: {}, denied: { ...base, because, decision: "snapshot", snapshot: taken.commit } };
}

/** A complete snapshot of the working tree, or why there is none. */
async function snapshot(machine: Machine, repo: RepoState): Promise<{ commit: string } | { why: string }> {
  const ended = new AbortController();
  const taking = (async () => {
    const { commit, leftOut } = await machine.hands.snapshots.take(await machine.hands.repo(repo.path));
    return leftOut.length === 0 ? { commit } : { why: `A snapshot would not be complete: ${leftOut[0]}` };
  })().catch(() => ({ why: "No snapshot of the files could be taken first." }));
  const late = machine.hands.clock.sleep(SNAPSHOT_TIME, ended.signal).then(
    () => ({ why: "No snapshot of the files could be taken in time." }),
    () => ({ why: "" }),
  );
  const first = await Promise.race([taking, late]);
  ended.abort();
  return first;
}

function strictest({ repo, dataDir, home }: Where): GuardFacts {
  return {
    root: repo.path,
    dataDir,
    home,
    dirty: true,
    branch: undefined,
    defaultBranch: undefined,
    ownDatabases: [],
  };
}
