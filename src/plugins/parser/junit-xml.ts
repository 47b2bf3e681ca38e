import { defineParser, type TestCase } from "../../sdk/index.ts";
import { matches, tally, tests } from "./_shared.ts";

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
    <failure message="expected: &lt;3&gt; but was: &lt;2&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError]]></failure>
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
          { name: "d.ATest > breaks", verdict: "fail", message: "expected: <3> but was: <2>" },
          { name: "d.ATest > adds", verdict: "pass" },
          { name: "d.ATest > later", verdict: "skip" },
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
  const problem = /<(?:failure|error)\b[^>]*>?/.exec(body)?.[0];
  const verdict = problem === undefined ? (/<skipped\b/.test(body) ? "skip" : "pass") : "fail";
  const message = problem === undefined ? undefined : of("message", problem);
  return {
    name,
    verdict,
    ...(file ? { file } : {}),
    ...(line ? { line: Number(line) } : {}),
    ...(message ? { message } : {}),
  };
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
