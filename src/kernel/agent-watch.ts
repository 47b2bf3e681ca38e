import { StruggleAction, type SessionStep, type StruggleRule } from "../sdk/index.ts";
import { newGuard, type Alarm } from "./guardrails.ts";
import type { Machine } from "./machine.ts";
import type { RepoState } from "./views.ts";

/** `action` of a guardrails event that lets the session go on which its `fingerprint` names. */
export const RESET = "reset";
const PAGE = 1_000;

/** The guard of one session, and the alarms of which nobody knows yet whether they were right. */
export interface SessionWatch {
  /** What the rules that hold now say of the next step. What was seen under other rules stays seen. */
  observe(step: SessionStep, rules: readonly StruggleRule[]): Alarm[];
  /**
   * The rules whose alarm took its rule's own action, and at least this one, since this was asked last; each alarm is given once.
   * A rule's early notes and warnings are not its word.
   */
  take(least: StruggleAction): string[];
}

/** A watch that has seen what the log has of its session, who let it go on, and which of its claims were judged. */
export async function watchSession(
  machine: Machine,
  session: string,
  { repo, rules }: { repo: RepoState; rules: readonly StruggleRule[] },
): Promise<SessionWatch> {
  const watch = openWatch(repo.name, rules);
  const known = repo.agents.get(session);
  if (!known) return watch;
  for (let after = known.firstSeq - 1; ;) {
    const types = ["agent.step", "agent.stop", "guardrails"] as const;
    const events = await machine.log.read({ after, limit: PAGE, repo: repo.repo, types });
    for (const event of events) {
      if (event.type === "agent.step" && event.data.session === session) watch.observe(event.data, rules);
      if (event.type === "agent.stop" && event.data.session === session && isJudged(event.data.verdict))
        watch.take("note");
      if (event.type === "guardrails" && event.data.action === RESET && event.data.fingerprint === session)
        watch.reset(event.data.detail, Date.parse(event.timestamp));
    }
    const last = events.at(-1);
    if (!last || events.length < PAGE) return watch;
    after = last.seq;
  }
}

/** A claim that was proved or refuted says what the alarms before it were; an undecided one does not. */
export function isJudged(verdict: string | null): boolean {
  return verdict === "verified" || verdict === "refuted";
}

function openWatch(repo: string, first: readonly StruggleRule[]) {
  const open = new Map<string, StruggleAction>();
  let rules = first;
  let guard = newGuard(rules, { repo });
  return {
    observe(step: SessionStep, now: readonly StruggleRule[]): Alarm[] {
      if (now !== rules) guard = newGuard(now, { repo, state: guard.state() });
      rules = now;
      const alarms = guard.observe(step);
      for (const { rule, action } of alarms) {
        const own = rules.find(({ id }) => id === rule)?.action;
        if (own === undefined || !atLeast(action, own)) continue;
        if (atLeast(action, open.get(rule) ?? "note")) open.set(rule, action);
      }
      return alarms;
    },
    take(least: StruggleAction): string[] {
      const taken = [...open].filter(([, action]) => atLeast(action, least)).map(([rule]) => rule);
      open.clear();
      return taken;
    },
    reset(by: string, at: number): void {
      guard.reset(by, at);
      open.clear();
    },
  };
}

function atLeast(action: StruggleAction, least: StruggleAction): boolean {
  return StruggleAction.options.indexOf(action) >= StruggleAction.options.indexOf(least);
}
