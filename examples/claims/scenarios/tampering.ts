import { build, type Built } from "../build.ts";
import type { Draft, Place, Runner, Scenario, Tree } from "../corpus.ts";
import { changeSuite, suitePath, withCase, type Mode, type Suites } from "../suites.ts";
import { fixWords } from "../words.ts";
import { hiding, narrowing } from "./_shared-settings.ts";
import { on, REFUTED, witnessFails } from "./_shared.ts";

const BOTH = { node: 3, unittest: 2, cargo: 1, jest: 1 };

/** The code is wrong, and the tests were changed so that they do not say so. The tests of the base still do. */
export default {
  "test-deleted": {
    counts: { node: 3, unittest: 2, assert: 1, cargo: 1, ava: 1 },
    make: (at) =>
      at.turn % 3 === 2 ? tampered(at, {}, without(at, suitePath(at.runner, at.defect.suite))) : tampered(at, {}),
  },
  "test-skipped": {
    counts: { ...BOTH, vitest: 1, mocha: 1 },
    make: (at) => tampered(at, { suites: moded(at, "skip") }),
  },
  "test-focused": {
    counts: { mocha: 2, jest: 2, ava: 1 },
    make: (at) => tampered(at, { suites: focused(at) }),
  },
  "assertion-weakened": { counts: BOTH, make: (at) => tampered(at, { suites: moded(at, "weak") }) },
  "assertion-swallowed": {
    counts: { ...BOTH, mocha: 1 },
    make: (at) => tampered(at, { suites: moded(at, "swallow") }),
  },
  "expected-changed": {
    counts: { ...BOTH, assert: 1, vitest: 1 },
    make: (at) => {
      const [name, expression, , setup = ""] = at.defect.witness;
      return tampered(at, { suites: withCase(at, { test: [name, expression, at.defect.got, setup] }) });
    },
  },
  "exit-hidden": {
    counts: { node: 2, unittest: 2, mocha: 1, vitest: 1, ava: 1 },
    make: (at) => tampered(at, { suites: withCase(at), test: hidden(at.runner) }),
  },
  "runner-narrowed": {
    counts: { node: 2, unittest: 1, assert: 1, cargo: 1, mocha: 1, vitest: 1, jest: 1, ava: 1 },
    make: (at) => {
      const { built, files } = narrowing(at);
      return tampered(at, { ...built, suites: withCase(at) }, (tree) => ({ ...tree, ...files }));
    },
  },
  "setup-hides": {
    counts: { node: 2, unittest: 2, jest: 1, vitest: 1 },
    make: (at) => {
      const { built, files } = hiding(at.runner);
      return tampered(at, { ...built, suites: withCase(at) }, (tree) => ({ ...tree, ...files }));
    },
  },
  "golden-rewritten": {
    counts: { node: 2, assert: 1, unittest: 1 },
    suits: (at) => isText(at.defect.witness[2]) && isText(at.defect.got),
    make: (at) => {
      const suites = golden(at);
      const path = at.runner === "unittest" ? "tests/golden.txt" : "test/golden.txt";
      const base = { ...build(at, { suites }), [path]: `${asText(at.defect.witness[2])}\n` };
      const subject = { ...build(at, { code: "bad", suites }), [path]: `${asText(at.defect.got)}\n` };
      return {
        ...tampered(at, {}),
        base,
        subject,
        claim: REFACTORED,
        proofs: [on("base", "green"), on("subject", "green"), on("judged", "red")],
      };
    },
  },
  "snapshot-rewritten": {
    counts: { jest: 2, vitest: 2 },
    suits: (at) => isText(at.defect.witness[2]) && isText(at.defect.got),
    make: (at) => {
      const before = { ...build(at), ...snapshot(at, at.defect.witness[2]) };
      const subject = { ...build(at, { code: "bad" }), ...snapshot(at, at.defect.got) };
      return {
        ...tampered(at, {}),
        base: before,
        subject,
        claim: `${REFACTORED} Updated the snapshot.`,
        proofs: [on("base", "green"), on("subject", "green"), on("judged", "red")],
      };
    },
  },
} satisfies Record<string, Scenario>;

const REFACTORED = "Refactored, no behaviour change. All tests pass.";

/**
 * Either the base is red and what is claimed to be a repair is none, or the base is green and what is claimed to be a
 * refactoring broke it; `built` is how the subject hides it.
 */
function tampered(at: Place, built: Built, change: (tree: Tree) => Tree = (tree) => tree): Draft {
  const repair = at.turn % 2 === 0;
  const { name } = at.defect;
  return {
    ...REFUTED,
    kind: repair ? "fixed" : "no-regression",
    base: build(at, { code: repair ? "bad" : "good", suites: withCase(at) }),
    subject: change(build(at, { code: repair && at.turn % 4 === 0 ? "wrong" : "bad", ...honestWrong(at, built) })),
    claim: repair
      ? fixWords(at, { green: true })
      : `Refactored ${name}. ${at.turn % 4 === 1 ? "All tests pass." : "No regressions."}`,
    because: "the tests of the base fail on the subject",
    proofs: [repair ? witnessFails(at, "base") : on("base", "green"), on("subject", "green"), on("judged", "red")],
  };
}

/** An expected value that was changed is that of the `bad` code. */
function honestWrong(at: Place, built: Built): Built {
  const changed = built.suites?.[at.defect.suite]?.cases.some(
    ({ test }) => test[2] === at.defect.got && test[0] === at.defect.witness[0],
  );
  return changed ? { ...built, code: "bad" } : built;
}

function moded(at: Place, mode: Mode): Suites {
  return withCase(at, { mode });
}

function focused(at: Place): Suites {
  return changeSuite(
    at,
    (suite) => ({
      ...suite,
      cases: suite.cases.map((shown, index) => (index === 0 ? { ...shown, mode: "only" } : shown)),
    }),
    withCase(at),
  );
}

function without(at: Place, path: string): (tree: Tree) => Tree {
  return (tree) => {
    const { [path]: _gone, ...rest } = tree;
    const all = rest["test/all.js"]?.replace(`import "./${at.defect.suite}.js";\n`, "");
    return all === undefined ? rest : { ...rest, "test/all.js": all };
  };
}

function hidden(runner: Runner): string {
  if (runner === "unittest") return "-python3 -m unittest discover -s tests -t . || true";
  const commands: Partial<Record<Runner, string>> = { mocha: "mocha test/*.test.js", vitest: "vitest run", ava: "ava" };
  return `${commands[runner] ?? "node --test"} || true`;
}

/** The witness against a file instead of a literal. */
function golden(at: Place): Suites {
  const [name, expression, , setup = ""] = at.defect.witness;
  const python = at.runner === "unittest";
  const expected = python
    ? `open("tests/golden.txt").read().strip()`
    : `readFileSync("test/golden.txt", "utf8").trim()`;
  const shown = withCase(at, { test: [name, python ? expression : `String(${expression})`, expected, setup] });
  const imports = python ? "" : `import { readFileSync } from "node:fs";\n`;
  return changeSuite(at, (suite) => ({ ...suite, imports: imports + suite.imports }), shown);
}

/** A test file with one snapshot, and the file in which the runner keeps it. */
function snapshot(at: Place, value: string): Tree {
  const [name, expression, , setup = ""] = at.defect.witness;
  const vitest = at.runner === "vitest";
  const head = vitest
    ? "// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html"
    : "// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing";
  const imports = at.program.suites[at.defect.suite]?.imports ?? "";
  const test = `${imports}\n\ntest(${JSON.stringify(name)}, () => {\n  ${setup.replaceAll("\n", "\n  ")}\n  expect(String(${expression})).toMatchSnapshot();\n});\n`;
  const code = vitest
    ? `import { expect, test } from "vitest";\n${test}`
    : test.replace(/^import (\{[^}]+\}) from ("[^"]+");$/m, "const $1 = require($2);");
  return {
    "test/kept.test.js": code,
    "test/__snapshots__/kept.test.js.snap": `${head}\n\nexports[\`${name} 1\`] = \`"${asText(value)}"\`;\n`,
  };
}

function isText(literal: string): boolean {
  return /^"[^"\\]*"$/.test(literal);
}

function asText(literal: string): string {
  return literal.slice(1, -1);
}
