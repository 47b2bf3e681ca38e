import { defineParser, type TestCase } from "../../sdk/index.ts";
import { countBefore, matches, sum, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

const TOTALS = /^ *Tests {2}(?<counts>.*) \(\d+\)$/m;
const NONE = /^No test files found, exiting with code \d$/m;
/** Names of the verbose reporter; `>` stands between file, suites and test. */
const VERBOSE =
  /^ (?<mark>[✓×↓□✗]) (?:\|(?<plain>[^|\n]+)\| | (?<coloured>\S[^\n]*?) {2})?(?<name>\S+\.\w+ > .+?)(?: \d+ms)?$/mu;
/** Several stand above one error when they failed with the same one. A project's name is told by bars, or by its colour. */
const FAILED =
  /^ FAIL {2}(?:\|(?<plain>[^|\n]+)\| | (?<coloured>\S[^\n]*?) {2})?(?<name>(?<file>\S+?\.\w+)(?: > .+| \[ \S+ \]))$/;
/** `❯ total total.js:2:9` or `❯ cart.test.js:6:25`. */
const FRAME = /^ *❯ (?:.* )?(?<file>\S+?):(?<line>\d+):\d+$/;

const UNLOADED = " (did not load)";

/** Vitest: default, verbose and dot reporters. Unhandled errors, files that do not load and `.only` are doubts. */
export default defineParser({
  recognizes: ({ output }) =>
    TOTALS.test(output) && /^ *Test Files {2}/m.test(output) ? 0.9 : NONE.test(output) ? 0.8 : 0,
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ counts = "" }) => ({
      passed: countBefore("passed", counts),
      failed: countBefore("failed", counts),
      skipped: countBefore("skipped", counts) + countBefore("todo", counts),
    }));
    const failed = readFailures(output);
    const unloaded = failed.filter((one) => one.name.endsWith(UNLOADED));
    const unhandled = /^ *Errors {2}(?<errors>\d+) errors?$/m.exec(output)?.groups?.errors;
    return tests({
      counts: sum(counts),
      cases: [...readVerbose(output), ...failed],
      doubts: [
        ...unloaded.map(({ file }) => `${file} did not load`),
        ...(unhandled ? [`vitest caught unhandled errors (${unhandled})`] : []),
      ],
    });
  },
  examples: [
    {
      name: "default reporter, with a file that does not load",
      input: {
        command: "vitest run",
        output: `
 RUN  v4.1.12 /r

 ❯ a.test.js (4 tests | 1 failed | 1 skipped | 1 todo) 5ms
     ✓ adds 1ms
     × breaks 3ms
     ↓ later
     □ some
 ✓ ok.test.js (1 test) 1ms
 ❯ load.test.js (0 test)

⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  load.test.js [ load.test.js ]
Error: Cannot find module './none' imported from /r/load.test.js
 ❯ load.test.js:1:1

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  a.test.js > calc > breaks
AssertionError: expected 1 to be 2 // Object.is equality

- Expected
+ Received

 ❯ a.test.js:2:98
      1| import { test, expect, describe } from 'vitest';

 Test Files  2 failed | 1 passed (3)
      Tests  1 failed | 2 passed | 1 skipped | 1 todo (5)
   Start at  01:35:48
   Duration  318ms (transform 25ms, setup 0ms, import 31ms, tests 7ms, environment 0ms)
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 2, failed: 1, skipped: 2 },
        cases: [
          {
            name: "a.test.js > calc > breaks",
            verdict: "fail",
            file: "a.test.js",
            line: 2,
            message: "AssertionError: expected 1 to be 2 // Object.is equality\n\n- Expected\n+ Received",
          },
          {
            name: "load.test.js (did not load)",
            verdict: "fail",
            file: "load.test.js",
            line: 1,
            message: "Error: Cannot find module './none' imported from /r/load.test.js",
          },
        ],
        doubts: ["load.test.js did not load"],
      },
    },
    {
      name: "projects, a diff, a hook, a time limit, and two tests with one error",
      input: {
        command: "vitest run",
        output: `
 RUN  v5.1.1 /repo

⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL   unit  cart.test.js > torn down
Error: after broke
 ❯ cart.test.js:10:54
      8|   test("fine", () => {});
     10| describe("torn down", () => { afterAll(() => { throw new Error("after …

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/4]⎯

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 4 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  |unit| cart.test.js > keeps items
AssertionError: expected [ 'cup' ] to deeply equal [ 'pot' ]

- Expected
+ Received

  [
-   "pot",
+   "cup",
  ]

 ❯ cart.test.js:5:65
      3| describe("cart", () => {

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[2/4]⎯

 FAIL  cart.test.js > loads 1
 FAIL  cart.test.js > loads 2
TypeError: no price list
 ❯ read node_modules/prices/index.js:9:1
 ❯ total total.js:2:9
      1| export function total() {
 ❯ cart.test.js:6:25

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[3/4]⎯

 FAIL  cart.test.js > waits
TestTimeoutError: Test timed out in 30ms.
If this is a long-running test, pass a timeout value as the last argument.
 ❯ cart.test.js:7:3

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[4/4]⎯


 Test Files  1 failed (1)
      Tests  4 failed | 1 passed (5)
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 4, skipped: 0 },
        cases: [
          {
            name: "unit > cart.test.js > torn down",
            verdict: "fail",
            file: "cart.test.js",
            line: 10,
            message: "Error: after broke",
          },
          {
            name: "unit > cart.test.js > keeps items",
            verdict: "fail",
            line: 5,
            message:
              "AssertionError: expected [ 'cup' ] to deeply equal [ 'pot' ]\n\n- Expected\n+ Received\n\n  [\n-   \"pot\",\n+   \"cup\",\n  ]",
          },
          {
            name: "cart.test.js > loads 1",
            verdict: "fail",
            file: "total.js",
            line: 2,
            message: "TypeError: no price list",
          },
          { name: "cart.test.js > loads 2", verdict: "fail", line: 2, message: "TypeError: no price list" },
          {
            name: "cart.test.js > waits",
            verdict: "fail",
            line: 7,
            message:
              "TestTimeoutError: Test timed out in 30ms.\nIf this is a long-running test, pass a timeout value as the last argument.",
          },
        ],
      },
    },
    {
      name: "verbose reporter, errors ignored by its options",
      input: {
        command: "vitest run --reporter=verbose --dangerouslyIgnoreUnhandledErrors",
        output:
          " RUN  v4.1.12 /r\n\n ✓ unh.test.js > u 1ms\n ↓ unh.test.js > later\n\n Test Files  1 passed (1)\n      Tests  1 passed | 1 skipped (2)\n     Errors  1 error\n",
        exit: 0,
      },
      gives: {
        tests: { passed: 1, failed: 0, skipped: 1 },
        cases: [
          { name: "unh.test.js > u", verdict: "pass" },
          { name: "unh.test.js > later", verdict: "skip" },
        ],
        doubts: ["vitest caught unhandled errors (1)"],
      },
    },
    {
      name: "no test files, and content with it",
      input: { command: "vitest run --passWithNoTests", output: "No test files found, exiting with code 0\n", exit: 0 },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "jest",
      input: {
        command: "jest",
        output: "Test Suites: 1 passed, 1 total\nTests:       1 passed, 1 total\n",
        exit: 0,
      },
      gives: undefined,
    },
  ],
});

function readVerbose(output: string): TestCase[] {
  return matches(VERBOSE, output)
    .filter(({ mark }) => mark !== "×" && mark !== "✗")
    .map(({ mark, plain, coloured, name = "" }) => ({
      name: inProject(plain ?? coloured, name),
      verdict: mark === "✓" ? "pass" : "skip",
    }));
}

function readFailures(output: string): TestCase[] {
  const cases: TestCase[] = [];
  let above: TestCase[] = [];
  let said: string[] = [];
  const close = (): void => {
    if (said.every((line) => line.trim() === "")) return;
    const found = explain(said);
    cases.push(...above.map((one) => ({ ...one, ...found })));
    above = [];
  };
  for (const line of output.split("\n")) {
    const groups = FAILED.exec(line)?.groups;
    if (groups?.name && groups.file) {
      close();
      said = [];
      const { file, plain, coloured } = groups;
      const name = groups.name.endsWith(" ]") ? `${file}${UNLOADED}` : groups.name;
      above.push({ name: inProject(plain ?? coloured, name), verdict: "fail", file });
    } else said.push(line);
  }
  close();
  return [...cases, ...above];
}

function inProject(project: string | undefined, name: string): string {
  return project === undefined ? name : `${project} > ${name}`;
}

function explain(said: readonly string[]): Evidence {
  const all = linesUntil(said.join("\n"), /^ *⎯{3,}/);
  const words = linesUntil(all.join("\n"), /^ *❯ |^ {4,}\d+\|/);
  const places = all.map((line) => FRAME.exec(line)?.groups).map((groups) => ownPlace(groups?.file, groups?.line));
  return evidence(
    toMessage(words),
    places.find((place) => place !== undefined),
  );
}
