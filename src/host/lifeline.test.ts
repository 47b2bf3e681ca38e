import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { processesOf } from "../testing/processes.ts";
import { sweepOrphans } from "./process-tree.ts";
import { probeSandbox } from "./sandbox.ts";

const ROUNDS = 8;

/** A daemon that starts one command and says so as soon as its process exists. */
function daemonOf(folder: string, request: unknown, options: unknown): string {
  const tree = new URL("./process-tree.ts", import.meta.url).href;
  return `import { startTree } from ${JSON.stringify(tree)};
    await startTree(${JSON.stringify(request)}, ${JSON.stringify(options)});
    process.stdout.write("started");
    setInterval(() => {}, 1000);
    // ${folder}`;
}

const view = (folder: string) => {
  const scratch = join(folder, "scratch");
  const env = { MARK: folder };
  return { repo: join(folder, "repo"), scratch, home: scratch, dir: join(folder, "repo"), env, network: "none" };
};

for (const how of ["sandbox", "namespace", "group"])
  test(`a command does not outlive a daemon that is killed right after its start (${how})`, async (t) => {
    if (process.platform !== "linux") return t.skip("/proc not found");
    if (how === "sandbox" && !(await probeSandbox()).works) return t.skip("bubblewrap not found");
    const folder = await realpath(await mkdtemp(join(tmpdir(), "lifeline-")));
    t.after(() => rm(folder, { recursive: true, force: true }));
    for (const name of ["repo", "scratch"]) await mkdir(join(folder, name));
    const where = how === "sandbox" ? { view: view(folder) } : { cwd: folder, env: { ...process.env, MARK: folder } };
    const request = { command: "sleep 1000 & sleep 1000", site: `${folder}/x`, start: "1", ...where };
    const program = daemonOf(folder, request, { namespaces: how === "namespace" });
    for (let round = 0; round < ROUNDS; round++) {
      const daemon = spawn(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
      await once(daemon.stdout, "data");
      await wait(round * 2);
      daemon.kill("SIGKILL");
      await once(daemon, "exit");
    }
    const deadline = performance.now() + 15_000;
    const sleeping = async () =>
      (await processesOf(folder)).filter(({ line }) => line.endsWith("sleep 1000") && !line.startsWith("bwrap "));
    while ((await sleeping()).length > 0 && performance.now() < deadline) await wait(20);
    assert.deepEqual(await sleeping(), []);
    // bubblewrap itself may wait for its dead parent for ever, with nothing inside: the next daemon ends it.
    await sweepOrphans(folder);
    assert.deepEqual(await processesOf(folder), []);
  });
