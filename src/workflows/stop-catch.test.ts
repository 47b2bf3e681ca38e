import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { AnyEvent, HookEvent, Proof } from "../sdk/index.ts";
import { folderFor, openMachine, reportOf } from "../testing/machine.ts";
import { catchStop } from "./stop-catch.ts";

test("a refuted done is sent back with the evidence, twice, and then a person decides", async (t) => {
  const { stop, stops } = await opened(t, { proof: REFUTED });
  const first = await stop("All done! Tests pass.");
  assert.match(first.block ?? "", /You said "All tests pass"/);
  assert.match(first.block ?? "", /cart > adds \(cart.test.js:7\)\n {4}-1 !== 3/);
  assert.ok((await stop("Now it is done.")).block);
  const third = await stop("Really done.");
  assert.equal(third.block, undefined);
  assert.match(third.message ?? "", /let it go after 2 returns: .* It needs you/);
  const told = (await stops()).map((one) => [
    one.escalationPath,
    one.returns,
    one.errorType,
    one.addToStruggleSettings,
  ]);
  assert.deepEqual(told, [
    ["claude_realtime", 1, "test_failure", false],
    ["claude_realtime", 2, "test_failure", false],
    ["pause_and_notify", 2, "test_failure", true],
  ]);
});

test("a new word of a person begins the count anew; a program's does not", async (t) => {
  const { stop, say } = await opened(t, { proof: REFUTED });
  await stop("Done.");
  await stop("Done.");
  await say("Try again", "program");
  assert.equal((await stop("Done.")).block, undefined);
  await say("Look at the cart", "person");
  assert.ok((await stop("Done.")).block);
});

test("nothing is blocked without a baseline, when it is undecided, or when a person let it pass once", async (t) => {
  const advisory = await opened(t, { proof: REFUTED, baseline: undefined });
  assert.match((await advisory.stop("Done.")).message ?? "", /^Lodestar: Refuted/);
  const open = await opened(t, { proof: { ...REFUTED, verdict: "unprovable", sentence: "Not proved: no test." } });
  assert.deepEqual(await open.stop("Done."), { message: "Lodestar: Not proved: no test." });
  const late = await opened(t, { proof: undefined });
  assert.match((await late.stop("Done.")).message ?? "", /did not end in time/);
  const { stop, allow } = await opened(t, { proof: REFUTED });
  await allow();
  assert.equal((await stop("Done.")).block, undefined);
  assert.ok((await stop("Done.")).block, "it was let pass once");
});

test("who was asked to mend failing tests claims that by done", async (t) => {
  const { stop, say, claims } = await opened(t, { proof: REFUTED });
  await say("Please fix the failing tests", "person");
  await stop("All done!");
  assert.deepEqual(claims, ["All done!\n\nFixed the failing tests."]);
});

async function opened(t: TestContext, how: { proof: Proof | undefined; baseline?: string | undefined }) {
  const { machine, end } = await openMachine(await folderFor(t), { up: async ({ state }) => reportOf(state.path) });
  t.after(end);
  const { log } = machine;
  const baseline = "baseline" in how ? how.baseline : "3f2a1c9";
  const claims: string[] = [];
  const prove = async (claim: string) => (claims.push(claim), how.proof);
  const event = (message: string): HookEvent => ({
    agent: "claude",
    event: "stop",
    session: "s",
    cwd: "/shop",
    message,
  });
  const base = { source: "test", repo: "r" } as const;
  const isStop = (one: AnyEvent): one is AnyEvent & { type: "agent.stop" } => one.type === "agent.stop";
  return {
    claims,
    stop: (message: string) => catchStop({ repo: "r", log, baseline, prove }, event(message)),
    stops: async () => (await log.read({ after: 0, limit: 99, repo: "r" })).filter(isStop).map((one) => one.data),
    allow: () => log.append({ ...base, type: "agent.allowed", data: { session: "s", by: "me" } }),
    say: (text: string, by: "person" | "program") =>
      log.append({
        ...base,
        type: "agent.step",
        data: { at: 1, session: "s", agent: "claude", kind: "prompt", text, by },
      }),
  };
}

const REFUTED: Proof = {
  verdict: "refuted",
  sentence: 'Refuted: "cart > adds" of test is red now and was not on the base.',
  subject: { repo: "/shop", commit: "c", tree: "t", dirty: true },
  base: null,
  claims: [{ text: "All tests pass", kind: "tests-pass", verdict: "refuted", because: '"cart > adds" is red now.' }],
  checks: [
    {
      name: "test",
      kind: "test",
      command: "npm test",
      cwd: ".",
      environment: "e",
      sandbox: "bubblewrap",
      network: "loopback",
      startedAt: "2026-01-01T00:00:00.000Z",
      seconds: 1,
      exit: 1,
      verdict: "new-failure",
      because: "1 of 3 tests failed, exit 1.",
      failures: ["cart > adds"],
      evidence: [{ test: "cart > adds", file: "cart.test.js", line: 7, message: "-1 !== 3" }],
      variant: "subject",
    },
  ],
  tampering: [],
  notChecked: [],
  cost: { seconds: 1, usd: 0 },
  receipt: "r1",
  known: false,
  questions: [],
};
