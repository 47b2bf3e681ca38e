import {
  canonicalJson,
  StruggleRule,
  UserError,
  type SessionStep,
  type StruggleAction,
  type StruggleMatch,
  type StrugglePattern,
  type StruggleSettings,
} from "../sdk/index.ts";
import { newGuard } from "./guardrails.ts";
import { digest } from "./guardrails-words.ts";
import { BUILTIN_RULES, guardRules, packBody, withPack, withRule } from "./struggle.ts";
import type { StruggleStore } from "./struggles.ts";

/** A rule as a person asks for it; what is absent is as in the built-in rule of that id, else three repeats and a warning. */
export interface RuleDraft {
  readonly id?: string;
  readonly pattern?: StrugglePattern;
  readonly match?: StruggleMatch;
  readonly threshold?: number;
  readonly action?: StruggleAction;
  readonly filters: StruggleRule["filters"];
}

/** An alarm, and the number of the step that raised it, from 1. */
export interface TestedStep {
  readonly step: number;
  readonly rule: string;
  readonly action: StruggleAction;
  readonly repeats: number;
  readonly because: string;
}

/** What a pack brings: rules as they come in, and ids that are there already and stay as they are. */
export interface PackOffer {
  readonly added: readonly StruggleRule[];
  readonly kept: readonly string[];
}

interface Pack {
  readonly name: string;
  readonly body: string;
}

export interface StruggleDesk {
  list(): Promise<{ readonly rules: readonly StruggleRule[]; readonly problem: string | undefined }>;
  add(draft: RuleDraft): Promise<StruggleRule>;
  /** A built-in rule is as it was made again; any other is gone. */
  remove(id: string): Promise<"reset" | "removed">;
  enable(id: string, enabled: boolean): Promise<StruggleRule>;
  /** Every alarm of a session, as the rules are now. */
  test(steps: readonly SessionStep[], repo: string | undefined): Promise<TestedStep[]>;
  /** The body of a pack, to be signed; without ids it holds every rule that is not built in. */
  pack(ids: readonly string[]): Promise<{ readonly body: string; readonly ids: readonly string[] }>;
  /** What a verified pack would change, and nothing is changed. */
  offer(pack: Pack): Promise<PackOffer>;
  accept(pack: Pack): Promise<PackOffer>;
}

const NEXT = { next: "lodestar struggles list" };
const IDS = new Set(BUILTIN_RULES.map(({ id }) => id));

/** Changes the rules as a person says. What cannot be done is a UserError. */
export function openStruggleDesk(store: StruggleStore): StruggleDesk {
  const rulesNow = async () => guardRules((await store.read()).settings);
  return {
    async list() {
      const { settings, problem } = await store.read();
      return { rules: guardRules(settings), problem };
    },
    add: (draft) =>
      store.change((settings) => {
        const result = ruleOf(draft, settings);
        return { settings: withRule(settings, result), result };
      }),
    remove: (id) =>
      store.change((settings) => {
        const rules = settings.rules.filter((rule) => rule.id !== id);
        if (rules.length === settings.rules.length) throw notThere(id);
        return { settings: { ...settings, rules }, result: IDS.has(id) ? "reset" : "removed" };
      }),
    enable: (id, enabled) =>
      store.change((settings) => {
        const result = { ...named(guardRules(settings), id), enabled };
        return { settings: withRule(settings, result), result };
      }),
    async test(steps, repo) {
      const guard = newGuard(await rulesNow(), repo === undefined ? {} : { repo });
      return steps.flatMap((step, index) =>
        guard.observe(step).map(({ rule, action, repeats, because }) => {
          return { step: index + 1, rule, action, repeats, because };
        }),
      );
    },
    async pack(ids) {
      const all = await rulesNow();
      const chosen = ids.length > 0 ? ids.map((id) => named(all, id)) : all.filter(({ id }) => !IDS.has(id));
      if (chosen.length === 0)
        throw new UserError("There is no rule of your own to export: the built-in ones are everywhere", NEXT);
      return { body: packBody(chosen), ids: chosen.map(({ id }) => id) };
    },
    async offer(pack) {
      return opened((await store.read()).settings, pack).offer;
    },
    accept: (pack) =>
      store.change((settings) => {
        const { settings: next, offer } = opened(settings, pack);
        return { settings: offer.added.length > 0 ? next : settings, result: offer };
      }),
  };
}

function opened(settings: StruggleSettings, pack: Pack): { settings: StruggleSettings; offer: PackOffer } {
  const taken = withPack(settings, pack);
  if (!taken) throw new UserError("It is signed, but its content is no pack of rules of this version", NEXT);
  const added = taken.settings.rules.filter(({ id }) => taken.added.includes(id));
  return { settings: taken.settings, offer: { added, kept: taken.kept } };
}

function ruleOf(draft: RuleDraft, settings: StruggleSettings): StruggleRule {
  const pattern = draft.match === undefined ? draft.pattern : { match: draft.match };
  const id = draft.id ?? (pattern === undefined ? "" : nameOf(pattern, draft.filters));
  const base = IDS.has(id) ? named(guardRules(settings), id) : undefined;
  if (!base && pattern === undefined)
    throw new UserError("What is to be looked for?", {
      next: 'lodestar struggles add --match tool=Bash --match "error=*EADDRINUSE*"',
    });
  if (base && pattern !== undefined && pattern !== base.pattern)
    throw new UserError(`The built-in rule ${id} keeps its pattern`, { next: "give the new rule another name" });
  if (!base && settings.rules.some((rule) => rule.id === id))
    throw new UserError(`There is a rule ${id} already`, { next: `lodestar struggles remove ${id}` });
  const fresh = { source: { kind: "user" }, hits: 0, wrong: 0, precision: null, threshold: 3, action: "warn" };
  const { threshold = base?.threshold ?? 3, action = base?.action ?? "warn" } = draft;
  const asksWhere = Object.values(draft.filters).some((names) => names.length > 0);
  const filters = base && !asksWhere ? base.filters : draft.filters;
  const rule = { ...fresh, ...base, id, pattern: base?.pattern ?? pattern, threshold, action, enabled: true, filters };
  // The note tells why a rule was turned down; who chooses the action again knows better.
  if (draft.action !== undefined) delete rule.note;
  const parsed = StruggleRule.safeParse(rule);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(`It is no rule: ${issue?.path.join(".")}: ${issue?.message}`, {
    next: "lodestar struggles --help",
  });
}

/** Two rules for the same thing and the same workers have the same name. */
function nameOf(pattern: StruggleRule["pattern"], filters: StruggleRule["filters"]): string {
  const kind = typeof pattern === "string" ? pattern : "match";
  return `user/${kind}-${digest(canonicalJson({ pattern, filters })).slice(0, 8)}`;
}

function named(rules: readonly StruggleRule[], id: string): StruggleRule {
  const rule = rules.find((one) => one.id === id);
  if (!rule) throw notThere(id);
  return rule;
}

function notThere(id: string): UserError {
  if (!IDS.has(id)) return new UserError(`There is no rule ${id}`, NEXT);
  return new UserError(`The rule ${id} is built in and as it was made`, { next: `lodestar struggles disable ${id}` });
}
