import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { probeSandbox } from "../host/sandbox.ts";
import { assertNothingLost, killUp } from "../testing/kills.ts";

/** It is 5 s on a machine that has the time (`npm run bench -- kills` measures it); here only whether it goes on by itself is asked. */
const GOES_ON_WITHIN = 60_000;

describe("five kill -9 of the daemon during one up", { concurrency: true }, () => {
  for (const sandbox of [true, false])
    test(`it goes on by itself and ends healthy ${sandbox ? "in" : "without"} a sandbox`, async (t) => {
      if (sandbox && !(await probeSandbox()).works) return t.skip("bubblewrap not found");
      const killed = await killUp({ kills: 5, seed: 2026, checks: 6, sandbox });
      assertNothingLost(killed);
      assert.equal(killed.kills, 5);
      assert.ok(Math.max(...killed.resumed) < GOES_ON_WITHIN, `it went on after ${killed.resumed.join(", ")} ms`);
    });
});
