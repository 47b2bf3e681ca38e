import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { lstatSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { disarmedGit } from "./git-run.ts";
import { openGit } from "./git.ts";

const IDENTITY = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgSign=false"];

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "lodestar-git-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function git(dir: string, ...args: string[]): string {
  return execFileSync("git", [...IDENTITY, ...args], { cwd: dir, encoding: "utf8", stdio: "pipe" }).trim();
}

function repo(t: TestContext, files: Record<string, string>): string {
  const dir = join(folder(t), "repo");
  mkdirSync(dir);
  git(dir, "init", "-q", "-b", "main");
  write(dir, files);
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "one");
  return dir;
}

function write(dir: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(dir, path, ".."), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
}

/** Every way that a repo's configuration, attributes and hooks can name a program; each would leave a marker. */
function plantPrograms(dir: string): string {
  const marker = join(dir, "..", "ran");
  const program = join(dir, "..", "program");
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> '${marker}'\ncat\n`);
  chmodSync(program, 0o755);
  for (const hook of readdirSync(join(dir, ".git", "hooks"))) rmSync(join(dir, ".git", "hooks", hook));
  for (const hook of [
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-commit",
    "fsmonitor-watchman",
  ]) {
    writeFileSync(join(dir, ".git", "hooks", hook), readFileSync(program));
    chmodSync(join(dir, ".git", "hooks", hook), 0o755);
  }
  const included = join(dir, ".git", "more");
  writeFileSync(included, `[filter "in=cluded"]\n\tclean = ${program}\n\tsmudge = ${program}\n\trequired\n`);
  const keys = {
    "core.fsmonitor": program,
    "core.pager": program,
    "pager.diff": program,
    "pager.status": program,
    "core.editor": program,
    "core.sshCommand": program,
    "core.gitProxy": program,
    "core.askPass": program,
    "core.alternateRefsCommand": program,
    "core.worktree": "/etc",
    "credential.helper": `!${program}`,
    "gpg.program": program,
    "log.showSignature": "true",
    "diff.external": program,
    "diff.shown.textconv": program,
    "diff.shown.command": program,
    "filter.plain.clean": program,
    "filter.plain.smudge": program,
    "filter.plain.required": "true",
    "filter.long.process": program,
    "filter.a.b.clean": program,
    "alias.status": `!${program}`,
    "alias.ls-files": `!${program}`,
    "include.path": included,
    "uploadpack.packObjectsHook": program,
    "extensions.partialClone": "evil",
    "remote.evil.url": dir,
    "remote.evil.promisor": "true",
    "remote.evil.uploadpack": program,
  };
  for (const [key, value] of Object.entries(keys)) git(dir, "config", key, value);
  return marker;
}

test("a hostile .git/config, attributes and hooks run no program, whatever is asked", async (t) => {
  const dir = repo(t, { "a.txt": "1\n", "b.txt": "1\n", "c.txt": "1\n", "d.txt": "1\n", "e.txt": "1\n" });
  write(dir, {
    ".gitattributes":
      "a.txt filter=plain diff=shown\nb.txt filter=long diff=shown\nc.txt filter=in=cluded\nd.txt filter=a.b\n",
  });
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "two");
  const commit = git(dir, "rev-parse", "HEAD");
  const marker = plantPrograms(dir);
  // Same size, other content: git must read them, which is when a clean filter would run.
  write(dir, { "a.txt": "2\n", "b.txt": "2\n", "c.txt": "2\n", "d.txt": "2\n", "new.txt": "n\n" });

  const open = openGit(dir);
  assert.equal((await open.head()).dirty, true);
  assert.equal((await open.files()).includes("new.txt"), true);
  await open.ignored(["a.txt"]);
  await open.tracked(["a.txt"]);
  await open.treeOf("HEAD");
  assert.equal(await open.show(commit, "a.txt"), "1\n");
  await open.filesAt(commit);
  assert.match(await open.diff("HEAD"), /\+2/);
  assert.equal(await open.diff("HEAD", "HEAD"), "");
  await open.updateRef("refs/heads/lodestar/x", commit, "test");
  const dest = join(dir, "..", "clone");
  const cloned = await open.cloneTo(dest, "HEAD");
  assert.equal(readFileSync(join(dest, "a.txt"), "utf8"), "1\n");
  assert.match(cloned.leftOut.join("\n"), /a\.txt are as git stores them: the filter plain was not run/);
  // A missing object must not be fetched by the program that the remote names.
  rmSync(join(dir, ".git", "objects", commit.slice(0, 2), commit.slice(2)), { force: true });
  assert.equal(await open.resolve(commit), undefined);
  assert.equal(await open.resolve("--upload-pack=touch x"), undefined);

  assert.equal(existsSync(marker) ? readFileSync(marker, "utf8") : "nothing ran", "nothing ran");
});

test("the planted programs would run under git as it is", async (t) => {
  const dir = repo(t, { "a.txt": "1\n", ".gitattributes": "a.txt filter=plain\n" });
  const marker = plantPrograms(dir);
  git(dir, "config", "--unset", "core.worktree");
  write(dir, { "a.txt": "2\n" });
  git(dir, "status");
  assert.equal(existsSync(marker), true);
});

test("head says commit, tree, branch and whether the working tree differs", async (t) => {
  const dir = repo(t, { "a.txt": "1\n", ".gitignore": "out/\n" });
  const open = openGit(dir);
  const clean = await open.head();
  assert.deepEqual(clean, {
    commit: git(dir, "rev-parse", "HEAD"),
    tree: git(dir, "rev-parse", "HEAD^{tree}"),
    branch: "main",
    dirty: false,
  });
  assert.equal(await open.treeOf("HEAD"), clean.tree);
  write(dir, { "out/x": "ignored" });
  assert.equal((await open.head()).dirty, false);
  write(dir, { "new.txt": "untracked" });
  assert.equal((await open.head()).dirty, true);
  git(dir, "checkout", "-q", "--detach");
  assert.equal((await open.head()).branch, undefined);
});

test("files are what is there: no ignored, deleted or submodule entries, any name, symlinks as themselves", async (t) => {
  const inner = repo(t, { "inner.txt": "i" });
  const dir = repo(t, {
    "a.txt": "1",
    "sub dir/ü\n\t.txt": "2",
    "gone.txt": "3",
    ".gitignore": "*.log\nnode_modules\n",
  });
  git(dir, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner, "module");
  git(dir, "commit", "-q", "-m", "submodule");
  rmSync(join(dir, "gone.txt"));
  write(dir, { "x.log": "l", "node_modules/p/i.js": "p", "nested/f": "n", "-dash": "d" });
  git(join(dir, "nested"), "init", "-q");
  symlinkSync("/etc", join(dir, "link"));
  const open = openGit(dir);
  const files = (await open.files()).sort();
  assert.deepEqual(files, ["-dash", ".gitignore", ".gitmodules", "a.txt", "link", "sub dir/ü\n\t.txt"].sort());
  assert.deepEqual(await open.ignored(["x.log", "a.txt", "node_modules", "../outside", "/etc/passwd"]), [
    "x.log",
    "node_modules",
  ]);
  assert.deepEqual(await open.tracked(["a.txt", "x.log", "sub dir", "*.txt", "../a"]), ["a.txt", "sub dir/ü\n\t.txt"]);
  const { leftOut } = await open.cloneTo(join(dir, "..", "copy"), "HEAD");
  assert.deepEqual(leftOut, ["submodule module was not cloned"]);
});

test("a clone shares nothing with its source and has no remote, hook or hard link", async (t) => {
  const dir = repo(t, { "a.txt": "1\n" });
  const first = git(dir, "rev-parse", "HEAD");
  write(dir, { "a.txt": "2\n" });
  git(dir, "commit", "-q", "-a", "-m", "two");
  const dest = join(dir, "..", "copy");
  await openGit(dir).cloneTo(dest, first);
  assert.equal(readFileSync(join(dest, "a.txt"), "utf8"), "1\n");
  assert.equal(git(dest, "remote"), "");
  assert.equal(existsSync(join(dest, ".git", "hooks")), false);
  assert.equal(existsSync(join(dest, ".git", "objects", "info", "alternates")), false);
  for (const entry of readdirSync(join(dest, ".git", "objects"), { recursive: true, encoding: "utf8" })) {
    const stat = lstatSync(join(dest, ".git", "objects", entry));
    if (stat.isFile()) assert.equal(stat.nlink, 1, entry);
  }
  await assert.rejects(openGit(dir).cloneTo(join(dir, "..", "other"), "nothere"), /is no commit/);
});

test("only Lodestar's own refs are ever written", async (t) => {
  const dir = repo(t, { "a.txt": "1" });
  const commit = git(dir, "rev-parse", "HEAD");
  const open = openGit(dir);
  await open.updateRef("refs/heads/lodestar/fix/port-1", commit, "test");
  await open.updateRef("refs/notes/lodestar", commit, "test");
  assert.equal(git(dir, "rev-parse", "lodestar/fix/port-1"), commit);
  const refused = [
    "refs/heads/main",
    "HEAD",
    "refs/heads/lodestar/../main",
    "refs/heads/lodestar",
    "refs/tags/lodestar/x",
  ];
  for (const ref of refused) await assert.rejects(open.updateRef(ref, commit, "test"), /writes only/, ref);
});

test("a linked worktree, a symlinked .git and a repo of another user are read", async (t) => {
  const dir = repo(t, { "a.txt": "1" });
  const tree = join(dir, "..", "tree");
  git(dir, "worktree", "add", "-q", "-b", "side", tree);
  assert.equal((await openGit(tree).head()).branch, "side");
  const linked = join(dir, "..", "linked");
  mkdirSync(linked);
  symlinkSync(join(dir, ".git"), join(linked, ".git"));
  assert.deepEqual(await openGit(linked).files(), []);
  if (process.getuid?.() !== 0) return t.diagnostic("not root: the repo of another user was not tried");
  for (const path of ["", ".git", "a.txt"]) chownSync(join(dir, path), 4321, 4321);
  assert.equal((await openGit(dir).head()).branch, "main");
  await openGit(dir).cloneTo(join(dir, "..", "foreign"), "HEAD");
});

test("git that waits or prints without end is ended, and its result says which", async (t) => {
  const dir = repo(t, { "big.bin": "x".repeat(2_000_000) });
  const open = openGit(dir);
  assert.equal(await open.show("HEAD", "big.bin"), undefined);
  assert.equal((await open.show("HEAD", "big.bin", 3_000_000))?.length, 2_000_000);
  execFileSync("mkfifo", [join(dir, "fifo")]);
  git(dir, "config", "core.excludesFile", join(dir, "fifo"));
  const result = await disarmedGit(dir)(["status"], { timeout: 300 });
  assert.equal(result.ended, "time");
  assert.equal(statSync(dir).isDirectory(), true);
});
