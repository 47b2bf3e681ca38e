import { defineParser, type Counts, type TestCase } from "../../sdk/index.ts";
import { countBefore, marks, matches, sum, tests } from "./_shared.ts";

/** `=== 2 failed, 4 passed in 0.02s ===`, and without the rules when quiet. */
const TOTALS =
  /^(?:=+ )?(?<counts>(?:\d+ (?:failed|passed|skipped|deselected|xfailed|xpassed|warnings?|errors?|rerun|subtests passed)(?:, )?)+|no tests (?:ran|collected)(?: \(\d+ errors?\))?) in [\d.]+s(?: \([\d:]+\))?(?: =+)?$/m;
const SUMMARY = /^(?<verdict>FAILED|ERROR) (?<name>(?<file>[^\s:]+)(?:::.+?)?)(?: - (?<message>.*))?$/m;
const VERBOSE =
  /^(?:\[gw\d+\] \[ *\d+%\] (?<state>PASSED|SKIPPED|XFAIL|XPASS) (?<parallel>\S+::.+?)|(?<name>\S+::.+?) (?<verdict>PASSED|SKIPPED|XFAIL|XPASS)(?: \(.*\))?(?: +\[ *\d+%\])?) *$/m;
const DOTS = /^(?:\S+\.py )?(?<dots>[.FEsxX]+) +\[ *\d+%\]$/m;

/** pytest: plain, verbose, quiet and parallel (xdist). Errors in fixtures and while collecting count as failed, xfail as skipped. */
export default defineParser({
  recognizes: ({ output }) => {
    if (TOTALS.test(output)) return 0.9;
    return DOTS.test(output) && (/^=+ short test summary info =+$/m.test(output) || /\[100%\]/.test(output)) ? 0.8 : 0;
  },
  parse: ({ output }) => {
    const stated = matches(TOTALS, output).map(({ counts = "" }) => ({
      passed: countBefore("passed", counts) + countBefore("xpassed", counts),
      failed: countBefore("failed", counts) + countBefore("errors?\\b", counts),
      skipped: countBefore("skipped", counts) + countBefore("xfailed", counts),
    }));
    const failed = matches(SUMMARY, output).map(({ name = "", file = "", message }): TestCase => ({
      name,
      verdict: "fail",
      file,
      ...lineOf(file, name, output),
      ...(message ? { message } : {}),
    }));
    const other = matches(VERBOSE, output).map(({ name, parallel, verdict, state }): TestCase => {
      const word = verdict ?? state;
      return { name: name ?? parallel ?? "", verdict: word === "PASSED" || word === "XPASS" ? "pass" : "skip" };
    });
    const unloaded = matches(/^_+ ERROR collecting (?<file>\S+) _+$/m, output);
    return tests({
      counts: stated.length > 0 ? sum(stated) : readDots(output),
      cases: [...failed, ...other],
      doubts: unloaded.map(({ file }) => `${file} did not load`),
    });
  },
  examples: [
    {
      name: "plain",
      input: {
        command: "pytest",
        output: `============================= test session starts ==============================
platform linux -- Python 3.11.7, pytest-9.1.1, pluggy-1.6.0
rootdir: /r
collected 9 items

test_a.py .Fsx.F.E                                                       [ 88%]
test_ok.py .                                                             [100%]

=================================== FAILURES ===================================
_________________________________ test_breaks __________________________________

    def test_breaks():
>       assert 1==2, "one is not two"
E       AssertionError: one is not two

test_a.py:4: AssertionError
=========================== short test summary info ============================
FAILED test_a.py::test_breaks - AssertionError: one is not two
FAILED test_a.py::test_p[2] - assert 2 == 1
ERROR test_a.py::test_err - RuntimeError: no db
========== 2 failed, 4 passed, 1 skipped, 1 xfailed, 1 error in 0.02s ==========
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 4, failed: 3, skipped: 2 },
        cases: [
          {
            name: "test_a.py::test_breaks",
            verdict: "fail",
            file: "test_a.py",
            line: 4,
            message: "AssertionError: one is not two",
          },
          { name: "test_a.py::test_err", verdict: "fail" },
        ],
      },
    },
    {
      name: "parallel and verbose",
      input: {
        command: "pytest -n2 -v",
        output:
          "2 workers [3 items]\nscheduling tests via LoadScheduling\n\ntest_a.py::test_adds \n[gw0] [ 33%] PASSED test_a.py::test_adds \n[gw1] [ 66%] SKIPPED test_a.py::test_later \n[gw0] [100%] PASSED test_ok.py::test_p[a b] \n\n================= 2 passed, 1 skipped, 3 warnings in 61.21s (0:01:01) ==================\n",
        exit: 0,
      },
      gives: {
        tests: { passed: 2, failed: 0, skipped: 1 },
        cases: [
          { name: "test_a.py::test_adds", verdict: "pass" },
          { name: "test_a.py::test_later", verdict: "skip" },
          { name: "test_ok.py::test_p[a b]", verdict: "pass" },
        ],
      },
    },
    {
      name: "twice quiet: no totals, so the dots are counted",
      input: {
        command: "pytest -qq",
        output:
          ".Fsx.F.E.                                                                [100%]\n=========================== short test summary info ============================\nFAILED test_a.py::test_breaks - assert 1 == 2\n",
        exit: 1,
      },
      gives: { tests: { passed: 4, failed: 3, skipped: 2 } },
    },
    {
      name: "a file that cannot be imported",
      input: {
        command: "pytest",
        output:
          "collected 0 items / 1 error\n\n________________________ ERROR collecting ld/test_ld.py ________________________\nE   ModuleNotFoundError: No module named 'nonex_mod'\n=========================== short test summary info ============================\nERROR ld/test_ld.py\n!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!\n=============================== 1 error in 0.06s ===============================\n",
        exit: 2,
      },
      gives: {
        tests: { passed: 0, failed: 1, skipped: 0 },
        cases: [{ name: "ld/test_ld.py", verdict: "fail" }],
        doubts: ["ld/test_ld.py did not load"],
      },
    },
    {
      name: "nothing collected",
      input: {
        command: "pytest",
        output:
          "collected 0 items\n\n============================ no tests ran in 0.00s =============================\n",
        exit: 5,
      },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "unittest",
      input: { command: "python -m unittest", output: "..\n---\nRan 2 tests in 0.000s\n\nOK\n", exit: 0 },
      gives: undefined,
    },
  ],
});

function readDots(output: string): Counts {
  const dots = matches(DOTS, output)
    .map((groups) => groups.dots ?? "")
    .join("");
  return { passed: marks(".X", dots), failed: marks("FE", dots), skipped: marks("sx", dots) };
}

/** The failure's own section ends with `file:line: Error`. */
function lineOf(file: string, name: string, output: string): { line?: number } {
  const title = name.split("::").slice(1).join(".");
  const at =
    title === "" ? -1 : output.search(new RegExp(`^_+ (?:ERROR at \\w+ of )?${RegExp.escape(title)} _+$`, "m"));
  if (at < 0) return {};
  const line = new RegExp(`^${RegExp.escape(file)}:(\\d+): `, "m").exec(output.slice(at))?.[1];
  return line ? { line: Number(line) } : {};
}
