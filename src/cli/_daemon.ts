import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { isEndpoint, isRecord, isWhole, type Endpoint } from "../client/answers.ts";
import { createClient, type Client } from "../client/client.ts";
import { OutsideError, UserError } from "../sdk/errors.ts";
import { version } from "./_terminal.ts";

const START_TIMEOUT = 20_000;
const STOP_TIMEOUT = 15_000;
const POLL = 25;

export interface DataDirOption {
  readonly dataDir?: string;
}

/** Adds the options that every command which talks to a daemon has. */
export function withDaemonOptions(command: Command): Command {
  return command
    .option("--repo <repo>", "path, name or id of a repository; needed when several are looked after")
    .option("--data-dir <dir>", "where Lodestar keeps its data (default: LODESTAR_HOME, else ~/.lodestar)")
    .option("--json", "machine-readable output");
}

/** `--data-dir`, else LODESTAR_HOME, else `~/.lodestar`. */
export function dataDirOf(options: DataDirOption): string {
  return resolve(options.dataDir ?? process.env["LODESTAR_HOME"] ?? join(homedir(), ".lodestar"));
}

/** The running daemon of a data dir, or undefined. */
export async function findDaemon(dataDir: string): Promise<Client | undefined> {
  const endpoint = readEndpoint(dataDir);
  if (!endpoint) return undefined;
  const client = createClient(endpoint);
  return (await client.health()) ? client : undefined;
}

/** The running daemon, for commands that need one. */
export async function needDaemon(options: DataDirOption): Promise<Client> {
  const dataDir = dataDirOf(options);
  const client = await findDaemon(dataDir);
  if (client) return client;
  throw new UserError(whyNoDaemon(dataDir), { tried: `looked in ${dataDir}`, next: "lodestar up <path>" });
}

/** Why no daemon answers: one that ends by itself takes its `holder.json` away, one that is killed does not. */
export function whyNoDaemon(dataDir: string): string {
  const holder = holderOf(dataDir);
  if (!holder) return "No daemon runs here";
  if (holder.isRunning) return `The daemon (pid ${holder.pid}) does not answer`;
  return `The daemon (pid ${holder.pid}) was killed or has crashed, and what it ran ended with it`;
}

/** Who took the data dir last and did not give it back. */
function holderOf(dataDir: string): { pid: number; isRunning: boolean } | undefined {
  const holder = readJson(join(dataDir, "holder.json"));
  if (!isRecord(holder) || !isWhole(holder["pid"])) return undefined;
  return { pid: holder["pid"], isRunning: isRunning(holder["pid"]) };
}

/** The running daemon, started if there is none; an older one is replaced. `started` tells whether this call started it. */
export async function ensureDaemon(options: DataDirOption): Promise<{ client: Client; started: boolean }> {
  const dataDir = dataDirOf(options);
  const running = await findDaemon(dataDir);
  if (running && !isOlder(running.endpoint.version, version())) return { client: running, started: false };
  if (running) {
    await endDaemon(running, `lodestar ${version()}`);
  }
  return { client: await launch(dataDir, readEndpoint(dataDir)?.boot), started: true };
}

async function launch(dataDir: string, before: string | undefined, tries = 3): Promise<Client> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const logFile = join(dataDir, "daemon.log");
  const out = openSync(logFile, "a", 0o600);
  const program = fileURLToPath(new URL("../../bin/lodestar.mjs", import.meta.url));
  const child = spawn(
    process.execPath,
    // A small young generation: 100 MB of an idle daemon instead of 150 (bench/idle.ts).
    ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=4", program, "daemon", "--data-dir", dataDir],
    { detached: true, stdio: ["ignore", out, out], cwd: dataDir },
  );
  closeSync(out);
  child.unref();
  const end: { code?: number | null } = {};
  child.on("exit", (code) => (end.code = code));
  const deadline = Date.now() + START_TIMEOUT;
  // Where another start won the lock (exit 2, a living holder), its daemon is ours too.
  while (Date.now() < deadline && (end.code === undefined || (end.code === 2 && holderOf(dataDir)?.isRunning))) {
    const endpoint = readEndpoint(dataDir);
    if (endpoint && (endpoint.boot !== before || end.code === 2)) {
      const client = createClient(endpoint);
      if (await client.health()) return client;
    }
    await new Promise((done) => setTimeout(done, POLL));
  }
  const said = lastLines(logFile);
  // Whoever held the data dir has just ended.
  if (end.code === 2 && tries > 1 && /Another daemon/.test(said)) return launch(dataDir, before, tries - 1);
  if (end.code === 2) throw userErrorIn(said);
  throw new OutsideError(
    `The daemon did not start${end.code === undefined ? ` within ${START_TIMEOUT / 1000} s` : ` (exit ${end.code})`}: ${said}. Its log: ${logFile}`,
    { retryable: true },
  );
}

/**
 * Asks a daemon to end, and waits until its process is gone with everything that it started. With `unlessBusy` it stays
 * where somebody else has work for it.
 */
export async function endDaemon(client: Client, by: string, unlessBusy = false): Promise<void> {
  const answer = await client.post("shutdown", { by, unlessBusy }).catch(() => undefined);
  if (!isRecord(answer) || answer["ok"] !== true) return;
  const deadline = Date.now() + STOP_TIMEOUT;
  while (Date.now() < deadline && isRunning(client.endpoint.pid)) await new Promise((done) => setTimeout(done, POLL));
}

/** A process that has ended and that its parent has not noticed yet (`Z` in Linux's table) does not run. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function readEndpoint(dataDir: string): Endpoint | undefined {
  const endpoint = readJson(join(dataDir, "daemon.json"));
  return isEndpoint(endpoint) ? endpoint : undefined;
}

/** Undefined when the file is absent, unreadable or no JSON. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-3).join("\n").slice(-500);
}

/** What the daemon printed as `printError` does: cause, what was tried, the next command. */
function userErrorIn(said: string): UserError {
  const [, message = said, tried, next = "lodestar doctor"] =
    /✕ (.*)(?:\n {2}tried: (.*))?\n {2}next: +(.*)$/.exec(said) ?? [];
  return new UserError(message, { next, ...(tried === undefined ? {} : { tried }) });
}

/** Compares `major.minor.patch`. */
function isOlder(one: string, than: string): boolean {
  const [a, b] = [one, than].map((text) => text.split(/[.-]/).map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
