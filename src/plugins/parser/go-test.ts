import { defineParser, type Parsed, type TestCase } from "../../sdk/index.ts";
import { count, distinct, matches, tally, tests } from "./_shared.ts";

const PACKAGE = /^(?:(?<ok>ok) {2}|(?<fail>FAIL)|(?<none>\?) {3})\t(?<package>\S+)(?:\t| )(?<rest>.*)$/m;
const RESULT = /^ *--- (?<verdict>PASS|FAIL|SKIP): (?<name>\S+) \([\d.]+s\)$/;

/**
 * `go test`, plain, -v and -json. Plain output names no passing test and states no totals: then `tests` is absent,
 * unless no package has a test.
 */
export default defineParser({
  recognizes: ({ output }) =>
    PACKAGE.test(output) || /^\{"Time":"[^"]+","Action":"\w+","Package":"/m.test(output) ? 0.9 : 0,
  parse: ({ output }) => {
    const text = /^\{"(?:Time|Action|ImportPath)":/m.test(output) ? fromJson(output) : output;
    return read(text);
  },
  examples: [
    {
      name: "verbose",
      input: {
        command: "go test -v ./...",
        output: `=== RUN   TestA
--- PASS: TestA (0.00s)
=== RUN   TestB
=== RUN   TestB/sub_one
    a_test.go:4: got 2
--- FAIL: TestB (0.00s)
    --- FAIL: TestB/sub_one (0.00s)
    --- PASS: TestB/two (0.00s)
=== RUN   TestC
    a_test.go:5: later
--- SKIP: TestC (0.00s)
FAIL
FAIL	ex.com/m	0.002s
=== RUN   TestOk
--- PASS: TestOk (0.00s)
PASS
ok  	ex.com/m/sub	0.001s
?   	ex.com/m/empty	[no test files]
FAIL
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 3, failed: 2, skipped: 1 },
        cases: [
          { name: "ex.com/m.TestB/sub_one", verdict: "fail" },
          { name: "ex.com/m/sub.TestOk", verdict: "pass" },
        ],
      },
    },
    {
      name: "plain: how many passed is not said",
      input: {
        command: "go test ./...",
        output:
          "--- FAIL: TestB (0.00s)\n    --- FAIL: TestB/sub_one (0.00s)\n        a_test.go:4: got 2\nFAIL\nFAIL\tex.com/m\t0.002s\nok  \tex.com/m/sub\t(cached)\nFAIL\n",
        exit: 1,
      },
      gives: {
        cases: [
          { name: "ex.com/m.TestB", verdict: "fail" },
          { name: "ex.com/m.TestB/sub_one", verdict: "fail", file: "a_test.go", line: 4, message: "got 2" },
        ],
        doubts: [],
      },
    },
    {
      name: "a package that does not compile",
      input: {
        command: "go test ./...",
        output:
          "# ex.com/m/bad [ex.com/m/bad.test]\nbad/b.go:2:29: undefined: y\nFAIL\tex.com/m/bad [build failed]\nok  \tex.com/m/sub\t0.1s\nFAIL\n",
        exit: 2,
      },
      gives: {
        cases: [{ name: "ex.com/m/bad (build failed)", verdict: "fail" }],
        doubts: ["ex.com/m/bad did not compile"],
      },
    },
    {
      name: "-json",
      input: {
        command: "go test -json ./...",
        output:
          '{"Time":"2026-11-21T01:37:47Z","Action":"run","Package":"ex.com/m","Test":"TestA"}\n{"Time":"2026-11-21T01:37:47Z","Action":"output","Package":"ex.com/m","Test":"TestA","Output":"--- PASS: TestA (0.00s)\\n"}\n{"Time":"2026-11-21T01:37:47Z","Action":"output","Package":"ex.com/m","Output":"ok  \\tex.com/m\\t0.001s\\n"}\n',
        exit: 0,
      },
      gives: {
        tests: { passed: 1, failed: 0, skipped: 0 },
        cases: [{ name: "ex.com/m.TestA", verdict: "pass" }],
      },
    },
    {
      name: "no package has a test",
      input: { command: "go test ./...", output: "?   \tex.com/m/empty\t[no test files]\n", exit: 0 },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "go build",
      input: { command: "go build ./...", output: "# ex.com/m/bad\nbad/b.go:2:29: undefined: y\n", exit: 2 },
      gives: undefined,
    },
  ],
});

/** The package of a result is said below it. */
function read(output: string): Parsed {
  const cases: TestCase[] = [];
  let own: TestCase[] = [];
  for (const line of output.split("\n")) {
    const result = RESULT.exec(line)?.groups;
    if (result?.name) {
      own.push({ name: result.name, verdict: VERDICTS[result.verdict ?? ""] ?? "fail" });
      continue;
    }
    const place = /^ +(?<file>\S+\.go):(?<line>\d+): (?<message>.*)$/.exec(line)?.groups;
    const last = own.at(-1);
    if (place?.file && last?.verdict === "fail" && last.file === undefined)
      own[own.length - 1] = { ...last, file: place.file, line: count(place.line), message: place.message ?? "" };
    const ended = PACKAGE.exec(line)?.groups;
    if (!ended?.package) continue;
    const name = ended.package;
    cases.push(...own.map((one) => ({ ...one, name: `${name}.${one.name}` })));
    const why = /\[(.*failed)\]/.exec(ended.rest ?? "")?.[1];
    if (ended.fail && !own.some((one) => one.verdict === "fail"))
      cases.push({ name: `${name} (${why ?? "failed"})`, verdict: "fail" });
    own = [];
  }
  const packages = matches(PACKAGE, output);
  const doubts = packages
    .filter(({ rest }) => rest?.includes("[build failed]"))
    .map((one) => `${one.package} did not compile`);
  const untested = packages.every(({ none, rest }) => none || rest?.includes("[no tests to run]"));
  const told = cases.some((one) => one.verdict !== "fail") || /^=== RUN/m.test(output);
  return told || untested
    ? tests({ counts: tally(cases), cases, doubts })
    : { cases: distinct(cases), locations: [], doubts };
}

const VERDICTS: Readonly<Record<string, TestCase["verdict"]>> = { PASS: "pass", FAIL: "fail", SKIP: "skip" };

/** -json wraps the verbose output line by line; packages that run side by side are put together again. */
function fromJson(output: string): string {
  const printed = new Map<string, string>();
  for (const line of output.split("\n")) {
    const event = parseEvent(line);
    if (event) printed.set(event.package, (printed.get(event.package) ?? "") + event.output);
  }
  return [...printed.values()].join("");
}

function parseEvent(line: string): { package: string; output: string } | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event !== "object" || event === null || !("Output" in event)) return undefined;
    const name = "Package" in event ? event.Package : "ImportPath" in event ? event.ImportPath : "";
    return typeof event.Output === "string" ? { package: String(name), output: event.Output } : undefined;
  } catch {
    return undefined;
  }
}
