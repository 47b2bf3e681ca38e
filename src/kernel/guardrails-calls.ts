import type { SeenStep, StrugglePattern } from "../sdk/index.ts";
import { isAnswer, isAttempt, isEdit, isSameOutcome } from "./guardrails-seen.ts";
import { digest } from "./guardrails-words.ts";

/** What detectors look at: the steps since a person last said something new, oldest first; `last` is the one that just came. */
export interface Past {
  readonly steps: readonly SeenStep[];
  readonly last: SeenStep;
}

/** A struggle that a detector sees. `repeats` counts the first time too; `evidence` are step numbers, the last one included. */
export interface Sighting {
  readonly pattern: StrugglePattern;
  readonly fingerprint: string;
  readonly repeats: number;
  readonly because: string;
  readonly evidence: readonly number[];
}

/** Asking again for what takes its time counts a tenth: 30 equal polls are one more than patience allows. */
const WAITING = 0.1;
/** A retry after a failure of the network that waits longer each time. */
export const BACKOFF = 0.3;
/** A test that passes, run again to see whether it does so every time. */
const CONFIRMING = 0.6;
/** Polls closer together than this are no waiting. Milliseconds. */
const POLL_GAP = 2000;
/** Tries that lie this far apart wait, whether or not the gaps grow. Milliseconds. */
const PATIENT_GAP = 10_000;
/** Fruitless searches in one round of a search storm. */
const ROUND = 4;

/** The same call again, although it gave the same outcome before and nothing new came in between. */
export function repeatedCall({ steps, last }: Past): Sighting | undefined {
  if (!isAttempt(last) || last.call === undefined || last.sort === "plan") return undefined;
  const before = steps.slice(0, -1);
  const reference = before.findLast((step) => isAnswer(step) && step.call === last.call);
  if (!reference || (isAnswer(last) && !isSameOutcome(last, reference))) return undefined;
  // An edit that works changes the world each time it is made; a whole file written again with the same content does not.
  if (isEdit(reference) && reference.before !== undefined) return undefined;
  const { same, looked } = chainOf(before, reference, last.worker);
  // Twice is once again; only the third time shows that the outcome stays.
  if (same.length < 2 || isFirstLook(last, same)) return undefined;
  const again = same.reduce((sum, step, index) => sum + weightOf(step, same[index - 1] ?? last, same, steps), 0);
  const repeats = Math.floor(1 + again + 1e-9) - (looked ? 1 : 0);
  if (repeats < 2) return undefined;
  return {
    pattern: "repeated-call",
    fingerprint: digest(`call ${last.call}`),
    repeats,
    because: `the same ${last.tool ?? "call"} was made ${same.length + 1} times and gave the same each time: ${short(last.title)}`,
    evidence: [...same.map((step) => step.step).reverse(), last.step],
  };
}

/** Searches that find nothing, or only what was found before, with no edit and nothing new to go by. */
export function searchStorm({ steps, last }: Past): Sighting | undefined {
  if (!isAnswer(last) || last.sort !== "search" || last.fresh === true) return undefined;
  const start = steps.findLastIndex((step) => step.progress === true || isNews(step));
  let dead = 0;
  let evidence: number[] = [];
  for (const step of steps.slice(start + 1)) {
    if (!isAnswer(step) || step.sort !== "search") continue;
    dead = step.fresh === true ? Math.max(0, dead - 1) : dead + 1;
    if (dead === 0) evidence = [];
    else if (step.fresh !== true) evidence.push(step.step);
  }
  if (dead === 0 || dead % ROUND !== 0) return undefined;
  return {
    pattern: "search-storm",
    // One storm is one struggle, whatever is looked for.
    fingerprint: digest("search"),
    repeats: dead / ROUND,
    because: `${dead} searches and reads brought nothing new, and nothing was changed since`,
    evidence,
  };
}

/** Answers to the same call with the same outcome, newest first, as far back as nothing new lies between two of them. */
function chainOf(
  before: readonly SeenStep[],
  reference: SeenStep,
  worker: string,
): { same: SeenStep[]; looked: boolean } {
  // What fails does so again however much is read in between: only a change could have helped.
  const stubborn = reference.failure !== undefined && reference.sort !== "search";
  const same: SeenStep[] = [];
  let looked = false;
  let lookedSince = false;
  for (const step of before.toReversed()) {
    if (step.call === reference.call && isAnswer(step)) {
      if (!isSameOutcome(step, reference)) break;
      same.push(step);
      looked ||= lookedSince;
      lookedSince = false;
    } else if (step.fresh === true && isAnswer(step)) {
      // What a bystander reads is no news for those who repeat themselves.
      if (step.sort === "search" && step.worker !== worker && step.worker !== reference.worker) continue;
      if (!stubborn || step.sort !== "search") break;
      lookedSince = true;
    }
  }
  return { same, looked };
}

/** Something happened: an edit that is new, or a command with a new outcome. */
function isNews(step: SeenStep): boolean {
  return isAnswer(step) && step.fresh === true && step.sort !== "search";
}

/** Every worker may look once for itself. */
function isFirstLook(last: SeenStep, same: readonly SeenStep[]): boolean {
  return last.sort === "search" && !same.some((step) => step.worker === last.worker);
}

function weightOf(step: SeenStep, next: SeenStep, same: readonly SeenStep[], steps: readonly SeenStep[]): number {
  const by = steps.at(-1)?.worker;
  if (step.sort === "search" && step.worker !== by && isOnlyLook(step, same)) return 0;
  if (step.waits === true && (step.sort === "wait" || next.at - step.at >= POLL_GAP)) return WAITING;
  if (step.ok === true && step.failure === undefined && (step.passed ?? 0) > 0) return CONFIRMING;
  return step.fault === "retryable" && backsOff(same, steps.at(-1)?.at ?? step.at) ? BACKOFF : 1;
}

function isOnlyLook(step: SeenStep, same: readonly SeenStep[]): boolean {
  return same.filter((one) => one.worker === step.worker).length === 1;
}

/** Whether the tries give the world time: each waits about as long as the one before and the last clearly longer, or most wait long. */
export function backsOff(newestFirst: readonly SeenStep[], now: number): boolean {
  const times = [...newestFirst.map((step) => step.at).reverse(), now];
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  if ((gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0) >= PATIENT_GAP) return true;
  const grows = gaps.every((gap, index) => gap >= (gaps[index - 1] ?? 0) * 0.9);
  return grows && (gaps.at(-1) ?? 0) >= (gaps[0] ?? 0) * 1.5 && gaps.length > 1;
}

function short(title: string | undefined): string {
  const text = title ?? "";
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
