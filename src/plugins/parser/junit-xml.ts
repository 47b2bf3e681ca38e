import { defineParser, type TestCase } from "../../sdk/index.ts";
import { matches, tally, tests } from "./_shared.ts";
import { evidence, framePlace, linesUntil, ownPlace, toFile, toMessage, type Evidence } from "./_shared-evidence.ts";

const CASE =
  /<testcase\b(?<attributes>(?:\s+[\w:.-]+="[^"]*")*)\s*(?:\/>|>(?<body>(?:(?!<testcase\b)[\s\S])*?)<\/testcase>)/;

/** JUnit XML that a command printed (mocha-junit-reporter, `pytest --junitxml=/dev/stdout`, `cat TEST-*.xml`). */
export default defineParser({
  recognizes: ({ output }) =>
    /<testsuites?[\s>]/.test(output) && (/<\/testsuites?>/.test(output) || /<testsuite[^<>]*\/>/.test(output))
      ? 0.85
      : 0,
  parse: ({ output }) => {
    const cases = matches(CASE, output).map(({ attributes = "", body = "" }) => toCase(attributes, body));
    const outside = /<testsuite\b[^<>]*\berrors="[1-9]/.test(output) && !cases.some((one) => one.verdict === "fail");
    return tests({
      counts: tally(cases),
      cases,
      doubts: outside ? ["a suite reports an error outside of its tests"] : [],
    });
  },
  examples: [
    {
      name: "surefire's report",
      input: {
        command: "cat TEST-d.ATest.xml",
        output: `<?xml version="1.0" encoding="UTF-8"?>
<testsuite version="3.0" name="d.ATest" time="0.049" tests="4" errors="1" skipped="1" failures="1">
  <testcase name="breaks" classname="d.ATest" time="0.018">
    <failure message="expected: &lt;3&gt; but was: &lt;2&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected: <3> but was: <2>
	at org.junit.jupiter.api.AssertEquals.failNotEqual(AssertEquals.java:197)
	at d.ATest.breaks(ATest.java:6)
]]></failure>
  </testcase>
  <testcase name="adds" classname="d.ATest" time="0.0"/>
  <testcase name="boom" classname="d.ATest" time="0.001">
    <error message="no db" type="java.lang.IllegalStateException"><![CDATA[java.lang.IllegalStateException: no db]]></error>
  </testcase>
  <testcase name="later" classname="d.ATest" time="0.0">
    <skipped message="later"/>
  </testcase>
</testsuite>
`,
        exit: 0,
      },
      gives: {
        tests: { passed: 1, failed: 2, skipped: 1 },
        cases: [
          {
            name: "d.ATest > breaks",
            verdict: "fail",
            file: "ATest.java",
            line: 6,
            message: "org.opentest4j.AssertionFailedError: expected: <3> but was: <2>",
          },
          { name: "d.ATest > adds", verdict: "pass" },
          { name: "d.ATest > later", verdict: "skip" },
        ],
      },
    },
    {
      name: "mocha's and pytest's reports",
      input: {
        command: "cat *.xml",
        output: `<testsuites>
<testsuite name="Cart" tests="1" failures="1">
  <testcase name="Cart adds" classname="adds"><failure message="Expected values to be strictly equal:&#10;&#10;2 !== 3" type="AssertionError"><![CDATA[AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

2 !== 3

    at Context.<anonymous> (/repo/test/cart.test.js:4:32)]]></failure></testcase>
</testsuite>
<testsuite name="pytest" tests="1" failures="1">
  <testcase classname="test_cart" name="test_adds" file="test_cart.py" line="10"><failure message="assert (1 + 1) == 3">def test_adds():
&gt;       assert 1 + 1 == 3
E       assert (1 + 1) == 3

test_cart.py:12: AssertionError</failure></testcase>
</testsuite>
</testsuites>
`,
        exit: 1,
      },
      gives: {
        tests: { passed: 0, failed: 2, skipped: 0 },
        cases: [
          {
            name: "adds > Cart adds",
            verdict: "fail",
            file: "test/cart.test.js",
            line: 4,
            message: "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:\n\n2 !== 3",
          },
          {
            name: "test_cart > test_adds",
            verdict: "fail",
            file: "test_cart.py",
            line: 12,
            message: "assert (1 + 1) == 3",
          },
        ],
      },
    },
    {
      name: "an empty report",
      input: { command: "cat r.xml", output: '<testsuites tests="0">\n</testsuites>\n', exit: 0 },
      gives: { tests: { passed: 0, failed: 0, skipped: 0 }, doubts: ["no test was found"] },
    },
    {
      name: "other XML",
      input: { command: "cat pom.xml", output: "<project><modelVersion>4.0.0</modelVersion></project>", exit: 0 },
      gives: undefined,
    },
  ],
});

function toCase(attributes: string, body: string): TestCase {
  const of = (name: string, text = attributes): string | undefined => {
    const value = new RegExp(`\\s${name}="([^"]*)"`).exec(text)?.[1];
    return value === undefined ? undefined : unescape(value);
  };
  const name = [of("classname"), of("name")].filter((part) => part !== undefined && part !== "").join(" > ");
  const file = of("file");
  const line = of("line");
  const problem = /<(failure|error)\b([^>]*?)(?:\/>|>([\s\S]*?)<\/\1>)/.exec(body);
  const opened = problem ?? /<(failure|error)\b([^>]*)/.exec(body);
  const verdict = opened === null ? (/<skipped\b/.test(body) ? "skip" : "pass") : "fail";
  const given = { ...(file ? { file: toFile(file) } : {}), ...(line ? { line: Number(line) } : {}) };
  if (opened === null) return { name, verdict, ...given };
  const told = explain(of("message", opened[2]), unwrap((problem?.[3] ?? "").slice(0, TEXT)));
  // A Java frame has no folder.
  const whole = told.file !== undefined && given.file?.endsWith(`/${told.file}`) ? { file: given.file } : {};
  return { name, verdict, ...given, ...told, ...whole };
}

/** The attribute is often only the first line of the text, which goes on with the stack; pytest's text is code around it. */
function explain(attribute: string | undefined, text: string): Evidence {
  const words = toMessage(linesUntil(text, STACK));
  const first = attribute?.split("\n", 1)[0] ?? "";
  const longer = first !== "" && words.includes(first) && !/^E {2,}/m.test(text);
  const message = attribute === undefined || longer ? words : attribute;
  const python = matches(/^(?<file>[^\s:]+\.py):(?<line>\d+): /m, text).at(-1);
  const java = matches(/^[ \t]*at (?<type>[\w.$]+)\((?<file>[\w$]+\.\w+):(?<line>\d+)\)$/m, text);
  const own = java.find(({ type = "" }) => !LIBRARIES.test(type));
  return evidence(
    toMessage((message || attribute || "").split("\n")),
    framePlace(text.replace(/^[ \t]*at [\w.$]+\([\w$]+\.(?:java|kt|scala|groovy):\d+\)$/gm, "")) ??
      ownPlace(python?.file, python?.line) ??
      ownPlace(own?.file, own?.line),
  );
}

/** Characters of a failure that are read: its words and some dozens of frames. */
const TEXT = 20_000;
const STACK = /^\s*at \S|^\s*Caused by: /;
/** Packages of the platform, the runners and the assertion libraries. */
const LIBRARIES =
  /^(?:java|javax|jdk|sun|kotlin|scala|groovy|org\.(?:junit|opentest4j|assertj|hamcrest|mockito|apache\.maven|gradle|testng))\./;

function unwrap(text: string): string {
  return text.replace(
    /<!\[CDATA\[([\s\S]*?)\]\]>|([^<]+)/g,
    (_, raw?: string, escaped?: string) => raw ?? unescape(escaped ?? ""),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescape(text: string): string {
  return text
    .replace(/&#(?:x([0-9a-f]+)|(\d+));/gi, (whole, hex?: string, decimal?: string) => {
      const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    })
    .replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
