import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { AnyEvent, Clock, EventDraft, Store } from "../sdk/index.ts";
import { createSecrets } from "../host/secrets.ts";
import { openSqliteStore } from "../host/store-sqlite.ts";
import { createLog, type LogOptions } from "./log.ts";

async function logFor(t: TestContext, options: Partial<LogOptions> = {}) {
  const dir = await mkdtemp(join(tmpdir(), "log-"));
  const store = await openSqliteStore(join(dir, "log.db"));
  t.after(async () => {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  });
  let id = 0;
  const clock: Clock = { now: () => 1_700_000_000_000, sleep: () => new Promise(() => {}) };
  const newId = () => `id-${++id}`;
  const log = createLog({ store, secrets: createSecrets(), clock, sessionId: "boot", version: "1", newId, ...options });
  return { log, store };
}

function said(text: string, repo = "r"): EventDraft {
  return { type: "token", source: "test", repo, data: { text } };
}

function textOf(event: AnyEvent): string {
  return event.type === "token" ? event.data.text : event.type;
}

/** Takes `count` events of a follower, then lets it go. */
async function take(events: AsyncIterable<AnyEvent>, count: number): Promise<AnyEvent[]> {
  const taken: AnyEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

test("an event is stamped, redacted at any depth and readable by key", async (t) => {
  const { log } = await logFor(t);
  const [first] = await log.append({
    type: "run.started",
    source: "workflow/up",
    repo: "r",
    runId: "run",
    key: "k",
    data: { workflow: "up", input: { env: ["API_KEY=abcdef1", { url: "redis://:hunter2x@h" }] } },
  });
  assert.deepEqual(first, {
    seq: 1,
    id: "id-1",
    timestamp: "2023-11-14T22:13:20.000Z",
    kind: "workflow",
    type: "run.started",
    source: "workflow/up",
    data: {
      workflow: "up",
      input: { env: ["API_KEY=[redacted:env]", { url: "redis://:[redacted:url-password]@h" }] },
    },
    metadata: { repo: "r", sessionId: "boot", runId: "run", version: "1" },
  });
  assert.deepEqual(await log.byKey("k"), first);
  assert.equal(await log.head(), 1);
});

test("kinds follow the type", async (t) => {
  const { log } = await logFor(t);
  const [started, paused, asked, said] = await log.append(
    { type: "daemon.started", source: "d", repo: "", data: { boot: "b", pid: 1, port: 2 } },
    { type: "repo.paused", source: "d", repo: "r", data: { by: "ann" } },
    { type: "token", source: "d", repo: "r", kind: "escalation", data: { text: "" } },
    { type: "check.completed", source: "d", repo: "r", data: check() },
  );
  assert.deepEqual(
    [started?.kind, paused?.kind, asked?.kind, said?.kind],
    ["system", "activity", "escalation", "workflow"],
  );
});

function check() {
  const counts = { passed: 1, failed: 0, skipped: 0, seconds: 1 };
  return { name: "test", dir: ".", command: "npm test", verdict: "pass" as const, ...counts, because: "exit 0" };
}

test("data of the wrong shape is a bug and nothing is written", async (t) => {
  const { log } = await logFor(t);
  const wrong: EventDraft = JSON.parse('{"type":"token","source":"s","repo":"r","data":{"text":1}}');
  await assert.rejects(log.append(said("a"), wrong), {
    name: "Bug",
    message: /an event token of s has the wrong shape/,
  });
  assert.equal(await log.head(), 0);
});

test("a follower replays and goes on live, without gap or duplicate", async (t) => {
  const { log } = await logFor(t);
  const total = 1700;
  await log.append(...Array.from({ length: 600 }, (_, n) => said(`${n}`)));
  const stop = new AbortController();
  const followers = [0, 300].map((after) => take(log.follow({ after, signal: stop.signal }), total - after));
  for (let n = 600; n < total; n += 2) await log.append(said(`${n}`), said(`${n + 1}`));
  const [all, late] = await Promise.all(followers);
  assert.deepEqual(
    all?.map(textOf),
    Array.from({ length: total }, (_, n) => `${n}`),
  );
  assert.deepEqual(
    late?.map((event) => event.seq),
    Array.from({ length: total - 300 }, (_, n) => n + 301),
  );
});

test("a follower of one repo sees that repo only", async (t) => {
  const { log } = await logFor(t);
  const following = take(log.follow({ after: 0, repo: "b", signal: new AbortController().signal }), 2);
  for (const repo of ["a", "b", "a", "b"]) await log.append(said(repo, repo));
  assert.deepEqual(
    (await following).map((event) => event.seq),
    [2, 4],
  );
});

test("a follower ends with its signal, while it waits and while it replays", async (t) => {
  const { log } = await logFor(t);
  const stop = new AbortController();
  const waiting = take(log.follow({ after: 0, signal: stop.signal }), 10);
  await log.append(said("a"));
  stop.abort();
  assert.ok((await waiting).length <= 1);
  const during = new AbortController();
  await log.append(said("b"), said("c"));
  const seen: number[] = [];
  for await (const event of log.follow({ after: 0, signal: during.signal })) {
    seen.push(event.seq);
    during.abort();
  }
  assert.deepEqual(seen, [1]);
});

test("a slow follower reads in pages: memory does not grow with what it has not read", async (t) => {
  const { log, store } = await logFor(t);
  let largest = 0;
  const watched: Store = {
    ...store,
    read: async (query) => {
      const events = await store.read(query);
      largest = Math.max(largest, events.length);
      return events;
    },
  };
  await log.append(...Array.from({ length: 3000 }, (_, n) => said(`${n}`)));
  const { log: slow } = await logFor(t, { store: watched });
  assert.equal((await take(slow.follow({ after: 0, signal: new AbortController().signal }), 3000)).length, 3000);
  assert.equal(largest, 500);
});

test("what another process appended is found by polling", async (t) => {
  let tick = () => {};
  const clock: Clock = { now: () => 0, sleep: () => new Promise((resolve) => (tick = resolve)) };
  const { log, store } = await logFor(t, { clock, pollMs: 100 });
  const following = take(log.follow({ after: 0, signal: new AbortController().signal }), 1);
  await store.append([
    {
      id: "x",
      timestamp: "2026-01-01T00:00:00.000Z",
      kind: "system",
      type: "token",
      source: "other",
      data: { text: "from afar" },
      metadata: { repo: "r", sessionId: "s", version: "1" },
    },
  ]);
  tick();
  assert.deepEqual((await following).map(textOf), ["from afar"]);
});
