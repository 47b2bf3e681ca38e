import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, matches, sum, tally, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

const TOTALS =
  /^test result: (?:ok|FAILED)\. (?<passed>\d+) passed; (?<failed>\d+) failed; (?<ignored>\d+) ignored; \d+ measured; (?<filtered>\d+) filtered out/m;
const LINE =
  /^test (?<name>.+?)(?: - should panic)? \.\.\. (?:(?<ok>ok)|(?<fail>FAILED)|(?<ignored>ignored)(?:, .*)?)$/m;

/** `cargo test`: the unit, integration and doc tests of every crate are added. */
export default defineParser({
  recognizes: ({ output }) =>
    TOTALS.test(output) || (/^running \d+ tests?$/m.test(output) && /^error: test failed, to rerun pass/m.test(output))
      ? 0.9
      : 0,
  parse: ({ output }) => {
    const counts = matches(TOTALS, output).map(({ passed, failed, ignored }) => ({
      passed: count(passed),
      failed: count(failed),
      skipped: count(ignored),
    }));
    const targets = splitTargets(output);
    const crashed = targets.map((target) => crashOf(target)).filter((one) => one !== undefined);
    const cases = [...targets.flatMap((target) => readCases(target)), ...crashed];
    return tests({
      counts: counts.length > 0 ? sum(counts) : tally(cases),
      cases,
      doubts: crashed.map((one) => one.name.replace(/ \(crashed\)$/, " crashed")),
    });
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
            message: "assertion `left == right` failed\n  left: 2\n right: 3",
          },
          { name: "tests/it.rs > it_ok", verdict: "pass" },
          { name: "doc demo > src/lib.rs - (line 1)", verdict: "pass" },
        ],
      },
    },
    {
      name: "an error that is returned, a panic that does not come, tests of one name, a program that aborts, a doc test",
      input: {
        command: "cargo test --no-fail-fast",
        output: `     Running unittests src/lib.rs (target/debug/deps/demo-8348ca7a80742723)

running 3 tests
test adds ... FAILED
test panics - should panic ... FAILED
test result ... FAILED

failures:

---- panics stdout ----
note: test did not panic as expected at src/lib.rs:26:8
---- result stdout ----
shown by the test
Error: "no price list"

---- adds stdout ----

thread 'adds' (23266) panicked at /root/.cargo/registry/src/index.crates.io/prices-1.0.0/src/list.rs:22:14:
called \`Option::unwrap()\` on a \`None\` value
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616e1fa/library/std/src/panicking.rs:689:5
   1: demo::adds
             at ./src/lib.rs:22:14
note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.


failures:
    adds
    panics
    result

test result: FAILED. 0 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.17s

error: test failed, to rerun pass \`--lib\`
     Running tests/it.rs (target/debug/deps/it-a69063779ff8c574)

running 1 test
test adds ... FAILED

failures:

---- adds stdout ----

thread 'adds' (1) panicked at tests/it.rs:3:5:
assertion failed: demo::add(1, 1) == 3
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/abort.rs (target/debug/deps/abort-c1ab)

running 2 tests
error: test failed, to rerun pass \`--test abort\`

Caused by:
  process didn't exit successfully: \`/repo/target/debug/deps/abort-c1ab\` (signal: 6, SIGABRT: process abort signal)
   Doc-tests demo

running 1 test
test src/lib.rs - add (line 1) ... FAILED

failures:

---- src/lib.rs - add (line 1) stdout ----
Test executable failed (exit status: 101).

stderr:

thread 'main' (23332) panicked at src/lib.rs:5:1:
assertion \`left == right\` failed
  left: 2
 right: 3

failures:
    src/lib.rs - add (line 1)

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.28s
`,
        exit: 101,
      },
      gives: {
        tests: { passed: 0, failed: 5, skipped: 0 },
        cases: [
          {
            name: "src/lib.rs > adds",
            verdict: "fail",
            file: "src/lib.rs",
            line: 22,
            message: "called `Option::unwrap()` on a `None` value",
          },
          {
            name: "src/lib.rs > panics",
            verdict: "fail",
            file: "src/lib.rs",
            line: 26,
            message: "test did not panic as expected",
          },
          { name: "src/lib.rs > result", verdict: "fail", message: 'Error: "no price list"' },
          {
            name: "tests/it.rs > adds",
            verdict: "fail",
            file: "tests/it.rs",
            line: 3,
            message: "assertion failed: demo::add(1, 1) == 3",
          },
          {
            name: "doc demo > src/lib.rs - add (line 1)",
            verdict: "fail",
            file: "src/lib.rs",
            line: 5,
            message: "assertion `left == right` failed\n  left: 2\n right: 3",
          },
          {
            name: "tests/abort.rs (crashed)",
            verdict: "fail",
            message: "process didn't exit successfully: (signal: 6, SIGABRT: process abort signal)",
          },
        ],
        doubts: ["tests/abort.rs crashed"],
      },
    },
    {
      name: "nothing but a program that aborts",
      input: {
        command: "cargo test",
        output:
          "     Running tests/abort.rs (target/debug/deps/abort-c1ab)\n\nrunning 2 tests\ntest fine ... ok\nerror: test failed, to rerun pass `--test abort`\n\nCaused by:\n  process didn't exit successfully: `/repo/target/debug/deps/abort-c1ab` (signal: 6, SIGABRT: process abort signal)\n",
        exit: 101,
      },
      gives: {
        tests: { passed: 1, failed: 1, skipped: 0 },
        cases: [
          { name: "tests/abort.rs > fine", verdict: "pass" },
          { name: "tests/abort.rs (crashed)", verdict: "fail" },
        ],
        doubts: ["tests/abort.rs crashed"],
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

interface Target {
  /** Empty when quiet: then cargo does not say what it runs. */
  readonly name: string;
  readonly output: string;
}

/** What each test program printed. Two of them may have tests of the same name. */
function splitTargets(output: string): Target[] {
  return output.split(/^(?= +(?:Running (?:unittests )?\S+ \(|Doc-tests \S))/m).map((part) => {
    const running = /^ +Running (?:unittests )?(\S+) \(/.exec(part)?.[1];
    const docs = /^ +Doc-tests (\S+)/.exec(part)?.[1];
    return { name: running ?? (docs === undefined ? "" : `doc ${docs}`), output: part };
  });
}

function readCases(target: Target): TestCase[] {
  const sections = target.output.split(/^(?=---- .+ stdout ----$)/m);
  return matches(LINE, target.output).map(({ name = "", ok, fail }): TestCase => {
    const said = fail ? sections.find((one) => one.startsWith(`---- ${name} stdout ----\n`)) : undefined;
    return {
      name: target.name === "" ? name : `${target.name} > ${name}`,
      verdict: ok ? "pass" : fail ? "fail" : "skip",
      ...(said === undefined ? {} : explain(said)),
    };
  });
}

/** A test program that began and did not come to its result: a signal, or a process that a test ended. */
function crashOf(target: Target): TestCase | undefined {
  if (target.name === "" || !/^running \d+ tests?$/m.test(target.output) || TOTALS.test(target.output))
    return undefined;
  const why = /^Caused by:\n +(process didn't exit successfully: .*)$/m.exec(target.output)?.[1];
  return why === undefined
    ? undefined
    : { name: `${target.name} (crashed)`, verdict: "fail", message: why.replace(/`.*` /, "") };
}

/** A panic with its place, a returned error, or what the runner notes. The test's own output stands in front. */
function explain(section: string): Evidence {
  const own = linesUntil(section, /^(?:failures:|test result: .*|stack backtrace:|note: run with .*)$/).slice(1);
  const text = own.join("\n");
  const panic = /^thread '.*?'.* panicked at (?<file>[^\n]+?):(?<line>\d+):\d+:\n/m.exec(text);
  if (panic) {
    const frame = /^ +at \.\/(?<file>\S+):(?<line>\d+):\d+$/m.exec(section)?.groups;
    const place = ownPlace(panic.groups?.file, panic.groups?.line) ?? ownPlace(frame?.file, frame?.line);
    return evidence(toMessage(text.slice(panic.index + panic[0].length).split("\n")), place);
  }
  const note = /^note: (?<said>test did not panic as expected)(?: at (?<file>\S+?):(?<line>\d+):\d+)?/m.exec(
    text,
  )?.groups;
  if (note) return evidence(note.said, ownPlace(note.file, note.line));
  const error = own.findIndex((line) => line.startsWith("Error: "));
  return evidence(toMessage(error < 0 ? own : own.slice(error)), undefined);
}
