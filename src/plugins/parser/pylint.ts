import { defineParser } from "../../sdk/index.ts";
import { count, matches, places, toLocation } from "./_shared.ts";

const LINE =
  /^(?<file>[^\s:][^:\n]*\.pyi?):(?<line>\d+):(?<column>\d+): (?<letter>[CRWEFI])\d{4}: (?<message>.*) \((?<rule>[\w-]+)\)$/m;

/** pylint's text format. E and F are errors, the rest warnings; its columns count from 0. */
export default defineParser({
  recognizes: ({ output }) => {
    if (LINE.test(output)) return 0.9;
    return /^Your code has been rated at -?[\d.]+\/10/m.test(output) ? 0.85 : 0;
  },
  parse: ({ output }) =>
    places(
      matches(LINE, output)
        .map(({ letter = "", column, ...place }) =>
          toLocation({
            ...place,
            column: String(count(column) + 1),
            severity: /[EF]/.test(letter) ? "error" : "warning",
          }),
        )
        .filter((place) => place !== undefined),
    ),
  examples: [
    {
      name: "red",
      input: {
        command: "pylint bad.py",
        output:
          "************* Module bad\nbad.py:4:4: W0612: Unused variable 'y' (unused-variable)\nbad.py:5:7: E0602: Undefined variable 'z' (undefined-variable)\n\n-----------------------------------\nYour code has been rated at 0.00/10\n",
        exit: 6,
      },
      gives: {
        locations: [
          {
            file: "bad.py",
            line: 4,
            column: 5,
            severity: "warning",
            rule: "unused-variable",
            message: "Unused variable 'y'",
          },
          {
            file: "bad.py",
            line: 5,
            column: 8,
            severity: "error",
            rule: "undefined-variable",
            message: "Undefined variable 'z'",
          },
        ],
      },
    },
    {
      name: "flake8",
      input: { command: "flake8", output: "bad.py:1:1: F401 'os' imported but unused\n", exit: 1 },
      gives: undefined,
    },
  ],
});
