import assert from "node:assert/strict";
import { chmod, mkdir, open, symlink, writeFile } from "node:fs/promises";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { git, openWorld, reportOf, type World } from "../testing/lodestar.ts";
import { probeSandbox } from "../host/sandbox.ts";
import { served, tested } from "../testing/repos.ts";

const trust = (await probeSandbox()).works ? [] : ["--trust"];
const isRoot = process.getuid?.() === 0;

describe("what is no repository to run", { concurrency: true }, () => {
  let world: World;
  before(async () => (world = await openWorld()));
  after(() => world.close());

  /** `up` and `detect` refuse it alike: cause, what was tried, the next command, exit 2. */
  async function refused(path: string, cause: RegExp, next: RegExp): Promise<void> {
    for (const command of ["up", "detect"]) {
      const end = await world.run(command, path, "--json");
      assert.equal(end.status, 2, end.stdout + end.stderr);
      const { error } = JSON.parse(end.stdout);
      assert.match(error.message, cause);
      assert.match(error.next, next);
      assert.notEqual(error.tried ?? "", "");
    }
  }

  test("a folder without git, and an empty one", async () => {
    const folder = join(world.root, "folder");
    await mkdir(folder);
    await refused(folder, /is not a git repository/, /git init/);
    await writeFile(join(folder, "package.json"), "{}");
    await refused(join(folder, "package.json"), /is a file/, /lodestar up/);
  });

  test("a repository without commits, and a bare one", async () => {
    await refused(await world.repo("unborn", { "a.txt": "a" }, { commit: false }), /no commit yet/, /git .*commit/);
    const bare = join(world.root, "bare.git");
    await mkdir(bare);
    await git(bare, "init", "--quiet", "--bare");
    await refused(bare, /bare repository/, /git clone/);
  });

  test("a path that does not exist, and a link that leads to itself", async () => {
    await refused(join(world.root, "absent"), /does not exist/, /lodestar up/);
    await symlink("loop", join(world.root, "loop"));
    await refused(join(world.root, "loop"), /leads back to itself/, /ls -l/);
  });

  test("a folder that may not be read", { skip: isRoot && "root may read everything" }, async () => {
    const locked = await world.repo("locked", { "a.txt": "a" });
    await chmod(locked, 0o000);
    await refused(locked, /no permission/, /ls -ld/);
    await chmod(locked, 0o700);
  });

  test("leaves no daemon behind", async () => {
    const alone = await openWorld();
    try {
      const end = await alone.run("up", alone.home);
      assert.equal(end.status, 2);
      assert.match(end.stderr, /✕ .*not a git repository\n {2}tried: .*\n {2}next: .*git init/);
      assert.deepEqual(await alone.left(0), []);
    } finally {
      await alone.close();
    }
  });
});

describe("repositories that are hard to read", { concurrency: true }, () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    await world.daemon();
  });
  after(() => world.close());

  const up = async (repo: string) => {
    const end = await world.run("up", repo, "--once", "--json", ...trust);
    return { status: end.status, ...reportOf(end) };
  };

  test("without anything to run it is healthy with limits, and says what it did not find", async () => {
    const report = await up(await world.repo("words", { "README.md": "# Words\n" }));
    assert.deepEqual([report.status, report.state, report.services, report.checks], [0, "healthy-with-limits", [], []]);
    assert.match(report.notChecked.join("\n"), /no check was found/);
  });

  test("links that lead in a circle are not followed", async () => {
    const repo = await world.repo("circle", { ...served(), ...tested() }, { commit: false });
    await symlink(".", join(repo, "self"));
    await symlink("there", join(repo, "here"));
    await symlink("here", join(repo, "there"));
    await git(repo, "add", "--all");
    await git(repo, "commit", "--quiet", "--message=Links");
    assert.equal((await up(repo)).state, "healthy");
  });

  test("manifests that cannot be parsed are named, and the rest is run", async () => {
    const broken = {
      "package.json": '{ "name": "x", ',
      "docker-compose.yml": "services:\n  web: [",
      "app/pyproject.toml": "[project\nname =",
    };
    const report = await up(
      await world.repo("broken", { ...broken, ...tested(), Procfile: "web: python3 -m http.server $PORT\n" }),
    );
    const problems = report.plan.problems.map((one) => one.file).sort();
    assert.deepEqual(problems, Object.keys(broken).sort());
    for (const file of problems) assert.match(report.notChecked.join("\n"), new RegExp(`${file}: `));
    assert.equal(report.services[0]?.name, "web");
  });

  test("a file of 1 GB is not read, and said where it is a manifest", async () => {
    const repo = await world.repo("large", { ...served(), ...tested() });
    for (const name of ["data.bin", "docker-compose.yml"]) {
      const file = await open(join(repo, name), "w");
      await file.truncate(2 ** 30);
      await file.close();
    }
    const report = await up(repo);
    assert.equal(report.services[0]?.health.ok, true);
    assert.deepEqual(
      report.plan.problems.map((one) => one.file),
      ["docker-compose.yml"],
    );
    assert.match(report.plan.problems[0]?.message ?? "", /larger than/);
  });

  test("100,000 files", async () => {
    const repo = await world.repo("many", served(), { commit: false });
    for (let index = 0; index < 100; index++) writeMany(join(repo, `part${index}`));
    await git(repo, "-c", "core.looseCompression=0", "add", "--all");
    await git(repo, "commit", "--quiet", "--message=Many");
    const report = await up(repo);
    assert.equal(report.services[0]?.health.ok, true);
  });
});

function writeMany(folder: string): void {
  mkdirSync(folder);
  for (let index = 0; index < 1000; index++) writeFileSync(join(folder, `${index}.txt`), "");
}
