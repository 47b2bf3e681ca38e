import type { SeenStep, SessionStep } from "../sdk/index.ts";
import { readEdit, readShellEdit } from "./guardrails-edit.ts";
import {
  apiFaultOf,
  commandOf,
  countsOf,
  digest,
  isEmptyAnswer,
  isNetworkFault,
  isWaiting,
  nameFailure,
  nameOutput,
  readCall,
  wordsOf,
} from "./guardrails-words.ts";

/** Bare words to go on are no new instruction: a loop that needs them to continue is still the same loop. */
const GO_ON =
  /^(please )?(continue|go on|go ahead|keep going|proceed|yes|y|ok|okay|sure|next|carry on|do it|try again|retry|again|weiter|ja)( please)?$/;

/** One step as the detectors see it, read against the steps before it. Marks the call of `window` that it answers. */
export function look(step: SessionStep, window: SeenStep[], number: number): SeenStep {
  const worker = [step.agent, step.session, step.subagent ?? ""].join("/");
  const seen: SeenStep = { step: number, at: step.at, worker, kind: step.kind };
  if (step.tool !== undefined) seen.tool = step.tool;
  if (step.call !== undefined) seen.callId = step.call;
  if (step.usd !== undefined) seen.usd = step.usd;
  if (step.tokens !== undefined) seen.tokens = step.tokens;
  switch (step.kind) {
    case "prompt":
      return lookPrompt(seen, step, window);
    case "message":
      return { ...seen, words: wordsOf(step.text ?? step.output ?? ""), waits: isWaitingText(step) };
    case "tool":
      return lookCall(seen, step);
    case "result":
    case "failure":
      return lookAnswer(seen, step, window);
    case "check":
      return lookCheck(seen, step, window);
    case "error": {
      const text = step.text ?? step.output ?? "";
      return { ...seen, fault: apiFaultOf(text), outcome: nameOutput(text), title: text.slice(0, 200) };
    }
    default:
      return seen;
  }
}

/** Whether an answer belongs to no call that was seen: then it stands for its call too. */
export function isAttempt(seen: SeenStep): boolean {
  return seen.kind === "tool" || (isAnswer(seen) && seen.answers === undefined);
}

export function isAnswer(seen: SeenStep): boolean {
  return seen.kind === "result" || seen.kind === "failure";
}

/** An edit that was carried out. */
export function isEdit(seen: SeenStep): boolean {
  return isAnswer(seen) && seen.sort === "edit" && seen.ok === true;
}

function lookPrompt(seen: SeenStep, step: SessionStep, window: readonly SeenStep[]): SeenStep {
  const words = wordsOf(step.text ?? "");
  const old = window.some((before) => before.kind === "prompt" && before.words === words);
  return { ...seen, words, person: step.by !== "program" && !old && words !== "" && !GO_ON.test(words) };
}

function lookCall(seen: SeenStep, step: Pick<SessionStep, "tool" | "input">): SeenStep {
  const { sort, title, call, waits, undoes } = readCall(step);
  const command = sort === "shell" ? commandOf(step.input) : undefined;
  const edit = sort === "edit" ? readEdit(step.input) : command === undefined ? undefined : readShellEdit(command);
  return { ...seen, sort: edit ? "edit" : sort, title, call, waits, undoes, ...edit };
}

function lookAnswer(seen: SeenStep, step: SessionStep, window: SeenStep[]): SeenStep {
  const open = findCall(seen, window);
  if (open) open.answered = true;
  const called = open ?? lookCall(seen, step);
  const output = step.output ?? step.text ?? "";
  const ok = step.kind !== "failure" && step.ok !== false && (step.exit ?? 0) === 0;
  const counts = called.sort === "shell" ? { ...countsOf(output), ...countsGiven(step) } : {};
  const answer: SeenStep = { ...copyCall(called), ...seen, ok, outcome: nameOutput(output), ...counts };
  if (open) answer.answers = open.step;
  answer.waits = isWaiting({ asked: called.waits === true, ok, output, failed: counts.failed });
  const bad = !ok || (counts.failed ?? 0) > 0;
  if (bad && called.sort !== "search") answer.failure = nameFailure(output);
  // A test that times out has failed; only what never came to a verdict is the network's.
  if (!ok && !counts.failed && isNetworkFault(output)) answer.fault = "retryable";
  answer.fresh = isFresh(answer, window) && !(called.sort === "search" && isEmptyAnswer(output));
  answer.progress = called.sort === "shell" && isProgress(answer, window);
  return answer;
}

/** The same name and directory of a check make it the same check. */
function lookCheck(seen: SeenStep, step: SessionStep, window: readonly SeenStep[]): SeenStep {
  const output = step.output ?? step.text ?? "";
  const counts = countsGiven(step);
  const ok = step.ok ?? (counts.failed ?? 0) === 0;
  const title = step.tool ?? "check";
  const check: SeenStep = { ...seen, sort: "check", title, call: digest(`check ${title}`), ok, ...counts };
  check.outcome = nameOutput(`${ok} ${counts.passed ?? ""} ${counts.failed ?? ""} ${output}`);
  if (!ok) check.failure = nameFailure(output === "" ? `${title} ${counts.failed ?? "failed"}` : output);
  check.fresh = isFresh(check, window);
  check.progress = isProgress(check, window) || (ok && !window.some((before) => before.call === check.call));
  return check;
}

/** The open call of the same worker: by its id, else the last one of that tool. */
function findCall(seen: SeenStep, window: readonly SeenStep[]): SeenStep | undefined {
  return window.findLast(
    (call) =>
      call.kind === "tool" &&
      call.answered !== true &&
      call.worker === seen.worker &&
      (seen.callId !== undefined && call.callId !== undefined
        ? call.callId === seen.callId
        : seen.tool === undefined || call.tool === seen.tool),
  );
}

function copyCall(called: SeenStep): Partial<SeenStep> {
  const { tool, sort, title, call, undoes, path, before, after } = called;
  const copy: Partial<SeenStep> = {};
  if (tool !== undefined) copy.tool = tool;
  if (sort !== undefined) copy.sort = sort;
  if (title !== undefined) copy.title = title;
  if (call !== undefined) copy.call = call;
  if (undoes !== undefined) copy.undoes = undoes;
  if (path !== undefined) copy.path = path;
  if (before !== undefined) copy.before = before;
  if (after !== undefined) copy.after = after;
  return copy;
}

/** An edit is fresh when the file was not like that before; anything else when this call never had this outcome. */
function isFresh(answer: SeenStep, window: readonly SeenStep[]): boolean {
  if (answer.sort === "plan") return false;
  if (isEdit(answer) && answer.after !== undefined)
    return !window.some(
      (old) => isEdit(old) && old.path === answer.path && (old.after === answer.after || old.before === answer.after),
    );
  // What a search shows was seen, whichever call showed it.
  if (answer.sort === "search") return !window.some((old) => isAnswer(old) && old.outcome === answer.outcome);
  return !window.some((old) => old.call === answer.call && isSameOutcome(old, answer));
}

/** The same output, or the same failure with as many failing. */
export function isSameOutcome(a: SeenStep, b: SeenStep): boolean {
  if (a.outcome !== undefined && a.outcome === b.outcome) return true;
  return a.failure !== undefined && a.failure === b.failure && a.failed === b.failed;
}

/** More pass than ever, fewer fail than ever, or what failed passes. The first run of something is no progress by itself. */
function isProgress(answer: SeenStep, window: readonly SeenStep[]): boolean {
  const runs = window.filter((old) => old.call === answer.call && old.kind !== "tool" && old.ok !== undefined);
  const last = runs.at(-1);
  if (!last) return false;
  const failed = runs.flatMap((run) => run.failed ?? []);
  if (answer.failed !== undefined && failed.length > 0 && answer.failed < Math.min(...failed)) return true;
  const passed = runs.flatMap((run) => run.passed ?? []);
  if (answer.passed !== undefined && passed.length > 0 && answer.passed > Math.max(...passed)) return true;
  return answer.failure === undefined && answer.ok === true && runs.every((run) => run.failure !== undefined);
}

function countsGiven(step: SessionStep): { passed?: number; failed?: number } {
  return {
    ...(step.passed === undefined ? {} : { passed: step.passed }),
    ...(step.failed === undefined ? {} : { failed: step.failed }),
  };
}

function isWaitingText(step: SessionStep): boolean {
  return isWaiting({ asked: false, ok: true, output: step.text ?? "", failed: undefined });
}
