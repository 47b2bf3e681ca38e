import type {
  Detection,
  Disagreement,
  HealthProbe,
  Install,
  PlannedCheck,
  PlannedDatabase,
  Service,
  ServiceKind,
  Toolchain,
} from "../sdk/index.ts";
import { databaseUse } from "./plan-databases.ts";
import { groupServices, listens, slug, type ServiceGroup } from "./plan-groups.ts";
import { installFor } from "./plan-installs.ts";
import { choosePort } from "./plan-ports.ts";
import { byPrecedence, disagreement, GUESS, nearest, only, places, sourceOf, uniq, within } from "./plan-source.ts";
import { testOf } from "./plan-checks.ts";

/** What is already planned and what services refer to. */
export interface Around {
  readonly detections: readonly Detection[];
  readonly toolchains: readonly Toolchain[];
  readonly installs: readonly Install[];
  readonly databases: readonly PlannedDatabase[];
  readonly checks: readonly PlannedCheck[];
}

/**
 * The things that run, one entry each. A start command is taken by the precedence of `plan-source.ts`; a service for which only a
 * development command is known has no `commands.start`, and is started with `commands.dev`.
 */
export function planServices(around: Around): { services: Service[]; disagreements: Disagreement[] } {
  const disagreements: Disagreement[] = [];
  const services: Service[] = [];
  const groups = groupServices(around.detections);
  const names = uniqueNames(groups);
  for (const [index, group] of groups.entries()) {
    const lead = leader(group);
    if (!lead) continue;
    const port = choosePort(group, lead, around.detections);
    const conflict = disagreement(lead, rivals(group, lead), {
      what: `start command of ${names[index] ?? lead.name}`,
      dir: group.dir,
      value: (found) => found.command,
      why: reason(lead, rivals(group, lead)),
    });
    disagreements.push(...[conflict, port.conflict].filter((one) => one !== undefined));
    services.push(toService(group, lead, { name: names[index] ?? slug(lead.name), port, around }));
  }
  return { services: withNeeds(services, groups, around), disagreements };
}

type Lead = ServiceGroup["members"][number];

/** The member whose command is taken: what starts it for real, before what starts it for development. */
function leader(group: ServiceGroup): Lead | undefined {
  const starts = group.members.filter((found) => found.mode === "start");
  return (
    starts.find((found) => found.confidence >= GUESS) ??
    group.members.find((found) => found.confidence >= GUESS) ??
    starts[0] ??
    group.members[0]
  );
}

function rivals(group: ServiceGroup, lead: Lead): Lead[] {
  return group.members.filter((found) => found !== lead && found.mode === lead.mode);
}

function reason(lead: Lead, others: readonly Lead[]): string {
  const { said } = sourceOf(lead);
  const weaker = uniq(others.map((other) => sourceOf(other).said)).filter((other) => other !== said);
  return weaker.length > 0 ? `${said} is believed before ${weaker.join(" and ")}` : "its evidence is the strongest";
}

function toService(
  group: ServiceGroup,
  lead: Lead,
  plan: { name: string; port: ReturnType<typeof choosePort>; around: Around },
): Service {
  const { around, port } = plan;
  const toolchain = toolchainFor(around.toolchains, lead);
  const framework = frameworkOf(around.detections, lead.dir);
  const manager = installFor(around.installs, lead.dir, managerOf(lead.command));
  const kind = kindOf(group, lead, framework?.kind);
  return {
    name: plan.name,
    dir: lead.dir,
    kind,
    ...(toolchain ? { language: toolchain.language, runtime: runtimeOf(toolchain) } : {}),
    ...(framework ? { framework: framework.framework } : {}),
    ...(manager && managesLanguage(manager, toolchain) ? { packageManager: manager.manager } : {}),
    commands: commandsOf(group, lead, around),
    ...(port.port === undefined ? {} : { port: port.port }),
    ...(port.env === undefined ? {} : { portEnv: port.env }),
    ...(port.flag === undefined ? {} : { portFlag: port.flag }),
    env: envOf(around.detections, lead.dir),
    needs: [],
    health: healthOf(group, kind, port),
    because: places(group.members),
    confidence: lead.confidence,
  };
}

/** A Procfile calls everything that listens `web`; the code behind it may know better. */
function kindOf(group: ServiceGroup, lead: Lead, framework: ServiceKind | undefined): ServiceKind {
  if (lead.kind !== "web") return lead.kind;
  if (group.members.some((found) => found.kind === "api")) return "api";
  // A hosting platform is told a command and not what it starts; who read the code behind the same command knows.
  const read = group.members.find((found) => found !== lead && found.command === lead.command);
  if (lead.port === undefined && read && !listens(read.kind) && sourceOf(read).rank === sourceOf(lead).rank)
    return read.kind;
  return framework === "api" ? "api" : "web";
}

function healthOf(group: ServiceGroup, kind: ServiceKind, port: ReturnType<typeof choosePort>): HealthProbe {
  const said = group.members.find((found) => found.health !== undefined)?.health;
  if (said) return said;
  const reachable = port.port !== undefined || port.env !== undefined || port.flag !== undefined;
  return listens(kind) && reachable ? { kind: "http", path: "/" } : { kind: "process" };
}

function commandsOf(group: ServiceGroup, lead: Lead, around: Around): Service["commands"] {
  const { dir } = lead;
  const role = (wanted: "install" | "build" | "dev" | "test") =>
    byPrecedence(only(around.detections, "command").filter((found) => found.role === wanted && found.dir === dir))[0];
  const dev = group.members.find((found) => found.mode === "dev")?.command ?? role("dev")?.command;
  const build = role("build")?.command;
  const test = testOf(around.checks, dir) ?? role("test")?.command;
  const install = role("install")?.command;
  return {
    ...(install === undefined ? {} : { install }),
    ...(build === undefined ? {} : { build }),
    ...(lead.mode === "start" ? { start: lead.command } : {}),
    ...(dev === undefined ? {} : { dev }),
    ...(test === undefined ? {} : { test }),
  };
}

function frameworkOf(detections: readonly Detection[], dir: string) {
  return only(detections, "framework")
    .filter((found) => found.dir === dir)
    .toSorted((a, b) => b.confidence - a.confidence)[0];
}

/** Programs that tell which runtime a command needs, where a directory has several. */
const RUNS: readonly (readonly [program: RegExp, runtime: string])[] = [
  [/(^|\s)(npm|npx|pnpm|yarn|node|next|vite|nuxt|tsx)(\s|$)/, "node"],
  [/(^|\s)(bun|bunx)(\s|$)/, "bun"],
  [/(^|\s)deno(\s|$)/, "deno"],
  [/(^|\s)(python3?|gunicorn|uvicorn|flask|celery|uv run|poetry run|pipenv run)(\s|$)/, "python"],
  [/(^|\s)(ruby|bundle|rails|rake|puma|rackup|bin\/rails)(\s|$)/, "ruby"],
  [/(^|\s)(php|composer|artisan)(\s|$)/, "php"],
  [/(^|\s)(go run|go)(\s|$)/, "go"],
  [/(^|\s)cargo(\s|$)/, "rust"],
];

/** The toolchain of the service's directory, or of the nearest above it; the command decides between several. */
function toolchainFor(toolchains: readonly Toolchain[], lead: Lead): Toolchain | undefined {
  const wanted = RUNS.find(([program]) => program.test(lead.command))?.[1];
  const fitting = toolchains.filter((toolchain) => toolchain.runtime === wanted);
  const here = toolchains
    .filter((toolchain) => toolchain.dir === lead.dir)
    .toSorted((a, b) => b.confidence - a.confidence);
  return nearest(fitting, lead.dir) ?? here[0] ?? nearest(toolchains, lead.dir);
}

function runtimeOf(toolchain: Toolchain): { name: string; version?: string } {
  const { runtime, version } = toolchain;
  return version === undefined ? { name: runtime } : { name: runtime, version };
}

const MANAGERS_OF: Readonly<Record<string, readonly string[]>> = {
  node: ["npm", "pnpm", "yarn", "bun"],
  bun: ["bun", "npm", "pnpm", "yarn"],
  python: ["pip", "uv", "poetry", "pipenv", "pdm"],
};

function managesLanguage(install: Install, toolchain: Toolchain | undefined): boolean {
  const managers = MANAGERS_OF[toolchain?.runtime ?? ""];
  return managers ? managers.includes(install.manager) : true;
}

function managerOf(command: string): string | undefined {
  if (/(^|\s)(node|npx)\s/.test(command)) return "npm";
  if (/(^|\s)(python3?|gunicorn|uvicorn|flask)\s/.test(command)) return "pip";
  return /(?:^|\s|&&\s*)(npm|pnpm|yarn|bun|uv|poetry|pipenv|bundle|composer|cargo|go|mix|dotnet|gradle|maven)\s/.exec(
    command,
  )?.[1];
}

/** Variables that the service's own code or example file names, and those of the folders above it. */
function envOf(detections: readonly Detection[], dir: string): string[] {
  const names = only(detections, "env").filter((found) => within(found.dir, dir) || within(dir, found.dir));
  return uniq(names.map((found) => found.name)).toSorted();
}

/** Resolves what compose and code say a service needs to the names of services and databases of the plan. */
function withNeeds(services: readonly Service[], groups: readonly ServiceGroup[], around: Around): Service[] {
  const databasesOf = databaseUse(around.databases, { detections: around.detections, services });
  const calls = callsBetween(services, around.detections);
  return services.map((service, index) => {
    const said = groups[index]?.members.flatMap((found) => found.needs) ?? [];
    const named = said.flatMap((need) => resolve(need, service, { services, groups, around }));
    const used = databasesOf(service);
    const called = services.filter((other) => calls(service, other) && !calls(other, service));
    return { ...service, needs: uniq([...named, ...[...used, ...called].map(({ name }) => name)]).toSorted() };
  });
}

const ADDRESS = /_(URL|URI|HOST|ORIGIN|ENDPOINT)$/;

/** A service whose own folder names `API_URL` (or `_HOST`, `_ORIGIN` …) asks the service that is called `api`. */
function callsBetween(services: readonly Service[], detections: readonly Detection[]) {
  const addresses = only(detections, "env").filter((found) => ADDRESS.test(found.name));
  const known = new Map(
    services.map((service) => {
      const stem = service.name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
      const itself = new RegExp(
        `^((NEXT_PUBLIC|VITE|NUXT_PUBLIC|REACT_APP)_)?${stem}_(BASE_)?(URL|URI|HOST|ORIGIN|ENDPOINT)$`,
      );
      const names = addresses.filter((found) => within(found.dir, service.dir)).map(({ name }) => name);
      return [service, { itself, names: uniq(names) }];
    }),
  );
  return (service: Service, other: Service): boolean => {
    const pattern = known.get(other)?.itself;
    if (service.dir === other.dir || !pattern) return false;
    return known.get(service)?.names.some((name) => pattern.test(name)) === true;
  };
}

function resolve(
  need: string,
  service: Service,
  known: { services: readonly Service[]; groups: readonly ServiceGroup[]; around: Around },
): string[] {
  const other = known.services.find(
    (candidate, index) =>
      candidate !== service &&
      (candidate.name === slug(need) ||
        known.groups[index]?.members.some((found) => slug(found.name) === slug(need)) === true),
  );
  if (other) return [other.name];
  const { databases, detections } = known.around;
  const engine =
    only(detections, "database").find((found) => found.name === need)?.engine ?? databases.find(like(need))?.engine;
  const database = databases.find((candidate) => candidate.engine === engine);
  return database ? [database.name] : [];
}

function like(need: string): (database: PlannedDatabase) => boolean {
  const word = need.toLowerCase();
  return ({ engine }) => word.includes(engine) || engine.startsWith(word);
}

/** Names from the most believed source, made unique by their directory, then by a number; stable for a given repo. */
function uniqueNames(groups: readonly ServiceGroup[]): string[] {
  const names = groups.map(({ members }) => slug(members[0]?.name ?? ""));
  const full = groups.map(({ dir }, index) => {
    const name = names[index] ?? "app";
    const shared = names.filter((other) => other === name).length > 1;
    return shared && dir !== "." ? slug(`${dir.split("/").at(-1)}-${name}`) : name;
  });
  const taken = new Set<string>();
  return full.map((name) => {
    let free = name;
    for (let count = 2; taken.has(free); count++) free = `${name}-${count}`;
    taken.add(free);
    return free;
  });
}
