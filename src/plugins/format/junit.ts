import { defineFormat, type CheckRun, type Receipt } from "../../sdk/index.ts";
import { clean, isRed, judgedOf, tamperingOf, type Judged, type RedThing } from "./_shared.ts";
import { sampleCheck, sampleReceipt } from "./_shared-sample.ts";

interface Case {
  readonly name: string;
  readonly seconds?: number;
  readonly file?: string;
  readonly line?: number;
  readonly is: "pass" | "failure" | "skipped";
  /** Of a failure, as Lodestar calls it: `new-failure`, `known-failure`, `fail`, `refuted`, `tampering`. */
  readonly type?: string;
  readonly message?: string;
  /** Shown below the message; of a case that passed, what should be known nevertheless. */
  readonly text?: string;
}

interface Suite {
  readonly name: string;
  readonly startedAt?: string;
  readonly seconds: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

/**
 * JUnit's XML as Surefire writes it and CI servers read it: a suite per check with a case for the check itself and one for
 * each failure that is known by name (a receipt does not name what passed: `tests.passed` is a property), then claims and
 * tampering. What was not run is skipped, with the reason. Runs of the base are left out: their red is not this change's.
 */
export default defineFormat({
  name: "junit",
  mediaType: "application/xml",
  extension: "xml",
  write(receipt, { id, version }) {
    const suites = [...judgedOf(receipt).map(checkSuite), ...claimSuite(receipt), ...tamperingSuite(receipt)];
    const all = totals(suites.flatMap((suite) => suite.cases));
    const seconds = suites.reduce((sum, suite) => sum + suite.seconds, 0);
    const names = { name: `Lodestar ${version}: receipt ${id}, ${receipt.verdict}` };
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites${attributes({ ...names, ...all, time: seconds.toFixed(3) })}>`,
      ...suites.flatMap(suiteLines),
      "</testsuites>",
      "",
    ].join("\n");
  },
  examples: [
    {
      name: "a new failure, and a check that was not run",
      receipt: sampleReceipt({
        verdict: "refuted",
        checks: [
          sampleCheck({
            verdict: "new-failure",
            counts: { passed: 411, failed: 1, skipped: 0 },
            because: "1 of 412 tests failed, exit 1.",
            failures: ["test/cart.test.js > adds"],
          }),
          sampleCheck({ name: "lint", kind: "lint", verdict: "not-run", because: "It never started." }),
        ],
      }),
      contains: [
        'tests="3" failures="2" errors="0" skipped="1"',
        '<testsuite name="test" tests="2" failures="2" errors="0" skipped="0" time="12.500" timestamp="2026-03-01T09:59:40"',
        '<testcase classname="test" name="test/cart.test.js &gt; adds" file="test/cart.test.js">',
        '<failure message="1 of 412 tests failed, exit 1." type="new-failure"',
        '<property name="tests.passed" value="411"/>',
        '<skipped message="It never started."/>',
      ],
    },
    {
      name: "text that would be XML, or that XML forbids",
      receipt: sampleReceipt({
        checks: [
          sampleCheck({
            name: 'a"><b>&',
            verdict: "fail",
            because: "]]>\u0000\u001b[31m\uFFFE\uD800 red\n2",
            failures: ["</testcase>"],
          }),
        ],
      }),
      contains: ['name="a&quot;&gt;&lt;b&gt;&amp;"', 'message="]]&gt;\uFFFD red&#10;2"', "&lt;/testcase&gt;"],
      lacks: ["<b>", "]]>", "\u0000", "\u001b", "\uFFFE", "\uD800"],
    },
  ],
});

function checkSuite({ check, how, red }: Judged): Suite {
  const { name, kind, command, cwd, verdict, because, seconds, counts } = check;
  const itself = { name: `${name} (${verdict})`, seconds, type: verdict, message: because };
  const counted = counts && {
    "tests.passed": `${counts.passed}`,
    "tests.failed": `${counts.failed}`,
    "tests.skipped": `${counts.skipped}`,
  };
  return {
    name: `${cwd === "." || cwd === "" ? "" : `${cwd}: `}${name}${how === undefined ? "" : ` ${how}`}`,
    startedAt: check.startedAt,
    seconds,
    properties: { kind, command, cwd, verdict, sandbox: check.sandbox, network: check.network, ...counted },
    cases: [...red.map((failure) => failureCase(failure, check)), outcome(check, itself)],
  };
}

/** The check itself. Flaky is no failure: it passed when it was run again. */
function outcome(check: CheckRun, itself: Omit<Case, "is">): Case {
  if (check.verdict === "not-run") return { ...itself, is: "skipped" };
  return isRed(check) ? { ...itself, is: "failure" } : { ...itself, is: "pass", text: check.because };
}

function failureCase({ name, redness, place, message: said }: RedThing, check: CheckRun): Case {
  if (redness === "flaky")
    return { name, ...place, is: "pass", text: "Flaky: it failed once and passed when run again." };
  const isKnown = redness === "known";
  const message = said?.trim().split("\n")[0] ?? (isKnown ? "It fails on the base too." : check.because);
  return {
    name,
    ...place,
    is: "failure",
    type: isKnown ? "known-failure" : check.verdict,
    message,
    text: said ?? name,
  };
}

function claimSuite({ claims }: Receipt): Suite[] {
  if (claims.length === 0) return [];
  const cases = claims.map(({ text, verdict, because }): Case => {
    if (verdict === "verified") return { name: text, is: "pass", text: because };
    return { name: text, is: verdict === "refuted" ? "failure" : "skipped", type: verdict, message: because };
  });
  return [{ name: "claims", seconds: 0, properties: {}, cases }];
}

function tamperingSuite(receipt: Receipt): Suite[] {
  const cases = tamperingOf(receipt).map(({ what, file, line, diff, loosens }): Case => {
    const place = { file, ...(line === undefined ? {} : { line }) };
    const name = `${file}${line === undefined ? "" : `:${line}`}: ${what}`;
    return { name, ...place, is: loosens ? "failure" : "pass", type: "tampering", message: what, text: diff };
  });
  return cases.length === 0 ? [] : [{ name: "tampering", seconds: 0, properties: {}, cases }];
}

function suiteLines(suite: Suite): string[] {
  const { name, startedAt, seconds, properties, cases } = suite;
  const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(startedAt ?? "")?.[0];
  const facts = { name, ...totals(cases), time: seconds.toFixed(3), timestamp };
  const listed = Object.entries(properties).map(([name, value]) => `      <property${attributes({ name, value })}/>`);
  return [
    `  <testsuite${attributes(facts)}>`,
    ...(listed.length > 0 ? ["    <properties>", ...listed, "    </properties>"] : []),
    ...cases.flatMap((one) => caseLines(one, name)),
    "  </testsuite>",
  ];
}

function caseLines(one: Case, suite: string): string[] {
  const { name, seconds, file, line, is, type, message, text } = one;
  const opening = `    <testcase${attributes({ classname: suite, name, file, line, time: seconds?.toFixed(3) })}`;
  const body = text === undefined || text === "" ? undefined : escaped(text);
  if (is === "skipped") return [`${opening}>`, `      <skipped${attributes({ message })}/>`, "    </testcase>"];
  if (is === "failure")
    return [`${opening}>`, `      <failure${attributes({ message, type })}>${body ?? ""}</failure>`, "    </testcase>"];
  if (body === undefined) return [`${opening}/>`];
  return [`${opening}>`, `      <system-out>${body}</system-out>`, "    </testcase>"];
}

function totals(cases: readonly Case[]) {
  const count = (is: Case["is"]): number => cases.filter((one) => one.is === is).length;
  return { tests: cases.length, failures: count("failure"), errors: 0, skipped: count("skipped") };
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .map(([name, value]) => (value === undefined ? "" : ` ${name}="${escaped(`${value}`).replace(/[\t\n]/g, spaced)}"`))
    .join("");
}

/** In an attribute a reader would turn a bare line feed into a space (XML 1.0, 3.3.3). */
function spaced(one: string): string {
  return one === "\n" ? "&#10;" : "&#9;";
}

function escaped(text: string): string {
  return clean(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
