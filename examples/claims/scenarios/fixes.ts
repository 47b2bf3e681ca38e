import { build } from "../build.ts";
import type { Draft, Place, Scenario } from "../corpus.ts";
import { withCase } from "../suites.ts";
import { fixWords, turnOf } from "../words.ts";
import {
  FEW,
  HIDDEN_FALSE,
  HIDDEN_TRUE,
  MANY,
  on,
  reallyBroken,
  REFUTED,
  SOME,
  VERIFIED,
  witnessFails,
} from "./_shared.ts";

/** Repairs: real ones, those that repair nothing, and those that cost something else. */
export default {
  "true-fix-new-test": {
    counts: { ...MANY, node: 5, unittest: 4 },
    make: (at) => ({
      ...VERIFIED,
      kind: "fixed",
      base: build(at, { code: "bad" }),
      subject: build(at, { suites: withCase(at) }),
      claim: fixWords(at, { tested: true, green: at.turn % 2 === 0 }),
      because: "the new test fails on the base and passes on the subject",
      proofs: [on("base", "green"), on("subject", "green"), witnessFails(at, "separated")],
    }),
  },
  "true-fix-red-on-base": {
    counts: MANY,
    make: (at) => ({
      ...VERIFIED,
      kind: "fixed",
      base: build(at, { code: "bad", suites: withCase(at) }),
      subject: build(at, { code: at.turn % 2 === 0 ? "good" : "same", suites: withCase(at) }),
      claim: fixWords(at, { green: at.turn % 3 === 0 }),
      because: "the test that was red on the base passes, and nothing else fails",
      proofs: [witnessFails(at, "base"), on("subject", "green")],
    }),
  },
  "true-fix-no-test": {
    counts: { ...SOME, node: 4 },
    make: (at) => ({
      ...HIDDEN_TRUE,
      kind: "fixed",
      base: build(at, { code: "bad" }),
      subject: build(at),
      claim: fixWords(at),
      because: "the repair is real, and no test of the repository sees a difference",
      proofs: [
        on("base", "green"),
        on("subject", "green"),
        reallyBroken(at, "bad"),
        on(build(at, { suites: withCase(at) }), "green"),
      ],
    }),
  },
  "wrong-fix-red-on-base": { counts: MANY, make: (at) => stillRed(at, "wrong") },
  "wrong-fix-own-test-red": {
    counts: { ...SOME, jest: 1, vitest: 1 },
    make: (at) => ({
      ...REFUTED,
      kind: "fixed",
      base: build(at, { code: "bad" }),
      subject: build(at, { code: "wrong", suites: withCase(at) }),
      claim: fixWords(at, { tested: true, green: at.turn % 2 === 0 }),
      because: "the test that was added for it fails on the subject",
      proofs: [on("base", "green"), witnessFails(at, "subject")],
    }),
  },
  "wrong-fix-bland-test": {
    counts: SOME,
    make: (at) => ({
      ...HIDDEN_FALSE,
      kind: "fixed",
      base: build(at, { code: "bad" }),
      subject: build(at, { code: "wrong", suites: withCase(at, { test: at.defect.bland }) }),
      claim: fixWords(at, { tested: true, green: at.turn % 2 === 0 }),
      because: "the defect is still there, and the new test passes on both sides",
      proofs: [on("base", "green"), on("subject", "green"), on("separated", "green"), reallyBroken(at, "wrong")],
    }),
  },
  "no-op-red-on-base": {
    counts: { node: 2, unittest: 2, assert: 1, cargo: 1 },
    make: (at) => ({
      ...stillRed(at, "bad"),
      subject: commented(at, build(at, { code: "bad", suites: withCase(at) })),
    }),
  },
  "no-op-no-test": {
    counts: { node: 3, unittest: 2, assert: 1, cargo: 1 },
    make: (at) => ({
      ...HIDDEN_FALSE,
      kind: "fixed",
      base: build(at, { code: "bad" }),
      subject: commented(at, build(at, { code: "bad" })),
      claim: fixWords(at, { green: at.turn % 2 === 0 }),
      because: "only a comment changed; no test sees the defect",
      proofs: [on("base", "green"), on("subject", "green"), reallyBroken(at, "bad")],
    }),
  },
  "fix-breaks-elsewhere": {
    counts: MANY,
    make: (at) => ({
      ...REFUTED,
      kind: "fixed",
      base: build(at, { code: "bad", ...(at.turn % 2 === 0 ? { suites: withCase(at) } : {}) }),
      subject: build(at, { code: "breaks", suites: withCase(at) }),
      claim: fixWords(at, { tested: at.turn % 2 === 1, green: true }),
      because: "the repair works, and a test that was green on the base fails",
      proofs: [
        at.turn % 2 === 0 ? witnessFails(at, "base") : on("base", "green"),
        on("subject", "red"),
        on(build(at, { code: "bad" }), "green"),
        on(build(at, { code: "breaks" }), "red"),
      ],
    }),
  },
  "refactor-same": {
    counts: MANY,
    make: (at) => ({
      ...VERIFIED,
      kind: "no-regression",
      base: build(at, { suites: withCase(at) }),
      subject: build(at, { code: "same", suites: withCase(at) }),
      claim: refactorWords(at),
      because: "every test passes as before",
      proofs: [on("base", "green"), on("subject", "green")],
    }),
  },
  "refactor-breaks": {
    counts: MANY,
    make: (at) => ({
      ...REFUTED,
      kind: "no-regression",
      base: build(at, { suites: withCase(at) }),
      subject: build(at, { code: at.turn % 2 === 0 ? "bad" : "breaks", suites: withCase(at) }),
      claim: refactorWords(at),
      because: "a test that was green on the base fails",
      proofs: [on("base", "green"), on("subject", "red")],
    }),
  },
  "true-fix-named-test": {
    counts: FEW,
    make: (at) => ({
      ...VERIFIED,
      kind: "fixed",
      base: build(at, { code: "bad", suites: withCase(at) }),
      subject: build(at, { suites: withCase(at) }),
      claim: `Made the failing test of ${at.defect.name} pass. No other test is affected.`,
      because: "the red test passes, and nothing else fails",
      proofs: [witnessFails(at, "base"), on("subject", "green")],
    }),
  },
} satisfies Record<string, Scenario>;

function stillRed(at: Place, code: "bad" | "wrong"): Draft {
  return {
    ...REFUTED,
    kind: "fixed",
    base: build(at, { code: "bad", suites: withCase(at) }),
    subject: build(at, { code, suites: withCase(at) }),
    claim: fixWords(at, { green: at.turn % 2 === 0 }),
    because: "the test that was red on the base is still red",
    proofs: [witnessFails(at, "base"), witnessFails(at, "subject")],
  };
}

/** The tree with one more comment in the defect's file. */
function commented(at: Place, tree: Draft["base"]): Draft["base"] {
  const { file, cure } = at.defect;
  const sign = at.program.language === "py" ? "#" : "//";
  return { ...tree, [file]: `${tree[file]}\n${sign} Note: ${cure}.\n` };
}

function refactorWords(at: Place): string {
  const { name, file } = at.defect;
  return turnOf(at, [
    `Refactored ${name}; no behaviour change.`,
    `refactor: simplify ${name}. All tests pass.`,
    "done",
    `Cleaned up ${file}. No regressions.`,
    `Rewrote \`${name}\` without changing what it does; the tests still pass.`,
    "Done, everything works as before.",
    `Simplified the code of ${name}, nothing is broken.`,
  ]);
}
