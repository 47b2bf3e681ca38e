import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { z } from "zod";
import { baselineReceipt } from "../kernel/receipt.ts";
import { EMPTY_PLAN, EventData, OutsideError, type DataOf, type EventType } from "../sdk/index.ts";
import { makeRepo, openMachine, reportOf, type TestMachine } from "../testing/machine.ts";
import { createApp } from "./app.ts";
import { serve } from "./serve.ts";

const TOKEN = "a-token";
const Line = z.object({ repo: z.string(), name: z.string(), now: z.object({ state: z.string() }) });
const Failure = z.object({ error: z.object({ message: z.string(), next: z.string(), tried: z.string().optional() }) });
const Page = z.object({
  epoch: z.string(),
  head: z.number(),
  reset: z.boolean(),
  events: z.array(z.object({ seq: z.number(), type: z.string() })),
});

let folder: string;
let opened: TestMachine;
let server: Awaited<ReturnType<typeof serve>>;
let shop: { id: string; path: string };
let receipt: string;
const shutdowns: string[] = [];
/** Ends the run of `blog`, which goes on until then. */
const blog = Promise.withResolvers<void>();

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "app-")));
  opened = await openMachine(join(folder, "data"), {
    up: async ({ state, signal }) => {
      if (state.name === "blog") await Promise.race([blog.promise, ended(signal)]);
      signal.throwIfAborted();
      return reportOf(state.path);
    },
  });
  const { machine } = opened;
  server = await serve(0, (port) =>
    createApp({ machine, token: TOKEN, port, shutdown: (reason) => shutdowns.push(reason) }),
  );
  const path = makeRepo(join(folder, "shop"), { "src/a.js": "" });
  const begun = z.object({ repo: z.string() }).parse(await post("up", { path, by: "me" }));
  shop = { id: begun.repo, path };
  await settled("shop");
  await fill();
});

after(async () => {
  await server.close();
  await opened.end();
  await rm(folder, { recursive: true, force: true });
});

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Everything that routes show, as its writers append it. */
async function fill(): Promise<void> {
  const { hands } = opened.machine;
  const { segment, seal, write } = await hands.segments.open("shop/web");
  write("listening on 3000\n");
  await seal();
  const digest = { lodestar: "0.1.0", env: "e", dependencies: "d", runtimes: {}, databases: [], network: "loopback" };
  const body = baselineReceipt({
    repo: "shop",
    commit: "c".repeat(40),
    tree: "t".repeat(40),
    dirty: false,
    checks: [],
    notChecked: [],
    environment: { ...digest, sandbox: "bubblewrap" },
    hash: hands.hash,
    cost: { seconds: 1, usd: 0 },
    issuedAt: "2026-01-01T00:00:00.000Z",
  });
  receipt = await hands.issue(body);
  const { verdict, sentence, tree, commit } = body;
  await say("receipt.issued", { receipt, verdict, sentence, tree, commit, body });
  await say("plan.detected", { plan: EMPTY_PLAN, commit, tree, dirty: false, seconds: 0.1 });
  await say("service.starting", { name: "web", dir: ".", command: "node a.js", attempt: 1, segment });
  await say("database.ready", { name: "postgres", engine: "postgres", how: "own", env: "DATABASE_URL", seconds: 1 });
  const counts = { passed: 3, failed: 0, skipped: 0, seconds: 1, because: "3 pass" };
  await say("check.completed", { name: "test", dir: ".", command: "make test", verdict: "pass", ...counts });
  const tried = { fixer: "env", fingerprint: "f", failure: "x is missing", title: "x generated" };
  await say("fix.tried", { ...tried, actions: [], worked: true, detail: "" });
  const change = { change: "c1", title: "Pin it", because: "x", branch: "lodestar/c1", diff: "-a\n+b" };
  await say("change.proposed", change);
  const asked = { question: "Run it?", what: "configuration", commands: ["make"], risk: "all", next: "no" };
  await say("approval.asked", { approval: "a1", ...asked });
  await say("approval.asked", { approval: "a2", ...asked });
  const room = { commit, purpose: "baseline", path: "/r", createdAt: "2026-01-01", bytes: 1, inUse: false };
  opened.rooms.push({ id: "r1", repo: shop.id, ...room }, { id: "r2", repo: "another", ...room });
}

async function say<T extends EventType>(type: T, data: DataOf<T>): Promise<void> {
  const draft: { type: EventType; source: string; repo: string; data: unknown } = {
    type,
    source: "test",
    repo: shop.id,
    data,
  };
  assert.ok(isDraft(draft));
  await opened.machine.append(draft);
}

type Draft = Parameters<TestMachine["machine"]["append"]>[number];
function isDraft(item: { type: EventType; data: unknown }): item is Draft {
  return EventData[item.type].safeParse(item.data).success;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A request as a stranger could make it: every header is the caller's. */
function raw(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ port: server.port, host: "127.0.0.1", method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    call.on("error", reject).end(body);
  });
}

const allowed = () => ({ authorization: `Bearer ${TOKEN}`, host: `127.0.0.1:${server.port}` });

async function get(path: string): Promise<unknown> {
  const { status, body } = await raw("GET", `/api/v2/${path}`, allowed());
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

async function post(path: string, data: unknown): Promise<unknown> {
  const { status, body } = await raw("POST", `/api/v2/${path}`, allowed(), JSON.stringify(data));
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

async function refusal(method: string, path: string, body?: string): Promise<z.infer<typeof Failure>["error"]> {
  const answer = await raw(method, `/api/v2/${path}`, allowed(), body);
  assert.equal(answer.status, 400, JSON.stringify(answer.body));
  return Failure.parse(answer.body).error;
}

async function settled(repo: string): Promise<void> {
  const { log } = opened.machine;
  const { repo: id } = await opened.machine.find(repo);
  for await (const event of log.follow({ after: 0, repo: id, signal: AbortSignal.timeout(5_000) }))
    if (event.type === "run.ended") return;
}

describe("who may ask", () => {
  test("a token, the daemon's own Host and no foreign Origin are needed", async () => {
    const host = `127.0.0.1:${server.port}`;
    const authorization = `Bearer ${TOKEN}`;
    const refused: [Record<string, string>, RegExp][] = [
      [{ host }, /token is missing or wrong/],
      [{ host, authorization: "Bearer a-tokem" }, /token/],
      [{ host, authorization: "Bearer a-token2" }, /token/],
      [{ host, authorization: "Bearer " }, /token/],
      [{ host, authorization: TOKEN }, /token/],
      [{ host: "evil.example", authorization }, /Host/],
      [{ host: `evil.example:${server.port}`, authorization }, /Host/],
      [{ host: "127.0.0.1", authorization }, /Host/],
      [{ host, authorization, origin: "https://evil.example" }, /Origin/],
      [{ host, authorization, origin: "null" }, /Origin/],
      [{ host, authorization, origin: `http://127.0.0.1:${server.port + 1}` }, /Origin/],
    ];
    for (const [headers, message] of refused) {
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const { status, body } = await raw(method, "/api/v2/status", headers);
        assert.equal(status, 403);
        assert.match(Failure.parse(body).error.message, message);
      }
    }
    for (const name of ["127.0.0.1", "localhost", "[::1]"]) {
      const own = `${name}:${server.port}`;
      const { status } = await raw("GET", "/api/v2/status", { host: own, authorization, origin: `http://${own}` });
      assert.equal(status, 200);
    }
  });

  test("a refused request does nothing", async () => {
    await raw("POST", "/api/v2/shutdown", { host: `127.0.0.1:${server.port}` }, "{}");
    await raw("POST", "/api/v2/pause?repo=shop", { ...allowed(), origin: "https://evil.example" }, "{}");
    assert.deepEqual(shutdowns, []);
    assert.equal((await opened.machine.find("shop")).paused, undefined);
  });

  test("health needs no token and tells which boot answers", async () => {
    const { status, body } = await raw("GET", "/healthz", {});
    const { version, boot, pid } = opened.machine.hands;
    assert.deepEqual([status, body], [200, { ok: true, version, boot, pid }]);
  });
});

describe("which repository", () => {
  test("by path, name, id or a folder inside", async () => {
    for (const asked of [shop.path, "shop", shop.id, join(shop.path, "src")])
      assert.equal(z.array(Line).parse(await get(`status?repo=${encodeURIComponent(asked)}`))[0]?.repo, shop.id);
  });

  test("an unknown one is refused by every route that takes one, with the next command", async () => {
    const routes = "status why plan report services checks receipts fixes changes approvals rooms logs events";
    for (const route of routes.split(" ")) {
      const { message, next, tried } = await refusal("GET", `${route}?repo=nothing`);
      assert.deepEqual([message, next], ["nothing is not looked after", "lodestar up nothing"]);
      assert.match(tried ?? "", /shop/);
    }
    for (const route of ["pause", "resume", "stop"])
      assert.equal((await refusal("POST", `${route}?repo=nothing`)).next, "lodestar up nothing");
  });
});

describe("what is true now", () => {
  test("status, why, plan and report", async () => {
    assert.deepEqual(
      z
        .array(Line)
        .parse(await get("status"))
        .map((one) => one.name),
      ["shop"],
    );
    const why = z.object({ now: z.object({ sentence: z.string() }), reasons: z.array(z.string()) });
    assert.ok(why.parse(await get("why?repo=shop")).reasons.length > 1);
    assert.deepEqual(await get("plan"), EMPTY_PLAN);
    assert.deepEqual(await get("report"), reportOf(shop.path));
  });

  test("services with their databases, checks, fixes and changes", async () => {
    const named = z.array(z.object({ name: z.string() }));
    const services = z.object({ services: named, databases: named }).parse(await get("services"));
    assert.deepEqual([services.services[0]?.name, services.databases[0]?.name], ["web", "postgres"]);
    assert.equal(named.parse(await get("checks"))[0]?.name, "test");
    assert.equal(z.array(z.object({ fixer: z.string() })).parse(await get("fixes"))[0]?.fixer, "env");
    assert.equal(z.array(z.object({ change: z.string() })).parse(await get("changes"))[0]?.change, "c1");
  });

  test("receipts, listed and as they were signed", async () => {
    const list = z.array(z.object({ receipt: z.string(), sentence: z.string() })).parse(await get("receipts"));
    assert.equal(list[0]?.receipt, receipt);
    const stored = z.object({
      receipt: z.object({ sentence: z.string() }),
      envelope: z.object({ payload: z.string() }),
    });
    assert.equal(stored.parse(await get(`receipts/${receipt}`)).receipt.sentence, list[0]?.sentence);
    assert.equal((await refusal("GET", "receipts/nothing")).next, "lodestar receipts list");
    assert.equal(
      (await refusal("GET", `receipts/${encodeURIComponent("../../daemon")}`)).next,
      "lodestar receipts list",
    );
  });

  test("logs: the end of a service's output, a part of it, and no file that is none", async () => {
    const Log = z.object({
      segment: z.string(),
      from: z.number(),
      to: z.number(),
      text: z.string(),
      sealed: z.boolean(),
    });
    const whole = Log.parse(await get("logs?service=web"));
    assert.deepEqual([whole.text, whole.from, whole.sealed], ["listening on 3000\n", 0, true]);
    assert.equal(Log.parse(await get("logs?limit=5")).text, "3000\n");
    assert.equal(Log.parse(await get(`logs?segment=${whole.segment}&from=10&limit=4`)).text, "on 3");
    assert.match((await refusal("GET", "logs?service=api")).tried ?? "", /web/);
    for (const segment of ["../log.db", "../../etc/passwd", "nothing"])
      for (const from of ["", "&from=0"])
        assert.match((await refusal("GET", `logs?segment=${encodeURIComponent(segment)}${from}`)).message, /no output/);
    assert.match((await refusal("GET", "logs?limit=x")).message, /not understood/);
  });

  test("rooms, of all and of one repository, and their removal", async () => {
    const Rooms = z.array(z.object({ id: z.string() }));
    assert.deepEqual(
      Rooms.parse(await get("rooms")).map((room) => room.id),
      ["r1", "r2"],
    );
    assert.deepEqual(
      Rooms.parse(await get("rooms?repo=shop")).map((room) => room.id),
      ["r1"],
    );
    const removed = await raw("DELETE", "/api/v2/rooms/r2", allowed());
    assert.deepEqual([removed.status, removed.body], [200, { removed: "r2" }]);
    assert.equal((await refusal("DELETE", "rooms/r2")).next, "lodestar rooms list");
  });

  test("a route that is not there says so as JSON", async () => {
    const { status, body } = await raw("GET", "/api/v2/nothing", allowed());
    assert.equal(status, 404);
    assert.match(Failure.parse(body).error.message, /nothing at GET \/api\/v2\/nothing/);
  });
});

describe("control", () => {
  test("up is joined by a second up, and stop ends it", async () => {
    const Begun = z.object({ repo: z.string(), run: z.string(), after: z.number(), epoch: z.string() });
    const path = makeRepo(join(folder, "blog"));
    const first = Begun.parse(await post("up", { path, by: "me" }));
    const second = Begun.parse(await post("up", { path }));
    assert.deepEqual([second.run, second.repo], [first.run, first.repo]);
    assert.equal(first.epoch, opened.machine.log.epoch);
    const line = Line.parse(await post("stop?repo=blog", { by: "me" }));
    assert.deepEqual([line.name, line.now.state], ["blog", "idle"]);
    assert.ok(opened.closed.includes(first.repo));
    await settled("blog");
  });

  test("pause and resume answer with the new now-line; a paused repository is not brought up", async () => {
    assert.equal(Line.parse(await post("pause?repo=shop", { by: "me" })).now.state, "paused");
    assert.equal((await refusal("POST", "up", JSON.stringify({ path: shop.path }))).next, "lodestar resume");
    assert.notEqual(Line.parse(await post("resume?repo=shop", {})).now.state, "paused");
  });

  test("a body is optional where nothing must be said, and one that is no JSON changes nothing", async () => {
    const bare = await raw("POST", "/api/v2/pause?repo=shop", allowed());
    assert.equal(bare.status, 200);
    await post("resume?repo=shop", {});
    for (const route of ["pause?repo=shop", "stop?repo=shop", "up", "approve", "shutdown"])
      assert.match((await refusal("POST", route, '{"by": ')).message, /^The body is not JSON/);
    assert.equal((await opened.machine.find("shop")).paused, undefined);
    assert.deepEqual(shutdowns, []);
  });

  test("a body with wrong parts is refused with what was expected", async () => {
    assert.match((await refusal("POST", "up", "{}")).message, /path/);
    assert.match((await refusal("POST", "up", JSON.stringify({ path: shop.path, port: 70_000 }))).message, /port/);
    assert.match((await refusal("POST", "up", "[]")).message, /not understood/);
    assert.match((await refusal("POST", "up", JSON.stringify({ path: join(folder, "nowhere") }))).message, /nowhere/);
  });

  test("approvals are listed, answered once, and unknown ones refused", async () => {
    const Approvals = z.array(z.object({ approval: z.string(), name: z.string(), answer: z.string().optional() }));
    const answers = async () =>
      Approvals.parse(await get("approvals?repo=shop")).map((one) => [one.approval, one.name, one.answer]);
    assert.deepEqual(await answers(), [
      ["a1", "shop", undefined],
      ["a2", "shop", undefined],
    ]);
    const given = { approval: "a1", answer: "approve", by: "me" };
    assert.deepEqual(await post("approve", { approval: "a1", by: "me" }), given);
    await post("reject", { approval: "a2", by: "me" });
    assert.deepEqual(
      (await answers()).map(([, , answer]) => answer),
      ["approve", "reject"],
    );
    const twice = await refusal("POST", "reject", JSON.stringify({ approval: "a1" }));
    assert.match(twice.message, /answered already: approve by me/);
    assert.equal((await refusal("POST", "approve", JSON.stringify({ approval: "a9" }))).next, "lodestar approvals");
    assert.match((await refusal("POST", "approve", "{}")).message, /approval/);
    assert.equal(Approvals.parse(await get("approvals")).length, 2);
  });

  test("a change that is not there cannot be applied", async () => {
    assert.equal((await refusal("POST", "changes/c9/apply", "{}")).next, "lodestar changes list");
    assert.match((await refusal("POST", "changes/c1/apply", "{}")).message, /\S/);
  });

  test("what fails outside can be tried again, and a bug is called one", async () => {
    const failing = async (error: Error) => {
      const own = await serve(0, (port) => {
        const app = createApp({ machine: opened.machine, token: TOKEN, port, shutdown: () => undefined });
        return app.get("/fails", () => {
          throw error;
        });
      });
      const response = await fetch(`http://127.0.0.1:${own.port}/fails`);
      const body: unknown = await response.json();
      await own.close();
      return [response.status, body];
    };
    assert.deepEqual(await failing(new OutsideError("The disk is full", { retryable: true })), [
      503,
      { error: { message: "The disk is full", next: "lodestar doctor", retryable: true } },
    ]);
    assert.deepEqual(await failing(new TypeError("x is undefined")), [
      500,
      { error: { message: "x is undefined", next: "lodestar doctor", bug: true } },
    ]);
  });

  test("shutdown answers first", async () => {
    assert.deepEqual(await post("shutdown", { by: "up --once" }), { ok: true });
    assert.deepEqual(shutdowns, ["up --once"]);
  });
});

describe("events", () => {
  test("pages follow each other until the head", async () => {
    const seen: number[] = [];
    for (let after = 0; ;) {
      const page = Page.parse(await get(`events?after=${after}&limit=4`));
      assert.deepEqual([page.reset, page.epoch], [false, opened.machine.log.epoch]);
      seen.push(...page.events.map((event) => event.seq));
      if (page.events.length < 4) {
        assert.equal(seen.at(-1), page.head);
        break;
      }
      after = page.events.at(-1)?.seq ?? 0;
    }
    assert.deepEqual(
      seen,
      seen.map((_, index) => index + 1),
    );
    assert.match((await refusal("GET", "events?limit=0")).message, /limit/);
    assert.match((await refusal("GET", "events?after=-1")).message, /after/);
  });

  test("of one repository only", async () => {
    const all = Page.parse(await get("events?limit=1000"));
    const own = Page.parse(await get("events?repo=shop&limit=1000"));
    assert.ok(own.events.length > 0 && own.events.length < all.events.length);
    assert.ok(!own.events.some((event) => event.type === "daemon.started"));
  });

  test("a page for a cursor of another log, or beyond this one, begins again", async () => {
    for (const query of ["epoch=other&after=3", "after=100000"]) {
      const page = Page.parse(await get(`events?${query}&limit=1`));
      assert.deepEqual([page.reset, page.events[0]?.seq], [true, 1]);
    }
  });

  test("a stream replays and goes on live; each message names its place", async () => {
    const head = await opened.machine.log.head();
    const stream = await open(`events?after=${head - 2}`, {});
    const [first, second] = [await stream.message(), await stream.message()];
    assert.deepEqual([first.event, first.seq, second.seq], ["event", head - 1, head]);
    assert.equal(first.id, `${opened.machine.log.epoch}:${head - 1}`);
    await say("token", { text: "live" });
    const live = await stream.message();
    assert.deepEqual([live.seq, live.data.includes('"live"')], [head + 1, true]);
    stream.close();
  });

  test("a stream is resumed by the id of the last message, whatever the query says", async () => {
    const head = await opened.machine.log.head();
    const stream = await open("events?after=0", { "last-event-id": `${opened.machine.log.epoch}:${head - 1}` });
    assert.equal((await stream.message()).seq, head);
    stream.close();
  });

  test("a stream for a cursor of another log, or beyond this one, says reset and begins again", async () => {
    const { epoch } = opened.machine.log;
    for (const id of ["other:2", `${epoch}:100000`]) {
      const stream = await open("events?after=1", { "last-event-id": id });
      assert.deepEqual(await stream.message(), { event: "reset", data: JSON.stringify({ epoch }), id: "", seq: 0 });
      assert.equal((await stream.message()).seq, 1);
      stream.close();
    }
  });

  test("an id that is none does not silence the stream", async () => {
    for (const id of [`${opened.machine.log.epoch}:x`, "nonsense", ":", `${opened.machine.log.epoch}:-3`]) {
      const stream = await open("events?after=2", { "last-event-id": id });
      assert.equal((await stream.message()).seq, 3);
      stream.close();
    }
  });

  test("a reader who goes away is let go", async () => {
    const stream = await open("events?after=100000000", {});
    stream.close();
    await wait(10);
    await say("token", { text: "nobody listens" });
    assert.equal(Page.parse(await get("events?limit=1")).head, await opened.machine.log.head());
  });
});

interface Message {
  readonly event: string;
  readonly id: string;
  readonly data: string;
  /** Of the event in it; 0 where there is none. */
  readonly seq: number;
}

/** Opens a stream and gives its messages one by one. */
async function open(path: string, headers: Record<string, string>) {
  const ended = new AbortController();
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v2/${path}`, {
    headers: { authorization: `Bearer ${TOKEN}`, accept: "text/event-stream", ...headers },
    signal: ended.signal,
  });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  return {
    close: () => ended.abort(),
    async message(): Promise<Message> {
      while (!rest.includes("\n\n")) {
        const read = await reader?.read();
        assert.ok(read && !read.done, "the stream ended");
        rest += read.value;
      }
      const end = rest.indexOf("\n\n");
      const fields = Object.fromEntries(
        rest
          .slice(0, end)
          .split("\n")
          .map((line) => line.split(/: ?(.*)/s).slice(0, 2)),
      );
      rest = rest.slice(end + 2);
      const { event = "", id = "", data = "" } = z.record(z.string(), z.string()).parse(fields);
      const seq = z.object({ seq: z.number().default(0) }).parse(JSON.parse(data)).seq;
      return { event, id, data, seq };
    },
  };
}
