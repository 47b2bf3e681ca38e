import { defineParser, type TestCase } from "../../sdk/index.ts";
import { Nesting, countBefore, indentOf, matches, sum, tests } from "./_shared.ts";
import { evidence, framePlace, linesUntil, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

const TOTALS = /^Tests: +(?<counts>.*\b\d+ total)$/m;
const NONE = /^No tests found, exiting with code \d$/m;
const LINE = /^(?<indent> {2,})(?<mark>[✓✕○✎√×]) (?:(?:skipped|todo) )?(?<title>.+?)(?: \([\d.]+ m?s\))?$/u;
const SUITE = /^(?:PASS|FAIL) (?:\S+ )?(?<file>\S+\.\w+)(?: \([\d.]+ m?s\))?$/;

/** Jest: default and verbose reporters. A suite that does not load counts no test, so it becomes a failing case and a doubt. */
export default defineParser({
  recognizes: ({ output }) =>
    TOTALS.test(output) && /^Test Suites: /m.test(output) ? 0.9 : NONE.test(output) ? 0.8 : 0,
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ counts = "" }) => ({
      passed: countBefore("passed", counts),
      failed: countBefore("failed", counts),
      skipped: countBefore("skipped", counts) + countBefore("todo", counts),
    }));
    const { failed, doubts } = readFailures(output);
    return tests({ counts: sum(counts), cases: [...readTree(output), ...failed], doubts });
  },
  examples: [
    {
      name: "verbose, with a suite that does not load",
      input: {
        command: "jest --verbose",
        output: `FAIL ./a.test.js
  calc
    ✓ adds (1 ms)
    ✕ breaks (1 ms)
    ○ skipped later
    ✎ todo some

  ● calc › breaks

    expect(received).toBe(expected) // Object.is equality

    Expected: 2
    Received: 1

      at Object.toBe (a.test.js:1:98)

FAIL ./load.test.js
  ● Test suite failed to run

    Cannot find module './none' from 'load.test.js'

PASS ./ok.test.js
  ✓ fine

Test Suites: 2 failed, 1 passed, 3 total
Tests:       1 failed, 1 skipped, 1 todo, 2 passed, 5 total
Snapshots:   0 total
Time:        0.239 s, estimated 1 s
Ran all test suites matching a|ok.
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 2, failed: 1, skipped: 2 },
        cases: [
          { name: "./a.test.js > calc > adds", verdict: "pass" },
          {
            name: "calc > breaks",
            verdict: "fail",
            file: "a.test.js",
            line: 1,
            message: "expect(received).toBe(expected) // Object.is equality\n\nExpected: 2\nReceived: 1",
          },
          { name: "./ok.test.js > fine", verdict: "pass" },
          {
            name: "./load.test.js (did not load)",
            verdict: "fail",
            file: "./load.test.js",
            message: "Cannot find module './none' from 'load.test.js'",
          },
        ],
        doubts: ["./load.test.js did not load"],
      },
    },
    {
      name: "a diff, an error of a helper, a time limit, a hook, code that is none, and the summary that says it all again",
      input: {
        command: "jest",
        output: `FAIL ./cart.test.js
  ● cart › keeps items

    expect(received).toEqual(expected) // deep equality

    - Expected  - 1
    + Received  + 1

      Array [
    -   "pot",
    +   "cup",
      ]

      3 |   test("adds up", () => {});
    > 4 |   test("keeps items", () => { expect(["cup"]).toEqual(["pot"]); });
        |                                               ^

      at Object.toEqual (cart.test.js:4:65)

  ● cart › loads

    TypeError: no price list

      1 | exports.total = () => {
    > 2 |   throw new TypeError("no price list");

      at exports.total (total.js:2:9)
      at Object.total (cart.test.js:5:25)

  ● cart › waits

    thrown: "Exceeded timeout of 30 ms for a test."

      at _getError (node_modules/jest-circus/build/jestAdapterInit.js:1985:12)
          at Array.map (<anonymous>)

    Cause:
        thrown: "Exceeded timeout of 30 ms for a test."

          at test (cart.test.js:6:3)


  ● Test suite failed to run

    after broke

      at Object.<anonymous> (cart.test.js:10:54)

FAIL ./syntax.test.js
  ● Test suite failed to run

    Jest encountered an unexpected token

    Here's what you can do:
     • If you are trying to use TypeScript, see https://jestjs.io/docs/getting-started#using-typescript

    Details:

    SyntaxError: /repo/syntax.test.js: Unexpected token (2:0)

      1 | test("x", () => {
    > 2 |

      at constructor (node_modules/@babel/parser/src/parse-error.ts:96:45)

Summary of all failing tests
FAIL ./cart.test.js
  ● cart › loads

    TypeError: no price list

FAIL ./syntax.test.js
  ● Test suite failed to run

    Jest encountered an unexpected token

Test Suites: 2 failed, 2 total
Tests:       3 failed, 1 passed, 4 total
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 3, skipped: 0 },
        cases: [
          {
            name: "cart > keeps items",
            verdict: "fail",
            file: "cart.test.js",
            line: 4,
            message:
              'expect(received).toEqual(expected) // deep equality\n\n- Expected  - 1\n+ Received  + 1\n\n  Array [\n-   "pot",\n+   "cup",\n  ]',
          },
          { name: "cart > loads", verdict: "fail", file: "total.js", line: 2, message: "TypeError: no price list" },
          {
            name: "cart > waits",
            verdict: "fail",
            line: 6,
            message: 'thrown: "Exceeded timeout of 30 ms for a test."',
          },
          { name: "./cart.test.js (did not load)", verdict: "fail", line: 10, message: "after broke" },
          {
            name: "./syntax.test.js (did not load)",
            verdict: "fail",
            file: "syntax.test.js",
            line: 2,
            message: "SyntaxError: /repo/syntax.test.js: Unexpected token (2:0)",
          },
        ],
        doubts: ["./cart.test.js failed outside of its tests", "./syntax.test.js did not load"],
      },
    },
    {
      name: "no tests, and content with it",
      input: { command: "jest --passWithNoTests", output: "No tests found, exiting with code 0\n", exit: 0 },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "vitest",
      input: { command: "vitest run", output: " Test Files  1 passed (1)\n      Tests  1 passed (1)\n", exit: 0 },
      gives: undefined,
    },
  ],
});

/** What the verbose reporter lists, without failures: the sections below name those once, in every reporter. */
function readTree(output: string): TestCase[] {
  const cases: TestCase[] = [];
  const nesting = new Nesting();
  let listing = false;
  for (const line of output.split("\n")) {
    const file = SUITE.exec(line)?.groups?.file;
    if (file) {
      nesting.enter(0, file);
      listing = true;
      continue;
    }
    if (/^ +● /.test(line)) listing = false;
    if (!listing || line.trim() === "") continue;
    const groups = LINE.exec(line)?.groups;
    const indent = indentOf(line);
    if (!groups?.title) {
      if (indent >= 2) nesting.enter(indent, line.trim());
    } else if (groups.mark !== "✕" && groups.mark !== "×") {
      const verdict = groups.mark === "✓" || groups.mark === "√" ? "pass" : "skip";
      cases.push({ name: nesting.name(indent, groups.title), verdict });
    }
  }
  return cases;
}

/**
 * `● suite › test` above each failure; jest prints them again as a summary of long runs. A suite fails as a whole when it does
 * not load, and when a hook for all of its tests breaks: then its tests stand above.
 */
function readFailures(output: string): { failed: TestCase[]; doubts: string[] } {
  const failed = new Map<string, TestCase>();
  const doubts: string[] = [];
  const tested = new Set<string>();
  let file = "";
  for (const block of output.split(/^(?= {2}● |(?:PASS|FAIL) )/m)) {
    const suite = /^(?:PASS|FAIL) (?:\S+ )?(\S+\.\w+)/.exec(block)?.[1];
    if (suite !== undefined) file = suite;
    if (/^ +[✓√] /m.test(block)) tested.add(file);
    const title = /^ {2}● (.+)$/m.exec(block)?.[1];
    if (title === undefined || title === "Console") continue;
    const whole = title === "Test suite failed to run";
    const name = whole ? `${file} (did not load)` : title.split(" › ").join(" > ");
    if (failed.has(name)) continue;
    if (whole) doubts.push(`${file} ${tested.has(file) ? "failed outside of its tests" : "did not load"}`);
    else tested.add(file);
    failed.set(name, { name, verdict: "fail", ...(whole ? { file } : {}), ...explain(block) });
  }
  return { failed: [...failed.values()], doubts };
}

/** The error's words, a piece of code, the stack. For code that it cannot read jest tells at length what to do. */
function explain(block: string): Evidence {
  const said =
    block.slice(block.indexOf("\n") + 1).split(/^(?:Test Suites: |Summary of all failing tests$)/m, 1)[0] ?? "";
  const details = said.split(/^ +Details:$/m)[1] ?? said;
  const syntax = /^ *SyntaxError: (?<file>\/\S+): .*\((?<line>\d+):\d+\)$/m.exec(details)?.groups;
  return evidence(
    toMessage(linesUntil(details, /^ +at |^ *>? *\d+ \| /)),
    framePlace(details) ?? ownPlace(syntax?.file, syntax?.line),
  );
}
