import { z } from "zod";
import { OutsideError, UserError, type AnyEvent, type Clock, type Proof } from "../sdk/index.ts";
import { callOf, RepoName, type Answer, type McpContext, type Meant } from "./mcp-context.ts";

/** What a client may ask of a proof: nothing that lifts the sandbox or answers for a person. */
export const Proving = z.strictObject({
  repo: RepoName,
  claim: z
    .string()
    .max(20_000)
    .optional()
    .describe("What you say is true, in plain words: `Fixed #12. All tests pass.` Default: the commit messages."),
  base: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Commit to compare with. Default: HEAD for a changed tree, else where the branch began."),
  checks: z
    .array(z.string().max(200))
    .min(1)
    .max(100)
    .optional()
    .describe("Only these checks, by the names in `plan`."),
  budget: z.number().positive().max(86_400).optional().describe("Seconds that the checks may take together."),
});
type Proving = z.infer<typeof Proving>;

/** How far a proof is: seconds since it began, always growing, and what is done now. */
export interface Told {
  readonly progress: number;
  readonly message: string;
}

interface Call extends McpContext {
  /** The request, as its client numbers it. */
  readonly request: string | number;
  readonly tell: (told: Told) => Promise<void>;
}

/** Bytes of evidence that an answer carries, and characters of one message in it; the receipt has the rest. */
const MOST_EVIDENCE = 4096;
const MOST_MESSAGE = 600;
const MOST_LISTED = 20;
/** Milliseconds between signs of life while one check runs: clients give up after a minute without one. */
const SIGN_OF_LIFE = 10_000;

/** Runs a proof, or joins the equal one under way, and waits for it. Called off by its client, it ends what it started. */
export async function proveFor(call: Call, { repo, state }: Meant, asked: Proving): Promise<Answer> {
  if (state?.paused)
    throw new UserError(`${repo.name} is paused by ${state.paused.by}, so nothing is proved`, {
      next: "ask a person to type: lodestar resume",
    });
  const { machine } = call;
  const { claim, base, checks, budget } = asked;
  const ended = new AbortController();
  const key = callOf(call.session, call.request);
  call.calls.set(key, ended);
  try {
    const begun = await machine.prove(
      {
        path: repo.root,
        trust: false,
        unsandboxed: false,
        ...(claim === undefined ? {} : { claim }),
        ...(base === undefined ? {} : { base }),
        ...(checks === undefined ? {} : { checks }),
        ...(budget === undefined ? {} : { budget }),
      },
      "mcp",
    );
    const proof = await follow(call, begun, ended.signal);
    if (proof) return answerOf(proof);
    // Joined (`after` is 0): it is somebody else's, and goes on.
    if (ended.signal.aborted && begun.after > 0) await machine.cancel(begun.run).catch(() => undefined);
    throw new UserError("The proof was stopped; nothing was proved", { next: "call prove again" });
  } finally {
    call.calls.delete(key);
  }
}

/** Undefined when it was called off, or stopped by somebody. */
async function follow(
  { machine, tell }: Call,
  begun: { repo: string; run: string; after: number },
  signal: AbortSignal,
): Promise<Proof | undefined> {
  const teller = createTeller(tell, machine.hands.clock);
  const failure: { error?: Error } = {};
  try {
    for await (const event of machine.log.follow({ after: begun.after, repo: begun.repo, signal })) {
      if (event.metadata.runId !== begun.run) continue;
      teller.hear(event);
      if (event.type === "stop_reason") failure.error = failureOf(event.data);
      if (event.type !== "run.ended") continue;
      if (event.data.proof) return event.data.proof;
      if (event.data.state === "stopped") return undefined;
      throw failure.error ?? new OutsideError("The proof ended without a result", { retryable: true });
    }
    return undefined;
  } finally {
    teller.end();
  }
}

function failureOf({ detail, next }: { detail: string; next?: string | undefined }): Error {
  return next === undefined ? new OutsideError(detail, { retryable: false }) : new UserError(detail, { next });
}

/** Tells what the events say as they come, and says it again while nothing new happens. What was before a proof was joined is old news. */
function createTeller(tell: Call["tell"], clock: Pick<Clock, "now">) {
  const called = clock.now();
  const now: { began?: number; last: number; message: string } = { last: 0, message: "" };
  const send = (seconds: number) => {
    now.last = Math.max(now.last + 0.001, seconds);
    return tell({ progress: Math.round(now.last * 1000) / 1000, message: now.message });
  };
  const again = setInterval(() => {
    if (now.began !== undefined && now.message !== "") void send((clock.now() - now.began) / 1000);
  }, SIGN_OF_LIFE);
  return {
    hear(event: AnyEvent): void {
      const at = Date.parse(event.timestamp);
      now.began ??= at;
      const message = sentenceOf(event);
      if (message === undefined) return;
      now.message = message;
      if (at >= called) void send((at - now.began) / 1000);
    },
    end: () => clearInterval(again),
  };
}

function sentenceOf(event: AnyEvent): string | undefined {
  if (event.type === "status") return event.data.sentence;
  if (event.type === "tool_start") return `Running ${event.data.command ?? event.data.title}`;
  if (event.type === "check.completed") return `${event.data.name}: ${event.data.verdict}`;
  return undefined;
}

function answerOf(proof: Proof): Answer {
  const { verdict, sentence, receipt, known, cost } = proof;
  const all = failuresOf(proof);
  const failures = within(all, MOST_EVIDENCE);
  const tampering = proof.tampering
    .filter((one) => one.loosens)
    .map(({ what, file, line }) => ({ what, file, line: line ?? null }));
  const data = {
    verdict,
    sentence: cut(sentence),
    receipt,
    known,
    seconds: cost.seconds,
    subject: proof.subject,
    base: proof.base,
    claims: proof.claims
      .slice(0, MOST_LISTED)
      .map((one) => ({ ...one, text: cut(one.text), because: cut(one.because) })),
    failures,
    failuresLeft: all.length - failures.length,
    tampering: tampering.slice(0, MOST_LISTED),
    notChecked: proof.notChecked.slice(0, MOST_LISTED).map(cut),
    questions: proof.questions,
  };
  return { text: textOf(data), data };
}

interface Failure {
  readonly check: string;
  readonly dir: string;
  readonly test: string;
  readonly message: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

/** What is newly red on the subject; a failure whose words were not kept has its name alone. */
function failuresOf({ checks }: Proof): Failure[] {
  return checks
    .filter((one) => one.verdict === "new-failure" && one.variant !== "new-tests")
    .flatMap(({ name: check, cwd: dir, failures, evidence = [], because }) => {
      const told = evidence.map(({ test, message, file, line }) => {
        return {
          check,
          dir,
          test,
          message: message === undefined ? null : cut(message),
          file: file ?? null,
          line: line ?? null,
        };
      });
      const named = failures
        .filter((test) => !evidence.some((one) => one.test === test))
        .map((test) => ({ check, dir, test, message: null, file: null, line: null }));
      const found = [...told, ...named];
      return found.length > 0 ? found : [{ check, dir, test: check, message: cut(because), file: null, line: null }];
    });
}

/** The first ones that fit. */
function within(failures: readonly Failure[], bytes: number): Failure[] {
  const encoder = new TextEncoder();
  const kept: Failure[] = [];
  let size = 0;
  for (const failure of failures) {
    size += encoder.encode(JSON.stringify(failure)).length;
    if (size > bytes) break;
    kept.push(failure);
  }
  return kept;
}

function cut(text: string): string {
  return text.length <= MOST_MESSAGE ? text : `${text.slice(0, MOST_MESSAGE)}…`;
}

interface Summary {
  readonly sentence: string;
  readonly receipt: string | null;
  readonly claims: readonly { text: string; verdict: string; because: string }[];
  readonly failures: readonly Failure[];
  readonly failuresLeft: number;
  readonly tampering: readonly { what: string; file: string }[];
  readonly questions: Proof["questions"];
}

function textOf({ sentence, receipt, claims, failures, failuresLeft, tampering, questions }: Summary): string {
  return [
    sentence,
    ...claims.map((one) => `- ${one.verdict}: ${one.text} (${one.because})`),
    ...failures.map(({ check, test, message, file, line }) => {
      const place = file === null ? "" : ` ${file}${line === null ? "" : `:${line}`}`;
      return `new failure in ${check}: ${test}${place}${message === null ? "" : `\n${message}`}`;
    }),
    ...(failuresLeft > 0 ? [`and ${failuresLeft} more new failures; the receipt has them`] : []),
    ...tampering.map((one) => `loosened: ${one.what} (${one.file})`),
    ...questions.map((one) => `A person has to decide: ${one.question}\ntheir next command: ${one.next}`),
    ...(receipt === null ? [] : [`receipt: lodestar://receipts/${receipt}`]),
  ].join("\n");
}
