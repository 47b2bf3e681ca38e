import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { after, before, describe, test, type TestContext } from "node:test";
import { createLog } from "../kernel/log.ts";
import { createSteps } from "../kernel/steps.ts";
import { Bug, messageOf, OutsideError, type Engine } from "../sdk/index.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { systemClock } from "./clock.ts";
import { openPostgresEngine, openSqliteEngine, type EngineOptions, type FailedRun } from "./engine.ts";
import { createSecrets } from "./secrets.ts";
import { openSqliteStore } from "./store-sqlite.ts";

/** Where the engine's tables are: a file or a URL. Runs are this daemon's own on both. */
type Place = string;

const STEPS = Array.from({ length: 20 }, (_, n) => `step-${n}`);

if (process.argv[2] === "work-until-killed") await workUntilKilled(process.argv[3] ?? "", process.argv[4] ?? "");
else register();

function register() {
  describe("SQLite", () => {
    contract(async (t) => join(await folder(t), "workflows.db"));
  });
  describe("Postgres", () => {
    let server: TestPostgres | string = "it was not started";
    before(async () => {
      const client = import.meta.resolve("openworkflow/postgres");
      server = await import(client).then(startPostgres, (error: unknown) => `no client: ${messageOf(error)}`);
    });
    after(async () => {
      if (typeof server !== "string") await server.stop();
    });
    contract(async (t) => (typeof server === "string" ? t.skip(server) : server.database()));
  });
}

/** What the engine promises on both databases. */
function contract(placeOf: (t: TestContext) => Promise<Place | void>) {
  function engine(name: string, body: (place: Place, t: TestContext) => Promise<void>) {
    test(name, async (t) => {
      const place = await placeOf(t);
      if (place) await body(place, t);
    });
  }

  engine("runs what was started, also before it began, with its input", async (place, t) => {
    const { engine } = await engineAt(place, t);
    const seen: unknown[] = [];
    const done = Promise.withResolvers<void>();
    engine.define("job", async ({ input, runId }) => {
      seen.push([runId, input]);
      if (seen.length === 2) done.resolve();
    });
    assert.throws(() => engine.start("unknown", {}), { name: "Bug" });
    assert.throws(() => engine.define("job", async () => {}), { name: "Bug" });
    const one = await engine.start("job", { path: "/repo" });
    assert.deepEqual(await engine.active(), [{ runId: one, name: "job", input: { path: "/repo" } }]);
    await engine.begin();
    const two = await engine.start("job", undefined);
    await done.promise;
    assert.deepEqual(seen, [
      [one, { path: "/repo" }],
      [two, null],
    ]);
    await until(async () => (await engine.active()).length === 0);
  });

  engine("a key has one active run", async (place, t) => {
    const { engine } = await engineAt(place, t);
    const gate = Promise.withResolvers<void>();
    engine.define("job", () => gate.promise);
    engine.define("other", async () => {});
    await engine.begin();
    const starts = await Promise.all([1, 2, 3].map(() => engine.start("job", {}, { key: "repo" })));
    assert.equal(new Set(starts).size, 1);
    assert.notEqual(await engine.start("job", {}, { key: "repo 2" }), starts[0]);
    assert.notEqual(await engine.start("other", {}, { key: "repo" }), starts[0]);
    gate.resolve();
    await until(async () => (await engine.active()).length === 0);
    assert.notEqual(await engine.start("job", {}, { key: "repo" }), starts[0]);
  });

  engine("a cancelled run sees its signal and does not come back", async (place, t) => {
    const { engine, failed } = await engineAt(place, t);
    const running = Promise.withResolvers<void>();
    let ended = false;
    engine.define("job", async ({ signal }) => {
      running.resolve();
      await once(signal, "abort");
      ended = true;
      signal.throwIfAborted();
    });
    await engine.begin();
    const runId = await engine.start("job", {});
    await running.promise;
    await engine.cancel(runId);
    assert.ok(ended);
    assert.deepEqual(await engine.active(), []);
    await engine.cancel(runId);
    await engine.cancel(crypto.randomUUID());
    assert.deepEqual(failed, []);
  });

  engine("an error ends the run at once and is reported, a retryable one after three attempts", async (place, t) => {
    const { engine, failed } = await engineAt(place, t, { retryAfter: 20 });
    let attempts = 0;
    engine.define("broken", () => Promise.reject(new Bug("a promise was broken")));
    engine.define("flaky", async () => {
      attempts++;
      throw new OutsideError("no network", { retryable: true });
    });
    await engine.begin();
    const broken = await engine.start("broken", { n: 1 });
    await until(() => failed.length === 1);
    const flaky = await engine.start("flaky", {});
    await until(() => failed.length === 2);
    assert.deepEqual(
      failed.map(({ runId, name, error }) => [runId, name, messageOf(error)]),
      [
        [broken, "broken", "a promise was broken"],
        [flaky, "flaky", "no network"],
      ],
    );
    assert.deepEqual(failed[0]?.input, { n: 1 });
    assert.equal(attempts, 3);
    assert.deepEqual(await engine.active(), []);
  });

  engine("a run that a living worker of another daemon has is left to it", async (place, t) => {
    if (!place.startsWith("postgres:")) return t.skip("a SQLite engine has one daemon");
    const first = await engineAt(place, t);
    const running = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    first.engine.define("job", () => (running.resolve(), gate.promise));
    await first.engine.begin();
    await first.engine.start("job", {});
    await running.promise;
    const second = await openPostgresEngine(place, { owner: "another machine", onFailed: () => {} });
    t.after(() => second.stop());
    const others = Promise.withResolvers<unknown>();
    second.define("job", async ({ input }) => others.resolve(input));
    second.define("mine", async () => others.resolve("mine"));
    await second.begin();
    await second.start("mine", {});
    assert.equal(await others.promise, "mine");
    assert.equal((await second.active()).filter((run) => run.name === "job").length, 1);
    gate.resolve();
    await until(async () => (await second.active()).length === 0);
  });

  engine("stop gives the runs back, and the next engine resumes them at once", async (place, t) => {
    const first = await engineAt(place, t);
    const running = Promise.withResolvers<void>();
    first.engine.define("job", async ({ signal }) => {
      running.resolve();
      await once(signal, "abort");
      signal.throwIfAborted();
    });
    await first.engine.begin();
    const runId = await first.engine.start("job", {});
    await running.promise;
    await first.engine.stop();
    const second = await engineAt(place, t);
    const resumed = Promise.withResolvers<string>();
    second.engine.define("job", async (context) => resumed.resolve(context.runId));
    await second.engine.begin();
    assert.equal(await resumed.promise, runId);
    assert.deepEqual(first.failed, []);
  });

  engine("no more than its limit run at the same time", async (place, t) => {
    const { engine } = await engineAt(place, t, { concurrency: 2 });
    let now = 0;
    let most = 0;
    engine.define("job", async () => {
      most = Math.max(most, ++now);
      await wait(20);
      now--;
    });
    for (let n = 0; n < 6; n++) await engine.start("job", { n });
    await engine.begin();
    await until(async () => (await engine.active()).length === 0);
    assert.equal(most, 2);
  });

  engine("a run that this version does not know waits for one that does", async (place, t) => {
    const old = await engineAt(place, t);
    old.engine.define("new job", async () => {});
    await old.engine.start("new job", {});
    await old.engine.stop();
    const { engine, failed } = await engineAt(place, t);
    const known = Promise.withResolvers<void>();
    engine.define("job", async () => known.resolve());
    await engine.begin();
    await engine.start("job", {});
    await known.promise;
    assert.deepEqual((await engine.active()).filter((run) => run.name === "new job").length, 1);
    assert.deepEqual(failed, []);
  });

  engine("kill -9: the run resumes within 5 s and no recorded step runs again", async (place, t) => {
    const dir = await folder(t);
    const kills = 3;
    for (let n = 0; n <= kills; n++) {
      const killAfter = n < kills ? 2 + Math.floor(Math.random() * 4) : Infinity;
      const { firstStep, lines } = await work(place, dir, killAfter);
      assert.ok(firstStep < 5000, `${firstStep} ms`);
      assert.equal(lines.includes("done"), n === kills);
    }
    const ran = (await readFile(join(dir, "ran.txt"), "utf8")).trim().split("\n");
    const store = await openSqliteStore(join(dir, "log.db"));
    const recorded = await store.read({ after: 0, limit: 1000, types: ["step.completed"] });
    await store.close();
    assert.deepEqual(
      recorded.map((event) => event.type === "step.completed" && event.data.step),
      STEPS,
    );
    // Each line of ran.txt names the step and how many records the log had when it began.
    for (const line of ran) {
      const [step, before] = line.split(" ");
      assert.ok(STEPS.indexOf(step ?? "") >= Number(before), `${line}: it was recorded already`);
    }
    assert.ok(ran.length - STEPS.length <= kills, "one in flight may repeat per kill");
  });
}

/** One life of the daemon: ends by itself, or is killed after so many lines. */
async function work(place: Place, dir: string, killAfter: number) {
  const started = performance.now();
  const child = spawn(process.execPath, [import.meta.filename, "work-until-killed", place, dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines: string[] = [];
  let firstStep = Infinity;
  for await (const line of createInterface({ input: child.stdout })) {
    firstStep = Math.min(firstStep, performance.now() - started);
    if (lines.push(line) === killAfter) child.kill("SIGKILL");
  }
  await exited;
  return { firstStep, lines };
}

async function workUntilKilled(place: Place, dir: string): Promise<void> {
  const store = await openSqliteStore(join(dir, "log.db"));
  const newId = () => crypto.randomUUID();
  const log = createLog({ store, secrets: createSecrets(), clock: systemClock, sessionId: "s", version: "1", newId });
  const done = Promise.withResolvers<void>();
  const engine = await openEngine(place, { onFailed: ({ error }) => done.reject(error) });
  engine.define("job", async ({ runId }) => {
    const sha = (text: string) => hash("sha256", text);
    const step = createSteps({ log, repo: "r", runId, source: "workflow/job", hash: sha, clock: systemClock });
    for (const name of STEPS) {
      await step(name, {}, async () => {
        appendFileSync(join(dir, "ran.txt"), `${name} ${await log.head()}\n`);
        process.stdout.write(`${name}\n`);
        await wait(15);
      });
    }
    done.resolve();
  });
  if ((await log.head()) === 0) await engine.start("job", {}, { key: dir });
  await engine.begin();
  await done.promise;
  process.stdout.write("done\n");
  await engine.stop();
  await store.close();
}

async function engineAt(place: Place, t: TestContext, options: Partial<EngineOptions> = {}) {
  const failed: FailedRun[] = [];
  const engine = await openEngine(place, { onFailed: (run) => void failed.push(run), ...options });
  let stopped: Promise<void> | undefined;
  const stoppable: Engine = { ...engine, stop: () => (stopped ??= engine.stop()) };
  t.after(() => stoppable.stop());
  return { engine: stoppable, failed };
}

async function openEngine(place: Place, options: EngineOptions): Promise<Engine> {
  if (place.startsWith("postgres:")) return openPostgresEngine(place, { ...options, owner: "this machine" });
  return openSqliteEngine(place, options);
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "engine-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, "it did not come true within 10 s");
    await wait(5);
  }
}
