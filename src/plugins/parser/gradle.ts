import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, distinct, matches, sum, tally, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

const BUILD = /^BUILD (?:SUCCESSFUL|FAILED) in /m;
/** Printed only when a test fails. */
const TOTALS = /^(?<all>\d+) tests? completed(?:, (?<failed>\d+) failed)?(?:, (?<skipped>\d+) skipped)?$/m;
const CASE = /^(?<name>\S.*? > .+?) (?<verdict>PASSED|FAILED|SKIPPED)$/m;
const TASK =
  /^(?:> Task )?:(?:\S+:)?(?:\w*[tT]est)(?<state> (?:NO-SOURCE|UP-TO-DATE|FROM-CACHE|FAILED|SKIPPED))?(?:\n|WARNING|$)/m;

/**
 * Gradle. A green build says nothing about its tests unless the project logs them: then `tests` is absent. A test task
 * that was up to date or came from a cache did not run, and one without source tests nothing.
 */
export default defineParser({
  recognizes: ({ output }) => (BUILD.test(output) ? 0.85 : 0),
  parse: ({ output, exit }) => {
    const cases = distinct(readCases(output));
    const states = matches(TASK, output).map(({ state = "" }) => state.trim().toLowerCase());
    const failed = exit === 0 && /^BUILD FAILED/m.test(output);
    const doubts = [...readDoubts(states), ...(failed ? ["gradle says BUILD FAILED"] : [])];
    if (!TOTALS.test(output)) {
      const untested = states.length > 0 && states.every((state) => state === "no-source");
      return cases.length > 0 || untested
        ? tests({ counts: tally(cases), cases, doubts })
        : { cases: [], locations: [], doubts };
    }
    const counts = matches(TOTALS, output).map(({ all, failed, skipped }) => ({
      passed: count(all) - count(failed) - count(skipped),
      failed: count(failed),
      skipped: count(skipped),
    }));
    return tests({ counts: sum(counts), cases, doubts });
  },
  examples: [
    {
      name: "red, with passing tests logged",
      input: {
        command: "gradle test",
        output: `> Task :compileJava NO-SOURCE
> Task :testClasses
> Task :test

ATest > breaks FAILED
    java.lang.AssertionError at ATest.java:2

ATest > adds PASSED

ATest > later SKIPPED

3 tests completed, 1 failed, 1 skipped
> Task :test FAILED

FAILURE: Build failed with an exception.

BUILD FAILED in 0s
2 actionable tasks: 1 executed, 1 up-to-date
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 1, failed: 1, skipped: 1 },
        cases: [
          { name: "ATest > breaks", verdict: "fail", file: "ATest.java", line: 2, message: "java.lang.AssertionError" },
          { name: "ATest > adds", verdict: "pass" },
        ],
      },
    },
    {
      name: "full exceptions",
      input: {
        command: "gradle test",
        output: `> Task :test FAILED

CartTest > adds FAILED
    org.opentest4j.AssertionFailedError: expected: <3> but was: <2>
        at app//org.junit.jupiter.api.AssertEquals.failNotEqual(AssertEquals.java:197)
        at app//shop.CartTest.adds(CartTest.java:12)

1 test completed, 1 failed

BUILD FAILED in 1s
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 1, skipped: 0 },
        cases: [
          {
            name: "CartTest > adds",
            verdict: "fail",
            file: "CartTest.java",
            line: 12,
            message: "org.opentest4j.AssertionFailedError: expected: <3> but was: <2>",
          },
        ],
      },
    },
    {
      name: "green: how many tests ran is not said",
      input: {
        command: "gradle test",
        output: "> Task :compileTestJava\n> Task :test\n\nBUILD SUCCESSFUL in 1s\n2 actionable tasks: 2 executed\n",
        exit: 0,
      },
      gives: { cases: [], doubts: [] },
    },
    {
      name: "green without running a test",
      input: {
        command: "gradle test",
        output: "> Task :testClasses UP-TO-DATE\n> Task :test UP-TO-DATE\n\nBUILD SUCCESSFUL in 0s\n",
        exit: 0,
      },
      gives: { doubts: ["gradle ran no test: test tasks were up-to-date"] },
    },
    {
      name: "a project without tests",
      input: {
        command: "gradle test",
        output: ":testClasses UP-TO-DATE\n:test NO-SOURCE\n\nBUILD SUCCESSFUL in 2s\n",
        exit: 0,
      },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 } },
    },
    {
      name: "maven",
      input: { command: "mvn test", output: "[INFO] BUILD SUCCESS\n", exit: 0 },
      gives: undefined,
    },
  ],
});

function readCases(output: string): TestCase[] {
  return output.split(/^(?=\S.* > .+ (?:PASSED|FAILED|SKIPPED)$)/m).flatMap((block): TestCase[] => {
    const { name, verdict } = CASE.exec(block)?.groups ?? {};
    if (!name || name.startsWith("> ")) return [];
    return [
      {
        name,
        verdict: verdict === "PASSED" ? "pass" : verdict === "FAILED" ? "fail" : "skip",
        ...(verdict === "FAILED" ? explain(block) : {}),
      },
    ];
  });
}

/** One line, `exception at file:12`, or with full exceptions the words and the stack, whose frames name files without folders. */
function explain(block: string): Evidence {
  const said = block.slice(block.indexOf("\n") + 1).split(/^\S/m, 1)[0] ?? "";
  const short = /^ +(?<message>\S.*?) at (?<file>\S+):(?<line>\d+)$/m.exec(said)?.groups;
  if (short?.file) return { file: short.file, line: count(short.line), message: short.message ?? "" };
  const frames = matches(/^[ \t]+at (?:\S+\/)?(?<type>[\w.$]+)\((?<file>[\w$]+\.\w+):(?<line>\d+)\)$/m, said);
  const own = frames.find(({ type = "" }) => !LIBRARIES.test(type));
  return evidence(toMessage(linesUntil(said, /^[ \t]+at \S/)), ownPlace(own?.file, own?.line));
}

/** Packages of the platform, the runners and the assertion libraries. */
const LIBRARIES =
  /^(?:java|javax|jdk|sun|kotlin|scala|groovy|org\.(?:junit|opentest4j|assertj|hamcrest|mockito|gradle|testng|codehaus\.groovy))\./;

function readDoubts(states: readonly string[]): string[] {
  const idle = states.filter((state) => state === "up-to-date" || state === "from-cache");
  const ran = states.some((state) => state === "" || state === "failed");
  return idle.length > 0 && !ran ? [`gradle ran no test: test tasks were ${[...new Set(idle)].join(" and ")}`] : [];
}
