import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createInterface } from "node:readline";
import { after, before, describe, test, type TestContext } from "node:test";
import { Client } from "pg";
import { isOutsideError, isUserError, type AnyEvent, type Store, type StoredDraft } from "../sdk/index.ts";
import { runSql, startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { openPostgresStore } from "./store-postgres.ts";
import { openSqliteStore } from "./store-sqlite.ts";

if (process.argv[2] === "append-until-killed") await appendUntilKilled(process.argv[3] ?? "");
else register();

/** A log of its own per test: `open` connects to it (again), `sql` changes it behind the store's back. */
interface Fixture {
  readonly open: () => Promise<Store>;
  readonly sql: (statement: string) => Promise<void>;
}

function register() {
  describe("SQLite", () => {
    contract((t) => sqliteLog(t));
    sqliteOnly();
  });
  describe("Postgres", () => {
    let server: TestPostgres | string = "it was not started";
    before(async () => {
      server = await startPostgres();
    });
    after(async () => {
      if (typeof server !== "string") await server.stop();
    });
    contract((t) => (typeof server === "string" ? t.skip(server) : postgresLog(t, server)));
    postgresOnly((t) => (typeof server === "string" ? t.skip(server) : server.url));
  });
}

/** What both stores promise. */
function contract(log: (t: TestContext) => Promise<Fixture> | void) {
  function store(name: string, body: (store: Store, fixture: Fixture) => Promise<void>) {
    test(name, async (t) => {
      const fixture = await log(t);
      if (fixture) await body(await fixture.open(), fixture);
    });
  }

  store("gives events their places in order and keeps them over a restart", async (store, { open }) => {
    assert.deepEqual(await store.head(), { seq: 0, hash: "0".repeat(64) });
    assert.deepEqual(await store.append([]), []);
    const events = await store.append([draft("a"), draft("b")]);
    assert.deepEqual(events, [
      { seq: 1, ...draft("a") },
      { seq: 2, ...draft("b") },
    ]);
    await store.close();
    const again = await open();
    assert.equal(again.epoch, store.epoch);
    assert.match(again.epoch, /^[0-9a-f-]{36}$/);
    assert.deepEqual(await again.read({ after: 0, limit: 10 }), events);
    assert.deepEqual(
      (await again.append([draft("c")])).map((event) => event.seq),
      [3],
    );
  });

  store("a key is unique: the second append gets the first event", async (store) => {
    const [first] = await store.append([draft("a", { key: "k" })]);
    const repeated = await store.append([
      draft("x"),
      draft("b", { key: "k" }),
      draft("c", { key: "l" }),
      draft("d", { key: "l" }),
    ]);
    assert.deepEqual(repeated.map(textOf), ["x", "a", "c", "c"]);
    assert.deepEqual(await store.byKey("k"), first);
    assert.equal(await store.byKey("absent"), undefined);
    assert.equal((await store.head()).seq, 3);
  });

  store("reads by place, repo, type and limit", async (store) => {
    const status = { type: "status" as const, data: { phase: "p", sentence: "s" } };
    await store.append([draft("a"), draft("b", { repo: "two" }), { ...draft(""), ...status }, draft("d"), draft("e")]);
    const seqs = async (query: Parameters<Store["read"]>[0]) => (await store.read(query)).map((event) => event.seq);
    assert.deepEqual(await seqs({ after: 1, limit: 2 }), [2, 3]);
    assert.deepEqual(await seqs({ after: 0, limit: 10, repo: "two" }), [2]);
    assert.deepEqual(await seqs({ after: 0, limit: 10, repo: "one", types: ["token"] }), [1, 4, 5]);
    assert.deepEqual(await seqs({ after: 0, limit: 10, types: ["status", "idle"] }), [3]);
    assert.deepEqual(await seqs({ after: 0, limit: 10, types: [] }), []);
    assert.deepEqual(await seqs({ after: 99, limit: 10 }), []);
  });

  store("two connections append at the same time: one chain, no place twice", async (store, { open }) => {
    const other = await open();
    const appends = Array.from({ length: 60 }, (_, n) =>
      (n % 2 ? store : other).append([draft(`${n}`), draft(`${n}'`)]),
    );
    const events = (await Promise.all(appends)).flat();
    assert.deepEqual(
      events.map((event) => event.seq).sort((a, b) => a - b),
      Array.from({ length: 120 }, (_, n) => n + 1),
    );
    const same = [store, other].map((each) => each.append([draft("same", { key: "same" })]));
    const [one, two] = (await Promise.all(same)).flat();
    assert.deepEqual(one, two);
    assert.deepEqual(await store.verify(), { ok: true, seq: 121 });
  });

  store("keeps every character", async (store) => {
    const text = "\0\u2028\ud800 \\u0000 é😀\n\"'";
    await store.append([draft(text)]);
    const [event] = await store.read({ after: 0, limit: 1 });
    assert.equal(event && textOf(event), text);
    assert.deepEqual(await store.verify(), { ok: true, seq: 1 });
  });

  const edits: Record<string, { sql: string; at: number; because: RegExp }> = {
    "an edited payload": { sql: `UPDATE events SET data = '{"text":"no"}' WHERE seq = 3`, at: 3, because: /payload/ },
    "an edited header": {
      sql: "UPDATE events SET header = replace(header, 'test', 'tost') WHERE seq = 2",
      at: 2,
      because: /hash/,
    },
    "an edited payload with its digest": {
      sql: "UPDATE events SET digest = hash WHERE seq = 2",
      at: 2,
      because: /hash/,
    },
    "another repo to be searched by": {
      sql: "UPDATE events SET repo = 'two' WHERE seq = 4",
      at: 4,
      because: /searched/,
    },
    "another key": { sql: "UPDATE events SET key = 'new' WHERE seq = 4", at: 4, because: /hash/ },
    "a deleted entry": { sql: "DELETE FROM events WHERE seq = 3", at: 3, because: /entry 3 is missing/ },
    "a deleted first entry": { sql: "DELETE FROM events WHERE seq = 1", at: 1, because: /entry 1 is missing/ },
    "two entries in the wrong order": {
      sql: "UPDATE events SET seq = -1 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 4; UPDATE events SET seq = 4 WHERE seq = -1",
      at: 2,
      because: /hash/,
    },
  };
  for (const [what, { sql, at, because }] of Object.entries(edits)) {
    store(`verify finds ${what} and says where`, async (store, fixture) => {
      await store.append(["a", "b", "c", "d", "e"].map((text) => draft(text)));
      assert.deepEqual(await store.verify(), { ok: true, seq: 5 });
      await fixture.sql(sql);
      const verdict = await store.verify();
      assert.ok(!verdict.ok);
      assert.equal(verdict.brokenAt, at);
      assert.match(verdict.because, because);
    });
  }

  store("an erased payload is gone and the chain still holds", async (store) => {
    await store.append([draft("a"), draft("leaked", { key: "k" }), draft("c")]);
    await store.erase(2);
    assert.deepEqual(await store.verify(), { ok: true, seq: 3 });
    const events = await store.read({ after: 0, limit: 10 });
    assert.deepEqual(
      events.map((event) => event.type),
      ["token", "log.erased", "token"],
    );
    assert.deepEqual(events[1]?.data, { seq: 2, reason: "its payload was erased" });
    assert.deepEqual((await store.read({ after: 0, limit: 10, types: ["token"] })).map(textOf), ["a", "c"]);
    assert.equal((await store.byKey("k"))?.type, "log.erased");
    await assert.rejects(store.erase(9), isUserError);
  });

  store("a format of a newer version is refused with the next command", async (store, fixture) => {
    await store.close();
    await fixture.sql("UPDATE meta SET value = '2' WHERE name = 'schema'");
    await assert.rejects(fixture.open(), (error) => isUserError(error) && /npm install/.test(error.next));
  });

  store("an append after the end is refused", async (store) => {
    await Promise.all([store.append([draft("a")]), store.close()]);
    await assert.rejects(store.append([draft("b")]), { name: "Bug" });
    await store.close();
  });
}

function sqliteOnly() {
  test("kill -9 while appending loses no acknowledged event", async (t) => {
    const { path, open } = await sqliteLog(t);
    const acknowledged = new Set<string>();
    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(process.execPath, [import.meta.filename, "append-until-killed", path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(child, "exit");
      const enough = 20 + Math.floor(Math.random() * 200);
      let seen = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.add(line);
        if (++seen === enough) child.kill("SIGKILL");
      }
      await exited;
      assert.ok(seen >= enough);
    }
    const store = await open();
    const verdict = await store.verify();
    assert.ok(verdict.ok);
    const found = new Set((await store.read({ after: 0, limit: 1_000_000 })).map(textOf));
    assert.deepEqual(
      [...acknowledged].filter((text) => !found.has(text)),
      [],
    );
  });

  test("the file is the user's alone, and erased bytes are not in it", async (t) => {
    const { path, open } = await sqliteLog(t);
    const store = await open();
    await store.append([draft("a needle in the log"), draft("b")]);
    for (const file of [path, `${path}-wal`]) assert.equal((await stat(file)).mode & 0o777, 0o600);
    await store.erase(1);
    for (const file of [path, `${path}-wal`]) assert.ok(!(await readFile(file)).includes("a needle in the log"), file);
  });

  test("a file that is no log is refused, one that cannot be opened is said", async (t) => {
    const { path, open } = await sqliteLog(t);
    await writeFile(
      path,
      "this is a text, and longer than the header of a database file has to be: 100 bytes at least.......",
    );
    await assert.rejects(open(), (error) => isUserError(error) && error.next.startsWith("mv "));
    await assert.rejects(openSqliteStore(join(path, "below")), isOutsideError);
  });
}

function postgresOnly(server: (t: TestContext) => string | void) {
  test("two logs in one database do not touch each other", async (t) => {
    const url = server(t);
    if (!url) return;
    const [a, b] = await Promise.all(["log a", "log b"].map((log) => openPostgresStore(url, { log })));
    assert.ok(a && b);
    t.after(() => Promise.all([a.close(), b.close()]));
    assert.notEqual(a.epoch, b.epoch);
    await a.append([draft("x", { key: "k" })]);
    assert.deepEqual(await b.append([draft("y", { key: "k" })]), [{ seq: 1, ...draft("y") }]);
  });

  test("a connection that breaks in the middle rejects the append, and the next one works", async (t) => {
    const url = server(t);
    if (!url) return;
    const store = await openPostgresStore(url, { log: "broken" });
    const other = new Client({ connectionString: url });
    await other.connect();
    t.after(() => Promise.all([store.close(), other.end()]));
    await other.query("BEGIN; LOCK TABLE lodestar.events IN ACCESS EXCLUSIVE MODE");
    const append = assert.rejects(store.append([draft("a")]), (error) => isOutsideError(error) && error.retryable);
    const waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while ((await other.query(waiting)).rows.length === 0);
    await other.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS waiting; COMMIT`);
    await append;
    assert.equal((await store.append([draft("b")]))[0]?.seq, 1);
  });

  test("a database that does not answer is an outside error", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const address = closed.address();
    assert.ok(typeof address === "object" && address);
    closed.close();
    const url = `postgres://u:hunter2x@127.0.0.1:${address.port}/x`;
    await assert.rejects(
      openPostgresStore(url, { log: "x" }),
      (error) => isOutsideError(error) && error.retryable && !error.message.includes("hunter2x"),
    );
  });
}

/** Appends for as long as it lives and prints what was acknowledged. */
async function appendUntilKilled(path: string): Promise<void> {
  const store = await openSqliteStore(path);
  for (let n = 0; ; n++) {
    const batch = Array.from({ length: 1 + (n % 7) }, (_, i) => draft(`${process.pid}-${n}-${i}`));
    const events = await store.append(batch);
    process.stdout.write(events.map((event) => `${textOf(event)}\n`).join(""));
  }
}

async function sqliteLog(t: TestContext): Promise<Fixture & { path: string }> {
  const dir = await mkdtemp(join(tmpdir(), "store-"));
  const path = join(dir, "log.db");
  const stores: Store[] = [];
  t.after(async () => {
    for (const store of stores) await store.close();
    await rm(dir, { recursive: true, force: true });
  });
  return {
    path,
    async open() {
      const store = await openSqliteStore(path);
      stores.push(store);
      return store;
    },
    async sql(statement) {
      const db = new DatabaseSync(path);
      db.exec(statement);
      db.close();
    },
  };
}

async function postgresLog(t: TestContext, server: TestPostgres): Promise<Fixture> {
  const url = await server.database();
  const stores: Store[] = [];
  t.after(async () => {
    for (const store of stores) await store.close();
  });
  return {
    async open() {
      const store = await openPostgresStore(url, { log: "main" });
      stores.push(store);
      return store;
    },
    sql: (statement) => runSql(url, `SET search_path = lodestar; ${statement}`),
  };
}

function draft(text: string, { repo = "one", key }: { repo?: string; key?: string } = {}): StoredDraft {
  return {
    id: `id of ${text.length}`,
    timestamp: "2026-01-02T03:04:05.000Z",
    kind: "workflow",
    type: "token",
    source: "test",
    data: { text },
    metadata: { repo, sessionId: "s", version: "1" },
    ...(key === undefined ? {} : { key }),
  };
}

function textOf(event: AnyEvent): string {
  return event.type === "token" ? event.data.text : event.type;
}
