import { defineParser, type TestCase } from "../../sdk/index.ts";
import { Nesting, count, indentOf, matches, sum, tests } from "./_shared.ts";

const TOTALS =
  /^ {2}(?<passed>\d+) passing \([\d.]+ ?\w+\)(?:\n {2}(?<skipped>\d+) pending)?(?:\n {2}(?<failed>\d+) failing)?/m;
const LINE = /^(?<indent> {2,})(?:(?<pass>✔|✓|√)|(?<fail>\d+\))|(?<skip>-)) (?<title>.+?)(?: \(\d+ms\))?$/;

/** Mocha: reporters spec, dot, min, list and others that end in `2 passing (3ms)`. */
export default defineParser({
  recognizes: ({ output }) => (TOTALS.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ passed, failed, skipped }) => ({
      passed: count(passed),
      failed: count(failed),
      skipped: count(skipped),
    }));
    return tests({ counts: sum(counts), cases: [...readTree(output), ...readFailures(output)] });
  },
  examples: [
    {
      name: "spec reporter with a failing hook",
      input: {
        command: "mocha",
        output: `

  Array
    ✔ has length
    1) breaks
    - later
    deep
      ✔ works (slow)
      2) throws

  hooked
    3) "before all" hook for "never"


  2 passing (3ms)
  1 pending
  3 failing

  1) Array
       breaks:

      AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

1 !== 2

      + expected - actual

      at Context.<anonymous> (m.test.js:2:81)

  2) Array
       deep
         throws:
     TypeError: boom
      at Context.<anonymous> (m.test.js:2:210)

  3) hooked
       "before all" hook for "never":
     Error: no db
      at Context.<anonymous> (m.test.js:3:49)
`,
        exit: 3,
      },
      gives: {
        tests: { passed: 2, failed: 3, skipped: 1 },
        cases: [
          { name: "Array > has length", verdict: "pass" },
          { name: "Array > later", verdict: "skip" },
          { name: "Array > breaks", verdict: "fail", file: "m.test.js", line: 2 },
          { name: "Array > deep > works (slow)", verdict: "pass" },
          { name: "Array > deep > throws", verdict: "fail", message: "TypeError: boom" },
          { name: 'hooked > "before all" hook for "never"', verdict: "fail", message: "Error: no db" },
        ],
      },
    },
    {
      name: "min reporter, all green",
      input: { command: "mocha -R min", output: "\n  1204 passing (12s)\n  3 pending\n\n", exit: 0 },
      gives: { tests: { passed: 1204, failed: 0, skipped: 3 } },
    },
    {
      name: "no test in the files",
      input: { command: "mocha", output: "\n\n  0 passing (1ms)\n\n", exit: 0 },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "jest",
      input: { command: "jest", output: "PASS ./ok.test.js\n\nTests:       1 passed, 1 total\n", exit: 0 },
      gives: undefined,
    },
  ],
});

/** The spec reporter's tree, without its failures, which the list at the end tells in full. */
function readTree(output: string): TestCase[] {
  const cases: TestCase[] = [];
  const nesting = new Nesting();
  for (const line of output.split(TOTALS)[0]?.split("\n") ?? []) {
    const groups = LINE.exec(line)?.groups;
    const indent = indentOf(line);
    if (!groups) {
      if (line.trim() !== "" && indent >= 2) nesting.enter(indent, line.trim());
    } else if (groups.title && !groups.fail)
      cases.push({ name: nesting.name(indent, groups.title), verdict: groups.pass ? "pass" : "skip" });
  }
  return cases;
}

function readFailures(output: string): TestCase[] {
  return output
    .split(/^(?= {2}\d+\) )/m)
    .slice(1)
    .flatMap((block): TestCase[] => {
      const titles = /^ {2}\d+\) (?<first>.+)\n(?<rest>(?: {7,}.+\n)*?) {7,}(?<last>.+):\n/.exec(block)?.groups;
      const single = /^ {2}\d+\) (?<only>.+):\n/.exec(block)?.groups?.only;
      const names = titles
        ? [titles.first, ...(titles.rest ?? "").split("\n"), titles.last].map((name) => name?.trim() ?? "")
        : [single ?? ""];
      const name = names.filter((part) => part !== "").join(" > ");
      if (name === "") return [];
      const message = /^ +(\w*(?:Error|Exception)\b.*)$/m.exec(block)?.[1];
      const place = /\(([^():]+):(\d+):\d+\)/.exec(block);
      return [
        {
          name,
          verdict: "fail",
          ...(place?.[1] ? { file: place[1], line: count(place[2]) } : {}),
          ...(message ? { message } : {}),
        },
      ];
    });
}
