import { defineParser, type Parsed, type TestCase } from "../../sdk/index.ts";
import { Nesting, count, indentOf, marks, matches, sum, tests } from "./_shared.ts";

/** node:test prints its totals as `ℹ tests 9` (spec) or `# tests 9` (tap), always with `cancelled` among them. */
const TOTALS =
  /^(?:ℹ|#) tests (?<tests>\d+)\n(?:(?:ℹ|#) suites \d+\n)?(?:ℹ|#) pass (?<passed>\d+)\n(?:ℹ|#) fail (?<failed>\d+)\n(?:ℹ|#) cancelled (?<cancelled>\d+)\n(?:ℹ|#) skipped (?<skipped>\d+)\n(?:ℹ|#) todo (?<todo>\d+)/m;
const SPEC = /^(?<indent> *)(?<mark>[✔✖﹣▶⚠]) (?<title>.*?)(?: \([\d.]+m?s\))?(?<note> # (?:SKIP|TODO).*)?$/u;
const DOTS = /^[.X]+\n/;

/**
 * node:test: reporters spec, tap and dot (which states no totals: its dots are counted). A file that exits red by itself
 * is a failing test of the file's name, and a doubt.
 */
export default defineParser({
  recognizes: ({ command, output }) => {
    if (TOTALS.test(output)) return 0.95;
    return DOTS.test(output) && (/\n\nFailed tests:\n\n✖ /.test(output) || command.includes("test-reporter=dot"))
      ? 0.8
      : 0;
  },
  parse: ({ output }) => {
    const totals = matches(TOTALS, output);
    if (totals.length === 0) return readDots(output);
    const counts = sum(
      totals.map((total) => ({
        passed: count(total.passed),
        failed: count(total.failed) + count(total.cancelled),
        skipped: count(total.skipped) + count(total.todo),
      })),
    );
    const cases = output.includes("\nℹ tests ") || output.startsWith("ℹ tests ") ? readSpec(output) : readTap(output);
    const crashed = cases.filter((one) => one.verdict === "fail" && one.line === 1 && one.file?.endsWith(one.name));
    return tests({ counts, cases, doubts: crashed.map((one) => `${one.name} crashed`) });
  },
  examples: [
    {
      name: "spec reporter with nested, skipped and failing tests",
      input: {
        command: "node --test",
        output: `✔ adds (0.461329ms)
✖ breaks (0.453517ms)
▶ math
  ✔ sub (0.112578ms)
  ﹣ later (0.728978ms) # SKIP
  ✖ fails too (0.078778ms)
  ✔ todo one (0.077286ms) # TODO
✖ math (1.301203ms)
▶ group
  ✔ inner (0.0943ms)
✔ group (0.345576ms)
ℹ tests 8
ℹ suites 1
ℹ pass 4
ℹ fail 2
ℹ cancelled 0
ℹ skipped 1
ℹ todo 1
ℹ duration_ms 90.116312

✖ failing tests:

test at a.test.mjs:3:1
✖ breaks (0.453517ms)
  AssertionError [ERR_ASSERTION]: 1 == 2
      at TestContext.<anonymous> (file:///r/a.test.mjs:3:29)

test at a.test.mjs:4:75
✖ fails too (0.078778ms)
  Error: boom
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 4, failed: 2, skipped: 2 },
        cases: [
          { name: "breaks", verdict: "fail", file: "a.test.mjs", line: 3 },
          { name: "math > fails too", verdict: "fail", file: "a.test.mjs", line: 4 },
          { name: "math > later", verdict: "skip" },
          { name: "group > inner", verdict: "pass" },
        ],
      },
    },
    {
      name: "tap reporter",
      input: {
        command: "node --test",
        output: `TAP version 13
# Subtest: breaks
not ok 1 - breaks
  ---
  duration_ms: 0.527087
  type: 'test'
  location: '/r/a.test.mjs:3:1'
  failureType: 'testCodeFailure'
  error: '1 == 2'
  ...
# Subtest: math
    # Subtest: later
    ok 1 - later # SKIP
      ---
      duration_ms: 0.738512
      type: 'test'
      ...
    1..1
ok 2 - math
  ---
  duration_ms: 1.2
  type: 'suite'
  ...
1..2
# tests 2
# suites 1
# pass 0
# fail 1
# cancelled 0
# skipped 1
# todo 0
# duration_ms 75.2
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 1, skipped: 1 },
        cases: [
          { name: "breaks", verdict: "fail", file: "/r/a.test.mjs", line: 3, message: "1 == 2" },
          { name: "math > later", verdict: "skip" },
        ],
      },
    },
    {
      name: "dot reporter",
      input: {
        command: "node --test --test-reporter=dot",
        output: ".X..X.X...\n\nFailed tests:\n\n✖ breaks (0.62283ms)\n  AssertionError [ERR_ASSERTION]: 1 == 2\n",
        exit: 1,
      },
      gives: { tests: { passed: 7, failed: 3, skipped: 0 }, cases: [{ name: "breaks", verdict: "fail" }] },
    },
    {
      name: "a file that does not load",
      input: {
        command: "node --test",
        output:
          "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/r/none.mjs'\n✖ load.test.mjs (27.691124ms)\n✔ fine (0.634777ms)\nℹ tests 2\nℹ suites 0\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 70.360571\n\n✖ failing tests:\n\ntest at load.test.mjs:1:1\n✖ load.test.mjs (27.691124ms)\n  'test failed'\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 1, skipped: 0 },
        cases: [{ name: "load.test.mjs", verdict: "fail" }],
        doubts: ["load.test.mjs crashed"],
      },
    },
    {
      name: "nothing to run",
      input: {
        command: "node --test",
        output:
          "ℹ tests 0\nℹ suites 0\nℹ pass 0\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 5.852068\n",
        exit: 0,
      },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "another runner's tap",
      input: { command: "node a.js", output: "TAP version 13\nok 1 same\n1..1\n# tests 1\n# pass  1\n", exit: 0 },
      gives: undefined,
    },
  ],
});

function readSpec(output: string): TestCase[] {
  const [body = "", failing = ""] = output.split(/^✖ failing tests:$/m);
  const placed = new Map(
    matches(/^test at (?<file>.+):(?<line>\d+):\d+\n✖ (?<title>.*?)(?: \([\d.]+m?s\))?$/m, failing).map((groups) => [
      groups.title,
      groups,
    ]),
  );
  const cases: TestCase[] = [];
  const nesting = new Nesting();
  const parents = new Set<string>();
  for (const line of body.split("\n")) {
    const groups = SPEC.exec(line)?.groups;
    if (!groups?.title) continue;
    const indent = indentOf(line);
    const name = nesting.name(indent, groups.title);
    if (groups.mark === "▶") {
      nesting.enter(indent, groups.title);
      parents.add(name);
    } else if (!parents.has(name)) {
      const verdict = groups.note || groups.mark === "﹣" ? "skip" : groups.mark === "✖" ? "fail" : "pass";
      const place = verdict === "fail" ? placed.get(groups.title) : undefined;
      cases.push({ name, verdict, ...(place?.file ? { file: place.file, line: count(place.line) } : {}) });
    }
  }
  return cases;
}

function readTap(output: string): TestCase[] {
  const cases: TestCase[] = [];
  const nesting = new Nesting();
  const blocks = output.split(/^(?= *(?:# Subtest: |(?:not )?ok \d+))/m);
  for (const block of blocks) {
    const subtest = /^( *)# Subtest: (.*)/.exec(block);
    if (subtest) nesting.enter(indentOf(block), subtest[2] ?? "");
    const point = /^ *(not )?ok \d+ - (.*?)( # (?:SKIP|TODO).*)?$/m.exec(block);
    if (!point || / type: 'suite'/.test(block)) continue;
    const place = / location: '(.+):(\d+):\d+'/.exec(block);
    const message = / error: (?:'(.*)'|\|-\n\s*(.*))/.exec(block);
    cases.push({
      name: nesting.name(indentOf(block), point[2] ?? ""),
      verdict: point[3] ? "skip" : point[1] ? "fail" : "pass",
      ...(place?.[1] ? { file: place[1], line: count(place[2]) } : {}),
      ...(message ? { message: message[1] ?? message[2] ?? "" } : {}),
    });
  }
  return cases;
}

function readDots(output: string): Parsed {
  const dots = output.split("\n\n")[0] ?? "";
  const failed = matches(/^✖ (?<title>.*?)(?: \([\d.]+m?s\))?$/m, output);
  const cases = failed.map((groups): TestCase => ({ name: groups.title ?? "", verdict: "fail" }));
  return tests({ counts: { passed: marks(".", dots), failed: marks("X", dots), skipped: 0 }, cases });
}
