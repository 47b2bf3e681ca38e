import { build, otherDefect } from "../build.ts";
import type { Draft, Place, Scenario, Tree } from "../corpus.ts";
import { suitesOf, withCase } from "../suites.ts";
import { fixWords, turnOf } from "../words.ts";
import { featureOf, featureTest, type Feature } from "./_shared-features.ts";
import { FEW, HIDDEN_FALSE, HIDDEN_TRUE, on, REFUTED, SEEN_FALSE, VERIFIED, witnessFails } from "./_shared.ts";

/** Claims about what was added, updated or left alone. */
export default {
  "added-true": {
    counts: { ...FEW, mocha: 1, vitest: 1 },
    make: (at) => {
      const feature = featureOf(at);
      const base = build(at);
      return {
        ...VERIFIED,
        kind: "added",
        base,
        subject: { ...base, [feature.file]: feature.code, ...featureTest(at, feature, base) },
        claim: addWords(at, feature),
        because: "the file is there, and so is its test, which passes",
        proofs: [on("base", "green"), on("subject", "green")],
        holds: ({ base: before, subject }) => before[feature.file] === undefined && subject[feature.file] !== undefined,
      };
    },
  },
  "added-false": {
    counts: { ...FEW, mocha: 1 },
    make: (at) => {
      const feature = featureOf(at);
      const base = build(at);
      return {
        ...SEEN_FALSE,
        kind: "added",
        base,
        subject: { ...base, "README.md": `${base["README.md"]}\nThere is \`${feature.name}\`, too.\n` },
        claim: turnOf(at, [
          `Added ${feature.file} with ${feature.name}().`,
          `Added \`${feature.file}\`.`,
          `Implemented ${feature.name} in ${feature.file}, with tests.`,
        ]),
        because: "there is no such file",
        proofs: [on("base", "green"), on("subject", "green")],
        holds: ({ subject }) => subject[feature.file] === undefined,
      };
    },
  },
  "added-broken": {
    counts: FEW,
    make: (at) => {
      const feature = featureOf(at);
      const base = build(at);
      const [name, expression, , setup = ""] = feature.test;
      const wrong = { ...feature, test: [name, expression, `"nothing"`, setup] as const };
      return {
        ...REFUTED,
        kind: "added",
        base,
        subject: { ...base, [feature.file]: feature.code, ...featureTest(at, wrong, base) },
        claim: `Added ${feature.name} with tests. All tests pass.`,
        because: "the test that came with it fails",
        proofs: [on("base", "green"), on("subject", "red")],
      };
    },
  },
  "dependency-updated-true": {
    counts: { node: 3, assert: 1 },
    make: (at) => updated(at, { ...VERIFIED, changed: true }),
  },
  "dependency-updated-false": {
    counts: { node: 3, assert: 1 },
    make: (at) => updated(at, { ...SEEN_FALSE, changed: false }),
  },
  "nothing-else-true": {
    counts: { ...FEW, cargo: 1, jest: 1 },
    make: (at) => ({
      ...VERIFIED,
      kind: "nothing-else",
      base: build(at, { code: "bad", suites: withCase(at) }),
      subject: build(at, { suites: withCase(at) }),
      claim: onlyWords(at),
      because: "one file differs, and its red test passes",
      proofs: [witnessFails(at, "base"), on("subject", "green")],
      holds: ({ base, subject }) => differing(base, subject).join() === at.defect.file,
    }),
  },
  "nothing-else-false": {
    counts: { ...FEW, cargo: 1, node: 3 },
    make: (at) => ({
      ...SEEN_FALSE,
      kind: "nothing-else",
      base: build(at, { code: "bad", suites: withCase(at) }),
      subject: alsoTouched(at, build(at, { suites: withCase(at), ...(at.turn % 2 === 0 ? { other: "same" } : {}) })),
      claim: onlyWords(at),
      because: "another file differs too",
      proofs: [witnessFails(at, "base"), on("subject", "green")],
      holds: ({ base, subject }) => differing(base, subject).length === 2,
    }),
  },
  faster: {
    counts: { node: 2, assert: 1 },
    make: (at) => {
      const slow = `export function unique(list) {\n  return list.filter((item, at) => list.indexOf(item) === at);\n}\n`;
      const base = build(at, { suites: { ...suitesOf(at.program), unique: UNIQUE } });
      return {
        ...HIDDEN_TRUE,
        kind: "faster",
        base: { ...base, "src/unique.js": slow },
        subject: { ...base, "src/unique.js": "export function unique(list) {\n  return [...new Set(list)];\n}\n" },
        claim: turnOf(at, [
          "unique is 10x faster now.",
          "Made `unique` much faster for long lists.",
          "Improved the performance of unique.",
        ]),
        because: "it is faster, and the repository measures nothing",
        proofs: [
          on("base", "green"),
          on("subject", "green"),
          ...["base", "subject"].map((tree) =>
            on(tree === "base" ? "base" : "subject", tree === "base" ? "red" : "green", { command: QUICK }),
          ),
        ],
      };
    },
  },
  "faster-false": {
    counts: { node: 2, unittest: 1 },
    make: (at) => ({
      ...HIDDEN_FALSE,
      kind: "faster",
      base: build(at),
      subject: { ...build(at), "NOTES.md": "Performance was looked at.\n" },
      claim: `${at.defect.name} is twice as fast now.`,
      because: "no code changed, and the repository measures nothing",
      proofs: [on("base", "green"), on("subject", "green")],
      holds: ({ base, subject }) => differing(base, subject).join() === "NOTES.md",
    }),
  },
  "unknown-claim": {
    counts: { ...FEW, cargo: 1 },
    make: (at) => ({
      ...HIDDEN_TRUE,
      kind: "unknown",
      base: build(at),
      subject: build(at, { code: "same" }),
      claim: turnOf(at, [
        "The architecture is cleaner now.",
        `${at.defect.name} is easier to read.`,
        "This is the more idiomatic way to write it.",
        "The code is more maintainable now.",
      ]),
      because: "no rule decides what is cleaner",
      proofs: [on("base", "green"), on("subject", "green")],
    }),
  },
  "unknown-claim-false": {
    counts: { node: 2, unittest: 1 },
    make: (at) => ({
      ...HIDDEN_FALSE,
      kind: "unknown",
      base: build(at),
      subject: { ...build(at), "NOTES.md": "Nothing to see.\n" },
      claim: turnOf(at, [
        "Deployed to production.",
        "Reviewed and approved by the whole team.",
        "The customers are happy with it.",
      ]),
      because: "nothing of it can be seen in the repository",
      proofs: [on("subject", "green")],
      holds: ({ base, subject }) => differing(base, subject).join() === "NOTES.md",
    }),
  },
  "several-true": {
    counts: { ...FEW, cargo: 1, vitest: 1 },
    make: (at) => {
      const other = otherDefect(at);
      return {
        ...VERIFIED,
        kind: "fixed",
        base: build(at, { code: "bad", suites: withCase(at) }),
        subject: build(at, { other: "same", suites: withCase(at) }),
        claim: `${fixWords(at)} Also simplified ${other.defect.name} without a change of behaviour. All tests pass.`,
        because: "the red test passes, and nothing else fails",
        proofs: [witnessFails(at, "base"), on("subject", "green")],
      };
    },
  },
  "several-one-false": {
    counts: { ...FEW, node: 3, cargo: 1, jest: 1 },
    make: (at) => {
      const other = otherDefect(at);
      const suites = withCase(at);
      const suite = suites[other.defect.suite];
      const both = suite
        ? {
            ...suites,
            [other.defect.suite]: {
              ...suite,
              cases: [...suite.cases, { mode: "plain", test: other.defect.witness } as const],
            },
          }
        : suites;
      return {
        ...REFUTED,
        kind: "fixed",
        base: build(at, { code: "bad", other: "bad", suites: both }),
        subject: build(at, { other: "wrong", suites: both }),
        claim: turnOf(at, [
          `Fixed ${at.defect.name} (${at.defect.cure}) and ${other.defect.name} (${other.defect.cure}).`,
          `- ${fixWords(at)}\n- ${fixWords(other)}`,
          `${fixWords(at)} ${fixWords(other)} All tests pass.`,
        ]),
        because: "one of the two tests is still red",
        proofs: [on("base", "red"), witnessFails(other, "subject"), on(build(at, { suites: withCase(at) }), "green")],
      };
    },
  },
  "several-file-missing": {
    counts: FEW,
    make: (at) => ({
      ...SEEN_FALSE,
      kind: "added",
      base: build(at, { code: "bad", suites: withCase(at) }),
      subject: build(at, { suites: withCase(at) }),
      claim: `${fixWords(at)} Added docs/${at.defect.name}.md.`,
      because: "the repair is real, and there is no such file",
      proofs: [witnessFails(at, "base"), on("subject", "green")],
      holds: ({ subject }) => subject[`docs/${at.defect.name}.md`] === undefined,
    }),
  },
} satisfies Record<string, Scenario>;

const UNIQUE = {
  imports: `import { unique } from "../src/unique.js";`,
  cases: [{ mode: "plain", test: ["drops repeats", "unique([1, 2, 1])", "[1, 2]"] }],
} as const;
/** Ends well when 60,000 different items take less than half a second. */
const QUICK = `node --input-type=module -e 'import { unique } from "./src/unique.js"; const begun = performance.now(); unique(Array.from({ length: 60000 }, (_, at) => at)); process.exit(performance.now() - begun < 500 ? 0 : 1)'`;

function addWords(at: Place, { name, file }: Feature): string {
  return turnOf(at, [
    `Added ${file} with ${name}().`,
    `feat: add \`${name}\` (${file}) with a test`,
    `Implemented ${name} and tests for it. All tests pass.`,
    `New function ${name} in ${file}, covered by a test.`,
  ]);
}

function onlyWords(at: Place): string {
  const { file } = at.defect;
  return turnOf(at, [
    `${fixWords(at)} Only ${file} changed.`,
    `${fixWords(at)} Nothing else was touched but ${file}.`,
    `Only changed ${file}.`,
  ]);
}

/** Every second time a file changed that is no code. */
function alsoTouched(at: Place, tree: Tree): Tree {
  return at.turn % 2 === 0 ? tree : { ...tree, "README.md": `${tree["README.md"]}\nChanged lately.\n` };
}

/** The dependency `ms` at one version and at the next; `changed` is whether it was really updated. */
function updated(
  at: Place,
  { changed, ...label }: Pick<Draft, "truth" | "failingTestExists" | "expect"> & { changed: boolean },
): Draft {
  const suites = { ...suitesOf(at.program), pause: PAUSE };
  const source: Tree = {
    "src/pause.js": `import ms from "ms";\n\n/** Milliseconds of a text such as 2s. */\nexport function pause(text) {\n  return ms(text);\n}\n`,
  };
  const base: Tree = { ...build(at, { lock: "ms-2.1.2", suites }), ...source };
  const next = { ...build(at, { lock: "ms-2.1.3", suites }), ...source };
  return {
    ...label,
    kind: "dependency-updated",
    base,
    subject: changed ? next : { ...base, "README.md": `${base["README.md"]}\nUses ms.\n` },
    claim: turnOf(at, [
      "Updated ms to 2.1.3.",
      "chore(deps): bump ms from 2.1.2 to 2.1.3",
      "Upgraded `ms` to 2.1.3; all tests pass.",
    ]),
    because: changed ? "manifest and lockfile say 2.1.3" : "manifest and lockfile still say 2.1.2",
    proofs: [on("base", "green"), on("subject", "green")],
    holds: ({ subject }) => (subject["package-lock.json"] ?? "").includes(`"version": "2.1.3"`) === changed,
  };
}

const PAUSE = {
  imports: `import { pause } from "../src/pause.js";`,
  cases: [{ mode: "plain", test: ["reads seconds", `pause("2s")`, "2000"] }],
} as const;

function differing(base: Tree, subject: Tree): string[] {
  const paths = new Set([...Object.keys(base), ...Object.keys(subject)]);
  return [...paths].filter((path) => base[path] !== subject[path]).toSorted();
}
