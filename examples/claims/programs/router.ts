import type { Program } from "../corpus.ts";

export default {
  name: "router",
  language: "js",
  files: {
    "src/segments.js": `/** The parts of a path between its slashes. */
export function segments(path) {
  return path.split("/").filter((part) => part !== "");
}
`,
    "src/match.js": `import { segments } from "./segments.js";

/** The parameters of a path that fits a pattern such as /users/:id, or null. */
export function match(pattern, path) {
  const wanted = segments(pattern);
  const given = segments(path);
  if (wanted.length !== given.length) return null;
  const params = {};
  for (const [at, part] of wanted.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(given[at]);
    else if (part !== given[at]) return null;
  }
  return params;
}
`,
    "src/query.js": `/** The names and values of a query without its question mark. */
export function parseQuery(text) {
  const result = {};
  for (const pair of text.split("&").filter(Boolean)) {
    const [name, value = ""] = pair.split("=");
    result[decodeURIComponent(name)] = decodeURIComponent(value.replaceAll("+", " "));
  }
  return result;
}
`,
  },
  suites: {
    match: {
      imports: `import { match } from "../src/match.js";`,
      cases: [
        ["finds a parameter", `match("/users/:id", "/users/7")`, `{ id: "7" }`],
        ["decodes a parameter", `match("/tags/:tag", "/tags/a%20b")`, `{ tag: "a b" }`],
        ["refuses another path", `match("/users", "/posts")`, `null`],
        ["refuses a shorter path", `match("/users/all", "/users")`, `null`],
        ["ignores a closing slash", `match("/users", "/users/")`, `{}`],
      ],
    },
    query: {
      imports: `import { parseQuery } from "../src/query.js";`,
      cases: [
        ["reads two pairs", `parseQuery("a=1&b=2")`, `{ a: "1", b: "2" }`],
        ["reads a plus as a space", `parseQuery("q=+a")`, `{ q: " a" }`],
        ["reads a name without a value", `parseQuery("debug")`, `{ debug: "" }`],
        ["is empty for an empty text", `parseQuery("")`, `{}`],
      ],
    },
    segments: {
      imports: `import { segments } from "../src/segments.js";`,
      cases: [
        ["splits a path", `segments("/a/b")`, `["a", "b"]`],
        ["has no parts at the root", `segments("/")`, `[]`],
      ],
    },
  },
  defects: [
    {
      name: "match",
      file: "src/match.js",
      suite: "match",
      good: `wanted.length !== given.length`,
      bad: `wanted.length > given.length`,
      wrong: `wanted.length > given.length + 1`,
      breaks: `wanted.length !== given.length || path.endsWith("/")`,
      same: `given.length !== wanted.length`,
      symptom: "accepts paths that go on",
      cure: "a longer path does not match",
      witness: ["refuses a longer path", `match("/users", "/users/7")`, `null`],
      bland: ["finds a plain path", `match("/about", "/about")`, `{}`],
      got: `{}`,
    },
    {
      name: "parseQuery",
      file: "src/query.js",
      suite: "query",
      good: `value.replaceAll("+", " ")`,
      bad: `value.replace("+", " ")`,
      wrong: `value.replace("+", " ").replace("  ", " ")`,
      breaks: `value.split("+").join(" ").trim()`,
      same: `value.split("+").join(" ")`,
      symptom: "decodes only the first plus",
      cure: "every plus is a space",
      witness: ["reads every plus", `parseQuery("q=a+b+c")`, `{ q: "a b c" }`],
      bland: ["reads a single pair", `parseQuery("page=3")`, `{ page: "3" }`],
      got: `{ q: "a b+c" }`,
    },
  ],
} satisfies Program;
