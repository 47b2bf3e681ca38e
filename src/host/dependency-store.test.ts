import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from "node:fs";
import { rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import type { CommandResult, SandboxAnswer, Site } from "../sdk/index.ts";
import { systemClock } from "./clock.ts";
import { openDependencies } from "./dependency-store.ts";
import { canOverlay } from "./overlay.ts";
import { createPorts } from "./ports.ts";
import { inspectRepo } from "./repo.ts";
import { openRooms } from "./rooms.ts";
import { probeSandbox } from "./sandbox.ts";
import { createSecrets } from "./secrets.ts";
import { openSegments } from "./segments.ts";

const works = await probeSandbox();
const none: SandboxAnswer = { works: false, because: "this test does without", next: "nothing" };
const KEY = "a".repeat(64);
const INSTALL =
  "mkdir -p node_modules/pkg node_modules/.bin && echo one >node_modules/pkg/index.js && " +
  "echo tool >node_modules/pkg/tool && chmod 755 node_modules/pkg/tool && ln -s ../pkg/tool node_modules/.bin/tool";

const base = realpathSync(mkdtempSync(join(tmpdir(), "lodestar-store-")));
after(() => rmSync(base, { recursive: true, force: true }));

async function setUp(t: TestContext, sandbox: SandboxAnswer = works, name = "data-") {
  const dataDir = mkdtempSync(join(base, name));
  const root = mkdtempSync(join(base, "repo-"));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.com", ...args], { cwd: root, stdio: "pipe" });
  git("init", "-q");
  writeFileSync(join(root, ".gitignore"), "node_modules\n");
  git("add", "-A");
  git("commit", "-q", "-m", "one");
  const secrets = createSecrets();
  const rooms = await openRooms({
    dataDir,
    secrets,
    segments: openSegments(join(dataDir, "segments"), secrets),
    ports: createPorts(),
    sandbox,
    proxySocket: () => Promise.resolve(join(dataDir, "proxy.sock")),
    caches: [],
    visible: [],
    path: (process.env["PATH"] ?? "").split(":"),
    clock: systemClock,
  });
  t.after(() => rooms.close());
  const repo = await inspectRepo(root);
  const dependencies = openDependencies({ dataDir, rooms });
  const counts = { builds: 0 };
  const build = (command: string | (() => Promise<CommandResult>) = INSTALL, key = KEY) =>
    dependencies.build({
      repo,
      commit: "HEAD",
      key,
      outputs: ["node_modules", "absent"],
      with: [],
      build: (site) => {
        counts.builds++;
        return typeof command === "string" ? sh(site, command) : command();
      },
    });
  const room = async () => {
    const built = await build();
    assert.ok(built.ok);
    return rooms.create({ repo, commit: "HEAD", purpose: "test", dependencies: [built.entry] });
  };
  return { dataDir, root, repo, rooms, dependencies, counts, build, room, git };
}

function sh(site: Site, command: string): Promise<CommandResult> {
  return site.run({ command, dir: ".", env: {}, network: "none", timeout: 20_000, title: "install" });
}

async function built(making: Promise<{ ok: boolean }>): Promise<void> {
  assert.equal((await making).ok, true);
}

for (const [name, sandbox, folder] of [
  ["sandboxed", works, "data-"],
  ["sandboxed, without overlays (they take no comma)", works, "da,ta-"],
  ["unsandboxed", none, "data-"],
] as const) {
  const skip = sandbox.works || name === "unsandboxed" ? {} : { skip: `no sandbox works here: ${sandbox.because}` };

  test(`${name}: what one room writes changes neither the sealed entry nor another room`, skip, async (t) => {
    const { room, dependencies, dataDir } = await setUp(t, sandbox, folder);
    const [one, two] = [await room(), await room()];
    t.diagnostic(`overlay: ${sandbox.works && (await canOverlay(dataDir))}`);
    assert.equal((await sh(one, "node_modules/.bin/tool 2>/dev/null; cat node_modules/.bin/tool")).output, "tool\n");
    const evil =
      "echo evil >node_modules/pkg/index.js; rm node_modules/pkg/tool; echo new >node_modules/new; ls node_modules";
    assert.equal((await sh(one, evil)).output, "new\npkg\n");
    assert.equal((await sh(two, "cat node_modules/pkg/index.js; ls node_modules/pkg")).output, "one\nindex.js\ntool\n");
    const stored = join(dataDir, "store", KEY, "tree", "node_modules", "pkg", "index.js");
    assert.equal(readFileSync(stored, "utf8"), "one\n");
    assert.ok(await dependencies.find(KEY));
  });
}

test("an entry is built once: callers at the same time share it, later ones find it", async (t) => {
  const { build, counts, dependencies, rooms, dataDir } = await setUp(t, none);
  assert.equal(await dependencies.find(KEY), undefined);
  const [one, two] = await Promise.all([build(), build()]);
  assert.ok(one.ok && two.ok);
  assert.deepEqual(one.entry, two.entry);
  assert.deepEqual(one.entry.paths, ["node_modules"]);
  const started = performance.now();
  await built(build());
  t.diagnostic(`found again in ${(performance.now() - started).toFixed(1)} ms`);
  assert.equal(counts.builds, 1);
  assert.deepEqual(await rooms.list(), [], "the room of the build is gone");
  assert.deepEqual(readdirSync(join(dataDir, "rooms")), []);
});

test("who waits for a build that is cancelled builds it", async (t) => {
  const { build, dependencies, counts } = await setUp(t, none);
  const begun = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<never>();
  const cancelled = build(() => {
    begun.resolve();
    return gone.promise;
  });
  await begun.promise;
  const waiting = build();
  gone.reject(new Error("the run was canceled"));
  await assert.rejects(cancelled, /was canceled/);
  assert.ok((await waiting).ok);
  assert.ok(await dependencies.find(KEY));
  assert.equal(counts.builds, 2);
});

test("a failed build seals nothing, and its result says why", async (t) => {
  const { build, dependencies, dataDir } = await setUp(t, none);
  const failed = await build("mkdir node_modules; echo no such package; exit 1");
  assert.ok(!failed.ok);
  assert.match(failed.result.output, /no such package/);
  assert.equal(await dependencies.find(KEY), undefined);
  assert.deepEqual(readdirSync(join(dataDir, "store")), []);
  await built(build());
});

test("a tampered entry is found out and built anew; one that was only moved is not", async (t) => {
  const { build, dependencies, dataDir, counts } = await setUp(t, none);
  await built(build());
  const entry = join(dataDir, "store", KEY);
  const file = join(entry, "tree", "node_modules", "pkg", "index.js");
  // Same size, and the time put back: only the kernel's own change time tells.
  const { atime, mtime } = statSync(file);
  writeFileSync(file, "two\n");
  utimesSync(file, atime, mtime);
  assert.equal(await dependencies.find(KEY), undefined);
  await built(build());
  assert.equal(counts.builds, 2);
  assert.equal(readFileSync(file, "utf8"), "one\n");

  const whole = await dependencies.find(KEY);
  utimesSync(file, new Date(0), new Date(0));
  assert.deepEqual(await dependencies.find(KEY), whole, "touched and still the same");
  chmodSync(join(entry, "tree", "node_modules", "pkg", "tool"), 0o644);
  assert.equal(await dependencies.find(KEY), undefined);
  await built(build());
  writeFileSync(join(entry, "tree", "node_modules", "added.js"), "");
  assert.equal(await dependencies.find(KEY), undefined);
  await built(build());
  writeFileSync(join(entry, "seal.json"), "{");
  assert.equal(await dependencies.find(KEY), undefined);
});

test("the digest is of contents: two builds of the same give the same one", async (t) => {
  const { build, dependencies } = await setUp(t, none);
  const big = `${INSTALL} && head -c 3000000 /dev/zero >node_modules/big`;
  const [one, two, other, longer] = [
    await build(big, "b".repeat(64)),
    await build(big, "c".repeat(64)),
    await build(big.replace("one", "two"), "d".repeat(64)),
    await build(
      `${big} && printf x | dd of=node_modules/big bs=1 seek=2999999 conv=notrunc status=none`,
      "e".repeat(64),
    ),
  ];
  assert.ok(one.ok && two.ok && other.ok && longer.ok);
  assert.equal(one.entry.digest, two.entry.digest);
  assert.notEqual(one.entry.digest, other.entry.digest);
  assert.notEqual(one.entry.digest, longer.entry.digest, "the last byte of a big file counts");
  assert.throws(() => void build(INSTALL, "../../etc"), /is no key/);
  await assert.rejects(dependencies.find("../x"), /is no key/);
});

test("what a dead daemon was sealing is removed, and unused entries make room", async (t) => {
  const { build, dependencies, dataDir, rooms, room } = await setUp(t, none);
  await built(build(INSTALL, "b".repeat(64)));
  await room();
  mkdirSync(join(dataDir, "store", ".incoming-x", "tree"), { recursive: true });
  const next = openDependencies({ dataDir, rooms });
  assert.ok(await next.find(KEY));
  assert.equal(existsSync(join(dataDir, "store", ".incoming-x")), false);
  assert.deepEqual(await dependencies.expire({ maxBytes: 0 }), ["b".repeat(64)], "what a room uses stays");
});

test("the working tree gets a copy of its own, once", async (t) => {
  const { build, dependencies, repo, root, dataDir } = await setUp(t, none);
  const made = await build();
  assert.ok(made.ok);
  assert.deepEqual(await dependencies.attach(repo, made.entry), { copied: true });
  const file = join(root, "node_modules", "pkg", "index.js");
  assert.equal(readlinkSync(join(root, "node_modules", ".bin", "tool")), "../pkg/tool");
  assert.equal(statSync(join(root, "node_modules", "pkg", "tool")).mode & 0o777, 0o755);
  assert.equal(statSync(file).nlink, 1);
  mkdirSync(join(root, "node_modules", ".cache"));
  assert.deepEqual(await dependencies.attach(repo, made.entry), { copied: false }, "a tool's cache is no change");
  assert.equal((await repo.git.head()).dirty, false);
  assert.deepEqual(readdirSync(root).sort(), [".git", ".gitignore", "node_modules"]);

  writeFileSync(file, "mine\n");
  assert.ok(await dependencies.find(KEY), "a write in the tree does not reach the store");
  assert.deepEqual(await dependencies.attach(repo, made.entry), { copied: true });
  assert.equal(readFileSync(file, "utf8"), "one\n");
  const trash = readdirSync(join(dataDir, "trash", repo.id), { recursive: true, encoding: "utf8" });
  assert.ok(
    trash.some((path) => path.endsWith("pkg/index.js")),
    "what the user changed is kept",
  );

  rmSync(join(root, "node_modules"), { recursive: true });
  assert.deepEqual(await dependencies.attach(repo, made.entry), { copied: true });
  const newer = await build(INSTALL.replace("one", "three"), "e".repeat(64));
  assert.ok(newer.ok);
  const kept = readdirSync(join(dataDir, "trash", repo.id)).length;
  await dependencies.attach(repo, newer.entry);
  assert.equal(readFileSync(file, "utf8"), "three\n");
  assert.equal(readdirSync(join(dataDir, "trash", repo.id)).length, kept, "an unchanged copy is not worth keeping");
});

test("an equal install of the user's own is left to them; tracked files and links are left alone", async (t) => {
  const { build, dependencies, repo, root, git } = await setUp(t, none);
  const made = await build();
  assert.ok(made.ok);
  execFileSync("sh", ["-c", INSTALL], { cwd: root });
  assert.deepEqual(await dependencies.attach(repo, made.entry), { copied: false });
  const file = join(root, "node_modules", "pkg", "index.js");
  writeFileSync(file, "tracked, and longer\n");
  git("add", "-f", "node_modules/pkg/index.js");
  assert.deepEqual(await dependencies.attach(repo, made.entry), { copied: false });
  assert.equal(readFileSync(file, "utf8"), "tracked, and longer\n");
});

test("an entry with a second name for a file is sealed as a copy that nobody else can write", async (t) => {
  const { build, dependencies, dataDir } = await setUp(t, none);
  const outside = join(base, "cache-file");
  writeFileSync(outside, "cached\n");
  await built(build(`mkdir -p node_modules && ln '${outside}' node_modules/linked`));
  writeFileSync(outside, "evil!!\n");
  assert.equal(readFileSync(join(dataDir, "store", KEY, "tree", "node_modules", "linked"), "utf8"), "cached\n");
  assert.ok(await dependencies.find(KEY));
});
