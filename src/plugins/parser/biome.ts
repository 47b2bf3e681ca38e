import { defineParser, type Location } from "../../sdk/index.ts";
import { matches, places, toLocation } from "./_shared.ts";

const HEAD =
  /^(?<file>[^\s:][^:\n]*?)(?::(?<line>\d+):(?<column>\d+))? (?<rule>(?:lint|assist)\/[\w/]+|format|parse|organizeImports|suppressions\/\w+)(?: +[A-Z]+)* +━{3,}.*$/m;

/** Biome's lint, format, check and ci. A file that is not formatted has no line: 1 is said. */
export default defineParser({
  recognizes: ({ output }) => {
    if (HEAD.test(output)) return 0.9;
    return /^Checked \d+ files? in [\d.]+\S*s\. (?:No fixes applied|Fixed \d+ files?)\.$/m.test(output) ? 0.8 : 0;
  },
  parse: ({ output }) =>
    places(
      output
        .split(/^(?=\S.* ━{3,})/m)
        .map(readBlock)
        .filter((place) => place !== undefined),
    ),
  examples: [
    {
      name: "lint and format",
      input: {
        command: "biome check a.js",
        output: `a.js:2:7 lint/suspicious/noDoubleEquals  FIXABLE  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

  × Using == may be unsafe if you are relying on type coercion.

    1 │ var a = 1
  > 2 │ if (a == 2) { debugger }
      │       ^^

a.js format ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

  × Formatter would have printed the following content:

Checked 1 file in 13ms. No fixes applied.
Found 2 errors.
`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "a.js",
            line: 2,
            column: 7,
            severity: "error",
            rule: "lint/suspicious/noDoubleEquals",
            message: "Using == may be unsafe if you are relying on type coercion.",
          },
          {
            file: "a.js",
            line: 1,
            severity: "error",
            rule: "format",
            message: "Formatter would have printed the following content:",
          },
        ],
      },
    },
    {
      name: "green",
      input: { command: "biome ci", output: "Checked 12 files in 13ms. No fixes applied.\n", exit: 0 },
      gives: { locations: [] },
    },
    {
      name: "oxlint",
      input: { command: "oxlint", output: "  x eslint(no-debugger): no\n   ,-[a.js:2:1]\n", exit: 1 },
      gives: undefined,
    },
  ],
});

function readBlock(block: string): Location | undefined {
  const [head] = matches(HEAD, block);
  const said = /^ {2}(?<severity>[×✖!⚠iℹ]) (?<message>.+)$/mu.exec(block)?.groups;
  return head && said ? toLocation({ ...head, line: head.line ?? "1", ...said }) : undefined;
}
