import type { Detector, EnvVariable, Loaded, Plan, Toolchain, Viewed } from "../sdk/index.ts";
import { CheckKind } from "../sdk/index.ts";
import { CONFIG_FILE, readConfig, type Config } from "./config-schema.ts";

export { CONFIG_FILE };
import { inDir, lacks, leaveOut, overrule, place, put, tidy, type Draft } from "./config-draft.ts";
import { checkNeeds, overrideService } from "./config-services.ts";
import { detect } from "./detect.ts";
import { resolveEnv } from "./env.ts";
import { makePlan } from "./plan.ts";
import { nearest, uniq } from "./plan-source.ts";

/** A plan with the repo's own overrides. `commands` are those that come from the configuration and are in effect, for a person to approve. */
export interface Configured {
  readonly plan: Plan;
  readonly commands: string[];
}

/** The plan of a repo: what detection concludes, and what its `.lodestar/config.json` says instead. Nothing of the repo runs. */
export async function planRepo(
  view: Viewed,
  detectors: readonly Loaded<Detector>[],
  options: { isSecret?: (text: string) => boolean } = {},
): Promise<Configured> {
  // Read before detection, so that a file that is no JSON is among the view's problems.
  const raw = await view.dir(".lodestar").json("config.json");
  return applyConfig(makePlan(await detect(view, detectors)), raw, options);
}

/**
 * Applies a parsed configuration (undefined: there is none) to a plan. What it changes is certain and names the
 * configuration as its evidence; where it contradicts detection, a disagreement says so. What is wrong in it is a problem
 * of the plan, and the rest counts. A value that `isSecret` is not used: the plan is written to the log, which keeps no secrets.
 */
export function applyConfig(
  plan: Plan,
  raw: unknown,
  { isSecret = () => false }: { isSecret?: (text: string) => boolean } = {},
): Configured {
  const { config, problems } = readConfig(raw);
  const draft: Draft = { plan: structuredClone(plan), commands: [] };
  for (const message of problems) draft.plan.problems.push({ file: CONFIG_FILE, message });
  const checked = { draft, isSecret };
  for (const [runtime, version] of Object.entries(config.runtimes ?? {})) useRuntime(draft, runtime, version);
  for (const [dir, wish] of Object.entries(config.installs ?? {})) overrideInstall(draft, tidy(dir), wish);
  for (const [name, wish] of Object.entries(config.databases ?? {})) overrideDatabase(draft, name, wish);
  for (const [name, wish] of Object.entries(config.services ?? {}))
    overrideService(draft, name, { ...wish, env: usable(checked, `services.${name}.env`, wish.env) });
  for (const [name, wish] of Object.entries(config.checks ?? {})) overrideCheck(draft, name, wish);
  for (const [name, wish] of Object.entries(config.env ?? {})) {
    if (typeof wish !== "string") overrideEnv(draft, name, wish);
    else if (Object.hasOwn(usable(checked, "env", { [name]: wish }), name)) overrideEnv(draft, name, { value: wish });
  }
  checkNeeds(draft, config);
  return draft;
}

/** Id of the approval of a repo's own commands: another content is another approval. 128 bits, since the repo's author chooses the content. */
export function approvalOf(repo: string, commands: readonly string[], hash: (text: string) => string): string {
  return `config-${hash(JSON.stringify([repo, ...commands])).slice(0, 32)}`;
}

/** Runtimes that are not called like what they run. */
const LANGUAGES: Readonly<Record<string, string>> = { node: "javascript", bun: "javascript", deno: "javascript" };

type Wish<K extends "checks" | "installs" | "databases"> = NonNullable<Config[K]>[string];

function useRuntime({ plan }: Draft, runtime: string, version: string): void {
  const because = [place("runtimes", runtime)];
  const asked = plan.toolchains.filter((one) => one.runtime === runtime);
  for (const one of asked) {
    overrule(plan, { what: `${runtime} version`, dir: one.dir, chose: version, because }, one.version, one);
    Object.assign(one, { version, because: [...because, ...one.because], confidence: 1 });
  }
  for (const service of plan.services) if (service.runtime?.name === runtime) service.runtime.version = version;
  const added: Toolchain = {
    dir: ".",
    language: LANGUAGES[runtime] ?? runtime,
    runtime,
    version,
    because,
    confidence: 1,
  };
  if (asked.length === 0) plan.toolchains.push(added);
}

function overrideInstall({ plan }: Draft, dir: string, wish: Wish<"installs">): void {
  const path = `installs.${dir}`;
  const because = [place("installs", dir)];
  const known = plan.installs.find((one) => one.dir === dir);
  if (wish.disabled) {
    leaveOut(plan, plan.installs, { what: `installing ${dir}`, path, because }, known, known?.manager);
    return;
  }
  const manager = wish.manager ?? known?.manager;
  if (manager === undefined) return lacks(plan, path, "no package manager was found there, so it needs a manager");
  const same = known?.manager === manager ? known : undefined;
  if (known) overrule(plan, { what: "package manager", dir, chose: manager, because }, known.manager, known);
  const lockfile = wish.lockfile ?? same?.lockfile;
  const fresh = {
    dir,
    manager,
    ...(same?.version === undefined ? {} : { version: same.version }),
    ...(lockfile === undefined ? {} : { lockfile }),
    because: [...because, ...(known?.because ?? [])],
    confidence: 1,
  };
  put(plan.installs, known, fresh);
  for (const service of plan.services)
    if (known && nearest(plan.installs, service.dir) === fresh && service.packageManager === known.manager)
      service.packageManager = manager;
}

function overrideDatabase({ plan, commands }: Draft, name: string, wish: Wish<"databases">): void {
  const path = `databases.${name}`;
  const because = [place("databases", name)];
  const known = plan.databases.find((one) => one.name === name);
  if (wish.disabled) {
    leaveOut(plan, plan.databases, { what: `database ${name}`, path, because }, known, known?.engine);
    return;
  }
  const engine = wish.engine ?? known?.engine;
  if (engine === undefined) return lacks(plan, path, `there is no database ${name} in the plan, so it needs an engine`);
  const env = wish.env ?? known?.env;
  if (env === undefined) return lacks(plan, path, "it needs env, the variable that carries its URL");
  const dir = known?.dir ?? ".";
  const before = known?.migrations ?? [];
  const migrations =
    wish.migrate === undefined ? [...before] : [{ tool: "configured", dir, command: wish.migrate } as const];
  const [first, ...others] = migrations;
  if (wish.seed !== undefined && !first)
    lacks(plan, `${path}.seed`, "first data comes after the schema, so it needs migrate");
  const seeded = first && wish.seed !== undefined ? [{ ...first, seed: wish.seed }, ...others] : migrations;
  if (known) {
    const said = (what: string, chose: string, was: string | undefined) =>
      overrule(plan, { what: `${what} of ${name}`, dir, chose, because }, was, known);
    said("engine", engine, known.engine);
    said("variable", env, known.env);
    if (wish.migrate !== undefined) said("migration", wish.migrate, before.map((one) => one.command).join(" && "));
  }
  const kept = known?.engine === engine && known.version !== undefined ? { version: known.version } : {};
  const evidence = [...because, ...(known?.because ?? [])];
  put(plan.databases, known, { name, engine, ...kept, dir, env, migrations: seeded, because: evidence, confidence: 1 });
  for (const line of [wish.migrate, first && wish.seed]) if (line !== undefined) commands.push(inDir(line, dir));
}

function overrideCheck({ plan, commands }: Draft, name: string, wish: Wish<"checks">): void {
  const path = `checks.${name}`;
  const because = [place("checks", name)];
  const known = plan.checks.find((one) => one.name === name);
  if (wish.disabled) {
    leaveOut(plan, plan.checks, { what: `check ${name}`, path, because }, known, known?.command);
    return;
  }
  const command = wish.command ?? known?.command;
  if (command === undefined) return lacks(plan, path, `there is no check ${name} in the plan, so it needs a command`);
  const kind = wish.kind ?? known?.kind ?? CheckKind.safeParse(name).data;
  if (kind === undefined) return lacks(plan, path, `it needs a kind: ${CheckKind.options.join(", ")}`);
  const dir = tidy(wish.dir ?? known?.dir ?? ".");
  if (known) {
    overrule(plan, { what: `command of ${name}`, dir, chose: command, because }, known.command, known);
    overrule(plan, { what: `directory of ${name}`, dir, chose: dir, because }, known.dir, known);
  }
  const evidence = [...because, ...(known?.because ?? [])];
  put(plan.checks, known, { name, dir, kind, command, because: evidence, confidence: 1 });
  if (wish.command !== undefined || (known && dir !== known.dir)) commands.push(inDir(command, dir));
}

/** One entry at the root instead of those of all directories: it counts everywhere. */
function overrideEnv({ plan }: Draft, name: string, wish: { value: string } | { class: EnvVariable["class"] }): void {
  const because = [place("env", name)];
  const known = plan.env.filter((one) => one.name === name);
  const example = "value" in wish ? wish.value : known.find((one) => one.example !== undefined)?.example;
  const merged: EnvVariable = {
    name,
    dir: ".",
    class: "value" in wish ? "placeholder" : wish.class,
    ...(example === undefined ? {} : { example }),
    required: "value" in wish || known.length === 0 || known.some((one) => one.required),
    because: uniq([...because, ...known.flatMap((one) => one.because)]),
  };
  for (const one of known) plan.env.splice(plan.env.indexOf(one), 1);
  plan.env.push(merged);
}

/** Values that may be used: no secrets, and no address of a database, since only Lodestar's own are contacted. */
function usable(
  { draft, isSecret }: { draft: Draft; isSecret: (text: string) => boolean },
  path: string,
  values: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept = Object.entries(values).filter(([name, value]) => {
    const served = isServed(name);
    if (served)
      lacks(draft.plan, `${path}.${name}`, "it is not used: only databases that Lodestar made itself are contacted");
    else if (isSecret(value))
      lacks(
        draft.plan,
        `${path}.${name}`,
        "it looks like a secret and is not used: a tracked file is no place for one",
      );
    return !served && !isSecret(value);
  });
  return Object.fromEntries(kept);
}

/** Whether a variable carries the address of a database or broker, by the rule of `resolveEnv`, which never takes such an example. */
function isServed(name: string): boolean {
  const variable: EnvVariable = { name, dir: ".", class: "placeholder", example: "-", required: true, because: [] };
  return resolveEnv({ variables: [variable], provided: {}, generate: () => "" }).missing.length > 0;
}
