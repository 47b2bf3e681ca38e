import type { AnyEvent, DataOf } from "../sdk/index.ts";

/** One session of a coding agent in a repo, as its hooks or the table of processes told it. */
export interface AgentState {
  readonly session: string;
  readonly agent: string;
  model: string | undefined;
  cwd: string;
  state: "started" | "ended";
  readonly by: DataOf<"agent.session">["by"];
  /** Names of `AgentCover`. */
  covers: readonly string[];
  readonly startedAt: string;
  lastAt: string;
  steps: number;
  /** Calls that were refused, asked about, or let run after a snapshot. */
  denied: number;
  /** The log has nothing of this session before it. */
  readonly firstSeq: number;
}

/** Sessions of a repo that are remembered; beyond it, the one that was silent the longest goes, those that ended first. */
const SESSIONS = 200;

/** Takes one event into the sessions of its repo. */
export function foldAgents(agents: Map<string, AgentState>, event: AnyEvent): void {
  switch (event.type) {
    case "agent.session":
      return foldSession(agents, event);
    case "agent.step":
      return count(agents, event.data.session, { at: event.timestamp, steps: 1, denied: 0 });
    case "agent.denied":
      return count(agents, event.data.session, { at: event.timestamp, steps: 0, denied: 1 });
    default:
  }
}

function foldSession(agents: Map<string, AgentState>, event: AnyEvent & { type: "agent.session" }): void {
  const { session, agent, model, cwd, state, by, covers } = event.data;
  const known = agents.get(session);
  const begun = { session, agent, by, startedAt: event.timestamp, steps: 0, denied: 0, firstSeq: event.seq };
  // Who else tells of a session sees another part of what covers it.
  const both = known && known.by !== by ? [...new Set([...known.covers, ...covers])] : covers;
  touch(agents, {
    ...(known ?? begun),
    model: model ?? known?.model,
    cwd,
    state,
    covers: both,
    lastAt: event.timestamp,
  });
  if (agents.size > SESSIONS) forgetOne(agents);
}

function count(
  agents: Map<string, AgentState>,
  session: string,
  more: { at: string; steps: number; denied: number },
): void {
  const known = agents.get(session);
  if (!known) return;
  known.lastAt = more.at;
  known.steps += more.steps;
  known.denied += more.denied;
  touch(agents, known);
}

/** The last one of the map is the one that was heard of last. */
function touch(agents: Map<string, AgentState>, one: AgentState): void {
  agents.delete(one.session);
  agents.set(one.session, one);
}

function forgetOne(agents: Map<string, AgentState>): void {
  const all = [...agents.values()];
  const oldest = all.find((one) => one.state === "ended") ?? all[0];
  if (oldest) agents.delete(oldest.session);
}
