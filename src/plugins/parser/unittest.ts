import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, sum, tests } from "./_shared.ts";
import { evidence, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

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
      name: "a diff, an error of a helper, what a test printed, a class that cannot be set up",
      input: {
        command: "python3 -m unittest -b",
        output: `EFE
======================================================================
ERROR: setUpClass (u_cart.Broken)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/repo/u_cart.py", line 28, in setUpClass
    raise shop.Closed("no database")
shop.Closed: no database

======================================================================
FAIL: test_text (u_cart.Cart.test_text)
Compares prices.
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/repo/u_cart.py", line 22, in test_text
    self.assertEqual("one\\ntwo", "one\\nthree", "prices differ")
    ~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.13/unittest/case.py", line 885, in assertEqual
    assertion_func(first, second, msg=msg)
AssertionError: 'one\\ntwo' != 'one\\nthree'
  one
- two
+ three
 : prices differ

Stdout:
shown by the test

======================================================================
ERROR: test_loads (u_cart.Cart.test_loads)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/repo/u_cart.py", line 14, in test_loads
    total()
  File "/repo/total.py", line 2, in total
    raise TypeError("no price list")
TypeError: no price list

----------------------------------------------------------------------
Ran 2 tests in 0.001s

FAILED (failures=1, errors=2)
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 3, skipped: 0 },
        cases: [
          {
            name: "setUpClass (u_cart.Broken)",
            verdict: "fail",
            file: "u_cart.py",
            line: 28,
            message: "shop.Closed: no database",
          },
          {
            name: "test_text (u_cart.Cart.test_text)",
            verdict: "fail",
            line: 22,
            message: "AssertionError: 'one\\ntwo' != 'one\\nthree'\n  one\n- two\n+ three\n : prices differ",
          },
          {
            name: "test_loads (u_cart.Cart.test_loads)",
            verdict: "fail",
            file: "total.py",
            line: 2,
            message: "TypeError: no price list",
          },
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
  return { name, verdict: "fail", ...explain(own) };
}

/** The last error of the traceback, in the words that follow its last frame; the last frame in the repo's own code. */
function explain(block: string): Evidence {
  const [printed = ""] = block.split(/^Std(?:out|err):$/m, 1);
  const frames = [...printed.matchAll(/^ {2}File "(?<file>[^"\n]+)", line (?<line>\d+).*\n(?: {4,}.*\n)*/gm)];
  const last = frames.at(-1);
  const rule = /^-{60,}\n/m.exec(printed);
  const start = last ? last.index + last[0].length : rule ? rule.index + rule[0].length : 0;
  const own = frames.map(({ groups }) => ownPlace(groups?.file, groups?.line)).filter((place) => place !== undefined);
  return evidence(toMessage(printed.slice(start).split("\n")), own.at(-1));
}
