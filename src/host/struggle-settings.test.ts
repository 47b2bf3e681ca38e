import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { StruggleRule, StruggleSettings } from "../sdk/index.ts";
import { openStruggleFile } from "./struggle-settings.ts";

let folder: string;
const path = () => join(folder, "struggle-settings.json");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "struggles-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the file is made with the first change, for this user alone, and read by every other opening", async () => {
  const file = openStruggleFile(folder);
  assert.deepEqual(await file.read(), { mark: "absent", settings: { version: 1, rules: [] }, problem: undefined });
  assert.deepEqual(readdirSync(folder), []);
  await file.change((settings) => ({ settings: withRule(settings, "mine"), result: undefined }));
  assert.deepEqual(readdirSync(folder), ["struggle-settings.json", "struggle-settings.lock"]);
  for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  assert.match(readFileSync(path(), "utf8"), /"\$schema": ".*schema\/struggle-settings\.schema\.json"/);
  assert.deepEqual(await idsOf(openStruggleFile(folder)), ["mine"]);
  assert.deepEqual(await idsOf(file), ["mine"]);
});

test("an edit by hand is taken at the next reading, and without one the answer is the same object", async () => {
  const [daemon, person] = [openStruggleFile(folder), openStruggleFile(folder)];
  assert.deepEqual(await idsOf(daemon), []);
  await person.change((settings) => ({ settings: withRule(settings, "one"), result: undefined }));
  assert.deepEqual(await idsOf(daemon), ["one"]);
  assert.equal((await daemon.read()).settings, (await daemon.read()).settings);
  writeFileSync(path(), JSON.stringify({ version: 1, rules: [ruleOf("two")] }));
  assert.deepEqual(await idsOf(daemon), ["two"]);
  rmSync(path());
  assert.deepEqual(await idsOf(daemon), []);
});

test("an invalid file counts as absent, says why, and is not written over", async () => {
  const file = openStruggleFile(folder);
  for (const [text, why] of [
    ['{"version": 1, "rules": [', /JSON/],
    [JSON.stringify({ version: 1, rules: [{ ...ruleOf("a"), threshold: 1 }] }), /rules\.0\.threshold/],
    [JSON.stringify({ version: 2, rules: [] }), /version/],
  ] as const) {
    writeFileSync(path(), text);
    const { settings, problem } = await file.read();
    assert.deepEqual(settings.rules, []);
    assert.match(problem ?? "", why);
    assert.match(problem ?? "", /built-in rules are used/);
    const change = file.change((before) => ({ settings: withRule(before, "b"), result: undefined }));
    await assert.rejects(change, /is not valid/);
    assert.equal(readFileSync(path(), "utf8"), text);
  }
  assert.deepEqual(readdirSync(folder), ["struggle-settings.json", "struggle-settings.lock"]);
});

test("of changes at the same time none is lost", async () => {
  const ids = Array.from({ length: 12 }, (_, index) => `rule-${index}`);
  const change = (id: string) =>
    openStruggleFile(folder).change((settings) => ({ settings: withRule(settings, id), result: id }));
  assert.deepEqual(await Promise.all(ids.map(change)), ids);
  assert.deepEqual((await idsOf(openStruggleFile(folder))).toSorted(), ids.toSorted());
});

async function idsOf(file: ReturnType<typeof openStruggleFile>): Promise<string[]> {
  return (await file.read()).settings.rules.map(({ id }) => id);
}

function withRule(settings: StruggleSettings, id: string): StruggleSettings {
  return { ...settings, rules: [...settings.rules, ruleOf(id)] };
}

function ruleOf(id: string): StruggleRule {
  return {
    id,
    pattern: "repeated-call",
    threshold: 3,
    action: "warn",
    enabled: true,
    filters: { agents: [], models: [], tools: [], repos: [] },
    source: { kind: "user" },
    hits: 0,
    wrong: 0,
    precision: null,
  };
}
