import { defineParser, type Counts, type TestCase } from "../../sdk/index.ts";
import { countBefore, marks, matches, sum, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

/** `=== 2 failed, 4 passed in 0.02s ===`, and without the rules when quiet. */
const TOTALS =
  /^(?:=+ )?(?<counts>(?:\d+ (?:failed|passed|skipped|deselected|xfailed|xpassed|warnings?|errors?|rerun|subtests passed)(?:, )?)+|no tests (?:ran|collected)(?: \(\d+ errors?\))?) in [\d.]+s(?: \([\d:]+\))?(?: =+)?$/m;
/** A subtest says which round it was in brackets. */
const SUMMARY =
  /^(?<verdict>FAILED|ERROR|SUBFAILED(?<round>[[(][^\n]*?[\])])?) (?<name>(?<file>[^\s:]+)(?:::.+?)?)(?: - (?<message>.*))?$/m;
const VERBOSE =
  /^(?:\[gw\d+\] \[ *\d+%\] (?<state>PASSED|SKIPPED|XFAIL|XPASS) (?<parallel>\S+::.+?)|(?<name>\S+::.+?) (?<verdict>PASSED|SKIPPED|XFAIL|XPASS)(?: \(.*\))?(?: +\[ *\d+%\])?) *$/m;
const DOTS = /^(?:\S+\.py )?(?<dots>[.FEsxXu]+) +\[ *\d+%\]$/m;

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
    const sections = readSections(output);
    const short = readShort(output);
    const failed = matches(SUMMARY, output).map(({ verdict = "", round, name = "", file = "", message }): TestCase => {
      const title = [name.split("::").slice(1).join("."), ...(round ? [round] : [])].join(" ");
      const told = explain(sections.find((one) => one.isOf({ verdict, title, file }))?.text ?? "");
      const summary = message ? { message: toMessage([message]), ...short.get(message) } : {};
      return { name: round ? `${name} ${round}` : name, verdict: "fail", file, ...summary, ...told };
    });
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
        cases: [
          { name: "ld/test_ld.py", verdict: "fail", message: "ModuleNotFoundError: No module named 'nonex_mod'" },
        ],
        doubts: ["ld/test_ld.py did not load"],
      },
    },
    {
      name: "a diff, an error of a helper and its cause, a subtest, a fixture, a teardown",
      input: {
        command: "pytest",
        output: `test_cart.py FFuFE                                                       [100%]

==================================== ERRORS ====================================
___________________ ERROR at teardown of TestUnit.test_equal ___________________

    def tearDownClass(cls):
>       raise RuntimeError("teardown broke")
E       RuntimeError: teardown broke

test_cart.py:48: RuntimeError
=================================== FAILURES ===================================
__________________________________ test_items __________________________________

    def test_items():
>       assert ["cup"] == ["pot"]
E       AssertionError: assert ['cup'] == ['pot']
E         
E         At index 0 diff: 'cup' != 'pot'

test_cart.py:17: AssertionError
----------------------------- Captured stdout call -----------------------------
E shown by the test
__________________________________ test_loads __________________________________

    def load():
>       int("x")
E       ValueError: invalid literal for int() with base 10: 'x'

total.py:2: ValueError

The above exception was the direct cause of the following exception:

    def test_loads():
>       load()

test_cart.py:21: 
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ 

    def load():
>       raise TypeError("no price list") from error
E       TypeError: no price list

total.py:4: TypeError
________________________________ T.test_u (n=1) ________________________________

>               self.assertEqual(n, 0)
E               AssertionError: 1 != 0

test_cart.py:30: AssertionError
_____________________________ TestUnit.test_equal ______________________________

>       self.assertEqual(1, 2)
E       AssertionError: 1 != 2

test_cart.py:44: 
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ 

/usr/lib/python3.11/unittest/case.py:703: AssertionError
=========================== short test summary info ============================
FAILED test_cart.py::test_items - AssertionError: assert ['cup'] == ['pot']
FAILED test_cart.py::test_loads - TypeError: no price list
SUBFAILED(n=1) test_cart.py::T::test_u - AssertionError: 1 != 0
FAILED test_cart.py::TestUnit::test_equal - AssertionError: 1 != 2
ERROR test_cart.py::TestUnit::test_equal - RuntimeError: teardown broke
========================= 4 failed, 1 error in 0.97s =========================
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 5, skipped: 0 },
        cases: [
          {
            name: "test_cart.py::test_items",
            verdict: "fail",
            file: "test_cart.py",
            line: 17,
            message: "AssertionError: assert ['cup'] == ['pot']\n\n  At index 0 diff: 'cup' != 'pot'",
          },
          {
            name: "test_cart.py::test_loads",
            verdict: "fail",
            file: "total.py",
            line: 4,
            message: "TypeError: no price list",
          },
          { name: "test_cart.py::T::test_u (n=1)", verdict: "fail", line: 30, message: "AssertionError: 1 != 0" },
          { name: "test_cart.py::TestUnit::test_equal", verdict: "fail", line: 44, message: "AssertionError: 1 != 2" },
          {
            name: "test_cart.py::TestUnit::test_equal (2)",
            verdict: "fail",
            line: 48,
            message: "RuntimeError: teardown broke",
          },
        ],
      },
    },
    {
      name: "one line per failure",
      input: {
        command: "pytest -q --tb=line",
        output:
          "F                                                                        [100%]\n=================================== FAILURES ===================================\n/repo/test_cart.py:12: assert (1 + 1) == 3\n=========================== short test summary info ============================\nFAILED test_cart.py::test_adds - assert (1 + 1) == 3\n1 failed in 0.02s\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 1, skipped: 0 },
        cases: [
          {
            name: "test_cart.py::test_adds",
            verdict: "fail",
            file: "test_cart.py",
            line: 12,
            message: "assert (1 + 1) == 3",
          },
        ],
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
  return { passed: marks(".X", dots), failed: marks("FEu", dots), skipped: marks("sx", dots) };
}

interface Section {
  readonly text: string;
  isOf(failure: { verdict: string; title: string; file: string }): boolean;
}

/** What stands below `____ title ____`, without what the test printed itself. */
function readSections(output: string): Section[] {
  return output
    .split(/^(?=_{2,} \S.*\S _{2,}$)/m)
    .slice(1)
    .map((block) => {
      const heading = /^_+ (.*) _+$/m.exec(block)?.[1] ?? "";
      const text = linesUntil(block.slice(block.indexOf("\n") + 1), /^(?:=+ .* =+|-+ Captured .* -+)$/).join("\n");
      return {
        text,
        isOf: ({ verdict, title, file }) => {
          if (title === "") return heading === `ERROR collecting ${file}`;
          const own = verdict === "ERROR" ? heading.replace(/^ERROR at \w+ of /, "") : heading;
          return own === title && (verdict !== "ERROR" || own !== heading) && text.includes(file);
        },
      };
    });
}

/** The lines marked `E` of the last error; the last place in the repo's own code is where it was raised. */
function explain(text: string): Evidence {
  const marked: string[] = [];
  let before = "";
  for (const line of text.split("\n")) {
    if (/^E(?: |$)/.test(line)) {
      if (!/^E(?: |$)/.test(before)) marked.length = 0;
      marked.push(line.slice(1));
    }
    before = line;
  }
  const own = matches(PLACE, text)
    .map((groups) => ownPlace(groups.file ?? groups.quoted, groups.line ?? groups.at))
    .filter((place) => place !== undefined);
  return evidence(toMessage(marked), own.at(-1));
}

/** `file.py:12: in f`, and as Python prints it itself. */
const PLACE = /^(?:(?<file>[^\s:]+\.\w+):(?<line>\d+): |(?:E +| +)File "(?<quoted>[^"\n]+)", line (?<at>\d+))/m;

/** With one line per failure there are no sections: a line says `file:12: message`. */
function readShort(output: string): Map<string, Evidence> {
  const places = new Map<string, Evidence>();
  for (const line of output.split("\n")) {
    const [, file, at, message = ""] = /^([^\s:]+):(\d+): (.+)$/.exec(line) ?? [];
    const place = ownPlace(file, at);
    if (place && !places.has(message)) places.set(message, place);
  }
  return places;
}
