/** What becomes of rules while agents work: a real log, the real settings' file, payloads as Claude Code sends them. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { openStruggleFile, type StruggleFile } from "../host/struggle-settings.ts";
import claude from "../plugins/agent/claude.ts";
import type { StopCatch, StruggleRule } from "../sdk/index.ts";
import { makeRepo, openMachine, reportOf, type TestMachine } from "../testing/machine.ts";
import { openAgentDoor, type AgentDoor, type OnStop } from "./agent-door.ts";
import { countStruggles } from "./struggle-counts.ts";
import { openStruggleDesk } from "./struggle-desk.ts";
import { openStruggles } from "./struggles.ts";

let folder: string;
let opened: TestMachine;
let file: StruggleFile;
let door: AgentDoor;
const failures: string[] = [];
let onStop: OnStop = async () => ({});
let calls = 0;
const shop = () => join(folder, "shop");

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "door-")));
  makeRepo(shop(), { "a.js": "one\n" });
  opened = await openMachine(join(folder, "data"), { up: async ({ state }) => reportOf(state.path) });
  await opened.machine.up({ path: shop(), trust: false }, "me");
  await opened.machine.catchUp();
});

after(async () => {
  await opened.end();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  file = openStruggleFile(join(folder, "data"));
  rmSync(file.path, { force: true });
  failures.length = 0;
  begin();
});

test("a running door takes a changed rule with the next step, and what was seen stays seen", async () => {
  const desk = openStruggleDesk(openStruggleFile(join(folder, "data")));
  for (let round = 0; round < 3; round++) await failing("changed", "make all");
  await desk.enable("repeated-call", false);
  await desk.enable("repeated-failure", false);
  assert.equal(denialOf(await failing("changed", "make all")), undefined);
  await desk.remove("repeated-call");
  assert.match(denialOf(await failing("changed", "make all")) ?? "", /you are not getting on/);
});

test("a rule of a person's own stops what it names, for the agent that it names", async () => {
  const filters = { agents: ["claude"], models: [], tools: [], repos: ["shop"] };
  const desk = openStruggleDesk(file);
  await desk.add({ match: { tool: "Bash", input: "npm run seed" }, threshold: 2, action: "block", filters });
  assert.equal(denialOf(await call("own", "npm run seed -- a")), undefined);
  assert.match(denialOf(await call("own", "npm run seed -- b")) ?? "", /you are not getting on/);
});

test("an invalid file leaves the built-in rules, and is told once", async () => {
  writeFileSync(file.path, "{");
  let denied: string | undefined;
  for (let round = 0; round < 6 && denied === undefined; round++)
    denied = denialOf(await failing("invalid", "make it"));
  assert.match(denied ?? "", /you are not getting on/);
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? "", /struggle-settings\.json is not valid, so the built-in rules are used/);
});

test("the second pause that a person ends turns the rule down to warn, also across a restart, and the log says so", async () => {
  await paused("wrong-1");
  begin();
  await door.resume("wrong-1", "ada");
  const once = await ruleOf("repeated-call");
  assert.deepEqual([once.action, once.wrong, once.precision], ["block", 1, 0]);
  // A person who says it twice has said it once.
  await door.resume("wrong-1", "ada");
  assert.equal((await ruleOf("repeated-call")).wrong, 1);
  await paused("wrong-2");
  await door.resume("wrong-2", "ada");
  const twice = await ruleOf("repeated-call");
  assert.deepEqual([twice.action, twice.wrong], ["warn", 2]);
  const told = (await opened.machine.log.read({ after: 0, limit: 1000, types: ["guardrails"] })).findLast(
    (event) => event.type === "guardrails" && event.data.action === "turned-down",
  );
  assert.deepEqual(told?.data, { guardrail: "repeated-call", action: "turned-down", detail: twice.note });
  assert.match(twice.note ?? "", /stopped honest work 2 times, so it only warns from now on/);
});

test("a stop that is refuted makes the alarms before it right, once; a verified one makes them nothing", async () => {
  await stopped("refuted");
  await claim("refuted", "refuted");
  const { hits, precision } = await ruleOf("repeated-call");
  assert.deepEqual([hits, precision], [1, 1]);
  await claim("refuted", "refuted");
  assert.equal((await ruleOf("repeated-call")).hits, 1);
  await stopped("verified");
  await claim("verified", "unprovable");
  await claim("verified", "verified");
  await claim("verified", "refuted");
  assert.equal((await ruleOf("repeated-call")).hits, 1);
});

test("alarms and stops are counted for each session and for each agent and model", async () => {
  const { rules } = await openStruggleDesk(file).list();
  const before = await countStruggles(opened.machine.log, rules);
  await call("counted", "ls", { hook_event_name: "SessionStart", source: "startup", model: "opus-9" });
  await stopped("counted");
  const rows = (await countStruggles(opened.machine.log, rules)).filter(({ model }) => model === "opus-9");
  assert.equal(before.filter(({ model }) => model === "opus-9").length, 0);
  assert.deepEqual(
    rows.map(({ session, agent }) => [session, agent]),
    [
      ["counted", "claude"],
      [undefined, "claude"],
    ],
  );
  for (const row of rows) {
    assert.ok(row.stops >= 1 && row.alarms > row.stops, JSON.stringify(row));
    assert.ok((row.patterns["repeated-call"] ?? 0) >= 1, JSON.stringify(row));
  }
});

function begin(): void {
  const failed = (message: string) => void failures.push(message);
  const struggles = openStruggles(file, failed);
  const home = join(folder, "home");
  const { machine } = opened;
  door = openAgentDoor({
    machine,
    dataDir: join(folder, "data"),
    home,
    onStop: (...about) => onStop(...about),
    struggles,
    failed,
  });
}

/** Repeats a call until it is refused; only repeated-call has a say. */
async function stopped(session: string): Promise<void> {
  await openStruggleDesk(file).enable("repeated-failure", false);
  for (let round = 0; round < 8; round++) if (denialOf(await failing(session, `make ${session}`)) !== undefined) return;
  assert.fail("it was never refused");
}

async function paused(session: string): Promise<void> {
  await openStruggleDesk(file).enable("repeated-failure", false);
  for (let round = 0; round < 12; round++)
    if (/paused this session/.test(denialOf(await failing(session, `make ${session}`)) ?? "")) return;
  assert.fail("it was never paused");
}

async function ruleOf(id: string): Promise<StruggleRule> {
  const rule = (await openStruggleDesk(file).list()).rules.find((one) => one.id === id);
  assert.ok(rule);
  return rule;
}

/** The agent says that it is done, and the proof ends with this verdict. */
async function claim(session: string, verdict: StopCatch["verdict"]): Promise<void> {
  onStop = async (_event, repo) => {
    const told = { completed: true, verified: verdict === "verified", errorType: null, escalationPath: null };
    const about = { taskId: session, session, agent: "claude", verdict, sentence: "so", receipt: null, returns: 0 };
    const data = { ...told, ...about, addToStruggleSettings: false };
    await opened.machine.append({ type: "agent.stop", source: "stop-catch", repo: repo.id, data });
    return {};
  };
  const message = `Done, number ${++calls}.`;
  await call(session, "", { hook_event_name: "Stop", stop_hook_active: false, last_assistant_message: message });
}

async function failing(session: string, command: string): Promise<string> {
  const reply = await call(session, command);
  if (denialOf(reply) === undefined)
    await call(session, command, {
      hook_event_name: "PostToolUseFailure",
      tool_use_id: `toolu_${calls}`,
      error: "Exit code 1\nTypeError: x",
    });
  return reply;
}

async function call(session: string, command: string, more: Record<string, unknown> = {}): Promise<string> {
  const tool = { tool_name: "Bash", tool_input: { command }, tool_use_id: `toolu_${++calls}` };
  const payload = { session_id: session, cwd: shop(), hook_event_name: "PreToolUse", ...tool, ...more };
  if (more["tool_use_id"] !== undefined) calls--;
  const reply = await door.answer(
    claude,
    { transcript_path: "/x.jsonl", permission_mode: "default", ...payload },
    () => true,
  );
  assert.ok(reply);
  return JSON.stringify(reply.body);
}

function denialOf(reply: string): string | undefined {
  return /"permissionDecisionReason":"([^"]*)/.exec(reply)?.[1];
}
