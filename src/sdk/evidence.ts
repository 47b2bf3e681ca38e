import type { Proof } from "./prove.ts";
import type { CheckRun } from "./receipt.ts";
import type { StopCatch } from "./stop-catch.ts";

/** Characters of evidence that an agent is sent: enough for a failing test with its diff. */
const EVIDENCE = 2_000;

/** What an agent says, and that it did what it was asked where that was to turn red tests green: "done" says that too. */
export function claimOf(message: string = "", prompt: string = ""): string {
  const wasAsked =
    /\b(?:fix|repair|make|get|turn)\b[^.!?\n]*\b(?:failing|red|broken)?\s*(?:tests?|specs?|suite)\b/i.test(prompt);
  return wasAsked ? `${message}\n\nFixed the failing tests.` : message;
}

/** The record of one "done"; without a proof, one that did not end in time. What a person must decide is to be learned from. */
export function stopOf(
  proof: Proof | undefined,
  how: Pick<StopCatch, "session" | "agent" | "completed" | "escalationPath" | "returns">,
): StopCatch {
  return {
    ...how,
    taskId: how.session,
    verified: proof?.verdict === "verified",
    errorType: proof?.verdict === "refuted" ? errorTypeOf(proof) : null,
    addToStruggleSettings: how.escalationPath === "pause_and_notify",
    verdict: proof?.verdict ?? null,
    sentence: proof?.sentence ?? "The proof did not end in time; it goes on by itself.",
    receipt: proof?.receipt ?? null,
  };
}

/** The shortest text with which the work can be mended: what is refuted and why, and the first failures as they were printed. */
export function evidenceOf(proof: Proof): string {
  const refuted = proof.claims.filter((one) => one.verdict === "refuted");
  const lines = ["Lodestar ran it in a copy of its own, and it does not hold."];
  for (const { text, because } of refuted.slice(0, 3)) lines.push(`- You said "${text}". ${because}`);
  const red = proof.checks.filter((one) => one.variant === "subject" || one.variant === "base-tests").filter(isRed);
  for (const check of red.slice(0, 2)) lines.push("", `\`${check.command}\`: ${check.because}`, ...failuresOf(check));
  for (const one of proof.tampering.filter((other) => other.loosens).slice(0, 2))
    lines.push("", `${one.file}${one.line === undefined ? "" : `:${one.line}`}: ${one.what}`, one.diff);
  const text = lines.join("\n");
  return text.length > EVIDENCE ? `${text.slice(0, EVIDENCE)}…` : text;
}

function failuresOf(check: CheckRun): string[] {
  return (check.evidence ?? []).slice(0, 3).flatMap(({ test, file, line, message }) => {
    const place = file === undefined ? "" : ` (${file}${line === undefined ? "" : `:${line}`})`;
    return [`  ${test}${place}`, ...(message === undefined || message === "" ? [] : [indent(message)])];
  });
}

function indent(text: string): string {
  return text
    .split("\n")
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join("\n");
}

function isRed({ verdict }: CheckRun): boolean {
  return verdict === "new-failure" || verdict === "known-failure" || verdict === "fail";
}

/** Named by what was printed; a plain failing test is `test_failure`, and taking a check away is `tampering`. */
function errorTypeOf(proof: Proof): string {
  const said = proof.checks
    .flatMap((one) => [one.because, ...(one.evidence ?? []).map((other) => other.message ?? "")])
    .join("\n");
  if (/SyntaxError|IndentationError|error TS1\d{3}\b|unexpected token/i.test(said)) return "syntax_error";
  if (
    /Cannot find (?:module|package)|ModuleNotFoundError|ERR_MODULE_NOT_FOUND|unresolved import|is not installed/.test(
      said,
    )
  )
    return "dependency_error";
  if (/ETIMEDOUT|timed out|timeout of \d+|did not end within/i.test(said)) return "api_timeout";
  return proof.tampering.some((one) => one.loosens) ? "tampering" : "test_failure";
}
