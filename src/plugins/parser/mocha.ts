import { defineParser, type TestCase } from "../../sdk/index.ts";
import { Nesting, count, indentOf, matches, sum, tests } from "./_shared.ts";
import { evidence, framePlace, linesUntil, toFile, toMessage, type Evidence } from "./_shared-evidence.ts";

const TOTALS =
  /^ {2}(?<passed>\d+) passing \([\d.]+ ?\w+\)(?:\n {2}(?<skipped>\d+) pending)?(?:\n {2}(?<failed>\d+) failing)?/m;
const LINE = /^(?<indent> {2,})(?:(?<pass>✔|✓|√)|(?<fail>\d+\))|(?<skip>-)) (?<title>.+?)(?: \(\d+ms\))?$/;

const TWICE = "done() called multiple times";

/** Mocha: reporters spec, dot, min, list and others that end in `2 passing (3ms)`. */
export default defineParser({
  recognizes: ({ output }) => (TOTALS.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ passed, failed, skipped }) => ({
      passed: count(passed),
      failed: count(failed),
      skipped: count(skipped),
    }));
    const failed = readFailures(output);
    // A test that ends twice is listed as passed before it fails.
    const twice = new Set(failed.filter((one) => one.message?.includes(TWICE)).map((one) => one.name));
    const other = readTree(output).filter((one) => !twice.has(one.name));
    return tests({ counts: sum(counts), cases: [...other, ...failed] });
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
      name: "a diff, an error of a helper, a time limit, and a test that ends twice",
      input: {
        command: "mocha",
        output: `

  Cart
    1) keeps items
    2) loads
    3) waits
    ✔ twice
    4) twice


  1 passing (38ms)
  4 failing

  1) Cart
       keeps items:

      AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:
+ actual - expected

  [
+   'cup'
-   'pot'
  ]

      + expected - actual

       [
      -  "cup"
      +  "pot"
       ]
      
      at Context.<anonymous> (test/cart.test.js:5:36)
      at process.processImmediate (node:internal/timers:574:21)

  2) Cart
       loads:
     TypeError: no price list
      at read (node_modules/prices/index.js:9:1)
      at load (prices.js:2:25)
      at Context.<anonymous> (test/cart.test.js:6:23)

  3) Cart
       waits:
     Error: Timeout of 30ms exceeded. For async tests and hooks, ensure "done()" is called; if returning a Promise, ensure it resolves. (/repo/test/cart.test.js)
      at listOnTimeout (node:internal/timers:685:17)

  4) Cart
       twice:
     Error: done() called multiple times in test <Cart twice> of file /repo/test/cart.test.js
      at Context.<anonymous> (test/cart.test.js:9:35)



`,
        exit: 4,
      },
      gives: {
        tests: { passed: 1, failed: 4, skipped: 0 },
        cases: [
          {
            name: "Cart > keeps items",
            verdict: "fail",
            file: "test/cart.test.js",
            line: 5,
            message:
              "Expected values to be strictly deep-equal:\n+ actual - expected\n\n  [\n+   'cup'\n-   'pot'\n  ]\n\n+ expected - actual\n\n [\n-  \"cup\"\n+  \"pot\"\n ]",
          },
          { name: "Cart > loads", verdict: "fail", file: "prices.js", line: 2, message: "TypeError: no price list" },
          {
            name: "Cart > waits",
            verdict: "fail",
            file: "test/cart.test.js",
            message:
              'Error: Timeout of 30ms exceeded. For async tests and hooks, ensure "done()" is called; if returning a Promise, ensure it resolves.',
          },
          { name: "Cart > twice", verdict: "fail", line: 9 },
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
      return [{ name, verdict: "fail", ...explain(block) }];
    });
}

/** Below the title: the error's words, perhaps a diff that is indented by six, then the stack. */
function explain(block: string): Evidence {
  const title = /^ {2}\d+\) .+\n(?: {7,}.+\n)*/.exec(block)?.[0] ?? "";
  const [own = ""] = block.slice(title.length || block.indexOf("\n") + 1).split("\n\n\n");
  const [words = "", diff] = linesUntil(own, /^ +at /)
    .join("\n")
    .split("\n      + expected - actual\n");
  const message = words.trim().replace(/^AssertionError \[ERR_ASSERTION\]: /, "");
  const told = diff === undefined ? message : `${message}\n\n+ expected - actual\n${diff.replace(/^ {6}/gm, "")}`;
  const late = /^(Error: Timeout of .*) \((\/[^()\n]+)\)$/.exec(message);
  if (late?.[1] && late[2]) return { message: late[1], file: toFile(late[2]) };
  return evidence(toMessage(told.split("\n")), framePlace(own));
}
