import { defineParser, type Counts, type TestCase } from "../../sdk/index.ts";
import { Nesting, count, countBefore, indentOf, matches, tally, tests } from "./_shared.ts";
import { FAILURES } from "./_shared-tap-examples.ts";
import { explainPoint, readTerse } from "./_shared-tap.ts";

const POINT =
  /^(?<indent> *)(?<not>not )?ok (?<number>\d+)(?: -)?(?: (?<title>.*?))?(?<note> # (?:SKIP|TODO)\b.*)?(?: # time=\S+)?(?: \{)?$/i;
/** node-tap 18 and later end with this comment in every reporter. */
const BRACES = /^# \{ total: \d+(?<counts>.*) \}$/m;
/** node-tap's base and terse reporters: `Asserts:  3 pass  1 fail …` (18+), `Asserts:  1 failed, 3 passed …` (16). */
const ASSERTS = /^Asserts: +(?<counts>.*)$/m;

/** TAP 12 to 14 (tape, node-tap, mocha, ava and vitest with their tap reporters) and node-tap's own base and terse reporters. */
export default defineParser({
  recognizes: ({ output }) => {
    if (/^# cancelled \d+$/m.test(output)) return 0;
    if (ASSERTS.test(output) && /^Suites: /m.test(output)) return 0.9;
    const points = matches(/^ *(?<point>(?:not )?ok \d+)\b/m, output).length;
    if (/^TAP version \d+$/m.test(output) || BRACES.test(output)) return 0.8;
    return points > 0 && /^1\.\.\d+/m.test(output) ? 0.75 : 0;
  },
  parse: ({ output }) => {
    const points = readPoints(output);
    const braces = BRACES.exec(output)?.groups?.counts;
    const asserts = ASSERTS.exec(output)?.groups?.counts;
    const counts = braces ? readBraces(braces) : asserts ? readAsserts(asserts) : tally(points);
    const doubts = /^Bail out!/m.test(output) ? ["the run bailed out"] : planDoubts(output);
    return tests({ counts, cases: points.length > 0 ? points : readTerse(output), doubts });
  },
  examples: [
    {
      name: "tape",
      input: {
        command: "node a.js",
        output: `TAP version 13
# one
ok 1 same
not ok 2 differs
  ---
    operator: equal
    expected: 2
    actual:   1
    at: Test.<anonymous> (/r/a.js:1:77)
  ...
# SKIP two

1..2
# tests 2
# pass  1
# fail  1
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 1, skipped: 0 },
        cases: [{ name: "differs", verdict: "fail", file: "/r/a.js", line: 1, message: "expected: 2\nactual: 1" }],
        doubts: [],
      },
    },
    {
      name: "node-tap 21, nested",
      input: {
        command: "tap",
        output: `TAP version 14
1..1
# Subtest: a.test.js
    # Subtest: adds
        ok 1 - should be equal
        not ok 2 - same
          ---
          compare: ===
          at:
            fileName: a.test.js
            lineNumber: 1
          ...

        1..2
    not ok 1 - adds # time=11.026ms

    ok 2 - later # SKIP
    1..2
not ok 1 - a.test.js # time=11.026ms

# { total: 3, pass: 1, fail: 1, skip: 1 }
# time=1302.791ms
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 1, skipped: 1 },
        cases: [
          { name: "a.test.js > adds > should be equal", verdict: "pass" },
          { name: "a.test.js > adds > same", verdict: "fail", file: "a.test.js", line: 1 },
          { name: "a.test.js > later", verdict: "skip" },
        ],
      },
    },
    {
      name: "node-tap 21, terse reporter",
      input: {
        command: "tap -R terse",
        output:
          "\n FAIL  a.test.js 1 failed 1 todo 1 skip of 5 19ms\n~ later\n☐ todo\n\n✖ adds > same\n  -2\n  +1\n\nAsserts:  3 pass  1 fail  1 skip  1 todo  4 of 6 complete\nSuites:   1 pass  1 fail  0 skip          2 of 2 complete\n\n# { total: 6, pass: 3, fail: 1, todo: 1, skip: 1 }\n",
        exit: 1,
      },
      gives: { tests: { passed: 3, failed: 1, skipped: 2 }, cases: [{ name: "adds > same", verdict: "fail" }] },
    },
    {
      name: "node-tap 16, terse reporter",
      input: {
        command: "tap -R terse",
        output:
          " FAIL  a.test.js\n ✖ same\n\nSuites:   1 failed, 1 passed, 2 of 2 completed\nAsserts:  1 failed, 3 passed, 1 todo, 1 skip, of 6\n",
        exit: 1,
      },
      gives: { tests: { passed: 3, failed: 1, skipped: 2 }, cases: [{ name: "same", verdict: "fail" }] },
    },
    ...FAILURES,
    {
      name: "a run that ended before its plan",
      input: { command: "node a.js", output: "TAP version 13\n1..3\nok 1 - a\n", exit: 0 },
      gives: { tests: { passed: 1, failed: 0, skipped: 0 }, doubts: ["3 tests were planned, 1 reported"] },
    },
    {
      name: "node:test's tap has a parser of its own",
      input: {
        command: "node --test",
        output: "TAP version 13\nok 1 - a\n1..1\n# tests 1\n# pass 1\n# cancelled 0\n",
        exit: 0,
      },
      gives: undefined,
    },
  ],
});

/** Leaves only: a point that closes a subtest says again what its children said. */
function readPoints(output: string): TestCase[] {
  const cases: TestCase[] = [];
  const nesting = new Nesting();
  const open: { indent: number; title: string; points: number; failed: number }[] = [];
  const blocks = output.split(/^(?= *(?:# Subtest: |(?:not )?ok \d+\b))/m);
  for (const block of blocks) {
    const [line = ""] = block.split("\n", 1);
    const indent = indentOf(line);
    const subtest = /^ *# Subtest: (.*)/.exec(line)?.[1];
    if (subtest !== undefined) {
      nesting.enter(indent, subtest);
      open.push({ indent, title: subtest, points: 0, failed: 0 });
      continue;
    }
    const groups = POINT.exec(line)?.groups;
    if (!groups) continue;
    const title = groups.title ?? `test ${groups.number ?? ""}`;
    if (line.endsWith("{")) {
      nesting.enter(indent, title);
      continue;
    }
    const name = nesting.name(indent, title);
    const subject = open.at(-1);
    if (subject?.indent === indent && subject.title === title) {
      open.pop();
      if (subject.points > 0 && (!groups.not || subject.failed > 0)) continue;
    }
    const verdict = groups.note ? "skip" : groups.not ? "fail" : "pass";
    for (const above of open) {
      above.points += 1;
      if (verdict === "fail") above.failed += 1;
    }
    cases.push({
      name,
      verdict,
      ...(verdict === "fail" ? explainPoint(block, title) : {}),
    });
  }
  return cases;
}

function readBraces(text: string): Counts {
  const of = (word: string): number => count(new RegExp(`\\b${word}: (?<count>\\d+)`).exec(text)?.groups?.count);
  return { passed: of("pass"), failed: of("fail"), skipped: of("skip") + of("todo") };
}

function readAsserts(text: string): Counts {
  const of = (word: string): number => countBefore(word, text);
  return { passed: of("pass"), failed: of("fail"), skipped: of("skip") + of("todo") };
}

/** A plan that was not fulfilled: the process ended early, perhaps with exit 0. */
function planDoubts(output: string): string[] {
  const plans = matches(/^1\.\.(?<planned>\d+)/m, output).map(({ planned }) => count(planned));
  const reported = matches(/^(?<point>(?:not )?ok \d+)\b/m, output).length;
  const planned = plans.reduce((total, plan) => total + plan, 0);
  return plans.length > 0 && reported < planned ? [`${planned} tests were planned, ${reported} reported`] : [];
}
