import { defineParser } from "../../sdk/index.ts";
import { locate, places } from "./_shared.ts";

const LINE =
  /^(?<file>[^\s:][^:\n]*\.pyi?):(?<line>\d+):(?:(?<column>\d+):)?(?:\d+:\d+:)? (?<severity>error|warning|note|info): (?<message>.*?)(?: {2}\[(?<rule>[\w-]+)\])?$/m;

/** mypy, and pyright's text format. */
export default defineParser({
  recognizes: ({ output }) =>
    LINE.test(output) || /^Success: no issues found in \d+ source files?$/m.test(output) ? 0.9 : 0,
  parse: ({ output }) => {
    const nothing = /^Success: no issues found in 0 source files$/m.test(output) ? ["mypy looked at no file"] : [];
    return { ...places(locate(LINE, output)), doubts: nothing };
  },
  examples: [
    {
      name: "red",
      input: {
        command: "mypy bad.py",
        output:
          'bad.py:5: error: Incompatible return value type (got "int", expected "str")  [return-value]\nbad.py:7:3: note: See above\nFound 1 error in 1 file (checked 1 source file)\n',
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "bad.py",
            line: 5,
            severity: "error",
            rule: "return-value",
            message: 'Incompatible return value type (got "int", expected "str")',
          },
          { file: "bad.py", line: 7, column: 3, severity: "warning", message: "See above" },
        ],
      },
    },
    {
      name: "green",
      input: { command: "mypy .", output: "Success: no issues found in 1 source file\n", exit: 0 },
      gives: { locations: [], doubts: [] },
    },
    {
      name: "gcc",
      input: { command: "make", output: "a.c:2:30: error: 'c' undeclared\n", exit: 1 },
      gives: undefined,
    },
  ],
});
