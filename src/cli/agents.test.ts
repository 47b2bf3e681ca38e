/** `lodestar agents` and `lodestar hook` as a person and an agent start them: the real program, a real daemon, a HOME of its own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { agentAbove } from "../host/agent-programs.ts";
import { loadAgents } from "../host/plugins.ts";
import { endpointOf, eventsOf, git, openWorld, PROGRAM, type Ended, type World } from "../testing/lodestar.ts";
import type { Client } from "../client/client.ts";

const Listed = z.object({
  agents: z.array(
    z.object({
      agent: z.string(),
      installed: z.boolean(),
      version: z.string().nullable(),
      hooks: z.array(z.object({ scope: z.string(), file: z.string(), state: z.string() })),
      covers: z.array(z.string()),
      notCovered: z.array(z.string()),
    }),
  ),
  sessions: z
    .array(
      z.object({
        session: z.string(),
        agent: z.string(),
        by: z.string(),
        cwd: z.string(),
        covers: z.array(z.string()),
      }),
    )
    .nullable(),
});
const Hooks = z.object({
  hooks: z.record(z.string(), z.array(z.object({ hooks: z.array(z.record(z.string(), z.unknown())) }))),
});

/** What changes settings refuses to run below an agent, so an agent that runs these tests cannot see them. */
const above = await agentAbove((await loadAgents()).map(({ plugin }) => plugin));
const skip = above === undefined ? false : `${above} runs these tests`;

let world: World;
let client: Client;
let repo: string;
let bin: string;

before(async () => {
  world = await openWorld();
  bin = join(world.root, "programs");
  await program("claude", `#!/bin/sh\nif [ "$1" = --version ]; then echo "2.1.329 (Claude Code)"; else "$@"; fi\n`);
  repo = await world.repo("shop", { "a.txt": "a\n" });
  client = await world.daemon();
  const ended = await world.run("up", repo, "--trust", "--no-start", "--no-install", "--no-open", "--json", "--once");
  assert.equal(ended.status, 0, ended.stdout + ended.stderr);
});

after(() => world.close());

describe("settings", { skip }, () => {
  test("nobody is asked without a terminal: the change is shown and nothing is written", async () => {
    const ended = await lodestar(["agents", "install", "claude"]);
    assert.equal(ended.status, 2);
    assert.match(ended.stdout, /^--- \/dev\/null\n\+\+\+ .*\/home\/\.claude\/settings\.json\n@@ /);
    assert.match(ended.stderr, /nothing was written\n {2}next: +lodestar agents install claude --yes/);
    await assert.rejects(stat(join(world.home, ".claude")));
  });

  test("beside the user's own hooks, and gone without a trace; the text from before is kept", async () => {
    const file = join(world.home, ".claude/settings.json");
    const before =
      '{\n  "model": "opus",\n  "hooks": { "Stop": [{ "hooks": [{ "type": "command", "command": "say done" }] }] }\n}\n';
    await mkdir(dirname(file));
    await writeFile(file, before, { mode: 0o640 });
    const installed = await lodestar(["agents", "install", "claude", "--user", "--yes"]);
    assert.equal(installed.status, 0, installed.stderr);
    const after = await readFile(file, "utf8");
    assert.match(after, /"say done"/);
    assert.equal((await stat(file)).mode & 0o777, 0o640);
    const backup = /\(before: (.*)\)/.exec(installed.stdout)?.[1] ?? "";
    assert.equal(await readFile(backup, "utf8"), before);
    assert.ok(backup.startsWith(world.dataDir));
    assert.deepEqual(await readdir(dirname(file)), ["settings.json"]);
    const again = await lodestar(["agents", "install", "claude", "--yes"]);
    assert.match(again.stdout, /nothing changes/);
    const removed = await lodestar(["agents", "uninstall", "claude", "--yes"]);
    assert.equal(removed.status, 0, removed.stderr);
    assert.equal(await readFile(file, "utf8"), before);
  });

  test("a settings file that is a link stays a link", async () => {
    const [file, dotfiles] = [join(repo, ".claude/settings.json"), join(world.root, "dotfiles.json")];
    await mkdir(dirname(file));
    await writeFile(dotfiles, "{}\n");
    await symlink(dotfiles, file);
    assert.equal((await lodestar(["agents", "install", "claude", "--project", "--yes"])).status, 0);
    assert.match(await readFile(dotfiles, "utf8"), /by=lodestar/);
    assert.equal((await lodestar(["agents", "uninstall", "claude", "--yes"])).status, 0);
    assert.equal(await readFile(dotfiles, "utf8"), "{}\n");
  });

  test("what is not understood is left alone, with what to do", async () => {
    const file = join(world.home, ".codex/hooks.json");
    await mkdir(dirname(file));
    await writeFile(file, "{ // mine\n}");
    const ended = await lodestar(["agents", "install", "codex", "--yes"]);
    assert.equal(ended.status, 2);
    assert.match(
      ended.stderr,
      /not valid JSON; it stays as it is\.\n {2}tried: read .*hooks\.json\n {2}next: +mend hooks\.json/,
    );
    assert.equal(await readFile(file, "utf8"), "{ // mine\n}");
    await writeFile(file, "{}");
    for (const [agent, why] of [
      ["gemini", /No hooks of Gemini CLI/],
      ["copilot", /There is no agent copilot/],
    ] as const)
      assert.match((await lodestar(["agents", "install", agent, "--yes"])).stderr, why);
  });

  test("the plugin folder leaves the repository as it is, and its hooks reach the daemon with its own key", async () => {
    const ended = await lodestar(["agents", "install", "claude", "--plugin", "--yes"]);
    assert.match(ended.stdout, /next: claude --plugin-dir (.*\/data\/agents\/claude)\n/);
    const folder = join(world.dataDir, "agents/claude");
    assert.equal(JSON.parse(await readFile(join(folder, ".claude-plugin/plugin.json"), "utf8")).name, "lodestar");
    assert.equal(await git(repo, "status", "--porcelain", "--", "a.txt"), "");
    const text = await readFile(join(folder, "hooks/hooks.json"), "utf8");
    const { token } = await endpointOf(world.dataDir);
    assert.doesNotMatch(text, new RegExp(token));
    const { hooks } = Hooks.parse(JSON.parse(text));
    const hook = hooks["PreToolUse"]?.[0]?.hooks[0];
    const response = await fetch(String(hook?.["url"]), {
      method: "POST",
      body: JSON.stringify(call("git push --force origin main")),
    });
    assert.match(await response.text(), /"permissionDecision":"deny"/);
    const command = String(hooks["SessionStart"]?.[0]?.hooks[0]?.["command"]);
    const started = { session_id: "s2", cwd: repo, hook_event_name: "SessionStart", source: "startup" };
    assert.deepEqual(await child("sh", ["-c", command], JSON.stringify(started)), {
      status: 0,
      stdout: "{}\n",
      stderr: "",
    });
    const listed = await list();
    assert.deepEqual(listed.agents[0]?.covers, ["hooks"]);
    assert.ok(listed.sessions?.some((one) => one.session === "s2" && one.by === "hook"));
  });
});

describe("who is there", { skip }, () => {
  test("programs with their version, and a session that no hook told of", async () => {
    const agent = spawn(join(bin, "claude"), ["sleep", "60"], { cwd: repo, stdio: "ignore", detached: true });
    try {
      const { agents, sessions } = await list();
      assert.deepEqual(
        agents.map((one) => [one.agent, one.installed, one.version]),
        [
          ["claude", true, "2.1.329"],
          ["codex", false, null],
          ["gemini", false, null],
          ["opencode", false, null],
        ],
      );
      const seen = sessions?.filter((one) => one.by === "process");
      // Two hook sessions of claude are known here, and only one process: it may be one of them.
      assert.deepEqual(seen, []);
      const ends = { session_id: "s1", cwd: repo, hook_event_name: "SessionEnd", reason: "exit" };
      for (const session_id of ["s1", "s2"]) await hook(JSON.stringify({ ...ends, session_id }));
      const [one] = (await list()).sessions ?? [];
      assert.deepEqual([one?.agent, one?.by, one?.cwd, one?.covers], ["claude", "process", repo, []]);
    } finally {
      if (agent.pid !== undefined) process.kill(-agent.pid);
    }
  });

  test("an agent cannot install, uninstall or let itself go on", async () => {
    for (const args of [
      ["install", "claude"],
      ["uninstall", "claude"],
      ["resume", "s1"],
    ]) {
      const ended = await child(join(bin, "claude"), [process.execPath, PROGRAM, "agents", ...args, "--yes"], "");
      assert.equal(ended.status, 2);
      assert.match(ended.stderr, /Claude Code started this command.*\n {2}next: +run it yourself/);
    }
  });
});

describe("lodestar hook", () => {
  test("prints the answer of the daemon, and is no command that people are shown", async () => {
    const denied = await hook(JSON.stringify(call("git push --force origin main")));
    assert.equal(denied.status, 0);
    assert.match(JSON.parse(denied.stdout).hookSpecificOutput.permissionDecisionReason, /default branch/);
    assert.doesNotMatch((await world.run("--help")).stdout, /^ {2}hook /m);
    const told = (await eventsOf(client)).filter((event) => event.type === "agent.denied");
    assert.ok(told.length > 0);
  });

  test("what is no JSON, too large or of an unknown agent gives no answer and status 0", async () => {
    for (const [payload, agent] of [
      ["{", "claude"],
      ["x".repeat(5 * 1024 ** 2), "claude"],
      ["{}", "copilot"],
    ] as const)
      assert.deepEqual(await hook(payload, { agent }), { status: 0, stdout: "", stderr: "" });
  });

  test("without a daemon the agent goes on at once; only a claim that nobody checked is said", async () => {
    const dataDir = join(world.root, "none");
    const quiet = await hook(JSON.stringify(call("ls")), { dataDir });
    assert.deepEqual(quiet, { status: 0, stdout: "", stderr: "" });
    const claim = { session_id: "s", cwd: repo, hook_event_name: "Stop", last_assistant_message: "Done." };
    const said = await hook(JSON.stringify(claim), { dataDir });
    assert.equal(said.status, 0);
    assert.equal(said.stderr, "Lodestar is not running: this claim was not checked. Next: lodestar up\n");
  });
});

async function program(name: string, text: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, name), text);
  await chmod(join(bin, name), 0o755);
}

async function list() {
  const { stdout, stderr, status } = await lodestar(["agents", "list", "--json"]);
  assert.equal(status, 0, stderr);
  return Listed.parse(JSON.parse(stdout));
}

function call(command: string) {
  return {
    session_id: "s1",
    transcript_path: "/home/ada/.claude/projects/-home-ada-shop/s1.jsonl",
    cwd: repo,
    permission_mode: "acceptEdits",
    hook_event_name: "PreToolUse",
    tool_name: "Bash",
    tool_input: { command, description: "look" },
    tool_use_id: `toolu_${command.length}`,
  };
}

function hook(
  payload: string,
  { agent = "claude", dataDir }: { agent?: string; dataDir?: string } = {},
): Promise<Ended> {
  const where = dataDir === undefined ? {} : { LODESTAR_HOME: dataDir };
  return child(process.execPath, [PROGRAM, "hook", agent], payload, where);
}

function lodestar(args: readonly string[]): Promise<Ended> {
  return child(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], "");
}

/** In the repository, with programs of ours alone beside the system's. */
function child(
  file: string,
  args: readonly string[],
  input: string,
  more: Record<string, string> = {},
): Promise<Ended> {
  const path = [bin, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
  const env = { PATH: path, HOME: world.home, LODESTAR_HOME: world.dataDir, NO_COLOR: "1", ...more };
  return new Promise((resolve, reject) => {
    const started = spawn(file, args, { cwd: repo, env });
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      started[name].setEncoding("utf8").on("data", (part: string) => (out[name] += part));
    started.stdin.on("error", () => undefined);
    started.stdin.end(input);
    started.once("error", reject);
    started.once("close", (status) => resolve({ status, ...out }));
  });
}
