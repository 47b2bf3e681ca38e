import type { Launch } from "../../kernel/supervise.ts";
import type { Service } from "../../sdk/index.ts";
import { buildFor, pathsOf } from "./build.ts";
import { startDatabases } from "./databases.ts";
import { environmentOf } from "./environment.ts";
import type { Installed } from "./install.ts";
import { withRepairs } from "./repair.ts";
import { runJob } from "./jobs.ts";
import { ask, emit, errorLine, round, say, timed, type Result, type Run } from "./run.ts";
import { toolchainOf } from "./toolchain.ts";

/** How long a service may take until it is healthy unless the user says otherwise; compilers at the first start are slow. */
const PATIENCE = 90_000;

export interface Started {
  readonly name: string;
  readonly dir: string;
  readonly ok: boolean;
  readonly url: string | null;
  readonly port: number | null;
  readonly pid: number | null;
  readonly health: { ok: boolean; kind: string; detail: string };
  readonly seconds: number;
}

/** Starts the plan's services in dependency order; a service that others need and that fails does not stop the others. */
export async function startServices(run: Run, installed: readonly Installed[]): Promise<Started[]> {
  const started: Started[] = [];
  if (!run.input.start) {
    if (run.plan.services.length > 0) run.notChecked.push("services were not started (--no-start)");
    return started;
  }
  return timed(run, "start", async () => {
    for (const service of inOrder(run.plan.services)) started.push(await startOne(run, service, installed, started));
    return started;
  });
}

async function startOne(
  run: Run,
  service: Service,
  installed: readonly Installed[],
  before: readonly Started[],
): Promise<Started> {
  const outcome = await withRepairs(
    run,
    { phase: "start", dir: service.dir, service: service.name },
    async (attempt) => {
      const built = await buildFor(run, service, installed);
      if (!built.ok) return built;
      // They were started before the first service; a repair may have asked for one more.
      const databases = attempt === 1 ? undefined : await startDatabases(run, run.tree, run.runtime.databases);
      if (databases?.ok === false) return databases;
      return launch(run, service, installed, before, attempt);
    },
  );
  if (outcome.ok) {
    void run.runtime.supervisor.keep(service.name);
    return outcome.value;
  }
  ask(run, outcome.question);
  return {
    name: service.name,
    dir: service.dir,
    ok: false,
    url: null,
    port: null,
    pid: null,
    health: { ok: false, kind: service.health.kind, detail: outcome.question.question },
    seconds: 0,
  };
}

async function launch(
  run: Run,
  service: Service,
  installed: readonly Installed[],
  before: readonly Started[],
  attempt: number,
): Promise<Result<Started>> {
  const commands = run.adjust.commands;
  const { start, dev } = service.commands;
  const line = commands.get(`${service.name}/start`) ?? commands.get(`${service.dir}/start`) ?? start ?? dev;
  if (line === undefined)
    return {
      ok: false,
      question: {
        question: `No command starts ${service.name}.`,
        next: "name it in .lodestar/config.json, then: lodestar up",
      },
    };
  const { port, wantedBy } = await leasePort(run, service);
  const flag = service.portFlag !== undefined && port !== undefined ? ` ${service.portFlag} ${port}` : "";
  const spec = await specOf(run, service, { line: withFlag(line, flag), port, installed, before });
  await say(run, "start", `Starting ${service.name}: ${spec.command}`);
  const job = service.kind === "job" ? await runJob(run, spec) : "serves";
  if (job !== "serves") return job;
  const probe = service.kind === "job" ? { ...spec, health: { kind: "port" as const } } : spec;
  const result = await run.runtime.supervisor.launch(probe, attempt);
  const { name, dir } = service;
  if (result.ok) {
    const { pid, url, seconds, health } = result;
    return {
      ok: true,
      value: { name, dir, ok: true, url: url ?? null, port: result.port ?? null, pid, health, seconds: round(seconds) },
    };
  }
  const facts = {
    ...(port === undefined ? {} : { port }),
    ...(wantedBy === undefined ? {} : { portHeldBy: wantedBy }),
  };
  return {
    ok: false,
    question: {
      question: `${name} is not healthy: ${result.health.detail}${result.output.trim() === "" ? "" : ` (${errorLine(result.output)})`}`,
      next: `lodestar logs ${name}`,
    },
    failure: {
      command: spec.command,
      exit: result.exit,
      output: `${result.output}\n${result.health.detail}`,
      env: Object.keys(spec.env),
      ...facts,
    },
  };
}

async function specOf(
  run: Run,
  service: Service,
  how: { line: string; port: number | undefined; installed: readonly Installed[]; before: readonly Started[] },
): Promise<Launch> {
  const chain = await toolchainOf(run, service.dir);
  const port = how.port === undefined ? {} : { [service.portEnv ?? "PORT"]: String(how.port), PORT: String(how.port) };
  const env = {
    ...chain.env,
    ...(await environmentOf(run, service.dir, [...run.runtime.databases.values()], service.name)),
    ...urlsOf(how.before, service),
    ...port,
  };
  return {
    name: service.name,
    dir: service.dir,
    command: how.line,
    env,
    path: [...pathsOf(run.tree.root, service.dir, how.installed), ...chain.path],
    reads: chain.reads,
    port: how.port,
    health: service.health,
    patience: run.input.patience === undefined ? PATIENCE : run.input.patience * 1000,
    stamp: `${run.head.commit}${run.head.dirty ? run.id : ""}`,
  };
}

/** A port of its own for a service that serves: the one it wants when that is free, else a stable one, and then it is said. */
async function leasePort(run: Run, service: Service): Promise<{ port: number | undefined; wantedBy?: string }> {
  if (service.health.kind === "process" || service.health.kind === "log") return { port: undefined };
  const again = run.adjust.ports.get(service.name) ?? 0;
  const first = run.plan.services.find((one) => one.kind === "web") ?? run.plan.services[0];
  const wanted = again > 0 ? undefined : ((service === first ? run.input.port : undefined) ?? service.port);
  const lease = await run.tree.port({
    name: again > 0 ? `${service.name} ${again}` : service.name,
    ...(wanted === undefined ? {} : { wanted }),
  });
  const moved = wanted !== undefined && lease.port !== wanted;
  const holder = lease.wantedBy?.replace(` of ${run.tree.id}`, "") ?? "another service";
  const because = moved ? `${wanted} is held by ${holder}` : "free";
  await emit(run, {
    type: "port.leased",
    data: { service: service.name, port: lease.port, ...(wanted === undefined ? {} : { wanted }), because },
  });
  if (moved) {
    const data = {
      fixer: "ports",
      fingerprint: `port ${wanted}`,
      failure: `port ${wanted} is taken`,
      title: `${service.name} listens on ${lease.port} instead of ${wanted}`,
      actions: [],
      worked: true,
      detail: because,
    };
    run.fixes.push(data);
    await emit(run, { type: "fix.tried", data });
  }
  return lease;
}

/** Addresses of the services this one needs, under the names people use: `API_URL` for a service `api`. */
function urlsOf(before: readonly Started[], service: Service): Record<string, string> {
  const env: Record<string, string> = {};
  for (const other of before) {
    if (other.url === null) continue;
    const name = `${other.name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_URL`;
    if (service.needs.includes(other.name) || service.env.includes(name)) env[name] = other.url;
  }
  return env;
}

function withFlag(line: string, flag: string): string {
  if (flag === "") return line;
  // Only npm eats flags that do not stand behind `--`; pnpm and yarn would hand the `--` itself on.
  return /^npm (run|start)\b/.test(line) && !line.includes(" -- ") ? `${line} --${flag}` : `${line}${flag}`;
}

/** Services after those they need; what stands in a circle keeps the order of the plan. */
function inOrder(services: readonly Service[]): Service[] {
  const names = new Set(services.map((one) => one.name));
  const placed = new Set<string>();
  const order: Service[] = [];
  let rest = [...services];
  while (rest.length > 0) {
    const ready = rest.filter((one) =>
      one.needs.every((need) => !names.has(need) || placed.has(need) || uses(one, need)),
    );
    const next = ready.length > 0 ? ready : rest;
    order.push(...next);
    for (const one of next) placed.add(one.name);
    rest = rest.filter((one) => !placed.has(one.name));
  }
  return order;
}

function uses(service: Service, need: string): boolean {
  return service.name === need;
}
