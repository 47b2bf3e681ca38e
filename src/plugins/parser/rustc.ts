import { defineParser } from "../../sdk/index.ts";
import { locate, matches, places, toLocation } from "./_shared.ts";

const FULL =
  /^(?<severity>error|warning)(?:\[(?<rule>\w+)\])?: (?<message>.*)\n(?: *\|.*\n)?? *--> (?<file>[^\n:]+\.rs):(?<line>\d+):(?<column>\d+)$/m;
const SHORT =
  /^(?<file>[^\s:][^\n:]*\.rs):(?<line>\d+):(?<column>\d+): (?<severity>error|warning)(?:\[(?<rule>\w+)\])?: (?<message>.*)$/m;

/** rustc and clippy, as cargo prints them, in full and short form. */
export default defineParser({
  recognizes: ({ output }) => (FULL.test(output) || SHORT.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const full = matches(FULL, output)
      .map((groups) => toLocation(groups))
      .filter((place) => place !== undefined);
    return places([...full, ...locate(SHORT, output)]);
  },
  examples: [
    {
      name: "an error and a warning",
      input: {
        command: "cargo clippy",
        output: `    Checking bad v0.1.0 (/r)
error[E0425]: cannot find value \`z\` in this scope
 --> src/main.rs:2:57
  |
2 | fn main() { let x = 1; println!("{}", z); }
  |                                       ^

warning: unneeded \`return\` statement
 --> src/main.rs:2:42
  |

warning: \`bad\` (bin "bad") generated 1 warning
error: could not compile \`bad\` (bin "bad") due to 1 previous error; 1 warning emitted
`,
        exit: 101,
      },
      gives: {
        locations: [
          {
            file: "src/main.rs",
            line: 2,
            column: 57,
            severity: "error",
            rule: "E0425",
            message: "cannot find value `z` in this scope",
          },
          {
            file: "src/main.rs",
            line: 2,
            column: 42,
            severity: "warning",
            message: "unneeded `return` statement",
          },
        ],
      },
    },
    {
      name: "short",
      input: {
        command: "cargo build --message-format short",
        output: "src/main.rs:2:57: error[E0425]: cannot find value `z` in this scope\nerror: could not compile `bad`\n",
        exit: 101,
      },
      gives: {
        locations: [
          {
            file: "src/main.rs",
            line: 2,
            column: 57,
            severity: "error",
            rule: "E0425",
            message: "cannot find value `z` in this scope",
          },
        ],
      },
    },
    {
      name: "ruff draws the same arrow",
      input: { command: "ruff check", output: "F401 [*] `os` imported but unused\n --> bad.py:1:8\n", exit: 1 },
      gives: undefined,
    },
  ],
});
