import type { EventDraft } from "../sdk/index.ts";
import type { AgentState } from "./agents-view.ts";
import { repoAt } from "./find-repo.ts";
import type { Machine } from "./machine.ts";
import type { RepoState } from "./views.ts";

/** A process of a coding agent, as the table of processes shows it. */
export interface RunningAgent {
  readonly agent: string;
  readonly pid: number;
  /** Tells two processes that had the same pid apart. */
  readonly started: string;
  readonly cwd: string;
}

/** A session as `lodestar agents list` shows it. */
export interface AgentSession extends Omit<AgentState, "firstSeq"> {
  readonly repo: string;
  readonly name: string;
}

/** Milliseconds without a word after which a session is no longer taken for one that runs, unless its process is seen. */
const SILENT = 60 * 60_000;

/**
 * The sessions of agents that run now, in one repo or in all: those that hooks told of, and processes in a repo for which no hook
 * fired. What was found by looking, and what is gone since, is put on record.
 */
export async function listSessions(
  machine: Machine,
  running: readonly RunningAgent[],
  repo: string | undefined,
): Promise<AgentSession[]> {
  await machine.catchUp();
  const repos = [...machine.views.repos.values()].filter((one) => repo === undefined || one.repo === repo);
  const now = machine.hands.clock.now();
  const drafts = repos.flatMap((one) =>
    lookedFor(
      one,
      running.filter((each) => repoAt(machine.views, each.cwd) === one),
      now,
    ),
  );
  if (drafts.length > 0) await machine.append(...drafts);
  return repos.flatMap((one) =>
    [...one.agents.values()]
      .filter((each) => each.state === "started")
      .map(({ firstSeq: _firstSeq, ...each }) => ({ ...each, repo: one.repo, name: one.name })),
  );
}

/** What looking at the processes of a repo changes. A process beside as many sessions with hooks is taken for one of them. */
function lookedFor(repo: RepoState, running: readonly RunningAgent[], now: number): EventDraft[] {
  const drafts: EventDraft[] = [];
  const record = (
    data: { session: string; agent: string; cwd: string; by: AgentState["by"] },
    state: AgentState["state"],
  ) =>
    drafts.push({ type: "agent.session", source: data.agent, repo: repo.repo, data: { ...data, state, covers: [] } });
  const known = [...repo.agents.values()].filter((one) => one.state === "started");
  const named = running.map((one) => ({ ...one, session: `process ${one.pid}-${one.started}` }));
  for (const agent of new Set([...named, ...known].map((one) => one.agent))) {
    const processes = named.filter((one) => one.agent === agent);
    const told = known.filter((one) => one.agent === agent && one.by !== "process");
    const silent = told.filter((one) => processes.length === 0 && now - Date.parse(one.lastAt) > SILENT);
    for (const { session, cwd, by } of silent) record({ session, agent, cwd, by }, "ended");
    const uncovered = processes.slice(told.length);
    const seen = known.filter((one) => one.agent === agent && one.by === "process");
    for (const { session, cwd, by } of seen)
      if (!uncovered.some((one) => one.session === session)) record({ session, agent, cwd, by }, "ended");
    for (const { session, cwd } of uncovered)
      if (!seen.some((one) => one.session === session)) record({ session, agent, cwd, by: "process" }, "started");
  }
  return drafts;
}
