import { defineParser, type Location } from "../../sdk/index.ts";
import { count, matches, places, toLocation } from "./_shared.ts";

/** The message stands above its place: `x eslint(rule): message`, then `,-[a.js:2:1]`. */
const BLOCK =
  /^ {2}(?<severity>[x×✖!⚠]) (?<rule>[\w@/-]+\([\w/@-]+\)): (?<message>.+)\n(?: {2,}[│|].*\n)*? *[,╭][-─]\[(?<file>.+?):(?<line>\d+):(?<column>\d+)\]/mu;
const TOTAL =
  /^Found (?<warnings>\d+) warnings? and (?<errors>\d+) errors?\.\nFinished in [\d.]+m?s on (?<files>\d+) files?/m;

/** oxlint's default format; its unix format is ESLint's. */
export default defineParser({
  recognizes: ({ output }) => (BLOCK.test(output) || TOTAL.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const found = matches(BLOCK, output)
      .map((groups) => toLocation(groups))
      .filter((place): place is Location => place !== undefined);
    const files = matches(TOTAL, output).map((total) => count(total.files));
    const doubts = files.length > 0 && files.every((number) => number === 0) ? ["oxlint looked at no file"] : [];
    return { ...places(found), doubts };
  },
  examples: [
    {
      name: "a warning",
      input: {
        command: "oxlint a.js",
        output: `
  ⚠ eslint(no-unused-vars): Variable 'a' is declared but never used.
   ╭─[a.js:1:5]
 1 │ var a = 1
   ·     ┬
   ╰────
  help: Consider removing this declaration.

Found 1 warning and 0 errors.
Finished in 17ms on 1 file with 96 rules using 2 threads.
`,
        exit: 0,
      },
      gives: {
        locations: [
          {
            file: "a.js",
            line: 1,
            column: 5,
            severity: "warning",
            rule: "eslint(no-unused-vars)",
            message: "Variable 'a' is declared but never used.",
          },
        ],
        doubts: [],
      },
    },
    {
      name: "an error, drawn with ASCII",
      input: {
        command: "oxlint a.js",
        output: "  x eslint(no-debugger): `debugger` statement is not allowed\n   ,-[src/a.js:2:1]\n 2 | debugger\n",
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "src/a.js",
            line: 2,
            column: 1,
            severity: "error",
            rule: "eslint(no-debugger)",
            message: "`debugger` statement is not allowed",
          },
        ],
      },
    },
    {
      name: "nothing was looked at",
      input: {
        command: "oxlint",
        output: "Found 0 warnings and 0 errors.\nFinished in 2ms on 0 files with 96 rules using 2 threads.\n",
        exit: 0,
      },
      gives: { locations: [], doubts: ["oxlint looked at no file"] },
    },
    {
      name: "biome",
      input: { command: "biome ci", output: "Checked 12 files in 13ms. No fixes applied.\n", exit: 0 },
      gives: undefined,
    },
  ],
});
