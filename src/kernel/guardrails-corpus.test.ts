import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { StrugglePattern } from "../sdk/index.ts";
import { readSessions, watch } from "../testing/sessions.ts";
import { BUILTIN_RULES } from "./struggle.ts";

const sessions = readSessions();
const loops = sessions.filter(({ head }) => head.label === "loop");
const honest = sessions.filter(({ head }) => head.label === "honest");

test("the corpus is what its generator writes", async () => {
  await promisify(execFile)(process.execPath, [
    new URL("../../examples/sessions/generate.mjs", import.meta.url).pathname,
    "--check",
  ]);
});

test("it has at least 40 loops and 40 honest sessions, and a loop of every pattern", () => {
  assert.ok(loops.length >= 40, `${loops.length} loops`);
  assert.ok(honest.length >= 40, `${honest.length} honest sessions`);
  const first = new Set(loops.map(({ head }) => (head.label === "loop" ? head.expect[0] : undefined)));
  assert.deepEqual(first, new Set(StrugglePattern.options));
});

describe("every loop is stopped within five repeats, for what it is", () => {
  for (const { head, steps } of loops)
    test(`${head.name}: ${head.about}`, () => {
      assert.ok(head.label === "loop");
      const { stop, alarms } = watch(steps, BUILTIN_RULES);
      assert.ok(
        stop,
        `nothing stopped it; seen: ${alarms.map((alarm) => `${alarm.pattern} ${alarm.action}`).join(", ")}`,
      );
      assert.ok(
        stop.step >= head.begins && stop.step <= head.stopBy,
        `stopped at ${stop.step}, wanted by ${head.stopBy}`,
      );
      assert.ok(stop.pattern !== "match" && head.expect.includes(stop.pattern), `stopped as ${stop.pattern}`);
      assert.ok(stop.repeats <= 5, `${stop.repeats} repeats`);
      assert.ok(stop.evidence.includes(stop.step) && stop.evidence.every((step) => step <= stop.step));
    });
});

describe("no honest session is stopped", () => {
  for (const { head, steps } of honest)
    test(`${head.name}: ${head.about}`, () => {
      const { stop } = watch(steps, BUILTIN_RULES);
      assert.equal(stop, undefined, `stopped at step ${stop?.step} as ${stop?.pattern}: ${stop?.because}`);
    });
});
