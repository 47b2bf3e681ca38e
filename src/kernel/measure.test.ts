import assert from "node:assert/strict";
import { test } from "node:test";
import { defineParser, type CommandResult, type Loaded, type Parser } from "../sdk/index.ts";
import { judge } from "./judge.ts";
import { outcomeOf, readOutput, type Outcome } from "./measure.ts";

/** `RAN 3/1/0` counts tests, `BAD name` names a failure, `AT file:line text` a place, `DOUBT text` a doubt. */
const tests: Loaded<Parser> = {
  id: "parser/ran",
  plugin: defineParser({
    recognizes: ({ output }) => (/^RAN /m.test(output) ? 0.9 : 0),
    parse: ({ output }) => {
      const [, passed = "", failed = "", skipped = ""] = /^RAN (\d+)\/(\d+)\/(\d+)/m.exec(output) ?? [];
      return {
        tests: { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) },
        cases: [...output.matchAll(/^BAD (.*)$/gm)].map(([, name = ""]) => ({ name, verdict: "fail" as const })),
        locations: [],
        doubts: [...output.matchAll(/^DOUBT (.*)$/gm)].map(([, text = ""]) => text),
      };
    },
    examples: [],
  }),
};
const places: Loaded<Parser> = {
  id: "parser/at",
  plugin: defineParser({
    recognizes: ({ output }) => (/^AT /m.test(output) ? 0.8 : 0),
    parse: ({ output }) => ({
      cases: [],
      locations: [...output.matchAll(/^AT (\S+):(\d+) (.*)$/gm)].map(([, file = "", line, message = ""]) => ({
        file,
        line: Number(line),
        severity: "error" as const,
        message,
      })),
      doubts: [],
    }),
    examples: [],
  }),
};
const weak: Loaded<Parser> = {
  id: "parser/weak",
  plugin: { ...places.plugin, recognizes: ({ output }) => (/AT |RAN /.test(output) ? 0.1 : 0) },
};
const parsers = [weak, places, tests];

test("the most specific parser reads, another that is sure adds, a weak one keeps out", () => {
  assert.equal(readOutput({ command: "x", output: "\u001b[31mRAN 3/1/0\u001b[0m", exit: 1 }, parsers).parser, "ran");
  const both = readOutput({ command: "x", output: "AT a.ts:1 oh\nRAN 3/0/1", exit: 0 }, parsers);
  assert.equal(both.parser, "ran + at");
  assert.deepEqual(both.tests, { passed: 3, failed: 0, skipped: 1 });
  assert.equal(both.locations.length, 1);
  const nobody = readOutput({ command: "x", output: "hello", exit: 0 }, parsers);
  assert.deepEqual(nobody, { cases: [], locations: [], doubts: [] });
});

test("the packages of a monorepo are read one by one and added", () => {
  const output = "a:test: RAN 2/1/0\nb:test: RAN 5/0/1\na:test: BAD one\nb:test: DOUBT odd";
  const reading = readOutput({ command: "turbo run test", output, exit: 1 }, parsers);
  assert.deepEqual(reading.tests, { passed: 7, failed: 1, skipped: 1 });
  assert.deepEqual(
    reading.cases.map((one) => one.name),
    ["a:test > one"],
  );
  assert.deepEqual(reading.doubts, ["b:test: odd"]);
});

test("green and red with their reasons", () => {
  assert.deepEqual(judge({ first: run("RAN 3/0/1", 0) }), {
    verdict: "pass",
    because: "3 tests passed, 1 skipped, exit 0.",
    counts: { passed: 3, failed: 0, skipped: 1 },
    failures: [],
  });
  const red = judge({ first: run("RAN 3/1/0\nBAD sum", 1) });
  assert.deepEqual([red.verdict, red.failures, red.because], ["fail", ["sum"], "1 of 4 tests failed, exit 1."]);
  assert.match(judge({ first: run("whatever", 0) }).because, /that is all we know/);
  const places = judge({ first: run("AT a.ts:1 oh\nAT a.ts:9 oh", 2) });
  assert.deepEqual([places.verdict, places.failures], ["fail", ["a.ts: oh", "a.ts: oh (2)"]]);
  assert.equal(
    judge({ first: run("RAN 3/0/0\nCoverage is too low", 1) }).because,
    "No test failed, yet exit 1: Coverage is too low",
  );
});

test("a green exit is no pass when the output says otherwise", () => {
  assert.equal(judge({ first: run("RAN 2/1/0\nBAD x", 0) }).verdict, "fail");
  const cases: [string, RegExp][] = [
    ["RAN 0/0/0", /ran 0 tests/],
    ["RAN 0/0/4", /all 4 were skipped/],
    ["RAN 2/0/0\nDOUBT a suite did not load", /proves nothing: a suite did not load/],
    ["RAN 2/0/0\n(node:12) UnhandledPromiseRejectionWarning: Error: x", /unhandled rejection/],
    ["Assertion failed: one is two", /failed assertion/],
    ['\n> a@1.0.0 test\n> echo "no tests yet"\n\nno tests yet', /script runs nothing/],
    ["\n> a@1.0.0 test\n> exit 0\n", /script runs nothing/],
    ["No tests found", /ran nothing/],
    ["a:test: cache hit, replaying logs 12\na:test: RAN 3/0/0", /replayed earlier logs/],
  ];
  for (const [output, because] of cases) {
    const judged = judge({ first: run(output, 0) });
    assert.equal(judged.verdict, "not-run", output);
    assert.match(judged.because, because);
  }
});

test("a runner that never started is not-run and named", () => {
  const cases: [string, number, RegExp][] = [
    ["sh: 1: mocha: not found", 127, /mocha was not found/],
    ["sh: 1: mocha: not found\nnpm error code 127", 1, /mocha was not found/],
    ["/bin/sh: line 1: jest: command not found", 127, /jest was not found/],
    ["zsh: command not found: vitest", 127, /vitest was not found/],
    ["bundler: command not found: rspec", 127, /rspec was not found/],
    ["", 127, /exit 127/],
    ["sh: 1: ./run: Permission denied", 126, /may not be executed/],
    ['npm error Missing script: "test"', 1, /no script test/],
    ["/usr/bin/python3: No module named pytest", 1, /pytest is not installed/],
    ["Error: Cannot find module '/r/node_modules/mocha/bin/mocha.js'", 1, /mocha is not installed/],
    ["error: no such command: `nextest`", 101, /cargo has no command nextest/],
    ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'left-pad'", 1, /crashed while loading/],
    ["RAN 0/0/0\nboom", 1, /ended before a test ran/],
    ["RAN 0/1/0\nBAD a.py\nDOUBT a.py did not load", 2, /No test ran: a.py did not load/],
    ['Error: No test files found: "nope"', 1, /No test ran: No test files found/],
    [" Exception during run: Error: Cannot find module './none'", 1, /crashed while loading/],
    ["", 137, /killed before it ended/],
  ];
  for (const [output, exit, because] of cases) {
    const judged = judge({ first: run(output, exit) });
    assert.equal(judged.verdict, "not-run", output);
    assert.match(judged.because, because);
  }
});

test("tests for a browser are not-run where there is none", () => {
  const karma =
    'ERROR [launcher]: No binary for Chrome browser on your platform.\n  Please, set "CHROME_BIN" env variable.';
  assert.match(judge({ first: run(karma, 1) }).because, /needs Chrome, and there is none/);
  const playwright = "Error: browserType.launch: Executable doesn't exist at /root/.cache/ms-playwright/chromium";
  assert.match(judge({ first: run(playwright, 1) }).because, /needs a browser, and there is none/);
  assert.equal(judge({ first: run(`${karma}\nRAN 3/1/0`, 1) }).verdict, "fail");
});

test("out of time is not-run, unless tests had failed by then", () => {
  assert.match(judge({ first: run("", null, { timedOut: true }) }).because, /did not end within 60 s/);
  assert.equal(judge({ first: run("RAN 3/1/0\nBAD x", null, { timedOut: true }) }).verdict, "fail");
});

test("what asked for the internet where there is none is not-run, and failed tests name the host", () => {
  const asked = "Error: getaddrinfo EAI_AGAIN fonts.googleapis.com";
  const build = judge({ first: run(asked, 1) });
  assert.equal(build.verdict, "not-run");
  assert.match(build.because, /needs the internet.*fonts\.googleapis\.com/);
  const some = judge({ first: run(`${asked}\nRAN 3/1/0`, 1) });
  assert.equal(some.verdict, "fail");
  assert.match(some.because, /1 of 4 tests failed.*fonts\.googleapis\.com/);
  const place = judge({ first: run(`AT a.ts:1 wrong\n${asked}`, 1) });
  assert.equal(place.verdict, "fail");
  for (const own of ["getaddrinfo ENOTFOUND no.such.invalid", "getaddrinfo ENOTFOUND localhost", "broken"])
    assert.equal(judge({ first: run(own, 1) }).verdict, "fail", own);
  const tools = [
    "fatal: unable to access: Could not resolve host: github.com",
    "dial tcp: lookup proxy.golang.org on 127.0.0.1:53: no such host",
    "HTTPSConnectionPool(host='pypi.org', port=443): Temporary failure in name resolution",
  ];
  for (const output of tools) assert.equal(judge({ first: run(output, 1) }).verdict, "not-run", output);
});

test("what passes in the second run is flaky; what fails in both is not", () => {
  const first = run("RAN 2/2/0\nBAD a\nBAD b", 1);
  assert.equal(judge({ first, rerun: run("RAN 4/0/0", 0) }).verdict, "flaky");
  assert.equal(judge({ first, rerun: run("RAN 3/1/0\nBAD c", 1) }).verdict, "flaky");
  const partly = judge({ first, rerun: run("RAN 3/1/0\nBAD b", 1) });
  assert.deepEqual([partly.verdict, partly.failures], ["fail", ["b"]]);
  assert.match(partly.because, /1 of them passed when run again/);
  assert.equal(judge({ first, rerun: first }).verdict, "fail");
  assert.equal(judge({ first, rerun: run("sh: 1: x: not found", 127) }).verdict, "fail");
});

test("against the base: known, new, fixed, and a crash where it ran before", () => {
  const first = run("RAN 2/1/0\nBAD a", 1);
  assert.equal(judge({ first, base: { verdict: "fail", failures: ["a", "b"] } }).verdict, "known-failure");
  const fresh = judge({ first, base: { verdict: "fail", failures: ["b"] } });
  assert.deepEqual(
    [fresh.verdict, fresh.because],
    ["new-failure", "1 of 3 tests failed, exit 1. New against the base: a."],
  );
  assert.equal(judge({ first, base: { verdict: "pass", failures: [] } }).verdict, "new-failure");
  assert.equal(judge({ first, base: { verdict: "not-run", failures: [] } }).verdict, "fail");
  const green = run("RAN 3/0/0", 0);
  assert.equal(judge({ first: green, base: { verdict: "fail", failures: ["a"] } }).verdict, "fixed");
  assert.equal(judge({ first: green, base: { verdict: "pass", failures: [] } }).verdict, "pass");
  const crashed = run("SyntaxError: Unexpected token", 1);
  assert.equal(judge({ first: crashed, base: { verdict: "pass", failures: [] } }).verdict, "new-failure");
  assert.equal(judge({ first: crashed, base: { verdict: "fail", failures: [] } }).verdict, "not-run");
});

test("a result whose beginning was not kept says so", () => {
  const result: CommandResult = {
    exit: 0,
    signal: null,
    timedOut: false,
    seconds: 1,
    output: "RAN 3/0/0",
    segment: { segment: "s", from: 0, to: 300_000 },
  };
  const first = outcomeOf("npm test", result, parsers);
  assert.equal(first.truncated, true);
  assert.match(judge({ first }).because, /end of a long output/);
  assert.equal(
    outcomeOf("npm test", { ...result, segment: { segment: "s", from: 5, to: 14 } }, parsers).truncated,
    false,
  );
});

function run(output: string, exit: number | null, part: Partial<Outcome> = {}): Outcome {
  const command = "npm test";
  const reading = readOutput({ command, output, exit }, parsers);
  return { command, exit, signal: null, timedOut: false, seconds: 60, output, truncated: false, reading, ...part };
}
