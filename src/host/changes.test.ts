import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { openChanges } from "./changes.ts";
import { openGit } from "./git.ts";

const changes = openChanges();
const MANIFEST = `{\n  "name": "shop",\n  "dependencies": {\n    "pg": "^8"\n  },\n  "a": 1,\n  "b": 2,\n  "c": 3,\n  "d": 4\n}\n`;
const EDIT = { path: "package.json", find: `"dependencies": {`, replace: `"dependencies": {\n    "express": "^4",` };

async function newRepo(t: TestContext, files: Record<string, string> = { "package.json": MANIFEST }) {
  const root = await mkdtemp(join(tmpdir(), "lodestar-changes-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  git("init", "-q", "-b", "main");
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  git("add", "-A");
  git("commit", "-q", "-m", "first");
  return { root, git, repo: { id: "r", name: "shop", root, git: openGit(root) } };
}

async function proposed(repo: Awaited<ReturnType<typeof newRepo>>["repo"], edits = [EDIT]) {
  const answer = await changes.propose({ repo, edits, title: "Declare express", because: "server.js imports it" });
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer;
}

describe("propose", () => {
  test("commits on a branch of its own and leaves working tree, index and HEAD alone", async (t) => {
    const { root, git, repo } = await newRepo(t);
    await writeFile(join(root, "staged.txt"), "mine");
    git("add", "staged.txt");
    await writeFile(join(root, "package.json"), `${MANIFEST}\n`);
    const before = {
      head: git("rev-parse", "HEAD"),
      status: git("status", "--porcelain"),
      index: await readFile(join(root, ".git/index")),
    };

    const { change, branch, diff } = await proposed(repo);

    assert.match(branch, /^lodestar\/declare-express-[0-9a-f]{8}$/);
    assert.equal(branch, `lodestar/${change}`);
    assert.match(diff, /^\+ {4}"express": "\^4",$/m);
    assert.equal(git("rev-parse", "HEAD"), before.head);
    assert.equal(git("symbolic-ref", "HEAD").trim(), "refs/heads/main");
    assert.equal(git("status", "--porcelain"), before.status);
    assert.deepEqual(await readFile(join(root, ".git/index")), before.index);
    assert.equal(git("rev-parse", `${branch}^`), before.head);
    assert.match(git("log", "-1", "--format=%an %s%n%b", branch), /Lodestar Declare express\nserver\.js imports it/);
    assert.equal(git("show", "--name-only", "--format=", branch).trim(), "package.json");
  });

  test("the same change twice is one branch, at the same commit", async (t) => {
    const { git, repo } = await newRepo(t);
    const first = await proposed(repo);
    const commit = git("rev-parse", first.branch);
    assert.deepEqual(await proposed(repo), first);
    assert.equal(git("rev-parse", first.branch), commit);
  });

  test("several edits of one file, a new file, and the mode of a script are kept", async (t) => {
    const { root, git, repo } = await newRepo(t, { "run.sh": "echo one\necho two\n" });
    await chmod(join(root, "run.sh"), 0o755);
    git("commit", "-q", "-a", "-m", "x");
    const answer = await changes.propose({
      repo,
      edits: [
        { path: "run.sh", find: "one", replace: "1" },
        { path: "run.sh", find: "two", replace: "2" },
        { path: "docs/new.md", content: "new\n" },
      ],
      title: "Count",
      because: "it counts",
    });
    assert.ok(answer.ok);
    assert.equal(git("show", `${answer.branch}:run.sh`), "echo 1\necho 2\n");
    assert.match(git("ls-tree", answer.branch, "run.sh"), /^100755 /);
    assert.equal(git("show", `${answer.branch}:docs/new.md`), "new\n");
    assert.equal(existsSync(join(root, "docs")), false);
  });

  for (const [name, edit, because] of [
    ["text that is not there", { ...EDIT, find: "nowhere" }, /does not contain/],
    ["an edit of a file that git does not have", { ...EDIT, path: "absent.json" }, /does not contain/],
    ["a path outside", { path: "../x", content: "" }, /no path inside/],
    ["git's own folder", { path: ".GIT/hooks/pre-commit", content: "" }, /no path inside/],
    ["no change at all", { path: "package.json", content: MANIFEST }, /say that already/],
  ] as const)
    test(`refuses ${name}, and makes no branch`, async (t) => {
      const { git, repo } = await newRepo(t);
      const answer = await changes.propose({ repo, edits: [edit], title: "x", because: "y" });
      assert.ok(!answer.ok);
      assert.match(answer.because, because);
      assert.equal(git("branch", "--list", "lodestar/*"), "");
    });

  test("runs no hook and no filter of the repo", async (t) => {
    const { root, git, repo } = await newRepo(t, { "package.json": MANIFEST, ".gitattributes": "* filter=evil\n" });
    const mark = join(root, "..", `${root.split("/").at(-1)}-ran`);
    t.after(() => rm(mark, { force: true }));
    const program = `sh -c 'touch ${mark}; cat'`;
    for (const key of ["filter.evil.clean", "filter.evil.smudge"]) git("config", key, program);
    git("config", "core.fsmonitor", `touch ${mark}`);
    for (const hook of ["reference-transaction", "post-commit", "post-index-change"]) {
      await writeFile(join(root, ".git/hooks", hook), `#!/bin/sh\ntouch ${mark}\n`);
      await chmod(join(root, ".git/hooks", hook), 0o755);
    }
    const { branch } = await proposed(repo);
    assert.deepEqual(await changes.apply(repo, branch), { ok: true });
    assert.equal(existsSync(mark), false);
  });
});

describe("apply", () => {
  test("changes the working tree only: nothing is staged or committed", async (t) => {
    const { root, git, repo } = await newRepo(t);
    const { branch } = await proposed(repo);
    const head = git("rev-parse", "HEAD");
    assert.deepEqual(await changes.apply(repo, branch), { ok: true });
    assert.match(await readFile(join(root, "package.json"), "utf8"), /"express": "\^4"/);
    assert.equal(git("status", "--porcelain"), " M package.json\n");
    assert.equal(git("rev-parse", "HEAD"), head);
  });

  test("goes over commits that came later, and keeps edits of other files", async (t) => {
    const { root, git, repo } = await newRepo(t);
    const { branch } = await proposed(repo);
    await writeFile(join(root, "package.json"), MANIFEST.replace(`"d": 4`, `"d": 5`));
    git("commit", "-q", "-a", "-m", "later");
    await writeFile(join(root, "other.txt"), "mine");
    assert.deepEqual(await changes.apply(repo, branch), { ok: true });
    const text = await readFile(join(root, "package.json"), "utf8");
    assert.match(text, /"express": "\^4"/);
    assert.match(text, /"d": 5/);
    assert.equal(await readFile(join(root, "other.txt"), "utf8"), "mine");
  });

  test("refuses over uncommitted edits of the same file and says what to type", async (t) => {
    const { root, repo } = await newRepo(t);
    const { branch, change } = await proposed(repo);
    const mine = MANIFEST.replace("shop", "my-shop");
    await writeFile(join(root, "package.json"), mine);
    const answer = await changes.apply(repo, branch);
    assert.deepEqual(answer, {
      ok: false,
      because: "package.json has edits that are not committed",
      next: `git stash push -- package.json && lodestar changes apply ${change}`,
    });
    assert.equal(await readFile(join(root, "package.json"), "utf8"), mine);
  });

  test("a conflict changes nothing", async (t) => {
    const { root, git, repo } = await newRepo(t);
    const { branch } = await proposed(repo);
    const theirs = MANIFEST.replace(`"pg": "^8"`, `"mysql2": "^3"`);
    await writeFile(join(root, "package.json"), theirs);
    git("commit", "-q", "-a", "-m", "elsewhere");
    const before = await stat(join(root, "package.json"));
    const answer = await changes.apply(repo, branch);
    assert.ok(!answer.ok);
    assert.match(answer.because, /does not fit/);
    assert.equal(await readFile(join(root, "package.json"), "utf8"), theirs);
    assert.equal((await stat(join(root, "package.json"))).mtimeMs, before.mtimeMs);
    assert.equal(git("status", "--porcelain"), "");
  });

  test("a branch that is not there, or not ours", async (t) => {
    const { repo } = await newRepo(t);
    for (const branch of ["lodestar/none-1", "main"]) {
      const answer = await changes.apply(repo, branch);
      assert.ok(!answer.ok);
      assert.equal(answer.next, "lodestar changes list");
    }
  });
});
