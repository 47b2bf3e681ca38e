import getPort from "get-port";
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Command, SandboxAnswer, Site } from "../sdk/index.ts";
import { systemClock } from "./clock.ts";
import { createPorts } from "./ports.ts";
import { processTable, withVariable } from "./process-table.ts";
import { startRegistryProxy } from "./proxy.ts";
import { inspectRepo } from "./repo.ts";
import { openRooms, type HostRooms, type RoomsOptions } from "./rooms.ts";
import { probeSandbox } from "./sandbox.ts";
import { createSecrets } from "./secrets.ts";
import { openSegments } from "./segments.ts";

const sandbox = await probeSandbox();
const none: SandboxAnswer = { works: false, because: "this test does without", next: "nothing" };
const NODE = dirname(process.execPath);
const SERVER = "require('http').createServer((q, r) => r.end('from the room')).listen(+process.env.PORT, '127.0.0.1')";

const base = realpathSync(mkdtempSync(join(tmpdir(), "lodestar-rooms-")));
const home = process.env["HOME"];
after(() => {
  process.env["HOME"] = home;
  rmSync(base, { recursive: true, force: true });
});

function makeRepo(files: Record<string, string>): string {
  const dir = mkdtempSync(join(base, "repo-"));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.com", ...args], { cwd: dir, stdio: "pipe" });
  git("init", "-q");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  git("add", "-A");
  git("commit", "-q", "-m", "one");
  return dir;
}

function optionsFor(dataDir: string, answer = sandbox): RoomsOptions {
  const secrets = createSecrets();
  secrets.add("hunter2hunter2");
  return {
    dataDir,
    segments: openSegments(join(dataDir, "segments"), secrets),
    secrets,
    ports: createPorts(),
    sandbox: answer,
    proxySocket: () => Promise.resolve(join(dataDir, "proxy.sock")),
    caches: [join(dataDir, "caches", "npm")],
    visible: [],
    path: (process.env["PATH"] ?? "").split(":"),
    clock: systemClock,
  };
}

async function makeRooms(t: TestContext, answer?: SandboxAnswer): Promise<{ rooms: HostRooms; dataDir: string }> {
  const dataDir = mkdtempSync(join(base, "data-"));
  const rooms = await openRooms(optionsFor(dataDir, answer));
  t.after(() => rooms.close());
  return { rooms, dataDir };
}

async function makeRoom(t: TestContext, files: Record<string, string>, answer?: SandboxAnswer) {
  const made = await makeRooms(t, answer);
  const repo = await inspectRepo(makeRepo(files));
  const site = await made.rooms.create({ repo, commit: "HEAD", purpose: "test", dependencies: [] });
  return { ...made, repo, site };
}

function shell(command: string, more: Partial<Command> = {}): Command {
  return { command, dir: ".", env: {}, network: "loopback", timeout: 20_000, title: "test", path: [NODE], ...more };
}

async function untilHealthy(site: Site, port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await site.probe({ kind: "http", port, timeout: 1_000 })).ok) return;
    await wait(25);
  }
  assert.fail(`nothing answers on port ${port} in the room`);
}

function hostRefuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("connect", () => resolve(false)).on("error", () => resolve(true));
    socket.on("close", () => socket.destroy());
  });
}

const needsSandbox = sandbox.works ? {} : { skip: `no sandbox works here: ${sandbox.because}` };

test("a server in a room answers the room's probe and not the host's", needsSandbox, async (t) => {
  const started = performance.now();
  const { site } = await makeRoom(t, { "server.js": SERVER });
  assert.equal((await site.run(shell("true"))).exit, 0);
  t.diagnostic(`room made and its first command run in ${Math.round(performance.now() - started)} ms`);
  // Free on the host too: whatever answers there must be the room's.
  const wanted = await getPort();
  const { port } = await site.port({ name: "web", wanted });
  assert.equal(port, wanted);
  const running = await site.start(shell("node server.js", { env: { PORT: String(wanted) } }));
  await untilHealthy(site, wanted);
  assert.equal(await hostRefuses(wanted), true);
  assert.deepEqual(await site.listening(running), [wanted]);
  const listener = await site.listener(wanted);
  assert.ok(listener?.ours);
  assert.match(readFileSync(`/proc/${listener.pid}/cmdline`, "utf8"), /server\.js/);
  assert.deepEqual(await site.port({ name: "api", wanted }), { port: 20_000, wantedBy: "web" });
  await running.stop();
  assert.equal((await site.probe({ kind: "port", port: wanted, timeout: 1_000 })).ok, false);
});

test("a room reaches nothing of the host's network", needsSandbox, async (t) => {
  const server = createServer((_, response) => response.end("host")).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  const { site } = await makeRoom(t, { "a.txt": "" });
  const ask = `node -e "fetch('http://127.0.0.1:${address.port}').then(() => process.exit(0), () => process.exit(7))"`;
  assert.equal((await site.run(shell(ask))).exit, 7);
  await assert.rejects(site.run(shell("true", { network: "host" })), /never get/);
  await assert.rejects(site.run(shell("true", { network: "registries" })), /where the repo's code has run/);
});

test("a room sees no secret of the host and cannot write outside of itself", needsSandbox, async (t) => {
  const planted = mkdtempSync(join(base, "home-"));
  process.env["HOME"] = planted;
  mkdirSync(join(planted, ".ssh"));
  writeFileSync(join(planted, ".ssh", "id_test"), "PRIVATE");
  const { site, dataDir, repo } = await makeRoom(t, { "a.txt": "1" });
  writeFileSync(join(dataDir, "key"), "SIGNING");
  const paths = [join(planted, ".ssh", "id_test"), join(dataDir, "key"), "/etc/shadow", "/run/docker.sock", repo.root];
  for (const path of paths) assert.notEqual((await site.run(shell(`cat ${path} || ls ${path}`))).exit, 0, path);
  const wrote = await site.run(shell("touch /usr/x; touch /run/lodestar/host/x; mount -t tmpfs none /repo; ls /repo"));
  assert.match(wrote.output, /a\.txt/);
  assert.equal((await site.run(shell("echo 2 >a.txt && git -C . config a.b c"))).exit, 0);
  assert.equal(readFileSync(join(repo.root, "a.txt"), "utf8"), "1");
});

test("a command cannot speak in the supervisor's name", needsSandbox, async (t) => {
  const { site, rooms } = await makeRoom(t, { "a.txt": "" });
  const forge = `for p in /proc/[0-9]*; do for f in $p/fd/[0-9]*; do
    case "$(readlink $f)" in socket:*) echo '{"is":"ready","guarded":true}' >$f;; esac; done; done 2>/dev/null
    cat /proc/1/environ /proc/2/environ /proc/2/mem 2>&1 | grep -c 'Permission denied'; exit 3`;
  const result = await site.run(shell(forge));
  if (rooms.limits(site.id).length > 0) return t.skip(rooms.limits(site.id).join("; "));
  assert.equal(result.exit, 3);
  assert.equal(result.output.trim(), "3");
  assert.equal((await site.run(shell("exit 4"))).exit, 4, "the room goes on");
});

test(
  "an install reaches the registries through the proxy, and fills caches that only rooms have",
  needsSandbox,
  async (t) => {
    const server = createServer((_, response) => response.end("package")).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const address = server.address();
    assert.ok(typeof address === "object" && address);
    const { site, dataDir, rooms, repo } = await makeRoom(t, { "a.txt": "" });
    const proxy = await startRegistryProxy({
      socketPath: join(dataDir, "proxy.sock"),
      allow: [`127.0.0.1:${address.port}`],
    });
    t.after(() => proxy.close());
    const cache = join(dataDir, "caches", "npm");
    const get = `node -e "const { hostname, port } = new URL(process.env.HTTP_PROXY);
    require('http').get({ hostname, port, path: 'http://127.0.0.1:${address.port}/' }, (r) => r.pipe(process.stdout))"`;
    const fetched = await site.run(shell(`${get} | tee ${cache}/package`, { network: "registries" }));
    assert.equal(fetched.output, "package");
    assert.equal(existsSync(cache), false, "the working tree's cache is another one");

    const later = await site.run(shell(`cat ${cache}/package; echo evil >${cache}/package; env; ls /run/lodestar`));
    assert.match(later.output, /^package/);
    assert.doesNotMatch(later.output, /HTTP_PROXY|proxy\.sock/);
    const two = await rooms.create({ repo, commit: "HEAD", purpose: "test", dependencies: [] });
    assert.equal((await two.run(shell(`cat ${cache}/package`))).output, "package", "a write to it stays in its room");
  },
);

test("two rooms use the same port at once, and paths are the same in both", needsSandbox, async (t) => {
  const { site: one, rooms, repo } = await makeRoom(t, { "server.js": SERVER });
  const two = await rooms.create({ repo, commit: "HEAD", purpose: "test", dependencies: [] });
  assert.equal(one.root, two.root);
  for (const site of [one, two]) {
    await site.start(shell("node server.js", { env: { PORT: "3111" } }));
    await untilHealthy(site, 3111);
  }
  assert.deepEqual(
    (await rooms.list()).map((room) => room.inUse),
    [true, true],
  );
  await Promise.all([one.close(), two.close()]);
});

test("output, exit, timeout, abort and leftovers of a command", needsSandbox, async (t) => {
  const { site } = await makeRoom(t, { "sub/a.txt": "" });
  const result = await site.run(
    shell("echo out; echo err >&2; pwd; echo token hunter2hunter2; cat; exit 3", { dir: "sub" }),
  );
  assert.equal(result.exit, 3);
  assert.match(result.output, /^out\nerr\n\/repo\/sub\ntoken \[redacted/);
  const slow = await site.run(shell("sleep 60 & sleep 61", { timeout: 300 }));
  assert.equal(slow.timedOut, true);
  const abort = new AbortController();
  const aborted = site.run(shell("sleep 62"), { signal: abort.signal });
  abort.abort();
  assert.notEqual((await aborted).exit, 0);
  assert.equal((await site.run(shell("absent-program"))).exit, 127);
  assert.equal((await site.run(shell("true", { dir: "absent" }))).exit, 127);
  const daemonized = await site.run(shell("setsid sh -c 'sleep 63 & sleep 64' >/dev/null 2>&1 & echo gone"));
  assert.equal(daemonized.output, "gone\n");
  const left = await site.run(shell("ps -eo args | grep -c 'slee[p] 6'"));
  assert.equal(left.output.trim(), "0");
  const loud = await site.run(
    shell(`node -e "for (let i = 0; i < 100; i++) process.stdout.write('x'.repeat(1e6) + '\\n')"; echo last`),
  );
  assert.equal(loud.output.slice(-6), "\nlast\n");
});

test("a service that goes into the background is waited for, and stopped with its tree", needsSandbox, async (t) => {
  const { site } = await makeRoom(t, { "server.js": SERVER });
  const running = await site.start(shell("setsid node server.js >/dev/null 2>&1 & exit 0", { env: { PORT: "3222" } }));
  await untilHealthy(site, 3222);
  assert.deepEqual(await site.listening(running), [3222]);
  await running.stop(2_000);
  assert.equal((await site.probe({ kind: "port", port: 3222, timeout: 500 })).ok, false);
  const quits = await site.start(shell("echo bye; exit 5"));
  assert.deepEqual(await quits.exited, { exit: 5, signal: null });
  assert.equal(await quits.tail(100), "bye\n");
});

test("files of a room are read and written inside it, whatever its code planted", needsSandbox, async (t) => {
  const { site, dataDir } = await makeRoom(t, { "a.txt": "1", "dir/b.txt": "2" });
  await site.run(shell("ln -s /etc/passwd out; ln -s /tmp outdir; mkfifo fifo"));
  const outside = join(dataDir, "target");
  writeFileSync(outside, "host");
  symlinkSync(outside, join(readdirRoom(dataDir), "repo", "host"));
  assert.deepEqual(await site.files.write("a.txt", "changed"), { ok: true });
  assert.equal(await site.files.read("a.txt"), "changed");
  for (const path of ["out", "host", "fifo", "outdir/x", "../x", ".git/config", "/etc/x"])
    assert.equal((await site.files.write(path, "x")).ok, false, path);
  for (const path of ["out", "host", "outdir", "fifo"]) assert.equal(await site.files.read(path), undefined, path);
  const removed = await site.files.remove(["dir", "absent"]);
  assert.ok(removed.ok);
  assert.equal(await site.files.exists("dir"), false);
  await site.files.undo(removed.undo);
  assert.equal(await site.files.read("dir/b.txt"), "2");
});

test("without a sandbox a room is a clone on the host, and says so", async (t) => {
  const { site, rooms, repo } = await makeRoom(t, { "a.txt": "1", "server.js": SERVER }, none);
  assert.equal(site.sandbox, "unsandboxed");
  assert.notEqual(site.root, repo.root);
  assert.equal((await site.run(shell("cat a.txt; echo 2 >a.txt", { network: "host" }))).output, "1");
  assert.deepEqual(await site.files.write("a.txt", "3"), { ok: true });
  assert.equal(readFileSync(join(repo.root, "a.txt"), "utf8"), "1");
  const { port } = await site.port({ name: "web" });
  const running = await site.start(shell("node server.js", { env: { PORT: String(port) }, network: "host" }));
  await untilHealthy(site, port);
  await running.stop();
  await site.close();
  assert.equal(await rooms.remove(site.id), true);
});

test("rooms are listed, removed and expire; a half-made one of a dead daemon is removed at the start", async (t) => {
  const { rooms, dataDir, repo, site } = await makeRoom(t, { "a.txt": "x".repeat(5000) }, none);
  const [listed] = await rooms.list();
  assert.equal(listed?.inUse, true);
  assert.equal(listed.repo, repo.id);
  assert.ok(listed.bytes > 5000);
  assert.deepEqual(await rooms.expire({ maxAge: -1, maxBytes: 0 }), [], "a room in use stays");
  await site.close();
  assert.deepEqual(await rooms.expire(), [], "a young one too");
  mkdirSync(join(dataDir, "rooms", "half", "repo"), { recursive: true });
  const next = await openRooms(optionsFor(dataDir, none));
  assert.deepEqual(
    (await next.list()).map((room) => [room.id, room.inUse]),
    [[site.id, false]],
  );
  assert.equal(existsSync(join(dataDir, "rooms", "half")), false);
  assert.deepEqual(await next.expire({ maxBytes: 0 }), [site.id]);
  assert.equal(await next.remove("../segments"), false);
  assert.equal(await next.remove(site.id), false);
});

test("nothing of a room survives a kill -9 of its daemon", needsSandbox, async () => {
  const dataDir = mkdtempSync(join(base, "data-"));
  const repo = makeRepo({ "server.js": SERVER });
  const program = `
    const { openRooms } = await import(${JSON.stringify(join(import.meta.dirname, "rooms.ts"))});
    const { inspectRepo } = await import(${JSON.stringify(join(import.meta.dirname, "repo.ts"))});
    const { openSegments } = await import(${JSON.stringify(join(import.meta.dirname, "segments.ts"))});
    const { createSecrets } = await import(${JSON.stringify(join(import.meta.dirname, "secrets.ts"))});
    const { createPorts } = await import(${JSON.stringify(join(import.meta.dirname, "ports.ts"))});
    const { systemClock } = await import(${JSON.stringify(join(import.meta.dirname, "clock.ts"))});
    const secrets = createSecrets();
    const rooms = await openRooms({ dataDir: process.argv[1], secrets, ports: createPorts(), clock: systemClock,
      segments: openSegments(process.argv[1] + "/segments", secrets), sandbox: { works: true, version: "" },
      proxySocket: async () => "", caches: [], visible: [], path: process.env.PATH.split(":") });
    const site = await rooms.create({ repo: await inspectRepo(process.argv[2]), commit: "HEAD", purpose: "t", dependencies: [] });
    const env = { MARK_OF_TEST: process.argv[3], PORT: "3333" };
    const base = { dir: ".", env, network: "loopback", title: "t", path: [${JSON.stringify(NODE)}] };
    await site.start({ ...base, command: "node server.js" });
    await site.start({ ...base, command: "setsid sh -c 'sleep 65 & sleep 66' & exit 0" });
    await site.run({ ...base, command: "true", timeout: 5000 });
    console.log("up");
    setInterval(() => {}, 1000);`;
  const mark = `kill-${process.pid}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, dataDir, repo, mark], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const alive = () => withVariable("MARK_OF_TEST", (value) => value === mark);
  assert.ok((await alive()).length >= 3);
  child.kill("SIGKILL");
  await once(child, "exit");
  for (let tries = 0; tries < 100 && (await alive()).length > 0; tries++) await wait(20);
  assert.deepEqual(await alive(), []);
  const supervisors = [...(await processTable()).keys()].filter((pid) => commandLine(pid).includes(dataDir));
  assert.deepEqual(supervisors, []);
});

test(
  "the room's own end is an end of what runs in it, and the next command opens it again",
  needsSandbox,
  async (t) => {
    const { site } = await makeRoom(t, { "a.txt": "" });
    const running = await site.start(shell("sleep 67"));
    spawnSync("kill", ["-9", String(running.pid)]);
    assert.deepEqual(await running.exited, { exit: null, signal: "SIGKILL" });
    assert.equal((await site.run(shell("true"))).exit, 0);
  },
);

function readdirRoom(dataDir: string): string {
  return join(dataDir, "rooms", readdirSync(join(dataDir, "rooms"))[0] ?? "");
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
