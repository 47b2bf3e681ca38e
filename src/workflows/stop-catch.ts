import { claimOf, evidenceOf, stopOf } from "../sdk/index.ts";
import type { AnyEvent, HookAnswer, HookEvent, Log, Proof } from "../sdk/index.ts";

/** After so many returns a person decides: an agent that cannot do it would go on for ever. */
const MOST_RETURNS = 2;
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
  const proof = await context.prove(claimOf(event.message, past.prompt));
  const refuted = proof?.verdict === "refuted";
  const blocks = refuted && context.baseline !== undefined && !past.allowed;
  const sentBack = blocks && past.returns < MOST_RETURNS;
  const returns = past.returns + (sentBack ? 1 : 0);
  const escalationPath = sentBack ? "claude_realtime" : blocks ? "pause_and_notify" : null;
  const stop = stopOf(proof, { session, agent, completed: true, escalationPath, returns });
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
