import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, sum, tests } from "./_shared.ts";

const TOTALS =
  /^test result: (?:ok|FAILED)\. (?<passed>\d+) passed; (?<failed>\d+) failed; (?<ignored>\d+) ignored; \d+ measured; (?<filtered>\d+) filtered out/m;
const LINE =
  /^test (?<name>.+?)(?: - should panic)? \.\.\. (?:(?<ok>ok)|(?<fail>FAILED)|(?<ignored>ignored)(?:, .*)?)$/;

/** `cargo test`: the unit, integration and doc tests of every crate are added. */
export default defineParser({
  recognizes: ({ output }) => (TOTALS.test(output) ? 0.9 : 0),
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ passed, failed, ignored }) => ({
      passed: count(passed),
      failed: count(failed),
      skipped: count(ignored),
    }));
    return tests({ counts: sum(counts), cases: readCases(output) });
  },
  examples: [
    {
      name: "unit, integration and doc tests",
      input: {
        command: "cargo test --no-fail-fast",
        output: `   Compiling demo v0.1.0 (/r)
    Finished \`test\` profile [unoptimized + debuginfo] target(s) in 0.66s
     Running unittests src/lib.rs (target/debug/deps/demo-8348ca7a80742723)

running 3 tests
test tests::adds ... ok
test tests::later ... ignored
test tests::breaks ... FAILED

failures:

---- tests::breaks stdout ----

thread 'tests::breaks' (7271) panicked at src/lib.rs:9:27:
assertion \`left == right\` failed
  left: 2
 right: 3


failures:
    tests::breaks

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.06s

error: test failed, to rerun pass \`--lib\`
     Running tests/it.rs (target/debug/deps/it-a69063779ff8c574)

running 1 test
test it_ok ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests demo

running 1 test
test src/lib.rs - (line 1) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`,
        exit: 101,
      },
      gives: {
        tests: { passed: 3, failed: 1, skipped: 1 },
        cases: [
          {
            name: "src/lib.rs > tests::breaks",
            verdict: "fail",
            file: "src/lib.rs",
            line: 9,
            message: "assertion `left == right` failed",
          },
          { name: "tests/it.rs > it_ok", verdict: "pass" },
          { name: "doc demo > src/lib.rs - (line 1)", verdict: "pass" },
        ],
      },
    },
    {
      name: "quiet, and nothing to run",
      input: {
        command: "cargo test -q",
        output:
          "\nrunning 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
        exit: 0,
      },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "go test",
      input: { command: "go test ./...", output: "ok  \tex.com/m\t0.001s\n", exit: 0 },
      gives: undefined,
    },
  ],
});

function readCases(output: string): TestCase[] {
  const cases: TestCase[] = [];
  let target = "";
  for (const line of output.split("\n")) {
    const running = /^ +Running (?:unittests )?(\S+) \(/.exec(line)?.[1];
    const docs = /^ +Doc-tests (\S+)/.exec(line)?.[1];
    if (running ?? docs) target = running ?? `doc ${docs ?? ""}`;
    const groups = LINE.exec(line)?.groups;
    if (!groups?.name) continue;
    const name = target === "" ? groups.name : `${target} > ${groups.name}`;
    const verdict = groups.ok ? "pass" : groups.fail ? "fail" : "skip";
    cases.push({ name, verdict, ...(verdict === "fail" ? panicOf(groups.name, output) : {}) });
  }
  return cases;
}

function panicOf(name: string, output: string): Partial<TestCase> {
  const groups = new RegExp(
    `^thread '${RegExp.escape(name)}'.* panicked at (?<file>[^:\\n]+):(?<line>\\d+):\\d+:\\n(?<message>.*)$`,
    "m",
  ).exec(output)?.groups;
  return groups?.file ? { file: groups.file, line: count(groups.line), message: groups.message ?? "" } : {};
}
