/**
 * What a hook adds to a tool call of an agent: `POST /hooks/claude` with a harmless command, and with one that is denied, at a real
 * daemon, beside the same request at a bare `node:http` server that parses it; and `lodestar hook` beside `node -e 0`.
 */
import { spawn } from "node:child_process";
import { Agent, createServer, request } from "node:http";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { inFolder, lodestar, makeRepo, PROGRAM, startDaemon, TINY } from "./_lodestar.ts";
import { interleave, median, printTable, quantile, type Row } from "./_table.ts";

const CALLS = 200;
const STARTS = 25;
const agent = new Agent({ keepAlive: true });

export default async function hooks(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const data = join(folder, "data");
    const home = join(folder, "home");
    await mkdir(home);
    const repo = await makeRepo(join(folder, "tiny"), TINY);
    const daemon = await startDaemon(data);
    const bare = createServer((asked, answer) => {
      let text = "";
      asked.on("data", (part) => (text += part));
      asked.on("end", () => answer.end(JSON.stringify(JSON.parse(text) === null ? null : {})));
    });
    await new Promise<void>((done) => bare.listen(0, "127.0.0.1", done));
    const address = bare.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      await lodestar("up", repo, "--trust", "--no-start", "--no-install", "--json", "--data-dir", data);
      let call = 0;
      const ask = (where: number) => post(where, daemon.token, payload(repo, ++call, `npm test -- ${call}`));
      const [ours = [], peer = [], denied = []] = await interleave(CALLS, [
        () => ask(daemon.port),
        () => ask(port),
        () => post(daemon.port, daemon.token, payload(repo, ++call, `git push --force origin main # ${call}`)),
      ]);
      const env = { ...process.env, LODESTAR_HOME: data, HOME: home };
      const [command = [], node = []] = await interleave(STARTS, [
        () => start([PROGRAM, "hook", "claude"], env, payload(repo, ++call, `npm test -- ${call}`)),
        () => start(["-e", "0"], env, ""),
      ]);
      const beside = { name: "bare node:http", value: median(peer) };
      return [
        { name: "hook of a tool call", value: median(ours), unit: "ms", atMost: 25, peer: beside },
        { name: "hook of a tool call, p99", value: quantile(ours, 0.99), unit: "ms" },
        { name: "hook that denies", value: median(denied), unit: "ms", atMost: 25, peer: beside },
        {
          name: "lodestar hook, whole process",
          value: median(command),
          unit: "ms",
          atMost: 90,
          peer: { name: "node -e 0", value: median(node) },
        },
      ];
    } finally {
      agent.destroy();
      bare.close();
      await daemon.stop();
    }
  });
}

/** As Claude Code sends it. */
function payload(cwd: string, call: number, command: string): string {
  return JSON.stringify({
    session_id: `s${call % 4}`,
    transcript_path: "/home/ada/.claude/projects/x.jsonl",
    cwd,
    permission_mode: "acceptEdits",
    hook_event_name: "PreToolUse",
    tool_name: "Bash",
    tool_input: { command, description: "look" },
    tool_use_id: `toolu_${call}`,
  });
}

function post(port: number, token: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const path = "/hooks/claude";
    const sent = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function start(args: readonly string[], env: NodeJS.ProcessEnv, input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ["pipe", "ignore", "inherit"] });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
}

if (import.meta.main) printTable(await hooks());
