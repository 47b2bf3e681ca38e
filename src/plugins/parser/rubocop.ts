import { defineParser } from "../../sdk/index.ts";
import { matches, places, toLocation } from "./_shared.ts";

const LINE =
  /^(?<file>[^\s:][^\n:]*):(?<line>\d+):(?<column>\d+): (?<letter>[IRCWEF]): (?:\[\w+\] )?(?:(?<rule>[A-Z]\w*(?:\/\w+)+): )?(?<message>.*)$/m;

/** RuboCop's default formats. E and F are errors; its other offenses (convention, warning …) make it exit 1 all the same. */
export default defineParser({
  recognizes: ({ output }) => (/^Inspecting \d+ files?$/m.test(output) || LINE.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const found = matches(LINE, output)
      .map(({ letter = "", ...place }) => toLocation({ ...place, severity: /[EF]/.test(letter) ? "error" : "warning" }))
      .filter((place) => place !== undefined);
    const nothing = /^Inspecting 0 files$/m.test(output) ? ["rubocop looked at no file"] : [];
    return { ...places(found), doubts: nothing };
  },
  examples: [
    {
      name: "red",
      input: {
        command: "rubocop",
        output: `Inspecting 2 files
WC

Offenses:

bad.rb:1:1: W: Lint/UselessAssignment: Useless assignment to variable - x.
x = {:a=>1}
^
bad.rb:1:5: C: [Correctable] Layout/SpaceInsideHashLiteralBraces: Space inside { missing.
bad.rb:7:1: E: Lint/Syntax: unexpected token kEND

2 files inspected, 3 offenses detected, 1 offense autocorrectable
`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "bad.rb",
            line: 1,
            column: 1,
            severity: "warning",
            rule: "Lint/UselessAssignment",
            message: "Useless assignment to variable - x.",
          },
          {
            file: "bad.rb",
            line: 1,
            column: 5,
            severity: "warning",
            rule: "Layout/SpaceInsideHashLiteralBraces",
            message: "Space inside { missing.",
          },
          {
            file: "bad.rb",
            line: 7,
            column: 1,
            severity: "error",
            rule: "Lint/Syntax",
            message: "unexpected token kEND",
          },
        ],
      },
    },
    {
      name: "green on nothing",
      input: {
        command: "rubocop",
        output: "Inspecting 0 files\n\n\n0 files inspected, no offenses detected\n",
        exit: 0,
      },
      gives: { locations: [], doubts: ["rubocop looked at no file"] },
    },
    {
      name: "pylint",
      input: { command: "pylint a", output: "a.py:1:0: W0611: Unused import os (unused-import)\n", exit: 4 },
      gives: undefined,
    },
  ],
});
