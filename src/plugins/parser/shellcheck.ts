import { defineParser, type Location } from "../../sdk/index.ts";
import { locate, places, severityOf } from "./_shared.ts";

const HEAD = /^In (?<file>.+) line (?<line>\d+):$/;
const NOTE = /^(?<indent> *)(?:\^-+\^?|\^--) (?<rule>SC\d+) \((?<severity>\w+)\): (?<message>.*)$/;
const UNIX =
  /^(?<file>[^\s:][^\n:]*):(?<line>\d+):(?<column>\d+): (?<severity>error|warning|note|style): (?<message>.*) \[(?<rule>SC\d+)\]$/m;

/** ShellCheck: formats tty and gcc. */
export default defineParser({
  recognizes: ({ output }) => (/^ *\^-+\^? SC\d+ \(/m.test(output) || UNIX.test(output) ? 0.95 : 0),
  parse: ({ output }) => {
    const locations: Location[] = [];
    let head: { file: string; line: number } | undefined;
    for (const text of output.split("\n")) {
      const found = HEAD.exec(text)?.groups;
      if (found?.file) head = { file: found.file, line: Number(found.line) };
      const note = NOTE.exec(text)?.groups;
      if (head && note?.rule)
        locations.push({
          ...head,
          column: (note.indent ?? "").length + 1,
          severity: severityOf(note.severity ?? ""),
          rule: note.rule,
          message: note.message ?? "",
        });
    }
    return places([...locations, ...locate(UNIX, output)]);
  },
  examples: [
    {
      name: "tty",
      input: {
        command: "shellcheck a.sh",
        output: `
In a.sh line 4:
if [ $x == 1 ]; then echo; fi
     ^-- SC2154 (warning): x is referenced but not assigned.
     ^-- SC2086 (info): Double quote to prevent globbing and word splitting.

Did you mean:
if [ "$x" == 1 ]; then echo; fi
`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "a.sh",
            line: 4,
            column: 6,
            severity: "warning",
            rule: "SC2154",
            message: "x is referenced but not assigned.",
          },
          {
            file: "a.sh",
            line: 4,
            column: 6,
            severity: "warning",
            rule: "SC2086",
            message: "Double quote to prevent globbing and word splitting.",
          },
        ],
      },
    },
    {
      name: "gcc",
      input: {
        command: "shellcheck -f gcc a.sh",
        output: "a.sh:4:6: warning: x is referenced but not assigned. [SC2154]\n",
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "a.sh",
            line: 4,
            column: 6,
            severity: "warning",
            rule: "SC2154",
            message: "x is referenced but not assigned.",
          },
        ],
      },
    },
    {
      name: "gcc itself",
      input: { command: "make", output: "a.c:2:20: warning: unused variable 'b' [-Wunused-variable]\n", exit: 0 },
      gives: undefined,
    },
  ],
});
