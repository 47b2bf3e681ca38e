/** What the formats promise together: hostile text stays text, sizes are bounded, and other tools can read the result. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import type { CheckRun, Receipt } from "../sdk/index.ts";
import { placeOf } from "./format/_shared.ts";
import { sampleCheck, sampleReceipt } from "./format/_shared-sample.ts";
import junit from "./format/junit.ts";
import markdown from "./format/markdown.ts";
import sarif from "./format/sarif.ts";
import junitXml from "./parser/junit-xml.ts";

const CONTEXT = { id: "0123456789abcdef", version: "1.2.3" };
const ESC = String.fromCharCode(0x1b);
/** Pieces of which a hostile name, sentence or diff is made. */
const piece = fc.constantFrom(
  ..."` ``` ~~~ | \\ <b> </details> <!-- --> ]]> &lt; & \" ' # - @everyone #12 [x](http://a.b) ![x](y)".split(" "),
  ..."--- === 1. > $x$ {0} word é 😀 \u0000 \u0008 \u009b \u202e \u2066 \u200b \ud800 \ufffe \u{e0041}".split(" "),
  ..."\n,\r\n,\t,    ,- ,\u2028".split(","),
  `${ESC}[2J`,
  `${ESC}]0;t\u0007`,
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
const check = fc
  .record({
    name: text,
    cwd: text,
    because: text,
    command: text,
    failures: fc.array(text, { maxLength: 3 }),
    evidence: fc.array(fc.record({ test: text, message: text, file: text, line: fc.integer() }), { maxLength: 3 }),
    variant: fc.constantFrom<NonNullable<CheckRun["variant"]>>("subject", "base", "base-tests", "new-tests"),
    verdict: fc.constantFrom<CheckRun["verdict"]>(
      "pass",
      "fail",
      "new-failure",
      "known-failure",
      "fixed",
      "flaky",
      "not-run",
    ),
  })
  .map((more) => sampleCheck(more));
const receipt: fc.Arbitrary<Receipt> = fc
  .record({
    sentence: text,
    commit: text,
    issuedAt: text,
    verdict: fc.constantFrom<Receipt["verdict"]>("verified", "refuted", "unprovable"),
    kind: fc.constantFrom<Receipt["kind"]>("baseline", "proof"),
    claims: fc.array(
      fc.record({
        text,
        kind: fc.constantFrom<Receipt["claims"][number]["kind"]>("tests-pass", "fixed", "unknown"),
        verdict: fc.constantFrom<Receipt["verdict"]>("verified", "refuted", "unprovable"),
        because: text,
      }),
      { maxLength: 3 },
    ),
    checks: fc.array(check, { maxLength: 3 }),
    notChecked: fc.array(text, { maxLength: 3 }),
    found: fc.array(fc.record({ what: text, file: text, diff: text }), { maxLength: 3 }),
  })
  .map(({ found, ...more }) =>
    sampleReceipt({
      ...more,
      tampering: found.map((one) => ({ ...one, kind: "test-changed" as const, loosens: true })),
    }),
  );

test("whatever a receipt holds, nothing invisible, no escape and no control character comes out", () => {
  for (const format of [markdown, sarif, junit])
    fc.assert(
      fc.property(receipt, (one) => {
        const written = format.write(one, CONTEXT).replaceAll("\u200B", "");
        assert.doesNotMatch(written, /(?![\t\n])\p{Cc}|[\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF\u{E0000}-\u{E007F}]/u);
        assert.ok(written.isWellFormed());
      }),
      { numRuns: 150 },
    );
});

test("markdown: fences close, tables keep their columns, and there is no HTML but our own", () => {
  fc.assert(
    fc.property(receipt, (one) => {
      const { lines, isOpen } = outsideOfFences(markdown.write(one, CONTEXT));
      assert.equal(isOpen, false, "a fence is open at the end");
      const columns: number[] = [];
      for (const line of lines) {
        if (!line.startsWith("|")) columns.length = 0;
        else columns.push(line.replace(/\\./g, "").split("|").length);
        assert.ok(new Set(columns).size <= 1, `columns ${columns.join()} of ${line}`);
        const tags = [...line.matchAll(/<[^>]*>?/g)].map(([tag]) => tag);
        assert.deepEqual(
          tags.filter((tag) => !/^<\/?(?:code|details|summary)>$/.test(tag)),
          [],
        );
        assert.doesNotMatch(
          line.replace(/\\./g, "").replace(/`[^`]*`|<code>.*?<\/code>/g, ""),
          /@everyone|\]\(|https?:\/\/|#12/,
        );
      }
      const count = (tag: string) => lines.filter((line) => line.includes(tag)).length;
      assert.equal(count("<details>"), count("</details>"));
      const headings = lines.filter((line) => /^ {0,3}#/.test(line));
      const own =
        /^## (?:Verified|Refuted|Not proved|Baseline|Incomplete baseline)$|^### (?:Claims|Checks|New failures|Failures|Tampering)$/;
      for (const heading of headings) assert.match(heading, own);
    }),
    { numRuns: 300 },
  );
});

test("markdown: the largest receipt fits into a comment, keeps every section and says what it left out", () => {
  const long = "x|<>`".repeat(300);
  const many = <T>(make: (index: number) => T): T[] => Array.from({ length: 500 }, (_, index) => make(index));
  const written = markdown.write(
    sampleReceipt({
      sentence: long.repeat(10),
      claims: many((index) => ({
        text: `${index} ${long}`,
        kind: "unknown" as const,
        verdict: "refuted" as const,
        because: long,
      })),
      checks: many((index) =>
        sampleCheck({
          name: `${index}`,
          verdict: "new-failure",
          because: long,
          failures: many((at) => `${at} ${long}`),
        }),
      ),
      tampering: many((index) => ({
        what: `${index}`,
        kind: "test-deleted" as const,
        loosens: true,
        file: "a",
        diff: `-${long}\n`.repeat(50),
      })),
      notChecked: many((index) => `${index} ${long}`),
    }),
    CONTEXT,
  );
  assert.ok(written.length <= 60_000, `${written.length} characters`);
  for (const part of ["### Claims", "### Checks", "### New failures", "### Tampering", "What was not checked (500)"])
    assert.ok(written.includes(part), part);
  assert.match(written, /… and \d+ more claims\.\n/);
  assert.match(written, /… and \d+ more lines\n/);
  assert.match(written, /lodestar receipts verify receipt\.json --key KEY`\.\n$/);
});

/** A proof: one old and one new failure, and another one only with the base's tests; the new tests fail on the base. */
const compared = sampleReceipt({
  verdict: "refuted",
  checks: [
    sampleCheck({ variant: "base", verdict: "fail", because: "1 failed there.", failures: ["old > breaks"] }),
    sampleCheck({
      variant: "subject",
      verdict: "new-failure",
      because: "2 of 412 tests failed.",
      failures: ["old > breaks", "new > breaks"],
      evidence: [{ test: "new > breaks", message: "3 is not 4", file: "src/new.test.ts", line: 12 }],
    }),
    sampleCheck({
      variant: "base-tests",
      verdict: "new-failure",
      because: "2 failed so.",
      failures: ["new > breaks", "deleted > breaks"],
    }),
    sampleCheck({ variant: "new-tests", verdict: "fail", because: "As they should.", failures: ["added > works"] }),
  ],
});

test("what the base has, and runs of the base, are told apart from what the change broke, in every format", () => {
  const written = markdown.write(compared, CONTEXT);
  const [before = "", known = "", others = ""] = written.split("<details>");
  assert.match(
    before,
    /### New failures\n\n`test`: 2 of 412 tests failed\.\n\n```text\nnew > breaks\n {4}3 is not 4\n```/,
  );
  assert.match(before, /`test`, with the base's tests: 2 failed so\.\n\n```text\ndeleted > breaks\n```/);
  assert.doesNotMatch(before, /old > breaks|added > works|on the base/);
  assert.match(known, /^<summary>Failures that the base has too.*\n\n`test`: .*\n\n```text\nold > breaks\n```/);
  assert.match(
    others,
    /What it was compared with.*\| `test`, on the base \| fail .*\| `test`, the new tests on the base \| fail /s,
  );

  assert.deepEqual(
    runsOf(compared)[0].results.map(({ level, message }) => `${level} ${message.text}`),
    [
      "note test: old > breaks",
      "error test: new > breaks: 3 is not 4",
      "error test (with the base's tests): deleted > breaks",
    ],
  );
  const output = junit.write(compared, CONTEXT);
  const { cases } = junitXml.parse({ command: "cat report.xml", output, exit: 0 });
  assert.deepEqual(
    cases
      .map(({ name, file, line, message }) => [name, file, line, message])
      .filter(([name]) => !`${name}`.includes("(")),
    [
      ["test > old > breaks", undefined, undefined, "It fails on the base too."],
      ["test > new > breaks", "src/new.test.ts", 12, "3 is not 4"],
      ["test with the base's tests > deleted > breaks", undefined, undefined, "2 failed so."],
    ],
  );
});

test("markdown: a check that fell over as a whole is a new failure by its reason", () => {
  const one = sampleCheck({ verdict: "new-failure", because: "It crashed while loading.", failures: [] });
  const written = markdown.write(sampleReceipt({ checks: [one] }), CONTEXT);
  assert.match(written, /### New failures\n\n`test`: It crashed while loading\.\n\n---/);
});

const Sarif = z.object({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.tuple([
    z.object({
      tool: z.object({
        driver: z.object({
          name: z.literal("Lodestar"),
          rules: z.array(z.object({ id: z.string().min(1), shortDescription: z.object({ text: z.string().min(1) }) })),
        }),
      }),
      invocations: z.tuple([
        z.object({
          executionSuccessful: z.boolean(),
          toolExecutionNotifications: z.array(z.object({ message: z.object({ text: z.string().min(1) }) })),
        }),
      ]),
      results: z.array(
        z.object({
          ruleId: z.string(),
          ruleIndex: z.number().int().min(0),
          level: z.enum(["error", "warning", "note"]),
          message: z.object({ text: z.string().min(1) }),
          locations: z.tuple([
            z.object({
              physicalLocation: z.object({
                artifactLocation: z.object({ uri: z.string().regex(/^[\w.~!*'()%/-]+$/), uriBaseId: z.string() }),
                region: z.object({ startLine: z.number().int().min(1) }).optional(),
              }),
            }),
          ]),
          partialFingerprints: z.record(z.string(), z.string().regex(/^[0-9a-f]{16}(?::\d+)?$/)),
        }),
      ),
    }),
  ]),
});

test("sarif: what the specification requires is there, rules and results fit, and no two results are one", () => {
  fc.assert(
    fc.property(receipt, (one) => {
      const [run] = runsOf(one);
      const { rules } = run.tool.driver;
      assert.equal(new Set(rules.map((rule) => rule.id)).size, rules.length);
      for (const result of run.results) assert.equal(rules[result.ruleIndex]?.id, result.ruleId);
      const prints = run.results.map((result) => Object.values(result.partialFingerprints).join());
      assert.equal(new Set(prints).size, prints.length);
      for (const { message } of run.results) assert.doesNotMatch(message.text, /\]\(|(?<!\{)(?:\{\{)*\{(?!\{)/);
    }),
    { numRuns: 200 },
  );
});

test("sarif: a finding keeps its fingerprint when its lines move, and another one has another", () => {
  const at = (line: number, message: string, diff: string) =>
    runsOf(
      sampleReceipt({
        checks: [
          sampleCheck({
            verdict: "fail",
            failures: [`src/a.ts: no-undef: ${message}`],
            evidence: [{ test: `src/a.ts:${line}`, message, file: "src/a.ts", line }],
          }),
        ],
        tampering: [
          { what: "A test is skipped", kind: "test-skipped" as const, loosens: true, file: "a.test.js", line, diff },
        ],
      }),
    )[0].results;
  const before = at(7, "x", "@@ -7 +7 @@\n-test(\n+test.skip(");
  const moved = at(90, "x", "@@ -90 +90 @@\n-test(\n+test.skip(");
  const other = at(7, "y", "@@ -7 +7 @@\n-test(\n+test.todo(");
  const prints = (results: typeof before) => results.map((result) => result.partialFingerprints["lodestar/v1"]);
  assert.deepEqual(prints(moved), prints(before));
  assert.equal(new Set([...prints(before), ...prints(other)]).size, 4);
  assert.deepEqual(
    moved.map((result) => result.locations[0].physicalLocation.region?.startLine),
    [90, 90],
  );
});

test("sarif: what was red already is no error, and where no file is known it is the check's directory", () => {
  const found = (more: Partial<CheckRun>, of: Partial<Receipt> = {}) =>
    runsOf(sampleReceipt({ checks: [sampleCheck(more)], ...of }))[0].results.map(
      ({ level, locations }) => `${level} ${locations[0].physicalLocation.artifactLocation.uri}`,
    );
  assert.deepEqual(found({ verdict: "new-failure", failures: ["adds"], cwd: "packages/api" }), ["error packages/api/"]);
  assert.deepEqual(found({ verdict: "known-failure", failures: ["adds"] }), ["note ./"]);
  assert.deepEqual(found({ verdict: "flaky", failures: ["adds"] }), ["warning ./"]);
  assert.deepEqual(found({ verdict: "fail", because: "Exit 2." }, { kind: "baseline", base: null }), ["warning ./"]);
  assert.deepEqual(found({ verdict: "fixed" }), []);
});

test("a failure's place is read from its name, never a guess and never outside of the repo", () => {
  for (const [failure, cwd, expected] of [
    ["src/a.ts: no-undef: x is not defined", ".", { file: "src/a.ts" }],
    ["src/a.ts:12:3: error: x", ".", { file: "src/a.ts", line: 12 }],
    ["test/cart.test.js > adds", "packages/api", { file: "packages/api/test/cart.test.js" }],
    ["tests/test_a.py::test_b", "./", { file: "tests/test_a.py" }],
    ["src\\win.cs: CS1002", ".", { file: "src/win.cs" }],
    ["d.ATest > breaks", ".", undefined],
    ["gopkg.in/yaml.v3 > TestDecode", ".", undefined],
    ["adds two numbers", ".", undefined],
    ["../../etc/passwd.js: x", ".", undefined],
    ["/home/somebody/a.js: x", ".", undefined],
  ] as const)
    assert.deepEqual(placeOf(failure, cwd), expected, failure);
});

test("junit: our own reader of JUnit sees the same failures, skips and totals", () => {
  const output = junit.write(
    sampleReceipt({
      claims: [
        { text: "all tests pass", kind: "tests-pass", verdict: "refuted", because: "test fails." },
        { text: "it is faster", kind: "faster", verdict: "unprovable", because: "Nothing measures it." },
      ],
      checks: [
        sampleCheck({ verdict: "new-failure", because: "1 failed.", failures: ['cart > adds <b> & "c"'] }),
        sampleCheck({ name: "lint", verdict: "not-run", because: "It never started." }),
        sampleCheck({ name: "e2e", verdict: "flaky", failures: ["logs in"] }),
      ],
      tampering: [
        {
          what: "A test is skipped",
          kind: "test-skipped",
          loosens: true,
          file: "a.test.js",
          line: 7,
          diff: "+test.skip(",
        },
      ],
    }),
    CONTEXT,
  );
  const input = { command: "cat report.xml", output, exit: 0 };
  assert.ok(junitXml.recognizes(input) > 0);
  const { tests, cases } = junitXml.parse(input);
  assert.deepEqual(tests, { passed: 2, failed: 4, skipped: 2 });
  const failed = cases.filter((one) => one.verdict === "fail");
  assert.deepEqual(
    failed.map(({ name, message }) => [name, message]),
    [
      ['test > cart > adds <b> & "c"', "1 failed."],
      ["test > test (new-failure)", "1 failed."],
      ["claims > all tests pass", "test fails."],
      ["tampering > a.test.js:7: A test is skipped", "A test is skipped"],
    ],
  );
});

test("junit: whatever a receipt holds, the elements nest", () => {
  fc.assert(
    fc.property(receipt, (one) => {
      const open: string[] = [];
      const written = junit.write(one, CONTEXT).replace(/^<\?xml[^>]*\?>\n/, "");
      for (const [, end, name, inside = ""] of written.matchAll(/<(\/?)([\w-]+)((?: [\w.-]+="[^"<]*")*\/?)>/g)) {
        if (end === "/") assert.equal(open.pop(), name);
        else if (!inside.endsWith("/")) open.push(name ?? "");
      }
      assert.deepEqual(open, []);
      const texts = written.replace(/<\/?[\w-]+(?: [\w.-]+="[^"<]*")*\/?>/g, "");
      assert.doesNotMatch(texts, /[<>"]|&(?!(?:amp|lt|gt|quot|#10|#9);)/);
    }),
    { numRuns: 200 },
  );
});

function runsOf(one: Receipt): z.infer<typeof Sarif>["runs"] {
  return Sarif.parse(JSON.parse(sarif.write(one, CONTEXT))).runs;
}

/** Lines that a reader of CommonMark takes for no part of a fence, and whether one is open at the end. */
function outsideOfFences(written: string): { lines: string[]; isOpen: boolean } {
  let mark: string | undefined;
  const lines: string[] = [];
  for (const line of written.split("\n")) {
    const [, fence, info] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (mark !== undefined && fence?.startsWith(mark) && info?.trim() === "") mark = undefined;
    else if (mark === undefined && fence !== undefined) mark = fence;
    else if (mark === undefined) lines.push(line);
  }
  return { lines, isOpen: mark !== undefined };
}
