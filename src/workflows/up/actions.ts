import type { Action, Failure, Repair } from "../../sdk/index.ts";
import { withVariable } from "../../kernel/fix.ts";
import { migrate } from "./migrate.ts";
import { generated } from "./environment.ts";
import { adjustedEnv, command, emit, inDir, succeeded, type RepairSubject, type Run } from "./run.ts";
import { toolchainOf } from "./toolchain.ts";

type Done = { ok: true } | { ok: false; question: { question: string; next: string } };

const RUN_TIMEOUT = 10 * 60_000;

/** Carries out what a fixer asked for. Each action is bounded and undoable; the first that cannot be done ends the repair with a question. */
export async function carryOut(run: Run, subject: RepairSubject, repair: Repair, failure: Failure): Promise<Done> {
  for (const action of repair.actions) {
    const done = await one(run, subject, repair, action, failure);
    if (!done.ok) return done;
  }
  return { ok: true };
}

async function one(run: Run, subject: RepairSubject, repair: Repair, action: Action, failure: Failure): Promise<Done> {
  switch (action.do) {
    case "set-env":
      return setVariable(run, action);
    case "use-port":
      run.adjust.ports.set(action.service, (run.adjust.ports.get(action.service) ?? 0) + 1);
      return { ok: true };
    case "use-runtime":
      run.adjust.runtimes.set(action.name, action.version);
      return { ok: true };
    case "use-command":
      run.adjust.commands.set(`${action.service ?? action.dir}/${action.role}`, action.command);
      return { ok: true };
    case "install":
      run.adjust.flags.set(action.dir, [...new Set([...(run.adjust.flags.get(action.dir) ?? []), ...action.flags])]);
      if (action.fresh) run.adjust.fresh.set(action.dir, (run.adjust.fresh.get(action.dir) ?? 0) + 1);
      return { ok: true };
    case "start-database":
      run.adjust.databases.set(action.engine, action.env);
      return { ok: true };
    case "migrate":
      return migrate(run, run.tree, [...run.runtime.databases.values()], { dir: action.dir });
    case "run":
      run.adjust.touched++;
      return runCommand(run, action);
    case "remove": {
      run.adjust.touched++;
      const removed = await run.tree.files.remove(action.paths.map((path) => inDir(action.dir, path)));
      return removed.ok
        ? { ok: true }
        : refuse(`${repair.title}: ${removed.because}`, `remove ${action.paths.join(" ")} in ${action.dir} by hand`);
    }
    case "write":
    case "edit":
      return changeFile(run, repair, action);
    case "ask":
      return refuse(action.question, action.next);
    default:
      return refuse(
        `No way to carry out ${JSON.stringify(action satisfies never)} after ${failure.command}`,
        `lodestar logs ${subject.service ?? ""}`,
      );
  }
}

/** A variable for one service, or for every command; options that other repairs set too (NODE_OPTIONS) are added to. */
async function setVariable(run: Run, action: Extract<Action, { do: "set-env" }>): Promise<Done> {
  const value = action.value ?? (await generated(run, action.name));
  const scope = action.service ?? "";
  const before = run.adjust.env.get(scope) ?? {};
  run.adjust.env.set(
    scope,
    withVariable(before, { ...action, value }, { service: action.service, generate: () => value }),
  );
  return { ok: true };
}

async function runCommand(run: Run, action: Extract<Action, { do: "run" }>): Promise<Done> {
  const chain = await toolchainOf(run, action.dir);
  const result = await command(run, run.tree, "fix", {
    command: action.command,
    dir: action.dir,
    env: { ...chain.env, ...adjustedEnv(run) },
    path: chain.path,
    reads: chain.reads,
    network: action.network,
    timeout: RUN_TIMEOUT,
    title: "fix",
  });
  return succeeded(result)
    ? { ok: true }
    : refuse(
        `The repair \`${action.command}\` itself failed: ${result.output.trimEnd().split("\n").at(-1) ?? ""}`,
        action.command,
      );
}

/** A tracked file is never changed in the working tree: the repair becomes a change for a person to apply. */
async function changeFile(run: Run, repair: Repair, action: Extract<Action, { do: "write" | "edit" }>): Promise<Done> {
  const tracked = (await run.repo.git.tracked([action.path])).length > 0;
  if (action.do === "write" && !tracked) {
    const written = await run.tree.files.write(action.path, action.content);
    if (written.ok) return { ok: true };
  }
  const edit =
    action.do === "write"
      ? { path: action.path, content: action.content }
      : { path: action.path, find: action.find, replace: action.replace };
  const proposed = await run.hands.changes.propose({
    repo: run.repo,
    edits: [edit],
    title: repair.title,
    because: repair.because,
  });
  if (!proposed.ok) return refuse(`${repair.title}: ${proposed.because}`, `edit ${action.path} by hand`);
  const { change, branch, diff } = proposed;
  await emit(run, {
    type: "change.proposed",
    data: { change, title: repair.title, because: repair.because, branch, diff },
  });
  run.questions.push({
    question: `${repair.title}. It changes ${action.path}, so it is proposed, not done.`,
    next: `lodestar changes apply ${change}`,
  });
  return { ok: true };
}

function refuse(question: string, next: string): Done {
  return { ok: false, question: { question, next } };
}
