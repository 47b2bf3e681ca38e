import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { inspectRepo } from "./repo.ts";
import { openSnapshots } from "./snapshots.ts";

test("reset --hard and clean -fd are undone byte for byte, untracked files and links included", async (t) => {
  const { root, git, repo, snapshots } = await opened(t);
  const binary = Buffer.from([0, 255, 13, 10, 0]);
  writeFileSync(join(root, "a.txt"), "edited\r\nwork\n");
  writeFileSync(join(root, "staged.txt"), "staged");
  git("add", "staged.txt");
  mkdirSync(join(root, "new/deep"), { recursive: true });
  writeFileSync(join(root, "new/deep/ünïcode name.bin"), binary);
  writeFileSync(join(root, "run.sh"), "#!/bin/sh\n");
  chmodSync(join(root, "run.sh"), 0o755);
  symlinkSync("a.txt", join(root, "link"));
  rmSync(join(root, "gone.txt"));
  const { commit } = await snapshots.take(repo);

  git("reset", "--quiet", "--hard");
  git("clean", "-fdq");
  writeFileSync(join(root, "later.txt"), "made after it");
  symlinkSync("/etc/hostname", join(root, "staged.txt"));
  const index = readFileSync(join(root, ".git/index"));
  const done = await snapshots.restore(repo, commit);

  assert.equal(readFileSync(join(root, "a.txt"), "utf8"), "edited\r\nwork\n");
  assert.equal(readFileSync(join(root, "staged.txt"), "utf8"), "staged");
  assert.ok(lstatSync(join(root, "staged.txt")).isFile(), "the link was replaced, and what it led to was not written");
  assert.deepEqual(readFileSync(join(root, "new/deep/ünïcode name.bin")), binary);
  assert.ok((lstatSync(join(root, "run.sh")).mode & 0o100) !== 0);
  assert.equal(readlinkSync(join(root, "link")), "a.txt");
  assert.equal(readFileSync(join(root, "later.txt"), "utf8"), "made after it");
  assert.deepEqual(done.left.toSorted(), ["gone.txt", "later.txt"]);
  assert.deepEqual(readFileSync(join(root, ".git/index")), index, "the index is as it was");

  await snapshots.restore(repo, done.before);
  assert.equal(readFileSync(join(root, "a.txt"), "utf8"), "first\n", "an undo can be taken back");
});

test("a folder that was replaced by a link out of the repo is made anew, and nothing is written outside", async (t) => {
  const { root, repo, snapshots, folder } = await opened(t);
  mkdirSync(join(root, "new"));
  writeFileSync(join(root, "new/x.txt"), "x\n");
  const { commit } = await snapshots.take(repo);
  rmSync(join(root, "new"), { recursive: true });
  mkdirSync(join(folder, "outside"));
  symlinkSync(join(folder, "outside"), join(root, "new"));
  await snapshots.restore(repo, commit);
  assert.deepEqual(readdirSync(join(folder, "outside")), []);
  assert.equal(readFileSync(join(root, "new/x.txt"), "utf8"), "x\n");
});

test("nothing is written where a folder stands in the way, and for a commit that is not known", async (t) => {
  const { root, git, repo, snapshots } = await opened(t);
  writeFileSync(join(root, "a.txt"), "edited\n");
  writeFileSync(join(root, "b.txt"), "b\n");
  const { commit } = await snapshots.take(repo);
  git("checkout", "--quiet", "--", "a.txt");
  rmSync(join(root, "b.txt"));
  mkdirSync(join(root, "b.txt"));
  await assert.rejects(snapshots.restore(repo, commit), /b.txt is a folder now, and was a file/);
  assert.equal(readFileSync(join(root, "a.txt"), "utf8"), "first\n");
  await assert.rejects(snapshots.restore(repo, "0".repeat(40)), /is no commit that is known here/);
});

async function opened(t: TestContext) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "restore-")));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, "repo");
  mkdirSync(root);
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@t", ...args], { stdio: "pipe" });
  git("init", "--quiet");
  writeFileSync(join(root, "a.txt"), "first\n");
  writeFileSync(join(root, "gone.txt"), "there\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "one");
  return {
    folder,
    root,
    git,
    repo: await inspectRepo(root),
    snapshots: openSnapshots({ dataDir: join(folder, "data") }),
  };
}
