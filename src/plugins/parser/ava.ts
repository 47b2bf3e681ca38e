import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, tally, tests } from "./_shared.ts";

const TOTALS =
  /^ {2}─\n\n(?: {2}.*\n)*? {2}(?:\d+ (?:tests?|known failures?|uncaught exceptions?|unhandled rejections?)\b.*)$/m;
const LINE = /^ {2}(?:(?<pass>✔)|(?<fail>✘ \[fail\]:)|(?<skip>- \[(?:skip|todo)\])) (?<name>.+?)(?: \([\d.]+m?s\))?$/mu;

/** AVA's default reporter. It states how many passed only when all did; else the listed tests are counted. */
export default defineParser({
  recognizes: ({ output }) => (TOTALS.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const cases = matches(LINE, output).map(({ pass, fail, name = "" }): TestCase => ({
      name: name.split(" › ").join(" > "),
      verdict: pass ? "pass" : fail ? "fail" : "skip",
    }));
    const stated = /^ {2}(?<passed>\d+) tests? passed/m.exec(output)?.groups?.passed;
    const counted = tally(cases);
    const broken = matches(/^ {2}✘ (?<file>\S+) exited with a non-zero exit code/m, output);
    const lost = matches(/^ {2}(?<what>\d+ (?:uncaught exceptions?|unhandled rejections?))$/m, output);
    return tests({
      counts: { ...counted, passed: stated ? count(stated) : counted.passed },
      cases: [
        ...cases,
        ...broken.map(({ file = "" }): TestCase => ({ name: `${file} (crashed)`, verdict: "fail", file })),
      ],
      doubts: [...broken.map(({ file }) => `${file} crashed`), ...lost.map(({ what }) => `${what}`)],
    });
  },
  examples: [
    {
      name: "red",
      input: {
        command: "ava",
        output: `
  ✔ ok › fine
  - [skip] a › later
  - [todo] a › some
  ✔ a › adds
  ✘ [fail]: a › breaks
  ─

  a › breaks

  a.test.js:1

  Difference (- actual, + expected):

  - 1
  + 2

  › a.test.js:1:76

  ─

  1 test failed
  1 test skipped
  1 test todo
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 2, failed: 1, skipped: 2 },
        cases: [
          { name: "a > breaks", verdict: "fail" },
          { name: "ok > fine", verdict: "pass" },
        ],
      },
    },
    {
      name: "green",
      input: { command: "ava", output: "\n  ✔ fine\n  ─\n\n  1 test passed\n", exit: 0 },
      gives: { tests: { passed: 1, failed: 0, skipped: 0 }, doubts: [] },
    },
    {
      name: "a file that crashed",
      input: {
        command: "ava",
        output:
          "\n  Uncaught exception in load.test.js\n\n  Error: Cannot find module './none'\n\n  ✔ ok › fine\n  ✘ load.test.js exited with a non-zero exit code: 1\n  ─\n\n  1 test passed\n  1 uncaught exception\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 0, skipped: 0 },
        cases: [{ name: "load.test.js (crashed)", verdict: "fail" }],
        doubts: ["load.test.js crashed", "1 uncaught exception"],
      },
    },
    {
      name: "mocha",
      input: { command: "mocha", output: "\n  A\n    ✔ x\n\n  1 passing (2ms)\n", exit: 0 },
      gives: undefined,
    },
  ],
});
