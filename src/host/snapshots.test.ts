import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import {
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import type { Repo } from "../sdk/index.ts";
import { systemClock } from "./clock.ts";
import { openGit } from "./git.ts";
import { createPorts } from "./ports.ts";
import { inspectRepo } from "./repo.ts";
import { openRooms } from "./rooms.ts";
import { createSecrets } from "./secrets.ts";
import { openSegments } from "./segments.ts";
import { openSnapshots, type HostSnapshots } from "./snapshots.ts";
import { storeFiles } from "./snapshots-objects.ts";
import { openStore, snapshotFolder } from "./snapshots-store.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "lodestar-snapshots-")));
after(() => rmSync(base, { recursive: true, force: true }));

const IDENTITY = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgSign=false"];

interface Place {
  readonly dir: string;
  readonly dataDir: string;
  readonly repo: Repo;
  readonly snapshots: HostSnapshots;
}

test("a clean tree is HEAD itself, and nothing is written for it", async () => {
  const { dir, repo, snapshots } = await place({ "a.txt": "a\n", ".gitignore": "out\n", "out/x": "ignored" });
  const head = git(dir, "rev-parse", "HEAD");
  const taken = await snapshots.take(repo);
  assert.deepEqual(taken, {
    commit: head,
    tree: git(dir, "rev-parse", "HEAD^{tree}"),
    head,
    dirty: false,
    leftOut: [],
  });
});

test("staged, unstaged and untracked files are taken, and the repo's own git folder stays as it is", async () => {
  const made = await place({ "a.txt": "a\n", "b.txt": "b\n", "d/gone.txt": "g\n", ".gitignore": "*.log\n" });
  const { dir, repo, snapshots } = made;
  write(dir, { "a.txt": "staged\n" });
  git(dir, "add", "a.txt");
  write(dir, { "a.txt": "a\n", "b.txt": "b2\n", "new/n.txt": "n\n", "x.log": "no" });
  rmSync(join(dir, "d"), { recursive: true });
  write(dir, { "planned.txt": "p\n" });
  git(dir, "add", "--intent-to-add", "planned.txt");
  const before = gitFolder(dir);
  const taken = await snapshots.take(repo);
  const again = await snapshots.take(repo);
  const head = git(dir, "rev-parse", "HEAD");
  await snapshots.compose(repo, { onto: head, from: taken.commit, paths: ["b.txt"], write: { "c.txt": "c" } });
  await snapshots.changed(repo, head, taken.commit);
  assert.deepEqual(gitFolder(dir), before);
  assert.deepEqual(again, taken);
  assert.equal(taken.dirty, true);
  assert.deepEqual(taken.leftOut, []);
  assert.deepEqual(await contents(made, taken.commit), {
    ".gitignore": "*.log\n",
    "a.txt": "a\n",
    "b.txt": "b2\n",
    "new/n.txt": "n\n",
    "planned.txt": "p\n",
  });
  assert.equal(statSync(snapshotFolder(made.dataDir, repo.id)).mode & 0o777, 0o700);
});

test("the room of a snapshot has the history of HEAD, and every file as it is on disk", async () => {
  const made = await place({
    "run.sh": "#!/bin/sh\n",
    "to-link": "file",
    "to-file": "x",
    "to-dir": "file",
    plain: "1",
  });
  const { dir, repo, snapshots, dataDir } = made;
  write(dir, { plain: "2" });
  git(dir, "commit", "-qam", "two");
  chmodSync(join(dir, "run.sh"), 0o755);
  rmSync(join(dir, "to-link"));
  symlinkSync("plain", join(dir, "to-link"));
  rmSync(join(dir, "to-dir"));
  write(dir, { "to-dir/inside": "i", "line\nbreak ü.txt": "n", "-dash": "d", '"quoted"\\': "q", "deep/ü/\t": "t" });
  symlinkSync("nowhere\n", join(dir, "dangling"));
  const taken = await snapshots.take(repo);
  const room = await roomOf(made, taken.commit);
  assert.deepEqual(onDisk(room), onDisk(dir));
  assert.equal(lstatSync(join(room, "run.sh")).mode & 0o111, 0o111);
  assert.equal(readlinkSync(join(room, "dangling")), "nowhere\n");
  assert.deepEqual(git(room, "log", "--format=%s").split("\n"), ["Working tree", "two", "one"]);
  assert.equal(git(room, "status", "--porcelain"), "");
  assert.equal(existsSync(join(room, ".git/objects/info/alternates")), false);
  rmSync(dataDir, { recursive: true });
  assert.equal(git(room, "fsck", "--full"), "");
});

test("a folder that became a link, and a link that became a folder", async () => {
  const made = await place({ "was/b": "b", "other/b": "b", keep: "k" });
  const { dir, repo, snapshots } = made;
  symlinkSync("other", join(dir, "link"));
  git(dir, "add", "-A");
  git(dir, "commit", "-qm", "link");
  rmSync(join(dir, "was"), { recursive: true });
  symlinkSync("other", join(dir, "was"));
  rmSync(join(dir, "link"));
  write(dir, { "link/inside": "i" });
  const room = await roomOf(made, (await snapshots.take(repo)).commit);
  assert.deepEqual(onDisk(room), onDisk(dir));
});

test("line ends are those on disk, whatever attributes and settings say", async () => {
  const made = await place({
    ".gitattributes": "* text=auto\n*.bat text eol=crlf\n*.id ident\n",
    "a.txt": "one\ntwo\n",
    "b.txt": "b\n",
    "run.bat": "echo\r\n",
  });
  const { dir, repo, snapshots } = made;
  assert.equal((await snapshots.take(repo)).dirty, false);
  write(dir, {
    "a.txt": "one\r\ntwo\r\n",
    "mixed.txt": "one\r\ntwo\n",
    "new.bat": "echo 1\r\n",
    "run.bat": "echo 2\r\n",
  });
  const taken = await snapshots.take(repo);
  assert.deepEqual(taken.leftOut, []);
  const room = await roomOf(made, taken.commit);
  assert.deepEqual(onDisk(room), onDisk(dir));
  assert.deepEqual(
    (await snapshots.changed(repo, taken.head, taken.commit)).map(({ path, status }) => `${status} ${path}`),
    ["modified a.txt", "added mixed.txt", "added new.bat", "modified run.bat"],
  );
  write(dir, { "lf.bat": "echo\n", "x.id": "$Id: mine $\n" });
  const lost = await snapshots.take(repo);
  assert.match(lost.leftOut.join("\n"), /^lf\.bat is as git stores them: a checkout changes.*\nx\.id is as git stores/);
});

test("a repo that is checked out with CRLF has CRLF in its rooms", async () => {
  const made = await place({ "a.txt": "one\ntwo\n", "b.txt": "b\n" });
  const { dir, repo, snapshots } = made;
  git(dir, "config", "core.autocrlf", "true");
  rmSync(join(dir, "a.txt"));
  rmSync(join(dir, "b.txt"));
  git(dir, "checkout", "-q", "--", ".");
  assert.equal((await snapshots.take(repo)).dirty, false);
  write(dir, { "a.txt": "one\r\n2\r\n", "lf.txt": "only\nlf\n" });
  const taken = await snapshots.take(repo);
  const [changed] = await snapshots.changed(repo, taken.head, taken.commit);
  assert.deepEqual(changed, { path: "a.txt", status: "modified", before: "one\ntwo\n", after: "one\n2\n" });
  const room = await roomOf(made, taken.commit);
  assert.deepEqual(readFileSync(join(room, "a.txt"), "utf8"), "one\r\n2\r\n");
  assert.match(taken.leftOut.join(), /^lf\.txt is as git stores them/);
});

test("bits that hide changes from git do not hide them here; a sparse checkout keeps what it left out", async () => {
  const made = await place({ "a.txt": "a\n", "s.txt": "s\n", "in/i.txt": "i\n", "out/o.txt": "o\n" });
  const { dir, repo, snapshots } = made;
  git(dir, "update-index", "--assume-unchanged", "a.txt");
  git(dir, "update-index", "--skip-worktree", "s.txt");
  write(dir, { "a.txt": "A\n", "s.txt": "S\n" });
  const hidden = await snapshots.take(repo);
  assert.deepEqual(await contents(made, hidden.commit), {
    "a.txt": "A\n",
    "s.txt": "S\n",
    "in/i.txt": "i\n",
    "out/o.txt": "o\n",
  });
  write(dir, { "a.txt": "a\n", "s.txt": "s\n" });
  git(dir, "update-index", "--no-assume-unchanged", "a.txt");
  git(dir, "update-index", "--no-skip-worktree", "s.txt");
  git(dir, "sparse-checkout", "set", "in");
  write(dir, { "in/i.txt": "I\n" });
  const before = gitFolder(dir);
  const sparse = await snapshots.take(repo);
  assert.equal((await contents(made, sparse.commit))["out/o.txt"], "o\n");
  assert.equal((await contents(made, sparse.commit))["in/i.txt"], "I\n");
  assert.deepEqual(sparse.leftOut, ["files outside the sparse checkout (1) were taken as the index has them"]);
  git(dir, "sparse-checkout", "set", "--sparse-index", "in");
  assert.equal((await snapshots.take(repo)).tree, sparse.tree);
  assert.ok(before.length > 0);
});

test("a merge with conflicts and a rebase under way are taken as they stand on disk", async () => {
  const made = await place({ "a.txt": "a\n", "b.txt": "b\n" });
  const { dir, repo, snapshots } = made;
  git(dir, "checkout", "-qb", "side");
  write(dir, { "a.txt": "side\n" });
  git(dir, "rm", "-q", "b.txt");
  git(dir, "commit", "-qam", "side");
  git(dir, "checkout", "-q", "main");
  write(dir, { "a.txt": "main\n", "b.txt": "changed\n" });
  git(dir, "commit", "-qam", "main");
  assert.equal(await snapshots.underWay(repo), undefined);
  assert.throws(() => git(dir, "merge", "-q", "side"));
  assert.equal(await snapshots.underWay(repo), "merge");
  const before = gitFolder(dir);
  const taken = await snapshots.take(repo);
  assert.match((await contents(made, taken.commit))["a.txt"] ?? "", /<<<<<<<[\s\S]*=======/);
  assert.equal((await contents(made, taken.commit))["b.txt"], "changed\n");
  assert.deepEqual(gitFolder(dir), before);
  git(dir, "merge", "--abort");
  assert.throws(() => git(dir, "rebase", "-q", "side"));
  assert.equal(await snapshots.underWay(repo), "rebase");
  assert.equal((await snapshots.take(repo)).head, git(dir, "rev-parse", "side"));
  git(dir, "rebase", "--abort");
  assert.throws(() => git(dir, "cherry-pick", "side"));
  assert.equal(await snapshots.underWay(repo), "cherry-pick");
});

test("linked worktrees, shallow clones, borrowed objects and split indexes are read where they keep things", async () => {
  const { dir, dataDir, snapshots } = await place({ "a.txt": "1\n" });
  for (const text of ["2\n", "3\n"]) {
    write(dir, { "a.txt": text });
    git(dir, "commit", "-qam", text);
  }
  const linked = join(base, "linked");
  git(dir, "worktree", "add", "-q", "--detach", linked, "HEAD~1");
  const shallow = join(base, "shallow");
  git(base, "clone", "-q", "--depth=2", `file://${dir}`, shallow);
  const shared = join(base, "shared");
  git(base, "clone", "-q", "--shared", dir, shared);
  const split = join(base, "split");
  git(base, "clone", "-q", dir, split);
  git(split, "update-index", "--split-index");
  for (const tree of [linked, shallow, shared, split]) {
    const repo = await inspectRepo(tree);
    const before = gitFolder(dir);
    assert.equal((await snapshots.take(repo)).dirty, false, tree);
    write(tree, { "a.txt": "changed\n", "new.txt": "n\n" });
    const taken = await snapshots.take(repo);
    assert.deepEqual(gitFolder(dir), before);
    const room = await roomOf({ dir: tree, dataDir, repo, snapshots }, taken.commit);
    assert.deepEqual(onDisk(room), onDisk(tree));
    assert.equal(git(room, "rev-parse", "HEAD^"), git(tree, "rev-parse", "HEAD"));
    assert.equal(git(room, "rev-list", "--count", "HEAD"), tree === linked || tree === shallow ? "3" : "4");
  }
});

test("submodules with changes and repos inside the repo are left out and said", async () => {
  const inner = await place({ "i.txt": "i\n" });
  const made = await place({ "a.txt": "a\n" });
  const { dir, repo, snapshots } = made;
  git(dir, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.dir, "module");
  git(dir, "commit", "-qm", "submodule");
  assert.equal((await snapshots.take(repo)).dirty, false);
  write(dir, { "module/i.txt": "changed\n", "nested/n.txt": "n", "empty/e.txt": "e" });
  git(join(dir, "nested"), "init", "-q");
  git(join(dir, "nested"), "add", "-A");
  git(join(dir, "nested"), "commit", "-qm", "n");
  git(join(dir, "empty"), "init", "-q");
  const taken = await snapshots.take(repo);
  assert.equal(taken.dirty, false);
  assert.deepEqual(taken.leftOut.toSorted(), [
    "empty is left out: a repository of its own inside this one",
    "module is left out: a submodule with changes of its own",
    "nested is left out: a repository of its own inside this one",
  ]);
});

test("no program that the repo or a submodule names is run", async () => {
  const inner = await place({ "i.txt": "i\n" });
  const { dir, repo, snapshots } = await place({ "a.txt": "a\n" });
  git(dir, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.dir, "module");
  git(dir, "commit", "-qm", "submodule");
  const marker = join(dir, "..", "ran");
  const program = join(dir, "..", "program");
  writeFileSync(program, `#!/bin/sh\necho ran >> '${marker}'\ncat\n`, { mode: 0o755 });
  for (const at of [dir, join(dir, "module")]) {
    for (const key of ["filter.planted.clean", "filter.planted.smudge", "core.fsmonitor"])
      git(at, "config", key, program);
    write(at, { ".gitattributes": "* filter=planted\n", "a.txt": "changed\n", "i.txt": "changed\n" });
  }
  const taken = await snapshots.take(repo);
  const composed = await snapshots.compose(repo, { onto: taken.head, from: taken.commit, paths: ["a.txt"] });
  await snapshots.changed(repo, taken.head, composed);
  assert.equal(existsSync(marker), false);
  git(dir, "status");
  assert.equal(existsSync(marker), true, "git as it is runs them");
});

test("what git-lfs would store is not taken for a change, and a change of it is", async () => {
  const oid = createHash("sha256").update("big file\n").digest("hex");
  const made = await place({
    ".gitattributes": "*.bin filter=lfs\n",
    "a.bin": `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 9\n`,
  });
  const { dir, repo, snapshots } = made;
  write(dir, { "a.bin": "big file\n" });
  const taken = await snapshots.take(repo);
  assert.equal(taken.dirty, false);
  assert.deepEqual(taken.leftOut, ["files matching *.bin are as git stores them: the filter lfs was not run"]);
  write(dir, { "a.bin": "changed\n" });
  assert.equal((await contents(made, (await snapshots.take(repo)).commit))["a.bin"], "changed\n");
});

test("a file without permission, a huge one and a pipe are left out and said; the rest is taken", async (t) => {
  const made = await place({ "a.txt": "a\n", "secret.txt": "s\n", pipe: "p\n" });
  const { dir, repo, snapshots } = made;
  write(dir, { "a.txt": "changed\n", "huge.bin": "" });
  truncateSync(join(dir, "huge.bin"), 1_100_000_000);
  rmSync(join(dir, "pipe"));
  execFileSync("mkfifo", [join(dir, "pipe")]);
  const taken = await snapshots.take(repo);
  assert.deepEqual(taken.leftOut, [
    "huge.bin is left out: larger than 1 GB",
    "pipe is left out: neither file nor link",
  ]);
  assert.deepEqual(Object.keys(await contents(made, taken.commit)), ["a.txt", "secret.txt"]);
  if (process.getuid?.() === 0) return t.diagnostic("root may read everything: the unreadable file was not tried");
  write(dir, { "secret.txt": "changed\n", "closed/c.txt": "c" });
  chmodSync(join(dir, "secret.txt"), 0);
  chmodSync(join(dir, "closed"), 0);
  const partly = await snapshots.take(repo);
  chmodSync(join(dir, "closed"), 0o700);
  assert.equal((await contents(made, partly.commit))["secret.txt"], "s\n");
  assert.match(partly.leftOut.join("\n"), /secret\.txt is left out: no permission[\s\S]*closed was left out/);
});

test("a commit composed of two trees has the files of one and the rest of the other", async () => {
  const made = await place({ "src/a.ts": "a", "test/a.test.ts": "t", "test/old.test.ts": "o", swap: "file" });
  const { dir, repo, snapshots } = made;
  const head = git(dir, "rev-parse", "HEAD");
  write(dir, { "src/a.ts": "A", "test/a.test.ts": "weak", "test/new.test.ts": "n" });
  chmodSync(join(dir, "test/a.test.ts"), 0o755);
  rmSync(join(dir, "test/old.test.ts"));
  rmSync(join(dir, "swap"));
  write(dir, { "swap/inner": "dir" });
  const { commit } = await snapshots.take(repo);
  const judged = await snapshots.compose(repo, {
    onto: commit,
    from: head,
    paths: ["test/a.test.ts", "test/old.test.ts", "test/new.test.ts", "swap"],
    write: { "test/new dir/x.txt": "x\n", "src/a.ts": "written" },
  });
  assert.deepEqual(await contents(made, judged), {
    "src/a.ts": "written",
    swap: "file",
    "test/a.test.ts": "t",
    "test/new dir/x.txt": "x\n",
    "test/old.test.ts": "o",
  });
  const proving = { onto: head, from: commit, paths: ["test/a.test.ts", "test/old.test.ts", "swap", "swap/inner"] };
  const proved = await snapshots.compose(repo, proving);
  assert.equal(await snapshots.compose(repo, proving), proved);
  assert.deepEqual(await contents(made, proved), { "src/a.ts": "a", "swap/inner": "dir", "test/a.test.ts": "weak" });
  assert.equal(await snapshots.compose(repo, { onto: head, from: head, paths: ["src/a.ts", "none"] }), head);
  const room = await roomOf(made, await snapshots.compose(repo, { onto: judged, write: { "src/b.ts": "b" } }));
  assert.equal(readFileSync(join(room, "src/b.ts"), "utf8"), "b");
  assert.equal(readFileSync(join(room, "test/old.test.ts"), "utf8"), "o");
  assert.equal(statSync(join(await roomOf(made, proved), "test/a.test.ts")).mode & 0o111, 0o111);
  await assert.rejects(snapshots.compose(repo, { onto: head, write: { ".git/config": "x" } }), /git refuses/);
  await assert.rejects(snapshots.compose(repo, { onto: "0".repeat(40) }), /is no commit/);
});

test("changed files come with both texts; renames are found; binary, large and linked ones have none", async () => {
  const lines = Array.from({ length: 40 }, (_, at) => `line ${at}\n`).join("");
  const { dir, repo, snapshots } = await place({ "old.txt": lines, "gone.txt": "g\n", "l.txt": "l\n" });
  write(dir, { "sub/new.txt": `${lines}more\n`, "bin.dat": "a\0b", "large.txt": "x".repeat(1024 * 1024 + 1) });
  rmSync(join(dir, "old.txt"));
  rmSync(join(dir, "gone.txt"));
  rmSync(join(dir, "l.txt"));
  symlinkSync("bin.dat", join(dir, "l.txt"));
  const { head, commit } = await snapshots.take(repo);
  assert.deepEqual(await snapshots.changed(repo, head, commit), [
    { path: "bin.dat", status: "added" },
    { path: "gone.txt", status: "deleted", before: "g\n" },
    { path: "l.txt", status: "modified", before: "l\n" },
    { path: "large.txt", status: "added" },
    { path: "sub/new.txt", from: "old.txt", status: "renamed", before: lines, after: `${lines}more\n` },
  ]);
});

test("the base is HEAD for a dirty tree, else where the branch left the default branch, else the parent", async () => {
  const { dir, repo, snapshots } = await place({ "a.txt": "1\n" });
  const baseNow = async () => snapshots.defaultBase(repo, await snapshots.take(repo));
  const first = git(dir, "rev-parse", "HEAD");
  assert.equal(await baseNow(), undefined);
  write(dir, { "a.txt": "2\n" });
  assert.equal((await baseNow())?.commit, first);
  git(dir, "commit", "-qam", "two\n\nbecause of #2");
  assert.deepEqual(await baseNow(), { commit: first, because: "it is the commit before HEAD" });
  const left = git(dir, "rev-parse", "HEAD");
  git(dir, "checkout", "-qb", "side");
  for (const text of ["3\n", "4\n"]) {
    write(dir, { "a.txt": text });
    git(dir, "commit", "-qam", `say ${text}`);
  }
  assert.deepEqual(await baseNow(), { commit: left, because: "HEAD branched off main there" });
  git(dir, "update-ref", "refs/remotes/origin/trunk", "HEAD~1");
  git(dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk");
  const pushed = git(dir, "rev-parse", "HEAD~1");
  assert.deepEqual(await baseNow(), { commit: pushed, because: "HEAD branched off origin/trunk there" });
  write(dir, { "a.txt": "5\n" });
  const taken = await snapshots.take(repo);
  assert.deepEqual(await snapshots.messages(repo, first, taken.commit), ["say 4", "say 3", "two\n\nbecause of #2"]);
  assert.equal(await snapshots.resolve(repo, "side~1"), pushed);
  assert.equal(await snapshots.resolve(repo, taken.commit), taken.commit);
  assert.equal(await snapshots.resolve(repo, "../../x"), undefined);
  assert.equal(await snapshots.treeOf(repo, taken.commit), taken.tree);
});

test("a commit's files are read without a working tree, links inside the repo followed", async () => {
  const { dir, repo, snapshots } = await place({ "a/.nvmrc": "24\n", "b.bin": "\0" });
  symlinkSync("a/.nvmrc", join(dir, ".nvmrc"));
  symlinkSync("/etc/passwd", join(dir, "out"));
  symlinkSync("loop", join(dir, "loop"));
  const { commit } = await snapshots.take(repo);
  const source = await snapshots.source(repo, commit);
  assert.deepEqual(source.files, [".nvmrc", "a/.nvmrc", "b.bin", "loop", "out"]);
  const read = await Promise.all(
    [".nvmrc", "a/.nvmrc", "b.bin", "loop", "out", "none"].map((path) => source.read(path)),
  );
  assert.deepEqual(read, ["24\n", "24\n", undefined, undefined, undefined, undefined]);
});

test("a write in the same moment as git's own is not missed", async () => {
  const made = await place({ "a.txt": "one\n" });
  const { dir, repo, snapshots } = made;
  // A file system that keeps whole seconds and nothing but size and time to go by, ten seconds ago.
  git(dir, "config", "core.trustctime", "false");
  git(dir, "config", "core.checkStat", "minimal");
  const second = Math.floor(Date.now() / 1000) - 10;
  utimesSync(join(dir, "a.txt"), second, second);
  git(dir, "update-index", "--refresh");
  utimesSync(join(dir, ".git/index"), second + 0.5, second + 0.5);
  write(dir, { "a.txt": "two\n" });
  utimesSync(join(dir, "a.txt"), second, second);
  assert.equal((await contents(made, (await snapshots.take(repo)).commit))["a.txt"], "two\n");
});

test("a file that goes away while files are read does not keep the others from being stored", async () => {
  const { dir, dataDir, repo } = await place({ "a.txt": "a\n", "b.txt": "b\n" });
  const store = await openStore(snapshotFolder(dataDir, repo.id), dir);
  const stored = await storeFiles(store, ["a.txt", "gone.txt", "b.txt"], { raw: false });
  assert.deepEqual([...stored.keys()], ["a.txt", "b.txt"]);
  assert.equal(stored.get("b.txt"), git(dir, "rev-parse", "HEAD:b.txt"));
});

test("a room of a snapshot says what it could not bring along", async (t) => {
  const { dir, dataDir, repo, snapshots } = await place({ "a.txt": "a\n", ".gitattributes": "*.bin filter=lfs\n" });
  write(dir, { "a.txt": "changed\n" });
  const { commit } = await snapshots.take(repo);
  const secrets = createSecrets();
  const rooms = await openRooms({
    dataDir,
    segments: openSegments(join(dataDir, "segments"), secrets),
    secrets,
    ports: createPorts(),
    sandbox: { works: false, because: "this test does without", next: "nothing" },
    proxySocket: () => Promise.resolve(join(dataDir, "proxy.sock")),
    caches: [],
    visible: [],
    path: [],
    clock: systemClock,
  });
  t.after(() => rooms.close());
  const site = await rooms.create({ repo, commit, purpose: "test", dependencies: [] });
  assert.equal(await site.files.read("a.txt"), "changed\n");
  assert.equal(git(rooms.repoOf(site.id), "rev-parse", "HEAD"), commit);
  assert.deepEqual(rooms.limits(site.id), ["files matching *.bin are as git stores them: the filter lfs was not run"]);
  assert.deepEqual(
    (await rooms.list()).map((room) => room.commit),
    [commit],
  );
});

test("commits that nobody asked for are forgotten, and too large a store is packed or removed", async () => {
  const made = await place({ "a.txt": "a\n" });
  const { dir, dataDir, repo, snapshots } = made;
  const store = snapshotFolder(dataDir, repo.id);
  write(dir, { "a.txt": "old\n" });
  const old = await snapshots.take(repo);
  write(dir, { "a.txt": "new\n" });
  const now = await snapshots.take(repo);
  const day = 24 * 60 * 60_000;
  const long = new Date(Date.now() - 15 * day);
  utimesSync(join(store, "refs/lodestar/snapshots", old.commit), long, long);
  const before = gitFolder(dir);
  assert.deepEqual(await snapshots.expire({ maxBytes: 0 }), []);
  assert.deepEqual(gitFolder(dir), before);
  assert.equal((await contents(made, now.commit))["a.txt"], "new\n");
  await assert.rejects(snapshots.treeOf(repo, old.commit), /is no commit/);
  await assert.rejects(roomOf(made, old.commit), /is no commit/);
  assert.deepEqual(await snapshots.expire({ maxBytes: 0, now: Date.now() + 2 * day }), [repo.id]);
  assert.equal((await snapshots.take(repo)).commit, now.commit);
  assert.deepEqual(await snapshots.expire({ now: Date.now() + 15 * day }), [repo.id]);
  assert.equal(existsSync(store), false);
});

test("a repo with SHA-256 hashes, and takes at the same time", async () => {
  const dir = join(base, "sha256");
  mkdirSync(dir);
  git(dir, "init", "-q", "--object-format=sha256");
  write(dir, { "a.txt": "a\n", "b.txt": "b\n" });
  git(dir, "add", "-A");
  git(dir, "commit", "-qm", "one");
  const made = await open(dir);
  rmSync(join(dir, "b.txt"));
  write(dir, { "a.txt": "A\n" });
  const taken = await Promise.all([1, 2, 3].map(() => made.snapshots.take(made.repo)));
  assert.equal(new Set(taken.map(({ commit }) => commit)).size, 1);
  assert.deepEqual(await contents(made, taken[0]?.commit ?? ""), { "a.txt": "A\n" });
});

test("thousands of files", async (t) => {
  const files: Record<string, string> = { ".gitattributes": "* text=auto\n" };
  for (let at = 0; at < 3_000; at++) files[`d${at % 100}/f${at}.txt`] = `file ${at}\n`;
  const { dir, repo, snapshots } = await place(files);
  const took = async (what: string) => {
    const began = performance.now();
    const taken = await snapshots.take(repo);
    t.diagnostic(`${what}: ${Math.round(performance.now() - began)} ms`);
    return taken;
  };
  assert.equal((await took("clean, first")).dirty, false);
  write(dir, { "d1/f1.txt": "changed\n", "new.txt": "n\n" });
  const taken = await took("two changed");
  assert.equal((await snapshots.changed(repo, taken.head, taken.commit)).length, 2);
  for (let at = 0; at < 1_000; at++) write(dir, { [`n${at % 100}/f${at}.txt`]: `new ${at}\n` });
  const many = await took("1,000 more, untracked");
  assert.equal((await snapshots.source(repo, many.commit)).files.length, 4_002);
});

async function place(files: Record<string, string>): Promise<Place> {
  const dir = mkdtempSync(join(base, "repo-"));
  git(dir, "init", "-q", "-b", "main");
  write(dir, files);
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "one");
  return open(dir);
}

async function open(dir: string): Promise<Place> {
  const dataDir = mkdtempSync(join(base, "data-"));
  return { dir, dataDir, repo: await inspectRepo(dir), snapshots: openSnapshots({ dataDir }) };
}

function git(dir: string, ...args: string[]): string {
  return execFileSync("git", [...IDENTITY, ...args], { cwd: dir, encoding: "utf8", stdio: "pipe" }).trim();
}

function write(dir: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
}

/** Every file of the repo's git folder with its time, in whole; for a linked one, of both. */
function gitFolder(dir: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(dir, ".git"), { recursive: true, encoding: "utf8" })) {
    const path = join(dir, ".git", entry);
    const { mtimeNs, ctimeNs, size } = lstatSync(path, { bigint: true });
    found.push(`${entry} ${mtimeNs} ${ctimeNs} ${size}`);
  }
  return [...found.sort(), readFileSync(join(dir, ".git/index"), "base64")];
}

/** The files of a commit with their contents. */
async function contents({ repo, snapshots }: Place, commit: string): Promise<Record<string, string | undefined>> {
  const source = await snapshots.source(repo, commit);
  const found: Record<string, string | undefined> = {};
  for (const path of source.files) found[path] = await source.read(path);
  return found;
}

async function roomOf({ repo, dataDir }: Place, commit: string): Promise<string> {
  const room = mkdtempSync(join(base, "room-"));
  rmSync(room, { recursive: true });
  await openGit(repo.root).cloneTo(room, commit, snapshotFolder(dataDir, repo.id));
  return room;
}

/** Every file with its content, link target and whether it can be run. */
function onDisk(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    const stat = lstatSync(join(dir, entry));
    if (entry === ".git" || entry.startsWith(".git/") || stat.isDirectory()) continue;
    const content = stat.isSymbolicLink()
      ? `-> ${readlinkSync(join(dir, entry))}`
      : readFileSync(join(dir, entry), "base64");
    found[entry] = `${stat.mode & 0o100} ${content}`;
  }
  return found;
}
