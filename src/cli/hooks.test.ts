import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { probeSandbox } from "../host/sandbox.ts";
import { PROGRAM, git, openWorld } from "../testing/lodestar.ts";

const sandbox = await probeSandbox();
const FILES = {
  Makefile: ".PHONY: test\ntest:\n\tnode --test\n",
  "add.js": "exports.add = (a, b) => a + b;\n",
  "add.test.js": `const assert = require("node:assert");
const test = require("node:test");
const { add } = require("./add.js");
test("add adds", () => assert.equal(add(1, 2), 3));
`,
};
const FOREIGN = '#!/bin/sh\nset -e\nwhile read line; do echo "saw $line" >> seen.txt; done\nexit 0';

describe("hooks", { concurrency: true }, () => {
  test("a push that breaks a test is stopped, one that mends it goes, and --no-verify goes past", async (t) => {
    if (!sandbox.works) return t.skip(sandbox.because);
    const { repo, push, there, hooks, world } = await opened(t);
    await world.daemon();
    assert.equal((await push("main")).status, 0, "nothing to compare with is no reason to stop");
    const shown = await hooks("install", "pre-push");
    const file = join(repo, ".git/hooks/pre-push");
    assert.match(shown.stdout, /Writing .*pre-push:[\s\S]*hooks run pre-push[\s\S]*Undo: lodestar hooks uninstall/);
    assert.ok((statSync(file).mode & 0o100) !== 0);

    const before = await there("main");
    const broken = await commit(repo, "Subtract", { "add.js": "exports.add = (a, b) => a - b;\n" });
    const stopped = await push("main");
    assert.equal(stopped.status, 1);
    assert.match(stopped.text, /"[^"]*add adds" of make test is red now[\s\S]*the push is stopped/);
    assert.equal(await there("main"), before);

    assert.equal((await push("--no-verify", "main:past")).status, 0);
    assert.equal(await there("past"), broken);
    assert.equal((await push("HEAD:new")).status, 1, "a new branch is compared with where it left the default branch");

    await commit(repo, "Add again", { "add.js": "exports.add = (a, b) => b + a;\n" });
    const mended = await push("main");
    assert.equal(mended.status, 0, mended.text);
    assert.equal(await there("main"), await git(repo, "rev-parse", "HEAD"));
  });

  test("what cannot be proved goes, and it is said why", async (t) => {
    const { repo, push, there, hooks } = await opened(t);
    await push("main");
    await hooks("install", "pre-push");
    await commit(repo, "Break", { "add.js": "exports.add = () => 0;\n" });
    await git(repo, "tag", "v1");
    assert.doesNotMatch((await push("v1")).text, /^lodestar/m, "a tag has nothing to prove");
    await git(repo, "branch", "side");
    await commit(repo, "Another", { "note.txt": "one\n" });
    assert.match((await push("side")).text, /side is not proved: \w+ is not what is checked out/);
    assert.match((await push(":side")).text, /deleted/);
    writeFileSync(join(repo, "add.js"), "// under way\n");
    assert.match((await push("main")).text, /not in the push. Next: git stash/);
    assert.equal(await there("main"), await git(repo, "rev-parse", "HEAD"));

    const file = join(repo, ".git/hooks/pre-push");
    const own = readFileSync(file, "utf8");
    writeFileSync(file, own.replaceAll("bin/lodestar.mjs", "bin/no-such-program.mjs"));
    await git(repo, "commit", "--quiet", "--all", "--message=Under way");
    const without = await push("main");
    assert.deepEqual([without.status, /lodestar is gone/.test(without.text)], [0, true], without.text);
    writeFileSync(join(repo, "half.mjs"), 'throw new Error("half installed");\n');
    writeFileSync(file, own.replaceAll(PROGRAM, join(repo, "half.mjs")));
    await commit(repo, "Once more", { "note.txt": "two\n" });
    const half = await push("main");
    assert.deepEqual([half.status, /half installed/.test(half.text)], [0, true], half.text);
  });

  test("somebody else's hook stays, runs after it when asked to, and comes back byte for byte", async (t) => {
    const { repo, push, hooks } = await opened(t);
    const file = join(repo, ".git/hooks/pre-push");
    mkdirSync(join(repo, ".git/hooks"), { recursive: true });
    writeFileSync(file, FOREIGN);
    chmodSync(file, 0o750);
    const refused = await hooks("install", "pre-push");
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /somebody else's hook[\s\S]*--append, or add this line[\s\S]*hooks run pre-push/);
    assert.equal(readFileSync(file, "utf8"), FOREIGN);
    assert.match((await hooks("status")).stdout, /somebody else's/);

    const dry = await hooks("install", "pre-push", "--append", "--dry-run");
    assert.match(dry.stdout, /Would write/);
    assert.equal(readFileSync(file, "utf8"), FOREIGN);
    await hooks("install", "pre-push", "--append");
    assert.match((await hooks("install", "pre-push", "--append")).stdout, /has it already/);
    assert.match((await hooks("status")).stdout, /then runs what else is in/);
    assert.equal((await push("main")).status, 0);
    assert.match(readFileSync(join(repo, "seen.txt"), "utf8"), /^saw refs\/heads\/main \w+ refs\/heads\/main 0+\n$/);
    await hooks("uninstall", "pre-push");
    assert.deepEqual([readFileSync(file, "utf8"), statSync(file).mode & 0o777], [FOREIGN, 0o750]);
    assert.match((await hooks("uninstall")).stdout, /nothing of Lodestar/);

    for (const text of ["#!/bin/sh\n", "#!/bin/sh\n\n", "echo no shebang\r\n"]) {
      writeFileSync(file, text);
      await hooks("install", "pre-push", "--append");
      assert.notEqual(readFileSync(file, "utf8"), text);
      await hooks("uninstall");
      assert.equal(readFileSync(file, "utf8"), text);
    }
    writeFileSync(file, "#!/usr/bin/env python3\nprint()\n");
    assert.match((await hooks("install", "pre-push", "--append")).stderr, /no shell script/);
    rmSync(file);
    await hooks("install", "pre-push");
    assert.equal(JSON.parse((await hooks("status", "--json")).stdout).state, "own");
    await hooks("uninstall", "pre-push");
    assert.ok(!existsSync(file));
  });

  test("core.hooksPath is followed inside the repository only, and bad input gets a clear error", async (t) => {
    const { repo, world, hooks } = await opened(t);
    await git(repo, "config", "core.hooksPath", ".githooks");
    await hooks("install", "pre-push");
    assert.ok(existsSync(join(repo, ".githooks/pre-push")) && !existsSync(join(repo, ".git/hooks/pre-push")));
    await git(repo, "config", "core.hooksPath", join(world.root, "everybody"));
    const outside = await hooks("install", "pre-push");
    assert.equal(outside.status, 2);
    assert.match(outside.stderr, /outside this repository[\s\S]*next: .*core.hooksPath/);
    assert.ok(!existsSync(join(world.root, "everybody")));
    assert.match((await hooks("install", "pre-commit")).stderr, /There is no hook pre-commit/);
    assert.match((await hooks("mend")).stderr, /no action mend/);
    assert.match((await world.run("hooks", "status", "pre-push", world.root)).stderr, /no working tree/);
  });
});

async function opened(t: TestContext) {
  const world = await openWorld();
  t.after(() => world.close());
  const repo = await world.repo("shop", FILES);
  const remote = join(world.root, "remote.git");
  await git(world.root, "init", "--quiet", "--bare", "--initial-branch=main", remote);
  await git(repo, "remote", "add", "origin", remote);
  const env = { ...process.env, HOME: world.home, LODESTAR_HOME: world.dataDir, GIT_CONFIG_NOSYSTEM: "1" };
  return {
    world,
    repo,
    /** Lodestar's own hook gets the path as the last word. */
    hooks: (action: string, hook = "pre-push", ...flags: string[]) =>
      hook.startsWith("-")
        ? world.run("hooks", action, "pre-push", repo, hook, ...flags)
        : world.run("hooks", action, hook, repo, ...flags),
    /** As a person types it. */
    push: (...words: string[]) =>
      new Promise<{ status: number; text: string }>((done) => {
        execFile("git", ["-C", repo, "push", "origin", ...words], { env }, (error, out, err) =>
          done({ status: typeof error?.code === "number" ? error.code : 0, text: out + err }),
        );
      }),
    there: (branch: string) => git(remote, "rev-parse", branch),
  };
}

/** Commits these files and gives the hash. */
async function commit(repo: string, message: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(repo, path), text);
  await git(repo, "add", ...Object.keys(files));
  await git(repo, "commit", "--quiet", `--message=${message}`, "--", ...Object.keys(files));
  return git(repo, "rev-parse", "HEAD");
}
