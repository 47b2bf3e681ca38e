import type { Program } from "../corpus.ts";

export default {
  name: "csv",
  language: "js",
  files: {
    "src/parse.js": String.raw`/** The fields of one line; a quoted field may contain the separator, and a doubled quote is a quote. */
export function parseLine(line, separator = ",") {
  const fields = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at];
    if (char === '"' && quoted && line[at + 1] === '"') {
      field += '"';
      at++;
    } else if (char === '"') {
      quoted = !quoted;
    } else if (char === separator && !quoted) {
      fields.push(field);
      field = "";
    } else {
      field += char;
    }
  }
  fields.push(field);
  return fields;
}
`,
    "src/write.js": String.raw`/** A field as it is written: quoted where it must be. */
export function formatField(text) {
  if (!/[",\n]/.test(text)) return text;
  return '"' + text.replaceAll('"', '""') + '"';
}

/** One line of fields. */
export function formatLine(fields) {
  return fields.map(formatField).join(",");
}
`,
    "src/records.js": String.raw`import { parseLine } from "./parse.js";

/** Every line after the first as an object with the names of the first. */
export function toRecords(text) {
  const [head, ...rows] = text.trim().split("\n").map((line) => parseLine(line));
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at]])));
}
`,
  },
  suites: {
    parse: {
      imports: `import { parseLine } from "../src/parse.js";`,
      cases: [
        ["splits at commas", `parseLine("a,b")`, `["a", "b"]`],
        ["keeps empty fields", `parseLine("a,,b")`, `["a", "", "b"]`],
        ["takes another separator", `parseLine("a;b", ";")`, `["a", "b"]`],
        ["unquotes", `parseLine('"a","b"')`, `["a", "b"]`],
        ["reads doubled quotes", `parseLine('"say ""hi"""')`, `['say "hi"']`],
      ],
    },
    write: {
      imports: `import { formatField, formatLine } from "../src/write.js";`,
      cases: [
        ["writes plain text as it is", `formatField("plain")`, `"plain"`],
        ["quotes a comma and keeps spaces", `formatField(" a,b")`, `'" a,b"'`],
        ["joins fields", `formatLine(["a", "b,c"])`, `'a,"b,c"'`],
      ],
    },
    records: {
      imports: `import { toRecords } from "../src/records.js";`,
      cases: [
        ["names the fields", String.raw`toRecords("id,name\n1,Ada")`, `[{ id: "1", name: "Ada" }]`],
        ["is empty without rows", `toRecords("id,name")`, `[]`],
      ],
    },
  },
  defects: [
    {
      name: "parseLine",
      file: "src/parse.js",
      suite: "parse",
      good: `char === separator && !quoted`,
      bad: `char === separator`,
      wrong: `char === separator && line[at - 1] !== " "`,
      breaks: `char === separator && !quoted && field !== ""`,
      same: `!quoted && char === separator`,
      symptom: "splits inside quotes",
      cure: "a separator inside quotes belongs to the field",
      witness: ["keeps a quoted comma", `parseLine('"a, b",c')`, `["a, b", "c"]`],
      bland: ["reads one field", `parseLine("alone")`, `["alone"]`],
      got: `["a", " b", "c"]`,
    },
    {
      name: "formatField",
      file: "src/write.js",
      suite: "write",
      good: `text.replaceAll('"', '""')`,
      bad: `text.replace('"', '""')`,
      wrong: `text.replace('"', '""').trimEnd()`,
      breaks: `text.replaceAll('"', '""').trim()`,
      same: `text.split('"').join('""')`,
      symptom: "doubles only the first quote",
      cure: "every quote is doubled",
      witness: ["doubles every quote", `formatField('say "hi"')`, `'"say ""hi"""'`],
      bland: ["quotes a plain comma", `formatField("x,y")`, `'"x,y"'`],
      got: `'"say ""hi""'`,
    },
  ],
} satisfies Program;
