import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SessionStep, StruggleRule } from "../sdk/index.ts";
import { GuardState } from "../sdk/index.ts";
import { newGuard, type Alarm, type Guard } from "./guardrails.ts";
import { nameFailure } from "./guardrails-words.ts";
import { BUILTIN_RULES } from "./struggle.ts";

const FAILS = { output: "Error: Cannot find module 'left-pad'", exit: 1 };

/** Hands steps to a guard, ten seconds apart, and keeps what it said of the last of them. */
function driver(guard: Guard, who: Partial<SessionStep> = {}) {
  let at = 1_000_000;
  const take = (step: Partial<SessionStep> & Pick<SessionStep, "kind">): Alarm[] => {
    at += 10_000;
    return guard.observe({ at, session: "s1", agent: "claude-code", ...who, ...step });
  };
  return {
    take,
    wait: (ms: number) => (at += ms),
    call(tool: string, input: SessionStep["input"], answer: Partial<SessionStep>): Alarm[] {
      const before = take({ kind: "tool", tool, ...(input === undefined ? {} : { input }) });
      const ok = (answer.exit ?? 0) === 0;
      return [...before, ...take({ kind: ok ? "result" : "failure", tool, ok, ...answer })];
    },
  };
}

function actions(alarms: readonly Alarm[]): string[] {
  return alarms.map((alarm) => `${alarm.pattern}:${alarm.action}`);
}

describe("the ladder", () => {
  test("the same failing command is warned of, blocked, and paused when blocks are not heeded", () => {
    const { call } = driver(newGuard(BUILTIN_RULES));
    const said = Array.from({ length: 7 }, () => actions(call("Bash", { command: "node server.js" }, FAILS)));
    assert.deepEqual(said, [
      [],
      [],
      ["repeated-call:warn"],
      ["repeated-call:block"],
      ["repeated-call:block"],
      ["repeated-call:pause"],
      ["repeated-call:pause"],
    ]);
  });

  test("an alarm says what happened, how often, and which steps show it", () => {
    const { call } = driver(newGuard(BUILTIN_RULES));
    for (let n = 0; n < 3; n++) call("Bash", { command: "node server.js" }, FAILS);
    const [alarm] = call("Bash", { command: "node server.js" }, FAILS);
    assert.equal(alarm?.because, "the same Bash was made 4 times and gave the same each time: node server.js");
    assert.deepEqual(alarm?.evidence, [1, 3, 5, 6]);
    assert.deepEqual(alarm?.about, {
      session: "s1",
      agent: "claude-code",
      tool: "Bash",
      call: "node server.js",
    });
  });

  test("approvals, compaction and words to go on change nothing; what is paused stays so for every tool", () => {
    const { call, take } = driver(newGuard(BUILTIN_RULES));
    for (let n = 0; n < 6; n++) call("Bash", { command: "node server.js" }, FAILS);
    take({ kind: "approval", by: "person" });
    take({ kind: "compact" });
    take({ kind: "prompt", text: "Continue.", by: "person" });
    take({ kind: "prompt", text: "The proof was refuted. Repair it.", by: "program" });
    const [alarm] = take({ kind: "tool", tool: "Read", input: { file_path: "README.md" } });
    assert.equal(alarm?.action, "pause");
    assert.match(alarm?.because ?? "", /^paused until a person resets it: the same Bash/);
  });

  test("a resumed session of the same task goes on where the last one was stopped", () => {
    const first = newGuard(BUILTIN_RULES);
    const one = driver(first);
    for (let n = 0; n < 4; n++) one.call("Bash", { command: "node server.js" }, FAILS);
    const kept = GuardState.parse(JSON.parse(JSON.stringify(first.state())));
    const two = driver(newGuard(BUILTIN_RULES, { state: kept }), { session: "s2", agent: "codex" });
    assert.deepEqual(actions(two.call("exec_command", { cmd: "node server.js" }, FAILS)), ["repeated-call:block"]);
  });

  test("a person's reset lets it go on, and counting begins anew", () => {
    const guard = newGuard(BUILTIN_RULES);
    const { call } = driver(guard);
    for (let n = 0; n < 6; n++) call("Bash", { command: "node server.js" }, FAILS);
    guard.reset("ada", 2_000_000);
    assert.deepEqual(call("Bash", { command: "node server.js" }, FAILS), []);
    assert.deepEqual(guard.state().resets, [{ by: "ada", at: 2_000_000 }]);
  });

  test("a new word of a person lowers the count, but what was blocked once is blocked one repeat earlier", () => {
    const { call, take } = driver(newGuard(BUILTIN_RULES));
    for (let n = 0; n < 4; n++) call("Bash", { command: "node server.js" }, FAILS);
    take({ kind: "prompt", text: "I installed left-pad, please start it again", by: "person" });
    const said = Array.from({ length: 3 }, () => actions(call("Bash", { command: "node server.js" }, FAILS)));
    assert.deepEqual(said, [[], [], ["repeated-call:block"]]);
  });

  test("a check that newly passes lowers the count of failed repairs", () => {
    const { call, take } = driver(newGuard(BUILTIN_RULES));
    const repair = (n: number) => {
      call("Edit", { file_path: "a.ts", old_string: `${n}`, new_string: `${n + 1}` }, { output: "ok" });
      return call("Bash", { command: "npm test" }, { output: "AssertionError: 1 !== 2", exit: 1 });
    };
    for (let n = 0; n < 4; n++) repair(n);
    take({ kind: "check", tool: "types", ok: true });
    assert.deepEqual(actions(repair(5)), []);
  });
});

describe("what is not looping", () => {
  test("the same poll whose answer changes", () => {
    const { call } = driver(newGuard(BUILTIN_RULES));
    const said = Array.from({ length: 20 }, (_, n) => call("Bash", { command: "cat progress" }, { output: `${n} %` }));
    assert.deepEqual(said.flat(), []);
  });

  test("a wait has a bound: the same pending answer for ever is stopped", () => {
    const { call } = driver(newGuard(BUILTIN_RULES));
    const said = Array.from({ length: 40 }, () =>
      call("Bash", { command: "gh pr checks" }, { output: "build pending", exit: 8 }),
    );
    const stopped = said.findIndex((alarms) => alarms.some(({ action }) => action === "block"));
    assert.equal(stopped, 30);
  });

  test("refused connections after edits of the same file are no waiting", () => {
    const { call } = driver(newGuard(BUILTIN_RULES));
    const said: string[] = [];
    for (let n = 0; n < 6; n++) {
      call("Edit", { file_path: "db.ts", old_string: `port ${n}`, new_string: `port ${n + 1}` }, { output: "ok" });
      said.push(
        ...actions(
          call("Bash", { command: "node db.ts" }, { output: "Error: connect ECONNREFUSED 127.0.0.1:5432", exit: 1 }),
        ),
      );
    }
    assert.ok(said.includes("repeated-failure:block"), said.join(" "));
  });
});

test("a loop is one also beside a worker who gets on", () => {
  const guard = newGuard(BUILTIN_RULES);
  const { take, call } = driver(guard);
  const stops: string[] = [];
  for (let n = 0; n < 6; n++) {
    take({ kind: "tool", tool: "Read", input: { file_path: `src/${n}.ts` }, agent: "codex" });
    take({ kind: "result", tool: "Read", output: `file ${n}`, agent: "codex" });
    const said = call(
      "mcp__tracker__create",
      { title: "Broken" },
      { output: "Error: field 'type' is required", exit: 1 },
    );
    stops.push(...actions(said).filter((action) => action === "repeated-call:block"));
    take({
      kind: "tool",
      tool: "Edit",
      input: { file_path: "b.ts", old_string: `${n}`, new_string: `${n + 1}` },
      agent: "codex",
    });
    take({ kind: "result", tool: "Edit", output: "ok", agent: "codex" });
  }
  assert.deepEqual(stops, ["repeated-call:block", "repeated-call:block"]);
});

test("a failure that the baseline has too stops nobody who works on something else in one file", () => {
  const output = "✖ legacy export works\n  Error: ENOENT: no such file, open 'legacy.csv'";
  const stopsWith = (known: string[]) => {
    const { call } = driver(newGuard(BUILTIN_RULES, { known }));
    const said = Array.from({ length: 7 }, (_, n) => [
      ...call("Edit", { file_path: "a.ts", old_string: `${n}`, new_string: `${n + 1}` }, { output: "ok" }),
      ...call("Bash", { command: "npm test" }, { output, exit: 1 }),
    ]);
    return actions(said.flat()).some((action) => /block|pause/.test(action));
  };
  assert.equal(stopsWith([]), true);
  assert.equal(stopsWith([nameFailure(output)]), false);
});

describe("rules", () => {
  const match: StruggleRule = {
    id: "no-force-push",
    pattern: { match: { tool: "Bash", input: "git push*--force" } },
    threshold: 2,
    action: "block",
    enabled: true,
    filters: { agents: ["claude*"], models: [], tools: [], repos: [] },
    source: { kind: "user" },
    hits: 0,
    wrong: 0,
    precision: null,
  };

  test("a rule's own texts are counted, for the agents it names", () => {
    const push = (agent: string) => {
      const { call } = driver(newGuard([match]), { agent });
      return Array.from({ length: 2 }, () =>
        actions(call("Bash", { command: "git push origin x --force" }, { output: "ok" })),
      );
    };
    assert.deepEqual(push("claude-code"), [[], ["match:block"]]);
    assert.deepEqual(push("codex"), [[], []]);
  });

  test("an error is looked for in what failed only", () => {
    const rule: StruggleRule = { ...match, pattern: { match: { error: "EADDRINUSE" } }, action: "warn" };
    const { call } = driver(newGuard([rule]));
    call("Bash", { command: "grep -rn EADDRINUSE ." }, { output: "a.ts: EADDRINUSE" });
    call("Bash", { command: "npm start" }, { output: "Error: listen EADDRINUSE :::3000", exit: 1 });
    const alarms = call("Bash", { command: "npm run dev" }, { output: "Error: listen EADDRINUSE :::3000", exit: 1 });
    assert.deepEqual(actions(alarms), ["match:warn"]);
  });

  test("models, tools and repos narrow a rule, and a disabled one is silent", () => {
    const [rule] = BUILTIN_RULES;
    assert.ok(rule);
    const loud = (filters: Partial<StruggleRule["filters"]>, enabled = true) => {
      const guard = newGuard([{ ...rule, enabled, filters: { ...rule.filters, ...filters } }], { repo: "acme/shop" });
      const { call } = driver(guard, { model: "gpt-5-codex" });
      return Array.from({ length: 4 }, () => call("Bash", { command: "node a.js" }, FAILS)).flat().length > 0;
    };
    assert.equal(loud({ models: ["gpt-*"], tools: ["bash"], repos: ["acme/*"] }), true);
    assert.equal(loud({ models: ["claude-*"] }), false);
    assert.equal(loud({ tools: ["Edit"] }), false);
    assert.equal(loud({ repos: ["other/*"] }), false);
    assert.equal(loud({}, false), false);
  });
});

test("memory is bounded: 500 steps, and no text of a file in them", () => {
  const guard = newGuard(BUILTIN_RULES);
  const { call } = driver(guard);
  for (let n = 0; n < 600; n++)
    call("Write", { file_path: `f${n}.ts`, content: `${"x".repeat(5000)} the end ${n}` }, { output: `wrote ${n}` });
  const state = guard.state();
  assert.equal(state.steps, 1200);
  assert.equal(state.window.length, 500);
  const text = JSON.stringify(state);
  assert.ok(!text.includes("the end"), "the state holds contents");
  assert.ok(text.length < 400_000, `${text.length} characters`);
});

test("hostile texts of 200 KB cost little time", () => {
  const { call } = driver(newGuard(BUILTIN_RULES));
  const started = performance.now();
  for (const part of [
    "tail while ",
    "|| true ",
    "<<",
    "\n",
    "1",
    "/tmp/",
    "expected got ",
    "sed -i ",
    "' ",
    "*** Begin Patch\n",
  ]) {
    const text = part.repeat(200_000 / part.length);
    call("Bash", { command: text }, { output: text, exit: 1 });
    call("Edit", { patch: text }, { output: text });
  }
  const ms = performance.now() - started;
  assert.ok(ms < 3000, `${ms.toFixed(0)} ms`);
});
