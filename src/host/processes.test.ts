import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, it } from "node:test";
import type { Running } from "../sdk/index.ts";
import { commandOf, isAlive, processTable } from "./process-table.ts";
import { createProcesses, sweepOrphans, type Launch, type Processes } from "./processes.ts";
import { findNamespace } from "./process-tree.ts";
import { probeSandbox } from "./sandbox.ts";
import { createSecrets } from "./secrets.ts";
import { openSegments } from "./segments.ts";

const SITE = `process-test-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "lodestar-processes-"));
const repo = join(folder, "repo");
const scratch = join(folder, "scratch");
for (const dir of [join(repo, ".git"), join(scratch, "home")]) mkdirSync(dir, { recursive: true });
const env = { PATH: process.env["PATH"] ?? "" };
const path = (process.env["PATH"] ?? "").split(":");
const sandbox = await probeSandbox();
const hasNamespaces = (await findNamespace()) !== undefined;
const secrets = createSecrets();
secrets.add("correct-horse-battery");
const segments = openSegments(join(folder, "segments"), secrets);

after(async () => {
  await sweepOrphans(SITE);
  rmSync(folder, { recursive: true, force: true });
});

/** The three ways in which processes are held together; each must keep the same promises. */
const KINDS = ["sandbox", "namespace", "group"] as const;

function missing(kind: (typeof KINDS)[number]): string | false {
  if (kind === "sandbox") return sandbox.works ? false : sandbox.because;
  return kind === "namespace" && !hasNamespaces ? "PID namespaces do not work here" : false;
}

function processesOf(kind: (typeof KINDS)[number]): Processes {
  return createProcesses({ segments, redact: (text) => secrets.redact(text), namespaces: kind !== "group" });
}

function launch(kind: (typeof KINDS)[number], command: string): Launch {
  const common = { command, site: SITE, segment: "test/out" };
  if (kind !== "sandbox") return { ...common, cwd: repo, env };
  return { ...common, view: { repo, scratch, home: join(scratch, "home"), dir: repo, env, network: "none", path } };
}

/** Resolves when the output contains `text`. */
async function printed(running: Running, text: string): Promise<string> {
  for (;;) {
    const tail = await running.tail(100_000);
    if (tail.includes(text)) return tail;
    const next = new Promise((resolve) => setTimeout(resolve, 10));
    const ended = await Promise.race([next, running.exited.then(() => true)]);
    if (ended === true) assert.fail(`ended without ${text}: ${await running.tail(1000)}`);
  }
}

/** Pids of living processes whose command line begins with `text`. */
async function pidsWith(text: string): Promise<number[]> {
  return [...(await processTable()).keys()].filter((pid) => commandOf(pid)?.startsWith(text) && isAlive(pid));
}

for (const kind of KINDS) {
  describe(`processes (${kind})`, { skip: missing(kind) }, () => {
    const processes = processesOf(kind);

    it("reports exit status and output in the order it was printed", async () => {
      const result = await processes.run(launch(kind, "echo one; echo two >&2; echo three; exit 3"), {
        timeout: 10_000,
      });
      assert.deepEqual([result.exit, result.output, result.timedOut], [3, "one\ntwo\nthree\n", false]);
      const { text } = await segments.read(result.segment, 1000);
      assert.equal(text, "one\ntwo\nthree\n");
    });

    it("gives a program that asks an empty answer, and shows its question", async () => {
      const result = await processes.run(launch(kind, 'printf "Continue? [y/N] "; read answer || echo "no answer"'), {
        timeout: 10_000,
      });
      assert.match(result.output, /Continue\? \[y\/N\] no answer/);
    });

    it("ends the whole tree at the timeout", async () => {
      const result = await processes.run(launch(kind, `sh -c 'sleep 7001' & sleep 7001`), { timeout: 300 });
      assert.equal(result.timedOut, true);
      assert.ok(result.seconds < 5, `took ${result.seconds} s`);
      assert.deepEqual(await pidsWith("sleep 7001"), []);
    });

    it("lets a server shut down by itself before it is killed", async () => {
      const server = `process.on("SIGTERM", () => { console.log("bye"); process.exit(0) }); setInterval(() => {}, 1000); console.log("up")`;
      writeFileSync(join(repo, "server.cjs"), server);
      const running = await processes.start(launch(kind, "sh -c 'node server.cjs; echo status $?'"));
      await printed(running, "up\n");
      await running.stop(5000);
      assert.match(await running.tail(1000), /bye\n/);
      assert.equal(isAlive(running.pid), false);
    });

    it("kills what ignores SIGTERM", async () => {
      const running = await processes.start(launch(kind, `trap "" TERM; echo deaf; while :; do sleep 0.1; done`));
      await printed(running, "deaf");
      await running.stop(200);
      assert.equal(isAlive(running.pid), false);
    });

    it("ends a child that forks twice and leaves its session", async () => {
      const command = `(setsid sh -c 'setsid sleep 7002 >/dev/null 2>&1 &' &); echo away; sleep 7003`;
      const running = await processes.start(launch(kind, command));
      await printed(running, "away");
      while ((await pidsWith("sleep 7002")).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual((await processes.pids(running)).length >= 2, true);
      const [away = 0] = await pidsWith("sleep 7002");
      assert.equal(await processes.owns(away), true);
      assert.equal(await processes.owns(process.pid), false);
      await running.stop(1000);
      assert.deepEqual([...(await pidsWith("sleep 7002")), ...(await pidsWith("sleep 7003"))], []);
    });

    it("ends what a command leaves behind when it exits", async () => {
      await processes.run(launch(kind, "(setsid sleep 7004 >/dev/null 2>&1 &); exit 0"), { timeout: 10_000 });
      assert.deepEqual(await pidsWith("sleep 7004"), []);
    });

    it("says when a service ends by itself", async () => {
      const running = await processes.start(launch(kind, "echo boom; exit 7"));
      assert.equal((await running.exited).exit, 7);
      assert.equal(await running.tail(100), "boom\n");
    });

    it("redacts the tail", async () => {
      const result = await processes.run(launch(kind, "echo key correct-horse-battery"), { timeout: 10_000 });
      assert.doesNotMatch(result.output, /correct-horse/);
    });

    it(
      "ends with the daemon, also when that is killed",
      { skip: kind === "group" && "swept at the next start" },
      async () => {
        const daemon = spawn(process.execPath, ["--input-type=module", "-e", daemonScript(kind)], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const [line] = await once(createInterface(daemon.stdout), "line");
        assert.equal(line, "started");
        const left = await pidsWith("sleep 7005");
        assert.equal(left.length, 2);
        daemon.kill("SIGKILL");
        await once(daemon, "exit");
        while (left.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 5));
      },
    );
  });
}

/** A process that starts something on its own, as the daemon does, and says so when both sleepers run. */
function daemonScript(kind: (typeof KINDS)[number]): string {
  const url = (name: string) => new URL(`./${name}.ts`, import.meta.url).href;
  const request = launch(kind, "(setsid sleep 7005 >/dev/null 2>&1 &); echo up; exec sleep 7005");
  return `
    const { createProcesses } = await import(${JSON.stringify(url("processes"))});
    const { openSegments } = await import(${JSON.stringify(url("segments"))});
    const { createSecrets } = await import(${JSON.stringify(url("secrets"))});
    const segments = openSegments(${JSON.stringify(join(folder, "daemon"))}, createSecrets());
    const processes = createProcesses({ segments, redact: (text) => text, namespaces: ${kind !== "group"} });
    const running = await processes.start(${JSON.stringify(request)});
    while ((await processes.pids(running)).length < 2 || !(await running.tail(10)).includes("up"))
      await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log("started");
    setInterval(() => {}, 1000);
  `;
}

describe("processes", () => {
  const processes = processesOf("group");

  it("keeps up with 100 MB of output and stays small", async () => {
    const command = `node -e 'const line = "x".repeat(99) + "\\n"; process.stdout.write(line.repeat(1e6), () => console.log("last line"))'`;
    const result = await processes.run(launch("group", command), { timeout: 60_000 });
    assert.equal(result.exit, 0);
    assert.ok(result.output.endsWith("last line\n"));
    assert.ok(Buffer.byteLength(result.output) <= 256 * 1024);
    assert.ok(result.segment.to <= 66 * 1024 * 1024);
  });

  it("answers 127 when a command cannot be started", async () => {
    const result = await processes.run(
      { command: "true", site: SITE, segment: "x", cwd: join(folder, "absent"), env },
      { timeout: 1000 },
    );
    assert.equal(result.exit, 127);
    assert.match(result.output, /cannot be started/);
  });

  it("stops a run by its signal", async () => {
    const abort = new AbortController();
    const result = processes.run(launch("group", "sleep 7006"), { timeout: 60_000, signal: abort.signal });
    abort.abort();
    assert.equal((await result).timedOut, false);
    assert.deepEqual(await pidsWith("sleep 7006"), []);
  });

  it("ends everything on close", async () => {
    const running = await Promise.all([1, 2].map(() => processes.start(launch("group", "echo up; sleep 7007"))));
    await Promise.all(running.map((one) => printed(one, "up")));
    await processes.close(1000);
    assert.deepEqual(await pidsWith("sleep 7007"), []);
  });

  it("sweeps what a killed daemon left, by its mark, and nothing else", async () => {
    const mark = `${SITE}-orphans`;
    const orphan = spawn("sleep", ["7008"], {
      detached: true,
      stdio: "ignore",
      env: { ...env, LODESTAR_SITE: `${mark}/web` },
    });
    const other = spawn("sleep", ["7009"], {
      detached: true,
      stdio: "ignore",
      env: { ...env, LODESTAR_SITE: `${SITE}-other` },
    });
    await Promise.all([once(orphan, "spawn"), once(other, "spawn")]);
    const gone = once(orphan, "exit");
    assert.deepEqual(await sweepOrphans(mark), [orphan.pid]);
    await gone;
    assert.equal(isAlive(other.pid ?? 0), true);
    other.kill("SIGKILL");
    await once(other, "exit");
  });

  it("keeps secrets of the environment out of the process list", { skip: missing("sandbox") }, async () => {
    const request = launch("sandbox", "echo up; sleep 7010");
    assert.ok("view" in request);
    const view = { ...request.view, env: { ...env, TOP: "visible-to-nobody" } };
    const inSandbox = processesOf("sandbox");
    const running = await inSandbox.start({ ...request, view });
    await printed(running, "up");
    assert.doesNotMatch(readFileSync(`/proc/${running.pid}/cmdline`, "utf8"), /visible-to-nobody/);
    await running.stop(100);
  });
});
