import { defineParser } from "../../sdk/index.ts";
import { locate, places } from "./_shared.ts";

const LINE =
  /^(?:e: |w: )?(?<file>[^\s:][^\n:]*\.(?:java|kt|groovy)):(?<line>\d+): (?<severity>error|warning): (?:\[(?<rule>\w+)\] )?(?<message>.*)$/m;

/** javac, also under Gradle; Maven's compiler plugin has a form of its own. */
export default defineParser({
  recognizes: ({ output }) => (LINE.test(output) ? 0.9 : 0),
  parse: ({ output }) => places(locate(LINE, output)),
  examples: [
    {
      name: "an error and a warning",
      input: {
        command: "javac -Xlint A.java",
        output: `A.java:2: error: incompatible types: String cannot be converted to int
class A { int f() { return "x"; } }
                           ^
A.java:2: warning: [rawtypes] found raw type: List
  missing type arguments for generic class List<E>
1 error
1 warning
`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "A.java",
            line: 2,
            severity: "error",
            message: "incompatible types: String cannot be converted to int",
          },
          { file: "A.java", line: 2, severity: "warning", rule: "rawtypes", message: "found raw type: List" },
        ],
      },
    },
    {
      name: "a stack trace",
      input: { command: "java A", output: "Exception\n\tat d.ATest.breaks(ATest.java:6)\n", exit: 1 },
      gives: undefined,
    },
  ],
});
