import { StruggleAction, type Log, type StruggleRule } from "../sdk/index.ts";
import type { Alarm } from "./guardrails.ts";
import { countAlarm, type StruggleCount } from "./struggle.ts";

const PAGE = 1_000;

/**
 * What the log tells of alarms: one row per session, and one per agent and model for the whole life. A session that never said
 * its model counts as `unknown`; a rule that is gone counts as `match`.
 */
export async function countStruggles(log: Pick<Log, "read">, rules: readonly StruggleRule[]): Promise<StruggleCount[]> {
  const patterns = new Map<string, Alarm["pattern"]>();
  for (const { id, pattern } of rules) patterns.set(id, typeof pattern === "string" ? pattern : "match");
  const models = new Map<string, string>();
  let counts: StruggleCount[] = [];
  for (let after = 0; ;) {
    const events = await log.read({ after, limit: PAGE, types: ["agent.session", "agent.step", "guardrails"] });
    for (const event of events) {
      if (event.type === "agent.session" || event.type === "agent.step") {
        const { agent, session, model } = event.data;
        if (model !== undefined) models.set(`${agent} ${session}`, model);
        continue;
      }
      if (event.type !== "guardrails") continue;
      const { guardrail: rule, action: said, detail: because, fingerprint = "" } = event.data;
      // Other guardrails of the machine use other words, and only an alarm names its agent and session first.
      const action = StruggleAction.safeParse(said);
      const session = sessionIn(because, event.source);
      if (!action.success || session === undefined) continue;
      const model = models.get(`${event.source} ${session}`);
      const about = { agent: event.source, session, ...(model === undefined ? {} : { model }) };
      const pattern = patterns.get(rule) ?? "match";
      const alarm = { rule, pattern, action: action.data, repeats: 0, because, fingerprint, evidence: [], about };
      counts = countAlarm(counts, alarm);
    }
    const last = events.at(-1);
    if (!last || events.length < PAGE) return counts;
    after = last.seq;
  }
}

/** An alarm's detail is `<agent> <session>: <because>`. */
function sessionIn(detail: string, agent: string): string | undefined {
  const end = detail.indexOf(": ");
  return end > 0 && detail.startsWith(`${agent} `) ? detail.slice(agent.length + 1, end) : undefined;
}
