import type { Program } from "../corpus.ts";

const FILLED = `const cache = createCache(2);
cache.set("a", 1);
cache.set("b", 2);`;

export default {
  name: "cache",
  language: "js",
  files: {
    "src/cache.js": `/** Keeps the values that were used last, at most limit of them. */
export function createCache(limit) {
  const entries = new Map();
  function get(key) {
    if (!entries.has(key)) return null;
    const value = entries.get(key);
    entries.delete(key);
    entries.set(key, value);
    return value;
  }
  function set(key, value) {
    entries.delete(key);
    entries.set(key, value);
    if (entries.size > limit) entries.delete(entries.keys().next().value);
  }
  return { get, set, keys: () => [...entries.keys()] };
}
`,
    "src/keys.js": `/** One text for equal arguments, whatever their order. */
export function stableKey(parts) {
  return Object.keys(parts).sort().map((name) => name + "=" + parts[name]).join("&");
}
`,
    "src/remember.js": `import { createCache } from "./cache.js";
import { stableKey } from "./keys.js";

/** A function that computes each answer once, as long as it is kept. */
export function remember(compute, limit = 100) {
  const cache = createCache(limit);
  return (parts) => {
    const key = stableKey(parts);
    const known = cache.get(key);
    if (known !== null) return known;
    const value = compute(parts);
    cache.set(key, value);
    return value;
  };
}
`,
  },
  suites: {
    cache: {
      imports: `import { createCache } from "../src/cache.js";`,
      cases: [
        ["finds what was set", `cache.get("a")`, `1`, FILLED],
        ["knows nothing else", `cache.get("c")`, `null`, FILLED],
        ["drops the oldest", `cache.keys()`, `["b", "c"]`, `${FILLED}\ncache.set("c", 3);`],
        ["keeps the others when one is read", `cache.keys()`, `["a", "b"]`, `${FILLED}\ncache.get("b");`],
      ],
    },
    keys: {
      imports: `import { stableKey } from "../src/keys.js";`,
      cases: [
        ["writes one pair", `stableKey({ a: 1 })`, `"a=1"`],
        ["writes a zero", `stableKey({ a: 0, b: 2 })`, `"a=0&b=2"`],
        ["is empty without arguments", `stableKey({})`, `""`],
      ],
    },
    remember: {
      imports: `import { remember } from "../src/remember.js";`,
      cases: [
        ["computes a value", `remember(({ n }) => n * 2)({ n: 4 })`, `8`],
        [
          "computes it once",
          `calls`,
          `1`,
          `let calls = 0;\nconst twice = remember(({ n }) => { calls++; return n * 2; });\ntwice({ n: 1 });\ntwice({ n: 1 });`,
        ],
      ],
    },
  },
  defects: [
    {
      name: "get",
      file: "src/cache.js",
      suite: "cache",
      good: `entries.delete(key);
    entries.set(key, value);
    return value;`,
      bad: `return value;`,
      wrong: `entries.set(key, value);
    return value;`,
      breaks: `entries.clear();
    entries.set(key, value);
    return value;`,
      same: `entries.delete(key);
    return entries.set(key, value).get(key);`,
      symptom: "lets a value expire that was just read",
      cure: "reading a value makes it the newest",
      witness: ["keeps what was read", `cache.keys()`, `["a", "c"]`, `${FILLED}\ncache.get("a");\ncache.set("c", 3);`],
      bland: ["reads the second value", `cache.get("b")`, `2`, FILLED],
      got: `["b", "c"]`,
    },
    {
      name: "stableKey",
      file: "src/keys.js",
      suite: "keys",
      good: `Object.keys(parts).sort()`,
      bad: `Object.keys(parts)`,
      wrong: `[...new Set(Object.keys(parts))]`,
      breaks: `Object.keys(parts).filter((name) => parts[name]).sort()`,
      same: `[...Object.keys(parts)].sort()`,
      symptom: "gives two keys for the same arguments in another order",
      cure: "the order of the arguments does not matter",
      witness: ["sorts the names", `stableKey({ b: 1, c: 2, a: 3 })`, `"a=3&b=1&c=2"`],
      bland: ["writes a longer name", `stableKey({ name: "x" })`, `"name=x"`],
      got: `"b=1&c=2&a=3"`,
    },
  ],
} satisfies Program;
