import type { Program } from "../corpus.ts";

export default {
  name: "wrap",
  language: "js",
  files: {
    "src/wrap.js": String.raw`/** The words of a text in lines of at most width characters; a longer word has a line of its own. */
export function wrap(text, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line === "" ? word : line + " " + word;
    if (longer.length <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
  }
  if (line !== "") lines.push(line);
  return lines;
}
`,
    "src/truncate.js": `/** The text, or its beginning and an ellipsis: never more than limit characters. */
export function truncate(text, limit) {
  if (text.length <= limit) return text;
  return text.slice(0, limit - 1) + "…";
}
`,
    "src/paragraph.js": String.raw`import { wrap } from "./wrap.js";

/** A paragraph in lines that begin with so many spaces. */
export function paragraph(text, width, indent = 0) {
  return wrap(text, width - indent).map((line) => " ".repeat(indent) + line).join("\n");
}
`,
  },
  suites: {
    wrap: {
      imports: `import { wrap } from "../src/wrap.js";`,
      cases: [
        ["has no lines for nothing", `wrap("", 10)`, `[]`],
        ["keeps a short text in one line", `wrap("one two", 20)`, `["one two"]`],
        ["breaks between words", `wrap("alpha beta", 7)`, `["alpha", "beta"]`],
        ["gives a long word its line", `wrap("a elephants b", 4)`, `["a", "elephants", "b"]`],
      ],
    },
    truncate: {
      imports: `import { truncate } from "../src/truncate.js";`,
      cases: [
        ["leaves a short text alone", `truncate("short", 10)`, `"short"`],
        ["ends with an ellipsis", `truncate("hello world", 8).endsWith("…")`, `true`],
        ["begins as the text does", `truncate("hello world", 8).startsWith("hello")`, `true`],
      ],
    },
    paragraph: {
      imports: `import { paragraph } from "../src/paragraph.js";`,
      cases: [
        ["indents every line", `paragraph("alpha beta", 9, 2)`, String.raw`"  alpha\n  beta"`],
        ["does not indent by itself", `paragraph("alpha", 9)`, `"alpha"`],
      ],
    },
  },
  defects: [
    {
      name: "wrap",
      file: "src/wrap.js",
      suite: "wrap",
      good: `longer.length <= width`,
      bad: `longer.length < width`,
      wrong: `longer.length + 1 <= width`,
      breaks: `line.length <= width`,
      same: `!(longer.length > width)`,
      symptom: "breaks a line that just fits",
      cure: "a line may be as long as the width",
      witness: ["fills a line to its end", `wrap("ab cd", 5)`, `["ab cd"]`],
      bland: ["keeps a single word", `wrap("word", 9)`, `["word"]`],
      got: `["ab", "cd"]`,
    },
    {
      name: "truncate",
      file: "src/truncate.js",
      suite: "truncate",
      good: `text.slice(0, limit - 1)`,
      bad: `text.slice(0, limit)`,
      wrong: `text.slice(0, limit).trimEnd()`,
      breaks: `text.slice(0, 3)`,
      same: `text.substring(0, limit - 1)`,
      symptom: "returns one character too many",
      cure: "the ellipsis counts towards the limit",
      witness: ["counts the ellipsis", `truncate("abcdef", 4)`, `"abc…"`],
      bland: ["leaves an empty text alone", `truncate("", 3)`, `""`],
      got: `"abcd…"`,
    },
  ],
} satisfies Program;
