import { z } from "zod";
import {
  canonicalJson,
  StruggleRule,
  type StruggleAction,
  type StruggleMatch,
  type StrugglePattern,
  type StruggleSettings,
} from "../sdk/index.ts";
import type { Alarm } from "./guardrails.ts";
import { digest } from "./guardrails-words.ts";

/** Wrong stops after which a rule only warns. */
const WRONG_LIMIT = 2;
const EVERYWHERE = { agents: [], models: [], tools: [], repos: [] };

/**
 * What is detected without any settings. The thresholds are those at which every loop of `examples/sessions` is stopped within
 * five repeats and no honest session is; `npm run bench -- guardrails` measures it.
 */
export const BUILTIN_RULES: readonly StruggleRule[] = [
  builtin("repeated-call", 4, "block"),
  builtin("repeated-failure", 4, "block"),
  builtin("oscillation", 3, "block"),
  builtin("search-storm", 5, "block"),
  builtin("monologue", 4, "block"),
  builtin("context-error", 4, "pause"),
  builtin("api-error", 5, "pause"),
  builtin("rising-cost", 5, "pause"),
];

/** The rules of a guard: the built-in ones, each replaced by the settings' rule of the same id, then the settings' own. */
export function guardRules(settings: StruggleSettings): StruggleRule[] {
  const own = new Map(settings.rules.map((rule) => [rule.id, rule]));
  const rules = BUILTIN_RULES.map((rule) => own.get(rule.id) ?? rule);
  const ids = new Set(rules.map((rule) => rule.id));
  return [...rules, ...[...own.values()].filter((rule) => !ids.has(rule.id))];
}

/**
 * What became of an alarm: `right` when a person confirmed it or the session's claim was refuted, `wrong` when a person overrode
 * the stop. The second wrong stop turns a rule down to `warn`; then `sentence` says so. An unknown rule changes nothing.
 */
export function judgeAlarm(
  settings: StruggleSettings,
  judged: { readonly rule: string; readonly outcome: "right" | "wrong" },
): { settings: StruggleSettings; sentence?: string } {
  const rule = guardRules(settings).find(({ id }) => id === judged.rule);
  if (!rule) return { settings };
  const hits = rule.hits + (judged.outcome === "right" ? 1 : 0);
  const wrong = rule.wrong + (judged.outcome === "wrong" ? 1 : 0);
  const next: StruggleRule = { ...rule, hits, wrong, precision: hits / (hits + wrong) };
  const stops = rule.action === "block" || rule.action === "pause";
  if (judged.outcome === "right" || wrong < WRONG_LIMIT || !stops) return { settings: withRule(settings, next) };
  const sentence = `Rule ${rule.id} stopped honest work ${wrong} times, so it only warns from now on (it was ${rule.action}).`;
  return { settings: withRule(settings, { ...next, action: "warn", note: sentence }), sentence };
}

/** Puts a rule into the settings in place of the one with its id, or at the end. */
export function withRule(settings: StruggleSettings, rule: StruggleRule): StruggleSettings {
  const at = settings.rules.findIndex(({ id }) => id === rule.id);
  return { ...settings, rules: at < 0 ? [...settings.rules, rule] : settings.rules.with(at, rule) };
}

/**
 * A rule that knows this very struggle again, for this agent, from its second time on. It warns: to stop is for a person to
 * decide. Undefined where the alarm names neither a call nor an error to go by.
 */
export function learnRule(alarm: Alarm): StruggleRule | undefined {
  const { tool, call, error, agent } = alarm.about;
  const match: StruggleMatch = {};
  if (tool !== undefined) match.tool = tool;
  if (error !== undefined) match.error = error;
  else if (call !== undefined) match.input = call;
  if (match.error === undefined && match.input === undefined) return undefined;
  return {
    id: `learned/${digest(canonicalJson({ agent, match }))}`,
    pattern: { match },
    threshold: 2,
    action: "warn",
    enabled: true,
    filters: { ...EVERYWHERE, agents: [agent] },
    source: { kind: "learned", name: `${alarm.rule}: ${alarm.because}`.slice(0, 200) },
    hits: 0,
    wrong: 0,
    precision: null,
  };
}

const Pack = z.strictObject({
  type: z.literal("lodestar-struggle-pack"),
  version: z.literal(1),
  rules: z.array(StruggleRule),
});

/** What a pack's signature covers: canonical JSON, in the order of ids, without what was counted on this machine or which repos it is about. */
export function packBody(rules: readonly StruggleRule[]): string {
  const shared = rules
    .map(({ note: _note, ...rule }) => ({
      ...rule,
      filters: { ...rule.filters, repos: [] },
      hits: 0,
      wrong: 0,
      precision: null,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return canonicalJson({ type: "lodestar-struggle-pack", version: 1, rules: shared });
}

/**
 * The settings with the rules of a pack whose signature was already verified. A rule that is there stays as it is, and what came
 * from elsewhere warns at most. Undefined when the body is no pack.
 */
export function withPack(
  settings: StruggleSettings,
  pack: { readonly name: string; readonly body: string },
): { settings: StruggleSettings; added: string[]; kept: string[] } | undefined {
  const parsed = Pack.safeParse(parseJson(pack.body));
  if (!parsed.success) return undefined;
  const there = new Set(guardRules(settings).map((rule) => rule.id));
  const kept = parsed.data.rules.filter((rule) => there.has(rule.id));
  const fresh = parsed.data.rules.filter((rule) => !there.has(rule.id));
  const added = fresh.map((rule): StruggleRule => {
    const action: StruggleAction = rule.action === "note" ? "note" : "warn";
    return { ...rule, action, source: { kind: "pack", name: pack.name }, hits: 0, wrong: 0, precision: null };
  });
  const idsOf = (rules: readonly StruggleRule[]) => rules.map((rule) => rule.id);
  return { settings: { ...settings, rules: [...settings.rules, ...added] }, added: idsOf(added), kept: idsOf(kept) };
}

/** How often what happened to one agent with one model; `session` absent: over the whole life. */
export interface StruggleCount {
  readonly session?: string;
  readonly agent: string;
  readonly model: string;
  readonly alarms: number;
  readonly stops: number;
  readonly patterns: Readonly<Partial<Record<StrugglePattern | "match", number>>>;
}

/** Counts an alarm into the row of its session and into the row of the agent's and model's whole life. */
export function countAlarm(counts: readonly StruggleCount[], alarm: Alarm): StruggleCount[] {
  const { agent, model = "unknown", session } = alarm.about;
  let next = [...counts];
  for (const place of [
    { agent, model, session },
    { agent, model },
  ]) {
    const at = next.findIndex(
      (row) => row.agent === agent && row.model === model && row.session === ("session" in place ? session : undefined),
    );
    const row = next[at] ?? { ...place, alarms: 0, stops: 0, patterns: {} };
    const counted = {
      ...row,
      alarms: row.alarms + 1,
      stops: row.stops + (alarm.action === "block" || alarm.action === "pause" ? 1 : 0),
      patterns: { ...row.patterns, [alarm.pattern]: (row.patterns[alarm.pattern] ?? 0) + 1 },
    };
    next = at < 0 ? [...next, counted] : next.with(at, counted);
  }
  return next;
}

function builtin(pattern: StrugglePattern, threshold: number, action: StruggleAction): StruggleRule {
  return {
    id: pattern,
    pattern,
    threshold,
    action,
    enabled: true,
    filters: EVERYWHERE,
    source: { kind: "builtin" },
    hits: 0,
    wrong: 0,
    precision: null,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
