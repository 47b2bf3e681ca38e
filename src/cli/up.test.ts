import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { probeSandbox } from "../host/sandbox.ts";
import type { AnyEvent } from "../sdk/index.ts";
import { eventOf, eventsOf, openWorld, reportOf, type World } from "../testing/lodestar.ts";
import { program, served, tested } from "../testing/repos.ts";

const trust = (await probeSandbox()).works ? [] : ["--trust"];
const PACKAGE = JSON.stringify({ name: "shop", scripts: { start: "node server.js", test: "node --test" } });

describe("up --once", { concurrency: true }, () => {
  test("takes a service to healthy with a receipt that anybody can check, and leaves nothing running", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const files = { "package.json": PACKAGE, "server.js": served()["server.js"] ?? "" };
    const repo = await world.repo("shop", { ...files, "sums.test.js": tested()["sums.test.js"] ?? "" });
    const end = await world.run("up", repo, "--once", "--json", ...trust);
    assert.deepEqual(await world.left(0), []);
    const report = reportOf(end);
    assert.deepEqual([end.status, report.state], [0, "healthy"]);
    const fields =
      "checks commit databases fixes notChecked plan questions receipt repo sandbox seconds services state";
    assert.deepEqual(Object.keys(JSON.parse(end.stdout)).sort().join(" "), fields);
    const [service, check] = [report.services[0], report.checks[0]];
    assert.equal(
      Object.keys(service ?? {})
        .sort()
        .join(" "),
      "dir health name pid port seconds url",
    );
    assert.match(service?.health.detail ?? "", /answered 200/);
    assert.deepEqual([check?.verdict, check?.passed, check?.failed], ["pass", 2, 0]);
    await canListen(service?.port ?? 0);
    await checkReceipt(world, report.receipt ?? "");

    const again = reportOf(await world.run("up", repo, "--once", "--json", ...trust));
    assert.deepEqual([again.state, again.receipt], ["healthy", report.receipt]);
    assert.deepEqual(await world.left(0), []);
    const [first, second] = toolsOf(await eventsOf(await world.daemon())).values();
    assert.ok(first?.some((title) => title.startsWith("install")) && first.includes("test"));
    assert.deepEqual(second ?? [], [], "nothing was installed or measured again");
  });

  test("takes a library to healthy, and reports red and flaky tests as such", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    await world.daemon();
    const up = async (name: string, files: Record<string, string>) => {
      const end = await world.run("up", await world.repo(name, files), "--once", "--json", ...trust);
      return { status: end.status, ...reportOf(end) };
    };
    const red = `require("node:test").test("is red", () => { throw new Error("red"); });`;
    const flaky = `const fs = require("node:fs");
      require("node:test").test("learns", () => {
        if (!fs.existsSync("learned")) { fs.writeFileSync("learned", ""); throw new Error("not yet"); }
      });`;
    const [library, failing, changing, worker] = await Promise.all([
      up("library", tested()),
      up("failing", tested(red)),
      up("changing", tested(flaky)),
      up("worker", { Procfile: "worker: node worker.js\n", "worker.js": "setInterval(() => {}, 1000);", ...tested() }),
    ]);
    assert.deepEqual([library.status, library.state, library.services], [0, "healthy", []]);
    assert.deepEqual([failing.status, failing.state], [0, "healthy"], "red at the baseline is reported, not unhealthy");
    assert.deepEqual([failing.checks[0]?.verdict, failing.checks[0]?.failed], ["fail", 1]);
    assert.deepEqual([changing.state, changing.checks[0]?.verdict], ["healthy", "flaky"]);
    assert.deepEqual([worker.state, worker.services[0]?.health.kind], ["healthy", "process"]);
    assert.equal(worker.services[0]?.port, null);
  });

  test("ended by Ctrl-C stops the run and leaves nothing", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const repo = await world.repo("never", program("console.log('deaf'); setInterval(() => {}, 1000);"));
    const up = world.start("up", repo, "--once", ...trust);
    await eventOf(await world.untilDaemon(), "service.starting", repo);
    up.child.kill("SIGINT");
    const end = await up.ended;
    assert.equal(end.status, 1);
    assert.match(end.stdout, /Stopping/);
    assert.deepEqual(await world.left(0), []);
  });
});

describe("up", () => {
  let world: World;
  before(async () => (world = await openWorld()));
  after(() => world.close());

  test("keeps the repository running until it is stopped, and answers for it", async () => {
    const repo = await world.repo("shop", { ...served(`console.log("it begins");`), ...tested() });
    const end = await world.run("up", repo, ...trust);
    assert.equal(end.status, 0, end.stdout + end.stderr);
    assert.match(end.stdout, /Running/);
    const json = async (...args: string[]) => JSON.parse((await world.run(...args, "--json")).stdout);

    const [status] = await json("status");
    assert.deepEqual([status.now.state, status.path], ["idle", repo]);
    assert.match(status.now.sentence, /1 service healthy/);
    const { services } = await json("services");
    assert.equal(services[0].state, "healthy");
    assert.equal(await (await fetch(services[0].url)).text(), "hello\n");
    assert.match((await world.run("why")).stdout, /Service web is healthy/);
    assert.match((await world.run("logs", "web")).stdout, /it begins\n.*listening/s);
    const { events } = await json("events");
    assert.deepEqual(
      events.map((event: AnyEvent) => event.seq),
      events.map((_: AnyEvent, index: number) => index + 1),
    );

    assert.equal((await json("pause")).now.state, "paused");
    const refused = await world.run("up", repo);
    assert.deepEqual([refused.status, /next: +lodestar resume/.test(refused.stderr)], [2, true]);
    assert.equal((await json("resume")).now.state, "idle");
    assert.match((await json("stop")).now.sentence, /stopped/);
    await canListen(Number(new URL(services[0].url).port));
    await assert.rejects(fetch(services[0].url));
    assert.equal((await world.left(0)).length, 1, "the daemon alone");
  });

  test("answers stop at once while a service starts, and says so where it is followed", async () => {
    const repo = await world.repo("never", program("setInterval(() => {}, 1000);"));
    const up = world.start("up", repo, ...trust);
    await eventOf(await world.client(), "service.starting", repo);
    assert.equal((await world.run("stop", "--repo", repo)).status, 0);
    const end = await up.ended;
    assert.deepEqual([end.status, end.stderr], [1, ""]);
    assert.match(end.stdout, /It was stopped/);
    assert.equal((await world.left(0)).length, 1, "the daemon alone");
  });
});

async function checkReceipt(world: World, id: string): Promise<void> {
  const file = join(world.root, "receipt.json");
  const shown = (await world.run("receipts", "show", id, "--json")).stdout;
  await writeFile(file, shown);
  await writeFile(join(world.root, "key.pem"), (await world.run("receipts", "key")).stdout);
  const verify = async (...options: string[]) => {
    const end = await world.run("receipts", "verify", file, ...options);
    return [end.status, end.stdout.split(":")[0]];
  };
  const elsewhere = ["--data-dir", join(world.root, "elsewhere")];
  assert.deepEqual(await verify(), [0, "intact, signer known"]);
  assert.deepEqual(await verify(...elsewhere), [1, "intact, signer unknown"]);
  assert.deepEqual(await verify(...elsewhere, "--key", join(world.root, "key.pem")), [0, "intact, signer known"]);
  const envelope = JSON.parse(shown);
  const payload = Buffer.from(envelope.payload, "base64").toString("utf8").replace('"passed":2', '"passed":3');
  await writeFile(file, JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString("base64") }));
  const [status, said] = await verify();
  assert.deepEqual([status, String(said).slice(0, 10)], [1, "NOT intact"]);
  assert.notEqual(await readFile(file, "utf8"), shown);
}

/** Titles of the commands of each run. */
function toolsOf(events: readonly AnyEvent[]): Map<string | undefined, string[]> {
  const started = events.filter((event) => event.type === "tool_start");
  const byRun = Map.groupBy(started, (event) => event.metadata.runId);
  return new Map([...byRun].map(([run, all]) => [run, all.map((event) => event.data.title)]));
}

async function canListen(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
}
