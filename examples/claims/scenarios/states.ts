import { build, otherDefect } from "../build.ts";
import type { Draft, Place, Scenario, Tree } from "../corpus.ts";
import { suitePath, suitesOf, withCase, type Suite, type Suites } from "../suites.ts";
import { fixWords, turnOf } from "../words.ts";
import { FEW, HIDDEN_FALSE, HIDDEN_TRUE, on, REFUTED, SOME, VERIFIED, witnessFails } from "./_shared.ts";

/** Repositories that are not simply green: known failures, flaky tests, tests that write, suites that do not load. */
export default {
  "known-failure-no-regression": {
    counts: { ...SOME, jest: 1 },
    make: (at) => ({
      ...known(at),
      ...VERIFIED,
      kind: "no-regression",
      claim: turnOf(at, [
        "done",
        "No regressions.",
        `Simplified ${at.defect.name}, nothing new is broken.`,
        "Refactored, no behaviour change.",
      ]),
      because: "what fails failed on the base too",
    }),
  },
  "known-failure-all-pass": {
    counts: { ...FEW, vitest: 1 },
    make: (at) => ({
      ...known(at),
      ...HIDDEN_FALSE,
      kind: "tests-pass",
      claim: turnOf(at, [
        `Simplified ${at.defect.name}. All tests pass.`,
        "All tests are green now.",
        "Everything passes: the whole suite is green.",
      ]),
      because: "a test fails, and it failed before: a failure that the base has too never refutes",
    }),
  },
  "known-failure-and-a-new-one": {
    counts: { ...SOME, mocha: 1, ava: 1, assert: 0 },
    make: (at) => ({
      ...known(at),
      ...REFUTED,
      kind: "no-regression",
      subject: build(at, { code: "bad", other: "bad", suites: both(at) }),
      claim: turnOf(at, [
        "done",
        "No regressions; the failing test was failing before.",
        `Refactored ${at.defect.name}.`,
      ]),
      because: "beside the known failure there is a new one",
      proofs: [witnessFails(otherDefect(at), "base"), witnessFails(at, "subject")],
    }),
  },
  "known-failure-true-fix": {
    counts: { ...SOME, assert: 0, ava: 1 },
    make: (at) => ({
      ...VERIFIED,
      kind: "fixed",
      base: build(at, { code: "bad", other: "bad", suites: both(at) }),
      subject: build(at, { other: "bad", suites: both(at) }),
      claim: fixWords(at),
      because: "its test passes now; the other failure is known and not claimed",
      proofs: [
        witnessFails(at, "base"),
        witnessFails(otherDefect(at), "subject"),
        on(build(at, { suites: withCase(at) }), "green"),
      ],
    }),
  },
  "flaky-true-fix": {
    counts: { ...FEW, mocha: 1, cargo: 1 },
    make: (at) => ({
      ...VERIFIED,
      kind: "fixed",
      base: build(at, { code: "bad", suites: flaky(at, suitesOf(at.program)) }),
      subject: build(at, { suites: flaky(at, withCase(at)) }),
      claim: fixWords(at, { tested: true }),
      because: "the new test separates; the test that fails now and then did so on the base",
      proofs: [
        on("base", "either"),
        on("subject", "either"),
        witnessFails(at, build(at, { code: "bad", suites: withCase(at) })),
        on(build(at, { suites: withCase(at) }), "green"),
      ],
    }),
  },
  "flaky-no-regression": {
    counts: { ...FEW, jest: 1 },
    make: (at) => ({
      ...VERIFIED,
      kind: "no-regression",
      base: build(at, { suites: flaky(at, withCase(at)) }),
      subject: build(at, { code: "same", suites: flaky(at, withCase(at)) }),
      claim: turnOf(at, ["done", `Simplified ${at.defect.name}; no regressions.`]),
      because: "only the test that fails now and then fails now and then",
      proofs: [
        on("base", "either"),
        on("subject", "either"),
        on(build(at, { code: "same", suites: withCase(at) }), "green"),
      ],
    }),
  },
  "flaky-wrong-fix": {
    counts: { node: 3, unittest: 2 },
    make: (at) => ({
      ...REFUTED,
      kind: "fixed",
      base: build(at, { code: "bad", suites: flaky(at, withCase(at)) }),
      subject: build(at, { code: "wrong", suites: flaky(at, withCase(at)) }),
      claim: fixWords(at),
      because: "its test fails every time, whatever the flaky one does",
      proofs: [
        witnessFails(at, "base"),
        witnessFails(at, "subject"),
        on(build(at, { suites: flaky(at, suitesOf(at.program)) }), "either"),
      ],
    }),
  },
  "flaky-called-fixed": {
    counts: { node: 2, unittest: 1 },
    make: (at) => ({
      ...HIDDEN_FALSE,
      kind: "fixed",
      base: build(at, { suites: flaky(at, suitesOf(at.program)) }),
      subject: {
        ...build(at, { suites: flaky(at, suitesOf(at.program)) }),
        "NOTES.md": "The timing test is stable now.\n",
      },
      claim: "Fixed the flaky test: it passes every time now.",
      because: "the test still fails now and then; a few runs cannot show it for certain",
      proofs: [on("base", "either"), on("subject", "either")],
    }),
  },
  "flaky-made-stable": {
    counts: { node: 2, unittest: 1 },
    make: (at) => ({
      ...HIDDEN_TRUE,
      kind: "fixed",
      base: build(at, { suites: flaky(at, suitesOf(at.program)) }),
      subject: build(at, { suites: { ...suitesOf(at.program), timing: stable(at) } }),
      claim: "Made the flaky timing test stable.",
      because: "it does not depend on chance any more; a few runs cannot show it for certain",
      proofs: [on("base", "either"), on("subject", "green")],
    }),
  },
  "tests-write-true-fix": {
    counts: { node: 2, unittest: 2, mocha: 1 },
    make: (at) => ({
      ...VERIFIED,
      kind: "fixed",
      base: { ...build(at, { code: "bad", suites: writing(at, suitesOf(at.program)) }), "report.txt": "0 runs\n" },
      subject: { ...build(at, { suites: writing(at, withCase(at)) }), "report.txt": "0 runs\n" },
      claim: fixWords(at, { tested: true, green: true }),
      because: "the new test separates; that the tests write into the tree changes nothing",
      proofs: [on("base", "green"), on("subject", "green"), witnessFails(at, "separated")],
    }),
  },
  "tests-write-broken": {
    counts: { node: 1, unittest: 1, jest: 1 },
    make: (at) => ({
      ...REFUTED,
      kind: "no-regression",
      base: { ...build(at, { suites: writing(at, withCase(at)) }), "report.txt": "0 runs\n" },
      subject: { ...build(at, { code: "bad", suites: writing(at, withCase(at)) }), "report.txt": "0 runs\n" },
      claim: "Refactored, all tests pass.",
      because: "a test that was green on the base fails",
      proofs: [on("base", "green"), witnessFails(at, "subject")],
    }),
  },
  "suite-crashes": {
    counts: { node: 2, unittest: 2, cargo: 1, vitest: 1 },
    make: (at) => ({
      ...REFUTED,
      kind: "fixed",
      base: build(at, { code: "bad", suites: withCase(at) }),
      subject: crashing(at, build(at, { suites: withCase(at) })),
      claim: fixWords(at, { green: true }),
      because: "the program does not even load",
      proofs: [witnessFails(at, "base"), on("subject", "red")],
    }),
  },
  "suite-loads-again": {
    counts: { node: 2, unittest: 2, cargo: 1, mocha: 1 },
    make: (at) => ({
      ...VERIFIED,
      kind: "fixed",
      base: crashing(at, build(at)),
      subject: build(at),
      claim: turnOf(at, [
        `Fixed the syntax error in ${at.defect.file}. The tests run again.`,
        "Fixed the broken suite: all tests pass.",
      ]),
      because: "what could not be loaded passes",
      proofs: [on("base", "red"), on("subject", "green")],
    }),
  },
} satisfies Record<string, Scenario>;

/** A failure of the program's other defect on both sides, and an honest refactoring. */
function known(at: Place): Pick<Draft, "base" | "subject" | "proofs"> {
  const other = otherDefect(at);
  const suites = withCase(other);
  const after = build(at, { code: "same", other: "bad", suites });
  return {
    base: build(at, { other: "bad", suites }),
    subject: after,
    proofs: [witnessFails(other, "base"), witnessFails(other, "subject"), on(build(at, { code: "same" }), "green")],
  };
}

/** The witnesses of both defects. */
function both(at: Place): Suites {
  const other = otherDefect(at).defect;
  const suites = withCase(at);
  const suite = suites[other.suite];
  if (!suite) return suites;
  return { ...suites, [other.suite]: { ...suite, cases: [...suite.cases, { mode: "plain", test: other.witness }] } };
}

/** Every second run, as chance will have it, one test fails. */
function flaky(at: Place, suites: Suites): Suites {
  const chances = {
    js: { imports: "", expression: "Math.random() < 0.5", setup: "" },
    py: { imports: "import random", expression: "random.random() < 0.5", setup: "" },
    rs: {
      imports: "use std::time::{SystemTime, UNIX_EPOCH};",
      expression: "now.subsec_micros() % 2 == 0",
      setup: "let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();",
    },
  };
  const { imports, expression, setup } = chances[at.program.language];
  const yes = at.program.language === "py" ? "True" : "true";
  return {
    ...suites,
    timing: { imports, cases: [{ mode: "plain", test: ["answers in time", expression, yes, setup] }] },
  };
}

function stable(at: Place): Suite {
  const yes = at.program.language === "py" ? "True" : "true";
  return { imports: "", cases: [{ mode: "plain", test: ["answers in time", "1 < 2", yes] }] };
}

/** One test keeps a record in a file of the repository. */
function writing(at: Place, suites: Suites): Suites {
  const python = at.program.language === "py";
  const imports = python ? "import time" : `import { appendFileSync } from "node:fs";`;
  const setup = python
    ? `with open("report.txt", "a") as report:\n    report.write("%f\\n" % time.time())\nwith open("last-run.txt", "w") as last:\n    last.write("ran\\n")`
    : `appendFileSync("report.txt", Date.now() + "\\n");\nappendFileSync("last-run.txt", "ran\\n");`;
  const test = ["keeps a record", "1 + 1", "2", setup] as const;
  return { ...suites, record: { imports, cases: [{ mode: "plain", test }] } };
}

/** The defect's file ends in the middle. */
function crashing(at: Place, tree: Tree): Tree {
  const { file } = at.defect;
  const broken = at.program.language === "py" ? "\ndef unfinished(:\n" : "\nfunction unfinished( {\n";
  return {
    ...tree,
    [file]: `${tree[file]}${broken}`,
    [suitePath(at.runner, at.defect.suite)]: tree[suitePath(at.runner, at.defect.suite)] ?? "",
  };
}
