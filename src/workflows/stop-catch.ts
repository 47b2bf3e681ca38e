import type { AnyEvent, CheckRun, HookAnswer, HookEvent, Log, Proof, StopCatch } from "../sdk/index.ts";

/** After so many returns a person decides: an agent that cannot do it would go on for ever. */
const MOST_RETURNS = 2;
/** Characters of evidence that an agent is sent: enough for a failing test with its diff. */
const EVIDENCE = 2_000;
const PAGE = 1_000;

export interface StopContext {
  readonly repo: string;
  readonly log: Log;
  /** Commit of the repo's newest baseline; without one nothing is blocked. */
  readonly baseline: string | undefined;
  /** Proves a claim about the working tree; undefined when it did not end in time, and then it goes on by itself. */
  prove(claim: string): Promise<Proof | undefined>;
}

/**
 * An agent says that it is done: what it says is proved, and it is sent back with the evidence only where that is refuted,
 * at most twice in a row. Without a baseline, or where nothing could be decided, it may go. A person who let it pass once
 * (`agent.allowed`) is obeyed. The event tells all of it.
 */
export async function catchStop(context: StopContext, event: HookEvent): Promise<HookAnswer> {
  const { session, agent } = event;
  const past = await pastOf(context, session);
  const proof = await context.prove(claimOf(event, past.prompt));
  const refuted = proof?.verdict === "refuted";
  const blocks = refuted && context.baseline !== undefined && !past.allowed;
  const sentBack = blocks && past.returns < MOST_RETURNS;
  const returns = past.returns + (sentBack ? 1 : 0);
  const stop: StopCatch = {
    taskId: session,
    completed: true,
    verified: proof?.verdict === "verified",
    errorType: proof && refuted ? errorTypeOf(proof) : null,
    escalationPath: sentBack ? "claude_realtime" : blocks ? "pause_and_notify" : null,
    addToStruggleSettings: blocks && !sentBack,
    session,
    agent,
    verdict: proof?.verdict ?? null,
    sentence: proof?.sentence ?? "The proof did not end in time; it goes on by itself.",
    receipt: proof?.receipt ?? null,
    returns,
  };
  await context.log.append({ type: "agent.stop", source: "stop-catch", repo: context.repo, data: stop });
  if (!proof) return { message: `Lodestar: ${stop.sentence} Next: lodestar receipts list` };
  if (sentBack) return { block: evidenceOf(proof) };
  if (blocks) return { message: `Lodestar let it go after ${MOST_RETURNS} returns: ${proof.sentence} It needs you.` };
  return { message: `Lodestar: ${proof.sentence}` };
}

/** What the session was told since a person last spoke. */
async function pastOf({ log, repo }: StopContext, session: string) {
  const past = { returns: 0, prompt: "", allowed: false };
  for (let after = 0; ;) {
    const events = await log.read({ after, limit: PAGE, repo, types: ["agent.step", "agent.stop", "agent.allowed"] });
    for (const event of events) if (event.data && sessionOf(event) === session) take(past, event);
    const last = events.at(-1);
    if (!last || events.length < PAGE) return past;
    after = last.seq;
  }
}

function take(past: { returns: number; prompt: string; allowed: boolean }, event: AnyEvent): void {
  if (event.type === "agent.allowed") past.allowed = true;
  if (event.type === "agent.stop") {
    past.returns = event.data.returns;
    // What was let pass was let pass once.
    past.allowed = false;
  }
  if (event.type !== "agent.step" || event.data.kind !== "prompt" || event.data.by === "program") return;
  past.returns = 0;
  past.prompt = event.data.text ?? "";
}

function sessionOf(event: AnyEvent): string | undefined {
  return event.type === "agent.step" || event.type === "agent.stop" || event.type === "agent.allowed"
    ? event.data.session
    : undefined;
}

/** What the agent says, and that it did what it was asked where that was to turn red tests green: "done" says that too. */
function claimOf({ message = "" }: HookEvent, prompt: string): string {
  const wasAsked =
    /\b(?:fix|repair|make|get|turn)\b[^.!?\n]*\b(?:failing|red|broken)?\s*(?:tests?|specs?|suite)\b/i.test(prompt);
  return wasAsked ? `${message}\n\nFixed the failing tests.` : message;
}

/** The shortest text with which the work can be mended: what is refuted and why, and the first failures as they were printed. */
function evidenceOf(proof: Proof): string {
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
