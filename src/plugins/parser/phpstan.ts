import { defineParser, type Location } from "../../sdk/index.ts";
import { places } from "./_shared.ts";

const HEAD = /^ {2}Line {3}(?<file>\S.*?)(?: \(in context of .*\))? *$/;
const ROW = /^ {2}(?<line>:?\d+) {2,}(?<message>\S.*?) *$/;
const MORE = /^ {6,}(?<more>\S.*?) *$/;

/** PHPStan's table. Long messages go on in the next row. */
export default defineParser({
  recognizes: ({ output }) =>
    /^ \[(?:OK\] No errors|ERROR\] Found \d+ errors?)/m.test(output) || /^ -{4,} -{4,} *\n {2}Line {3}/m.test(output)
      ? 0.9
      : 0,
  parse: ({ output }) => {
    const locations: Location[] = [];
    let file: string | undefined;
    for (const text of output.split("\n")) {
      const head = HEAD.exec(text)?.groups?.file;
      const row = ROW.exec(text)?.groups;
      const more = MORE.exec(text)?.groups?.more;
      const last = locations.at(-1);
      if (head) file = head;
      else if (row?.line && file)
        locations.push({
          file,
          line: Number(row.line.replace(":", "")),
          severity: "error",
          message: row.message ?? "",
        });
      else if (more && file && last) locations[locations.length - 1] = extend(last, more);
      else if (text.trim() === "") file = undefined;
    }
    return places(locations);
  },
  examples: [
    {
      name: "red",
      input: {
        command: "phpstan analyse",
        output: ` ------ ------------------------------------------------
  Line   src/A.php
 ------ ------------------------------------------------
  12     Method A::f() should return int but returns
         string.
         🪪  return.type
  20     Undefined variable: $x
 ------ ------------------------------------------------

 [ERROR] Found 2 errors

`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "src/A.php",
            line: 12,
            severity: "error",
            rule: "return.type",
            message: "Method A::f() should return int but returns string.",
          },
          { file: "src/A.php", line: 20, severity: "error", message: "Undefined variable: $x" },
        ],
      },
    },
    {
      name: "green",
      input: { command: "phpstan analyse", output: "\n [OK] No errors\n\n", exit: 0 },
      gives: { locations: [] },
    },
    {
      name: "phpunit",
      input: { command: "phpunit", output: "OK (1 test, 1 assertion)\n", exit: 0 },
      gives: undefined,
    },
  ],
});

/** A message goes on in the next row, or its rule follows. */
function extend(place: Location, more: string): Location {
  const rule = /^🪪 +(\S+)$/u.exec(more)?.[1];
  if (rule) return { ...place, rule };
  return /^(?:💡|✏️|🆔)/u.test(more) ? place : { ...place, message: `${place.message} ${more}` };
}
