import { defineParser, type Location } from "../../sdk/index.ts";
import { locate, locateGrouped, matches, toLocation } from "./_shared.ts";

/** A path with a directory or an extension, and no host: a bare word in front of `:12:` is more often a time. */
const FILE = String.raw`(?<file>(?:[A-Za-z]:)?(?:[^\s:()[\]|<>"'=]*\/)?[^\s:()[\]|<>"'=/]*\.(?!(?:com|org|net|io|dev|local|internal):)[A-Za-z][\w+-]*|\/[^\s:()[\]|<>"'=]+)`;
const SEVERITY = String.raw`(?<severity>fatal error|error|warning|warn|info|note|hint|suggestion|style)`;

/** `file:12:5: error: message`, also behind `[error] ` (sbt) or `error:` (black). */
const COLONS = new RegExp(
  String.raw`^(?:\[(?:error|warn)\] |error: ?)?${FILE}:(?<line>\d+)(?::(?<column>\d+))?(?:[-:]\d+(?::\d+)?)?:? ?(?:${SEVERITY}\b(?::| -)? )?(?<message>\S.*)$`,
  "im",
);
/** `file(12,5): error CS1002: message` (MSBuild) and `file[12, 5]: message` (tslint). */
const BRACKETS = new RegExp(
  String.raw`^${FILE}[([](?<line>\d+), ?(?<column>\d+)(?:,\d+,\d+)?[)\]] ?: (?:${SEVERITY} (?:(?<rule>[A-Z]+\d+): )?)?(?<message>\S.*)$`,
  "im",
);
/** `error: message`, then ` --> file:12:5`. */
const ARROW = new RegExp(
  String.raw`^${SEVERITY}(?:\[(?<rule>[\w-]+)\])?: (?<message>.*)\n *--> ${FILE}:(?<line>\d+):(?<column>\d+)$`,
  "im",
);
/** `error file=a.scala message=Too long line=6 column=7` (scalastyle). */
const KEYS =
  /^(?<severity>error|warning) file=(?<file>\S+) message=(?<message>.*?) line=(?<line>\d+)(?: column=(?<column>\d+))?$/m;
/** `error: cannot format a.py: Cannot parse: 1:3: text` (black). */
const CANNOT = /^error: cannot format (?<file>\S+): (?<message>Cannot parse[^:]*: (?<line>\d+):(?<column>\d+).*)$/m;
/** `file<TAB>12<TAB>…` (brakeman). */
const TABS = /^(?<file>\/?[\w./-]+\.\w+)\t *(?<line>\d+)\t *(?<message>\S.*)$/m;
/** Below the name of its file: `  12:5  warning  message`. */
const BELOW = /^ +(?<line>\d+):(?<column>\d+)(?:-\d+:\d+)? +(?<severity>error|warning|info) +(?<message>\S.*)$/;

/** Any other tool that prints places in a form that many share. Used only when no parser knows the tool. */
export default defineParser({
  recognizes: ({ output }) => (read(output).length > 0 ? 0.1 : 0),
  parse: ({ output }) => ({ cases: [], locations: read(output), doubts: [] }),
  examples: [
    {
      name: "psalm",
      input: {
        command: "psalm",
        output: "/r/main.php:258:4:error - InvalidGlobal: Cannot use global scope here\n",
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "/r/main.php",
            line: 258,
            column: 4,
            severity: "error",
            message: "InvalidGlobal: Cannot use global scope here",
          },
        ],
      },
    },
    {
      name: "MSBuild",
      input: {
        command: "dotnet build",
        output: "/r/Program.cs(3,5): error CS1002: ; expected [/r/x.csproj]\n",
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "/r/Program.cs",
            line: 3,
            column: 5,
            severity: "error",
            rule: "CS1002",
            message: "; expected [/r/x.csproj]",
          },
        ],
      },
    },
    {
      name: "typos",
      input: {
        command: "typos",
        output: "error: `zeebra` should be `zebra`\n  --> docs/typos.in:1:1\n  |\n1 | zeebra\n",
        exit: 2,
      },
      gives: {
        locations: [
          { file: "docs/typos.in", line: 1, column: 1, severity: "error", message: "`zeebra` should be `zebra`" },
        ],
      },
    },
    {
      name: "remark-lint",
      input: {
        command: "remark .",
        output:
          "docs/README.md\n 25:3  warning Incorrect list-item indent: add 2 spaces list-item-indent remark-lint\n",
        exit: 0,
      },
      gives: {
        locations: [
          {
            file: "docs/README.md",
            line: 25,
            column: 3,
            severity: "warning",
            message: "Incorrect list-item indent: add 2 spaces list-item-indent remark-lint",
          },
        ],
      },
    },
    {
      name: "times, hosts, addresses and stack frames are no places",
      input: {
        command: "npm start",
        output:
          "12:30:01: started\nlistening on localhost:3000: ok\nhttp://127.0.0.1:3000/x\nredis.local:6379: refused\n    at run (/r/a.js:3:4)\n",
        exit: 1,
      },
      gives: undefined,
    },
  ],
});

function read(output: string): Location[] {
  const arrows = matches(ARROW, output)
    .map((groups) => toLocation(groups))
    .filter((place) => place !== undefined);
  const flat = [COLONS, BRACKETS, KEYS, CANNOT, TABS].flatMap((pattern) => locate(pattern, output));
  return [...flat, ...arrows, ...locateGrouped(BELOW, output)];
}
