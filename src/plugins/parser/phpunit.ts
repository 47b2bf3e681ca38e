import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, sum, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage } from "./_shared-evidence.ts";

const GREEN = /^OK \((?<tests>[\d,]+) tests?, [\d,]+ assertions?\)$/m;
const OTHER = /^Tests: (?<tests>[\d,]+), Assertions: [\d,]+(?<details>(?:, [\w ]+: \d+)*)\.$/m;
const NONE = /^No tests executed!$/m;
const FRAME = /^(?<file>(?:\/|[A-Za-z]:\\).+\.php):(?<line>\d+)$/m;
const CASE = /^\d+\) (?<name>[\w\\]+::.+)\n(?<body>(?:.+\n|\n(?!\d+\) |--|There w))*)/m;

/** PHPUnit 8 to 11. Risky tests (without an assertion) count as passed, as PHPUnit does, and are a doubt when all are. */
export default defineParser({
  recognizes: ({ output }) => (GREEN.test(output) || OTHER.test(output) ? 0.9 : NONE.test(output) ? 0.8 : 0),
  parse: ({ output }) => {
    const counts = [...matches(GREEN, output), ...matches(OTHER, output)].map(({ tests, details = "" }) => {
      const of = (word: string): number => count(new RegExp(`\\b${word}: (\\d+)`).exec(details)?.[1]);
      const failed = of("Failures") + of("Errors");
      const skipped = of("Skipped") + of("Incomplete");
      return { passed: Math.max(0, count(tests) - failed - skipped), failed, skipped, risky: of("Risky") };
    });
    const total = sum(counts);
    const risky = counts.reduce((all, one) => all + one.risky, 0);
    return tests({
      counts: total,
      cases: readFailures(output),
      doubts: risky > 0 && risky >= total.passed ? ["no test made an assertion"] : [],
    });
  },
  examples: [
    {
      name: "red",
      input: {
        command: "phpunit tests",
        output: `PHPUnit 9.6.7 by Sebastian Bergmann and contributors.

.FSERI.                                                             7 / 7 (100%)

Time: 00:00.002, Memory: 4.00 MB

There was 1 error:

1) ATest::testErr
RuntimeException: x

/x/php/tests/ATest.php:6

--

There was 1 failure:

1) ATest::testBreaks
Failed asserting that two arrays are equal.
--- Expected
+++ Actual
@@ @@
 Array (
-    0 => 'pot'
+    0 => 'cup'
 )

/x/php/vendor/acme/assert/Assert.php:9
/x/php/tests/ATest.php:4

--

There was 1 risky test:

1) ATest::testRisky
This test did not perform any assertions

/x/php/tests/ATest.php:7

ERRORS!
Tests: 7, Assertions: 3, Errors: 1, Failures: 1, Skipped: 1, Incomplete: 1, Risky: 1.
`,
        exit: 2,
      },
      gives: {
        tests: { passed: 3, failed: 2, skipped: 2 },
        cases: [
          {
            name: "ATest::testErr",
            verdict: "fail",
            file: "/x/php/tests/ATest.php",
            line: 6,
            message: "RuntimeException: x",
          },
          {
            name: "ATest::testBreaks",
            verdict: "fail",
            file: "/x/php/tests/ATest.php",
            line: 4,
            message:
              "Failed asserting that two arrays are equal.\n--- Expected\n+++ Actual\n@@ @@\n Array (\n-    0 => 'pot'\n+    0 => 'cup'\n )",
          },
        ],
      },
    },
    {
      name: "green",
      input: { command: "phpunit", output: "OK (1 test, 1 assertion)\n", exit: 0 },
      gives: { tests: { passed: 1, failed: 0, skipped: 0 }, cases: [], doubts: [] },
    },
    {
      name: "nothing to run, and content with it",
      input: {
        command: "phpunit none",
        output: "PHPUnit 9.6.7 by Sebastian Bergmann and contributors.\n\nNo tests executed!\n",
        exit: 0,
      },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "maven",
      input: { command: "mvn test", output: "[INFO] Tests run: 1, Failures: 0, Errors: 0, Skipped: 0\n", exit: 0 },
      gives: undefined,
    },
  ],
});

/** The lists of errors and failures; those of risky, skipped and incomplete tests are left out. */
function readFailures(output: string): TestCase[] {
  const lists = output
    .split(/^(?=There (?:was|were) \d+ )/m)
    .filter((part) => /^There w\w+ \d+ (?:error|failure)s?:/.test(part));
  return lists.flatMap((list) =>
    matches(CASE, list).map(({ name = "", body = "" }): TestCase => {
      const frames = matches(FRAME, body).map(({ file, line }) => ownPlace(file, line));
      const words = linesUntil(body, FRAME);
      return {
        name,
        verdict: "fail",
        ...evidence(
          toMessage(words),
          frames.find((one) => one !== undefined),
        ),
      };
    }),
  );
}
