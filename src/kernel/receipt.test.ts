import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Statement, type CheckRun } from "../sdk/index.ts";
import { baselineReceipt, environmentDigest, makeStatement, sentenceOf, type EnvironmentParts } from "./receipt.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const environment: EnvironmentParts = {
  lodestar: "0.1.0",
  sandbox: "bubblewrap",
  network: "loopback",
  runtimes: { node: "24.0.0", python: "3.11.2" },
  dependencies: "d1",
  env: "e1",
  databases: ["postgres 18", "redis 7"],
};

test("the statement has the field names of in-toto v1 and names the tree", () => {
  const statement = makeStatement(baseline([check({ name: "test" })]));
  assert.deepEqual(Object.keys(statement), ["_type", "subject", "predicateType", "predicate"]);
  assert.equal(statement._type, "https://in-toto.io/Statement/v1");
  assert.equal(statement.predicateType, "https://lodestar.dev/receipt/v1");
  assert.deepEqual(statement.subject, [
    { name: "shop", digest: { gitTree: "b".repeat(40), gitCommit: `3f2a1c9${"0".repeat(33)}` } },
  ]);
  assert.deepEqual(Statement.parse(JSON.parse(JSON.stringify(statement))), statement);
});

test("the environment's digest ignores order and sees every difference", () => {
  const digest = environmentDigest(environment, hash);
  const reordered = {
    ...environment,
    runtimes: { python: "3.11.2", node: "24.0.0" },
    databases: ["redis 7", "postgres 18"],
  };
  assert.equal(environmentDigest(reordered, hash), digest);
  const differences: Partial<EnvironmentParts>[] = [
    { lodestar: "0.2.0" },
    { sandbox: "unsandboxed" },
    { network: "host" },
    { runtimes: { node: "24.0.1", python: "3.11.2" } },
    { dependencies: "d2" },
    { env: "e2" },
    { databases: ["postgres 18"] },
  ];
  const digests = differences.map((part) => environmentDigest({ ...environment, ...part }, hash));
  assert.equal(new Set([digest, ...digests]).size, differences.length + 1);
});

test("a baseline with red checks is verified: red is its content", () => {
  const receipt = baseline(
    [check({ name: "test", verdict: "fail", counts: { passed: 412, failed: 2, skipped: 0 } })],
    ["lint"],
  );
  assert.equal(receipt.verdict, "verified");
  assert.equal(receipt.sentence, "Baseline of 3f2a1c9: 412 tests pass, 2 were already failing; lint was not checked.");
});

test("a baseline without checks, or with one that did not run, proves nothing", () => {
  assert.equal(baseline([]).verdict, "unprovable");
  assert.equal(baseline([]).sentence, "Baseline of 3f2a1c9: no check ran to a result.");
  const receipt = baseline([check({ name: "types", counts: undefined }), check({ name: "test", verdict: "not-run" })]);
  assert.equal(receipt.verdict, "unprovable");
  assert.equal(receipt.sentence, "Baseline of 3f2a1c9: types passes; test was not checked.");
});

test("the sentence says what is skipped, flaky, red without a failing test, dirty and unsandboxed", () => {
  const receipt = baseline([
    check({ name: "unit", counts: { passed: 1, failed: 0, skipped: 1 } }),
    check({ name: "e2e", verdict: "fail", counts: { passed: 3, failed: 0, skipped: 0 } }),
    check({ name: "lint", verdict: "fail", counts: undefined }),
    check({ name: "types", counts: undefined }),
    check({ name: "build", counts: undefined }),
    check({ name: "probe", verdict: "flaky", counts: undefined }),
  ]);
  const environment = { ...receipt.environment, sandbox: "unsandboxed" as const };
  assert.equal(
    sentenceOf({ ...receipt, dirty: true, environment }),
    "Baseline of 3f2a1c9: 4 tests pass, 1 is skipped, e2e ends red though no test fails, types and build pass, probe is flaky, lint was already failing; uncommitted changes are not part of it; it ran unsandboxed.",
  );
});

test("a proof says its verdict and what is new", () => {
  const receipt = {
    ...baseline([check({ name: "test", verdict: "new-failure", counts: { passed: 9, failed: 1, skipped: 0 } })]),
    kind: "proof" as const,
    verdict: "refuted" as const,
    base: "c".repeat(40),
  };
  assert.equal(sentenceOf(receipt), "Refuted 3f2a1c9 against ccccccc: 9 tests pass, 1 fails, some of them newly.");
});

function baseline(checks: CheckRun[], notChecked: string[] = []) {
  return baselineReceipt({
    repo: "shop",
    commit: `3f2a1c9${"0".repeat(33)}`,
    tree: "b".repeat(40),
    dirty: false,
    checks,
    notChecked,
    environment,
    hash,
    cost: { seconds: 3, usd: 0 },
    issuedAt: "2026-01-01T00:00:00.000Z",
  });
}

function check(part: Partial<Omit<CheckRun, "counts">> & { name: string; counts?: CheckRun["counts"] }): CheckRun {
  const { counts, ...rest } = part;
  const given = "counts" in part ? counts : { passed: 1, failed: 0, skipped: 0 };
  return {
    kind: "test",
    command: "npm test",
    cwd: ".",
    environment: "digest",
    sandbox: "bubblewrap",
    network: "loopback",
    startedAt: "2026-01-01T00:00:00.000Z",
    seconds: 1,
    exit: 0,
    verdict: "pass",
    because: "",
    failures: [],
    ...rest,
    ...(given ? { counts: given } : {}),
  };
}
