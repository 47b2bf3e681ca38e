import { defineParser } from "../../sdk/index.ts";
import { locate, places } from "./_shared.ts";

const LINE =
  /^(?<file>[^\s:][^\n:]*\.(?:[chmCH]|cc|hh|cpp|hpp|cxx|hxx|c\+\+|mm|ipp|inl|tcc)):(?<line>\d+):(?:(?<column>\d+):)? (?<severity>(?:fatal )?error|warning): (?<message>.*?)(?: \[(?<rule>-W[^\]]+)\])?$/m;

/** gcc and clang: errors and warnings; the notes that explain them are left out. */
export default defineParser({
  recognizes: ({ output }) => (LINE.test(output) ? 0.9 : 0),
  parse: ({ output }) => places(locate(LINE, output)),
  examples: [
    {
      name: "gcc",
      input: {
        command: "make",
        output: `a.c: In function 'f':
a.c:2:30: error: 'c' undeclared (first use in this function)
    2 | int f(int a) { int b; return c; }
      |                              ^
a.c:2:30: note: each undeclared identifier is reported only once for each function it appears in
a.c:2:20: warning: unused variable 'b' [-Wunused-variable]
src/b.hpp:1:10: fatal error: none.h: No such file or directory
`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "a.c",
            line: 2,
            column: 30,
            severity: "error",
            message: "'c' undeclared (first use in this function)",
          },
          {
            file: "a.c",
            line: 2,
            column: 20,
            severity: "warning",
            rule: "-Wunused-variable",
            message: "unused variable 'b'",
          },
          { file: "src/b.hpp", line: 1, column: 10, severity: "error", message: "none.h: No such file or directory" },
        ],
      },
    },
    {
      name: "mypy",
      input: { command: "mypy .", output: "bad.py:5:1: error: Incompatible return value\n", exit: 1 },
      gives: undefined,
    },
  ],
});
