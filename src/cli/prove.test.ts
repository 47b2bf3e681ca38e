import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { probeSandbox } from "../host/sandbox.ts";
import { Proof } from "../sdk/index.ts";
import { openWorld, type World } from "../testing/lodestar.ts";

const trust = (await probeSandbox()).works ? [] : ["--trust"];
const FILES = {
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { test: "node --test" } }),
  "slug.js":
    'export const slug = (text) => text.toLowerCase().replaceAll(" ", "-");\nexport const add = (a, b) => a + b;\n',
  "slug.test.js": `import assert from "node:assert";
import test from "node:test";
import { add, slug } from "./slug.js";
test("slug joins words", () => assert.equal(slug("A b"), "a-b"));
test("slug trims", () => assert.equal(slug(" a "), "a"));
test("add adds", () => assert.equal(add(1, 2), 3));
`,
};
const TRIMS = { from: "text.toLowerCase()", to: "text.trim().toLowerCase()" };
const BREAKS = { from: "a + b", to: "a - b" };

describe("prove", { concurrency: true }, () => {
  test("tells a true fix from a change that breaks something, and knows what it proved before", async (t) => {
    const { world, repo, prove } = await opened(t);
    edit(repo, "slug.js", TRIMS);
    const before = git(repo, "status", "--porcelain");
    const fix = await prove("--claim", "Fixed slug trimming. All tests pass.");
    assert.deepEqual([fix.status, fix.verdict, fix.known], [0, "verified", false]);
    assert.deepEqual(
      fix.claims.map((one) => [one.kind, one.verdict]),
      [
        ["fixed", "verified"],
        ["tests-pass", "verified"],
        ["no-regression", "verified"],
      ],
    );
    assert.match(fix.sentence, /"[^"]*slug trims" fails on the base and passes now/);
    const again = await prove("--claim", "Fixed slug trimming. All tests pass.");
    assert.deepEqual([again.verdict, again.known, again.receipt], ["verified", true, fix.receipt]);

    edit(repo, "slug.js", BREAKS);
    const broken = await prove("--claim", "Fixed slug trimming.");
    assert.deepEqual([broken.status, broken.verdict], [1, "refuted"]);
    assert.match(broken.sentence, /"[^"]*add adds" of test is red now and was not on the base/);
    assert.equal(broken.checks.find((one) => one.variant === "subject")?.verdict, "new-failure");
    assert.equal(git(repo, "status", "--porcelain"), before, "the working tree and the index are as they were");
    const verified = await world.run("receipts", "verify", join(world.dataDir, "receipts", `${broken.receipt}.json`));
    assert.match(verified.stdout, /intact, signer known/);
  });

  test("is not taken in by a test that was skipped, a script that hides red, or an expectation that was bent", async (t) => {
    const { repo, prove } = await opened(t);
    edit(repo, "slug.js", BREAKS);
    edit(repo, "slug.test.js", { from: 'test("add adds"', to: 'test.skip("add adds"' });
    const skipped = await prove("--claim", "All tests pass.");
    assert.equal(skipped.verdict, "refuted");
    assert.ok(
      skipped.tampering.some((one) => one.kind === "test-skipped" && one.loosens && one.file === "slug.test.js"),
    );
    restore(repo, "slug.test.js");

    edit(repo, "package.json", { from: "node --test", to: "node --test || true" });
    assert.equal((await prove("--claim", "Done, everything is green.")).verdict, "refuted");
    restore(repo, "package.json");

    edit(repo, "slug.test.js", { from: "add(1, 2), 3", to: "add(1, 2), -1" });
    const bent = await prove("--claim", "All tests pass.");
    assert.notEqual(bent.verdict, "verified");
    assert.ok(bent.checks.some((one) => one.variant === "base-tests" && one.verdict === "new-failure"));
  });

  test("leaves open what nothing shows, and failures that were there before refute nobody", async (t) => {
    const { repo, prove } = await opened(t);
    edit(repo, "slug.js", { from: "export const add", to: "// Adds.\nexport const add" });
    const comment = await prove("--claim", "Fixed the crash of add on empty input.");
    assert.deepEqual([comment.status, comment.verdict], [4, "unprovable"]);
    assert.match(comment.claims[0]?.because ?? "", /add one that shows the bug/);
    const still = await prove("--claim", "Fixed slug trimming.");
    assert.match(still.sentence, /"[^"]*slug trims" failed on the base and still fails/);
    const done = await prove("--claim", "Done!");
    assert.equal(done.verdict, "verified", "the test that is red was red before");
    rmSync(join(repo, "slug.test.js"));
    writeFileSync(join(repo, "package.json"), '{ "name": "shop", "type": "module" }');
    assert.notEqual((await prove("--claim", "Done!")).verdict, "verified", "the tests were taken away");
  });

  test("bad input gets a clear error", async (t) => {
    const { world, repo } = await opened(t);
    const base = await world.run("prove", repo, "--base", "nowhere", ...trust);
    assert.deepEqual([base.status, base.stdout], [2, ""]);
    assert.match(base.stderr, /nowhere names no commit of shop[\s\S]*next: +git log --oneline/);
    const check = await world.run("prove", repo, "--checks", "speed", ...trust);
    assert.equal(check.status, 2);
    assert.match(check.stderr, /There is no check speed/);
    const budget = await world.run("prove", repo, "--budget", "soon", ...trust);
    assert.match(budget.stderr, /--budget takes a time such as 90s/);
    const empty = await world.repo("empty", { "README.md": "nothing" });
    writeFileSync(join(empty, "README.md"), "something");
    const nothing = Proof.parse(JSON.parse((await world.run("prove", empty, "--json", ...trust)).stdout));
    assert.equal(nothing.verdict, "unprovable");
    assert.match(nothing.sentence, /There is no test to run; add one/);
    assert.deepEqual(await world.left(0), []);
  });
});

async function opened(t: TestContext) {
  const world: World = await openWorld();
  t.after(() => world.close());
  const repo = await world.repo("shop", FILES);
  const prove = async (...words: string[]) => {
    const end = await world.run("prove", repo, "--json", ...words, ...trust);
    const proof = Proof.safeParse(JSON.parse(end.stdout));
    assert.ok(proof.success, end.stdout + end.stderr);
    return { status: end.status, ...proof.data };
  };
  return { world, repo, prove };
}

function edit(repo: string, file: string, { from, to }: { from: string; to: string }): void {
  const text = readFileSync(join(repo, file), "utf8");
  assert.ok(text.includes(from), `${file} has ${from}`);
  writeFileSync(join(repo, file), text.replace(from, to));
}

function restore(repo: string, file: string): void {
  git(repo, "checkout", "--", file);
}

function git(repo: string, ...args: string[]): string {
  return execFileSync("git", ["-C", repo, ...args], { encoding: "utf8" });
}
