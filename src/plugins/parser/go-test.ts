import { defineParser, type Parsed, type TestCase } from "../../sdk/index.ts";
import { distinct, matches, tally, tests } from "./_shared.ts";
import { evidence, linesUntil, ownPlace, toMessage, type Evidence } from "./_shared-evidence.ts";

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
    a_test.go:3: a note
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
          {
            name: "ex.com/m.TestB/sub_one",
            verdict: "fail",
            file: "a_test.go",
            line: 4,
            message: "a_test.go:3: a note\na_test.go:4: got 2",
          },
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
        cases: [
          {
            name: "ex.com/m/bad (build failed)",
            verdict: "fail",
            file: "bad/b.go",
            line: 2,
            message: "bad/b.go:2:29: undefined: y",
          },
        ],
        doubts: ["ex.com/m/bad did not compile"],
      },
    },
    {
      name: "words over several lines, a panic, and a time limit that ends a package",
      input: {
        command: "go test ./...",
        output: `--- FAIL: TestItems (0.00s)
    cart_test.go:9: 
        	Error Trace:	/repo/cart_test.go:9
        	Error:      	Not equal:
        	            	expected: 3
        	            	actual  : 2
--- FAIL: TestLoad (0.00s)
panic: no price list [recovered]
	panic: no price list

goroutine 7 [running]:
testing.tRunner.func1.2({0x5149a0, 0x552ee0})
	/usr/local/go/src/testing/testing.go:1632 +0x230
ex.com/m.total(...)
	/repo/total.go:5
ex.com/m.TestLoad(0xc0000)
	/repo/cart_test.go:12 +0x1d
FAIL	ex.com/m	0.005s
panic: test timed out after 1s
	running tests:
		TestSlow (1s)

goroutine 17 [running]:
FAIL	ex.com/m/slow	1.005s
FAIL
`,
        exit: 1,
      },
      gives: {
        cases: [
          {
            name: "ex.com/m.TestItems",
            verdict: "fail",
            file: "cart_test.go",
            line: 9,
            message:
              "Error Trace:\t/repo/cart_test.go:9\nError:      \tNot equal:\n            \texpected: 3\n            \tactual  : 2",
          },
          {
            name: "ex.com/m.TestLoad",
            verdict: "fail",
            file: "total.go",
            line: 5,
            message: "panic: no price list\n\tpanic: no price list",
          },
          {
            name: "ex.com/m/slow (failed)",
            verdict: "fail",
            message: "panic: test timed out after 1s\n\trunning tests:\n\t\tTestSlow (1s)",
          },
        ],
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
  const compiled = readCompiler(output);
  let own: TestCase[] = [];
  let said = new Map<string, string[]>();
  let speaker: string | undefined;
  for (const line of output.split("\n")) {
    const result = RESULT.exec(line)?.groups;
    const running = /^=== (?:RUN|CONT|NAME|PAUSE) +(\S+)$/.exec(line)?.[1];
    if (result?.name) own.push({ name: result.name, verdict: VERDICTS[result.verdict ?? ""] ?? "fail" });
    speaker = result?.name ?? running ?? speaker;
    if (result?.name ?? running) continue;
    const ended = PACKAGE.exec(line)?.groups;
    if (!ended?.package) {
      const key = speaker ?? "";
      const lines = said.get(key);
      if (!lines) said.set(key, [line]);
      else if (lines.length < LINES) lines.push(line);
      continue;
    }
    const name = ended.package;
    const told = new Map([...said].map(([test, lines]) => [test, explain(lines)]));
    for (const one of own)
      cases.push({ ...one, name: `${name}.${one.name}`, ...(one.verdict === "fail" ? told.get(one.name) : {}) });
    const why = /\[([^[\]]*failed)\]/.exec(ended.rest ?? "")?.[1];
    if (ended.fail && !own.some((one) => one.verdict === "fail"))
      cases.push({
        name: `${name} (${why ?? "failed"})`,
        verdict: "fail",
        ...(why === undefined ? panicOf([...said.values()].flat()) : compiled.get(name)),
      });
    own = [];
    said = new Map();
    speaker = undefined;
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

/**
 * `file_test.go:4: words`, which go on on lines that are indented deeper; a panic where nothing was said. Of several the last
 * one tells the place: notes come first, and what is fatal ends a test.
 */
function explain(lines: readonly string[]): Evidence {
  const panicked = lines.findIndex((line) => line.startsWith("panic: "));
  const said = panicked < 0 ? lines : lines.slice(0, panicked);
  const heads = said.flatMap((line, index) => (SAID.test(line) ? [index] : []));
  if (heads.length === 0 || panicked >= 0) return panicOf(lines);
  const [start = 0] = heads;
  const groups = SAID.exec(said[heads.at(-1) ?? start] ?? "")?.groups;
  const depth = said[start]?.search(/\S/) ?? 0;
  const own = said.slice(start).filter((line) => line.trim() === "" || line.search(/\S/) >= depth);
  const place = ownPlace(groups?.file, groups?.line);
  if (heads.length > 1) return evidence(toMessage(own), place);
  const words = [groups?.message ?? "", toMessage(own.slice(1))].filter((one) => one !== "");
  return evidence(toMessage(words.join("\n").split("\n")), place);
}

const SAID = /^ +(?<file>[^\s:]+\.go):(?<line>\d+): ?(?<message>.*)$/;

/** The first frame that is no code of Go's own says where. */
function panicOf(lines: readonly string[]): Evidence {
  const at = lines.findIndex((line) => /^(?:panic|fatal error): /.test(line));
  if (at < 0) return {};
  const text = lines.slice(at);
  const places = matches(/^\t(?<file>\/\S+\.go):(?<line>\d+)(?: \+0x[0-9a-f]+)?$/m, text.join("\n"));
  const own = places.map(({ file, line }) => (file?.includes("/src/runtime/") ? undefined : ownPlace(file, line)));
  const words = linesUntil(text.join("\n"), /^\s*$|^goroutine |^\[signal /);
  return evidence(
    toMessage(words).replace(/ \[recovered.*\]$/m, ""),
    own.find((place) => place !== undefined && !/\/src\/testing\//.test(place.file)),
  );
}

/** What the compiler said below the names of packages. */
function readCompiler(output: string): Map<string, Evidence> {
  const told = new Map<string, Evidence>();
  for (const part of output.split(/^(?=# \S)/m)) {
    const name = /^# (\S+)/.exec(part)?.[1]?.replace(/_test$/, "");
    if (name === undefined || told.has(name)) continue;
    const words = linesUntil(part.slice(part.indexOf("\n") + 1), /^(?:FAIL|ok|\?|---|===|note:)/).slice(0, LINES);
    const [, file, line] = /^(\S+\.go):(\d+):/.exec(words[0] ?? "") ?? [];
    told.set(name, evidence(toMessage(words), ownPlace(file, line)));
  }
  return told;
}

/** Lines of one test or package that are read. */
const LINES = 400;

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
