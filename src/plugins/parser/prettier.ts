import { defineParser, type Location } from "../../sdk/index.ts";
import { matches, places } from "./_shared.ts";

const UNFORMATTED = /^\[warn\] (?<file>[^\s[].*\.\w+)$/m;
const BROKEN = /^\[error\] (?<file>[^\s>|].*?\.\w+): (?<message>.*?) \((?<line>\d+):(?<column>\d+)\)$/m;

/** `prettier --check`. A file that is not formatted has no line: 1 is said. */
export default defineParser({
  recognizes: ({ output }) => (/^Checking formatting\.\.\.$/m.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const broken = matches(BROKEN, output).map(({ file = "", line, column, message = "" }): Location => ({
      file,
      line: Number(line),
      column: Number(column),
      severity: "error",
      message,
    }));
    const unformatted = matches(UNFORMATTED, output).map(({ file = "" }): Location => ({
      file,
      line: 1,
      severity: "error",
      rule: "format",
      message: "is not formatted",
    }));
    return places([...broken, ...unformatted]);
  },
  examples: [
    {
      name: "red",
      input: {
        command: "prettier --check .",
        output:
          "Checking formatting...\n[warn] src/a.js\n[error] syn.js: SyntaxError: Unexpected token (1:7)\n[error] > 1 | const =\n[warn] Code style issues found in 2 files. Run Prettier with --write to fix.\n",
        exit: 2,
      },
      gives: {
        locations: [
          { file: "src/a.js", line: 1, severity: "error", rule: "format", message: "is not formatted" },
          { file: "syn.js", line: 1, column: 7, severity: "error", message: "SyntaxError: Unexpected token" },
        ],
      },
    },
    {
      name: "green",
      input: {
        command: "prettier --check .",
        output: "Checking formatting...\nAll matched files use Prettier code style!\n",
        exit: 0,
      },
      gives: { locations: [] },
    },
    {
      name: "npm's warnings",
      input: { command: "npm i", output: "npm warn deprecated x@1.0.0\n", exit: 0 },
      gives: undefined,
    },
  ],
});
