import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { openFiles } from "../host/files.ts";
import { createPorts } from "../host/ports.ts";
import { createSecrets } from "../host/secrets.ts";
import { openSegments } from "../host/segments.ts";
import { openTreeSite } from "../host/site-tree.ts";
import { openSqliteStore } from "../host/store-sqlite.ts";
import type { Clock, Event, EventType, Log, Site } from "../sdk/index.ts";
import { processesOf } from "../testing/processes.ts";
import { createLog } from "./log.ts";
import { Supervisor, type Launch, type Launched } from "./supervise.ts";

/** What is slept through here takes a tenth of its time, and the clock shows all of it. */
const FASTER = 10;
const slept: number[] = [];
let time = Date.parse("2026-01-01T00:00:00Z");
const clock: Clock = {
  now: () => time,
  async sleep(ms, signal) {
    slept.push(ms);
    const end = time + ms;
    await wait(ms / FASTER, undefined, signal ? { signal } : {});
    time = Math.max(time, end);
  },
};

let folder: string;
let site: Site;
let log: Log;
let supervisor: Supervisor;
let closeStore: () => Promise<void>;

beforeEach(async () => {
  slept.length = 0;
  folder = await realpath(await mkdtemp(join(tmpdir(), "supervise-")));
  const dataDir = join(folder, ".data");
  const secrets = createSecrets();
  site = await openTreeSite({
    id: "tree",
    root: folder,
    scratch: join(dataDir, "site"),
    dataDir,
    segments: openSegments(join(dataDir, "segments"), secrets),
    secrets,
    git: { ignored: async () => [], tracked: async () => [] },
    files: openFiles(folder),
    ports: createPorts(),
    sandbox: { works: false, because: "not needed here", next: "" },
    trusted: true,
    unsandboxed: true,
    proxySocket: async () => "",
    path: (process.env["PATH"] ?? "").split(":"),
    caches: [],
    visible: [],
  });
  const store = await openSqliteStore(join(dataDir, "log.db"));
  closeStore = () => store.close();
  log = createLog({ store, secrets, clock, sessionId: "boot", version: "1", newId: () => crypto.randomUUID() });
  supervisor = new Supervisor({ site, log, clock, repo: "r", runId: () => "run" });
});

afterEach(async () => {
  await supervisor.stopAll();
  await site.close();
  await closeStore();
  await rm(folder, { recursive: true, force: true });
});

/** `/die` ends it, `/sick` makes it answer 500, `/well` ends that. */
const SERVER = `
let status = 200;
require("node:http").createServer((asked, answer) => {
  if (asked.url === "/die") process.exit(3);
  if (asked.url === "/sick") status = 500;
  if (asked.url === "/well") status = 200;
  answer.writeHead(status).end("hello");
}).listen(Number(process.env.PORT ?? 0), "127.0.0.1");`;

function spec(more: Partial<Launch> = {}): Launch {
  return {
    name: "web",
    dir: ".",
    command: nodeCommand(SERVER),
    env: {},
    path: [],
    reads: [],
    port: undefined,
    health: { kind: "http", path: "/" },
    patience: 90_000,
    stamp: "1",
    ...more,
  };
}

function nodeCommand(code: string): string {
  return `exec node -e '${code}'`;
}

async function leased(): Promise<{ port: number; env: { PORT: string } }> {
  const { port } = await site.port({ name: "web" });
  return { port, env: { PORT: String(port) } };
}

function up(launched: Launched): Launched & { ok: true } {
  assert.ok(launched.ok, launched.ok ? "" : `${launched.health.detail}\n${launched.output}`);
  return launched;
}

async function all<T extends EventType>(type: T): Promise<Event<T>[]> {
  const events = await log.read({ after: 0, limit: 1000 });
  return events.filter((event): event is Event<T> & typeof event => event.type === type);
}

/** Resolves with the `count`th event of a type. */
async function nth<T extends EventType>(type: T, count: number): Promise<Event<T>> {
  const ended = new AbortController();
  for await (const _ of log.follow({ after: 0, signal: ended.signal })) {
    const found = (await all(type))[count - 1];
    if (!found) continue;
    ended.abort();
    return found;
  }
  throw new Error(`there were no ${count} events ${type}`);
}

async function refused(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  );
}

test("a service is healthy when it answers on the port it was given", async () => {
  const given = await leased();
  const launched = up(await supervisor.launch(spec(given), 1));
  assert.equal(launched.port, given.port);
  assert.equal(launched.url, `http://127.0.0.1:${given.port}`);
  assert.match(launched.health.detail, /^GET \/ on port \d+ answered 200/);
  assert.equal(await (await fetch(launched.url ?? "")).text(), "hello");
  assert.deepEqual([...supervisor.alive()], ["web"]);
  const [starting] = await all("service.starting");
  const [healthy] = await all("service.healthy");
  assert.deepEqual([starting?.data.port, starting?.data.attempt], [given.port, 1]);
  assert.deepEqual([healthy?.data.port, healthy?.data.pid], [given.port, launched.pid]);
});

test("the port that a service chose by itself is found, also beside one that is not the page's", async () => {
  const given = await leased();
  const stubborn = `
    require("node:net").createServer((socket) => socket.end("not http")).listen(0, "127.0.0.1");
    require("node:net").createServer((socket) => socket.end("not http")).listen(0, "127.0.0.1");
    require("node:http").createServer((asked, answer) => answer.end("mine")).listen(0, "127.0.0.1");
    require("node:net").createServer((socket) => socket.end("not http")).listen(0, "127.0.0.1");`;
  const launched = up(await supervisor.launch(spec({ ...given, command: nodeCommand(stubborn) }), 1));
  assert.notEqual(launched.port, given.port);
  assert.equal(await (await fetch(launched.url ?? "")).text(), "mine");
});

test("somebody else's server on the port does not make a service healthy", async () => {
  const foreign = createServer((_asked, answer) => answer.end("foreign")).listen(0, "127.0.0.1");
  await once(foreign, "listening");
  const address = foreign.address();
  assert.ok(address && typeof address === "object");
  const idle = nodeCommand("setInterval(() => {}, 1000)");
  const launched = await supervisor.launch(spec({ port: address.port, command: idle, patience: 1500 }), 1);
  foreign.close();
  assert.equal(launched.ok, false);
});

test("a service that exits at once fails with its status and what it printed", async () => {
  const launched = await supervisor.launch(spec({ command: "echo no such table; exit 7" }), 1);
  assert.ok(!launched.ok);
  assert.deepEqual([launched.exit, launched.exited], [7, true]);
  assert.match(launched.health.detail, /exited with status 7/);
  assert.match(launched.output, /no such table/);
  assert.deepEqual([...supervisor.alive()], []);
});

test("a service that never listens fails when patience ends, and is gone then", async () => {
  const silent = nodeCommand("setInterval(() => {}, 1000)");
  const launched = await supervisor.launch(spec({ command: silent, patience: 5_000 }), 1);
  assert.ok(!launched.ok);
  assert.deepEqual([launched.exit, launched.exited], [null, false]);
  assert.match(launched.health.detail, /does not listen on any port, [\d.]+ s after its start/);
  assert.deepEqual(await processesOf(folder), []);
});

test("a crash is said with the time of the next attempt, and the service comes back on its port", async () => {
  const launched = up(await supervisor.launch(spec(await leased()), 1));
  void supervisor.keep("web");
  await fetch(`${launched.url}/die`).catch(() => undefined);
  const exited = await nth("service.exited", 1);
  assert.deepEqual([exited.data.exit, exited.data.expected], [3, false]);
  assert.ok(exited.data.nextAttemptAt !== undefined);
  const again = await nth("service.healthy", 2);
  assert.equal(again.data.port, launched.port);
  assert.notEqual(again.data.pid, launched.pid);
  assert.equal((await all("service.starting"))[1]?.data.attempt, 2);
  assert.equal((await all("service.exited")).length, 1, "its end is said once");
  assert.equal(await (await fetch(launched.url ?? "")).text(), "hello");
});

test("five deaths end it: after 1, 2, 4 and 8 seconds it is started again, then it stays down", async () => {
  const launched = up(await supervisor.launch(spec(await leased()), 1));
  const kept = supervisor.keep("web");
  for (let death = 1; death <= 5; death++) {
    await nth("service.healthy", death);
    await fetch(`${launched.url}/die`).catch(() => undefined);
    await nth("service.exited", death);
  }
  await kept;
  const exits = await all("service.exited");
  assert.deepEqual(
    exits.map((event) => event.data.nextAttemptAt !== undefined),
    [true, true, true, true, false],
  );
  assert.deepEqual(
    slept.filter((ms) => ms >= 1000 && ms % 1000 === 0 && ms !== 5000),
    [1000, 2000, 4000, 8000],
  );
  assert.deepEqual([...supervisor.alive()], []);
  assert.ok(await refused(launched.url ?? ""));
});

test("a restart that fails is tried again as well", async () => {
  const broken = `
    if (require("node:fs").existsSync("broken")) process.exit(4);
    require("node:http").createServer((asked, answer) => {
      if (asked.url === "/die") { require("node:fs").writeFileSync("broken", ""); process.exit(3); }
      answer.end("hello");
    }).listen(Number(process.env.PORT), "127.0.0.1");`;
  const launched = up(await supervisor.launch(spec({ ...(await leased()), command: nodeCommand(broken) }), 1));
  void supervisor.keep("web");
  await fetch(`${launched.url}/die`).catch(() => undefined);
  const second = await nth("service.exited", 2);
  assert.deepEqual([second.data.exit, second.data.expected], [4, false]);
  await rm(join(folder, "broken"));
  await nth("service.healthy", 2);
  assert.ok((await all("service.exited")).every((event) => !event.data.expected));
});

test("a service that is kept twice is restarted once", async () => {
  const launched = up(await supervisor.launch(spec(await leased()), 1));
  void supervisor.keep("web");
  await supervisor.keep("web");
  await fetch(`${launched.url}/die`).catch(() => undefined);
  await nth("service.healthy", 2);
  assert.equal((await all("service.exited")).length, 1);
  assert.equal((await all("service.starting")).length, 2);
});

test("an unhealthy flip is said once, and so is the recovery", async () => {
  const launched = up(await supervisor.launch(spec(await leased()), 1));
  void supervisor.keep("web");
  await fetch(`${launched.url}/sick`);
  const unhealthy = await nth("service.unhealthy", 1);
  assert.match(unhealthy.data.health.detail, /answered 500/);
  const looked = slept.filter((ms) => ms === 5000).length;
  while (slept.filter((ms) => ms === 5000).length < looked + 2) await wait(20);
  await fetch(`${launched.url}/well`);
  const healthy = await nth("service.healthy", 2);
  assert.equal(healthy.data.pid, launched.pid, "it was not restarted");
  assert.equal((await all("service.unhealthy")).length, 1);
});

test("an unchanged service is left alone; another stamp starts it anew", async () => {
  const given = await leased();
  const first = up(await supervisor.launch(spec(given), 1));
  const same = up(await supervisor.launch(spec(given), 1));
  assert.deepEqual([same.pid, same.url, same.health.detail], [first.pid, first.url, "was running"]);
  assert.equal((await all("service.starting")).length, 1);
  const changed = up(await supervisor.launch(spec({ ...given, stamp: "2" }), 1));
  assert.notEqual(changed.pid, first.pid);
  assert.equal(changed.port, given.port);
  const [exited] = await all("service.exited");
  assert.equal(exited?.data.expected, true);
  assert.ok((await processesOf(folder)).every((one) => one.pid !== first.pid));
  assert.equal(await (await fetch(changed.url ?? "")).text(), "hello");
});

test("stopAll leaves nothing alive, also what hides from its group, and what is just being started", async () => {
  const given = await leased();
  const hiding = `
    require("node:child_process").spawn("sleep", ["300"], { detached: true, stdio: "ignore" }).unref();${SERVER}`;
  const launched = up(await supervisor.launch(spec({ ...given, command: nodeCommand(hiding) }), 1));
  void supervisor.keep("web");
  const idle = nodeCommand("setInterval(() => {}, 1000)");
  const starting = supervisor.launch(spec({ name: "slow", command: idle }), 1);
  const rejected = assert.rejects(starting, { name: "AbortError" });
  await nth("service.starting", 2);
  if (process.platform === "linux") assert.ok((await processesOf(folder)).some((one) => one.line === "sleep 300"));
  const begun = performance.now();
  await supervisor.stopAll();
  assert.ok(performance.now() - begun < 5_000, "it does not wait for the patience of what is being started");
  await rejected;
  assert.deepEqual(await processesOf(folder), []);
  assert.ok(await refused(launched.url ?? ""));
  assert.deepEqual([...supervisor.alive()], []);
  await assert.rejects(supervisor.launch(spec(given), 1), { name: "AbortError" });
});
