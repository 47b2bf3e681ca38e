import type {
  GuardState,
  SeenStep,
  SessionStep,
  StruggleAction,
  StruggleMatch,
  StrugglePattern,
  StruggleRule,
} from "../sdk/index.ts";
import { repeatedCall, searchStorm, type Past, type Sighting } from "./guardrails-calls.ts";
import { oscillation, repeatedFailure } from "./guardrails-edits.ts";
import { isAnswer, isAttempt, isEdit, look } from "./guardrails-seen.ts";
import { apiError, contextError, monologue, risingCost } from "./guardrails-spend.ts";
import { digest, globFits } from "./guardrails-words.ts";

/** What a guard says of the step that it just saw. The strongest of several is what is done. */
export interface Alarm {
  /** The rule's id. */
  readonly rule: string;
  readonly pattern: StrugglePattern | "match";
  readonly action: StruggleAction;
  readonly repeats: number;
  readonly because: string;
  /** The same struggle has the same one, in this session and the next. */
  readonly fingerprint: string;
  /** Numbers of the steps that show it, from 0; the last one is the step that raised it. */
  readonly evidence: readonly number[];
  /** Whom it is about, and what a rule can be learned from. */
  readonly about: {
    readonly session: string;
    readonly agent: string;
    readonly model?: string;
    readonly tool?: string;
    readonly call?: string;
    readonly error?: string;
  };
}

/** Watches one task: every session, subagent and agent that works on it, whoever of them takes the next step. */
export interface Guard {
  /** Takes the next step and says what is wrong. The same steps give the same answers; nothing else has a say. */
  observe(step: SessionStep): Alarm[];
  /** A person says that it may go on: levels and counts begin anew. Nothing else lowers a level. */
  reset(by: string, at: number): void;
  /** What to keep, so that a resumed session of the task goes on from here. */
  state(): GuardState;
}

const WINDOW = 500;
/** Struggles of one task that are remembered; beyond it, the oldest of the weakest level goes. */
const BREAKERS = 200;
const LEVELS: readonly StruggleAction[] = ["note", "warn", "block", "pause"];
/** Blocks of the same struggle after which the next one pauses. */
const BLOCKS = 2;

const DETECTORS: Readonly<Record<StrugglePattern, (past: Past) => Sighting | undefined>> = {
  "repeated-call": repeatedCall,
  "repeated-failure": repeatedFailure,
  oscillation,
  "search-storm": searchStorm,
  monologue,
  "context-error": contextError,
  "api-error": apiError,
  "rising-cost": risingCost,
};

/**
 * A guard with these rules; `state` is what an earlier guard of the same task kept, `repo` what the rules' filters compare.
 * `known` are the failures that the baseline has too (`nameFailure` of their outputs): that they are still there after an edit
 * is only half a sign of trouble, because the edit may be about something else.
 */
export function newGuard(
  rules: readonly StruggleRule[],
  options: { readonly repo?: string; readonly state?: GuardState; readonly known?: readonly string[] } = {},
): Guard {
  const state: GuardState = options.state
    ? structuredClone(options.state)
    : { version: 1, steps: 0, window: [], breaker: [], matches: {}, resets: [] };
  const known = new Set(options.known);
  return {
    observe: (step) => observe(step, { rules, state, known, repo: options.repo ?? "" }),
    reset(by, at) {
      state.breaker = [];
      state.matches = {};
      state.resets = [...state.resets, { by, at }].slice(-BREAKERS);
      keep(state, { step: state.steps, at, worker: by, kind: "prompt", person: true });
    },
    state: () => structuredClone(state),
  };
}

interface Watch {
  readonly rules: readonly StruggleRule[];
  readonly state: GuardState;
  readonly known: ReadonlySet<string>;
  readonly repo: string;
}

function observe(step: SessionStep, { rules, state, known, repo }: Watch): Alarm[] {
  const seen = look(step, state.window, state.steps);
  if (seen.failure !== undefined && known.has(seen.failure)) seen.known = true;
  keep(state, seen);
  const steps = state.window.slice(state.window.findLastIndex((one) => one.person === true) + 1);
  const past: Past = { steps: steps.length > 0 ? steps : [seen], last: seen };
  const sightings = new Map<StrugglePattern, Sighting | undefined>();
  const alarms: Alarm[] = [];
  for (const rule of rules) {
    if (!rule.enabled || !applies(rule, step, repo, seen)) continue;
    const sighting =
      typeof rule.pattern === "string" ? see(rule.pattern, past, sightings) : meet(rule, step, past, state);
    const alarm = sighting && raise(rule, sighting, state);
    if (alarm) alarms.push({ ...alarm, about: aboutOf(step, seen) });
  }
  const standing = state.breaker.find((entry) => entry.level === "pause");
  if (standing && isAttempt(seen) && !alarms.some((alarm) => alarm.action === "pause"))
    alarms.push(standingAlarm(standing, rules, step, seen));
  return alarms.sort((a, b) => LEVELS.indexOf(b.action) - LEVELS.indexOf(a.action));
}

/**
 * What a detector sees of everyone's steps together, or of this worker's alone where that is worse: a loop stays one beside
 * somebody who gets on.
 */
function see(pattern: StrugglePattern, past: Past, known: Map<StrugglePattern, Sighting | undefined>) {
  if (known.has(pattern)) return known.get(pattern);
  const detect = DETECTORS[pattern];
  const { worker } = past.last;
  // Anyone's edit may be why a command is run again.
  const matters = (step: SeenStep) =>
    step.worker === worker ||
    step.kind === "check" ||
    (pattern === "repeated-call" && past.last.sort === "shell" && isEdit(step));
  const together = detect(past);
  const own = past.steps.filter(matters);
  const alone = own.length < past.steps.length ? detect({ steps: own, last: past.last }) : undefined;
  const worse = (alone?.repeats ?? 0) > (together?.repeats ?? 0) ? alone : together;
  known.set(pattern, worse);
  return worse;
}

/** Counts a step that a rule's own texts fit. */
function meet(rule: StruggleRule, step: SessionStep, past: Past, state: GuardState) {
  if (typeof rule.pattern === "string" || !fits(rule.pattern.match, step, past.last)) return undefined;
  const start = past.steps[0]?.step ?? 0;
  const met = [...(state.matches[rule.id] ?? []), past.last.step].filter((number) => number >= start).slice(-WINDOW);
  state.matches[rule.id] = met;
  return {
    fingerprint: digest(`match ${rule.id}`),
    repeats: met.length,
    because: `rule ${rule.id} was met ${met.length} times: ${(past.last.title ?? step.text ?? "").slice(0, 80)}`,
    evidence: met.slice(-BREAKERS),
  };
}

function fits(match: StruggleMatch, step: SessionStep, seen: SeenStep): boolean {
  const failed = step.kind === "error" || (isAnswer(seen) && seen.ok === false);
  if (match.error === undefined ? !isAttempt(seen) : !failed) return false;
  const inside = (pattern: string, text: string) => globFits(`*${pattern}*`, text);
  if (match.tool !== undefined && !globFits(match.tool, seen.tool ?? "")) return false;
  if (match.input !== undefined && !inside(match.input, seen.title ?? "")) return false;
  return match.error === undefined || inside(match.error, `${step.output ?? ""}\n${step.text ?? ""}`);
}

/** The alarm for a sighting, by the ladder of its rule and by what was already said of it; remembers it. */
function raise(
  rule: StruggleRule,
  sighting: Omit<Sighting, "pattern">,
  state: GuardState,
): Omit<Alarm, "about"> | undefined {
  const { fingerprint, repeats, because } = sighting;
  const known = state.breaker.find((entry) => entry.rule === rule.id && entry.fingerprint === fingerprint);
  const earned = levelOf(rule, repeats, known?.blocks ?? 0);
  if (earned === undefined) return undefined;
  // What was stopped once is stopped one repeat earlier the next time, and never with less than before.
  if (known && LEVELS.indexOf(earned) < LEVELS.indexOf(known.level) && repeats < rule.threshold - 1) return undefined;
  const strict = known !== undefined && LEVELS.indexOf(rule.action) >= LEVELS.indexOf("block");
  const level = strict && LEVELS.indexOf(known.level) > LEVELS.indexOf(earned) ? known.level : earned;
  const blocks = (known?.blocks ?? 0) + (level === "block" ? 1 : 0);
  const entry = { rule: rule.id, fingerprint, level, blocks, repeats, because };
  if (known) Object.assign(known, entry);
  else state.breaker.push(entry);
  if (state.breaker.length > BREAKERS) forgetOne(state);
  const pattern = typeof rule.pattern === "string" ? rule.pattern : "match";
  return { rule: rule.id, pattern, action: level, repeats, because, fingerprint, evidence: sighting.evidence };
}

/** The rule's action at its threshold, one level less one repeat before, a note two before; a pause when blocks are not heeded. */
function levelOf(rule: StruggleRule, repeats: number, blocks: number): StruggleAction | undefined {
  const top = LEVELS.indexOf(rule.action);
  if (repeats >= rule.threshold) return rule.action === "block" && blocks >= BLOCKS ? "pause" : rule.action;
  if (repeats < 2 || top === 0) return undefined;
  if (repeats === rule.threshold - 1) return LEVELS[Math.min(top - 1, 1)];
  return repeats === rule.threshold - 2 && top > 1 ? "note" : undefined;
}

/** While it is paused, every attempt meets the same answer. */
function standingAlarm(
  entry: GuardState["breaker"][number],
  rules: readonly StruggleRule[],
  step: SessionStep,
  seen: SeenStep,
): Alarm {
  const pattern = rules.find((rule) => rule.id === entry.rule)?.pattern;
  return {
    rule: entry.rule,
    pattern: typeof pattern === "string" ? pattern : "match",
    action: "pause",
    repeats: entry.repeats,
    because: `paused until a person resets it: ${entry.because}`,
    fingerprint: entry.fingerprint,
    evidence: [seen.step],
    about: aboutOf(step, seen),
  };
}

function applies({ filters }: StruggleRule, step: SessionStep, repo: string, seen: SeenStep): boolean {
  const allows = (names: readonly string[], name: string) =>
    names.length === 0 || names.some((pattern) => globFits(pattern, name));
  return (
    allows(filters.agents, step.agent) &&
    allows(filters.models, step.model ?? "") &&
    allows(filters.tools, seen.tool ?? "") &&
    allows(filters.repos, repo)
  );
}

function aboutOf(step: SessionStep, seen: SeenStep): Alarm["about"] {
  const error = step.kind === "error" || seen.ok === false ? lineOf(step.output ?? step.text ?? "") : "";
  return {
    session: step.session,
    agent: step.agent,
    ...(step.model === undefined ? {} : { model: step.model }),
    ...(seen.tool === undefined ? {} : { tool: seen.tool }),
    ...(seen.title === undefined || step.kind === "error" ? {} : { call: seen.title }),
    ...(error === "" ? {} : { error }),
  };
}

/** The line that says what failed, else the last one. */
function lineOf(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const telling = lines.find((line) =>
    /error|exception|fatal|fail|cannot|denied|refused|not found|too long/i.test(line),
  );
  return (telling ?? lines.findLast((line) => line !== "") ?? "").slice(0, 200);
}

function keep(state: GuardState, seen: SeenStep): void {
  state.steps++;
  state.window.push(seen);
  if (state.window.length > WINDOW) state.window.splice(0, state.window.length - WINDOW);
}

function forgetOne(state: GuardState): void {
  for (const level of LEVELS) {
    const at = state.breaker.findIndex((entry) => entry.level === level);
    if (at < 0) continue;
    state.breaker.splice(at, 1);
    return;
  }
}
