/** What a person sees in their settings file: their own text as it was, our entries, and no trace of them afterwards. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { AgentPlugin, InstallOptions } from "../../sdk/index.ts";
import claude from "./claude.ts";
import codex from "./codex.ts";

const OPTIONS: InstallOptions = {
  scope: "user",
  hookCommand: '"/opt/my tools/lodestar" hook claude',
  hookUrl: "http://127.0.0.1:4141/hooks/claude",
  tokenEnv: "LODESTAR_TOKEN",
};
const CODEX: InstallOptions = { ...OPTIONS, hookCommand: "node /opt/lodestar.mjs hook codex" };
const THEIRS = '{ "type": "command", "command": "say done" }';

const FILES: Readonly<Record<string, string>> = {
  "an empty file": "",
  "a file of white space": "\n",
  "an empty object": "{}",
  "an empty object and a line end": "{}\n",
  "an empty object with CRLF": "{}\r\n",
  "an empty object on two lines": "{\n}\n",
  "two spaces": '{\n  "model": "opus",\n  "env": { "A":   "1" }\n}\n',
  "four spaces": '{\n    "model": "opus",\n    "permissions": {\n        "allow": ["Bash(ls:*)"]\n    }\n}\n',
  tabs: '{\n\t"model": "opus"\n}\n',
  "no line end at the end": '{\n  "model": "opus"\n}',
  CRLF: '{\r\n  "model": "opus"\r\n}\r\n',
  "one line": '{"model":"opus","env":{}}',
  "a byte order mark": '\uFEFF{\n  "model": "opus"\n}\n',
  "hooks of others on the same events": `{\n  "hooks": {\n    "Stop": [{ "hooks": [${THEIRS}] }],\n    "PreToolUse": [\n      { "matcher": "Bash", "hooks": [${THEIRS}] }\n    ]\n  },\n  "model": "opus"\n}\n`,
  "hooks of others on one line": `{"hooks":{"Stop":[{"hooks":[${THEIRS}]}]},"z":1}\n`,
  "empty hooks": '{\n  "hooks": {},\n  "model": "opus"\n}\n',
  "an empty event": '{\n  "hooks": { "Stop": [], "PreToolUse": [ ] }\n}\n',
  "a group without handlers": '{\n  "hooks": { "Stop": [{ "hooks": [] }] }\n}\n',
  "brackets and quotes in texts": '{\n  "a{[": "]}\\" , \\\\",\n  "hooks": { "Stop": [ ] }\n}\n',
  "numbers as they were written": '{ "n": 1.0, "e": 1E5, "u": "\\u00e9" }\n',
};

for (const [plugin, options] of [
  [claude, OPTIONS],
  [codex, CODEX],
] as const) {
  describe(`the settings of ${plugin.name}`, () => {
    for (const [name, before] of Object.entries(FILES)) {
      test(`${name}: installed twice is once, and uninstalled is as before`, () => {
        const after = installed(plugin, before, options);
        assert.notEqual(after, before);
        assert.equal(installed(plugin, after, options), after);
        assert.equal(uninstalled(plugin, after), before);
        assert.equal(uninstalled(plugin, before), before);
        assertKept(before, after);
      });
    }

    test("a file that was not there is gone again", () => {
      const after = installed(plugin, undefined, options);
      assert.match(after, /^\{\n {2}"hooks": \{\n {4}"SessionStart": \[\n/);
      assert.ok(after.endsWith("}\n"));
      assert.deepEqual(plugin.uninstall(after), { after: undefined });
    });

    test("any JSON object, however it is laid out, comes back", () => {
      const key = fc.constantFrom("hooks", "Stop", "PreToolUse", "model", 'q"{');
      const group = fc.record({ matcher: fc.string(), hooks: fc.array(fc.record({ command: fc.string() })) });
      const hooks = fc.dictionary(key, fc.array(group));
      const settings = fc
        .tuple(fc.dictionary(key, fc.jsonValue()), fc.option(hooks))
        .map(([rest, mine]) => (mine === null ? omitHooks(rest) : { ...rest, hooks: mine }));
      const space = fc.constantFrom("", " ", "  ", "\t", "    ");
      const ends = fc.constantFrom("", "\n", "\r\n", "\n\n");
      fc.assert(
        fc.property(settings, space, ends, (value, indent, end) => {
          const text = JSON.stringify(value, null, indent);
          const before = (end === "\r\n" ? text.replaceAll("\n", "\r\n") : text) + end;
          const after = installed(plugin, before, options);
          assertKept(before, after);
          assert.equal(installed(plugin, after, options), after);
          assert.equal(uninstalled(plugin, after), before);
        }),
        { numRuns: 80 },
      );
    });

    test("what is no JSON object is left as it is, with what to do", () => {
      const bad = ["{", '{ "a": 1, }', "// note\n{}", "[]", "null", '{ "hooks": [] }', '{ "hooks": { "Stop": {} } }'];
      for (const before of bad)
        for (const edit of [plugin.install(before, options), plugin.uninstall(before)]) {
          assert.ok("refuse" in edit, before);
          assert.match(edit.refuse, /it stays as it is\.$/);
          assert.match(edit.next, /^mend .* then run the command again$/);
        }
    });

    test("a command that could not be found again is refused", () => {
      const edit = plugin.install("{}", { ...options, hookCommand: "/opt/hook.sh" });
      assert.ok("refuse" in edit);
      assert.match(edit.next, /lodestar hook/);
    });

    test("a large file and a deep one come back", () => {
      const many = JSON.stringify({ a: Array.from({ length: 4_000 }, (_, k) => ({ k, v: "]}" })), hooks: {} }, null, 2);
      const deep = `{ "a": ${"[".repeat(50_000)}${"]".repeat(50_000)} }`;
      for (const before of [many, deep]) assert.equal(uninstalled(plugin, installed(plugin, before, options)), before);
    });

    test("another port or program replaces what was installed", () => {
      const first = installed(plugin, FILES.tabs, options);
      const moved = { ...options, hookUrl: options.hookUrl.replace("4141", "5151") };
      const second = installed(plugin, first, {
        ...moved,
        hookCommand: moved.hookCommand.replace("/opt", "/usr"),
      });
      assert.doesNotMatch(second, /4141|\/opt/);
      assert.equal(second.match(/"Stop"/g)?.length, 1);
      assert.equal(uninstalled(plugin, second), FILES.tabs);
    });

    test("what a person added since stays, beside ours and inside our groups", () => {
      const after = installed(plugin, '{\n  "model": "opus"\n}\n', options);
      const inside = after.replace(/("Stop": \[\s*\{\s*"hooks": \[)/, `$1${THEIRS},`);
      const edited = inside.replace('"model": "opus"', '"model": "haiku"');
      const left: unknown = JSON.parse(uninstalled(plugin, edited) ?? "");
      assert.deepEqual(left, { model: "haiku", hooks: { Stop: [{ hooks: [JSON.parse(THEIRS)] }] } });
    });
  });
}

test("the entries: commands where HTTP does not serve, HTTP for the rest, no token in the file", () => {
  const settings = JSON.parse(installed(claude, undefined, OPTIONS));
  assert.deepEqual(settings.hooks.SessionStart, [
    { hooks: [{ type: "command", command: OPTIONS.hookCommand, timeout: 10 }] },
  ]);
  assert.deepEqual(settings.hooks.Stop, [{ hooks: [{ type: "command", command: OPTIONS.hookCommand, timeout: 330 }] }]);
  assert.deepEqual(settings.hooks.PreToolUse, [
    {
      matcher: "*",
      hooks: [
        {
          type: "http",
          url: "http://127.0.0.1:4141/hooks/claude?by=lodestar",
          timeout: 10,
          headers: { Authorization: "Bearer $LODESTAR_TOKEN" },
          allowedEnvVars: ["LODESTAR_TOKEN"],
          onFailure: "continue",
        },
      ],
    },
  ]);
  assert.doesNotMatch(installed(codex, undefined, CODEX), /http/);
  assert.match(JSON.stringify(codex.install(undefined, CODEX)), /trust the new hooks/);
});

test("where the files are", () => {
  const paths = { repo: "/r", home: "/h", plugin: "/p" };
  assert.deepEqual(
    claude.settings.map((setting) => setting.file(paths)),
    ["/r/.claude/settings.json", "/h/.claude/settings.json", "/p/hooks/hooks.json"],
  );
  assert.deepEqual(
    codex.settings.map((setting) => setting.file({ ...paths, configHome: "/c" })),
    ["/c/hooks.json"],
  );
  const [manifest] = claude.settings.flatMap((setting) => setting.beside?.(paths) ?? []);
  assert.equal(manifest?.path, "/p/.claude-plugin/plugin.json");
  assert.equal(JSON.parse(manifest?.text ?? "").name, "lodestar");
});

function installed(plugin: AgentPlugin, before: string | undefined, options: InstallOptions): string {
  const edit = plugin.install(before, options);
  assert.ok("after" in edit, JSON.stringify(edit));
  return edit.after ?? "";
}

function uninstalled(plugin: AgentPlugin, before: string): string | undefined {
  const edit = plugin.uninstall(before);
  assert.ok("after" in edit, JSON.stringify(edit));
  return edit.after;
}

/** Without our handlers the file says what it said, in the same order. */
function assertKept(before: string, after: string): void {
  if (before.trim() === "") return;
  const was = JSON.parse(before.replace("\uFEFF", ""));
  const is = JSON.parse(after.replace("\uFEFF", ""));
  for (const [key, value] of Object.entries(was)) if (key !== "hooks") assert.deepEqual(is[key], value);
  for (const [event, groups] of Object.entries<unknown[]>(was.hooks ?? {}))
    assert.deepEqual(is.hooks[event].slice(0, groups.length), groups);
  const eol = /\r?\n/.exec(before)?.[0];
  if (eol === "\r\n") assert.doesNotMatch(after, /[^\r]\n/);
}

function omitHooks(settings: Record<string, unknown>): Record<string, unknown> {
  const { hooks: _hooks, ...rest } = settings;
  return rest;
}
