import { defineParser, type Location } from "../../sdk/index.ts";
import { locate, matches, places, toLocation } from "./_shared.ts";

const CONCISE =
  /^(?<file>[^\s:][^:\n]*\.(?:pyi?|ipynb)(?::cell \d+)?):(?<line>\d+):(?<column>\d+): (?<rule>[A-Z]{1,4}\d{3,4}|invalid-syntax|unformatted|SyntaxError):? (?:\[\*\] )?(?<message>.*)$/m;
const FULL =
  /^(?:error\[)?(?<rule>[A-Z]{1,4}\d{3,4}|invalid-syntax|unformatted)\]?:? (?:\[\*\] )?(?<message>.*)\n *--> (?<file>[^\n]+?\.(?:pyi?|ipynb)(?::cell \d+)?):(?<line>\d+):(?<column>\d+)$/m;
/** Concise lines look like flake8's: ruff says more below them. */
const END =
  /^(?:Found \d+ errors?(?: \(.*\))?\.|All checks passed!|\[\*\] \d+ fixable|\d+ files? (?:would be reformatted|already formatted).*)$/m;

/** Ruff: check in full and concise form, and `format --check`. */
export default defineParser({
  recognizes: ({ output }) => {
    if (FULL.test(output)) return 0.9;
    if (!END.test(output)) return 0;
    return CONCISE.test(output) || /^Would reformat: /m.test(output)
      ? 0.9
      : /^All checks passed!$/m.test(output)
        ? 0.75
        : 0;
  },
  parse: ({ output }) => {
    const unformatted = matches(/^Would reformat: (?<file>.+)$/m, output).map(({ file = "" }): Location => ({
      file,
      line: 1,
      severity: "error",
      rule: "format",
      message: "would be reformatted",
    }));
    const full = matches(FULL, output)
      .map((groups) => toLocation(groups))
      .filter((place) => place !== undefined);
    const nothing = /^warning: No Python files found/m.test(output) ? ["ruff looked at no file"] : [];
    return { ...places([...full, ...locate(CONCISE, output), ...unformatted]), doubts: nothing };
  },
  examples: [
    {
      name: "full",
      input: {
        command: "ruff check",
        output: `F401 [*] \`os\` imported but unused
 --> bad.py:1:8
  |
1 | import os
  |        ^^
  |
help: Remove unused import: \`os\`

invalid-syntax: Expected a parameter or the end of the parameter list
 --> syn.py:1:7
  |
1 | def g(:
  |       ^
  |

Found 2 errors.
[*] 1 fixable with the \`--fix\` option.
`,
        exit: 1,
      },
      gives: {
        locations: [
          { file: "bad.py", line: 1, column: 8, severity: "error", rule: "F401", message: "`os` imported but unused" },
          {
            file: "syn.py",
            line: 1,
            column: 7,
            severity: "error",
            rule: "invalid-syntax",
            message: "Expected a parameter or the end of the parameter list",
          },
        ],
      },
    },
    {
      name: "concise",
      input: {
        command: "ruff check --output-format concise",
        output:
          "bad.py:1:8: F401 [*] `os` imported but unused\nsyn.py:1:7: invalid-syntax: Expected a parameter\nFound 2 errors.\n[*] 1 fixable with the `--fix` option.\n",
        exit: 1,
      },
      gives: {
        locations: [
          { file: "bad.py", line: 1, column: 8, severity: "error", rule: "F401", message: "`os` imported but unused" },
          {
            file: "syn.py",
            line: 1,
            column: 7,
            severity: "error",
            rule: "invalid-syntax",
            message: "Expected a parameter",
          },
        ],
      },
    },
    {
      name: "format --check, as older versions print it",
      input: {
        command: "ruff format --check",
        output: "Would reformat: bad.py\n1 file would be reformatted, 1 file already formatted\n",
        exit: 1,
      },
      gives: {
        locations: [{ file: "bad.py", line: 1, severity: "error", rule: "format", message: "would be reformatted" }],
      },
    },
    {
      name: "green on nothing",
      input: {
        command: "ruff check",
        output: "warning: No Python files found under the given path(s)\nAll checks passed!\n",
        exit: 0,
      },
      gives: { locations: [], doubts: ["ruff looked at no file"] },
    },
    {
      name: "flake8",
      input: { command: "flake8", output: "bad.py:1:1: F401 'os' imported but unused\n", exit: 1 },
      gives: undefined,
    },
  ],
});
