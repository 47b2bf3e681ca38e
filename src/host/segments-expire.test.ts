import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { expireSegments } from "./segments-expire.ts";

const DAY = 24 * 60 * 60_000;

test("old output goes first, fresh output stays whatever its size", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "segments-expire-"));
  t.after(() => rm(dir, { recursive: true }));
  await mkdir(join(dir, "repo"));
  const now = Date.now();
  for (const [name, days] of [
    ["repo/ancient.log", 40],
    ["repo/old.log", 9],
    ["repo/recent.log", 3],
    ["repo/running.log", 0],
  ] as const) {
    await writeFile(join(dir, name), "x".repeat(1000));
    const at = new Date(now - days * DAY);
    await utimes(join(dir, name), at, at);
  }
  assert.deepEqual(await expireSegments(dir, { now }), ["repo/ancient.log"]);
  assert.deepEqual(await expireSegments(dir, { now, maxBytes: 2500 }), ["repo/old.log"]);
  assert.deepEqual(await expireSegments(dir, { now, maxBytes: 0 }), ["repo/recent.log"]);
  assert.deepEqual(await readdir(join(dir, "repo")), ["running.log"]);
});

test("a folder that is not there has nothing to remove", async () => {
  assert.deepEqual(await expireSegments("/nonexistent/segments"), []);
});
