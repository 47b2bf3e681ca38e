import { splitClaims } from "../kernel/claims.ts";
import { proofReceipt } from "../kernel/receipt.ts";
import { findTampering } from "../kernel/tampering.ts";
import { decide, sentenceOfProof } from "../kernel/verdict.ts";
import {
  UserError,
  type CheckRun,
  type Claim,
  type Hands,
  type Log,
  type Proof,
  type ProveInput,
  type Repo,
} from "../sdk/index.ts";
import { measureProof, type Measured } from "./prove/measure.ts";
import { readPlan, type Proving } from "./prove/side.ts";
import { findSubject, type Subject } from "./prove/subject.ts";
import { consent } from "./up/consent.ts";
import { emit, round, say, type Step } from "./up/run.ts";

/** What `prove` is given. `known` are the receipts that the log already holds, oldest first. */
export interface ProveContext {
  readonly id: string;
  readonly source: "prove";
  readonly input: ProveInput;
  readonly repo: Repo;
  readonly hands: Hands;
  readonly log: Log;
  readonly step: Step;
  readonly signal: AbortSignal;
  readonly gate: () => Promise<void>;
  readonly trusted: { unsandboxed: boolean } | undefined;
  readonly known: readonly KnownReceipt[];
}

export interface KnownReceipt {
  readonly receipt: string;
  readonly tree: string;
  readonly environment: string;
  readonly request: string | undefined;
  /** Tree of the base, for a proof. */
  readonly base: string | undefined;
}

/**
 * The promise of `prove`: what somebody calls done is run in rooms that its author cannot edit, against what was red
 * before, and the result is a signed receipt. Nothing of the working tree, the index or the refs is touched.
 */
export async function prove(context: ProveContext): Promise<Proof> {
  const begun = context.hands.clock.now();
  const until = context.input.budget === undefined ? undefined : begun + context.input.budget * 1000;
  await say(context, "snapshot", `Taking a snapshot of ${context.repo.name}`);
  const subject = await findSubject(context, context.input);
  const planned = await readPlan(context, subject.base?.commit ?? subject.snapshot.commit);
  const allowed = await consent(
    { ...context, input: { interactive: false, unsandboxed: context.input.unsandboxed } },
    planned,
    context.trusted,
  );
  const claims = splitClaims(subject.claim);
  const proving: Proving = {
    ...context,
    sandbox: allowed.unsandboxed ? "unsandboxed" : "bubblewrap",
    notChecked: [...subject.snapshot.leftOut],
  };
  if (!allowed.ok) return unproved(context, subject, { claims, begun, question: allowed.question });
  const measured = await measureProof(proving, {
    subject,
    plan: planned.plan,
    view: planned.view,
    claims,
    until,
    known: context.known,
    wanted: context.input.checks,
  });
  if (!measured.ok) return unproved(context, subject, { claims, begun, question: measured.question });
  if (measured.known !== undefined) return fromReceipt(context, subject, measured.known, begun);
  return conclude(proving, subject, { claims, measured: measured.value, begun });
}

async function conclude(
  run: Proving,
  subject: Subject,
  { claims, measured, begun }: { claims: readonly Claim[]; measured: Measured; begun: number },
): Promise<Proof> {
  const { facts, parts, request } = measured;
  const { snapshot, base } = subject;
  const decided = decide(claims, facts);
  const { head: commit, dirty } = snapshot;
  const where = { commit, dirty, base: base?.commit, unsandboxed: run.sandbox === "unsandboxed" };
  const sentence = sentenceOfProof(decided.verdict, decided.claims, where);
  const checks = [...facts.subject, ...(facts.baseTests ?? []), ...(facts.newTests ?? []), ...facts.base];
  run.notChecked.push(...notRun(facts.subject));
  const cost = { seconds: round((run.hands.clock.now() - begun) / 1000), usd: 0 };
  const receipt = proofReceipt({
    ...decided,
    sentence,
    repo: run.repo.name,
    commit: snapshot.commit,
    tree: snapshot.tree,
    base: base?.commit ?? null,
    baseTree: base?.tree ?? null,
    dirty: snapshot.dirty,
    checks,
    tampering: [...facts.tampering],
    request,
    notChecked: [...new Set(run.notChecked)],
    environment: parts,
    hash: run.hands.hash,
    cost,
    issuedAt: new Date(run.hands.clock.now()).toISOString(),
  });
  const id = await run.step(
    "receipt",
    [request, snapshot.tree, checks.map((one) => [one.variant, one.name, one.verdict])],
    () => run.hands.issue(receipt),
  );
  const { verdict, tree, notChecked } = receipt;
  const data = { receipt: id, verdict, sentence, tree, commit: receipt.commit, body: receipt };
  await emit(run, { type: "receipt.issued", data, key: `${run.id}/receipt/${id}` });
  return {
    ...about(run.repo, subject),
    verdict,
    sentence,
    claims: decided.claims,
    checks,
    tampering: receipt.tampering,
    notChecked,
    cost,
    receipt: id,
    known: false,
    questions: [],
  };
}

function notRun(checks: readonly CheckRun[]): string[] {
  const left = checks.filter((one) => one.verdict === "not-run");
  return left.map((one) => `${one.name}${one.cwd === "." ? "" : ` in ${one.cwd}`}: ${one.because}`);
}

/** What could not even begin: said as it is, without a receipt. */
function unproved(
  context: Pick<ProveContext, "repo" | "hands">,
  subject: Subject,
  { claims, begun, question }: { claims: readonly Claim[]; begun: number; question: Proof["questions"][number] },
): Proof {
  const because = question.question;
  return {
    ...about(context.repo, subject),
    verdict: "unprovable",
    sentence: `Not proved: ${because}`,
    claims: claims.map(({ text, kind }) => ({ text, kind, verdict: "unprovable", because })),
    checks: [],
    tampering: findTampering(subject.changed),
    notChecked: [...subject.snapshot.leftOut, because],
    cost: { seconds: round((context.hands.clock.now() - begun) / 1000), usd: 0 },
    receipt: null,
    known: false,
    questions: [question],
  };
}

/** An equal question about equal trees in an equal environment was answered before: that receipt still holds. */
async function fromReceipt(context: ProveContext, subject: Subject, id: string, begun: number): Promise<Proof> {
  const stored = await context.hands.receipt(id);
  if (!stored) throw new UserError(`Receipt ${id} is gone from the data dir`, { next: "lodestar prove" });
  const { verdict, sentence, claims, checks, tampering, notChecked } = stored.receipt;
  const cost = { seconds: round((context.hands.clock.now() - begun) / 1000), usd: 0 };
  return {
    ...about(context.repo, subject),
    verdict,
    sentence,
    claims,
    checks,
    tampering,
    notChecked,
    cost,
    receipt: id,
    known: true,
    questions: [],
  };
}

function about(repo: Repo, { snapshot, base }: Subject): Pick<Proof, "subject" | "base"> {
  const { head: commit, tree, dirty } = snapshot;
  return { subject: { repo: repo.root, commit, tree, dirty }, base: base ?? null };
}
