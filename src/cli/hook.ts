import { readFileSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";

export const summary = "what an agent's hook calls: its payload on stdin, the daemon's answer on stdout";

/** Bytes of a payload; the daemon reads no more. */
const MOST = 4 * 1024 * 1024;
/** Milliseconds, below what agents wait for a hook: 10 seconds, 330 at a stop. */
const PATIENCE = { stop: 325_000, other: 9_000 };
const NOT_CHECKED = "Lodestar is not running: this claim was not checked. Next: lodestar up";

export function configure(command: Command): void {
  command
    .argument("<agent>", "the agent that calls: claude or codex")
    .option("--data-dir <dir>", "where Lodestar keeps its data")
    .action(async (agent: string, options: { dataDir?: string }) => {
      process.exitCode = await run(["hook", agent, ...(options.dataDir ? ["--data-dir", options.dataDir] : [])]);
    });
}

/**
 * Passes one payload on. Nothing that goes wrong holds the agent up: it gets no answer and status 0. `bin/lodestar.mjs` calls this
 * without any other command being loaded, so it imports nothing but Node.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const given = argv[argv.indexOf("--data-dir") + 1];
  const option = argv.includes("--data-dir") ? given : undefined;
  const dataDir = option ?? process.env["LODESTAR_HOME"] ?? join(homedir(), ".lodestar");
  const payload = await stdin();
  const isStop = /"hook_event_name"\s*:\s*"Stop"/.test(payload?.toString("utf8") ?? "");
  const reply = payload && (await post({ dataDir, agent: argv[1] ?? "", payload, isStop }));
  if (reply) process.stdout.write(`${reply}\n`);
  else if (reply === undefined && isStop) process.stderr.write(`${NOT_CHECKED}\n`);
  return 0;
}

/** What stands on stdin; undefined when it is too much, or a person's terminal. */
async function stdin(): Promise<Buffer | undefined> {
  if (process.stdin.isTTY) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes <= MOST) chunks.push(part);
  }
  return bytes > MOST ? undefined : Buffer.concat(chunks);
}

interface Posted {
  readonly dataDir: string;
  readonly agent: string;
  readonly payload: Buffer;
  readonly isStop: boolean;
}

/** The answer's text, empty where the daemon had none for us; undefined when no daemon answered. */
function post({ dataDir, agent, payload, isStop }: Posted): Promise<string | undefined> {
  const daemon = endpoint(dataDir);
  if (!daemon) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port: daemon.port,
        path: `/hooks/${encodeURIComponent(agent)}`,
        method: "POST",
        headers: { authorization: `Bearer ${daemon.token}`, "content-length": payload.length },
        timeout: isStop ? PATIENCE.stop : PATIENCE.other,
        agent: false,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("end", () => resolve(response.statusCode === 200 ? text : ""));
        response.on("error", () => resolve(undefined));
      },
    );
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(undefined));
    sent.end(payload);
  });
}

function endpoint(dataDir: string): { port: number; token: string } | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(dataDir, "daemon.json"), "utf8"));
    if (typeof found !== "object" || found === null || !("port" in found) || !("token" in found)) return undefined;
    const { port, token } = found;
    return typeof port === "number" && typeof token === "string" ? { port, token } : undefined;
  } catch {
    return undefined;
  }
}
