import { provide } from "../../kernel/needs.ts";
import type { Driver, Install, InstallSteps, Loaded, PackageManagerDriver, RuntimeDriver } from "../../sdk/index.ts";
import type { Core } from "./run.ts";

/** So much of a lockfile names the version that wrote it. */
const LOCK_HEAD = 2048;

/** Programs that commands of one directory find first, and where they came from. */
export interface Toolchain {
  readonly path: string[];
  /** Folders that its programs read; a sandbox shows them. */
  readonly reads: string[];
  readonly env: Record<string, string>;
  /** Version by runtime name, for the receipt. */
  readonly versions: Record<string, string>;
  readonly missing: { question: string; next: string }[];
}

/**
 * The runtimes a directory asks for (its own wish wins over the root's), each by the driver of that runtime. What cannot
 * be had becomes a question with the command that brings it.
 */
export async function toolchainOf(run: Core, dir: string): Promise<Toolchain> {
  return run.step(`toolchain ${dir}`, [wishes(run, dir), [...run.adjust.runtimes], [...run.adjust.flags]], () =>
    findAll(run, dir),
  );
}

export function managerDriver(run: Core, install: Install): Loaded<PackageManagerDriver> | undefined {
  return pick(
    run,
    (driver): driver is PackageManagerDriver => driver.role === "package-manager" && driver.manager === install.manager,
  );
}

async function findAll(run: Core, dir: string): Promise<Toolchain> {
  const chain: Toolchain = { path: [], reads: [], env: {}, versions: {}, missing: [] };
  for (const { runtime, version } of wishes(run, dir)) {
    const found = pick(
      run,
      (driver): driver is RuntimeDriver => driver.role === "runtime" && driver.runtime === runtime,
    );
    if (!found) {
      chain.missing.push({
        question: `${dir} needs ${runtime}, and Lodestar has no driver for it.`,
        next: `install ${runtime}, then run lodestar up again`,
      });
      continue;
    }
    const answer = await found.plugin.find(run.adjust.runtimes.get(runtime) ?? version, run.hands.tools);
    if (!answer.ok) {
      chain.missing.push({ question: answer.because, next: answer.next });
      continue;
    }
    chain.path.push(...answer.path);
    chain.reads.push(...(answer.reads ?? []));
    Object.assign(chain.env, answer.env);
    chain.versions[runtime] = answer.version;
  }
  for (const install of run.plan.installs.filter((one) => isWithin(dir, one.dir)))
    await addManager(run, install, chain);
  return chain;
}

/** A package manager that is not on PATH comes from the toolbox, at the version the repo asks for; its settings hold for every command. */
async function addManager(run: Core, install: Install, chain: Toolchain): Promise<void> {
  const steps = await installSteps(run, install);
  if (!steps) return;
  const have = Object.keys(chain.versions).flatMap((runtime) =>
    runtime === "node" ? ["node", "npm", "npx"] : [runtime],
  );
  const provided = await provide(steps.needs, run.hands.tools, have);
  chain.path.unshift(...provided.path);
  chain.reads.push(...provided.reads);
  Object.assign(chain.env, steps.env);
  for (const { because, next } of provided.missing) chain.missing.push({ question: because, next });
}

/** How an install of the plan is done; undefined when no driver knows its manager. */
export async function installSteps(run: Core, install: Install): Promise<InstallSteps | undefined> {
  const driver = managerDriver(run, install);
  if (!driver) return undefined;
  const { dir, lockfile, version } = install;
  const view = (await run.view()).dir(dir);
  const lockHead = lockfile === undefined ? undefined : (await view.text(lockfile))?.slice(0, LOCK_HEAD);
  const below = (member: string) => (dir === "." ? member : member.slice(dir.length + 1));
  const members = run.plan.workspaces.filter((one) => one.dir === dir).flatMap((one) => one.members.map(below));
  const flags = run.adjust.flags.get(dir) ?? [];
  return driver.plugin.install({
    lockfile,
    version,
    lockHead,
    names: view.names,
    members,
    cache: run.hands.cache(install.manager),
    flags,
  });
}

function wishes(run: Core, dir: string): { runtime: string; version: string | undefined }[] {
  const byRuntime = new Map<string, { runtime: string; version: string | undefined; depth: number }>();
  for (const chain of run.plan.toolchains) {
    if (!isWithin(dir, chain.dir)) continue;
    const depth = chain.dir === "." ? 0 : chain.dir.split("/").length;
    const known = byRuntime.get(chain.runtime);
    if (!known || (chain.version !== undefined && (known.version === undefined || depth >= known.depth)))
      byRuntime.set(chain.runtime, { runtime: chain.runtime, version: chain.version, depth });
  }
  // A manager may need a runtime of its own: bun for a Node project, Python for a tool written in it.
  for (const install of run.plan.installs.filter((one) => isWithin(dir, one.dir))) {
    const runtime = managerDriver(run, install)?.plugin.runtime;
    if (runtime !== undefined && !byRuntime.has(runtime))
      byRuntime.set(runtime, { runtime, version: undefined, depth: 0 });
  }
  return [...byRuntime.values()].map(({ runtime, version }) => ({ runtime, version }));
}

/** Whether `dir` is `parent` or below it. */
export function isWithin(dir: string, parent: string): boolean {
  return parent === "." || dir === parent || dir.startsWith(`${parent}/`);
}

function pick<D extends Driver>(run: Core, is: (driver: Driver) => driver is D): Loaded<D> | undefined {
  for (const { id, plugin } of run.hands.plugins.drivers) if (is(plugin)) return { id, plugin };
  return undefined;
}
