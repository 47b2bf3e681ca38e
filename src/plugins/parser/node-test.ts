import { defineParser, type Parsed, type TestCase } from "../../sdk/index.ts";
import { count, marks, matches, sum, tests } from "./_shared.ts";
import { FAILURES } from "./_shared-node-test-examples.ts";
import { readFailures, readSpec, readTap } from "./_shared-node-test.ts";

/** node:test prints its totals as `ℹ tests 9` (spec) or `# tests 9` (tap), always with `cancelled` among them. */
const TOTALS =
  /^(?:ℹ|#) tests (?<tests>\d+)\n(?:(?:ℹ|#) suites \d+\n)?(?:ℹ|#) pass (?<passed>\d+)\n(?:ℹ|#) fail (?<failed>\d+)\n(?:ℹ|#) cancelled (?<cancelled>\d+)\n(?:ℹ|#) skipped (?<skipped>\d+)\n(?:ℹ|#) todo (?<todo>\d+)/m;
const DOTS = /^[.X]+\n/;

/**
 * node:test: reporters spec, tap and dot (which states no totals: its dots are counted). A file that exits red by itself
 * is a failing test of the file's name, and a doubt.
 */
export default defineParser({
  recognizes: ({ command, output }) => {
    if (TOTALS.test(output)) return 0.95;
    return DOTS.test(output) && (/\n\nFailed tests:\n\n✖ /.test(output) || command.includes("test-reporter=dot"))
      ? 0.8
      : 0;
  },
  parse: ({ output }) => {
    const totals = matches(TOTALS, output);
    if (totals.length === 0) return readDots(output);
    const counts = sum(
      totals.map((total) => ({
        passed: count(total.passed),
        failed: count(total.failed) + count(total.cancelled),
        skipped: count(total.skipped) + count(total.todo),
      })),
    );
    const spec = /^ℹ tests /m.test(output);
    const { cases, crashed } = spec ? readSpec(output) : readTap(output);
    return tests({ counts, cases, doubts: crashed.map((name) => `${name} crashed`) });
  },
  examples: [
    {
      name: "spec reporter with nested, skipped and failing tests",
      input: {
        command: "node --test",
        output: `✔ adds (0.461329ms)
✖ breaks (0.453517ms)
▶ math
  ✔ sub (0.112578ms)
  ﹣ later (0.728978ms) # SKIP
  ✖ fails too (0.078778ms)
  ✔ todo one (0.077286ms) # TODO
✖ math (1.301203ms)
▶ group
  ✔ inner (0.0943ms)
✔ group (0.345576ms)
ℹ tests 8
ℹ suites 1
ℹ pass 4
ℹ fail 2
ℹ cancelled 0
ℹ skipped 1
ℹ todo 1
ℹ duration_ms 90.116312

✖ failing tests:

test at a.test.mjs:3:1
✖ breaks (0.453517ms)
  AssertionError [ERR_ASSERTION]: 1 == 2
      at TestContext.<anonymous> (file:///r/a.test.mjs:3:29)

test at a.test.mjs:4:75
✖ fails too (0.078778ms)
  Error: boom
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 4, failed: 2, skipped: 2 },
        cases: [
          { name: "breaks", verdict: "fail", file: "a.test.mjs", line: 3 },
          { name: "math > fails too", verdict: "fail", file: "a.test.mjs", line: 4 },
          { name: "math > later", verdict: "skip" },
          { name: "group > inner", verdict: "pass" },
        ],
      },
    },
    ...FAILURES,
    {
      name: "tap reporter",
      input: {
        command: "node --test",
        output: `TAP version 13
# Subtest: breaks
not ok 1 - breaks
  ---
  duration_ms: 0.527087
  type: 'test'
  location: '/r/a.test.mjs:3:1'
  failureType: 'testCodeFailure'
  error: 'stock differs'
  name: 'AssertionError'
  expected: 2
  actual: 1
  operator: 'strictEqual'
  stack: |-
    Test.check (/r/node_modules/x/index.js:8:1)
    TestContext.<anonymous> (file:///r/a.test.mjs:4:10)
    Test.run (node:internal/test_runner/test:1402:25)
  ...
# Subtest: math
    # Subtest: later
    ok 1 - later # SKIP
      ---
      duration_ms: 0.738512
      type: 'test'
      ...
    1..1
not ok 2 - math
  ---
  duration_ms: 1.2
  type: 'suite'
  location: '/r/a.test.mjs:8:1'
  failureType: 'hookFailed'
  error: 'after broke'
  stack: |-
    SuiteContext.<anonymous> (/r/a.test.mjs:9:23)
  ...
# Subtest: /r/b.test.mjs
not ok 3 - /r/b.test.mjs
  ---
  duration_ms: 78.7
  type: 'test'
  location: '/r/b.test.mjs:1:1'
  failureType: 'testCodeFailure'
  exitCode: ~
  signal: 'SIGKILL'
  error: 'test failed'
  ...
1..3
# tests 2
# suites 1
# pass 0
# fail 1
# cancelled 0
# skipped 1
# todo 0
# duration_ms 75.2
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 1, skipped: 1 },
        cases: [
          {
            name: "breaks",
            verdict: "fail",
            file: "/r/a.test.mjs",
            line: 4,
            message: "stock differs\nactual: 1\nexpected: 2",
          },
          { name: "math > later", verdict: "skip" },
          { name: "math", verdict: "fail", file: "/r/a.test.mjs", line: 9, message: "after broke" },
          { name: "/r/b.test.mjs", verdict: "fail", message: "test failed (SIGKILL)" },
        ],
      },
    },
    {
      name: "dot reporter",
      input: {
        command: "node --test --test-reporter=dot",
        output: ".X..X.X...\n\nFailed tests:\n\n✖ breaks (0.62283ms)\n  AssertionError [ERR_ASSERTION]: 1 == 2\n",
        exit: 1,
      },
      gives: { tests: { passed: 7, failed: 3, skipped: 0 }, cases: [{ name: "breaks", verdict: "fail" }] },
    },
    {
      name: "dot reporter with a todo that fails, as it should",
      input: {
        command: "node --test --test-reporter=dot",
        output:
          ".XX\n\nFailed tests:\n\n✖ breaks (0.62ms)\n  Error: no price list\n      at TestContext.<anonymous> (file:///repo/a.test.mjs:5:9)\n⚠ later (0.12ms) # TODO\n  AssertionError [ERR_ASSERTION]: 1 == 2\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 1, skipped: 1 },
        cases: [{ name: "breaks", verdict: "fail", file: "a.test.mjs", line: 5, message: "Error: no price list" }],
      },
    },
    {
      name: "two runs after each other, the tree of the first one cut off",
      input: {
        command: "npm test",
        output:
          "ℹ tests 9\nℹ suites 0\nℹ pass 8\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n\n✖ failing tests:\n\ntest at a.test.mjs:3:1\n✖ adds (1ms)\n  Error: one\n\n✔ subtracts (1ms)\nℹ tests 1\nℹ suites 0\nℹ pass 1\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 9, failed: 1, skipped: 0 },
        cases: [
          { name: "adds", verdict: "fail", file: "a.test.mjs", line: 3, message: "Error: one" },
          { name: "subtracts", verdict: "pass" },
        ],
      },
    },
    {
      name: "a file that does not load",
      input: {
        command: "node --test",
        output:
          "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/r/none.mjs'\n✖ load.test.mjs (27.691124ms)\n✔ fine (0.634777ms)\nℹ tests 2\nℹ suites 0\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 70.360571\n\n✖ failing tests:\n\ntest at load.test.mjs:1:1\n✖ load.test.mjs (27.691124ms)\n  'test failed'\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 1, skipped: 0 },
        cases: [{ name: "load.test.mjs", verdict: "fail" }],
        doubts: ["load.test.mjs crashed"],
      },
    },
    {
      name: "nothing to run",
      input: {
        command: "node --test",
        output:
          "ℹ tests 0\nℹ suites 0\nℹ pass 0\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 5.852068\n",
        exit: 0,
      },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "another runner's tap",
      input: { command: "node a.js", output: "TAP version 13\nok 1 same\n1..1\n# tests 1\n# pass  1\n", exit: 0 },
      gives: undefined,
    },
  ],
});

/** Dots tell no todo from a failure; the list below them does. */
function readDots(output: string): Parsed {
  const dots = output.split("\n\n")[0] ?? "";
  const listed = readFailures(output.split("\n"));
  const failed = listed.filter((one) => !one.todo);
  const todo = Math.min(listed.length - failed.length, marks("X", dots));
  const cases = failed.map((one): TestCase => ({ name: one.title, verdict: "fail", ...one.evidence }));
  return tests({ counts: { passed: marks(".", dots), failed: marks("X", dots) - todo, skipped: todo }, cases });
}
