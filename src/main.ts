/** Joins the layers, with `backend.ts` and `struggles.ts` beside it: no other file knows them all. */
import { randomBytes, randomUUID, createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { arch, freemem, homedir, platform } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { openBackend } from "./backend.ts";
import { hookSecret, openAgentDesk, type AgentDesk } from "./host/agent-desk.ts";
import { runningAgents } from "./host/agent-programs.ts";
import { openChanges } from "./host/changes.ts";
import { systemClock } from "./host/clock.ts";
import { openContainers } from "./host/compose.ts";
import { openDependencies } from "./host/dependency-store.ts";
import { diagnose, type Finding } from "./host/doctor.ts";
import { evict } from "./host/evict.ts";
import { gatherFacts } from "./host/environment.ts";
import { openSigningKey } from "./host/keys.ts";
import { lockDataDir } from "./host/lock.ts";
import { loadAgents, loadDetectors, loadPlugins } from "./host/plugins.ts";
import { createPorts } from "./host/ports.ts";
import { sweepOrphans } from "./host/processes.ts";
import { openProxy } from "./host/proxy-once.ts";
import { readReceipt, saveReceipt } from "./host/receipts.ts";
import { viewRepo } from "./host/repo-view.ts";
import { inspectRepo, repoSource } from "./host/repo.ts";
import { openRooms } from "./host/rooms.ts";
import { probeSandbox } from "./host/sandbox.ts";
import { createSecrets } from "./host/secrets.ts";
import { openSegments } from "./host/segments.ts";
import { openSnapshots } from "./host/snapshots.ts";
import { openTreeSite, siteMark } from "./host/site-tree.ts";
import { openStruggleFile } from "./host/struggle-settings.ts";
import { openFiles } from "./host/files.ts";
import { machinePath, openToolbox } from "./host/toolbox.ts";
import { openVault } from "./host/vault.ts";
import { openWorkRooms } from "./host/work-rooms.ts";
import { openAgentDoor } from "./kernel/agent-door.ts";
import { planRepo } from "./kernel/config.ts";
import { describePlan } from "./kernel/detect-report.ts";
import { describeEnvironment } from "./kernel/environment.ts";
import { hookKey } from "./kernel/hook-keys.ts";
import { createLog } from "./kernel/log.ts";
import { Machine } from "./kernel/machine.ts";
import { toWsl } from "./kernel/path-translation.ts";
import { makeStatement } from "./kernel/receipt.ts";
import { createSteps } from "./kernel/steps.ts";
import { openStruggles } from "./kernel/struggles.ts";
import { pick, satisfies } from "./kernel/version-range.ts";
import { ProveInput, RoomInput, UserError } from "./sdk/index.ts";
import type { DriverTools, Hands, Plan, Repo, Viewed } from "./sdk/index.ts";
import { createApp } from "./server/app.ts";
import type { AgentOptions } from "./server/hooks.ts";
import { serve } from "./server/serve.ts";
import { prove } from "./workflows/prove.ts";
import { makeRoom } from "./workflows/room.ts";
import { openStopCatch } from "./workflows/stop-catch-proof.ts";
import { up } from "./workflows/up.ts";
import { Sites } from "./workflows/up/sites.ts";

export { clean, makeRemovable } from "./host/clean.ts";
export { readOwnKey } from "./host/keys.ts";
export { loadFormats } from "./host/plugins.ts";
export { listReceipts, readReceipt, verifyReceipt } from "./host/receipts.ts";
export { struggleDesk } from "./struggles.ts";

const UpInput = z.object({
  path: z.string(),
  start: z.boolean(),
  install: z.boolean(),
  interactive: z.boolean(),
  unsandboxed: z.boolean(),
  port: z.number().int().optional(),
  patience: z.number().optional(),
});
/** What the daemon leaves for its clients in the data dir, mode 0600. */
const Endpoint = z.object({ port: z.number().int(), token: z.string() });

const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"))).version;

/** Runs the daemon of a data dir until it is told to stop. Rejects with UserError when another one holds the data dir. */
export async function startDaemon({ dataDir }: { dataDir: string }): Promise<void> {
  const locked = await lockDataDir(dataDir);
  if (!locked.ok)
    throw new UserError(`Another daemon (pid ${locked.heldBy?.pid ?? "unknown"}) holds ${dataDir}`, {
      next: "lodestar status",
    });
  // Whatever fails from here on, the data dir is given back and nothing keeps this process alive.
  await using ends = new AsyncDisposableStack();
  ends.defer(() => locked.lock.release());
  const { store, openEngine, pollMs } = await openBackend(dataDir);
  ends.defer(() => store.close());
  await sweepOrphans(siteMark(dataDir));
  const hands = await openHands(dataDir);
  ends.defer(() => hands.close());
  const log = createLog({
    store,
    ...pollMs,
    secrets: hands.secrets,
    clock: systemClock,
    sessionId: hands.boot,
    version: VERSION,
    newId: hands.newId,
  });
  const sites = new Sites(hands, log);
  const engine = await openEngine();
  const machine: Machine = new Machine({
    hands,
    log,
    engine,
    runtimes: sites,
    workflows: {
      up: (call) => runUp(machine, sites, call),
      prove: (call) => runProve(machine, call),
      room: (call) => runRoom(machine, call),
    },
  });
  const before = await readEndpoint(dataDir);
  const token = before?.token ?? hands.random(32);
  const ended = Promise.withResolvers<string>();
  const agents = await openAgents(machine, dataDir);
  const server = await serve(before?.port ?? 0, (port) =>
    createApp({ machine, token, port, shutdown: ended.resolve, agents }),
  );
  ends.defer(() => server.close());
  await machine.begin(server.port);
  await writeEndpoint(dataDir, { port: server.port, token, pid: process.pid, version: VERSION, boot: hands.boot });
  await locked.lock.describe({ port: server.port, version: VERSION });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ended.resolve(signal));
  void machine.broken.then((reason) => ended.resolve(reason));
  const reason = await ended.promise;
  await machine.end(reason);
}

/** What coding agents meet when their hooks call. */
async function openAgents(machine: Machine, dataDir: string): Promise<AgentOptions> {
  const plugins = (await loadAgents()).map(({ plugin }) => plugin);
  const failed = (message: string) => void process.stderr.write(`${message}\n`);
  const struggles = openStruggles(openStruggleFile(dataDir), failed);
  // What is wrong with the settings is said when the daemon starts, and not with the first hook.
  await struggles.rules();
  const onStop = openStopCatch(machine);
  const door = openAgentDoor({ machine, dataDir, home: homedir(), onStop, struggles, failed });
  return { plugins, door, secret: await hookSecret(dataDir), running: () => runningAgents(plugins) };
}

/** `lodestar agents`: the settings of coding agents, for the repo at `cwd`; needs no daemon. */
export async function agentDesk({ dataDir, cwd }: { dataDir: string; cwd: string }): Promise<AgentDesk> {
  const port = (await readEndpoint(dataDir))?.port;
  const keyOf = (secret: string, repo: string | undefined) => hookKey(secret, repo, PLAIN.hash);
  return openAgentDesk({ dataDir, cwd: here(cwd), port, keyOf });
}

type WorkflowCall = Parameters<ConstructorParameters<typeof Machine>[0]["workflows"][string]>[0];

async function runUp(machine: Machine, sites: Sites, call: WorkflowCall) {
  const input = UpInput.parse(call.input);
  const context = await contextOf(machine, call, { path: input.path, source: "up" });
  const report = await up({
    ...context,
    input,
    known: call.state.receipts.filter((one) => one.kind === "baseline"),
    open: (unsandboxed) => sites.open(context.repo, call.runId, unsandboxed),
  });
  return { state: report.state, report };
}

async function runProve(machine: Machine, call: WorkflowCall) {
  const input = ProveInput.parse(call.input);
  const context = await contextOf(machine, call, { path: input.path, source: "prove" });
  const proof = await prove({ ...context, input, known: call.state.receipts });
  return { state: proof.verdict, proof };
}

async function runRoom(machine: Machine, call: WorkflowCall) {
  const input = RoomInput.parse(call.input);
  const context = await contextOf(machine, call, { path: input.path, source: "room" });
  return { state: "ready", room: await makeRoom({ ...context, input }) };
}

/** What every workflow is given. */
async function contextOf<const S extends string>(
  machine: Machine,
  { runId: id, signal, state }: WorkflowCall,
  { path, source }: { path: string; source: S },
) {
  const { hands, log } = machine;
  const repo = await hands.repo(path);
  const step = createSteps({ log, repo: repo.id, runId: id, source, hash: hands.hash, clock: hands.clock });
  const gate = () => machine.gate(repo.id, signal);
  return { id, source, repo, hands, log, step, signal, trusted: state.trusted, gate };
}

type OpenHands = Hands & { close(): Promise<void> };

async function openHands(dataDir: string): Promise<OpenHands> {
  const inData = (...parts: string[]) => join(dataDir, ...parts);
  const secrets = createSecrets();
  const proxy = openProxy(inData("proxy.sock"));
  const plugins = await loadPlugins();
  const managers = plugins.drivers.flatMap(({ plugin }) => (plugin.role === "package-manager" ? [plugin.manager] : []));
  /** What every site gets. */
  const common = {
    dataDir,
    secrets,
    segments: openSegments(inData("segments"), secrets),
    ports: createPorts(),
    sandbox: await probeSandbox(),
    proxySocket: () => proxy.socket(),
    caches: managers.map((manager) => inData("caches", manager)),
    visible: [inData("toolbox")],
    path: machinePath(process.env["PATH"] ?? ""),
  };
  const rooms = await openRooms({ ...common, clock: systemClock });
  const dependencies = openDependencies({ dataDir, rooms });
  const snapshots = openSnapshots({ dataDir });
  const tools = driverTools(dataDir);
  const containers = openContainers({ ...common, toolbox: tools.toolbox });
  const evictAll = () => void evict({ rooms, dependencies, snapshots, segments: inData("segments") });
  evictAll();
  const daily = setInterval(evictAll, 24 * 60 * 60_000);
  return {
    ...PLAIN,
    boot: randomUUID(),
    plugins,
    tools,
    secrets,
    segments: common.segments,
    rooms,
    workRooms: openWorkRooms({ ...common, clock: systemClock }),
    containers,
    dependencies,
    changes: openChanges(),
    snapshots,
    viewAt: async (repo, commit) => viewRepo(await snapshots.source(repo, commit)),
    vault: openVault(inData("vault")),
    tree: async (repo, agreed) => {
      const { id, root, git } = repo;
      const own = { id, root, git, scratch: inData("sites", id), files: openFiles(root) };
      return containers.endingWith(await openTreeSite({ ...common, ...own, ...agreed }));
    },
    issue: async (receipt) => (await saveReceipt(dataDir, makeStatement(receipt), await openSigningKey(dataDir))).id,
    receipt: (id) => readReceipt(dataDir, id),
    cache: (name) => inData("caches", name),
    close: async () => {
      clearInterval(daily);
      await rooms.close();
      await containers.close();
      await proxy.close();
    },
  };
}

/** What needs no data dir. */
const PLAIN = {
  version: VERSION,
  pid: process.pid,
  clock: systemClock,
  sandbox: () => probeSandbox(),
  repo: (path: string) => inspectRepo(here(path)),
  view,
  hash: (text: string) => createHash("sha256").update(text).digest("hex"),
  freeMemory: () => Math.floor(freemem() / 1024 ** 2),
  newId: () => randomUUID(),
  random: (bytes: number) => randomBytes(bytes).toString("hex"),
};

/** A Windows path that a user of WSL gives is the same folder under `/mnt`. */
function here(path: string): string {
  return process.env["WSL_DISTRO_NAME"] === undefined ? path : (toWsl(path) ?? path);
}

async function view(repo: Repo): Promise<Viewed> {
  return viewRepo(repoSource(repo.root, await repo.git.files()));
}

function driverTools(dataDir: string): DriverTools {
  return {
    toolbox: openToolbox({ dir: join(dataDir, "toolbox"), clock: systemClock }),
    clock: systemClock,
    platform: platform(),
    arch: arch(),
    home: homedir(),
    node: { version: process.versions.node, folder: dirname(process.execPath) },
    versions: { satisfies, pick },
  };
}

/** `lodestar detect`: the plan of a repo, without a daemon; runs and changes nothing. */
export async function detectRepo(path: string): Promise<{ plan: Plan; described: unknown; seconds: number }> {
  const begun = performance.now();
  const repo = await inspectRepo(here(path));
  const [detectors, viewed] = await Promise.all([loadDetectors(), view(repo)]);
  const secrets = createSecrets();
  const { plan } = await planRepo(viewed, detectors, { isSecret: (text) => secrets.redact(text) !== text });
  const environment = describeEnvironment(await gatherFacts());
  return {
    plan,
    described: describePlan(plan, { repo: repo.root, environment }),
    seconds: (performance.now() - begun) / 1000,
  };
}

/** `lodestar doctor`: looks at the machine, the data dir and, with `path`, at a repository. */
export async function doctor(options: {
  dataDir: string;
  path: string | undefined;
  daemon: { running: boolean; detail: string };
}): Promise<Finding[]> {
  return diagnose({ ...options, sandbox: await probeSandbox(), toolbox: driverTools(options.dataDir).toolbox });
}

async function readEndpoint(dataDir: string): Promise<z.infer<typeof Endpoint> | undefined> {
  const text = await readFile(join(dataDir, "daemon.json"), "utf8").catch(() => "null");
  const parsed = Endpoint.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

async function writeEndpoint(dataDir: string, endpoint: Record<string, unknown>): Promise<void> {
  const file = join(dataDir, "daemon.json");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(endpoint), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
