import { defineParser } from "../../sdk/index.ts";
import { locate, places } from "./_shared.ts";

const PLAIN =
  /^(?<file>[^\s(:][^(\n:]*\.\w+)\((?<line>\d+),(?<column>\d+)\): (?<severity>error|warning) (?<rule>TS\d+): (?<message>.*)$/m;
const PRETTY =
  /^(?<file>[^\s:][^\n:]*\.\w+):(?<line>\d+):(?<column>\d+) - (?<severity>error|warning) (?<rule>TS\d+): (?<message>.*)$/m;

/** TypeScript's tsc and vue-tsc, plain and pretty. */
export default defineParser({
  recognizes: ({ output }) => (PLAIN.test(output) || PRETTY.test(output) ? 0.9 : 0),
  parse: ({ output }) => places([...locate(PLAIN, output), ...locate(PRETTY, output)]),
  examples: [
    {
      name: "plain",
      input: {
        command: "tsc --noEmit",
        output:
          "a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.\n  Type 'x' is not.\nsrc/b.tsx(2,12): error TS7006: Parameter 'b' implicitly has an 'any' type.\n",
        exit: 2,
      },
      gives: {
        locations: [
          {
            file: "a.ts",
            line: 1,
            column: 7,
            severity: "error",
            rule: "TS2322",
            message: "Type 'string' is not assignable to type 'number'.",
          },
          {
            file: "src/b.tsx",
            line: 2,
            column: 12,
            severity: "error",
            rule: "TS7006",
            message: "Parameter 'b' implicitly has an 'any' type.",
          },
        ],
      },
    },
    {
      name: "pretty",
      input: {
        command: "tsc --noEmit --pretty",
        output:
          "a.ts:1:7 - error TS2322: Type 'string' is not assignable to type 'number'.\n\n1 const a: number = \"x\";\n        ~\n\n\nFound 1 error in a.ts:1\n\n",
        exit: 2,
      },
      gives: {
        locations: [
          {
            file: "a.ts",
            line: 1,
            column: 7,
            severity: "error",
            rule: "TS2322",
            message: "Type 'string' is not assignable to type 'number'.",
          },
        ],
      },
    },
    {
      name: "C# has the same shape and other codes",
      input: { command: "dotnet build", output: "a.cs(1,7): error CS1002: ; expected\n", exit: 1 },
      gives: undefined,
    },
  ],
});
