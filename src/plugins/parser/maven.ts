import { defineParser, type TestCase } from "../../sdk/index.ts";
import { count, locate, matches, sum, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

/** The total of one module: the same line per class goes on with the time that it took. */
const TOTALS =
  /^(?:\[\w+\] +)?Tests run: (?<run>\d+), Failures: (?<failures>\d+), Errors: (?<errors>\d+), Skipped: (?<skipped>\d+)$/m;
const FAILED =
  /^\[ERROR\] (?:(?<name>[\w.$]+\.[^\s]+)|(?<method>\S+)\((?<type>[\w.$]+)\)) +(?:-- )?Time elapsed: [\d.]+ s +<<< (?:FAILURE|ERROR)!(?<said>(?:\n(?!\[|\s*$).*){0,40})/m;
const COMPILER =
  /^\[(?<severity>ERROR|WARNING)\] (?<file>\/?[^\n[\]]+\.\w+):\[(?<line>\d+),(?<column>\d+)\] (?<message>.*)$/m;
const NONE = /^\[INFO\] No tests to run\.$/m;

/** Maven: surefire's and failsafe's totals of all modules, and what its compiler plugin reports. */
export default defineParser({
  recognizes: ({ output }) => {
    if (!/^\[(?:INFO|ERROR|WARNING)\] /m.test(output)) return 0;
    return TOTALS.test(output) || NONE.test(output) || COMPILER.test(output) ? 0.9 : 0;
  },
  parse: ({ output, exit }) => {
    const locations = locate(COMPILER, output);
    const distinctPlaces = locations.filter(
      (place, index) =>
        locations.findIndex(
          (other) => other.file === place.file && other.line === place.line && other.message === place.message,
        ) === index,
    );
    const doubts = exit === 0 && /^\[INFO\] BUILD FAILURE/m.test(output) ? ["maven says BUILD FAILURE"] : [];
    if (!TOTALS.test(output) && !NONE.test(output)) return { cases: [], locations: distinctPlaces, doubts };
    const counts = matches(TOTALS, output).map(({ run, failures, errors, skipped }) => {
      const failed = count(failures) + count(errors);
      return { passed: count(run) - failed - count(skipped), failed, skipped: count(skipped) };
    });
    const cases = matches(FAILED, output).map(({ name, method = "", type = "", said = "" }): TestCase => ({
      name: name ?? `${type}.${method}`,
      verdict: "fail",
      ...explain(said),
    }));
    return tests({ counts: sum(counts), cases, locations: distinctPlaces, doubts });
  },
  examples: [
    {
      name: "red",
      input: {
        command: "mvn -B test",
        output: `[INFO] Running d.ATest
[ERROR] Tests run: 4, Failures: 1, Errors: 1, Skipped: 1, Time elapsed: 0.049 s <<< FAILURE! -- in d.ATest
[ERROR] d.ATest.breaks -- Time elapsed: 0.018 s <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <3> but was: <2>
	at org.junit.jupiter.api.AssertEquals.failNotEqual(AssertEquals.java:197)
	at d.ATest.breaks(ATest.java:6)

[ERROR] d.ATest.boom -- Time elapsed: 0.001 s <<< ERROR!
java.lang.IllegalStateException: no db
	at d.ATest.boom(ATest.java:8)

[INFO] Running d.OkTest
[INFO] Tests run: 1, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.005 s -- in d.OkTest
[INFO]
[INFO] Results:
[INFO]
[ERROR] Failures:
[ERROR]   ATest.breaks:6 expected: <3> but was: <2>
[INFO]
[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1
[INFO]
[INFO] BUILD FAILURE
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 2, failed: 2, skipped: 1 },
        cases: [
          {
            name: "d.ATest.breaks",
            verdict: "fail",
            file: "ATest.java",
            line: 6,
            message: "org.opentest4j.AssertionFailedError: expected: <3> but was: <2>",
          },
          { name: "d.ATest.boom", verdict: "fail" },
        ],
      },
    },
    {
      name: "code that does not compile",
      input: {
        command: "mvn -B test",
        output: `[ERROR] COMPILATION ERROR :
[INFO] -------------------------------------------------------------
[ERROR] /r/src/main/java/d/A.java:[1,71] incompatible types: java.lang.String cannot be converted to int
[INFO] 1 error
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.13.0:compile (default-compile) on project d: Compilation failure
[ERROR] /r/src/main/java/d/A.java:[1,71] incompatible types: java.lang.String cannot be converted to int
`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "/r/src/main/java/d/A.java",
            line: 1,
            column: 71,
            severity: "error",
            message: "incompatible types: java.lang.String cannot be converted to int",
          },
        ],
      },
    },
    {
      name: "a module without tests",
      input: { command: "mvn test", output: "[INFO] No tests to run.\n[INFO] BUILD SUCCESS\n", exit: 0 },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "phpunit",
      input: { command: "phpunit", output: "Tests: 7, Assertions: 3, Errors: 1, Failures: 1, Skipped: 1.\n", exit: 2 },
      gives: undefined,
    },
  ],
});

/** Packages of the platform, the runners and the assertion libraries. */
const LIBRARIES =
  /^(?:java|javax|jdk|sun|kotlin|scala|org\.(?:junit|opentest4j|assertj|hamcrest|mockito|apache\.maven|testng))\./;

/** The exception and its words, then the stack: its first frame outside of libraries, which names the file without its folder. */
function explain(said: string): Evidence {
  const frames = matches(/^[ \t]+at (?:\S+\/)?(?<type>[\w.$]+)\((?<file>[\w$]+\.\w+):(?<line>\d+)\)$/m, said);
  const own = frames.find(({ type = "" }) => !LIBRARIES.test(type));
  return evidence(toMessage(linesUntil(said, /^\s+at \S/)), ownPlace(own?.file, own?.line));
}
