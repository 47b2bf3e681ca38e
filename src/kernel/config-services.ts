import type { Plan, Service } from "../sdk/index.ts";
import { inDir, lacks, leaveOut, overrule, place, put, tidy, type Draft } from "./config-draft.ts";
import type { Config } from "./config-schema.ts";
import { nearest, uniq, within } from "./plan-source.ts";

type Wish = NonNullable<Config["services"]>[string];

/** Overrides, adds or leaves out one service. Values of `wish.env` are the caller's to filter. */
export function overrideService({ plan, commands }: Draft, name: string, wish: Wish): void {
  const path = `services.${name}`;
  const because = [place("services", name)];
  const known = plan.services.find((one) => one.name === name);
  if (wish.disabled) {
    const gone = { what: `service ${name}`, path, because };
    leaveOut(plan, plan.services, gone, known, known?.commands.start ?? known?.commands.dev);
    return;
  }
  const before = known ?? addedService(plan, name, wish);
  if (!before) return lacks(plan, path, `there is no service ${name} in the plan, so it needs a command`);
  const dir = wish.dir === undefined ? before.dir : tidy(wish.dir);
  if (known) sayServiceChanges(plan, known, { ...wish, dir }, because);
  const { portFlag, ...rest } = before;
  const service: Service = {
    ...rest,
    // The flag belongs to the command that was detected.
    ...(portFlag === undefined || wish.command !== undefined ? {} : { portFlag }),
    dir,
    commands: {
      ...before.commands,
      ...(wish.build === undefined ? {} : { build: wish.build }),
      ...(wish.command === undefined ? {} : { start: wish.command }),
    },
    ...(wish.port === undefined ? {} : { port: wish.port }),
    ...(wish.portEnv === undefined ? {} : { portEnv: wish.portEnv }),
    ...(Object.keys(wish.env ?? {}).length === 0 ? {} : { values: wish.env }),
    env: uniq([...before.env, ...Object.keys(wish.env ?? {})]).toSorted(),
    needs: wish.needs ?? before.needs,
    health: healthOf(before, wish),
    because: [...because, ...(known?.because ?? [])],
    confidence: 1,
  };
  put(plan.services, known, service);
  if (wish.build !== undefined)
    put(
      plan.builds,
      plan.builds.find((one) => one.dir === dir),
      { dir, command: wish.build, because },
    );
  const moved = known !== undefined && known.dir !== dir;
  const { build, start, dev } = service.commands;
  if (build !== undefined && (wish.build !== undefined || moved)) commands.push(inDir(build, dir));
  const line = start ?? dev;
  if (line !== undefined && (wish.command !== undefined || moved)) commands.push(inDir(line, dir));
}

function addedService(plan: Plan, name: string, wish: Wish): Service | undefined {
  if (wish.command === undefined) return undefined;
  const dir = tidy(wish.dir ?? ".");
  const toolchain = nearest(plan.toolchains, dir);
  const listens = wish.port !== undefined || wish.portEnv !== undefined || wish.health?.kind === "http";
  return {
    name,
    dir,
    kind: listens ? "web" : "worker",
    ...(toolchain ? { language: toolchain.language } : {}),
    commands: {},
    env: uniq(plan.env.filter((one) => within(one.dir, dir) || within(dir, one.dir)).map((one) => one.name)),
    needs: [],
    health: { kind: listens ? "port" : "process" },
    because: [],
    confidence: 1,
  };
}

/** Who gives a port says that something listens there: that it stays alive is no answer then. */
function healthOf(before: Service, wish: Wish): Service["health"] {
  if (wish.health) return wish.health;
  const listens = wish.port !== undefined || wish.portEnv !== undefined;
  return listens && before.health.kind === "process" ? { kind: "port" } : before.health;
}

function sayServiceChanges(plan: Plan, known: Service, wish: Wish, because: string[]): void {
  const changes: readonly (readonly [what: string, chose: string | undefined, was: string | undefined])[] = [
    ["directory", wish.dir, known.dir],
    ["start command", wish.command, known.commands.start ?? known.commands.dev],
    ["build command", wish.build, known.commands.build],
    ["port", wish.port?.toString(), known.port?.toString()],
    ["port variable", wish.portEnv, known.portEnv],
    ["health", wish.health?.kind, known.health.kind],
    ["needs", wish.needs?.join(", "), known.needs.join(", ")],
  ];
  for (const [what, chose, was] of changes)
    if (chose !== undefined)
      overrule(plan, { what: `${what} of ${known.name}`, dir: known.dir, chose, because }, was, known);
}

/** What a service needs must be there once everything is applied; what was left out is needed no more. */
export function checkNeeds({ plan }: Draft, config: Config): void {
  const there = new Set([...plan.services, ...plan.databases].map((one) => one.name));
  const all = { ...config.services, ...config.databases };
  for (const service of plan.services) {
    for (const need of config.services?.[service.name]?.needs ?? [])
      if (!there.has(need)) lacks(plan, `services.${service.name}.needs`, `there is no service or database ${need}`);
    service.needs = service.needs.filter((need) => there.has(need) || !Object.hasOwn(all, need));
  }
}
