import { defineParser } from "../../sdk/index.ts";
import { locateGrouped, places } from "./_shared.ts";

const LINE = /^ +(?<line>\d+):(?<column>\d+) +(?<severity>[✖⚠ℹ×‼]) +(?<message>.+?)(?: {2,}(?<rule>[\w/-]+))?$/u;

/** Stylelint's default format. */
export default defineParser({
  recognizes: ({ output }) => (/^ +\d+:\d+ +[✖⚠×‼] {2}/mu.test(output) ? 0.9 : 0),
  parse: ({ output }) => places(locateGrouped(LINE, output)),
  examples: [
    {
      name: "errors and a warning",
      input: {
        command: "stylelint a.css",
        output: `
a.css
  1:12  ✖  Expected "#FFFFFF" to be "#FFF"               color-hex-length
  2:1   ⚠  Duplicate selector "a", first used at line 1  no-duplicate-selectors

✖ 2 problems (1 error, 1 warning)
`,
        exit: 2,
      },
      gives: {
        locations: [
          {
            file: "a.css",
            line: 1,
            column: 12,
            severity: "error",
            rule: "color-hex-length",
            message: 'Expected "#FFFFFF" to be "#FFF"',
          },
          {
            file: "a.css",
            line: 2,
            column: 1,
            severity: "warning",
            rule: "no-duplicate-selectors",
            message: 'Duplicate selector "a", first used at line 1',
          },
        ],
      },
    },
    {
      name: "eslint",
      input: {
        command: "eslint .",
        output: "\n/r/a.js\n  1:7  error  Missing semicolon  semi\n\n✖ 1 problem (1 error, 0 warnings)\n",
        exit: 1,
      },
      gives: undefined,
    },
  ],
});
