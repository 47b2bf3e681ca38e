import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isUserError, type UserError } from "../sdk/index.ts";
import { openFiles } from "./files.ts";
import { inspectRepo, repoSource } from "./repo.ts";

function folder(t: TestContext, base = tmpdir()): string {
  const dir = realpathSync(mkdtempSync(join(base, "lodestar-repo-")));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function git(dir: string, ...args: string[]): void {
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.com", ...args], { cwd: dir, stdio: "pipe" });
}

function repo(t: TestContext, base?: string): string {
  const dir = folder(t, base);
  git(dir, "init", "-q");
  git(dir, "commit", "-q", "--allow-empty", "-m", "one");
  return dir;
}

async function refusal(path: string): Promise<UserError> {
  const error: unknown = await inspectRepo(path).then(
    () => assert.fail(`${path} was accepted`),
    (reason: unknown) => reason,
  );
  if (!isUserError(error)) throw error;
  assert.ok(error.next.length > 0);
  assert.ok(error.tried);
  return error;
}

test("a repo is found from any folder in it, with an id that does not depend on how it was named", async (t) => {
  const dir = repo(t);
  mkdirSync(join(dir, "deep", "er"), { recursive: true });
  symlinkSync(dir, join(dir, "self"));
  const found = await inspectRepo(join(dir, "deep", "er"));
  assert.equal(found.root, dir);
  assert.match(found.id, /^[0-9a-f]{12}$/);
  assert.equal((await inspectRepo(join(dir, "self", "deep"))).id, found.id);
  assert.equal((await inspectRepo(join(dir, ".git"))).root, dir);
  assert.equal((await found.git.head()).dirty, true);
});

test("each bad path is refused with its cause, what was tried and what to type next", async (t) => {
  const dir = folder(t);
  assert.match((await refusal(join(dir, "absent"))).message, /does not exist/);
  writeFileSync(join(dir, "file"), "");
  assert.match((await refusal(join(dir, "file"))).message, /is a file/);
  assert.match((await refusal(join(dir, "file", "below"))).message, /does not exist/);
  symlinkSync(join(dir, "loop"), join(dir, "loop"));
  assert.match((await refusal(join(dir, "loop"))).message, /leads back to itself/);
  const plain = await refusal(dir);
  assert.match(plain.message, /is not a git repository/);
  assert.match(plain.next, /git init/);
  mkdirSync(join(dir, "it's", ".git"), { recursive: true });
  assert.match((await refusal(join(dir, "it's"))).next, /cd '.*it'\\''s' && git init/);
});

test("bare, empty and broken repositories are told apart", async (t) => {
  const outer = repo(t);
  const bare = join(outer, "bare.git");
  git(outer, "init", "-q", "--bare", bare);
  assert.match((await refusal(bare)).message, /bare repository/);
  const empty = folder(t);
  git(empty, "init", "-q");
  assert.match((await refusal(empty)).message, /no commit yet/);
  const broken = folder(t);
  writeFileSync(join(broken, ".git"), "gitdir: /nowhere\n");
  assert.match((await refusal(broken)).message, /no repository that git can read/);
  git(outer, "checkout", "-q", "--detach");
  writeFileSync(join(outer, ".git", "HEAD"), `${"1".repeat(40)}\n`);
  await assert.rejects(inspectRepo(outer), /damaged/);
});

test("a folder without permission is refused", (t) => {
  const dir = repo(t);
  chmodSync(dir, 0o000);
  const program = `import(${JSON.stringify(join(import.meta.dirname, "repo.ts"))}).then((m) => m.inspectRepo(${JSON.stringify(dir)})).then(() => console.log("accepted"), (e) => console.log(e.message))`;
  const asOther = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", cwd: "/", ...asOther });
  chmodSync(dir, 0o700);
  if (child.error || /MODULE_NOT_FOUND|ERR_/.test(child.stderr))
    return t.skip("the sources are not readable by another user");
  assert.match(child.stdout, /no permission to read/);
});

test("reading never leaves the repo, never waits and never reads more than its limit", async (t) => {
  const dir = repo(t);
  const outside = folder(t);
  writeFileSync(join(outside, "secret"), "secret");
  writeFileSync(join(dir, "a.txt"), "grüße");
  symlinkSync("a.txt", join(dir, "inside"));
  symlinkSync(join(outside, "secret"), join(dir, "out"));
  symlinkSync(outside, join(dir, "outdir"));
  symlinkSync("loop", join(dir, "loop"));
  writeFileSync(join(dir, "binary"), Buffer.from([80, 0, 1]));
  writeFileSync(join(dir, "huge"), "start");
  truncateSync(join(dir, "huge"), 1024 ** 3);
  execFileSync("mkfifo", [join(dir, "fifo")]);
  const source = repoSource(dir, ["a.txt"]);
  assert.equal(await source.read("a.txt"), "grüße");
  assert.equal(await source.read("inside"), "grüße");
  for (const path of ["out", "outdir/secret", "loop", "binary", "huge", "fifo", "absent", ".", "../x", "/etc/passwd"])
    assert.equal(await source.read(path), undefined, path);
  const files = openFiles(dir);
  assert.equal(await files.read("a.txt", 3), "gr", "cut at a character's edge");
  assert.equal(await files.exists("inside"), true);
  assert.equal(await files.exists("out"), false);
  assert.deepEqual(await files.list("outdir"), []);
  assert.ok((await files.list(".")).includes("a.txt"));
});

test("100,000 files are listed in seconds and none is opened", async (t) => {
  const dir = repo(t, existsSync("/dev/shm") ? "/dev/shm" : tmpdir()); // in memory where there is: making them is the slow part
  for (let folderNumber = 0; folderNumber < 100; folderNumber++) {
    mkdirSync(join(dir, `d${folderNumber}`));
    for (let file = 0; file < 1000; file++) writeFileSync(join(dir, `d${folderNumber}`, `f${file}.txt`), "");
  }
  const started = performance.now();
  const { git } = await inspectRepo(dir);
  const files = await git.files();
  t.diagnostic(`100,000 files listed in ${Math.round(performance.now() - started)} ms`);
  assert.equal(files.length, 100_000);
});
