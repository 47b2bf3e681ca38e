import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { probeSandbox } from "../host/sandbox.ts";
import { endpointOf, openWorld, reportOf } from "../testing/lodestar.ts";
import { untilGone } from "../testing/processes.ts";
import { served, tested } from "../testing/repos.ts";

const trust = (await probeSandbox()).works ? [] : ["--trust"];

describe("a machine on which something is wrong", { concurrency: true }, () => {
  test("a daemon that is killed while services run takes them along, is said, and comes back with them", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const repo = await world.repo("shop", { ...served(), ...tested() });
    const first = reportOf(await world.run("up", repo, "--json", ...trust));
    const { pid } = await endpointOf(world.dataDir);
    process.kill(pid, "SIGKILL");
    await untilGone(pid);
    assert.deepEqual(await world.left(), []);
    const status = await world.run("status");
    assert.match(status.stdout, new RegExp(`The daemon \\(pid ${pid}\\) was killed`));
    const services = await world.run("services");
    assert.deepEqual([services.status, /was killed.*next: +lodestar up/s.test(services.stderr)], [2, true]);

    const again = reportOf(await world.run("up", repo, "--json", ...trust));
    assert.deepEqual(
      [again.state, again.receipt, again.services[0]?.url],
      ["healthy", first.receipt, first.services[0]?.url],
    );
    assert.match((await world.run("stop")).stdout, /stopped/);
    assert.equal((await world.left(0)).length, 1, "the new daemon alone");
  });

  test("two daemons on one data dir, and a data dir of a newer version", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const { endpoint } = await world.daemon();
    const second = await world.run("daemon");
    assert.deepEqual(
      [second.status, new RegExp(`pid ${endpoint.pid}\\).*next: +lodestar status`, "s").test(second.stderr)],
      [2, true],
    );
    process.kill(endpoint.pid, "SIGTERM");
    await untilGone(endpoint.pid);
    assert.match((await world.run("status")).stdout, /No daemon runs here/);

    const log = new DatabaseSync(join(world.dataDir, "log.db"));
    log.exec("UPDATE meta SET value = '99' WHERE name = 'schema'");
    log.close();
    const refused = await world.run("up", await world.repo("shop", served()), "--json");
    assert.equal(refused.status, 2);
    const { error } = JSON.parse(refused.stdout);
    assert.match(error.message, /newer Lodestar/);
    assert.match(error.next, /npm install --global lodestar/);
    assert.deepEqual(await world.left(0), []);
  });

  test("no network: what cannot be installed is a question, and is not called healthy", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const manifest = { name: "shop", dependencies: { "is-odd": "3.0.1" }, scripts: { start: "node server.js" } };
    const files = { ...served(), "package.json": JSON.stringify(manifest) };
    const npmrc = "registry=https://registry.invalid/\nfetch-retries=0\n";
    const end = await world.run(
      "up",
      await world.repo("far", { ...files, ".npmrc": npmrc }),
      "--once",
      "--json",
      ...trust,
    );
    const report = reportOf(end);
    assert.deepEqual([end.status, report.state, report.services], [4, "needs-you", []]);
    assert.match(
      report.questions[0]?.question ?? "",
      /Installing .* with npm failed.*(registry\.invalid|ENOTFOUND|E403|403)/s,
    );
    assert.match(report.questions[0]?.next ?? "", /lodestar logs/);
  });

  test("no free disk", async (t) => {
    const disk = await mkdtemp(join(tmpdir(), "disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      await rm(disk, { recursive: true });
      return t.skip("a file system of its own cannot be mounted here");
    }
    const world = await openWorld({ dataDir: join(disk, "data") });
    t.after(async () => {
      await world.close();
      execFileSync("umount", ["--lazy", disk]);
      await rm(disk, { recursive: true });
    });
    const end = await world.run(
      "up",
      await world.repo("shop", { ...served(), ...tested() }),
      "--once",
      "--json",
      ...trust,
    );
    // Where the daemon was started again on the full disk, it is the data dir that cannot be used.
    assert.ok(end.status === 4 || end.status === 2, end.stdout + end.stderr);
    assert.match(end.stdout, /disk is full|ENOSPC|no space left/i);
    assert.deepEqual(await world.left(), []);
  });
});
