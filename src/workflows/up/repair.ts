import { proposeRepair, type Tried } from "../../kernel/fix.ts";
import type { DataOf, Failure } from "../../sdk/index.ts";
import {
  adjustedEnv,
  emit,
  errorLine,
  inDir,
  say,
  type FailureFacts,
  type RepairSubject,
  type Result,
  type Run,
} from "./run.ts";
import { carryOut } from "./actions.ts";

const MANIFEST =
  /^(package\.json|pyproject\.toml|requirements.*\.txt|Pipfile|setup\.cfg|Gemfile|go\.mod|Cargo\.toml|composer\.json)$/;

/**
 * Attempts `attempt`; after a failure asks the fixers for one bounded repair, carries it out, and attempts again. It ends
 * when it works, when no fixer knows better, when the same failure comes back, or after the limit of repairs (`kernel/fix.ts`).
 */
export async function withRepairs<T>(
  run: Run,
  subject: RepairSubject,
  attempt: (n: number) => Promise<Result<T>>,
): Promise<Result<T>> {
  const tried: Tried[] = [];
  let pending: DataOf<"fix.tried"> | undefined;
  for (let n = 1; ; n++) {
    run.signal.throwIfAborted();
    const outcome = await attempt(n);
    const failure = outcome.ok || !outcome.failure ? undefined : await describe(run, subject, outcome.failure);
    const proposal = failure ? proposeRepair({ failure, fixers: run.hands.plugins.fixers, history: tried }) : undefined;
    if (pending)
      await settle(
        run,
        pending,
        outcome.ok || (proposal !== undefined && proposal.fingerprint !== pending.fingerprint),
        outcome,
      );
    if (outcome.ok || !failure || !proposal) return outcome;
    if ("none" in proposal) {
      await emit(run, {
        type: "guardrails",
        data: {
          guardrail: proposal.guardrail ?? "unknown-failure",
          fingerprint: proposal.fingerprint,
          action: "stop",
          detail: proposal.none,
        },
      });
      return outcome;
    }
    const { repair, fixer, fingerprint } = proposal;
    await say(run, "fix", `Repairing ${subject.service ?? subject.dir}: ${repair.title}`);
    const done = await carryOut(run, subject, repair, failure);
    const service = subject.service === undefined ? {} : { service: subject.service };
    const record = {
      fixer,
      fingerprint,
      failure: errorLine(failure.output) || `exit ${failure.exit}`,
      title: repair.title,
      actions: [...repair.actions],
      ...service,
    };
    tried.push({ fingerprint, fixer, service: subject.service, actions: repair.actions });
    if (!done.ok) {
      await settle(run, { ...record, worked: null, detail: "" }, false, { ok: false, question: done.question });
      return { ok: false, question: done.question };
    }
    pending = { ...record, worked: null, detail: repair.because };
  }
}

/** A repair is recorded when it is known whether it helped. */
async function settle<T>(run: Run, record: DataOf<"fix.tried">, worked: boolean, outcome: Result<T>): Promise<void> {
  const data = { ...record, worked, detail: outcome.ok ? record.detail : outcome.question.question };
  run.fixes.push(data);
  await emit(run, { type: "fix.tried", data });
}

async function describe(run: Run, subject: RepairSubject, facts: FailureFacts): Promise<Failure> {
  const view = await run.hands.view(run.repo);
  const manifests: Record<string, string> = {};
  for (const dir of new Set([subject.dir, "."])) {
    for (const name of view.dir(dir).names.filter((one) => MANIFEST.test(one))) {
      const text = await view.dir(dir).text(name);
      if (text !== undefined) manifests[inDir(dir, name)] = text;
    }
  }
  const output = facts.output.slice(-64 * 1024);
  const { names } = view.dir(subject.dir);
  const env = [...new Set([...Object.keys(adjustedEnv(run, subject.service)), ...(facts.env ?? [])])];
  return { ...subject, ...facts, output, plan: run.plan, env, names, manifests, freeMemory: run.hands.freeMemory() };
}
