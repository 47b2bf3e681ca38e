import type { SeenStep } from "../sdk/index.ts";
import { BACKOFF, backsOff, type Past, type Sighting } from "./guardrails-calls.ts";
import { effortOf, ownersOf } from "./guardrails-edits.ts";
import { isAnswer, isEdit } from "./guardrails-seen.ts";
import { digest, nearlyEqual } from "./guardrails-words.ts";

/** Messages without a tool that make one round, where they do not even repeat each other. */
const TALK_ROUND = 4;
/** A message about something that takes its time, this long after the one before, is a report and no monologue. Milliseconds. */
const REPORT_GAP = 10_000;
/** Work between two compactions below which the context is filled by nothing. Steps with something new. */
const WORK = 5;
/** Refusals of several workers closer together than this are one. Milliseconds. */
const BURST = 2000;
/** What repairs must have cost before their cost is a reason; below it, trying is cheap. */
const CHEAP = { usd: 2, tokens: 300_000 };
/** What one round of work costs that neither edits nor checks anything. */
const DEAR = { usd: 5, tokens: 3_000_000 };

/** Messages that say the same, or many messages, and no tool is used. */
export function monologue({ steps, last }: Past): Sighting | undefined {
  if (last.kind !== "message" || last.words === undefined || last.words === "") return undefined;
  const start = steps.findLastIndex((step) => step.kind === "tool" || step.kind === "check" || isAnswer(step));
  const all = steps.slice(start + 1).filter((step) => step.kind === "message" && step.words !== "");
  const messages = all.filter((step, index) => !isReport(step, all[index - 1]));
  if (!messages.includes(last)) return undefined;
  const equal = messages.filter((step) => nearlyEqual(step.words ?? "", last.words ?? ""));
  const rounds = Math.floor(messages.length / TALK_ROUND);
  const repeats = Math.max(equal.length, rounds);
  if (repeats < 2) return undefined;
  const says =
    equal.length >= rounds ? `${equal.length} messages said the same` : `${messages.length} messages were written`;
  return {
    pattern: "monologue",
    fingerprint: digest("monologue"),
    repeats,
    because: `${says}, and no tool was used`,
    evidence: (equal.length >= rounds ? equal : messages).map((step) => step.step),
  };
}

/** The context is full again and again, with little work in between. */
export function contextError({ steps, last }: Past): Sighting | undefined {
  if (!isContext(last)) return undefined;
  const same: SeenStep[] = [];
  let work = 0;
  for (const step of steps.toReversed()) {
    if (isAnswer(step) && step.fresh === true) work++;
    if (work >= WORK) break;
    if (step.kind !== last.kind || !isContext(step)) continue;
    same.push(step);
    work = 0;
  }
  if (same.length < 2) return undefined;
  const what = last.kind === "compact" ? "the context was compacted" : "the context was too long";
  return {
    pattern: "context-error",
    fingerprint: digest("context"),
    repeats: same.length,
    because: `${what} ${same.length} times with almost no work in between`,
    evidence: same.map((step) => step.step).reverse(),
  };
}

/** The API refuses again and again, and the tries do not wait longer; what no wait can cure counts whatever the pace. */
export function apiError({ steps, last }: Past): Sighting | undefined {
  if (last.kind !== "error" || last.fault === "context") return undefined;
  const same: SeenStep[] = [];
  for (const step of steps.toReversed()) {
    if (
      step.kind === "message" ||
      step.kind === "tool" ||
      isAnswer(step) ||
      (step.kind === "cost" && (step.tokens ?? 0) > 0)
    )
      break;
    if (step.kind !== "error" || step.fault !== last.fault) continue;
    // Workers that are refused at the same moment are refused once.
    const next = same.at(-1);
    if (next === undefined || next.worker === step.worker || next.at - step.at >= BURST) same.push(step);
  }
  const weights = same.slice(1).map((step) => (last.fault === "retryable" && isPatient(step, same) ? BACKOFF : 1));
  const repeats = Math.floor(1 + weights.reduce((sum: number, weight) => sum + weight, 0) + 1e-9);
  if (repeats < 2) return undefined;
  return {
    pattern: "api-error",
    fingerprint: digest(`api ${last.fault}`),
    repeats,
    because: `the model's API failed ${same.length} times in a row: ${(last.title ?? "").slice(0, 100)}`,
    evidence: same.map((step) => step.step).reverse(),
  };
}

/** Money goes out and no check passes that did not pass before. */
export function risingCost(past: Past): Sighting | undefined {
  const recent = past.steps.slice(past.steps.findLastIndex((step) => step.progress === true) + 1);
  if (past.last.kind === "cost") return dearWandering(recent, past.last);
  return past.last.failure === undefined || past.last.failed === undefined ? undefined : vainRepairs(recent, past.last);
}

/** The same check runs red again and again after edits, and its figures never get better. */
function vainRepairs(recent: readonly SeenStep[], last: SeenStep): Sighting | undefined {
  const isTheirs = ownersOf(recent, (step) => step.call === last.call && step.failure !== undefined);
  const spent = sumOf(recent.filter(isTheirs));
  if (spent.usd < CHEAP.usd && spent.tokens < CHEAP.tokens) return undefined;
  const touched = new Set<string>();
  const evidence: number[] = [];
  let from = -1;
  let repeats = 0;
  for (const [index, step] of recent.entries()) {
    if (step.call !== last.call || step.kind === "tool" || step.failure === undefined) continue;
    if (from >= 0) repeats += effortOf(recent.slice(from + 1, index).filter(isTheirs), touched);
    from = index;
    evidence.push(step.step);
  }
  if (repeats < 1) return undefined;
  return {
    pattern: "rising-cost",
    fingerprint: digest(`cost ${last.call}`),
    repeats: Math.floor(repeats),
    because: `${money(spent)} were spent on ${evidence.length} runs of "${(last.title ?? "").slice(0, 60)}", and none passed more than before`,
    evidence,
  };
}

/** A lot is spent without one edit, one check or one word from a person. */
function dearWandering(recent: readonly SeenStep[], last: SeenStep): Sighting | undefined {
  const start = recent.findLastIndex((step) => isEdit(step) || step.kind === "check" || step.passed !== undefined);
  const wandering = recent.slice(start + 1);
  const rounds = roundsOf(sumOf(wandering));
  const before = roundsOf(sumOf(wandering.slice(0, -1)));
  if (rounds < 1 || rounds === before) return undefined;
  return {
    pattern: "rising-cost",
    fingerprint: digest("cost"),
    repeats: rounds,
    because: `${money(sumOf(wandering))} were spent without one edit or check`,
    evidence: [wandering[0]?.step ?? last.step, last.step],
  };
}

/** Whether the worker of this error waits before it tries again. */
function isPatient(error: SeenStep, newestFirst: readonly SeenStep[]): boolean {
  const own = newestFirst.filter((step) => step.worker === error.worker);
  const [last, ...rest] = own;
  return last !== undefined && rest.length > 0 && backsOff(rest, last.at);
}

function isContext(step: SeenStep): boolean {
  return step.kind === "compact" || (step.kind === "error" && step.fault === "context");
}

function isReport(step: SeenStep, before: SeenStep | undefined): boolean {
  return step.waits === true && before !== undefined && step.at - before.at >= REPORT_GAP;
}

interface Spent {
  readonly usd: number;
  readonly tokens: number;
}

function sumOf(steps: readonly SeenStep[]): Spent {
  let usd = 0;
  let tokens = 0;
  for (const step of steps) {
    usd += step.usd ?? 0;
    tokens += step.tokens ?? 0;
  }
  return { usd, tokens };
}

function roundsOf({ usd, tokens }: Spent): number {
  return Math.floor(Math.max(usd / DEAR.usd, tokens / DEAR.tokens));
}

function money({ usd, tokens }: Spent): string {
  return usd > 0 ? `${usd.toFixed(2)} USD` : `${tokens} tokens`;
}
