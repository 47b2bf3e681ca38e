import { execFileSync } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openChanges } from "../host/changes.ts";
import { systemClock } from "../host/clock.ts";
import { openSqliteEngine } from "../host/engine.ts";
import { openSigningKey } from "../host/keys.ts";
import { readReceipt, saveReceipt } from "../host/receipts.ts";
import { viewRepo } from "../host/repo-view.ts";
import { inspectRepo, repoSource } from "../host/repo.ts";
import { createSecrets } from "../host/secrets.ts";
import { openSegments } from "../host/segments.ts";
import { openSnapshots } from "../host/snapshots.ts";
import { openSqliteStore } from "../host/store-sqlite.ts";
import { openToolbox } from "../host/toolbox.ts";
import { openVault } from "../host/vault.ts";
import { createLog } from "../kernel/log.ts";
import { Machine, type Runtimes, type WorkflowCode } from "../kernel/machine.ts";
import { makeStatement } from "../kernel/receipt.ts";
import { pick, satisfies } from "../kernel/version-range.ts";
import { EMPTY_PLAN, Bug, type Hands, type Report, type RoomInfo } from "../sdk/index.ts";

/** What `up` is in a test; `machine` is the one that runs it. */
export type TestUp = (call: Parameters<WorkflowCode>[0], machine: Machine) => Promise<Report>;

export interface TestMachine {
  readonly machine: Machine;
  readonly rooms: RoomInfo[];
  /** Repos for which everything was ended, in that order. */
  readonly closed: string[];
  /** Ends it as the daemon does. */
  readonly end: () => Promise<void>;
}

/** A machine on a real log and a real engine in `dataDir`, with the hands that need no sandbox; it has begun. */
export async function openMachine(
  dataDir: string,
  options: { up: TestUp; port?: number; hands?: Partial<Hands>; runtimes?: Partial<Runtimes> },
): Promise<TestMachine> {
  mkdirSync(dataDir, { recursive: true });
  const rooms: RoomInfo[] = [];
  const closed: string[] = [];
  const hands = { ...openHands(dataDir, rooms), ...options.hands };
  const store = await openSqliteStore(join(dataDir, "log.db"));
  const { secrets, clock, boot: sessionId, version, newId } = hands;
  const log = createLog({ store, secrets, clock, sessionId, version, newId });
  const engine = await openSqliteEngine(join(dataDir, "workflows.db"), { onFailed: () => undefined });
  const runtimes: Runtimes = {
    alive: () => new Set(),
    close: async (repo) => void closed.push(repo),
    ...options.runtimes,
  };
  const machine: Machine = new Machine({
    hands,
    log,
    engine,
    runtimes,
    workflows: {
      up: async (call) => {
        const report = await options.up(call, machine);
        return { state: report.state, report };
      },
    },
  });
  await machine.begin(options.port ?? 1);
  return {
    machine,
    rooms,
    closed,
    async end() {
      await machine.end("test");
      await store.close();
    },
  };
}

/** A temporary folder, by its real path, that is removed after the test. */
export async function folderFor(t: { after(work: () => Promise<void>): void }): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "machine-")));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A git repository with one commit of these files. */
export function makeRepo(path: string, files: Readonly<Record<string, string>> = { "a.txt": "a\n" }): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", path, "-c", "user.name=t", "-c", "user.email=t@example.test", ...args]);
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "first");
  return path;
}

export function reportOf(repo: string, more: Partial<Report> = {}): Report {
  return {
    state: "healthy",
    repo,
    commit: "c",
    plan: EMPTY_PLAN,
    services: [],
    databases: [],
    checks: [],
    fixes: [],
    questions: [],
    receipt: null,
    seconds: { total: 1, detect: 0, install: 0, start: 0, checks: 0 },
    sandbox: "bubblewrap",
    notChecked: [],
    ...more,
  };
}

function openHands(dataDir: string, rooms: RoomInfo[]): Hands {
  const secrets = createSecrets();
  const unasked = (what: string) => async (): Promise<never> => {
    throw new Bug(`${what} is not a part of this test`);
  };
  return {
    version: "1.2.3",
    boot: randomUUID(),
    pid: process.pid,
    clock: systemClock,
    plugins: { detectors: [], drivers: [], parsers: [], fixers: [], formats: [] },
    tools: {
      toolbox: openToolbox({ dir: join(dataDir, "toolbox"), clock: systemClock }),
      clock: systemClock,
      platform: process.platform,
      arch: process.arch,
      home: dataDir,
      node: { version: process.versions.node, folder: dirname(process.execPath) },
      versions: { satisfies, pick },
    },
    secrets,
    segments: openSegments(join(dataDir, "segments"), secrets),
    dependencies: { find: async () => undefined, build: unasked("installing"), attach: unasked("installing") },
    rooms: {
      limits: () => [],
      create: unasked("a room"),
      list: async () => rooms,
      async remove(id) {
        const index = rooms.findIndex((room) => room.id === id);
        if (index >= 0) rooms.splice(index, 1);
        return index >= 0;
      },
    },
    workRooms: {
      settle: unasked("a room to work in"),
      ports: unasked("a port"),
      copyDatabases: unasked("a database"),
      copyOwnDatabase: unasked("a database"),
      finish: unasked("a room to work in"),
      losses: async () => [],
    },
    containers: {
      mark: "test",
      look: unasked("a container"),
      start: unasked("a container"),
      greets: unasked("a container"),
    },
    changes: openChanges(),
    snapshots: openSnapshots({ dataDir }),
    vault: openVault(join(dataDir, "vault")),
    sandbox: async () => ({ works: true, version: "0.8.0" }),
    repo: inspectRepo,
    view: async (repo) => viewRepo(repoSource(repo.root, await repo.git.files())),
    viewAt: unasked("a proof"),
    tree: unasked("a site"),
    issue: async (receipt) => (await saveReceipt(dataDir, makeStatement(receipt), await openSigningKey(dataDir))).id,
    receipt: (id) => readReceipt(dataDir, id),
    cache: (name) => join(dataDir, "caches", name),
    freeMemory: () => 1024,
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    newId: () => randomUUID(),
    random: (bytes) => randomBytes(bytes).toString("hex"),
  };
}
