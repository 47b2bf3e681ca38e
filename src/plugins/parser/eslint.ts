import { defineParser } from "../../sdk/index.ts";
import { locate, locateGrouped, places } from "./_shared.ts";

const STYLISH =
  /^ {2,}(?<line>\d+):(?<column>\d+) +(?<severity>error|warning) +(?<message>.+?)(?: {2,}(?<rule>@?[\w-]+(?:\/[\w./-]+)?))?$/;
const UNIX =
  /^(?<file>[^\s:][^:\n]*):(?<line>\d+):(?<column>\d+): (?<message>.+) \[(?<severity>Error|Warning)(?:\/(?<rule>[^\]]+))?\]$/m;
/** eslint-formatter-pretty, which xo uses: the file's line is indented, and so are its rows, behind a mark. */
const PRETTY =
  /^ {2}(?<severity>[✖⚠]) +(?<line>\d+):(?<column>\d+) +(?<message>.+?)(?: {2,}(?<rule>@?[\w-]+(?:\/[\w./-]+)?))? *$/u;
const PRETTY_FILES = /^ {2}(?<file>[^\s✖⚠].*?\.\w+)(?::\d+:\d+)?$/gmu;
const STANDARD =
  /^ {2}(?<file>\S[^:\n]*):(?<line>\d+):(?<column>\d+): (?<message>.+) \((?<rule>@?[\w-]+(?:\/[\w./-]+)?)\)$/m;
const TOTAL = /^✖ \d+ problems? \(\d+ errors?, \d+ warnings?\)$/m;

/** ESLint: formats stylish and unix, and what xo and standard make of it. */
export default defineParser({
  recognizes: ({ output }) => {
    if (UNIX.test(output)) return 0.85;
    if (/^standard: /m.test(output) && STANDARD.test(output)) return 0.9;
    if (/^ {2}[✖⚠] +\d+:\d+ {2}/mu.test(output) && /^ {2}\d+ (?:error|warning)s?$/m.test(output)) return 0.9;
    return TOTAL.test(output) && /^ {2,}\d+:\d+ +(?:error|warning) {2}/m.test(output) ? 0.9 : 0;
  },
  parse: ({ output }) =>
    places([
      ...locateGrouped(STYLISH, output),
      ...locateGrouped(PRETTY, output.replace(PRETTY_FILES, "$<file>")),
      ...locate(UNIX, output),
      ...(/^standard: /m.test(output) ? locate(STANDARD, output) : []),
    ]),
  examples: [
    {
      name: "stylish",
      input: {
        command: "eslint .",
        output: `
/r/a.js
  1:7   error    'a' is assigned a value but never used  no-unused-vars
  2:1   warning  Unexpected console statement            no-console

/r/syn.js
  1:11  error  Parsing error: Unexpected token ;

✖ 3 problems (2 errors, 1 warning)
  1 error and 0 warnings potentially fixable with the \`--fix\` option.
`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "/r/a.js",
            line: 1,
            column: 7,
            severity: "error",
            rule: "no-unused-vars",
            message: "'a' is assigned a value but never used",
          },
          {
            file: "/r/a.js",
            line: 2,
            column: 1,
            severity: "warning",
            rule: "no-console",
            message: "Unexpected console statement",
          },
          { file: "/r/syn.js", line: 1, column: 11, severity: "error", message: "Parsing error: Unexpected token ;" },
        ],
      },
    },
    {
      name: "unix",
      input: {
        command: "eslint -f unix .",
        output:
          "/r/a.js:2:13: 'b' is not defined. [Error/no-undef]\n/r/a.js:1:1: Parsing error: no [Error]\n\n2 problems\n",
        exit: 1,
      },
      gives: {
        locations: [
          { file: "/r/a.js", line: 2, column: 13, severity: "error", rule: "no-undef", message: "'b' is not defined." },
          { file: "/r/a.js", line: 1, column: 1, severity: "error", message: "Parsing error: no" },
        ],
      },
    },
    {
      name: "xo",
      input: {
        command: "xo",
        output:
          "\n  a.js:1:7\n  ⚠  2:1   Unexpected console statement.          no-console\n  ✖  1:7   a is assigned a value but never used.  no-unused-vars\n\n  1 warning\n  1 error\n",
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "a.js",
            line: 2,
            column: 1,
            severity: "warning",
            rule: "no-console",
            message: "Unexpected console statement.",
          },
          {
            file: "a.js",
            line: 1,
            column: 7,
            severity: "error",
            rule: "no-unused-vars",
            message: "a is assigned a value but never used.",
          },
        ],
      },
    },
    {
      name: "standard",
      input: {
        command: "standard",
        output:
          "standard: Use JavaScript Standard Style (https://standardjs.com)\nstandard: Run `standard --fix` to automatically fix some problems.\n  /r/a.js:1:12: Extra semicolon. (semi)\n",
        exit: 1,
      },
      gives: {
        locations: [
          { file: "/r/a.js", line: 1, column: 12, severity: "error", rule: "semi", message: "Extra semicolon." },
        ],
      },
    },
    {
      name: "stylelint",
      input: {
        command: "stylelint a.css",
        output: "\na.css\n  2:3  ✖  Empty block  block-no-empty\n\n✖ 1 problem (1 error, 0 warnings)\n",
        exit: 2,
      },
      gives: undefined,
    },
  ],
});
