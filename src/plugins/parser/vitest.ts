import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, countBefore, matches, sum, tests } from "./_shared.ts";

const TOTALS = /^ *Tests {2}(?<counts>.*) \(\d+\)$/m;
const NONE = /^No test files found, exiting with code \d$/m;
/** Names of the verbose reporter; `>` stands between file, suites and test. */
const VERBOSE = /^ (?<mark>[✓×↓□✗]) (?<name>\S+\.\w+ > .+?)(?: \d+ms)?$/mu;
const FAILED = /^ FAIL {2}(?<name>(?<file>\S+?\.\w+) > .+)$/m;

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
    const unloaded = matches(/^ FAIL {2}(?<file>\S+) \[ \S+ \]$/m, output);
    const unhandled = /^ *Errors {2}(?<errors>\d+) errors?$/m.exec(output)?.groups?.errors;
    return tests({
      counts: sum(counts),
      cases: [
        ...readVerbose(output),
        ...readFailures(output),
        ...unloaded.map(({ file = "" }): TestCase => ({ name: `${file} (did not load)`, verdict: "fail", file })),
      ],
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
            message: "AssertionError: expected 1 to be 2 // Object.is equality",
          },
          { name: "load.test.js (did not load)", verdict: "fail" },
        ],
        doubts: ["load.test.js did not load"],
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
    .map(({ mark, name = "" }) => ({ name, verdict: mark === "✓" ? "pass" : "skip" }));
}

function readFailures(output: string): TestCase[] {
  return output
    .split(/^(?= FAIL {2})/m)
    .slice(1)
    .flatMap((block): TestCase[] => {
      const { name, file } = FAILED.exec(block)?.groups ?? {};
      if (!name || !file) return [];
      const message = /^\w*(?:Error|Exception)\b.*$/m.exec(block)?.[0];
      const line = new RegExp(`❯ (?:.* )?${RegExp.escape(file)}:(?<line>\\d+):`).exec(block)?.groups?.line;
      return [{ name, verdict: "fail", file, ...(line ? { line: count(line) } : {}), ...(message ? { message } : {}) }];
    });
}
