import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { StruggleSettings, type StruggleRule } from "../sdk/index.ts";
import { newGuard, type Alarm } from "./guardrails.ts";
import {
  BUILTIN_RULES,
  countAlarm,
  guardRules,
  judgeAlarm,
  learnRule,
  packBody,
  withPack,
  withRule,
} from "./struggle.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const EMPTY: StruggleSettings = { version: 1, rules: [] };
const ALARM: Alarm = {
  rule: "repeated-call",
  pattern: "repeated-call",
  action: "block",
  repeats: 4,
  because: "the same Bash was made 4 times",
  fingerprint: "00",
  evidence: [1, 2, 3],
  about: {
    session: "s1",
    agent: "claude-code",
    model: "opus",
    tool: "Bash",
    call: "npm start",
    error: "Error: listen EADDRINUSE",
  },
};

test("a rule of the settings replaces the built-in one of its id, and others are added", () => {
  const [first] = BUILTIN_RULES;
  assert.ok(first);
  const own: StruggleRule = { ...first, id: "mine", source: { kind: "user" } };
  const settings = withRule(withRule(EMPTY, { ...first, enabled: false }), own);
  const rules = guardRules(settings);
  assert.equal(rules.length, BUILTIN_RULES.length + 1);
  assert.equal(rules.find(({ id }) => id === first.id)?.enabled, false);
  assert.equal(rules.at(-1)?.id, "mine");
});

test("the second wrong stop turns a rule down to warn, and says so", () => {
  const right = judgeAlarm(EMPTY, { rule: "repeated-call", outcome: "right" });
  const once = judgeAlarm(right.settings, { rule: "repeated-call", outcome: "wrong" });
  assert.equal(once.sentence, undefined);
  assert.equal(once.settings.rules[0]?.action, "block");
  assert.equal(once.settings.rules[0]?.precision, 0.5);
  const twice = judgeAlarm(once.settings, { rule: "repeated-call", outcome: "wrong" });
  const sentence = "Rule repeated-call stopped honest work 2 times, so it only warns from now on (it was block).";
  assert.equal(twice.sentence, sentence);
  const [rule] = twice.settings.rules;
  assert.deepEqual([rule?.action, rule?.hits, rule?.wrong, rule?.note], ["warn", 1, 2, sentence]);
  assert.equal(judgeAlarm(twice.settings, { rule: "repeated-call", outcome: "wrong" }).sentence, undefined);
});

test("a rule that was turned down no longer stops anything", () => {
  let settings = EMPTY;
  for (let n = 0; n < 2; n++) settings = judgeAlarm(settings, { rule: "api-error", outcome: "wrong" }).settings;
  const guard = newGuard(guardRules(settings));
  const said = Array.from({ length: 9 }, (_, n) =>
    guard.observe({ at: n * 1000, session: "s", agent: "codex", kind: "error", text: "529 overloaded" }),
  );
  assert.deepEqual([...new Set(said.flat().map(({ action }) => action))], ["note", "warn"]);
});

test("an unknown rule cannot be judged", () => {
  assert.deepEqual(judgeAlarm(EMPTY, { rule: "no-such", outcome: "wrong" }), { settings: EMPTY });
});

test("a learned rule knows the struggle again and warns at its second time", () => {
  const rule = learnRule(ALARM);
  assert.ok(rule);
  const settings = StruggleSettings.parse(withRule(EMPTY, rule));
  const guard = newGuard(settings.rules);
  const fail = (at: number) =>
    guard.observe({
      at,
      session: "later",
      agent: "claude-code",
      kind: "failure",
      tool: "Bash",
      input: { command: "npm run dev" },
      output: "Error: listen EADDRINUSE :::3000",
      exit: 1,
    });
  assert.deepEqual(
    [...fail(1000), ...fail(2000)].map(({ action }) => action),
    ["warn"],
  );
  assert.equal(rule.source.kind, "learned");
  assert.equal(learnRule({ ...ALARM, about: { session: "s", agent: "codex" } }), undefined);
});

test("a pack carries rules and nothing of this machine; the order of its rules does not change it", () => {
  const rule = learnRule(ALARM);
  const [builtin] = BUILTIN_RULES;
  assert.ok(rule && builtin);
  const used = { ...rule, hits: 9, precision: 1, note: "ours", filters: { ...rule.filters, repos: ["acme/secret"] } };
  const body = packBody([builtin, used]);
  assert.equal(body, packBody([used, builtin]));
  assert.ok(!body.includes("acme/secret") && !body.includes("ours"));

  const stern = packBody([{ ...used, action: "pause" }, builtin]);
  const brought = withPack(EMPTY, { name: "friends", body: stern });
  assert.deepEqual(brought?.added, [rule.id]);
  assert.deepEqual(brought?.kept, ["repeated-call"]);
  const [added] = brought?.settings.rules ?? [];
  assert.deepEqual([added?.action, added?.hits, added?.source], ["warn", 0, { kind: "pack", name: "friends" }]);
  assert.equal(withPack(EMPTY, { name: "x", body: "{}" }), undefined);
  assert.equal(withPack(EMPTY, { name: "x", body: "no json" }), undefined);
});

test("alarms are counted per agent and model, for the session and for life", () => {
  let counts = countAlarm([], ALARM);
  counts = countAlarm(counts, {
    ...ALARM,
    action: "warn",
    pattern: "monologue",
    about: { ...ALARM.about, session: "s2" },
  });
  const rows = counts.map(({ session = "life", alarms, stops, patterns }) => ({ session, alarms, stops, patterns }));
  assert.deepEqual(rows, [
    { session: "s1", alarms: 1, stops: 1, patterns: { "repeated-call": 1 } },
    { session: "life", alarms: 2, stops: 1, patterns: { "repeated-call": 1, monologue: 1 } },
    { session: "s2", alarms: 1, stops: 0, patterns: { monologue: 1 } },
  ]);
});

test("the schema for editors is what the reader takes", async () => {
  await promisify(execFile)(process.execPath, ["scripts/schema.mjs", "--check"], { cwd: root });
  const schema = readFileSync(`${root}schema/struggle-settings.schema.json`, "utf8");
  assert.match(schema, /http:\/\/json-schema.org\/draft-07\/schema#/);
  for (const word of ["threshold", "precision", "repeated-failure", "pause"])
    assert.ok(schema.includes(`"${word}"`), word);
});
