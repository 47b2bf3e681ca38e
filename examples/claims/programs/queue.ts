import type { Program } from "../corpus.ts";

export default {
  name: "queue",
  language: "js",
  files: {
    "src/insert.js": `/** The list with the item at its place: a low priority comes first, equal ones stay in order. */
export function insert(list, item) {
  const at = list.findIndex((other) => other.priority > item.priority);
  if (at === -1) return [...list, item];
  return [...list.slice(0, at), item, ...list.slice(at)];
}
`,
    "src/queue.js": `import { insert } from "./insert.js";

/** The names of jobs in the order in which they are done; a job is a name and a priority. */
export function order(jobs) {
  let list = [];
  for (const [name, priority] of jobs) list = insert(list, { name, priority });
  return list.map((item) => item.name);
}
`,
    "src/retry.js": `/** Milliseconds before a try, which counts from 1: twice as long each time, up to a limit. */
export function backoff(attempt, first = 100, limit = 60000) {
  return Math.min(limit, first * 2 ** (attempt - 1));
}

/** Whether another try makes sense. */
export function mayRetry(status, attempt) {
  return attempt < 5 && (status === 429 || status >= 500);
}
`,
  },
  suites: {
    queue: {
      imports: `import { order } from "../src/queue.js";`,
      cases: [
        ["is empty at first", `order([])`, `[]`],
        ["takes the urgent one first", `order([["low", 2], ["high", 1]])`, `["high", "low"]`],
        ["sorts three", `order([["c", 3], ["a", 1], ["b", 2]])`, `["a", "b", "c"]`],
      ],
    },
    insert: {
      imports: `import { insert } from "../src/insert.js";`,
      cases: [
        ["starts a list", `insert([], { priority: 1 })`, `[{ priority: 1 }]`],
        ["leaves the given list alone", `given`, `[]`, `const given = [];\ninsert(given, { priority: 1 });`],
      ],
    },
    retry: {
      imports: `import { backoff, mayRetry } from "../src/retry.js";`,
      cases: [
        ["waits longer the second time", `backoff(2)`, `200`],
        ["doubles again", `backoff(3)`, `400`],
        ["stops at the limit", `backoff(9, 1000, 4000)`, `4000`],
        ["does not repeat what is wrong", `mayRetry(404, 1)`, `false`],
        ["gives up", `mayRetry(503, 5)`, `false`],
      ],
    },
  },
  defects: [
    {
      name: "insert",
      file: "src/insert.js",
      suite: "queue",
      good: `other.priority > item.priority`,
      bad: `other.priority >= item.priority`,
      wrong: `other.priority - item.priority >= 0`,
      breaks: `other.priority > item.priority + 1`,
      same: `item.priority < other.priority`,
      symptom: "turns the order of equal priorities round",
      cure: "equal priorities keep their order",
      witness: ["keeps the order of equal ones", `order([["a", 1], ["b", 1]])`, `["a", "b"]`],
      bland: ["orders a single job", `order([["only", 4]])`, `["only"]`],
      got: `["b", "a"]`,
    },
    {
      name: "backoff",
      file: "src/retry.js",
      suite: "retry",
      good: `2 ** (attempt - 1)`,
      bad: `2 * (attempt - 1)`,
      wrong: `(2 * attempt - 2)`,
      breaks: `(attempt - 1) ** 2`,
      same: `(2 ** attempt / 2)`,
      symptom: "grows too slowly",
      cure: "the wait doubles with every try",
      witness: ["doubles until the fifth try", `backoff(5)`, `1600`],
      bland: ["retries when there is too much", `mayRetry(429, 1)`, `true`],
      got: `800`,
    },
  ],
} satisfies Program;
