/** What an agent meets at the door: real HTTP, a real log, real git; payloads as Claude Code and Codex send them. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { execFileSync } from "node:child_process";
import { z } from "zod";
import { loadAgents } from "../host/plugins.ts";
import { openAgentDoor, type OnStop } from "../kernel/agent-door.ts";
import type { RunningAgent } from "../kernel/agents-list.ts";
import { hookKey } from "../kernel/hook-keys.ts";
import { BUILTIN_RULES } from "../kernel/struggle.ts";
import { listSnapshots, undo } from "../kernel/undo.ts";
import type { AnyEvent, EventType } from "../sdk/index.ts";
import { makeRepo, openMachine, reportOf, type TestMachine } from "../testing/machine.ts";
import { createApp } from "./app.ts";
import { serve } from "./serve.ts";

const TOKEN = "a-token";
const SECRET = "a-secret";
const Tool = z.object({
  continue: z.boolean().optional(),
  stopReason: z.string().optional(),
  hookSpecificOutput: z
    .object({
      hookEventName: z.string(),
      permissionDecision: z.string().optional(),
      permissionDecisionReason: z.string().optional(),
      additionalContext: z.string().optional(),
    })
    .optional(),
});
const Sessions = z.array(
  z.object({
    session: z.string(),
    agent: z.string(),
    by: z.string(),
    name: z.string(),
    covers: z.array(z.string()),
    steps: z.number(),
    denied: z.number(),
  }),
);

let folder: string;
let opened: TestMachine;
let server: Awaited<ReturnType<typeof serve>>;
const running: RunningAgent[] = [];
const failures: string[] = [];
const shop = () => join(folder, "shop");
const blog = () => join(folder, "blog");
let onStop: OnStop = async () => ({});
let calls = 0;

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "hooks-")));
  makeRepo(shop(), { "src/a.js": "one\n", ".gitignore": "node_modules\n" });
  makeRepo(blog());
  await begin();
  for (const path of [shop(), blog()]) await opened.machine.up({ path, trust: false }, "me");
  await opened.machine.catchUp();
});

after(async () => {
  await end();
  await rm(folder, { recursive: true, force: true });
});

async function begin(): Promise<void> {
  opened = await openMachine(join(folder, "data"), { up: async ({ state }) => reportOf(state.path) });
  const { machine } = opened;
  const plugins = (await loadAgents()).map(({ plugin }) => plugin);
  const door = openAgentDoor({
    machine,
    dataDir: join(folder, "data"),
    home: join(folder, "home"),
    onStop: (event, repo) => onStop(event, repo),
    struggles: { rules: async () => BUILTIN_RULES, judge: async () => undefined },
    failed: (message) => failures.push(message),
  });
  const agents = { plugins, door, secret: SECRET, running: async () => running };
  server = await serve(0, (port) => createApp({ machine, token: TOKEN, port, shutdown: () => undefined, agents }));
}

async function end(): Promise<void> {
  await server.close();
  await opened.end();
}

describe("what is asked at the door", () => {
  test("a harmless call is let through and stands in the log", async () => {
    assert.deepEqual(await tool("quiet", "npm test"), {});
    const [session] = await eventsOf("agent.session", "quiet");
    assert.deepEqual(session?.data, {
      session: "quiet",
      agent: "claude",
      cwd: shop(),
      state: "started",
      by: "hook",
      covers: ["hooks"],
    });
    const [step] = await eventsOf("agent.step", "quiet");
    assert.equal(step?.type === "agent.step" && step.data.kind, "tool");
  });

  test("a force push to the default branch is denied with the reason, to both agents", async () => {
    for (const agent of ["claude", "codex"]) {
      const reply = await tool(`push-${agent}`, "git push --force origin main", { agent });
      assert.equal(reply.hookSpecificOutput?.permissionDecision, "deny");
      assert.match(reply.hookSpecificOutput?.permissionDecisionReason ?? "", /overwrites the default branch/);
      const [denied] = await eventsOf("agent.denied", `push-${agent}`);
      assert.equal(denied?.type === "agent.denied" && denied.data.rule, "force-push");
    }
  });

  test("the data directory and the commands that loosen the guard are denied", async () => {
    const commands = [
      `cat ${join(folder, "data", "daemon.json")}`,
      "lodestar approve a1",
      "lodestar agents uninstall claude",
      "lodestar agents resume s",
    ];
    for (const command of commands) {
      const reply = await tool(`loosen ${command}`, command);
      assert.match(reply.hookSpecificOutput?.permissionDecision ?? "", /^(deny|ask)$/, command);
    }
  });

  test("what Claude Code asks a person about, Codex is denied", async () => {
    const claude = await tool("sudo-1", "sudo make install");
    assert.equal(claude.hookSpecificOutput?.permissionDecision, "ask");
    const codex = await tool("sudo-2", "sudo make install", { agent: "codex" });
    assert.equal(codex.hookSpecificOutput?.permissionDecision, "deny");
  });

  test("a permission that a person is asked for is refused only where the call is denied", async () => {
    const denied = await post("claude", {
      ...call("p1", "git push --force origin main"),
      hook_event_name: "PermissionRequest",
    });
    assert.match(denied.text, /"behavior":"deny"/);
    const asked = await post("claude", { ...call("p1", "sudo ls"), hook_event_name: "PermissionRequest" });
    assert.equal(asked.text, "{}");
  });

  test("files are deleted after a snapshot from which they come back", async () => {
    writeFileSync(join(shop(), "src/unsaved.js"), "precious\n");
    assert.deepEqual(await tool("delete", "rm -rf src"), {});
    const [event] = await eventsOf("agent.denied", "delete");
    assert.ok(event?.type === "agent.denied");
    assert.equal(event.data.decision, "snapshot");
    const { hands } = opened.machine;
    const source = await hands.snapshots.source(await hands.repo(shop()), event.data.snapshot ?? "");
    assert.equal(await source.read("src/unsaved.js"), "precious\n");

    execFileSync("rm", ["-rf", join(shop(), "src")]);
    const restored = await undo(opened.machine, shop(), { snapshot: undefined, by: "me" });
    assert.deepEqual(restored.restored.toSorted(), ["src/a.js", "src/unsaved.js"]);
    assert.equal(readFileSync(join(shop(), "src/unsaved.js"), "utf8"), "precious\n");
    assert.equal((await listSnapshots(opened.machine, shop()))[0]?.snapshot, event.data.snapshot);
    rmFile("src/unsaved.js");
  });

  test("where a snapshot would not be complete a person is asked", async () => {
    makeRepo(join(shop(), "inner"));
    try {
      const reply = await tool("incomplete", "rm -rf src");
      assert.equal(reply.hookSpecificOutput?.permissionDecision, "ask");
      assert.match(reply.hookSpecificOutput?.permissionDecisionReason ?? "", /snapshot would not be complete/);
    } finally {
      await rm(join(shop(), "inner"), { recursive: true });
    }
  });
});

describe("what lets the agent go on", () => {
  test("an unknown event, an unknown repository and another repository's key", async () => {
    assert.deepEqual(await post("claude", { ...call("x", "ls"), hook_event_name: "MoonPhase" }), {
      status: 200,
      text: "{}",
    });
    assert.deepEqual(await post("claude", { ...call("x", "git push -f origin main"), cwd: "/nowhere" }), {
      status: 200,
      text: "{}",
    });
    const key = keyOf(idOf(blog()));
    assert.deepEqual(await post("claude", call("x", "git push -f origin main"), { key }), { status: 200, text: "{}" });
    assert.equal((await eventsOf("agent.step", "x")).length, 0);
  });

  test("no JSON, no payload, an unknown agent and 50 MB are refused with a sentence, at once", async () => {
    const bad = await post("claude", "{");
    assert.equal(bad.status, 400);
    assert.match(bad.text, /The payload is not JSON/);
    assert.equal((await post("claude", [1])).status, 400);
    assert.equal((await post("copilot", call("x", "ls"))).status, 404);
    const begun = performance.now();
    const large = await post("claude", { ...call("large", "ls"), more: "x".repeat(50 * 1024 ** 2) });
    assert.equal(large.status, 413);
    assert.ok(performance.now() - begun < 3_000);
    assert.deepEqual(await tool("after-large", "ls"), {});
  });

  test("without a key, with a wrong one, or from a page nobody is heard", async () => {
    for (const headers of [{}, { authorization: "Bearer " }, { authorization: "Bearer nope" }])
      assert.equal((await post("claude", call("x", "ls"), { headers })).status, 403);
    const origin = { authorization: `Bearer ${TOKEN}`, origin: "https://example.test" };
    assert.equal((await post("claude", call("x", "ls"), { headers: origin })).status, 403);
  });

  test("a hook key opens the hooks and nothing else", async () => {
    for (const key of [keyOf(undefined), keyOf(idOf(shop()))]) {
      const denied = await post("claude", call(`key-${key}`, "git push -f origin main"), { key });
      assert.match(denied.text, /"deny"/);
      const status = await fetch(`${url()}/api/v2/status`, { headers: { authorization: `Bearer ${key}` } });
      assert.equal(status.status, 403);
    }
  });

  test("what breaks inside is told in the log and does not hold the agent up", async () => {
    onStop = async () => {
      throw new Error("the proof fell over");
    };
    const reply = await stop("broken");
    onStop = async () => ({});
    assert.deepEqual(reply, { status: 200, text: "{}" });
    assert.match(failures.at(-1) ?? "", /let through: the proof fell over/);
    const told = (await all()).findLast((event) => event.type === "guardrails");
    assert.match(JSON.stringify(told?.data), /the proof fell over/);
  });
});

describe("sessions", () => {
  test("a loop is warned, refused and ended; a person lets it go on, and a restart remembers", async () => {
    const replies = [];
    for (let round = 0; round < 6; round++) replies.push(await failing("loop"));
    const [warned, ...refused] = replies.filter((one) => one.hookSpecificOutput !== undefined);
    assert.match(warned?.hookSpecificOutput?.additionalContext ?? "", /circles/);
    assert.equal(refused[0]?.hookSpecificOutput?.permissionDecision, "deny");
    assert.equal(refused[0]?.continue, undefined);
    assert.deepEqual(
      [refused.at(-1)?.continue, refused.at(-1)?.hookSpecificOutput?.permissionDecision],
      [false, "deny"],
    );
    await end();
    await begin();
    assert.equal((await tool("loop", "ls src")).continue, false);
    assert.deepEqual(await tool("another", "ls src"), {});
    const resumed = await fetch(`${url()}/api/v2/agents/loop/resume`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ by: "ada" }),
    });
    assert.equal(resumed.status, 200);
    assert.deepEqual(await tool("loop", "ls src/deep"), {});
  });

  test("a hook that is installed twice counts once", async () => {
    const payload = call("twice", "npm run build");
    await Promise.all([post("claude", payload), post("claude", payload)]);
    await post("claude", payload);
    assert.equal((await eventsOf("agent.step", "twice")).length, 1);
  });

  test("a stop asks for the proof once, and the agent gets its answer", async () => {
    const asked: string[] = [];
    onStop = async (event, repo) => {
      asked.push(`${event.message} ${repo.root}`);
      return { block: "2 tests are red." };
    };
    const [first, second] = await Promise.all([stop("stops"), stop("stops")]);
    onStop = async () => ({});
    assert.deepEqual(JSON.parse(first.text), { decision: "block", reason: "2 tests are red." });
    assert.deepEqual(second, first);
    assert.deepEqual(asked, [`All done! Tests pass. ${shop()}`]);
  });

  test("what the log keeps of a step is small, and has no secret in it", async () => {
    const token = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
    const content = `const token = "${token}";\n${"x".repeat(100_000)}`;
    const written = {
      ...call("small", ""),
      tool_name: "Write",
      tool_input: { file_path: join(shop(), "src/b.js"), content },
    };
    await post("claude", written);
    const [step] = await eventsOf("agent.step", "small");
    const text = JSON.stringify(step?.type === "agent.step" ? step.data.input : "");
    assert.ok(text.length <= 2_048 && text.length > 200, String(text.length));
    assert.doesNotMatch(text, /ghp_a1B2/);
  });

  test("two agents in one repo are two sessions; processes without hooks are shown as not covered", async () => {
    await tool("one", "ls");
    await tool("two", "ls", { agent: "codex" });
    await post("codex", { ...call("two", ""), hook_event_name: "SessionEnd", reason: "exit" });
    running.push({ agent: "gemini", pid: 77, started: "5", cwd: join(shop(), "src") });
    running.push({ agent: "gemini", pid: 78, started: "6", cwd: "/elsewhere" });
    const now = await sessions();
    assert.deepEqual(
      ["one", "two", "process 77-5", "process 78-6"].map((id) => now.find((one) => one.session === id)?.covers),
      [["hooks"], undefined, [], undefined],
    );
    running.length = 0;
    assert.equal(
      (await sessions()).some((one) => one.by === "process"),
      false,
    );
  });
});

async function sessions() {
  const answer = await fetch(`${url()}/api/v2/agents?repo=shop`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return Sessions.parse(await answer.json());
}

/** A call and its failure, as Claude Code tells them; the answer to the call. */
async function failing(session: string) {
  const payload = call(session, "npm run check");
  const { text } = await post("claude", payload);
  const reply = Tool.parse(JSON.parse(text));
  if (reply.hookSpecificOutput?.permissionDecision !== "deny")
    await post("claude", { ...payload, hook_event_name: "PostToolUseFailure", error: "Exit code 1\nTypeError: x" });
  return reply;
}

function stop(session: string) {
  const { tool_name: _tool, tool_input: _input, tool_use_id: _id, ...common } = call(session, "");
  const claim = { stop_hook_active: false, last_assistant_message: "All done! Tests pass." };
  return post("claude", { ...common, ...claim, hook_event_name: "Stop" });
}

async function tool(session: string, command: string, { agent = "claude" }: { agent?: string } = {}) {
  const { status, text } = await post(agent, call(session, command));
  assert.equal(status, 200, text);
  return Tool.parse(JSON.parse(text));
}

function call(session: string, command: string) {
  return {
    session_id: session,
    transcript_path: `/home/ada/.claude/projects/-home-ada-shop/${session}.jsonl`,
    cwd: shop(),
    permission_mode: "acceptEdits",
    hook_event_name: "PreToolUse",
    tool_name: "Bash",
    tool_input: { command, description: "look" },
    tool_use_id: `toolu_${++calls}`,
  };
}

async function post(
  agent: string,
  payload: unknown,
  how: { key?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; text: string }> {
  const headers = how.headers ?? (how.key === undefined ? { authorization: `Bearer ${TOKEN}` } : {});
  const response = await fetch(`${url()}/hooks/${agent}${how.key === undefined ? "" : `/${how.key}`}?by=lodestar`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof payload === "string" ? payload : JSON.stringify(payload),
  });
  return { status: response.status, text: await response.text() };
}

function url(): string {
  return `http://127.0.0.1:${server.port}`;
}

function keyOf(repo: string | undefined): string {
  return hookKey(SECRET, repo, opened.machine.hands.hash);
}

function idOf(path: string): string {
  return [...opened.machine.views.repos.values()].find((repo) => repo.path === path)?.repo ?? "";
}

function all(): Promise<AnyEvent[]> {
  return opened.machine.log.read({ after: 0, limit: 10_000 });
}

async function eventsOf(type: EventType, session: string): Promise<AnyEvent[]> {
  return (await all()).filter(
    (event) => event.type === type && "session" in event.data && event.data.session === session,
  );
}

function rmFile(path: string): void {
  execFileSync("rm", [join(shop(), path)]);
  assert.equal(readFileSync(join(shop(), "src/a.js"), "utf8"), "one\n");
}
