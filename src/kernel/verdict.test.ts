import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ChangedFile, CheckRun, Claim, ClaimKind, Tampering } from "../sdk/index.ts";
import { decide, sentenceOfProof } from "./verdict.ts";
import type { Facts } from "./verdict-facts.ts";

describe("nothing is broken", () => {
  test("green on both is verified, and the failures of the base remain named", () => {
    const known = facts({ base: [run("fail", ["old"])], subject: [run("known-failure", ["old"], 7)] });
    assert.deepEqual(said([], known), ["verified"]);
    assert.match(
      because([], known),
      /7 tests pass and nothing is red that was green on the base; 1 failure of the base remains/,
    );
  });

  test("a test that is newly red refutes, by name", () => {
    const broken = facts({ base: [run("pass")], subject: [run("new-failure", ["cart > adds"])] });
    assert.deepEqual(said([], broken), ["refuted"]);
    assert.match(because([], broken), /"cart > adds" of test is red now and was not on the base/);
  });

  test("a check that did not run never verifies", () => {
    assert.deepEqual(said([], facts({ base: [run("pass")], subject: [run("not-run")] })), ["unprovable"]);
    assert.deepEqual(said([], facts({ base: [], subject: [] })), ["unprovable"]);
    const lintOnly = facts({ base: [run("pass", [], 0, "lint")], subject: [run("pass", [], 0, "lint")] });
    assert.match(because([], lintOnly), /no test to run; add one/);
  });

  test("fewer tests than on the base prove nothing, unless the base's own tests pass", () => {
    const base = [run("pass", [], 9)];
    const fewer = facts({ base, subject: [run("pass", [], 6)] });
    assert.match(because([], fewer), /3 tests of test that ran on the base did not run here/);
    const merged = facts({ base, subject: [run("pass", [], 6)], baseTests: [run("pass", [], 9)] });
    assert.deepEqual(said([], merged), ["verified"]);
  });

  test("flaky here refutes nobody, and verifies only where the base is flaky too", () => {
    const flaky = [run("flaky", ["now and then"])];
    assert.deepEqual(said([], facts({ base: [run("pass")], subject: flaky })), ["unprovable"]);
    assert.deepEqual(said([], facts({ base: flaky, subject: flaky })), ["verified"]);
  });

  test("red only with the base's runner configuration is undecided", () => {
    const configured = facts({
      base: [run("pass")],
      subject: [run("new-failure", ["x"])],
      redByOldConfig: new Set(["test"]),
    });
    assert.match(because([], configured), /fails with the base's configuration of it and passes with the changed one/);
  });
});

describe("tampering", () => {
  const skipped = tampering("test-skipped", 'the test "adds" is skipped', "cart.test.js");

  test("a loosened check does not verify", () => {
    const green = facts({
      base: [run("pass")],
      subject: [run("pass")],
      tampering: [skipped],
      baseTests: [run("pass")],
    });
    assert.deepEqual(said([], green), ["unprovable"]);
    assert.match(because([], green), /rests on a loosened check: the test "adds" is skipped \(cart.test.js\)/);
  });

  test("a test of the base that fails here and was taken away refutes", () => {
    const hidden = facts({
      base: [run("pass")],
      subject: [run("pass", [], 4)],
      tampering: [skipped],
      baseTests: [run("new-failure", ["cart > adds"])],
    });
    assert.deepEqual(said([], hidden), ["refuted"]);
    assert.match(
      because([], hidden),
      /With the base's tests "cart > adds" fails on this code, and the change hides it/,
    );
    assert.equal(decide([claim("tests-pass", { all: true })], hidden).verdict, "refuted");
  });

  test("tests that were changed honestly leave it open whether they or the code are right", () => {
    const changed = facts({
      base: [run("pass")],
      subject: [run("pass")],
      tampering: [
        { ...tampering("test-changed", 'the test "adds" expects another value', "cart.test.js"), loosens: false },
      ],
      baseTests: [run("new-failure", ["cart > adds"])],
    });
    assert.deepEqual(said([], changed), ["unprovable"]);
    assert.match(because([], changed), /Whether the tests or the code are right, no check can tell/);
  });
});

describe("behaviour that is said to be unchanged", () => {
  const changed = facts({
    base: [run("pass")],
    subject: [run("pass")],
    tampering: [{ ...tampering("test-changed", "x", "cart.test.js"), loosens: false }],
    baseTests: [run("new-failure", ["cart > adds"])],
  });

  test("is refuted by the base's tests, where those can run", () => {
    const same = claim("no-regression", { text: "Refactored the cart, no behaviour change" });
    assert.equal(decide([same], changed).verdict, "refuted");
    const loads = facts({ ...changed, baseTests: [run("new-failure", ["test/cart.test.js"])] });
    assert.equal(decide([same], loads).verdict, "unprovable");
    for (const text of ["Done!", "Refactored the cart", "No regressions"])
      assert.equal(decide([claim("no-regression", { text })], changed).verdict, "unprovable", text);
  });

  test("a runner's configuration that hides what is red refutes", () => {
    const narrowed = facts({
      base: [run("pass")],
      subject: [run("new-failure", ["cart > adds"])],
      redByOldConfig: new Set(["test"]),
      tampering: [tampering("runner-config", "cart.test.js is left out", "jest.config.js")],
    });
    assert.equal(decide([], narrowed).verdict, "refuted");
    assert.equal(decide([claim("tests-pass", { all: true })], narrowed).verdict, "refuted");
  });
});

describe("fixed", () => {
  const fix = claim("fixed", { text: "Fixed rounding in total()", about: ["rounding", "total"], names: ["total"] });
  const changed = [file("src/total.js", "modified")];

  test("a test that fails on the base and passes now shows it", () => {
    const red = facts({ base: [run("fail", ["total rounds"])], subject: [run("fixed", [], 6)], changed });
    assert.equal(decide([fix], red).verdict, "verified");
    const added = facts({
      base: [run("pass", [], 4)],
      subject: [run("pass", [], 5)],
      newTests: [run("fail", ["total rounds"])],
      changed: [...changed, file("total.test.js", "modified")],
      testFiles: new Set(["total.test.js"]),
    });
    assert.equal(decide([fix], added).verdict, "verified");
    assert.match(decide([fix], added).claims[0]?.because ?? "", /"total rounds" fails on the base and passes now/);
  });

  test("without a test that separates base and subject it is open, and says what is missing", () => {
    const none = facts({ base: [run("pass")], subject: [run("pass")], changed });
    assert.equal(decide([fix], none).verdict, "unprovable");
    assert.match(decide([fix], none).claims[0]?.because ?? "", /add one that shows the bug/);
  });

  test("the test of the bug that is still red refutes; one of something else does not", () => {
    const still = (name: string) =>
      facts({ base: [run("fail", [name])], subject: [run("known-failure", [name])], changed });
    assert.equal(decide([fix], still("total rounds half up")).verdict, "refuted");
    assert.equal(decide([fix], still("slug strips accents")).verdict, "unprovable");
    const tests = claim("fixed", { text: "Fixed the failing tests" });
    assert.equal(decide([tests], still("slug strips accents")).verdict, "refuted");
  });

  test("a test of the base that was changed counts as the base has it", () => {
    const rewritten = facts({
      base: [run("fail", ["total rounds"])],
      subject: [run("fixed")],
      baseTests: [run("known-failure", ["total rounds"])],
      changed: [file("total.test.js", "modified")],
      testFiles: new Set(["total.test.js"]),
    });
    assert.equal(decide([fix], rewritten).verdict, "refuted");
  });

  test("an empty change fixes nothing", () => {
    assert.equal(decide([fix], facts({ base: [run("pass")], subject: [run("pass")], changed: [] })).verdict, "refuted");
  });
});

describe("other claims", () => {
  const green = { base: [run("pass", [], 3)], subject: [run("pass", [], 3)] };

  test("all tests pass: not where the base's failures remain, and refuted where one is new", () => {
    const all = claim("tests-pass", { all: true });
    assert.equal(decide([all], facts(green)).verdict, "verified");
    assert.equal(
      decide([all], facts({ base: [run("fail", ["a"])], subject: [run("known-failure", ["a"])] })).verdict,
      "unprovable",
    );
    assert.equal(
      decide([all], facts({ base: [run("pass")], subject: [run("new-failure", ["a"])] })).verdict,
      "refuted",
    );
  });

  test("builds, types and lint ask their own checks", () => {
    const types = claim("types-clean");
    assert.match(decide([types], facts(green)).claims[0]?.because ?? "", /has no type check to run/);
    const typed = (verdict: CheckRun["verdict"]) =>
      facts({
        base: [...green.base, run("pass", [], 0, "types")],
        subject: [...green.subject, run(verdict, [], 0, "types")],
      });
    assert.equal(decide([types], typed("pass")).verdict, "verified");
    assert.equal(decide([types], typed("new-failure")).verdict, "refuted");
  });

  test("files, dependencies and nothing else are read from the change", () => {
    const bump = file(
      "package.json",
      "modified",
      '{ "dependencies": { "lodash": "^4.17.20" } }',
      '{ "dependencies": { "lodash": "^4.17.21" } }',
    );
    const one = facts({ ...green, changed: [bump] });
    const bumped = (version: string) => claim("dependency-updated", { dependency: { name: "lodash", version } });
    assert.equal(decide([bumped("4.17.21")], one).verdict, "verified");
    assert.match(
      decide([bumped("5.0.0")], one).claims[0]?.because ?? "",
      /package.json asks for lodash \^4.17.21, not 5.0.0/,
    );
    const only = claim("nothing-else", { files: ["src/a.js"] });
    assert.equal(decide([only], one).verdict, "refuted");
    assert.equal(decide([only], facts({ ...green, changed: [file("src/a.js", "modified")] })).verdict, "verified");
    const create = claim("added", { files: ["src/new.js"], text: "Added src/new.js" });
    assert.equal(decide([create], facts({ ...green, changed: [file("src/new.js", "added")] })).verdict, "verified");
    assert.equal(decide([create], one).verdict, "refuted");
  });

  test("what no check covers is said and keeps the whole from being verified", () => {
    const unknown = decide([claim("unknown", { text: "The architecture is cleaner" })], facts(green));
    assert.equal(unknown.verdict, "unprovable");
    assert.deepEqual(
      unknown.claims.map((one) => one.verdict),
      ["unprovable", "verified"],
    );
  });
});

test("the sentence leads with what decided", () => {
  const broken = decide([], facts({ base: [run("pass")], subject: [run("new-failure", ["adds"])] }));
  const where = { commit: "3f2a1c9d", base: "aaaaaaaa", dirty: true, unsandboxed: false };
  assert.equal(
    sentenceOfProof(broken.verdict, broken.claims, where),
    'Refuted (the working tree against aaaaaaa): "adds" of test is red now and was not on the base.',
  );
});

function said(claims: readonly Claim[], what: Facts): string[] {
  return decide(claims, what).claims.map((one) => one.verdict);
}

function because(claims: readonly Claim[], what: Facts): string {
  return decide(claims, what).claims[0]?.because ?? "";
}

function claim(kind: ClaimKind, more: Partial<Claim> = {}): Claim {
  return { text: kind, kind, about: [], files: [], names: [], ...more };
}

function file(path: string, status: ChangedFile["status"], before = "", after = ""): ChangedFile {
  return { path, status, before, after };
}

function tampering(kind: Tampering["kind"], what: string, path: string): Tampering {
  return { kind, what, file: path, diff: "- it", loosens: true };
}

function run(verdict: CheckRun["verdict"], failures: string[] = [], passed = 5, kind = "test"): CheckRun {
  return {
    name: kind,
    kind,
    command: `npm run ${kind}`,
    cwd: ".",
    environment: "e",
    sandbox: "bubblewrap",
    network: "loopback",
    startedAt: "2026-01-01T00:00:00.000Z",
    seconds: 1,
    exit: verdict === "pass" || verdict === "fixed" ? 0 : 1,
    ...(kind === "test" ? { counts: { passed, failed: failures.length, skipped: 0 } } : {}),
    verdict,
    because: `It was ${verdict}.`,
    failures,
  };
}

function facts(more: Partial<Facts>): Facts {
  return {
    hasBase: true,
    changed: [file("src/a.js", "modified")],
    testFiles: new Set(),
    tampering: [],
    base: [],
    subject: [],
    baseTests: undefined,
    newTests: undefined,
    cases: new Map(),
    services: undefined,
    redByOldConfig: new Set(),
    ...more,
  };
}
