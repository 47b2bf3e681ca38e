import { approvalOf, CONFIG_FILE, type Configured } from "../../kernel/config.ts";
import type { DataOf, Plan, SandboxAnswer } from "../../sdk/index.ts";
import { emit, say, type Core, type Run, type UpInput } from "./run.ts";

/** `unsandboxed` tells how commands run, or would run. */
export type Consent = { unsandboxed: boolean } & ({ ok: true } | { ok: false; question: Question });

type Question = Run["questions"][number];

type Asking = Pick<Core, "id" | "source" | "log" | "repo" | "hands" | "signal"> & {
  readonly input: Pick<UpInput, "interactive" | "unsandboxed">;
};
type Answer = DataOf<"approval.answered">["answer"];
const PAGE = 1000;
/** Who answers for a configuration that is not there any more: no person said no, so it may be asked again. */
const REPLACED = "a changed configuration";

/**
 * Says what will run and with what access. A working sandbox needs no answer; without one a person answers once per repo:
 * on a terminal now, else the run ends with the command that installs the sandbox. Commands of the repo's own configuration
 * need an answer in any case.
 */
export async function consent(
  run: Asking,
  { plan, commands: configured }: Configured,
  trusted: { unsandboxed: boolean } | undefined,
): Promise<Consent> {
  const sandbox = await run.hands.sandbox();
  const lifted = run.input.unsandboxed || trusted?.unsandboxed === true;
  const refusal = await askForConfigured(run, configured, trusted !== undefined);
  if (refusal) return { ok: false, unsandboxed: lifted || !sandbox.works, question: refusal };
  if (lifted) return { ok: true, unsandboxed: true };
  const commands = foreignCommands(plan);
  if (sandbox.works) {
    await say(run, "consent", notice(run.repo.name, commands.length));
    return { ok: true, unsandboxed: false };
  }
  if (trusted || commands.length === 0) return { ok: true, unsandboxed: true };
  return ask(run, sandbox, commands);
}

async function ask(
  run: Asking,
  sandbox: Extract<SandboxAnswer, { works: false }>,
  commands: string[],
): Promise<Consent> {
  const approval = `unsandboxed-${run.repo.id}`;
  const question = `Run ${commands.length} commands of ${run.repo.name} without a sandbox?`;
  const next = `${sandbox.next}   (or, if you trust this repository: lodestar up ${run.repo.root} --trust)`;
  const refused: Consent = {
    ok: false,
    unsandboxed: true,
    question: {
      question: `No sandbox works here (${sandbox.because}), and ${run.repo.name} is not trusted yet.`,
      next,
    },
  };
  if (!run.input.interactive) return refused;
  const risk = "They can read and change whatever you can: files, keys, databases.";
  await emitAsked(run, { approval, question, what: "unsandboxed", commands, risk, next });
  const answer = await answered(run, approval);
  return answer === "approve" ? { ok: true, unsandboxed: true } : refused;
}

/**
 * Asks once for exactly the commands that the repo's configuration names, since its author may have written anything there.
 * Gives the question that ends the run, or undefined when they may run. An answer that came while no run waited counts.
 */
async function askForConfigured(run: Asking, commands: string[], trusted: boolean): Promise<Question | undefined> {
  const approval = approvalOf(run.repo.id, commands, run.hands.hash);
  await settleOthers(run, "configuration", (other) => other !== approval);
  if (commands.length === 0) return undefined;
  const count = commands.length === 1 ? "the command" : `the ${commands.length} commands`;
  const question = `Run ${count} that ${CONFIG_FILE} of ${run.repo.name} names?`;
  const risk = "Whoever writes to the repository chose them; they get the same access as its other commands.";
  const answer = await approvedOnce(run, { approval, question, what: "configuration", commands, risk }, trusted);
  if (answer === "approve") return undefined;
  if (answer === "reject")
    return {
      question: `The commands of ${CONFIG_FILE} were rejected, so nothing of ${run.repo.name} was run.`,
      next: `lodestar up ${run.repo.root} --trust`,
    };
  return {
    question: `Nobody has approved ${count} that ${CONFIG_FILE} names. Approve, then run lodestar up again.`,
    next: `lodestar approve ${approval}`,
  };
}

/**
 * The answer to an approval of this repo that is asked for once, whichever run asked: who trusts the repo has said yes, an answer in
 * the log counts, else a person is asked now, or without a terminal by `lodestar approve`.
 */
export async function approvedOnce(
  run: Asking,
  asked: Omit<DataOf<"approval.asked">, "next">,
  trusted: boolean,
): Promise<Answer | "unanswered"> {
  const { approval, what } = asked;
  const answers = await answersTo(run, what);
  const known = answers.get(approval);
  if (trusted && answers.has(approval) && known === undefined)
    await settle(run, approval, "approve", "lodestar up --trust");
  if (trusted) return "approve";
  if (known !== undefined) return known;
  await emitAsked(run, { ...asked, next: `lodestar approve ${approval}` });
  return run.input.interactive ? answered(run, approval) : "unanswered";
}

/** Ends the waiting of approvals that were asked for something which is no longer there. */
export async function settleOthers(run: Asking, what: string, isOther: (approval: string) => boolean): Promise<void> {
  for (const [approval, answer] of await answersTo(run, what))
    if (answer === undefined && isOther(approval)) await settle(run, approval, "reject", REPLACED);
}

/** The approvals of this repo that were ever asked for `what`, with their answers. */
async function answersTo(run: Asking, what: string): Promise<Map<string, Answer | undefined>> {
  const answers = new Map<string, Answer | undefined>();
  const types = ["approval.asked", "approval.answered"] as const;
  for (let after = 0; ;) {
    const events = await run.log.read({ after, limit: PAGE, repo: run.repo.id, types });
    for (const event of events) {
      if (event.type === "approval.asked" && event.data.what === what) answers.set(event.data.approval, undefined);
      if (event.type !== "approval.answered" || !answers.has(event.data.approval)) continue;
      if (event.data.by === REPLACED) answers.delete(event.data.approval);
      else answers.set(event.data.approval, event.data.answer);
    }
    const last = events.at(-1);
    if (!last || events.length < PAGE) return answers;
    after = last.seq;
  }
}

/** Answers what needs no person any more, so that nothing waits for one. */
async function settle(run: Asking, approval: string, answer: Answer, by: string): Promise<void> {
  await emit(run, { type: "approval.answered", data: { approval, answer, by } });
}

async function emitAsked(run: Asking, data: DataOf<"approval.asked">): Promise<void> {
  await emit(run, { type: "approval.asked", data, key: `${run.id}/approval/${data.approval}` });
}

/** Waits for the answer in the log; one that was given while nobody waited is found there too. Throws when the run is ended. */
async function answered(run: Asking, approval: string): Promise<Answer> {
  const asked = await run.log.byKey(`${run.id}/approval/${approval}`);
  for await (const event of run.log.follow({ after: asked?.seq ?? 0, repo: run.repo.id, signal: run.signal }))
    if (event.type === "approval.answered" && event.data.approval === approval) return event.data.answer;
  run.signal.throwIfAborted();
  return "reject";
}

/** Every command of the repo's own that `up` would run, in the order of the phases. */
export function foreignCommands(plan: Plan): string[] {
  return [
    ...plan.installs.map((one) => `${one.manager} install (${one.dir})`),
    ...plan.databases.flatMap((one) => one.migrations.map((migration) => migration.command)),
    ...plan.services.flatMap((one) => [one.commands.build, one.commands.start ?? one.commands.dev]),
    ...plan.checks.map((one) => one.command),
  ].filter((line) => line !== undefined);
}

function notice(name: string, count: number): string {
  return `Running ${count} commands of ${name} in a sandbox: they see the repository, not your home; services share this machine's network`;
}
