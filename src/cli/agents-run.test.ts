/** `lodestar agents run`: the real program and daemon, with a scripted `codex` program, and with the real Codex on a scripted model. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { z } from "zod";
import { probeSandbox } from "../host/sandbox.ts";
import { eventsOf, openWorld, type World } from "../testing/lodestar.ts";
import { folderFor } from "../testing/machine.ts";
import { openScriptedModel } from "../testing/scripted-codex.ts";

const TESTED = "codex-cli 0.169.0";
const trust = (await probeSandbox()).works ? [] : ["--trust"];
const FILES = {
  Makefile: ".PHONY: test\ntest:\n\tnode --test\n",
  "sums.js": "exports.add = (a, b) => a + b;\n",
  "sums.test.js":
    'const { add } = require("./sums.js");\nrequire("node:test").test("adds", () => require("node:assert").equal(add(1, 2), 3));\n',
};
const BREAK = "echo 'exports.add = (a, b) => a - b;' > sums.js";
const MEND = "echo 'exports.add = (a, b) => b + a;' > sums.js";
const Answer = z.object({
  session: z.string(),
  verdict: z.string(),
  rounds: z.array(z.object({ said: z.string(), error: z.string().nullable(), verdict: z.string() })),
});

/** A Codex that says what 0.169.0 said (plugins/agent/_shared-codex-examples.ts): it runs the next line of `script`. */
const SCRIPTED = `#!/usr/bin/env node
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const { execSync } = require("node:child_process");
const args = process.argv.slice(2);
const file = __dirname + "/script";
const [next, ...rest] = readFileSync(file, "utf8").split("\\n");
if (args[0] !== "--version") {
  appendFileSync(__dirname + "/asked", JSON.stringify({ args, pid: process.pid }) + "\\n");
  writeFileSync(file, rest.join("\\n"));
  const say = (line) => console.log(JSON.stringify(line));
  say({ type: "thread.started", thread_id: "01a1fe5c-4009" });
  say({ type: "turn.started" });
  if (next === "hang") setInterval(() => undefined, 1000);
  else if (next === "fail") {
    say({ type: "turn.failed", error: { message: '{"error":{"message":"Budget of $1.00 is used up."}}' } });
    process.exit(1);
  } else {
    const item = { id: "item_0", type: "command_execution", command: next };
    say({ type: "item.started", item: { ...item, aggregated_output: "", exit_code: null, status: "in_progress" } });
    execSync(next);
    say({ type: "item.completed", item: { ...item, aggregated_output: "", exit_code: 0, status: "completed" } });
    say({ type: "item.completed", item: { id: "item_1", type: "agent_message", text: "All done! Tests pass." } });
    say({ type: "turn.completed", usage: { input_tokens: 60, cached_input_tokens: 15, output_tokens: 18 } });
  }
}
`;

const codex = realCodex();
const skip = codex === undefined ? `no ${TESTED} on PATH or in LODESTAR_CODEX` : false;

// Each has a world of its own, and mostly waits.
describe("agents run", { concurrency: true }, () => {
  test("a false done goes back into the same conversation until it is true", async (t) => {
    const { world, repo, asked } = await scripted(t, [BREAK, MEND]);
    const client = await world.daemon();
    const ended = await world.run("agents", "run", "codex", "Make add faster", "--repo", repo, ...trust);
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /· Bash {2}echo 'exports.add/);
    assert.match(ended.stdout, /Sent back with the evidence \(1 of 3\)/);
    const [first, second] = await asked();
    const flags = ["--sandbox", "workspace-write", "--json", "--skip-git-repo-check"];
    assert.deepEqual(first?.args, ["exec", ...flags, "--", "Make add faster"]);
    assert.ok(second?.args.includes("resume") && second.args.includes("01a1fe5c-4009"));
    assert.match(second?.args.at(-1) ?? "", /You said "Tests pass".*\n[^]*adds/);
    const events = await eventsOf(client);
    const stops = events.flatMap(({ type, data }) => (type === "agent.stop" ? [data] : []));
    assert.deepEqual(
      stops.map((one) => [one.verdict, one.escalationPath, one.returns, one.errorType, one.taskId]),
      [
        ["refuted", "auto_retry", 1, "test_failure", "01a1fe5c-4009"],
        ["verified", null, 1, null, "01a1fe5c-4009"],
      ],
    );
    const sessions = events.flatMap(({ type, data }) => (type === "agent.session" ? [data] : []));
    assert.deepEqual(
      sessions.map((one) => [one.state, one.by, one.covers]),
      [
        ["started", "run", ["verdict"]],
        ["ended", "run", ["verdict"]],
      ],
    );
  });

  test("after the last try a person is told, and an agent that fails is proved all the same", async (t) => {
    const { world, repo } = await scripted(t, [BREAK, "fail"]);
    const client = await world.daemon();
    const how = ["--repo", repo, "--tries", "1", "--json", ...trust];
    const ended = await world.run("agents", "run", "codex", "Fix the failing tests", ...how);
    assert.equal(ended.status, 1, ended.stdout + ended.stderr);
    const { session, verdict, rounds } = Answer.parse(JSON.parse(ended.stdout));
    assert.deepEqual([session, verdict], ["01a1fe5c-4009", "refuted"]);
    assert.deepEqual(
      rounds.map(({ error, verdict }) => [error, verdict]),
      [
        [null, "refuted"],
        ["Budget of $1.00 is used up.", "refuted"],
      ],
    );
    const stop = (await eventsOf(client)).findLast((one) => one.type === "agent.stop")?.data;
    assert.partialDeepStrictEqual(stop, {
      completed: false,
      escalationPath: "pause_and_notify",
      addToStruggleSettings: true,
      returns: 1,
    });
  });

  test("Ctrl-C ends the agent, and nothing is proved", async (t) => {
    const { world, repo, asked } = await scripted(t, ["hang"]);
    const run = world.start("agents", "run", "codex", "Make add faster", "--repo", repo, ...trust);
    while ((await asked()).length === 0) await new Promise((done) => setTimeout(done, 25));
    run.child.kill("SIGINT");
    const ended = await run.ended;
    assert.equal(ended.status, 4, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /nothing was proved/);
    assert.deepEqual(await world.left(), []);
  });

  test("Ctrl-C ends the proof, and the agent does not go on", async (t) => {
    const { world, repo, asked } = await scripted(t, [BREAK, MEND]);
    const run = world.start("agents", "run", "codex", "Make add faster", "--repo", repo, ...trust);
    await run.printed(/is proved now/);
    run.child.kill("SIGINT");
    const ended = await run.ended;
    assert.equal(ended.status, 4, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /nothing was proved/);
    assert.equal((await asked()).length, 1);
    assert.deepEqual(await world.left(), []);
  });

  test("what is missing or mistyped is said with the next command", async (t) => {
    const world = await openWorld({ without: ["codex", "claude"] });
    t.after(() => world.close());
    const repo = await world.repo("sums", FILES);
    for (const [args, said] of [
      [["codex", "x"], /Codex is not installed\n.*\n {2}next: +npm install -g @openai\/codex\n/],
      [["copilot", "x"], /There is no agent copilot/],
      [["codex"], /What is it asked to do\?/],
      [["codex", "x", "--tries", "many"], /--tries takes a whole number/],
      [["codex", "x", "--permission", "root"], /--permission takes read, edit or all/],
    ] as const) {
      const ended = await world.run("agents", "run", ...args, "--repo", repo);
      assert.equal(ended.status, 2);
      assert.match(ended.stderr, said);
    }
  });

  test("the real Codex claims what is false, is sent back with the evidence, and mends it", { skip }, async (t) => {
    const model = await openScriptedModel([
      { shell: BREAK },
      { say: "All done! Tests pass." },
      { shell: MEND },
      { say: "Now it is done. Tests pass." },
    ]);
    t.after(() => model.close());
    const world = await worldWith(t, dirname(codex ?? ""), await model.configure(await folderFor(t)));
    const repo = await world.repo("sums", FILES);
    // Its own sandbox does not work in every container.
    const how = ["--repo", repo, "--permission", "all", "--json", ...trust];
    const ended = await world.run("agents", "run", "codex", "Make add faster", ...how);
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    const { verdict, rounds } = Answer.parse(JSON.parse(ended.stdout));
    assert.equal(verdict, "verified");
    assert.deepEqual(
      rounds.map(({ said, verdict }) => [said, verdict]),
      [
        ["All done! Tests pass.", "refuted"],
        ["Now it is done. Tests pass.", "verified"],
      ],
    );
    assert.match(model.asked[2] ?? "", /You said "Tests pass"[^]*adds/);
    assert.match(await readFile(join(repo, "sums.js"), "utf8"), /b \+ a/);
  });
});

/** A world in which `codex` runs these lines, one for each time that it is started. */
async function scripted(t: TestContext, script: readonly string[]) {
  const bin = await folderFor(t);
  await writeFile(join(bin, "codex"), SCRIPTED);
  await chmod(join(bin, "codex"), 0o755);
  await writeFile(join(bin, "script"), script.join("\n"));
  const world = await worldWith(t, bin);
  const asked = async () =>
    (await readFile(join(bin, "asked"), "utf8").catch(() => ""))
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [z.object({ args: z.array(z.string()) }).parse(JSON.parse(line))]));
  return { world, repo: await world.repo("sums", FILES), asked };
}

async function worldWith(t: TestContext, bin: string, env: Readonly<Record<string, string>> = {}): Promise<World> {
  const world = await openWorld({ env: { PATH: `${bin}${delimiter}${process.env["PATH"]}`, ...env } });
  t.after(() => world.close());
  return world;
}

/** Where the measured Codex is; `.ci/run` brings it. */
function realCodex(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "codex"));
  return [process.env["LODESTAR_CODEX"] ?? "", ...folders].find(
    (file) => file !== "" && existsSync(file) && versionOf(file) === TESTED,
  );
}

function versionOf(file: string): string {
  const { stdout } = spawnSync(file, ["--version"], { encoding: "utf8", timeout: 10_000 });
  return (stdout ?? "").trim();
}
