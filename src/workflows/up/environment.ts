import { resolveEnv } from "../../kernel/env.ts";
import type { EnvVariable } from "../../sdk/index.ts";
import { adjustedEnv, emit, inDir, type Core, type LiveDatabase, type Run } from "./run.ts";
import { isWithin } from "./toolchain.ts";

/**
 * The variables that commands of `dir` get: what the examples name, generated where any random value will do, addresses of
 * Lodestar's own databases, and what repairs added. Values that only the user has stay unset: they are asked for when
 * something really fails without them.
 */
export async function environmentOf(
  run: Core,
  dir: string,
  live: readonly LiveDatabase[],
  service?: string,
): Promise<Record<string, string>> {
  return { ...(await resolve(run, dir, live, service)).env };
}

/**
 * Says once what was given to a repo that has no `.env`, so that nobody wonders where a value came from. The values are
 * in the environment of the processes, not in a file.
 */
export async function tellProvided(run: Run, live: readonly LiveDatabase[]): Promise<void> {
  const dirs = [...new Set([".", ...run.plan.env.map((one) => one.dir)])];
  for (const dir of dirs) {
    if (await run.tree.files.exists(inDir(dir, ".env"))) continue;
    const names = run.plan.env.filter((one) => one.dir === dir).map((one) => one.name);
    const { from } = await resolve(run, dir, live);
    const given = names.filter((name) => from[name] === "generated" || from[name] === "connection");
    if (given.length === 0) continue;
    const said = given.map(
      (name) => `${name} ${from[name] === "generated" ? "generated" : "points to Lodestar's own database"}`,
    );
    const file = inDir(dir, ".env");
    const data = {
      fixer: "env",
      fingerprint: `env ${dir}`,
      failure: `${file} is missing`,
      title: `${said.join(", ")} (in the environment, no file written)`,
      actions: [],
      worked: true,
      detail: "",
    };
    run.fixes.push(data);
    await emit(run, { type: "fix.tried", data, key: `${run.id}/env/${dir}` });
  }
}

/** A value that Lodestar made: random once, then the same at every start. Redacted everywhere. */
export async function generated(run: Pick<Core, "hands" | "repo">, name: string): Promise<string> {
  const known = await run.hands.vault.read(run.repo.id);
  const value = known[name] ?? run.hands.random(32);
  if (known[name] === undefined) await run.hands.vault.write(run.repo.id, { ...known, [name]: value });
  run.hands.secrets.add(value);
  return value;
}

/** The variables that carry the URLs, and what the usual clients read besides. */
function databaseEnv(live: readonly LiveDatabase[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const database of live) {
    env[database.env] = database.url;
    if (database.engine !== "postgres" || !URL.canParse(database.url)) continue;
    const url = new URL(database.url);
    Object.assign(env, {
      PGHOST: url.hostname,
      PGPORT: url.port,
      PGUSER: url.username,
      PGDATABASE: url.pathname.slice(1),
    });
  }
  return env;
}

async function resolve(run: Core, dir: string, live: readonly LiveDatabase[], service?: string) {
  const around = run.plan.env.filter((one) => isWithin(dir, one.dir) || isWithin(one.dir, dir));
  const variables = [...ownValues(run, service), ...around];
  const provided = adjustedEnv(run, service);
  const made = new Map<string, string>();
  for (const one of variables)
    if (one.class === "generated" && provided[one.name] === undefined)
      made.set(one.name, await generated(run, one.name));
  const resolved = resolveEnv({
    variables,
    provided,
    connections: Object.fromEntries(live.map((one) => [one.env, one.url])),
    generate: (name) => made.get(name) ?? "",
  });
  return { ...resolved, env: { ...databaseEnv(live), ...resolved.env, ...provided } };
}

/** What the repo's configuration gives to one service; the first of a name counts. */
function ownValues(run: Core, name: string | undefined): EnvVariable[] {
  const service = run.plan.services.find((one) => one.name === name);
  const { values = {}, dir = ".", because = [] } = service ?? {};
  return Object.entries(values).map(([name, example]) => ({
    name,
    dir,
    class: "placeholder",
    example,
    required: true,
    because,
  }));
}
