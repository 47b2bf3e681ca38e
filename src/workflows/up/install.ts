import type { CommandResult, Install, InstallSteps, SealedDependencies, Site } from "../../sdk/index.ts";
import { OutsideError } from "../../sdk/index.ts";
import { withRepairs } from "./repair.ts";
import {
  adjustedEnv,
  brief,
  command,
  inDir,
  round,
  say,
  succeeded,
  timed,
  type Result,
  type Core,
  type Run,
  errorLine,
} from "./run.ts";
import { installSteps, toolchainOf } from "./toolchain.ts";

const INSTALL_TIMEOUT = 15 * 60_000;

/** What one install gave: the sealed entry that rooms use, and whether the working tree has it. */
export interface Installed {
  readonly dir: string;
  readonly entry: SealedDependencies | undefined;
  /** Folders in front of PATH, relative to the repo. */
  readonly path: readonly string[];
  readonly key: string;
  readonly work: Work;
}

/** Installs every directory of the plan, once per content: into the sealed store, and from there into the working tree. */
export async function installAll(run: Run): Promise<Result<Installed[]>> {
  const done: Installed[] = [];
  if (!run.input.install) {
    run.notChecked.push("dependencies were not installed (--no-install)");
    return { ok: true, value: done };
  }
  return timed(run, "install", async () => {
    for (const install of run.plan.installs) {
      const outcome = await withRepairs(run, { phase: "install", dir: install.dir }, () =>
        installOne(run, install, done),
      );
      if (!outcome.ok) return outcome;
      done.push(outcome.value);
    }
    return { ok: true, value: done };
  });
}

async function installOne(run: Run, install: Install, before: readonly Installed[]): Promise<Result<Installed>> {
  const prepared = await prepare(run, install);
  if (!prepared.ok) return prepared;
  const { work, keys, installed } = prepared.value;
  const { steps } = work;

  // An edited manifest, or an install that cannot be moved to another path, is installed where it is used.
  if (keys.tree !== keys.head || !steps.relocatable || steps.outputs.length === 0) {
    const result = await run.step(`install ${install.dir} in place`, [keys.tree, [...run.adjust.env]], async () =>
      brief(await runSteps(run, run.tree, work)),
    );
    if (!succeeded(result)) return failed(run, work, result);
    const entry = steps.outputs.length > 0 ? await sealed(run, work, keys.head, before) : undefined;
    return { ok: true, value: { ...installed, entry: entry?.ok ? entry.entry : undefined } };
  }
  const outcome = await sealed(run, work, keys.head, before);
  if (!outcome.ok) return failed(run, work, outcome.result);
  const { copied } = await run.hands.dependencies.attach(run.repo, outcome.entry);
  if (copied) {
    await say(run, "install", `Copied the dependencies of ${install.dir} into the working tree`);
    const own = await runOwn(run, run.tree, work);
    if (own && !succeeded(own)) return failed(run, work, own);
  }
  return { ok: true, value: { ...installed, entry: outcome.entry } };
}

/** Installs every directory of a commit's plan into the sealed store only: what rooms need. The working tree is left alone. */
export async function installSealed(run: Core): Promise<Result<Installed[]>> {
  const done: Installed[] = [];
  for (const install of run.plan.installs) {
    const prepared = await prepare(run, install);
    if (!prepared.ok) return prepared;
    const { work, keys, installed } = prepared.value;
    const outcome = work.steps.outputs.length > 0 ? await sealed(run, work, keys.head, done) : undefined;
    if (outcome && !outcome.ok) return failed(run, work, outcome.result);
    done.push({ ...installed, entry: outcome?.entry });
  }
  return { ok: true, value: done };
}

async function prepare(run: Core, install: Install) {
  const steps = await installSteps(run, install);
  if (!steps)
    return question(
      `${install.dir} installs with ${install.manager}, and Lodestar has no driver for it.`,
      `install ${install.dir} by hand, then: lodestar up --no-install`,
    );
  const chain = await toolchainOf(run, install.dir);
  const missing = chain.missing[0];
  if (missing) return question(missing.question, missing.next);
  const keys = await storeKeys(run, install, steps, chain.versions);
  const work: Work = {
    install,
    steps,
    env: { ...chain.env, ...steps.env, ...adjustedEnv(run) },
    path: chain.path,
    reads: chain.reads,
  };
  const path = steps.path.map((folder) => inDir(install.dir, folder));
  return { ok: true as const, value: { work, keys, installed: { dir: install.dir, path, key: keys.tree, work } } };
}

/** The repo's own install scripts (`postinstall`, `prepare`), on a site that got its dependencies as a copy. */
export async function runOwn(
  run: Core,
  site: Site,
  { install, steps, env, path, reads }: Work,
): Promise<CommandResult | undefined> {
  if (steps.own === undefined) return undefined;
  const what = {
    command: steps.own,
    dir: install.dir,
    env,
    path,
    reads,
    network: "none" as const,
    timeout: INSTALL_TIMEOUT,
  };
  return command(run, site, "install", { ...what, title: `own scripts ${install.manager}` });
}

/** An install with everything its commands need. */
export interface Work {
  readonly install: Install;
  readonly steps: InstallSteps;
  readonly env: Record<string, string>;
  readonly path: string[];
  readonly reads: string[];
}

async function sealed(run: Core, work: Work, key: string, before: readonly Installed[]) {
  const known = await run.hands.dependencies.find(key);
  if (known) return { ok: true as const, entry: known };
  await say(
    run,
    "install",
    `Installing ${work.install.dir === "." ? run.repo.name : work.install.dir} with ${work.install.manager}`,
  );
  return run.hands.dependencies.build({
    repo: run.repo,
    commit: run.head.commit,
    key,
    outputs: work.steps.outputs.map((output) => inDir(work.install.dir, output)),
    with: before.flatMap((one) => (one.entry ? [one.entry] : [])),
    build: (site) => runSteps(run, site, work),
  });
}

/** Download with scripts off and only the registries in reach; then the packages' scripts, without a network. */
export async function runSteps(
  run: Core,
  site: Site,
  { install, steps, env, path, reads }: Work,
): Promise<CommandResult> {
  const base = { dir: install.dir, env, path, reads, timeout: INSTALL_TIMEOUT };
  let result: CommandResult | undefined;
  const chosen = run.adjust.commands.get(`${install.dir}/install`);
  for (const fetch of chosen === undefined ? steps.fetch : [chosen]) {
    result = await command(run, site, "install", {
      ...base,
      command: fetch,
      network: "registries",
      title: `install ${install.manager}`,
    });
    if (succeeded(result)) break;
  }
  if (!result) throw new OutsideError(`${install.manager} has no install command`, { retryable: false });
  if (!succeeded(result) || steps.scripts === undefined) return result;
  return command(run, site, "install", {
    ...base,
    command: steps.scripts,
    network: "none",
    title: `install scripts ${install.manager}`,
  });
}

/**
 * Keys of the sealed store: everything that decides the result. `tree` is of the files as they are, `head` of those of
 * HEAD, which rooms get; they differ when a manifest has uncommitted edits.
 */
async function storeKeys(run: Core, install: Install, steps: InstallSteps, versions: Record<string, string>) {
  const view = (await run.view()).dir(install.dir);
  const parts: unknown[] = [
    install.manager,
    install.version,
    steps.fetch,
    steps.scripts,
    steps.outputs,
    adjustedEnv(run),
    versions,
    `${run.hands.tools.platform}-${run.hands.tools.arch}`,
    run.adjust.fresh.get(install.dir) ?? 0,
    run.adjust.commands.get(`${install.dir}/install`),
  ];
  const [tree, head] = [[...parts], [...parts]];
  for (const file of [...steps.key].sort()) {
    const path = inDir(install.dir, file);
    const text = await view.text(file);
    const committed = run.head.dirty ? await run.repo.git.show(run.head.commit, path) : text;
    tree.push(path, text === undefined ? null : run.hands.hash(text));
    head.push(path, committed === undefined ? null : run.hands.hash(committed));
  }
  return { tree: run.hands.hash(JSON.stringify(tree)), head: run.hands.hash(JSON.stringify(head)) };
}

function failed(run: Core, { install, steps }: Work, result: CommandResult): Result<never> {
  const what = run.adjust.commands.get(`${install.dir}/install`) ?? steps.fetch[0] ?? install.manager;
  return {
    ok: false,
    failure: { command: what, exit: result.exit, output: result.output },
    question: {
      question: `Installing ${install.dir} with ${install.manager} failed after ${round(result.seconds)} s: ${errorLine(result.output)}`,
      next: `lodestar logs "${result.segment.segment}"`,
    },
  };
}

function question(text: string, next: string): Result<never> {
  return { ok: false, question: { question: text, next } };
}
