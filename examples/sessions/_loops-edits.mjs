import { testRun } from "./_builder.mjs";

const FAILURE = ["repeated-failure", "rising-cost"];
const SWING = ["oscillation", "repeated-call", "repeated-failure"];
const red = (n) =>
  testRun([["adds a discount", "AssertionError: expected 90 to be 80"]], 11, {
    seconds: 1 + n / 10,
    extra: `  at src/cart.test.ts:${12 + n}:5`,
  });

/** Edits that cure nothing, and edits that go back and forth. */
export const editLoops = [
  loop("failure-same-file", FAILURE, "one file is edited again and again, the test fails the same way", (s, n) => {
    s.edit("src/cart.ts", `rate = ${n}`, `rate = ${n + 1}`);
    s.sh("npm test", red(0));
  }),
  loop("failure-other-lines", FAILURE, "lines, times and durations in the output differ", (s, n) => {
    s.edit("src/cart.ts", `rate = ${n}`, `rate = ${n + 1}`);
    s.spend();
    s.sh("npm test", red(n));
  }),
  loop("failure-two-files", FAILURE, "two files are edited in turn", (s, n) => {
    s.edit(n % 2 ? "src/cart.ts" : "src/discount.ts", `value ${n}`, `value ${n + 1}`);
    s.sh("npm test", red(0));
  }),
  loop("failure-two-agents", FAILURE, "two agents try in turn", (s, n) => {
    s.as({ agent: n % 2 ? "codex" : "claude-code", model: n % 2 ? "gpt-5-codex" : "claude-sonnet-4-5" });
    s.edit("src/cart.ts", `x = ${n}`, `x = ${n + 1}`);
    s.sh("npm test", red(n));
  }),
  loop("failure-subagents", FAILURE, "each attempt is made by a new subagent", (s, n) => {
    s.as({ subagent: `fix-${n}` });
    s.read("src/cart.ts", `export const x = ${n};`);
    s.edit("src/cart.ts", `x = ${n}`, `x = ${n + 1}`);
    s.sh("npm test", red(n));
  }),
  loop("failure-other-commands", FAILURE, "the test is started in another way each time", (s, n) => {
    s.edit("src/cart.ts", `x = ${n}`, `x = ${n + 1}`);
    s.sh(["npm test", "npx vitest run", "npm run test -- --run", "npx vitest run src/cart.test.ts"][n % 4], red(0));
  }),
  loop("failure-python-import", FAILURE, "a Python import fails after each edit", (s, n) => {
    s.write("app/settings.py", `DEBUG = ${n}\n`);
    s.sh("python -m app", {
      output: `Traceback (most recent call last):\n  File "/srv/app/__main__.py", line ${n + 1}, in <module>\nModuleNotFoundError: No module named 'yaml'`,
      exit: 1,
    });
  }),
  loop("failure-types", FAILURE, "the compiler says the same after each edit", (s, n) => {
    s.edit("src/server.ts", `as T${n}`, `as T${n + 1}`);
    s.sh("npx tsc --noEmit", {
      output: `src/server.ts(${n + 4},7): error TS2345: Argument of type 'string' is not assignable to parameter of type 'Port'.`,
      exit: 2,
    });
  }),
  loop("failure-multi-edit", FAILURE, "several places of one file at once", (s, n) => {
    s.call(
      "MultiEdit",
      {
        file_path: "src/cart.ts",
        edits: [
          { old_string: `a${n}`, new_string: `a${n + 1}` },
          { old_string: `b${n}`, new_string: `b${n + 1}` },
        ],
      },
      "ok",
    );
    s.sh("go test ./...", {
      output: "--- FAIL: TestTotal (0.01s)\n    cart_test.go:12: got 90, want 80\nFAIL\tshop/cart\t0.4s",
      exit: 1,
    });
  }),
  loop("failure-checks", FAILURE, "Lodestar's own check fails the same way after each edit", (s, n) => {
    s.edit("src/cart.ts", `x = ${n}`, `x = ${n + 1}`);
    s.check("test", { passed: 40, failed: 1, output: " ✖ adds a discount\n   AssertionError: expected 90 to be 80" });
  }),
  loop("failure-compacted", FAILURE, "the context is compacted in between, which changes nothing", (s, n) => {
    s.edit("src/cart.ts", `x = ${n}`, `x = ${n + 1}`);
    s.sh("npm test", red(n));
    if (n % 2) s.compact();
    s.approve();
  }),
  loop("failure-resumed", FAILURE, "each attempt is a resumed session that a program prompts", (s, n) => {
    s.as({ session: `failure-resumed-${n + 2}` });
    s.prompt(`The proof was refuted (attempt ${n}): adds a discount fails. Repair it.`, "program");
    s.edit("src/cart.ts", `x = ${n}`, `x = ${n + 1}`);
    s.sh("npm test", red(n));
    s.say("All done! The tests pass now.");
  }),
  loop("failure-sed", FAILURE, "the edits are made with sed", (s, n) => {
    s.sh(`sed -i 's/rate = ${n}/rate = ${n + 1}/' src/cart.ts`, "");
    s.sh("npm test", red(n));
  }),
  loop("failure-shell-patches", FAILURE, "Codex applies patches through the shell", (s, n) => {
    s.as({ agent: "codex", model: "gpt-5-codex" });
    const patch = `*** Begin Patch\n*** Update File: src/cart.ts\n@@\n-rate = ${n}\n+rate = ${n + 1}\n*** End Patch`;
    s.call(
      "shell",
      { command: ["bash", "-lc", `apply_patch <<'EOF'\n${patch}\nEOF`] },
      "Success. Updated the following files:\nM src/cart.ts",
    );
    s.call("shell", { command: ["bash", "-lc", "pnpm test"] }, red(n));
  }),
  loop("swing-sed", SWING, "sed, there and back", (s, n) => {
    s.sh(`sed -i 's/${n % 2 ? "let/const" : "const/let"}/' src/state.ts`, "");
    s.sh("npm run lint", { output: n % 2 ? "error  'x' is read-only" : "error  'x' is never reassigned", exit: 1 });
  }),
  loop("swing-with-tests", SWING, "A to B, B to A, with the same two failures", (s, n) => {
    s.edit("src/cart.ts", n % 2 ? "Math.ceil(x)" : "Math.floor(x)", n % 2 ? "Math.floor(x)" : "Math.ceil(x)");
    s.sh("npm test", testRun([[n % 2 ? "rounds down" : "rounds up", "AssertionError: 1 !== 2"]], 11));
  }),
  loop("swing-whole-file", SWING, "a file is written in two versions in turn", (s, n) =>
    s.write("src/flags.ts", `export const fast = ${n % 2 === 0};\n`),
  ),
  loop("swing-layout", SWING, "two versions, each time laid out differently", (s, n) =>
    s.write("src/flags.ts", `export  const fast =${" ".repeat(n + 1)}${n % 2 === 0};${"\n".repeat(n + 1)}`),
  ),
  loop("swing-two-agents", SWING, "one agent takes back what the other did", (s, n) => {
    s.as({ agent: n % 2 ? "gemini" : "claude-code", session: n % 2 ? "swing-b" : "swing-a" });
    s.edit("src/api.ts", n % 2 ? "async get" : "get", n % 2 ? "get" : "async get");
    s.say(n % 2 ? "I made the method synchronous." : "I made the method asynchronous.");
  }),
  loop("swing-git-checkout", SWING, "the same edit, taken back with git, again and again", (s) => {
    s.edit("src/cart.ts", "a + b", "a * b");
    s.sh("npm test", red(0));
    s.sh("git checkout -- src/cart.ts", "Updated 1 path from the index");
  }),
  loop("swing-three-states", SWING, "three versions in turn", (s, n) =>
    s.edit("src/log.ts", ["debug", "info", "warn"][n % 3], ["info", "warn", "debug"][n % 3]),
  ),
  loop("swing-patches", SWING, "Codex patches a line and patches it back", (s, n) => {
    s.as({ agent: "codex", model: "gpt-5-codex" });
    const [gone, come] = n % 2 ? ["retries: 5", "retries: 3"] : ["retries: 3", "retries: 5"];
    s.call(
      "apply_patch",
      { input: `*** Begin Patch\n*** Update File: src/http.ts\n@@\n-  ${gone},\n+  ${come},\n*** End Patch` },
      "Success. Updated the following files:\nM src/http.ts",
    );
  }),
  loop("swing-prompted", SWING, "a program asks for the next try after each revert", (s, n) => {
    s.edit("src/a.ts", n % 2 ? "import x" : "", n % 2 ? "" : "import x");
    s.sh("npx tsc --noEmit", {
      output:
        n % 2
          ? "src/a.ts(2,1): error TS2304: Cannot find name 'x'."
          : "src/a.ts(1,8): error TS6133: 'x' is declared but never used.",
      exit: 2,
    });
    s.prompt("The check is still red. Try again.", "program");
  }),
];

function loop(name, expect, about, round) {
  return { name, options: { label: "loop", expect, about, red: expect === FAILURE }, rounds: 12, round };
}
