import type { SeenStep } from "../sdk/index.ts";
import type { Past, Sighting } from "./guardrails-calls.ts";
import { isAnswer, isAttempt, isEdit } from "./guardrails-seen.ts";
import { digest } from "./guardrails-words.ts";

/** Work on another file, or a command that changed something, may well be the next part of an honest piece of work. */
const ELSEWHERE = 0.5;

/** The same failure again after edits that were to cure it. */
export function repeatedFailure({ steps, last }: Past): Sighting | undefined {
  if (last.failure === undefined || last.sort === "edit" || last.kind === "tool") return undefined;
  // Asking again for what takes its time is judged as a repeated call.
  if (last.waits === true) return undefined;
  const recent = steps.slice(steps.findLastIndex((step) => step.progress === true) + 1);
  const cured = recent.findLastIndex(
    (step) => step.call === last.call && step.ok === true && !step.failure && isRun(step),
  );
  const run = recent.slice(cured + 1);
  // What the network refuses is no matter of somebody else's edits.
  const isTheirs =
    last.fault === "retryable"
      ? (step: SeenStep) => step.worker === last.worker
      : ownersOf(run, (step) => step.failure === last.failure);
  const evidence: number[] = [];
  const touched = new Set<string>();
  let from = -1;
  let repeats = 0;
  for (const [index, step] of run.entries()) {
    if (step.failure !== last.failure || !isRun(step)) continue;
    const effort = from < 0 ? 0 : effortOf(run.slice(from + 1, index).filter(isTheirs), touched);
    if (from < 0 || effort > 0) evidence.push(step.step);
    repeats += step.known === true ? effort * ELSEWHERE : effort;
    from = index;
  }
  if (repeats < 1) return undefined;
  return {
    pattern: "repeated-failure",
    fingerprint: digest(`failure ${last.failure}`),
    repeats: Math.floor(repeats),
    because: `the same failure came back after ${evidence.length - 1} attempts to cure it: ${last.title ?? ""}`.slice(
      0,
      200,
    ),
    evidence,
  };
}

/** A file that goes back and forth between contents that it had before, with nothing learned in between. */
export function oscillation({ steps, last }: Past): Sighting | undefined {
  if (!isAttempt(last) || last.sort !== "edit" || last.path === undefined || last.after === undefined) return undefined;
  const evidence: number[] = [];
  const edits: number[] = [];
  let returns = 0;
  for (const [index, step] of steps.entries()) {
    const isNow = index === steps.length - 1;
    if (step.path !== last.path || step.before === step.after || !(isNow || isEdit(step))) continue;
    const learned = steps.slice((edits.at(-1) ?? -1) + 1, index).some(isNewResult);
    if (!isReturn(steps, edits, index)) {
      returns = 0;
      evidence.length = 0;
    } else if (!learned) returns++;
    evidence.push(step.step);
    edits.push(index);
  }
  if (returns < 1) return undefined;
  return {
    pattern: "oscillation",
    fingerprint: digest(`edit ${last.path}`),
    repeats: returns,
    because: `${last.path} goes back and forth: ${returns} edits brought back what it was before, and nothing new was learned in between`,
    evidence,
  };
}

/**
 * How much of a cure lies between two equal failures: 1 for an edit of a file that was already tried (or the first), a half for
 * work elsewhere, 0 for nothing. Adds the edited files to `touched`.
 */
export function effortOf(between: readonly SeenStep[], touched: Set<string>): number {
  const edits = between.filter(isEdit);
  if (edits.length === 0) return between.some((step) => isNewResult(step) && step.sort === "shell") ? ELSEWHERE : 0;
  const again = touched.size === 0 || edits.some((step) => touched.has(step.path ?? ""));
  for (const step of edits) touched.add(step.path ?? "");
  return again ? 1 : ELSEWHERE;
}

/**
 * Which steps are attempts to cure a failure: those of the workers that meet it, unless none of them edits anything (one agent
 * writes, another one tests).
 */
export function ownersOf(run: readonly SeenStep[], meets: (step: SeenStep) => boolean): (step: SeenStep) => boolean {
  const workers = new Set(
    run.filter((step) => isRun(step) && step.kind !== "check" && meets(step)).map((step) => step.worker),
  );
  const someoneEdits = run.some((step) => isEdit(step) && workers.has(step.worker));
  return (step) => !someoneEdits || workers.has(step.worker);
}

/** Whether the edit brings back what the file was before an earlier edit, or is one that was taken back since. */
function isReturn(steps: readonly SeenStep[], edits: readonly number[], index: number): boolean {
  const now = steps[index];
  if (!now) return false;
  return edits.some((at) => {
    const old = steps[at];
    if (!old) return false;
    if (old.before !== undefined && old.before === now.after) return true;
    if (old.after !== now.after) return false;
    const between = steps.slice(at + 1, index);
    const other = between.some((step) => isEdit(step) && step.path === now.path && step.after !== now.after);
    const undone = between.some((step) => isAnswer(step) && step.undoes === true && step.ok === true);
    return undone || (now.before === undefined && other);
  });
}

function isNewResult(step: SeenStep): boolean {
  return step.fresh === true && isRun(step) && step.sort !== "search" && step.sort !== "edit" && step.undoes !== true;
}

function isRun(step: SeenStep): boolean {
  return isAnswer(step) || step.kind === "check";
}
