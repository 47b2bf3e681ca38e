/** `lodestar struggles` as a person starts it: the real program, a data dir of its own, no daemon. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { agentAbove } from "../host/agent-programs.ts";
import { loadAgents } from "../host/plugins.ts";
import { StruggleSettings } from "../sdk/index.ts";
import { openWorld, PROGRAM, type World } from "../testing/lodestar.ts";

const SESSION = fileURLToPath(new URL("../../examples/sessions/", import.meta.url));
/** What changes rules refuses to run below an agent, so an agent that runs these tests cannot see it. */
const above = await agentAbove((await loadAgents()).map(({ plugin }) => plugin));
const skip = above === undefined ? false : `${above} runs these tests`;

let world: World;
const settingsFile = () => join(world.dataDir, "struggle-settings.json");

before(async () => {
  world = await openWorld();
});
after(() => world.close());

test("without a file the built-in rules are listed, and nothing is written", async () => {
  const { status, stdout } = await struggles("list");
  assert.equal(status, 0);
  assert.match(stdout, /^rule +on +action +from +pattern +hits +wrong +precision +source\n/);
  assert.match(stdout, /\nrepeated-call +yes +block +4 times +repeated-call +0 +0 +- +builtin\n/);
  await assert.rejects(readFile(settingsFile()));
  assert.match((await struggles("list", "--counters")).stdout, /^No alarm yet\.$/m);
});

test("a loop's session shows which rule fires at which step, and an honest one that none does", async () => {
  const honest = await struggles("test", join(SESSION, "honest-api-backoff.jsonl"));
  assert.match(honest.stdout, /^No rule fires in \d+ steps\.$/m);
  const loop = join(world.root, "loop.jsonl");
  const step = { at: 1, session: "s", agent: "claude", kind: "tool", tool: "Bash", input: { command: "make" } };
  const failed = { ...step, kind: "failure", ok: false, output: "Error: no" };
  const event = JSON.stringify({ type: "agent.step", data: step, seq: 1 });
  const rest = JSON.stringify({ type: "daemon.started", data: {}, seq: 2 });
  await writeFile(
    loop,
    [...Array.from({ length: 4 }, () => [event, JSON.stringify(failed), rest]).flat(), event].join("\n"),
  );
  const fired = await struggles("test", loop);
  assert.match(fired.stdout, /^step 7 +block +repeated-call +.*4 times/m);
  await writeFile(loop, `${event}\n{"no": "step"}\n`);
  const wrong = await struggles("test", loop);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /Line 2 of .*loop\.jsonl is no step/);
});

test("a daemon says once that the settings are invalid, and its log is counted while it runs", async () => {
  await mkdir(world.dataDir, { recursive: true });
  await writeFile(settingsFile(), '{"version": 3}');
  const daemon = world.start("daemon");
  const said = await daemon.printed(/is not valid, so the built-in rules are used/);
  assert.equal(said.match(/is not valid/g)?.length, 1);
  await world.untilDaemon();
  assert.match((await struggles("list", "--counters")).stdout, /^No alarm yet\.$/m);
  daemon.child.kill("SIGTERM");
  await daemon.ended;
  await rm(settingsFile());
});

describe("changes", { skip }, () => {
  test("a rule is added, tried, turned off and removed", async () => {
    const match = ["--match", "tool=Bash", "--match", "error=*EADDRINUSE*"];
    const where = ["--agent", "claude", "--model", "opus*", "--repo", "shop", "--repo", "blog"];
    const added = await struggles("add", "port", ...match, ...where, "--action", "block", "--threshold", "2");
    assert.equal(added.status, 0, added.stderr);
    const [rule] = (await settings()).rules;
    assert.deepEqual(rule, {
      id: "port",
      pattern: { match: { tool: "Bash", error: "*EADDRINUSE*" } },
      threshold: 2,
      action: "block",
      enabled: true,
      filters: { agents: ["claude"], models: ["opus*"], tools: [], repos: ["shop", "blog"] },
      source: { kind: "user" },
      hits: 0,
      wrong: 0,
      precision: null,
    });
    assert.match((await struggles("add", "port", ...match)).stderr, /There is a rule port already/);
    assert.match((await struggles("list")).stdout, /port: only agents \["claude"\], models \["opus\*"\]/);
    assert.match((await struggles("disable", "port")).stdout, /port is off/);
    assert.equal((await settings()).rules[0]?.enabled, false);
    assert.match((await struggles("enable", "port")).stdout, /port is on, and does block/);
    assert.match((await struggles("remove", "port")).stdout, /port is gone/);
    assert.deepEqual((await settings()).rules, []);
  });

  test("a built-in rule is changed by its name, and removing the change brings it back", async () => {
    await struggles("add", "repeated-call", "--threshold", "6", "--agent", "codex");
    await struggles("add", "repeated-call", "--action", "pause");
    const listed = await struggles("list");
    assert.match(listed.stdout, /^repeated-call +yes +pause +6 times/m);
    assert.match(listed.stdout, /repeated-call: only agents \["codex"\]/);
    assert.match((await struggles("remove", "repeated-call")).stdout, /as it was built in/);
    assert.match((await struggles("list")).stdout, /^repeated-call +yes +block +4 times/m);
    const again = await struggles("remove", "repeated-call");
    assert.equal(again.status, 2);
    assert.match(again.stderr, /next: +lodestar struggles disable repeated-call/);
  });

  test("what is no rule is refused with the words that there are", async () => {
    for (const [args, why] of [
      [["add"], /What is to be looked for/],
      [["add", "--pattern", "loop"], /repeated-call, repeated-failure/],
      [["add", "--pattern", "oscillation", "--threshold", "1"], /threshold/],
      [["add", "--pattern", "oscillation", "--action", "kill"], /note, warn, block, pause/],
      [["add", "--match", "text=x"], /tool, input, error/],
      [["add", "Bad Id", "--pattern", "oscillation"], /expected a short name/],
      [["disable", "nothing"], /There is no rule nothing/],
      [["remove"], /It takes one: struggles remove ID/],
      [["export"], /Where to/],
      [["export", "--output", join(world.root, "none.json")], /no rule of your own/],
    ] as const) {
      const ended = await struggles(...args);
      assert.equal(ended.status, 2, args.join(" "));
      assert.match(ended.stderr, why);
    }
    assert.deepEqual((await settings()).rules, []);
  });

  test("a signed pack travels to another machine, where it warns at most", async () => {
    const pack = join(world.root, "team.json");
    await struggles("add", "port", "--match", "error=EADDRINUSE", "--action", "pause", "--repo", "secret-project");
    const exported = await struggles("export", "port", "--output", pack);
    assert.equal(exported.status, 0, exported.stderr);
    const keyid = /signed by ([0-9a-f]{64})\./.exec(exported.stdout)?.[1] ?? "";
    assert.doesNotMatch(
      Buffer.from(JSON.parse(await readFile(pack, "utf8")).payload, "base64").toString(),
      /secret-project/,
    );
    const other = ["--data-dir", join(world.root, "other")];
    const unknown = await struggles("import", pack, ...other, "--yes");
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, new RegExp(`nothing tells whose key ${keyid} is`));
    const shown = await struggles("import", pack, ...other, "--key", keyid);
    assert.match(shown.stdout, /^port +yes +warn +3 times +\{"error":"EADDRINUSE"\}/m);
    assert.match(shown.stderr, /nothing was taken in\n {2}next: +.*--key [0-9a-f]{64} --yes/);
    const taken = await struggles("import", pack, ...other, "--key", keyid, "--yes");
    assert.match(taken.stdout, /Took 1 in\./);
    const [rule] = JSON.parse((await struggles("list", "--json", ...other)).stdout).rules.slice(-1);
    assert.deepEqual(
      [rule.id, rule.action, rule.source],
      ["port", "warn", { kind: "pack", name: `team.json, signed by ${keyid.slice(0, 16)}` }],
    );
    const again = await struggles("import", pack, ...other, "--key", keyid);
    assert.match(again.stdout, /there already, and left as it is: port\nNothing changes\./);
  });

  test("an invalid file is said, and is not written over", async () => {
    const before = await readFile(settingsFile(), "utf8");
    await writeFile(settingsFile(), "{");
    const listed = await struggles("list");
    assert.equal(listed.status, 1);
    assert.match(listed.stdout, /^repeated-call +yes +block/m);
    assert.match(listed.stderr, /struggle-settings\.json is not valid, so the built-in rules are used/);
    const added = await struggles("add", "--pattern", "oscillation");
    assert.equal(added.status, 2);
    assert.match(added.stderr, /next: +mend .*, or move it away/);
    assert.equal(await readFile(settingsFile(), "utf8"), "{");
    await writeFile(settingsFile(), before);
  });
});

test("an agent may look, and changes nothing", async () => {
  const claude = join(world.root, "programs", "claude");
  await mkdir(join(world.root, "programs"));
  await writeFile(claude, `#!/bin/sh\nif [ "$1" = --version ]; then echo "2.1.329 (Claude Code)"; else "$@"; fi\n`);
  await chmod(claude, 0o755);
  const before = await readFile(settingsFile(), "utf8").catch(() => undefined);
  for (const args of [
    ["add", "--pattern", "oscillation"],
    ["remove", "port"],
    ["disable", "repeated-call"],
    ["import", "x"],
    ["export", "port", "--output", "x"],
  ]) {
    const { code, stderr } = await below(claude, args);
    assert.equal(code, 2);
    assert.match(stderr, /started this command, and an agent must not change what watches it/);
  }
  assert.equal((await below(claude, ["list"])).code, 0);
  assert.equal(await readFile(settingsFile(), "utf8").catch(() => undefined), before);
});

function struggles(...args: string[]) {
  return world.run("struggles", ...args);
}

async function settings(): Promise<StruggleSettings> {
  return StruggleSettings.parse(JSON.parse(await readFile(settingsFile(), "utf8")));
}

function below(agent: string, args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const env = { ...process.env, HOME: world.home, LODESTAR_HOME: world.dataDir, NO_COLOR: "1" };
  const command = [process.execPath, "--disable-warning=ExperimentalWarning", PROGRAM, "struggles", ...args];
  return new Promise((resolve) =>
    execFile(agent, command, { env, cwd: world.root }, (error, _stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stderr }),
    ),
  );
}
