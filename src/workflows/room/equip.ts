import type { MadeRoom, PlannedDatabase, Repo, Site } from "../../sdk/index.ts";
import { startDatabases } from "../up/databases.ts";
import { installSealed, runOwn, runSteps, type Installed } from "../up/install.ts";
import { errorLine, say, succeeded, type Core, type LiveDatabase } from "../up/run.ts";
import { writeEnv } from "./env-files.ts";

type Equipped = Pick<MadeRoom, "ports" | "env" | "databases" | "limits">;

/** Gives a clone what work in it needs: dependencies, databases, ports, env files. What is missing is said, not fatal. */
export async function equip(core: Core, room: { id: string; path: string }): Promise<Equipped> {
  const { hands } = core;
  const clone = await hands.repo(room.path);
  const unsandboxed = core.sandbox === "unsandboxed";
  const site = await hands.tree(clone, { trusted: unsandboxed, unsandboxed });
  try {
    const limits = await installInto(core, clone, site);
    const bases = await bringDatabases(core, { id: room.id, clone, site });
    const { ports, missing } = await portsOf(core, room.id);
    const env = await writeEnv(core, { clone, site, live: bases.live, ports });
    return {
      ports,
      env: env.written,
      databases: bases.databases,
      limits: [...limits, ...bases.limits, ...missing, ...env.limits],
    };
  } finally {
    await site.close();
  }
}

/** A copy of its own of every sealed install; what cannot be moved to another path is installed anew in the clone. */
async function installInto(core: Core, clone: Repo, site: Site): Promise<string[]> {
  const installed = await installSealed(core);
  if (!installed.ok) return [`dependencies are missing: ${installed.question.question}`];
  const limits: string[] = [];
  for (const one of installed.value) {
    const failure = await installOne(core, { one, clone, site });
    if (failure !== undefined) limits.push(`${one.dir}: ${failure}`);
  }
  return limits;
}

async function installOne(
  core: Core,
  { one, clone, site }: { one: Installed; clone: Repo; site: Site },
): Promise<string | undefined> {
  const { entry, work } = one;
  if (entry === undefined || !work.steps.relocatable) {
    const result = await runSteps(core, site, work);
    return succeeded(result) ? undefined : `its dependencies were not installed: ${errorLine(result.output)}`;
  }
  await say(core, "room", `Copying the dependencies of ${one.dir === "." ? core.repo.name : one.dir}`);
  await core.hands.dependencies.attach(clone, entry);
  const own = await runOwn(core, site, work);
  return !own || succeeded(own) ? undefined : `its install scripts failed: ${errorLine(own.output)}`;
}

/** SQLite is copied; a server of the room's own is `up`'s to start, since nothing of a room runs before somebody works in it. */
async function bringDatabases(core: Core, { id, clone, site }: { id: string; clone: Repo; site: Site }) {
  const files = core.plan.databases.filter((one) => one.engine === "sqlite");
  const servers = core.plan.databases.filter((one) => one.engine !== "sqlite");
  const limits = servers.map((one) => laterOf(one, clone.root));
  if (files.length === 0) return { live: [], databases: [], limits };
  const copied = await core.hands.workRooms.copyDatabases(core.repo, id);
  const databases = copied.map((path) => `${path} is a copy of the one in your working tree`);
  const live = new Map<string, LiveDatabase>();
  // Under the name that `up` gives it in the room.
  const inRoom: Core = { ...core, repo: { ...core.repo, name: clone.name }, plan: { ...core.plan, databases: files } };
  const started = await startDatabases(inRoom, site, live);
  if (!started.ok) limits.push(started.question.question);
  for (const one of live.values()) {
    const to = one.url.replace(/^file:/, "");
    const isCopy = await core.hands.workRooms.copyOwnDatabase(core.repo, one.name, to);
    databases.push(`${one.env} is ${to}${isCopy ? ", a copy of the one that up made" : ", and empty"}`);
  }
  return { live: [...live.values()], databases, limits };
}

function laterOf({ engine }: PlannedDatabase, path: string): string {
  return `${engine} is not running for it yet: lodestar up ${path} starts one of its own, with the migrations of the repository`;
}

/** A port of this machine for every service that is told its port or has one. */
async function portsOf(core: Core, id: string): Promise<{ ports: Record<string, number>; missing: string[] }> {
  const services = core.plan.services.filter((one) => one.portEnv !== undefined || one.port !== undefined);
  const wanted = Object.fromEntries(services.map((one) => [one.name, undefined]));
  const ports = await core.hands.workRooms.ports(id, wanted);
  const fixed = services.filter((one) => one.portEnv === undefined);
  const missing = fixed.map((one) =>
    one.portFlag === undefined
      ? `${one.name} takes its port from no variable: it listens where its code says`
      : `${one.name} takes its port by a flag: ${one.portFlag} ${ports[one.name] ?? ""}`,
  );
  return { ports, missing };
}
