import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, tally, tests } from "./_shared.ts";
import { evidence, framePlace, linesUntil, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

const TOTALS =
  /^ {2}─\n\n(?: {2}.*\n)*? {2}(?:\d+ (?:tests?|hooks?|known failures?|uncaught exceptions?|unhandled rejections?)\b.*)$/m;
const LINE = /^ {2}(?:(?<pass>✔)|(?<fail>✘ \[fail\]:)|(?<skip>- \[(?:skip|todo)\])) (?<name>.+?)(?: \([\d.]+m?s\))?$/mu;

/** AVA's default reporter. It states how many passed only when all did; else the listed tests are counted. */
export default defineParser({
  recognizes: ({ output }) => (TOTALS.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const failed = matches(LINE, output).flatMap(({ fail, name = "" }) => (fail ? [name] : []));
    const told = readSections(output, failed.slice(0, SECTIONS));
    const cases = matches(LINE, output).map(({ pass, fail, name = "" }): TestCase => ({
      name: name.split(" › ").join(" > "),
      verdict: pass ? "pass" : fail ? "fail" : "skip",
      ...(fail ? told.get(name) : {}),
    }));
    const stated = /^ {2}(?<passed>\d+) tests? passed/m.exec(output)?.groups?.passed;
    const counted = tally(cases);
    const broken = matches(/^ {2}✘ (?<file>\S+) exited with a non-zero exit code/m, output);
    const unrun = matches(/^ {2}✘ (?<amount>\d+ tests?) remaining in (?<file>\S+)$/m, output);
    const lost = matches(/^ {2}(?<what>\d+ (?:uncaught exceptions?|unhandled rejections?))$/m, output);
    return tests({
      counts: { ...counted, passed: stated ? count(stated) : counted.passed },
      cases: [
        ...cases,
        ...broken.map(({ file = "" }): TestCase => ({
          name: `${file} (crashed)`,
          verdict: "fail",
          file,
          ...crashOf(file, output),
        })),
      ],
      doubts: [
        ...broken.map(({ file }) => `${file} crashed`),
        ...lost.map(({ what }) => `${what}`),
        ...unrun.map(({ amount, file }) => `${amount} of ${file} did not run`),
      ],
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
          {
            name: "a > breaks",
            verdict: "fail",
            file: "a.test.js",
            line: 1,
            message: "Difference (- actual, + expected):\n\n- 1\n+ 2",
          },
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
        cases: [{ name: "load.test.js (crashed)", verdict: "fail", message: "Error: Cannot find module './none'" }],
        doubts: ["load.test.js crashed", "1 uncaught exception"],
      },
    },
    {
      name: "a message of the test's own, an error of a helper, a time limit, a hook",
      input: {
        command: "ava",
        output: `
  ✘ [fail]: cart › loads Error thrown in test
  ✘ [fail]: cart › custom stock is empty
  ✘ [fail]: cart › waits Test timeout exceeded
  ✘ [fail]: hook › before hook Error thrown in test
  ✘ 1 test remaining in hook.test.mjs
  ─

  cart › loads

  Error thrown in test:

  TypeError {
    message: 'no price list',
  }

  TypeError: no price list
      at total (file:///repo/total.mjs:2:9)
      at file:///repo/cart.test.mjs:5:24
      at Test.callFn (file:///repo/node_modules/ava/lib/test.js:525:26)



  cart › custom

  cart.test.mjs:8

   7: test("fine", (t) => { t.pass(); });
   8: test("custom", (t) => { t.true(false, "stock is empty"); });

  stock is empty

  Value is not \`true\`:

  false

  › file://cart.test.mjs:8:31



  cart › waits

  Error: Test timeout exceeded

  Error: Test timeout exceeded
      at Timeout.<anonymous> (file:///repo/node_modules/ava/lib/test.js:439:24)



  hook › before hook

  Error thrown in test:

  Error {
    message: 'no db',
  }

  Error: no db
      at file:///repo/hook.test.mjs:2:27

  ─

  3 tests failed
  1 hook failed
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 4, skipped: 0 },
        cases: [
          {
            name: "cart > loads Error thrown in test",
            verdict: "fail",
            file: "total.mjs",
            line: 2,
            message: "TypeError: no price list",
          },
          {
            name: "cart > custom stock is empty",
            verdict: "fail",
            file: "cart.test.mjs",
            line: 8,
            message: "stock is empty\n\nValue is not `true`:\n\nfalse",
          },
          {
            name: "cart > waits Test timeout exceeded",
            verdict: "fail",
            message: "Error: Test timeout exceeded",
          },
          { name: "hook > before hook Error thrown in test", verdict: "fail", file: "hook.test.mjs", line: 2 },
        ],
        doubts: ["1 test of hook.test.mjs did not run"],
      },
    },
    {
      name: "only a hook failed",
      input: {
        command: "ava",
        output:
          "\n  ✘ [fail]: before hook Error thrown in test\n  ─\n\n  before hook\n\n  Error: no db\n      at file:///repo/hook.test.mjs:2:27\n\n  ─\n\n  1 hook failed\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 1, skipped: 0 },
        cases: [{ name: "before hook Error thrown in test", verdict: "fail", line: 2, message: "Error: no db" }],
      },
    },
    {
      name: "mocha",
      input: { command: "mocha", output: "\n  A\n    ✔ x\n\n  1 passing (2ms)\n", exit: 0 },
      gives: undefined,
    },
  ],
});

/** Failures whose sections are read. */
const SECTIONS = 300;

/** Below the list each failure has a section with its title, which the list may follow with the error's first words. */
function readSections(output: string, failed: readonly string[]): Map<string, Evidence> {
  const sections = output.slice(output.search(/^ {2}─$/m)).split(/^(?= {2}\S.*\n\n)/m);
  const told = new Map<string, Evidence>();
  let name: string | undefined;
  let said = "";
  const close = (): void => {
    if (name !== undefined && !told.has(name)) told.set(name, explain(said));
  };
  for (const section of sections) {
    const title = section.slice(2, section.indexOf("\n"));
    const own = failed.find((one) => !told.has(one) && one !== name && (one === title || one.startsWith(`${title} `)));
    if (own === undefined) {
      said += section;
      continue;
    }
    close();
    name = own;
    said = section.slice(section.indexOf("\n") + 1);
  }
  close();
  return told;
}

/** The place, a piece of code, the words, the stack. Of an error that was thrown the last paragraph above its stack says it best. */
function explain(section: string): Evidence {
  const said = section.split(/^ {2}─$/m, 1)[0] ?? "";
  const above = linesUntil(said, /^ +(?:at|›) /).filter((line) => !/^ {2,}\d+: /.test(line));
  const [first] = above.filter((line) => line.trim() !== "");
  const at = /^ {2}(?<file>\S+):(?<line>\d+)$/.exec(first ?? "")?.groups;
  const words = at ? above.slice(above.indexOf(first ?? "") + 1) : above;
  const thrown = /^ {6}at /m.test(said)
    ? words
        .join("\n")
        .trimEnd()
        .split(/\n\s*\n/)
        .at(-1)
        ?.split("\n")
    : undefined;
  const own = /^ {2}› (?:.*[ (])?(?<file>[^\s()]+):(?<line>\d+):\d+\)?$/m.exec(said)?.groups;
  const place = framePlace(said) ?? ownPlace(own?.file, own?.line) ?? ownPlace(at?.file, at?.line);
  return evidence(toMessage(thrown ?? words), place);
}

function crashOf(file: string, output: string): Evidence {
  const title = `  Uncaught exception in ${file}\n`;
  const at = output.indexOf(title);
  if (at < 0) return {};
  const said = output.slice(at + title.length).split(/^ {2}[✔✘─]/m, 1)[0] ?? "";
  const words = said.trim().split(/\n\s*\n/, 1)[0] ?? "";
  return evidence(toMessage(linesUntil(words, /^ +at /)), framePlace(said));
}
