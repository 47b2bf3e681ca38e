import type { Program } from "../corpus.ts";

export default {
  name: "semver",
  language: "js",
  files: {
    "src/version.js": `/** The three numbers of a version, and what follows its dash. */
export function parse(version) {
  const [numbers, pre = ""] = version.replace("v", "").split("-");
  return { numbers: numbers.split(".").map(Number), pre };
}
`,
    "src/compare.js": `import { parse } from "./version.js";

/** -1, 0 or 1 as the left version is older than, as old as or newer than the right. */
export function compare(left, right) {
  const [a, b] = [parse(left), parse(right)];
  for (let at = 0; at < 3; at++) {
    if (a.numbers[at] === b.numbers[at]) continue;
    return a.numbers[at] < b.numbers[at] ? -1 : 1;
  }
  if (a.pre === b.pre) return 0;
  if (a.pre === "" || b.pre === "") return a.pre === "" ? 1 : -1;
  return a.pre < b.pre ? -1 : 1;
}
`,
    "src/range.js": `import { compare } from "./compare.js";
import { parse } from "./version.js";

/** Whether a version is in the caret range of another one. */
export function caret(range, version) {
  const low = parse(range);
  const given = parse(version);
  if (compare(version, range) < 0) return false;
  if (low.numbers[0] !== given.numbers[0]) return false;
  if (low.numbers[0] == 0 && low.numbers[1] !== given.numbers[1]) return false;
  return true;
}
`,
  },
  suites: {
    compare: {
      imports: `import { compare } from "../src/compare.js";`,
      cases: [
        ["finds equal versions", `compare("1.2.3", "1.2.3")`, `0`],
        ["sees a newer minor", `compare("1.0.0", "1.1.0")`, `-1`],
        ["sees a newer major", `compare("3.0.0", "2.9.9")`, `1`],
        ["puts a release after its preview", `compare("1.0.0", "1.0.0-rc")`, `1`],
        ["reads a leading v", `compare("v1.0.0", "1.0.0")`, `0`],
      ],
    },
    range: {
      imports: `import { caret } from "../src/range.js";`,
      cases: [
        ["allows a newer minor", `caret("1.2.0", "1.3.0")`, `true`],
        ["refuses a newer major", `caret("1.2.0", "2.0.0")`, `false`],
        ["refuses an older version", `caret("1.2.0", "1.1.9")`, `false`],
        ["allows a newer patch of zero", `caret("0.2.1", "0.2.5")`, `true`],
      ],
    },
  },
  defects: [
    {
      name: "compare",
      file: "src/version.js",
      suite: "compare",
      good: `numbers.split(".").map(Number)`,
      bad: `numbers.split(".")`,
      wrong: `numbers.split(".").map((part) => part.trim())`,
      breaks: `numbers.split(".").map((part) => Number(part) || 1)`,
      same: `numbers.split(".").map((part) => Number.parseInt(part, 10))`,
      symptom: "sorts 1.10.0 before 1.9.0",
      cure: "versions are compared as numbers",
      witness: ["compares numbers of two digits", `compare("1.10.0", "1.9.0")`, `1`],
      bland: ["sees an older patch", `compare("1.2.3", "1.2.4")`, `-1`],
      got: `-1`,
    },
    {
      name: "caret",
      file: "src/range.js",
      suite: "range",
      good: `low.numbers[0] == 0 && low.numbers[1] !== given.numbers[1]`,
      bad: `low.numbers[0] == 0 && low.numbers[1] > given.numbers[1]`,
      wrong: `low.numbers[0] == 0 && low.numbers[1] < given.numbers[1] - 1`,
      breaks: `low.numbers[1] !== given.numbers[1]`,
      same: `low.numbers[0] == 0 && given.numbers[1] !== low.numbers[1]`,
      symptom: "allows a newer minor of version zero",
      cure: "below 1.0 a new minor is out of range",
      witness: ["refuses a newer minor of zero", `caret("0.2.1", "0.3.0")`, `false`],
      bland: ["allows the same version", `caret("1.0.0", "1.0.0")`, `true`],
      got: `true`,
    },
  ],
} satisfies Program;
