/** The client against fake programs, and against a real engine where one answers within a second. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { ContainerStart } from "../sdk/index.ts";
import { openContainers, type HostContainers } from "./compose.ts";
import { dockerLine } from "./compose-client.ts";
import { greets } from "./compose-greeting.ts";
import { createSecrets } from "./secrets.ts";
import { openSegments } from "./segments.ts";
import { machinePath, openToolbox } from "./toolbox.ts";
import { systemClock } from "./clock.ts";

const LINUX = process.platform === "linux";
const engine = LINUX ? engineHere() : "it is tried on Linux only";

function engineHere(): string | undefined {
  try {
    execFileSync("docker", ["info"], { timeout: 1_000, stdio: "ignore" });
    return undefined;
  } catch {
    return "no Docker engine answers here";
  }
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lodestar-compose-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function open(dataDir: string, more: { env?: NodeJS.ProcessEnv; pullTimeout?: number } = {}): HostContainers {
  const secrets = createSecrets();
  const env = { ...process.env, ...more.env };
  return openContainers({
    dataDir,
    secrets,
    segments: openSegments(join(dataDir, "segments"), secrets),
    path: machinePath(env["PATH"] ?? ""),
    toolbox: openToolbox({ dir: join(dataDir, "toolbox"), clock: systemClock, env }),
    env,
    ...(more.pullTimeout === undefined ? {} : { pullTimeout: more.pullTimeout }),
  });
}

/** A data dir with a `docker` of its own on PATH, which is this shell script. */
async function withDocker(t: TestContext, script: string) {
  const folder = await folderOf(t);
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "docker"), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, "docker"), 0o755);
  return { folder, env: { PATH: `${bin}:/usr/bin:/bin` } };
}

function requestOf(more: Partial<ContainerStart>): ContainerStart {
  return {
    site: "site",
    project: "lodestar-t",
    container: "lodestar-t",
    compose: "{}",
    files: {},
    title: "database mysql",
    signal: new AbortController().signal,
    ...more,
  };
}

test("an engine that does not answer: Docker's own words, and what helps", async (t) => {
  const cases = [
    {
      says: "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      next: LINUX ? "sudo systemctl start docker" : "start Docker Desktop",
    },
    {
      says: "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
      next: 'sudo usermod -aG docker "$USER", then log in again',
    },
  ];
  for (const { says, next } of cases) {
    const { folder, env } = await withDocker(t, `test "$1" = context && exit; echo '${says}' >&2; exit 1`);
    const containers = open(folder, { env });
    assert.deepEqual(await containers.look(), { ok: false, because: says, next });
    const started = await containers.start(requestOf({}));
    assert.deepEqual(started, { ok: false, because: says });
    await containers.close();
  }
});

test("no docker, an engine on another machine, no compose", async (t) => {
  const none = await folderOf(t);
  const without = open(none, { env: { PATH: none } });
  assert.deepEqual(await without.look(), { ok: false, because: "No docker was found on PATH." });

  const far = await withDocker(t, `echo ssh://build.example`);
  const remote = await open(far.folder, { env: far.env }).look();
  assert.ok(!remote.ok);
  assert.match(remote.because, /on another machine \(ssh:\/\/build\.example\)/);

  const bare = await withDocker(t, `case "$1" in version) echo 28.0.1;; compose) exit 1;; esac`);
  const path = join(bare.folder, "bin");
  await writeFile(join(path, "sh"), `#!/bin/sh\nexec /bin/sh "$@"\n`, { mode: 0o755 });
  const alone = await open(bare.folder, { env: { PATH: path } }).look();
  assert.deepEqual(alone, {
    ok: false,
    because: "Docker 28.0.1 answers, but neither docker compose nor docker-compose is installed.",
    next: "sudo apt-get install docker-compose",
  });
});

test("the client gets no variable of the daemon that could steer it, and a pull that hangs is ended", async (t) => {
  const { folder, env } = await withDocker(
    t,
    `case "$*" in version*) echo 28;; "compose version"*) echo 2.30;; *" up "*) env > ../../seen; sleep 60;; esac`,
  );
  const steering = { COMPOSE_FILE: "/evil.yml", COMPOSE_PROJECT_NAME: "other", AWS_SECRET_ACCESS_KEY: "x" };
  const containers = open(folder, { env: { ...env, ...steering, DOCKER_CONFIG: "/c" }, pullTimeout: 1_500 });
  assert.deepEqual(await containers.look(), { ok: true, how: "Docker 28" });
  const begin = performance.now();
  const started = await containers.start(requestOf({ files: { "files/0/a.sql": "select 1;" } }));
  assert.deepEqual(started, { ok: false, because: "the image was not there after 2 s." });
  assert.ok(performance.now() - begin < 10_000);
  const seen = await readFile(join(folder, "seen"), "utf8");
  assert.match(seen, /^DOCKER_CONFIG=\/c$/m);
  assert.doesNotMatch(seen, /COMPOSE_|AWS_/);
  assert.deepEqual(await readdir(join(folder, "compose")), [], "nothing is left");
  await containers.close();
});

test("Docker's line that says what went wrong", () => {
  const v1 =
    "Creating network x\nPulling db (no/such:1)...\nERROR: pull access denied for no/such, repository does not exist\n";
  assert.equal(dockerLine(v1), "ERROR: pull access denied for no/such, repository does not exist");
  assert.equal(dockerLine("\n"), "it said nothing");
});

test("a greeting: an open port is not enough", async (t) => {
  async function served(answer: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => answer(socket.on("error", () => undefined)));
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    const { port }: AddressInfo = address;
    return port;
  }
  const mysql = { expect: "^.{6}000a", timeout: 400 };
  const speaks = await served((socket) => socket.write(Buffer.from("4a0000000a382e34", "hex")));
  assert.equal((await greets({ ...mysql, port: speaks })).ok, true);
  const closes = await served((socket) => socket.destroy());
  assert.match((await greets({ ...mysql, port: closes })).detail, /closed the connection|ECONNRESET/);
  const silent = await served(() => undefined);
  assert.match((await greets({ ...mysql, port: silent })).detail, /said nothing that was expected within 400 ms/);
  const refuses = await served((socket) => socket.end(Buffer.from("1700000aff6a04", "hex")));
  assert.equal((await greets({ ...mysql, port: refuses })).ok, false);
  const answers = await served((socket) => socket.once("data", (asked) => socket.write(asked)));
  assert.equal((await greets({ send: "50", expect: "^50$", timeout: 400, port: answers })).ok, true);
});

describe("a real engine", { skip: engine ?? false }, () => {
  const image = `lodestar-test/mysql:${process.pid}`;
  let folder = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodestar-compose-"));
    // No registry is asked: the image is this Node with the libraries that it needs.
    const libraries = execFileSync("/usr/bin/ldd", [process.execPath], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
    const files = [process.execPath, ...libraries].filter((one) => existsSync(one));
    const tar = join(folder, "image.tar");
    execFileSync("tar", ["-chf", tar, ...files], { stdio: "ignore" });
    execFileSync("docker", ["import", tar, image], { stdio: "ignore" });
    await rm(tar);
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    execFileSync("docker", ["rmi", "--force", image], { stdio: "ignore" });
  });

  function composed(script: string, { port, mark }: { port: number; mark: string }): ContainerStart {
    const labels = { "lodestar.site": "site", "lodestar.data": mark };
    const container = {
      image,
      container_name: `lodestar-test-${port}`,
      command: [process.execPath, "-e", script],
      labels,
      ports: [`127.0.0.1:${port}:3306`],
      volumes: [{ type: "volume", source: "data-0", target: "/data" }],
    };
    const compose = {
      services: { db: container },
      volumes: { "data-0": { labels } },
      networks: { default: { labels } },
    };
    const name = container.container_name;
    return requestOf({ project: name, container: name, compose: JSON.stringify(compose) });
  }

  /** Everything that carries the label of a data dir. */
  function left(mark: string): string {
    const kinds = [
      ["ps", "-a"],
      ["volume", "ls"],
      ["network", "ls"],
    ];
    const list = (kind: string[]) =>
      execFileSync("docker", [...kind, "-q", "--filter", `label=lodestar.data=${mark}`], { encoding: "utf8" });
    return kinds.map(list).join("").trim();
  }

  async function untilGreets(port: number): Promise<boolean> {
    for (let attempt = 0; attempt < 100; attempt++) {
      if ((await greets({ expect: "^.{6}000a", port, timeout: 500 })).ok) return true;
      await wait(50);
    }
    return false;
  }

  const SERVER = `require("net").createServer((s) => s.end(Buffer.from("4a0000000a38", "hex"))).listen(3306, () => console.log("ready"))`;

  test("it answers on its port, and stopping it leaves nothing", async () => {
    const containers = open(await mkdtemp(join(folder, "a-")));
    const started = await containers.start(composed(SERVER, { port: 45_811, mark: containers.mark }));
    assert.ok(started.ok, started.ok ? "" : started.because);
    assert.equal(await untilGreets(45_811), true);
    assert.match(await started.running.tail(1_000), /ready/);
    assert.notEqual(left(containers.mark), "");
    await started.running.stop();
    assert.equal(await started.ended, "stopped");
    assert.equal(left(containers.mark), "");
    await containers.close();
  });

  test("one that ends at once says its last words; a missing image says Docker's", async () => {
    const containers = open(await mkdtemp(join(folder, "b-")));
    const ask = composed(`console.log("no password is set"); process.exit(3)`, { port: 45_812, mark: containers.mark });
    const started = await containers.start(ask);
    assert.ok(started.ok, started.ok ? "" : started.because);
    assert.deepEqual(await started.running.exited, { exit: 3, signal: null });
    assert.equal(await started.ended, "by itself");
    assert.match(await started.running.tail(1_000), /no password is set/);
    const missing = await containers.start({ ...ask, compose: ask.compose.replace(image, "lodestar.invalid/none:1") });
    assert.ok(!missing.ok);
    assert.match(missing.because, /lodestar\.invalid/);
    const invalid = await containers.start({ ...ask, compose: `{"services": {"db": {"image": 3}}}` });
    assert.equal(invalid.ok, false);
    await containers.close();
    assert.equal(left(containers.mark), "");
  });

  test("what a killed daemon left is swept at the next start, and another data dir's stays", async () => {
    const [dataDir, other] = [await mkdtemp(join(folder, "c-")), await mkdtemp(join(folder, "d-"))];
    const killed = open(dataDir);
    const neighbour = open(other);
    const one = await killed.start(composed(SERVER, { port: 45_813, mark: killed.mark }));
    const two = await neighbour.start(composed(SERVER, { port: 45_814, mark: neighbour.mark }));
    assert.ok(one.ok && two.ok);
    await open(dataDir).close();
    assert.equal(left(killed.mark), "");
    assert.equal(await untilGreets(45_814), true);
    assert.equal(existsSync(join(dataDir, "compose")), false);
    await neighbour.close();
    assert.equal(left(neighbour.mark), "");
    await killed.close();
  });
});
