import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, request, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Command, CommandResult, Network, Site } from "../sdk/index.ts";
import { openFiles } from "./files.ts";
import { openGit } from "./git.ts";
import { createPorts } from "./ports.ts";
import { startRegistryProxy, type RegistryProxy } from "./proxy.ts";
import { masks } from "./sandbox-mounts.ts";
import { probeSandbox, spawnSandboxed } from "./sandbox.ts";
import { createSecrets } from "./secrets.ts";
import { openSegments } from "./segments.ts";
import { openTreeSite, type TreeSiteOptions } from "./site-tree.ts";

const sandbox = await probeSandbox();
const unavailable = sandbox.works ? false : sandbox.because;
const folder = realpathSync(mkdtempSync(join(tmpdir(), "lodestar-tree-")));
const home = join(folder, "home");
const root = join(home, "project");
const dataDir = join(home, ".lodestar");
const secrets = createSecrets();
const userPath = [join(home, ".nvm/versions/tool/bin"), ...(process.env["PATH"] ?? "").split(":")];
let proxy: RegistryProxy;
let registry: Server;
let registryPort = 0;
let hostOnly: Server;
let site: Site;

function options(more: Partial<TreeSiteOptions> = {}): TreeSiteOptions {
  return {
    id: "tree1",
    root,
    scratch: join(dataDir, "sites/tree1"),
    dataDir,
    segments: openSegments(join(dataDir, "segments"), secrets),
    secrets,
    git: openGit(root),
    files: openFiles(root),
    ports: createPorts(),
    sandbox,
    trusted: false,
    unsandboxed: false,
    proxySocket: async () => proxy.socketPath,
    path: userPath,
    caches: [join(dataDir, "cache")],
    visible: [],
    ...more,
  };
}

function command(text: string, more: Partial<Command> = {}): Command {
  return { command: text, dir: ".", env: {}, network: "none", timeout: 20_000, title: "test", ...more };
}

function sh(text: string, network: Network = "none"): Promise<CommandResult> {
  return site.run(command(text, { network }));
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return address.port;
}

before(async () => {
  for (const dir of [join(home, ".ssh"), join(home, ".nvm/versions/tool/bin"), root, dataDir])
    mkdirSync(dir, { recursive: true });
  writeFileSync(join(home, ".ssh/id_test"), "PRIVATE\n", { mode: 0o600 });
  writeFileSync(join(home, ".nvm/secret"), "PRIVATE\n");
  writeFileSync(join(home, ".nvm/versions/tool/bin/my-tool"), "#!/bin/sh\necho tool works\n", { mode: 0o755 });
  writeFileSync(join(dataDir, "log.db"), "PRIVATE\n");
  writeFileSync(join(root, ".gitignore"), "node_modules/\n.env\nbuild/\nlocal.json\n");
  writeFileSync(join(root, "tracked.txt"), "tracked\n");
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@t", ...args]);
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "first");
  registry = createServer((asked, response) => response.end(`registry says ${asked.url}\n`));
  registryPort = await portOf(registry);
  hostOnly = createServer((_asked, response) => response.end("host loopback\n"));
  await portOf(hostOnly);
  proxy = await startRegistryProxy({
    socketPath: join(dataDir, "proxy.sock"),
    allow: [`localhost:${registryPort}`, "localhost", "registry.npmjs.org"],
  });
  if (sandbox.works) site = await openTreeSite(options());
});

after(async () => {
  await site?.close();
  await proxy.close();
  registry.close();
  hostOnly.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("sandbox of the working tree", { skip: unavailable }, () => {
  it("shows the repository and hides the user's secrets, the data dir and the Docker socket", async () => {
    const targets = [
      join(home, ".ssh/id_test"),
      join(home, ".nvm/secret"),
      join(dataDir, "log.db"),
      "/etc/shadow",
      "/etc/ssl/private",
    ];
    const sockets = ["/run/docker.sock", "/var/run/docker.sock", join(homedir(), ".ssh")];
    const result = await sh(
      `cat tracked.txt; for f in ${[...targets, ...sockets].join(" ")}; do test -e $f && echo "VISIBLE $f"; done; id -u; whoami`,
    );
    assert.equal(result.output, "tracked\n1000\nlodestar\n");
  });

  it("lets a command write the repository, not its .git, its config or the system", async () => {
    const before = readFileSync(join(root, ".git/config"), "utf8");
    const result = await sh(
      "touch new.txt && echo wrote; echo x >> .git/config; mv .git moved; touch .git/hooks/pre-commit /usr/x /etc/x /x; rm new.txt",
    );
    assert.match(result.output, /^wrote\n/);
    assert.equal(readFileSync(join(root, ".git/config"), "utf8"), before);
    assert.equal(existsSync(join(root, ".git/hooks/pre-commit")), false);
    assert.equal(result.output.match(/Read-only file system|cannot create/g)?.length, 6, result.output);
  });

  it("has no capability and cannot remount", async () => {
    const result = await sh(
      "grep CapEff /proc/self/status; mount -o remount,rw /usr && echo REMOUNTED; mount -t tmpfs none /usr && echo MOUNTED",
    );
    assert.match(result.output, /CapEff:\t0+\n/);
    assert.doesNotMatch(result.output, /MOUNTED/);
  });

  it("shows programs of the user's PATH and not what lies around them", async () => {
    const result = await sh(`my-tool; ls -a ${home} ${home}/.nvm`);
    assert.match(result.output, /^tool works\n/);
    assert.doesNotMatch(result.output, /secret|\.ssh|\.lodestar\/log/);
  });

  it("does not make visible what the repository's own PATH names", async () => {
    const result = await site.run(
      command(`cat ${home}/.ssh/id_test; echo done`, { env: { PATH: `${home}/.ssh:/usr/bin:/bin` } }),
    );
    assert.doesNotMatch(result.output, /PRIVATE/);
  });

  it("does not load a library that the repository's environment names into bubblewrap itself", async () => {
    const running = await site.start(command("echo up; sleep 7101", { env: { LD_PRELOAD: join(root, "evil.so") } }));
    while (!(await running.tail(1000)).includes("up")) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.doesNotMatch(readFileSync(`/proc/${running.pid}/environ`, "utf8"), /LD_PRELOAD/);
    await running.stop(100);
  });

  it("does not follow a link in a writable folder to show more in the next command", async () => {
    await sh(`rm -rf "$HOME"; ln -s ${home}/.ssh "$HOME"; mkdir -p bin; ln -s ${home}/.ssh/id_test bin/tool`);
    const result = await site.run(command(`cat "$HOME/id_test" bin/tool`, { path: [join(root, "bin")] }));
    assert.doesNotMatch(result.output, /PRIVATE/);
    await sh('rm "$HOME"; mkdir "$HOME"; rm -r bin');
  });

  it("shares HOME and /tmp between commands of the site, and only there", async () => {
    await sh("echo kept > $HOME/a; echo kept > /tmp/b");
    assert.equal((await sh("cat $HOME/a /tmp/b")).output, "kept\nkept\n");
    assert.equal(existsSync("/tmp/b"), false);
  });

  it("reaches the host's loopback with the network `host` only", async () => {
    const address = hostOnly.address();
    const port = typeof address === "object" ? address?.port : 0;
    const ask = `node -e 'fetch("http://127.0.0.1:${port}").then(r => r.text()).then(console.log, () => console.log("refused"))'`;
    assert.equal((await sh(ask, "none")).output, "refused\n");
    assert.equal((await sh(ask, "loopback")).output, "refused\n");
    assert.equal((await sh(ask, "host")).output.trim(), "host loopback");
  });

  it("reaches registries through the proxy, and nothing else", async () => {
    const tunnel = `node -e 'fetch("http://localhost:${registryPort}/pkg").then(async r => console.log(r.status, (await r.text()).trim()))'`;
    const allowed = await sh(`unset NO_PROXY no_proxy; ${tunnel}`, "registries");
    assert.equal(allowed.output, "200 registry says /pkg\n");
    writeFileSync(
      join(root, "plain.cjs"),
      `const { hostname, port } = new URL(process.env.HTTP_PROXY);
       require("http").get({ hostname, port, path: process.argv[2] }, (r) => r.on("data", (d) => console.log(r.statusCode, String(d).trim())))`,
    );
    const plain = await sh(`node plain.cjs http://localhost:${registryPort}/plain`, "registries");
    assert.equal(plain.output, "200 registry says /plain\n");
    const refused = await sh("node plain.cjs http://example.com/", "registries");
    assert.match(refused.output, /^403 .*example\.com is not a package registry/);
    const direct = await sh(
      `node -e 'require("net").connect(${registryPort}, "127.0.0.1").on("error", e => console.log(e.code))'`,
      "registries",
    );
    assert.equal(direct.output, "ECONNREFUSED\n");
    assert.ok(proxy.traffic().some(({ host, received }) => host === "localhost" && received > 0));
    assert.ok(proxy.refused().some(({ host }) => host === "example.com"));
  });

  it("passes exit status and signals through the forwarder", async () => {
    assert.equal((await sh("exit 5", "registries")).exit, 5);
    const running = await site.start(
      command("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done", { network: "registries" }),
    );
    while (!(await running.tail(100)).includes("up")) await new Promise((resolve) => setTimeout(resolve, 10));
    await running.stop(3000);
    assert.match(await running.tail(100), /bye/);
  });

  it("starts a server that is found, probed, stopped, and whose port is free again", async () => {
    writeFileSync(
      join(root, "server.cjs"),
      `require("http").createServer((q, s) => s.end("ok")).listen(process.env.PORT, () => console.log("listening"))`,
    );
    const { port } = await site.port({ name: "web" });
    const running = await site.start(command("node server.cjs", { network: "host", env: { PORT: String(port) } }));
    while (!(await site.probe({ kind: "http", port, timeout: 1000, running })).ok)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(await site.listening(running), [port]);
    const listener = await site.listener(port);
    assert.equal(listener?.ours, true);
    assert.match(listener?.command ?? "", /server\.cjs/);
    assert.equal((await site.port({ name: "web" })).port, port);
    assert.equal((await site.probe({ kind: "log", pattern: "listen", timeout: 100, running })).ok, true);
    await running.stop();
    assert.equal(await site.listener(port), undefined);
  });

  it("masks private folders when the repository is the home folder itself", async () => {
    mkdirSync(join(home, ".git"), { recursive: true });
    const shown = [{ kind: "write", from: home, at: home }] as const;
    const hidden = masks(shown, { hidden: [dataDir], home }).map((mount) => mount.at);
    assert.deepEqual(new Set(hidden), new Set([dataDir, join(home, ".ssh")]));
    const scratch = join(dataDir, "sites/home");
    mkdirSync(join(scratch, "home"), { recursive: true });
    const { child } = spawnSandboxed(
      {
        repo: home,
        scratch,
        home: join(scratch, "home"),
        dir: home,
        env: {},
        network: "none",
        mark: "test",
        hidden: [dataDir],
      },
      ["sh", "-c", "cat .lodestar/log.db; ls -a; touch $HOME/x && echo kept"],
    );
    const output = Buffer.concat((await child.stdout?.toArray()) ?? []).toString();
    assert.match(output, /project[^]*kept/);
    assert.doesNotMatch(output, /PRIVATE/);
  });

  it("refuses a repository whose .git is a link", async () => {
    const linked = join(folder, "linked");
    mkdirSync(linked, { recursive: true });
    symlinkSync(join(root, ".git"), join(linked, ".git"));
    const open = await openTreeSite(options({ root: linked }));
    await assert.rejects(open.run(command("true")), /symbolic link/);
    await open.close();
  });

  it("shows what a program reads outside the repository, if it is there", async () => {
    const data = join(folder, "data");
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, "a"), "readable\n");
    const result = await site.run(command(`cat ${data}/a; touch ${data}/b`, { reads: [data, join(folder, "absent")] }));
    assert.match(result.output, /^readable\n.*Read-only/);
  });
});

describe("the working tree without a sandbox", () => {
  const broken = {
    works: false,
    because: "bubblewrap is not installed",
    next: "sudo apt-get install bubblewrap",
  } as const;

  it("runs nothing until the user agrees", async () => {
    await assert.rejects(openTreeSite(options({ sandbox: broken })), (error: Error & { next?: string }) => {
      assert.match(error.message, /No sandbox works here/);
      assert.equal(error.next, "sudo apt-get install bubblewrap");
      return true;
    });
  });

  it("runs trusted commands, says so, and passes on no secret of the daemon's environment", async () => {
    process.env["PLANTED_TOKEN"] = "planted";
    const open = await openTreeSite(options({ sandbox: broken, trusted: true }));
    const result = await open.run(command("env; pwd"));
    delete process.env["PLANTED_TOKEN"];
    assert.equal(open.sandbox, "unsandboxed");
    assert.doesNotMatch(result.output, /planted/);
    assert.match(result.output, new RegExp(`HOME=${dataDir}`));
    await open.close();
  });

  it("tells which program is missing and how to get it", async () => {
    const answer = await probeSandbox("no-such-bubblewrap");
    assert.equal(answer.works, false);
    if (!answer.works && process.platform === "linux") assert.match(answer.next, /install bubblewrap/);
  });
});

describe("files of the working tree", () => {
  it("writes what git ignores and nothing else", async () => {
    const open = await openTreeSite(options({ unsandboxed: true }));
    const { files } = open;
    assert.deepEqual(await files.write("build/out/a.txt", "a"), { ok: true });
    assert.equal(readFileSync(join(root, "build/out/a.txt"), "utf8"), "a");
    assert.deepEqual(await files.write(".env", "A=1\n"), { ok: true });
    assert.equal(lstatSync(join(root, ".env")).mode & 0o777, 0o600);
    const refusals: [string, RegExp][] = [
      [".env", /there already/],
      ["tracked.txt", /tracked by git/],
      ["new.txt", /not ignored/],
      ["../outside", /plain path/],
      ["/etc/passwd", /no path/],
      [".git/hooks/pre-commit", /belongs to git/],
      ["build", /not ignored|regular file/],
    ];
    for (const [path, because] of refusals) {
      const answer = await files.write(path, "x");
      assert.equal(answer.ok, false, path);
      if (!answer.ok) assert.match(answer.because, because);
    }
    rmSync(join(root, ".env"));
    await open.close();
  });

  it("does not write or remove through a symbolic link", async () => {
    const open = await openTreeSite(options({ unsandboxed: true }));
    const outside = join(folder, "outside");
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, "file"), "precious");
    mkdirSync(join(root, "build"), { recursive: true });
    symlinkSync(outside, join(root, "build/link"));
    symlinkSync(join(outside, "file"), join(root, "local.json"));
    for (const path of ["build/link/file", "build/link/new", "local.json"]) {
      const answer = await open.files
        .write(path, "overwritten")
        .catch((error: Error) => ({ ok: false, because: error.message }));
      assert.equal(answer.ok, false, path);
    }
    await open.files.remove(["build/link/file"]).catch(() => {});
    assert.equal(readFileSync(join(outside, "file"), "utf8"), "precious");
    assert.equal(existsSync(join(outside, "new")), false);
    rmSync(join(root, "local.json"));
    rmSync(join(root, "build"), { recursive: true });
    await open.close();
  });

  it("removes ignored folders and brings them back", async () => {
    const open = await openTreeSite(options({ unsandboxed: true }));
    mkdirSync(join(root, "node_modules/a"), { recursive: true });
    writeFileSync(join(root, "node_modules/a/index.js"), "old");
    symlinkSync("a", join(root, "node_modules/b"));
    const removed = await open.files.remove(["node_modules", "build"]);
    assert.ok(removed.ok);
    assert.equal(existsSync(join(root, "node_modules")), false);
    mkdirSync(join(root, "node_modules/other"), { recursive: true });
    await open.files.undo(removed.undo);
    assert.equal(readFileSync(join(root, "node_modules/b/index.js"), "utf8"), "old");
    assert.equal(existsSync(join(root, "node_modules/other")), false);
    assert.equal((await open.files.remove(["tracked.txt"])).ok, false);
    assert.equal((await open.files.remove(["."])).ok, false);
    await assert.rejects(open.files.undo("../../etc"), /nothing to bring back/);
    await open.close();
  });

  it("keeps what an allowed write replaces", async () => {
    const open = await openTreeSite(options({ unsandboxed: true }));
    writeFileSync(join(root, "local.json"), "mine");
    assert.deepEqual(await open.files.write("local.json", "new"), { ok: true });
    assert.equal(readFileSync(join(root, "local.json"), "utf8"), "new");
    const kept = execFileSync("grep", ["-rl", "^mine$", join(dataDir, "trash")]).toString();
    assert.match(kept, /trash\/tree1\//);
    rmSync(join(root, "local.json"));
    await open.close();
  });
});

describe("registry proxy", () => {
  function connectTo(target: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: proxy.socketPath, method: "CONNECT", path: target });
      call.on("connect", (response, socket) => {
        socket.destroy();
        resolve(response.statusCode ?? 0);
      });
      call.on("error", reject);
      call.end();
    });
  }

  it("refuses addresses, unknown hosts, other ports and names that lead to private networks", async () => {
    const cases: [string, RegExp][] = [
      ["127.0.0.1:443", /an address/],
      ["[::1]:443", /an address/],
      ["evil.example:443", /not a package registry/],
      ["registry.npmjs.org:22", /not a port of a registry/],
      ["localhost:443", /private network/],
      ["registry.npmjs.org.evil.example:443", /not a package registry/],
      ["nonsense", /not a package registry/],
    ];
    for (const [target, because] of cases) {
      assert.equal(await connectTo(target), 403, target);
      const host = target.replace(/^\[|\]?:\d+$/g, "");
      assert.match(proxy.refused().find((one) => one.host === host)?.because ?? "", because);
    }
  });

  it("carries a tunnel to a registry that the user configured", async () => {
    const echo = createTcpServer((socket) => socket.pipe(socket));
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    const address = echo.address();
    const port = typeof address === "object" ? address?.port : 0;
    const own = await startRegistryProxy({ socketPath: join(folder, "own.sock"), allow: [`localhost:${port}`] });
    const call = request({ socketPath: own.socketPath, method: "CONNECT", path: `localhost:${port}` });
    call.end();
    const [response, socket] = await once(call, "connect");
    assert.equal(response.statusCode, 200);
    socket.write("ping");
    const [data] = await once(socket, "data");
    assert.equal(String(data), "ping");
    assert.deepEqual(own.traffic(), [{ host: "localhost", sent: 4, received: 4 }]);
    socket.destroy();
    await own.close();
    echo.close();
  });
});
