import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./clock.ts";

test("sleep waits, and ends with the signal's reason", async () => {
  const before = systemClock.now();
  await systemClock.sleep(20);
  assert.ok(systemClock.now() - before >= 19);
  const stop = new AbortController();
  const sleeping = systemClock.sleep(60_000, stop.signal);
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(sleeping, reason);
  await assert.rejects(systemClock.sleep(1, AbortSignal.abort(reason)), reason);
});
