import type { Plan, SandboxAnswer } from "../../sdk/index.ts";
import { emit, say, type Run } from "./run.ts";

export type Consent = { ok: true; unsandboxed: boolean } | { ok: false; question: { question: string; next: string } };

type Asking = Pick<Run, "id" | "log" | "repo" | "hands" | "input" | "signal">;

/**
 * Says what will run and with what access. A working sandbox needs no answer; without one a person answers once per repo:
 * on a terminal now, else the run ends with the command that installs the sandbox.
 */
export async function consent(
  run: Asking,
  plan: Plan,
  trusted: { unsandboxed: boolean } | undefined,
): Promise<Consent> {
  if (run.input.unsandboxed || trusted?.unsandboxed) return { ok: true, unsandboxed: true };
  const sandbox = await run.hands.sandbox();
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
    question: {
      question: `No sandbox works here (${sandbox.because}), and ${run.repo.name} is not trusted yet.`,
      next,
    },
  };
  if (!run.input.interactive) return refused;
  const risk = "They can read and change whatever you can: files, keys, databases.";
  await emit(run, {
    type: "approval.asked",
    data: { approval, question, what: "unsandboxed", commands, risk, next },
    key: `${run.id}/approval/${approval}`,
  });
  const answer = await answered(run, approval);
  return answer === "approve" ? { ok: true, unsandboxed: true } : refused;
}

/** Waits for the answer in the log; one that was given while nobody waited is found there too. */
async function answered(run: Asking, approval: string): Promise<"approve" | "reject"> {
  const asked = await run.log.byKey(`${run.id}/approval/${approval}`);
  for await (const event of run.log.follow({ after: asked?.seq ?? 0, repo: run.repo.id, signal: run.signal }))
    if (event.type === "approval.answered" && event.data.approval === approval) return event.data.answer;
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
