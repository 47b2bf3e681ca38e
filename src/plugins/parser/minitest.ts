import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, sum, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage } from "./_shared-evidence.ts";

/** minitest and `rails test` say runs and skips; test-unit says tests, pendings and omissions. */
const TOTALS =
  /^(?<runs>\d+) (?:runs|tests), \d+ assertions, (?<failures>\d+) failures, (?<errors>\d+) errors, (?:(?<skips>\d+) skips|(?<pendings>\d+) pendings, (?<omissions>\d+) omissions, \d+ notifications)$/m;
const FAILURE = /^ *(?:\d+\) )?(?:Failure|Error):\s+(?<name>[\w:]+#[^\s:[]+|test\w*\(\S+\))(?<rest>.*)/m;
const VERBOSE = /^(?<name>[^\s#]+#.+?) = [\d.]+ s = (?:(?<pass>\.)|(?<skip>S))$/m;

/** minitest, also under Rails, and test-unit. */
export default defineParser({
  recognizes: ({ output }) => (TOTALS.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ runs, failures, errors, skips, pendings, omissions }) => {
      const failed = count(failures) + count(errors);
      const skipped = count(skips) + count(pendings) + count(omissions);
      return { passed: Math.max(0, count(runs) - failed - skipped), failed, skipped };
    });
    const failed = readFailures(output);
    const other = matches(VERBOSE, output).map(({ name = "", pass }): TestCase => ({
      name,
      verdict: pass ? "pass" : "skip",
    }));
    return tests({ counts: sum(counts), cases: [...failed, ...other] });
  },
  examples: [
    {
      name: "verbose",
      input: {
        command: "ruby -Itest test/a.rb -v",
        output: `Run options: -v --seed 22991

# Running:

TestA#test_c = 0.00 s = S
TestA#test_a = 0.00 s = .
TestA#test_b = 0.00 s = F
TestA#test_d = 0.00 s = E

Finished in 0.000401s, 9981.3349 runs/s, 4990.6675 assertions/s.

  1) Skipped:
TestA#test_c [t/a.rb:5]:
later

  2) Failure:
TestA#test_b [t/a.rb:4]:
Expected: 1
  Actual: 2

  3) Error:
TestA#test_d:
RuntimeError: no price list
    /usr/lib/ruby/3.2.0/json.rb:9:in \`parse'
    t/a.rb:6:in \`test_d'

4 runs, 2 assertions, 1 failures, 1 errors, 1 skips
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 2, skipped: 1 },
        cases: [
          { name: "TestA#test_a", verdict: "pass" },
          { name: "TestA#test_c", verdict: "skip" },
          { name: "TestA#test_b", verdict: "fail", file: "t/a.rb", line: 4, message: "Expected: 1\n  Actual: 2" },
          {
            name: "TestA#test_d",
            verdict: "fail",
            file: "t/a.rb",
            line: 6,
            message: "RuntimeError: no price list",
          },
        ],
      },
    },
    {
      name: "a title of words",
      input: {
        command: "ruby spec/cart.rb",
        output:
          "\n  1) Failure:\nCart#test_0001_adds two things [spec/cart.rb:7]:\nExpected: 3\n  Actual: 2\n\n1 runs, 1 assertions, 1 failures, 0 errors, 0 skips\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 1, skipped: 0 },
        cases: [
          {
            name: "Cart#test_0001_adds",
            verdict: "fail",
            file: "spec/cart.rb",
            line: 7,
            message: "Expected: 3\n  Actual: 2",
          },
        ],
      },
    },
    {
      name: "test-unit",
      input: {
        command: "ruby t/tu.rb",
        output:
          "Loaded suite t/tu\nStarted\n.F\n===============================================================================\nFailure: test_b(TestA)\nt/tu.rb:4:in `test_b'\n2 tests, 2 assertions, 1 failures, 0 errors, 0 pendings, 0 omissions, 0 notifications\n50% passed\n",
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 1, skipped: 0 },
        cases: [{ name: "test_b(TestA)", verdict: "fail", file: "t/tu.rb", line: 4 }],
      },
    },
    {
      name: "rspec",
      input: { command: "rspec", output: "1 example, 0 failures\n", exit: 0 },
      gives: undefined,
    },
  ],
});

/** The words end at a blank line, a rule, the totals or a stack; test-unit prints its place in front of them. */
function readFailures(output: string): TestCase[] {
  return [...output.matchAll(new RegExp(FAILURE, "gm"))].map((match): TestCase => {
    const { name = "", rest = "" } = match.groups ?? {};
    const [, file, line] = /\[([^\]]+):(\d+)\]:?$/.exec(rest) ?? [];
    const start = match.index + match[0].length + 1;
    const said = output.slice(start, start + SAID);
    const own = linesUntil(said, /^\s*$|^=+$|^\d+ (?:runs|tests), /);
    const frames = own.map((text) => FRAME.exec(text)?.groups).map((groups) => ownPlace(groups?.file, groups?.line));
    const words = own.filter((text) => !FRAME.test(text));
    const place = ownPlace(file, line) ?? frames.find((one) => one !== undefined);
    return { name, verdict: "fail", ...evidence(toMessage(words), place) };
  });
}

const FRAME = /^ *(?<file>[^\s:]+\.\w+):(?<line>\d+):in /;
/** Characters below a title that are read. */
const SAID = 4_000;
