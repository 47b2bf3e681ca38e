import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { probeSandbox } from "../host/sandbox.ts";
import { MadeRoom } from "../sdk/index.ts";
import { endDaemon } from "./_daemon.ts";
import { git, openWorld } from "../testing/lodestar.ts";

const trust = (await probeSandbox()).works ? [] : ["--trust"];
const FILES = {
  "package.json": JSON.stringify({ name: "shop", scripts: { start: "node server.js" } }),
  "server.js": 'require("node:http").createServer((_, to) => to.end("hi")).listen(process.env.PORT || 3000);\n',
  ".env.example": "PORT=3000\nSESSION_SECRET=\n",
  ".gitignore": ".env\n*.db\n",
};

test("a room to work in: its branch goes back to the repository, and its work is not removed by mistake", async (t) => {
  const { world, repo, create } = await opened(t);
  await writeFile(join(repo, "new.txt"), "not committed\n");
  const room = await create();
  assert.match(room.path, new RegExp(`^${world.dataDir}/rooms/${room.room}/repo$`));
  assert.equal(await git(room.path, "symbolic-ref", "--short", "HEAD"), `room/${room.room}`);
  assert.equal(readFileSync(join(room.path, "new.txt"), "utf8"), "not committed\n");
  assert.equal(await git(room.path, "remote", "get-url", "origin"), repo);
  assert.match(room.limits.join("\n"), /begins with a commit of your uncommitted changes/);
  const [port] = Object.values(room.ports);
  const env = readFileSync(join(room.path, ".env"), "utf8");
  assert.ok(env.includes(`PORT=${port}\n`), env);
  assert.match(env, /^SESSION_SECRET=[0-9a-f]{64}$/m);
  assert.equal(await git(repo, "status", "--porcelain"), "?? new.txt", "the working tree is as it was");
  const object = await git(repo, "rev-parse", "HEAD");
  const file = join("objects", object.slice(0, 2), object.slice(2));
  assert.equal(statSync(join(repo, ".git", file)).nlink, 1, "nothing is hard-linked");

  await writeFile(join(room.path, "server.js"), "// better\n");
  const refused = await world.run("rooms", "remove", room.room);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /would be lost: 1 uncommitted file \(server\.js\)/);
  await git(room.path, "commit", "--quiet", "--all", "--message=Better");
  assert.match((await world.run("rooms", "remove", room.room)).stderr, /1 commit that .* \(\w+ Better\)/);
  await git(room.path, ...room.push.split(" ").slice(1));
  assert.equal(await git(repo, "log", "-1", "--format=%s", `room/${room.room}`), "Better");
  assert.match((await world.run("rooms", "list")).stdout, new RegExp(`${room.room} .*work on room/${room.room}`));
  assert.equal((await world.run("rooms", "remove", room.room)).status, 0);
  assert.equal(existsSync(room.path), false);
});

test("a branch, with a port of its own in each room, and a lost room only by force", async (t) => {
  const { world, repo, create } = await opened(t);
  await git(repo, "branch", "feature");
  const [one, two] = [await create("--branch", "feature"), await create()];
  assert.equal(one.branch, "feature");
  assert.equal(one.push, "git push origin HEAD:refs/heads/feature");
  assert.notDeepEqual(one.ports, two.ports);
  await writeFile(join(one.path, "a.txt"), "a");
  assert.equal((await world.run("rooms", "remove", one.room)).status, 2);
  assert.equal((await world.run("rooms", "remove", one.room, "--force")).status, 0);

  const unknown = await world.run("rooms", "create", repo, "--branch", "nope", ...trust);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /shop has no branch nope/);
  const nowhere = await world.run("rooms", "create", world.home);
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.stderr, /not a git repository|no git repository/i);
});

test("an ignored SQLite file of the working tree is copied", async (t) => {
  const example = "DATABASE_URL=sqlite:///shop.db\n";
  const { world, repo, create } = await opened(t, { ...FILES, ".env.example": example });
  const database = new DatabaseSync(join(repo, "shop.db"));
  database.exec("create table item (name text); insert into item values ('lamp')");
  database.close();
  const room = await create();
  const copy = new DatabaseSync(join(room.path, "shop.db"));
  assert.deepEqual(
    copy
      .prepare("select name from item")
      .all()
      .map((row) => row["name"]),
    ["lamp"],
  );
  copy.close();
  assert.match(room.databases.join("\n"), /shop\.db is a copy/);

  await git(room.path, "commit", "--quiet", "--allow-empty", "--message=Only here");
  await world.run("stop");
  await endDaemon(await world.client(), "test");
  await world.run("clean");
  assert.ok(existsSync(room.path), "clean keeps work that nobody else has");
});

async function opened(t: TestContext, files: Readonly<Record<string, string>> = FILES) {
  const world = await openWorld();
  t.after(() => world.close());
  const repo = await world.repo("shop", files);
  await world.daemon();
  async function create(...args: string[]): Promise<MadeRoom> {
    const ended = await world.run("rooms", "create", repo, "--json", ...trust, ...args);
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    return MadeRoom.parse(JSON.parse(ended.stdout));
  }
  return { world, repo, create };
}
