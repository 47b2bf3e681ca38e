import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, sum, tests } from "./_shared.ts";

const TOTALS = /^Ran (?<ran>\d+) tests? in [\d.]+s\n\n(?:OK|FAILED|NO TESTS RAN)(?: \((?<details>[^)]*)\))?$/m;

/** Python's unittest, and Django's runner, which prints the same. */
export default defineParser({
  recognizes: ({ output }) => (TOTALS.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ ran, details = "" }) => {
      const of = (word: string): number => count(new RegExp(`\\b${word}=(\\d+)`).exec(details)?.[1]);
      const failed = of("failures") + of("errors") + of("unexpected successes");
      const skipped = of("skipped") + of("expected failures");
      return { passed: Math.max(0, count(ran) - failed - skipped), failed, skipped };
    });
    const failed = output
      .split(/^={60,}$/m)
      .slice(1)
      .map(readFailure);
    const other = matches(
      /^(?<name>\w+ \([\w.]+\))(?:\n.*)?? \.\.\. (?:(?<ok>ok)|skipped .*|expected failure)$/m,
      output,
    );
    return tests({
      counts: sum(counts),
      cases: [
        ...failed.filter((one) => one !== undefined),
        ...other.map(({ name = "", ok }): TestCase => ({ name, verdict: ok ? "pass" : "skip" })),
      ],
      doubts: matches(/^ImportError: Failed to import test module: (?<module>\S+)$/m, output).map(
        ({ module }) => `${module} did not load`,
      ),
    });
  },
  examples: [
    {
      name: "verbose",
      input: {
        command: "python3 -m unittest -v",
        output: `test_a (ut.T.test_a) ... ok
test_b (ut.T.test_b) ... FAIL
test_c (ut.T.test_c) ... skipped 'later'
test_d (ut.T.test_d) ... ERROR

======================================================================
ERROR: test_d (ut.T.test_d)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/r/ut.py", line 7, in test_d
    def test_d(self): raise RuntimeError("x")
RuntimeError: x

======================================================================
FAIL: test_b (ut.T.test_b)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/r/ut.py", line 4, in test_b
    def test_b(self): self.assertEqual(1,2)
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 4 tests in 0.000s

FAILED (failures=1, errors=1, skipped=1)
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 2, skipped: 1 },
        cases: [
          { name: "test_a (ut.T.test_a)", verdict: "pass" },
          {
            name: "test_b (ut.T.test_b)",
            verdict: "fail",
            file: "/r/ut.py",
            line: 4,
            message: "AssertionError: 1 != 2",
          },
          { name: "test_d (ut.T.test_d)", verdict: "fail", message: "RuntimeError: x" },
        ],
      },
    },
    {
      name: "nothing to run",
      input: {
        command: "python3 -m unittest",
        output:
          "\n----------------------------------------------------------------------\nRan 0 tests in 0.000s\n\nOK\n",
        exit: 0,
      },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "pytest",
      input: { command: "pytest -q", output: ".     [100%]\n1 passed in 0.00s\n", exit: 0 },
      gives: undefined,
    },
  ],
});

function readFailure(block: string): TestCase | undefined {
  const name = /^\n(?:FAIL|ERROR): (.+)$/m.exec(block)?.[1];
  if (!name) return undefined;
  const [own = ""] = block.split(/^-{60,}\nRan /m);
  const place = [...own.matchAll(/^ {2}File "((?!.*\/lib\/python).+)", line (\d+)/gm)].at(-1);
  const message = [...own.matchAll(/^\w[\w.]*(?:Error|Exception|Warning|Failure)\b.*$/gm)].at(-1)?.[0];
  return {
    name,
    verdict: "fail",
    ...(place?.[1] ? { file: place[1], line: count(place[2]) } : {}),
    ...(message ? { message } : {}),
  };
}
