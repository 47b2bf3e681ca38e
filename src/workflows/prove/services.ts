import type { Running, Service } from "../../sdk/index.ts";
import { pathsOf } from "../up/build.ts";
import { environmentOf } from "../up/environment.ts";
import type { Prepared } from "../up/room.ts";
import { command, errorLine, say, succeeded } from "../up/run.ts";
import { isWithin, toolchainOf } from "../up/toolchain.ts";
import type { Side } from "./side.ts";

const BUILD_TIMEOUT = 10 * 60_000;
/** Milliseconds until a service must be healthy, as `up` gives it. */
const PATIENCE = 90_000;
const POLL = 250;

/** How one service did in the room of a side. */
export interface Ran {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Builds and starts every service of the plan in the room, asks whether it is healthy, and ends it again. */
export async function runServices(side: Side): Promise<Ran[]> {
  const room = await side.room.open();
  const running: Running[] = [];
  const done: Ran[] = [];
  try {
    for (const service of side.core.plan.services.filter((one) => one.kind !== "job")) {
      await say(side.core, "start", `Starting ${service.name} in the room`);
      done.push(await runOne(side, room, service, running));
    }
    return done;
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
}

async function runOne(side: Side, room: Prepared, service: Service, running: Running[]): Promise<Ran> {
  const { core, installed } = side;
  const { name, dir, health } = service;
  const chain = await toolchainOf(core, dir);
  const given = await environmentOf(core, dir, room.databases, name);
  const base = {
    dir,
    env: { ...chain.env, ...given },
    path: [...pathsOf(room.site.root, dir, installed), ...chain.path],
    reads: chain.reads,
    network: "loopback" as const,
  };
  const line = service.commands.start ?? service.commands.dev;
  if (line === undefined) return { name, ok: false, detail: "no command starts it" };
  for (const build of service.commands.start === undefined
    ? []
    : core.plan.builds.filter((one) => isWithin(dir, one.dir))) {
    const what = {
      ...base,
      dir: build.dir,
      command: build.command,
      timeout: BUILD_TIMEOUT,
      title: `build for ${name}`,
    };
    const built = await command(core, room.site, "build", what);
    if (!succeeded(built))
      return { name, ok: false, detail: `its build ends with exit ${built.exit}: ${errorLine(built.output)}` };
  }
  const serves = health.kind === "http" || health.kind === "port";
  const wanted = service.port === undefined ? {} : { wanted: service.port };
  const port = serves ? (await room.site.port({ name, ...wanted })).port : undefined;
  const env =
    port === undefined ? base.env : { ...base.env, [service.portEnv ?? "PORT"]: String(port), PORT: String(port) };
  const flag =
    service.portFlag !== undefined && port !== undefined
      ? `${/^npm (?:run|start)\b/.test(line) ? " --" : ""} ${service.portFlag} ${port}`
      : "";
  const started = await room.site.start({ ...base, env, command: `${line}${flag}`, title: name });
  running.push(started);
  const answer = await untilHealthy(side, room, { started, port, service });
  return { name, ...answer };
}

async function untilHealthy(
  { core }: Side,
  { site }: Prepared,
  { started, port, service }: { started: Running; port: number | undefined; service: Service },
): Promise<{ ok: boolean; detail: string }> {
  const { clock } = core.hands;
  const deadline = clock.now() + PATIENCE;
  const ended: { exit?: number | null } = {};
  void started.exited.then(({ exit }) => (ended.exit = exit));
  for (;;) {
    core.signal.throwIfAborted();
    const probe = { ...service.health, ...(port === undefined ? {} : { port }), timeout: 2_000, running: started };
    const answer = await site.probe(probe);
    if (answer.ok) return { ok: true, detail: answer.detail };
    if (ended.exit !== undefined)
      return { ok: false, detail: `it exited with status ${ended.exit}: ${errorLine(await started.tail(4_096))}` };
    if (clock.now() > deadline) return { ok: false, detail: answer.detail };
    await clock.sleep(POLL, core.signal);
  }
}
