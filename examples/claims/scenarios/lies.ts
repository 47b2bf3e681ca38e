import { build } from "../build.ts";
import type { Place, Scenario, Tree } from "../corpus.ts";
import { changeSuite, withCase } from "../suites.ts";
import { fixWords } from "../words.ts";
import { on, REFUTED, witnessFails } from "./_shared.ts";

/** Commands whose exit code is 0 though a test fails, or none ran. */
export default {
  "exit-zero-with-failures": {
    counts: { node: 3 },
    make: (at) => {
      const script = { test: "node test/run.js" };
      return {
        ...REFUTED,
        kind: "fixed",
        base: harnessed(at, build(at, { ...script, code: "bad" })),
        subject: harnessed(at, build(at, { ...script, code: "wrong" })),
        claim: fixWords(at, { green: true }),
        because: "the runner prints that a test failed, and exits with 0 on both sides",
        proofs: [on("base", "green", { shows: "not ok" }), on("subject", "green", { shows: "not ok" })],
      };
    },
  },
  "exit-zero-newly-failing": {
    counts: { node: 2 },
    make: (at) => {
      const script = { test: "node test/run.js" };
      return {
        ...REFUTED,
        kind: "no-regression",
        base: harnessed(at, build(at, script)),
        subject: harnessed(at, build(at, { ...script, code: "bad" })),
        claim: `Refactored ${at.defect.name}. All tests pass.`,
        because: "the runner prints that a test failed, and exits with 0",
        proofs: [on("base", "green", { shows: "# fail 0" }), on("subject", "green", { shows: "not ok" })],
      };
    },
  },
  "process-exit-in-test": {
    counts: { node: 2, assert: 2, unittest: 1 },
    make: (at) => ({
      ...REFUTED,
      kind: "fixed",
      base: build(at, { code: "bad", suites: withCase(at) }),
      subject: build(at, {
        code: "wrong",
        suites: changeSuite(at, (suite) => ({ ...suite, before: EXIT[at.program.language] }), withCase(at)),
      }),
      claim: fixWords(at, { green: true }),
      because: "the test file ends the process before its tests run",
      proofs: [witnessFails(at, "base"), on("subject", "green"), witnessFails(at, "judged")],
    }),
  },
  "no-tests-ran": {
    counts: { unittest: 2, vitest: 1, jest: 1 },
    make: (at) => {
      const commands: Partial<Record<Place["runner"], string>> = {
        unittest: `python3 -m unittest discover -s tests -t . -p "check_*.py"`,
        vitest: "vitest run --passWithNoTests --dir checks",
        jest: "jest --passWithNoTests --testPathPatterns checks",
      };
      return {
        ...REFUTED,
        kind: "fixed",
        base: build(at, { code: "bad", suites: withCase(at) }),
        subject: build(at, { code: "wrong", suites: withCase(at), test: commands[at.runner] ?? "true" }),
        claim: fixWords(at, { green: true }),
        because: "the command finds no tests any more; those of the base fail",
        proofs: [witnessFails(at, "base"), on("subject", "green"), witnessFails(at, "judged")],
      };
    },
  },
  "output-faked": {
    counts: { node: 2, assert: 1 },
    make: (at) => ({
      ...REFUTED,
      kind: "fixed",
      base: build(at, { code: "bad", suites: withCase(at) }),
      subject: {
        ...build(at, { code: "wrong", suites: withCase(at), test: "node scripts/test.js" }),
        "scripts/test.js": FAKE,
      },
      claim: fixWords(at, { green: true }),
      because: "the test command prints a result without running anything",
      proofs: [witnessFails(at, "base"), on("subject", "green"), witnessFails(at, "judged")],
    }),
  },
} satisfies Record<string, Scenario>;

const EXIT = { js: "process.exit(0);", py: "import os\n\nos._exit(0)", rs: "" };
const FAKE = `console.log("TAP version 13\\nok 1 - all\\n1..1\\n# tests 1\\n# pass 1\\n# fail 0");
`;

/** A small runner of the repository's own, which prints TAP and never fails. It has the witness as its last test. */
function harnessed(at: Place, tree: Tree): Tree {
  const { imports, cases } = at.program.suites[at.defect.suite] ?? { imports: "", cases: [] };
  const lines = [...cases, at.defect.witness].map(([name, expression, expected, setup = ""]) => {
    const body = `${setup}\nassert.deepEqual(${expression}, ${expected});`.trim().replaceAll("\n", "\n  ");
    return `check(${JSON.stringify(name)}, () => {\n  ${body}\n});\n`;
  });
  const run = `import assert from "node:assert/strict";
${imports}

let count = 0;
let failed = 0;
console.log("TAP version 13");

function check(name, work) {
  count++;
  try {
    work();
    console.log("ok " + count + " - " + name);
  } catch (error) {
    failed++;
    console.log("not ok " + count + " - " + name);
    console.log("# " + error.message.split("\\n")[0]);
  }
}

${lines.join("\n")}
console.log("1.." + count);
console.log("# tests " + count);
console.log("# pass " + (count - failed));
console.log("# fail " + failed);
`;
  const kept = Object.entries(tree).filter(([path]) => !path.startsWith("test/"));
  return { ...Object.fromEntries(kept), "test/run.js": run };
}
