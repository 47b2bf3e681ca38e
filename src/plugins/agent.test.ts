/** The contract of coding agents: every example is run, and no promise of `AgentPlugin` is left to the plugin's word. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadAgents } from "../host/plugins.ts";
import { tokensOf, type AgentExample, type AgentPlugin, type AgentScope, type AgentWire } from "../sdk/index.ts";

const agents = await loadAgents();
const TASK = {
  prompt: "--help me; rm -rf / $(id)",
  cwd: "/home/ada/shop",
  env: { A: "b" },
  permission: "edit",
} as const;

for (const { id, plugin } of agents) {
  describe(id, () => {
    test("has an example and a counter-example", () => {
      assert.ok(plugin.examples.some((example) => "line" in example && example.gives.length > 0));
      assert.ok(plugin.examples.some((example) => "line" in example && example.gives.length === 0));
      assert.ok(plugin.examples.some((example) => "found" in example && example.found.installed === true));
      assert.ok(plugin.examples.some((example) => "found" in example && example.found.installed === false));
    });
    for (const example of plugin.examples) test(example.name, () => runExample(plugin, example));

    test(`${id}: it is called as its file, and says what was measured`, () => {
      assert.equal(`agent/${plugin.name}`, id);
      assert.ok(plugin.tested.length > 0 && plugin.covers.length > 0);
      for (const trap of plugin.traps) assert.match(trap, /^[A-Z-].*\.$/);
    });

    test(`${id}: nothing that it is told makes it throw`, () => {
      const long = "x".repeat(1024 * 1024);
      const odd = [
        "",
        "{",
        "null",
        "[]",
        '"x"',
        "[".repeat(100_000),
        `{"type":"${long}"}`,
        long,
        `{"a":`.repeat(9_999),
      ];
      for (const type of ["system", "assistant", "user", "result", "item.completed", "text", "tool_use", "gemini"])
        for (const inner of ["null", "1", "[]", "{}", '[{"type":"text"}]', '{"content":[null,1,{}]}'])
          odd.push(`{"type":"${type}","message":${inner},"item":${inner},"part":${inner},"payload":${inner}}`);
      for (const line of odd) {
        assert.ok(Array.isArray(plugin.parse(line)));
        assert.ok(Array.isArray(plugin.transcript(line)));
      }
      for (const payload of [undefined, null, 1, "x", [], [{}]]) assert.equal(plugin.hook(payload), undefined);
      for (const payload of [{}, { hook_event_name: 1 }, { hook_event_name: "constructor" }, { hook_event_name: "" }]) {
        const event = plugin.hook(payload);
        if (event === undefined) continue;
        assert.equal(event.event, "unknown");
        assert.deepEqual(plugin.reply(event, { deny: "no" }), { status: 200, body: {} });
      }
    });

    test(`${id}: the prompt is one argument, and no option`, () => {
      for (const launch of [plugin.launch(TASK), plugin.resume({ ...TASK, session: "s-1" })]) {
        assert.equal(launch.command[0], plugin.program);
        const last = launch.command.at(-1);
        assert.ok(last === `--prompt=${TASK.prompt}` || (last === TASK.prompt && launch.command.includes("--")));
        assert.equal(launch.cwd, TASK.cwd);
        assert.equal(launch.env.A, "b");
      }
      const kept = plugin.launch({ ...TASK, env: { DISABLE_AUTOUPDATER: "0", OPENCODE_DISABLE_AUTOUPDATE: "0" } });
      assert.deepEqual([kept.env.DISABLE_AUTOUPDATER, kept.env.OPENCODE_DISABLE_AUTOUPDATE], ["0", "0"]);
      assert.ok(plugin.resume({ ...TASK, session: "s-1" }).command.some((word) => word.includes("s-1")));
      const modes = (["read", "edit", "all"] as const).map((permission) =>
        JSON.stringify(plugin.launch({ ...TASK, permission }).command),
      );
      assert.equal(new Set(modes).size, 3);
    });

    test(`${id}: a gateway's refusal carries the sentence, and is never a 429`, () => {
      const wires: readonly (AgentWire | undefined)[] = [undefined, ...plugin.wires];
      for (const wire of wires) {
        const { status, body } = plugin.refuse("Budget of $1.00 is used up.", wire);
        assert.equal(status, (wire ?? plugin.wires[0]) === "responses" ? 400 : 402);
        assert.ok(JSON.stringify(body).includes("Budget of $1.00 is used up."));
      }
    });

    test(`${id}: what it cannot install it refuses with what to do`, () => {
      for (const scope of ["project", "user", "plugin"] as const) {
        const offered = plugin.settings.some((setting) => setting.scope === scope);
        const edit = plugin.install("{}", options(plugin, scope));
        assert.equal("refuse" in edit, !offered, scope);
        if ("refuse" in edit) assert.ok(edit.refuse.endsWith(".") && edit.next.length > 0);
      }
      assert.equal(plugin.settings.length > 0, plugin.covers.includes("hooks"));
    });
  });
}

test("a message that stands in several lines is paid once, and the end's total of the run wins", () => {
  const claude = agents.find(({ plugin }) => plugin.name === "claude")?.plugin;
  const usage = '"usage":{"input_tokens":12,"output_tokens":1,"cache_read_input_tokens":3}';
  const line = (id: string, block: string) =>
    `{"type":"assistant","message":{"id":"${id}","model":"m","content":[${block}],${usage}}}`;
  const lines = [
    line("msg_2", '{"type":"text","text":"I look."}'),
    line("msg_2", '{"type":"tool_use","id":"t","name":"Bash","input":{}}'),
    line("msg_4", '{"type":"text","text":"All done!"}'),
  ];
  const events = lines.flatMap((text) => [...(claude?.parse(text) ?? [])]);
  assert.deepEqual(tokensOf(events), { input: 24, output: 2, cacheRead: 6, cacheWrite: 0 });
  const result =
    '{"type":"result","subtype":"success","is_error":false,"usage":{"input_tokens":24,"output_tokens":16,"cache_read_input_tokens":6}}';
  const whole = [...events, ...(claude?.parse(result) ?? [])];
  assert.deepEqual(tokensOf(whole), { input: 24, output: 16, cacheRead: 6, cacheWrite: 0 });
  assert.equal(tokensOf([]), undefined);
  const tokens = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };
  assert.equal(tokensOf([{ is: "ended", ok: true, tokens, counts: "session" }]), undefined);
});

function runExample(plugin: AgentPlugin, example: AgentExample): void {
  if ("line" in example) return assertSame(plugin.parse(example.line), example.gives);
  if ("transcript" in example) return assertSame(plugin.transcript(example.transcript), example.steps);
  if ("facts" in example) {
    const found = plugin.detect(example.facts);
    assert.ok(found.because.length > 0);
    return assertIncludes(found, example.found);
  }
  const event = plugin.hook(example.hook);
  if (event === undefined || example.event === undefined) return assert.equal(event, example.event);
  assert.equal(event.agent, plugin.name);
  assertIncludes(event, example.event);
  if (example.answer === undefined) return;
  assert.deepEqual(plugin.reply(event, example.answer), { status: 200, body: example.body });
}

function assertSame(actual: readonly unknown[], expected: readonly unknown[]): void {
  assert.equal(actual.length, expected.length, JSON.stringify(actual));
  for (const [index, one] of expected.entries()) assertIncludes(actual[index], one);
}

function assertIncludes(actual: unknown, expected: unknown): void {
  assert.ok(includes(actual, expected), `${JSON.stringify(actual, null, 1)} lacks ${JSON.stringify(expected)}`);
}

/** Subset match: every key of `expected` is in `actual`; arrays contain each expected element. */
function includes(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected))
    return Array.isArray(actual) && expected.every((item) => actual.some((other) => includes(other, item)));
  if (typeof expected !== "object" || expected === null) return Object.is(actual, expected);
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(expected).every(([key, value]) => includes(Reflect.get(actual, key), value));
}

function options(plugin: AgentPlugin, scope: AgentScope) {
  const hookCommand = `lodestar hook ${plugin.name}`;
  return { scope, hookCommand, hookUrl: `http://127.0.0.1:4141/hooks/${plugin.name}`, tokenEnv: "LODESTAR_TOKEN" };
}
