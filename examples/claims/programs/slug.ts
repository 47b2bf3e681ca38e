import type { Program } from "../corpus.ts";

export default {
  name: "slug",
  language: "js",
  files: {
    "src/fold.js": String.raw`const MARKS = /[\u0300-\u036f]/g;

/** Letters without their accents. */
export function fold(text) {
  return text.normalize("NFD").replace(MARKS, "");
}
`,
    "src/slug.js": String.raw`import { fold } from "./fold.js";

/** The words of a title joined by dashes, at most limit characters. */
export function slugify(title, limit = 60) {
  const words = fold(title).toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return words.replace(/^-|-$/g, "").slice(0, limit);
}
`,
    "src/names.js": String.raw`/** The first letter of every word of a name. */
export function initials(name) {
  return name.trim().split(/\s+/).map((word) => word[0].toUpperCase()).join("");
}

/** Each word with a capital. */
export function titleCase(text) {
  return text.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
`,
  },
  suites: {
    slug: {
      imports: `import { slugify } from "../src/slug.js";`,
      cases: [
        ["lowers case", `slugify("Hello World")`, `"hello-world"`],
        ["folds accents", `slugify("Crème Brûlée")`, `"creme-brulee"`],
        ["keeps digits", `slugify("Top 10")`, `"top-10"`],
        ["cuts at the limit", `slugify("abcdef", 3)`, `"abc"`],
        ["drops a closing mark", `slugify("Really?")`, `"really"`],
      ],
    },
    fold: {
      imports: `import { fold } from "../src/fold.js";`,
      cases: [
        ["leaves plain letters", `fold("plain")`, `"plain"`],
        ["strips a tilde", `fold("mañana")`, `"manana"`],
      ],
    },
    names: {
      imports: `import { initials, titleCase } from "../src/names.js";`,
      cases: [
        ["takes two initials", `initials("ada lovelace")`, `"AL"`],
        ["counts a name with an apostrophe once", `initials("sean o'neil")`, `"SO"`],
        ["takes one initial", `initials("plato")`, `"P"`],
        ["gives every word a capital", `titleCase("war and peace")`, `"War And Peace"`],
      ],
    },
  },
  defects: [
    {
      name: "slugify",
      file: "src/slug.js",
      suite: "slug",
      good: String.raw`replace(/[^a-z0-9]+/g, "-")`,
      bad: String.raw`replace(/[^a-z0-9]/g, "-")`,
      wrong: String.raw`replace(/[^a-z0-9]{1,2}/g, "-")`,
      breaks: String.raw`replace(/[^a-z]+/g, "-")`,
      same: String.raw`split(/[^a-z0-9]+/).join("-")`,
      symptom: "keeps repeated dashes",
      cure: "repeated dashes become one",
      witness: ["joins repeated dashes", `slugify("salt  &  pepper")`, `"salt-pepper"`],
      bland: ["leaves one word alone", `slugify("pepper")`, `"pepper"`],
      got: `"salt-----pepper"`,
    },
    {
      name: "initials",
      file: "src/names.js",
      suite: "names",
      good: String.raw`split(/\s+/)`,
      bad: String.raw`split(/\s+/, 2)`,
      wrong: String.raw`split(/\s+/, 3)`,
      breaks: String.raw`split(/\W+/)`,
      same: String.raw`split(/\s/).filter(Boolean)`,
      symptom: "drops every name after the second",
      cure: "all names are counted",
      witness: ["takes four initials", `initials("jean luc marie picard")`, `"JLMP"`],
      bland: ["takes the initials of a short name", `initials("bo li")`, `"BL"`],
      got: `"JL"`,
    },
  ],
} satisfies Program;
