import { defineParser, type TestCase } from "../../sdk/index.ts";
import { Nesting, countBefore, indentOf, matches, sum, tests } from "./_shared.ts";

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
    const unloaded = matches(/^FAIL (?:\S+ )?(?<file>\S+\.\w+).*\n +● Test suite failed to run$/m, output);
    const cases = [
      ...readTree(output),
      ...readFailures(output),
      ...unloaded.map(({ file = "" }): TestCase => ({ name: `${file} (did not load)`, verdict: "fail", file })),
    ];
    return tests({ counts: sum(counts), cases, doubts: unloaded.map(({ file }) => `${file} did not load`) });
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
          { name: "calc > breaks", verdict: "fail" },
          { name: "./ok.test.js > fine", verdict: "pass" },
          { name: "./load.test.js (did not load)", verdict: "fail" },
        ],
        doubts: ["./load.test.js did not load"],
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

/** `● suite › test` above each failure; jest prints them again as a summary of long runs. */
function readFailures(output: string): TestCase[] {
  const names = matches(/^ {2}● (?<name>.+)$/m, output)
    .map(({ name = "" }) => name.split(" › ").join(" > "))
    .filter((name) => name !== "Test suite failed to run" && !/^Console$/.test(name));
  return [...new Set(names)].map((name) => ({ name, verdict: "fail" }));
}
