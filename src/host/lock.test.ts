import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isUserError } from "../sdk/index.ts";
import { lockDataDir } from "./lock.ts";

if (process.argv[2] === "hold") await hold(process.argv[3] ?? "");
else register();

function register() {
  test("one holder at a time; the second learns who it is", async (t) => {
    const dir = join(await folder(t), "a/data");
    const first = await lockDataDir(dir);
    assert.ok(first.ok);
    assert.equal((await stat(dir)).mode & 0o777, 0o700);
    await first.lock.describe({ port: 4711, version: "1.2.3" });
    const second = await lockDataDir(dir);
    assert.ok(!second.ok);
    assert.equal(second.heldBy?.pid, process.pid);
    assert.equal(second.heldBy.port, 4711);
    assert.equal(second.heldBy.version, "1.2.3");
    assert.equal((await stat(join(dir, "holder.json"))).mode & 0o777, 0o600);
    const third = await lockDataDir(dir);
    assert.ok(!third.ok, "a refused attempt does not loosen the lock");
    await first.lock.release();
    await first.lock.release();
    const fourth = await lockDataDir(dir);
    assert.ok(fourth.ok);
    await fourth.lock.release();
  });

  test("another process holds it until it is killed", async (t) => {
    const dir = await folder(t);
    const child = spawn(process.execPath, [import.meta.filename, "hold", dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    const held = await lockDataDir(dir);
    assert.ok(!held.ok);
    assert.equal(held.heldBy?.pid, child.pid);
    child.kill("SIGKILL");
    await exited;
    const taken = await lockDataDir(dir);
    assert.ok(taken.ok);
    await taken.lock.release();
  });

  test("a holder that has not said who it is, is unknown, and a stale file means nothing", async (t) => {
    const dir = await folder(t);
    await writeFile(join(dir, "holder.json"), "{ half");
    const first = await lockDataDir(dir);
    assert.ok(first.ok);
    await writeFile(join(dir, "holder.json"), "{ half");
    assert.deepEqual(await lockDataDir(dir), { ok: false, heldBy: undefined });
    await first.lock.release();
  });

  test("a data dir that cannot be made is the user's to mend", async (t) => {
    const dir = await folder(t);
    await writeFile(join(dir, "file"), "");
    await assert.rejects(
      lockDataDir(join(dir, "file")),
      (error) => isUserError(error) && /--data-dir/.test(error.next),
    );
  });
}

async function hold(dir: string): Promise<void> {
  const held = await lockDataDir(dir);
  process.stdout.write(held.ok ? "held\n" : "refused\n");
  await new Promise(() => setInterval(() => {}, 1000));
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "lock-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
