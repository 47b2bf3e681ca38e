import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { probeSandbox } from "../host/sandbox.ts";
import { endpointOf, eventsOf, openWorld } from "../testing/lodestar.ts";

const trust = (await probeSandbox()).works ? [] : ["--trust"];
const GOOD = "exports.add = (a, b) => a + b;\n";
const FILES = {
  "package.json": JSON.stringify({ name: "sums", scripts: { test: "node --test" } }),
  "sums.js": GOOD,
  "sums.test.js":
    'const { add } = require("./sums.js");\nrequire("node:test").test("adds", () => require("node:assert").equal(add(1, 2), 3));\n',
};
const Blocked = z.object({ decision: z.literal("block"), reason: z.string() });

test("Claude Code that says it is done is sent back with the failing test, and let go when it is mended", async (t) => {
  const world = await openWorld();
  t.after(() => world.close());
  const client = await world.daemon();
  const repo = await world.repo("sums", FILES);
  const up = await world.run("up", repo, "--once", "--json", ...trust);
  assert.equal(up.status, 0, up.stdout + up.stderr);
  const { port, token } = await endpointOf(world.dataDir);
  const hook = async (payload: Record<string, unknown>) => {
    const common = { session_id: "s1", transcript_path: "/t.jsonl", cwd: repo, permission_mode: "default" };
    const answer = await fetch(`http://127.0.0.1:${port}/hooks/claude`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ ...common, ...payload }),
    });
    assert.equal(answer.status, 200);
    return answer.json();
  };
  const stop = (message: string, active: boolean) =>
    hook({ hook_event_name: "Stop", stop_hook_active: active, last_assistant_message: message });

  await hook({ hook_event_name: "UserPromptSubmit", prompt: "Make add faster" });
  writeFileSync(join(repo, "sums.js"), "exports.add = (a, b) => a - b;\n");
  const { reason } = Blocked.parse(await stop("All done! Tests pass.", false));
  assert.match(reason, /it does not hold/);
  assert.match(reason, /You said "Tests pass"/);
  assert.match(reason, /adds/);

  writeFileSync(join(repo, "sums.js"), `// Adds.\n${GOOD}`);
  const free = z.record(z.string(), z.unknown()).parse(await stop("All done! Tests pass.", true));
  assert.equal(free["decision"], undefined);

  const stops = (await eventsOf(client)).flatMap((one) => (one.type === "agent.stop" ? [one.data] : []));
  assert.deepEqual(
    stops.map((one) => [one.verified, one.verdict, one.escalationPath, one.returns]),
    [
      [false, "refuted", "claude_realtime", 1],
      [true, "verified", null, 1],
    ],
  );
});
