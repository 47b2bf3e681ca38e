import { defineParser } from "../../sdk/index.ts";
import { locate, places } from "./_shared.ts";

const LINE =
  /^(?<file>[^\s:][^:\n]*\.(?:pyi?|ipynb)):(?<line>\d+):(?<column>\d+): (?<rule>[A-Z]{1,4}\d{3}) (?!\[\*\] )(?<message>.*)$/m;

/** flake8 and pycodestyle. */
export default defineParser({
  recognizes: ({ output }) => (LINE.test(output) && !/^Found \d+ errors?\.$/m.test(output) ? 0.85 : 0),
  parse: ({ output }) => places(locate(LINE, output)),
  examples: [
    {
      name: "red",
      input: {
        command: "flake8",
        output: "bad.py:1:1: F401 'os' imported but unused\nsyn.py:1:8: E999 SyntaxError: invalid syntax\n",
        exit: 1,
      },
      gives: {
        locations: [
          { file: "bad.py", line: 1, column: 1, severity: "error", rule: "F401", message: "'os' imported but unused" },
          {
            file: "syn.py",
            line: 1,
            column: 8,
            severity: "error",
            rule: "E999",
            message: "SyntaxError: invalid syntax",
          },
        ],
      },
    },
    {
      name: "pylint",
      input: { command: "pylint a", output: "a.py:1:0: W0611: Unused import os (unused-import)\n", exit: 4 },
      gives: undefined,
    },
  ],
});
