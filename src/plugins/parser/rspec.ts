import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, sum, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage, type Evidence, type Place } from "./_shared-evidence.ts";

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
    const told = readSections(output);
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
          ...told.get(name)?.shift(),
        })),
        ...unloaded.map(({ file = "" }): TestCase => ({
          name: `${file} (did not load)`,
          verdict: "fail",
          file,
          ...loadError(file, output),
        })),
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
     Failure/Error: expect(1).to eq 2

       expected: 2
            got: 1

       (compared using ==)
     # ./spec/a_spec.rb:4:in \`block (2 levels) in <top (required)>'

  2) Calc deep throws
     Failure/Error: raise ArgumentError, "no price list"

     ArgumentError:
       no price list
     # /usr/local/bundle/gems/prices-1.0/lib/prices.rb:9:in \`read'
     # ./lib/total.rb:2:in \`total'
     # ./spec/a_spec.rb:9:in \`block (3 levels) in <top (required)>'

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
          {
            name: "./spec/a_spec.rb > Calc breaks",
            verdict: "fail",
            file: "./spec/a_spec.rb",
            line: 4,
            message: "Failure/Error: expect(1).to eq 2\n\n  expected: 2\n       got: 1\n\n  (compared using ==)",
          },
          {
            name: "./spec/a_spec.rb > Calc deep throws",
            verdict: "fail",
            file: "./lib/total.rb",
            line: 2,
            message: 'Failure/Error: raise ArgumentError, "no price list"\n\nArgumentError:\n  no price list',
          },
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
      gives: {
        tests: { passed: 0, failed: 0, skipped: 0 },
        cases: [
          {
            name: "./spec/ld_spec.rb (did not load)",
            verdict: "fail",
            message: "LoadError:\n  cannot load such file -- nonesuch_lib",
          },
        ],
        doubts: ["./spec/ld_spec.rb did not load"],
      },
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

/** What stands below each numbered title; several examples may have one title. */
function readSections(output: string): Map<string, Evidence[]> {
  const told = new Map<string, Evidence[]>();
  const failures =
    output
      .split(/^Failures:$/m)
      .slice(1)
      .join("\n")
      .split(/^Finished in /m, 1)[0] ?? "";
  for (const block of failures.split(/^(?= {2}\d+\) )/m).slice(1)) {
    const title = /^ {2}\d+\) (.+)/.exec(block)?.[1] ?? "";
    const said = block.slice(block.indexOf("\n") + 1);
    const found = evidence(toMessage(linesUntil(said, /^ +# \S+:\d+:in /)), frameOf(said));
    const all = told.get(title);
    if (all) all.push(found);
    else told.set(title, [found]);
  }
  return told;
}

function frameOf(said: string): Place | undefined {
  const frames = matches(/^ *# (?<file>\S+?):(?<line>\d+):in /m, said);
  return frames.map(({ file, line }) => ownPlace(file, line)).find((place) => place !== undefined);
}

/** Characters below the name of a file that did not load: its error and some dozens of frames. */
const TEXT = 4_000;

function loadError(file: string, output: string): Evidence {
  const title = `An error occurred while loading ${file}`;
  const at = output.indexOf(title);
  if (at < 0) return {};
  const start = output.indexOf("\n", at) + 1;
  const said = output.slice(start, start + TEXT);
  return evidence(
    toMessage(linesUntil(said, /^ *# |^An error occurred|^Run options|^No examples found|^Finished in /)),
    frameOf(linesUntil(said, /^An error occurred|^No examples found|^Finished in /).join("\n")),
  );
}
