import type { OnStop } from "../kernel/agent-door.ts";
import type { Machine } from "../kernel/machine.ts";
import type { Proof, Repo } from "../sdk/index.ts";
import { catchStop } from "./stop-catch.ts";

/** Seconds that checks may take while an agent waits; its hook gives up later. */
const BUDGET = 240;
/** Milliseconds after which the agent is let go; the proof goes on. */
const PATIENCE = 270_000;

/** Answers the stops of agents in the repos of a machine. */
export function openStopCatch(machine: Machine): OnStop {
  return async (event, repo) => {
    const state = await machine.find(repo.id);
    const baseline = state.receipts.findLast((one) => one.kind === "baseline")?.commit;
    const prove = (claim: string) => proved(machine, repo, { claim, baseline });
    return catchStop({ repo: repo.id, log: machine.log, baseline, prove }, event);
  };
}

/** Work that was committed since the baseline is compared with the baseline, and not only with the commit before. */
async function proved(
  machine: Machine,
  repo: Repo,
  { claim, baseline }: { claim: string; baseline: string | undefined },
): Promise<Proof | undefined> {
  const { commit, dirty } = await repo.git.head();
  const base = !dirty && baseline !== undefined && baseline !== commit ? { base: baseline } : {};
  const input = { path: repo.root, claim, budget: BUDGET, unsandboxed: false, trust: false, ...base };
  const begun = await machine.prove(input, "stop-catch");
  const signal = AbortSignal.timeout(PATIENCE);
  for await (const event of machine.log.follow({ after: begun.after, repo: repo.id, signal }))
    if (event.type === "run.ended" && event.metadata.runId === begun.run) return event.data.proof;
  return undefined;
}
