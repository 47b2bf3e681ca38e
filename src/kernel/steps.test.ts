import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Clock } from "../sdk/index.ts";
import { createSecrets } from "../host/secrets.ts";
import { openSqliteStore } from "../host/store-sqlite.ts";
import { createLog } from "./log.ts";
import { createSteps } from "./steps.ts";

async function stepsFor(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), "steps-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  let now = 1_000_000;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  /** The machine after a restart: the same file, nothing in memory. */
  async function boot(runId = "run") {
    const store = await openSqliteStore(join(dir, "log.db"));
    t.after(() => store.close());
    const newId = () => crypto.randomUUID();
    const log = createLog({ store, secrets: createSecrets(), clock, sessionId: "s", version: "1", newId });
    const sha = (text: string) => hash("sha256", text);
    return { log, step: createSteps({ log, repo: "r", runId, source: "workflow/up", hash: sha, clock }) };
  }
  return { boot, clock };
}

test("a recorded step does not run again, also after a restart", async (t) => {
  const { boot, clock } = await stepsFor(t);
  let runs = 0;
  async function install() {
    runs++;
    await clock.sleep(1500);
    return { packages: 7, note: "TOKEN=abcdef1" };
  }
  const first = await boot();
  const result = await first.step("install", { dir: ".", flags: [] }, install);
  assert.deepEqual(result, { packages: 7, note: "TOKEN=[redacted:env]" });
  assert.deepEqual(await first.step("install", { flags: [], dir: "." }, install), result);
  const second = await boot();
  assert.deepEqual(await second.step("install", { dir: ".", flags: [] }, install), result);
  assert.equal(runs, 1);
  const [event] = await second.log.read({ after: 0, limit: 10, types: ["step.completed"] });
  assert.equal(event?.type === "step.completed" && event.data.seconds, 1.5);
  assert.equal(event?.metadata.runId, "run");
});

test("another input, name or run is another step", async (t) => {
  const { boot } = await stepsFor(t);
  let runs = 0;
  const count = () => ++runs;
  const { step } = await boot();
  await step("a", 1, count);
  await step("a", 2, count);
  await step("b", 1, count);
  const other = await boot("other run");
  assert.equal(await other.step("a", 1, count), 4);
});

test("calls at the same time share one execution, and each gets its own copy", async (t) => {
  const { boot } = await stepsFor(t);
  const { step, log } = await boot();
  let runs = 0;
  const results = await Promise.all([1, 2, 3].map(() => step("a", {}, async () => ({ n: ++runs }))));
  assert.deepEqual(results, [{ n: 1 }, { n: 1 }, { n: 1 }]);
  assert.notEqual(results[0], results[1]);
  assert.equal(await log.head(), 1);
});

test("a failed step is not recorded and can be tried again", async (t) => {
  const { boot } = await stepsFor(t);
  const { step, log } = await boot();
  await assert.rejects(
    step("a", null, () => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.equal(await log.head(), 0);
  assert.equal(await step("a", null, () => "yes"), "yes");
});

test("undefined stays undefined; what is not JSON is a bug", async (t) => {
  const { boot } = await stepsFor(t);
  const first = await boot();
  assert.equal(await first.step("nothing", 0, () => undefined), undefined);
  const second = await boot();
  assert.equal(await second.step("nothing", 0, () => assert.fail("it ran again")), undefined);
  await assert.rejects(
    second.step("big", 0, () => 1n),
    { name: "Bug" },
  );
});
