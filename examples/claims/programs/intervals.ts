import type { Program } from "../corpus.ts";

export default {
  name: "intervals",
  language: "js",
  files: {
    "src/overlaps.js": `/** Whether two intervals share more than a border; the end is not part of an interval. */
export function overlaps(a, b) {
  return a[0] < b[1] && b[0] < a[1];
}
`,
    "src/merge.js": `/** The same points in as few intervals as can be, in order. */
export function merge(list) {
  const merged = [];
  for (const [start, end] of [...list].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}
`,
    "src/gaps.js": `import { merge } from "./merge.js";

/** What lies between the intervals. */
export function gaps(list) {
  const merged = merge(list);
  return merged.slice(1).map(([start], at) => [merged[at][1], start]);
}
`,
  },
  suites: {
    merge: {
      imports: `import { merge } from "../src/merge.js";`,
      cases: [
        ["leaves what is apart", `merge([[2, 3], [10, 12]])`, `[[2, 3], [10, 12]]`],
        ["joins what overlaps", `merge([[1, 4], [2, 6]])`, `[[1, 6]]`],
        ["joins what touches", `merge([[1, 2], [2, 3]])`, `[[1, 3]]`],
        ["swallows what is inside", `merge([[1, 9], [2, 3]])`, `[[1, 9]]`],
      ],
    },
    overlaps: {
      imports: `import { overlaps } from "../src/overlaps.js";`,
      cases: [
        ["sees an overlap", `overlaps([1, 3], [2, 4])`, `true`],
        ["sees one inside", `overlaps([1, 9], [3, 4])`, `true`],
        ["sees what is apart", `overlaps([1, 2], [5, 6])`, `false`],
      ],
    },
    gaps: {
      imports: `import { gaps } from "../src/gaps.js";`,
      cases: [
        ["finds a gap", `gaps([[1, 2], [5, 6]])`, `[[2, 5]]`],
        ["finds none", `gaps([[1, 3], [2, 6]])`, `[]`],
      ],
    },
  },
  defects: [
    {
      name: "merge",
      file: "src/merge.js",
      suite: "merge",
      good: `[...list].sort((a, b) => a[0] - b[0])`,
      bad: `[...list]`,
      wrong: `[...new Set(list)]`,
      breaks: `[...list].sort()`,
      same: `list.slice().sort((a, b) => a[0] - b[0])`,
      symptom: "loses intervals that are not in order",
      cure: "intervals may come in any order",
      witness: ["sorts them", `merge([[5, 6], [1, 2]])`, `[[1, 2], [5, 6]]`],
      bland: ["keeps a single one", `merge([[4, 8]])`, `[[4, 8]]`],
      got: `[[5, 6]]`,
    },
    {
      name: "overlaps",
      file: "src/overlaps.js",
      suite: "overlaps",
      good: `a[0] < b[1] && b[0] < a[1]`,
      bad: `a[0] <= b[1] && b[0] <= a[1]`,
      wrong: `a[0] <= b[1] && b[0] < a[1] + 1`,
      breaks: `a[0] < b[1] && b[0] + 1 < a[1]`,
      same: `b[0] < a[1] && a[0] < b[1]`,
      symptom: "counts a common border as an overlap",
      cure: "intervals that only touch do not overlap",
      witness: ["lets neighbours touch", `overlaps([1, 2], [2, 3])`, `false`],
      bland: ["sees equal ones", `overlaps([1, 2], [1, 2])`, `true`],
      got: `true`,
    },
  ],
} satisfies Program;
