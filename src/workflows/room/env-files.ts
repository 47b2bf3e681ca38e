import type { Repo, Service, Site } from "../../sdk/index.ts";
import { environmentOf } from "../up/environment.ts";
import { inDir, type Core, type LiveDatabase } from "../up/run.ts";

interface EnvOf {
  readonly clone: Repo;
  readonly site: Site;
  readonly live: readonly LiveDatabase[];
  /** By service. */
  readonly ports: Readonly<Record<string, number>>;
}

/**
 * Writes a `.env` into each folder whose code names variables or whose service is told its port: only where git ignores it and there
 * is none. Values are those that `up` would give; secrets that only the user has stay out and are named.
 */
export async function writeEnv(core: Core, room: EnvOf): Promise<{ written: string[]; limits: string[] }> {
  const written: string[] = [];
  const limits: string[] = [];
  const services = core.plan.services.filter((one) => one.portEnv !== undefined);
  const dirs = new Set([...core.plan.env.map((one) => one.dir), ...services.map((one) => one.dir)]);
  for (const dir of [...dirs].sort()) {
    const file = inDir(dir, ".env");
    const values = await valuesOf(core, dir, room);
    limits.push(...(await secretsLeft(core, dir, values)));
    const names = Object.keys(values);
    if (names.length === 0) continue;
    if (await room.site.files.exists(file)) {
      limits.push(`${file} is there already and was left as it is`);
      continue;
    }
    const ignored = (await room.clone.git.ignored([file])).length > 0;
    const answer = ignored
      ? await room.site.files.write(file, names.map((name) => `${name}=${quoted(values[name] ?? "")}\n`).join(""))
      : { ok: false as const, because: "git does not ignore it" };
    if (answer.ok) written.push(file);
    else limits.push(`${file} was not written (${answer.because}): set ${told(values, services, dir)}`);
  }
  return { written, limits };
}

async function valuesOf(core: Core, dir: string, { live, ports }: EnvOf): Promise<Record<string, string>> {
  const all = await environmentOf(core, dir, live);
  const values: Record<string, string> = {};
  for (const { name } of core.plan.env.filter((one) => one.dir === dir)) {
    const value = all[name];
    if (value !== undefined) values[name] = value;
  }
  for (const one of live) if (all[one.env] !== undefined) values[one.env] = one.url;
  // Of two services in one folder the first is told by the file.
  for (const service of core.plan.services.filter((one) => one.dir === dir).reverse()) {
    const port = ports[service.name];
    if (service.portEnv !== undefined && port !== undefined) values[service.portEnv] = String(port);
  }
  return values;
}

async function secretsLeft(core: Core, dir: string, values: Readonly<Record<string, string>>): Promise<string[]> {
  const own = core.plan.env.filter((one) => one.dir === dir && one.class === "secret" && one.required);
  const names = own.map((one) => one.name).filter((name) => values[name] === undefined);
  return names.length === 0 ? [] : [`only you have ${[...new Set(names)].join(", ")}`];
}

/** Ports are said with their values; of anything else the name is enough, and may be all that is to be shown. */
function told(values: Readonly<Record<string, string>>, services: readonly Service[], dir: string): string {
  const ports = new Set(services.filter((one) => one.dir === dir).map((one) => one.portEnv));
  return Object.entries(values)
    .map(([name, value]) => (ports.has(name) ? `${name}=${value}` : name))
    .join(", ");
}

/** As every reader of env files takes it: plain where it can be, else in quotes. */
function quoted(value: string): string {
  if (/^[\w./:@%+,=-]*$/.test(value)) return value;
  if (!value.includes("'") && !value.includes("\n")) return `'${value}'`;
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
