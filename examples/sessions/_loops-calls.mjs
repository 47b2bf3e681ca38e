import { testRun } from "./_builder.mjs";

const CALL = ["repeated-call"];
const RED = [["parses a date", "AssertionError: Expected values to be strictly equal: 3 !== 4"]];
const NO_MODULE = {
  output: "Error: Cannot find module 'left-pad'\n    at node:internal/modules/cjs/loader:1228",
  exit: 1,
};
const STORM = ["search-storm", "repeated-call"];

/** One call again and again, and searches that lead nowhere. Each: name, options, script of one round. */
export const callLoops = [
  loop("call-same-command", CALL, "the same failing command, nothing changed", (s) =>
    s.sh("npm test", testRun(RED, 11)),
  ),
  loop("call-input-reordered", CALL, "the same file range, with the input's keys in another order", (s, n) =>
    s.call(
      "Read",
      n % 2 ? { file_path: "src/date.ts", offset: 1, limit: 80 } : { limit: 80, offset: 1, file_path: "src/date.ts" },
      "export function parse() {}",
    ),
  ),
  loop("call-times-in-output", CALL, "the output differs in times, durations and ids only", (s, n) =>
    s.sh("node build.js", {
      output: `[${s.clock()}] build 9f1c2d3e-0000-4000-8000-00000000000${n} failed: missing entry\ndone in ${n + 1}.${n}s`,
      exit: 1,
    }),
  ),
  loop("call-written-differently", CALL, "the same command with other spaces and another tail", (s, n) =>
    s.sh(
      ["npm test", "npm  test", "npm test 2>&1 | tail -20", "npm test | head -n 50", "npm test 2>&1"][n % 5],
      testRun(RED, 11),
    ),
  ),
  loop("call-fresh-subagents", CALL, "each new subagent runs the same failing command", (s, n) => {
    s.as({ subagent: `worker-${n}` });
    s.sh("npm run e2e", { output: "Error: browser executable not found", exit: 1 });
  }),
  loop("call-two-agents", CALL, "two agents hand each other the same failing command", (s, n) => {
    s.as({ agent: n % 2 ? "codex" : "claude-code" });
    s.call(n % 2 ? "exec_command" : "Bash", n % 2 ? { cmd: "make all" } : { command: "make all" }, {
      output: "make: *** No rule to make target 'all'.  Stop.",
      exit: 2,
    });
  }),
  loop("call-across-turns", CALL, "once per turn; a person only says to go on", (s) => {
    s.sh("node server.js", NO_MODULE);
    s.say("The server does not start.");
    s.prompt("continue", "person");
  }),
  loop("call-approved", CALL, "each call is approved by a program", (s) => {
    s.approve();
    s.sh("node server.js", NO_MODULE);
  }),
  loop("call-cycle-of-three", STORM, "three files are read in turn, again and again", (s) => {
    for (const file of ["src/a.ts", "src/b.ts", "src/c.ts"]) s.read(file);
  }),
  loop("call-resumed-sessions", CALL, "a new session of the same task each time", (s, n) => {
    s.as({ session: `call-resumed-sessions-${n + 2}` });
    s.sh("npm run migrate", { output: 'error: relation "users" already exists', exit: 1 });
  }),
  loop("call-mcp-tool", CALL, "a tool of an MCP server refuses the same input", (s) =>
    s.call(
      "mcp__tracker__create_issue",
      { project: "SHOP", title: "Broken" },
      { output: "Error: field 'type' is required", ok: false },
    ),
  ),
  loop("call-write-same-file", CALL, "the same content is written again and again", (s) =>
    s.write("src/config.ts", "export const port = 3000;\n"),
  ),
  loop("call-reading-in-between", CALL, "another file is read before each run, nothing is changed", (s, n) => {
    s.read(`src/part-${n}.ts`);
    s.sh("npx vitest run src/date.test.ts", testRun(RED, 2));
  }),
  loop("call-hammered-poll", CALL, "a pending job is asked for three times a second", (s) =>
    s.sh("gh run view 991 --json status", { output: '{"status":"queued"}', seconds: 0.1 }, 0.2),
  ),
  loop("call-network-no-backoff", CALL, "the network refuses, and it is tried again at once", (s) =>
    s.sh(
      "npm install",
      { output: "npm error code ECONNREFUSED\nnpm error connect ECONNREFUSED 10.0.0.1:443", exit: 1, seconds: 1 },
      2,
    ),
  ),
  loop("call-edit-not-found", CALL, "an edit whose text is not in the file", (s) =>
    s.call(
      "Edit",
      { file_path: "src/cart.ts", old_string: "totl", new_string: "total" },
      { output: "String to replace not found in file.", ok: false },
    ),
  ),
  loop("call-shell-forms", CALL, "the same command as a text and as a list of words", (s, n) => {
    s.as({ agent: "codex", model: "gpt-5-codex" });
    s.call(
      "shell",
      { command: n % 2 ? ["bash", "-lc", "cargo build"] : "cargo build", timeout_ms: 1000 * n },
      { output: "error[E0432]: unresolved import `serde`", exit: 101 },
    );
  }),
  loop("call-same-subagent", CALL, "a subagent is started with the same task again and again", (s) =>
    s.call(
      "Task",
      { prompt: "Find out why the build fails", subagent_type: "general" },
      "I could not find out why the build fails.",
    ),
  ),
  loop("call-with-todos", CALL, "the list of things to do is rewritten between equal calls", (s, n) => {
    s.todo(n);
    s.say(["Let me run it.", "Now the build should work.", "Trying the build.", "One more time."][n % 4]);
    s.sh("npm run build", {
      output: "src/index.ts(3,1): error TS2304: Cannot find name 'foo'.\nFound 1 error.",
      exit: 2,
    });
  }),
  loop("call-passing-test", CALL, "a test that passes is run without end", (s) => s.sh("npm test", testRun([], 12))),
  loop("storm-missing-name", STORM, "a name that is nowhere, spelled in ever new ways", (s, n) => {
    for (const word of ["parse", "read", "load", "get"])
      s.call("Grep", { pattern: `${word}Ledger${n}` }, "No matches found");
  }),
  loop("storm-same-files", STORM, "four files are read in parts that overlap, and hold nothing new", (s, n) => {
    for (const file of ["a", "b", "c", "d"])
      s.call("Read", { file_path: `src/${file}.ts`, limit: 200 + n }, `export const ${file} = 1;`);
  }),
  loop("storm-shell", STORM, "find and grep in the shell find nothing", (s, n) => {
    for (const place of ["src", "lib", "test", "app"]) s.sh(`grep -rn "Ledger${n}" ${place}`, { output: "", exit: 1 });
  }),
  loop("storm-subagents", STORM, "subagents search the web and find nothing", (s, n) => {
    for (const word of ["error", "fix", "bug", "issue"]) {
      s.as({ subagent: `search-${word}` });
      s.call("WebSearch", { query: `frobnicator 9 ${word} ${n}` }, "No results found.");
    }
  }),
  loop("storm-with-one-find", STORM, "of nine searches one finds something, and nothing follows", (s, n) => {
    for (const word of ["a", "b", "c", "d"]) s.call("Grep", { pattern: `${word}Ledger${n}` }, "No matches found");
    if (n === 2) s.call("Grep", { pattern: "ledger", glob: `*${n}` }, `src/ledger-${n}.ts`);
  }),
  loop("storm-two-agents", STORM, "two agents read again what both have read", (s, n) => {
    s.as({ agent: n % 2 ? "gemini" : "claude-code" });
    for (const file of ["a", "b", "c", "d"])
      s.call(n % 2 ? "read_file" : "Read", { path: `src/${file}.ts` }, `export const ${file} = 1;`);
  }),
];

function loop(name, expect, about, round) {
  return { name, options: { label: "loop", expect, about }, rounds: 9, round };
}
