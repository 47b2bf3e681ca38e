import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { probeSandbox } from "../host/sandbox.ts";
import { openWorld, reportOf, type World } from "../testing/lodestar.ts";
import { program, served } from "../testing/repos.ts";

const trust = (await probeSandbox()).works ? [] : ["--trust"];
/** No service may put so much on the disk. */
const OUTPUT_CAP = 65 * 1024 * 1024;

describe("services that do not do what they should", { concurrency: true }, () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    await world.daemon();
  });
  after(async () => {
    assert.deepEqual((await world.left(1000)).slice(1), [], "only the daemon is left");
    await world.close();
  });

  /** Brings one up; asserts that its end is an honest question with the next command, and says what the question is. */
  async function asks(name: string, files: Record<string, string>): Promise<string> {
    const end = await world.run("up", await world.repo(name, files), "--once", "--json", "--patience", "3", ...trust);
    const report = reportOf(end);
    assert.deepEqual([end.status, report.state], [4, "needs-you"], end.stdout);
    assert.equal(
      report.services.every((one) => !one.health.ok && one.pid === null && one.url === null),
      true,
    );
    const [question] = report.questions;
    assert.match(question?.next ?? "", /^lodestar /);
    return question?.question ?? "";
  }

  test("ends at once", async () => {
    assert.match(await asks("ends", program("console.log('no license'); process.exit(3);")), /status 3.*no license/);
  });

  test("never listens", async () => {
    assert.match(
      await asks("deaf", program("setInterval(() => {}, 1000);")),
      /does not listen on any port, 3 s after its start/,
    );
  });

  test("forks away", async () => {
    const fork = `const { spawn } = require("node:child_process");
      const server = "require('http').createServer((_, answer) => answer.end()).listen(process.env.PORT)";
      spawn("setsid", [process.execPath, "-e", server], { detached: true, stdio: "ignore" }).unref();`;
    assert.match(await asks("forks", program(fork)), /exited with status 0/);
  });

  test("asks on its standard input", async () => {
    const question = `const { createInterface } = require("node:readline");
      createInterface({ input: process.stdin, output: process.stdout })
        .question("Which port?\\n", () => {});
      process.stdin.on("end", () => process.exit(1));`;
    assert.match(await asks("curious", program(question)), /status 1.*Which port/s);
  });

  test("is named by a manifest and not there", async () => {
    assert.match(await asks("lies", { Procfile: "web: node absent.js\n" }), /web.*guess/);
  });

  test("prints 100 MB", async () => {
    const flood = `const line = "x".repeat(999) + "\\n";
      for (let count = 0; count < 100_000; count++) require("node:fs").writeSync(1, line);`;
    const end = await world.run("up", await world.repo("floods", served(flood)), "--once", "--json", ...trust);
    assert.equal(reportOf(end).state, "healthy");
    const segments = join(world.dataDir, "segments");
    for (const file of await readdir(segments, { recursive: true }))
      assert.ok((await stat(join(segments, file))).size < OUTPUT_CAP, file);
  });
});
