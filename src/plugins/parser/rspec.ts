import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, sum, tests } from "./_shared.ts";

const TOTALS =
  /^(?<examples>\d+) examples?, (?<failed>\d+) failures?(?:, (?<pending>\d+) pending)?(?:, (?<outside>\d+) errors? occurred outside of examples)?$/m;

/** RSpec: progress and documentation formats. A file that does not load counts as a failure and a doubt. */
export default defineParser({
  recognizes: ({ output }) => (TOTALS.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ examples, failed, pending }) => ({
      passed: count(examples) - count(failed) - count(pending),
      failed: count(failed),
      skipped: count(pending),
    }));
    const failed = matches(/^rspec (?<file>\S+?)(?::(?<line>\d+)|\[[\d:,]+\]) # (?<name>.+)$/m, output);
    const unloaded = matches(/^An error occurred while loading (?<file>\S+?)\.?(?: - .*)?$/m, output);
    return tests({
      counts: sum(counts),
      cases: [
        ...failed.map(({ name = "", file = "", line }): TestCase => ({
          name: `${file} > ${name}`,
          verdict: "fail",
          file,
          ...(line ? { line: count(line) } : {}),
        })),
        ...unloaded.map(({ file = "" }): TestCase => ({ name: `${file} (did not load)`, verdict: "fail", file })),
      ],
      doubts: unloaded.map(({ file }) => `${file} did not load`),
    });
  },
  examples: [
    {
      name: "red",
      input: {
        command: "rspec",
        output: `.F**F.

Failures:

  1) Calc breaks
     Failure/Error: it("breaks") { expect(1).to eq 2 }

Finished in 0.00701 seconds (files took 0.04338 seconds to load)
6 examples, 2 failures, 2 pending

Failed examples:

rspec ./spec/a_spec.rb:3 # Calc breaks
rspec ./spec/a_spec.rb[1:5:1] # Calc deep throws
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 2, failed: 2, skipped: 2 },
        cases: [
          { name: "./spec/a_spec.rb > Calc breaks", verdict: "fail", file: "./spec/a_spec.rb", line: 3 },
          { name: "./spec/a_spec.rb > Calc deep throws", verdict: "fail" },
        ],
      },
    },
    {
      name: "a file that does not load",
      input: {
        command: "rspec",
        output:
          "\nAn error occurred while loading ./spec/ld_spec.rb.\nLoadError:\n  cannot load such file -- nonesuch_lib\nNo examples found.\n\n0 examples, 0 failures, 1 error occurred outside of examples\n",
        exit: 1,
      },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["./spec/ld_spec.rb did not load"] },
    },
    {
      name: "no examples, and content with it",
      input: { command: "rspec", output: "No examples found.\n\n\n0 examples, 0 failures\n", exit: 0 },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "minitest",
      input: { command: "rake test", output: "1 runs, 1 assertions, 0 failures, 0 errors, 0 skips\n", exit: 0 },
      gives: undefined,
    },
  ],
});
