import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

export const PROGRAM = fileURLToPath(new URL("../bin/lodestar.mjs", import.meta.url));
export const run = promisify(execFile);
const Endpoint = z.object({ port: z.number(), pid: z.number(), token: z.string() });
type Endpoint = z.infer<typeof Endpoint>;

/** A service and a test that need nothing but Node. */
export const TINY = {
  "package.json": JSON.stringify({ name: "tiny", scripts: { start: "node server.js", test: "node --test" } }),
  "server.js": `require("http").createServer((q, r) => r.end("hello")).listen(process.env.PORT || 3000);\n`,
  "a.test.js": `require("node:test")("one", () => {});\n`,
};

/** Gives `work` a folder of its own and removes it afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A repository with one commit of these files. */
export async function makeRepo(root: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folders = new Set(Object.keys(files).map((path) => dirname(join(root, path))));
  for (const folder of [root, ...folders]) await mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  const git = (...args: string[]) =>
    run("git", ["-C", root, "-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], {
      maxBuffer: 64 * 1024 ** 2,
    });
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "the only one");
  return root;
}

/** What the program prints; rejects when it exits with another status than 0. */
export async function lodestar(...args: string[]): Promise<string> {
  const all = ["--disable-warning=ExperimentalWarning", PROGRAM, ...args];
  return (await run(process.execPath, all, { maxBuffer: 64 * 1024 ** 2 })).stdout;
}

/** The daemon of a data dir as its launcher starts it; resolves with the first byte of `/healthz`. */
export async function startDaemon(dataDir: string): Promise<Endpoint & { stop(): Promise<void> }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await rm(join(dataDir, "daemon.json"), { force: true });
  const flags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=4"];
  const child = spawn(process.execPath, [...flags, PROGRAM, "daemon", "--data-dir", dataDir], { stdio: "inherit" });
  const exited = new Promise((done) => child.once("exit", done));
  for (;;) {
    const endpoint = await readEndpoint(dataDir);
    if (endpoint && (await firstByte(endpoint.port)))
      return { ...endpoint, stop: async () => void (child.kill("SIGTERM"), await exited) };
    if (child.exitCode !== null) throw new Error(`The daemon ended with ${child.exitCode}`);
    await wait(2);
  }
}

/** Ends the daemon of a data dir with all that it runs; resolves when its process is gone. */
export async function endDaemon(dataDir: string): Promise<void> {
  const daemon = await readEndpoint(dataDir);
  if (!daemon) return;
  process.kill(daemon.pid, "SIGTERM");
  while (await isRunning(daemon.pid)) await wait(20);
}

/** A process that has ended and that its parent has not noticed (`Z`) does not run. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) Z /.test(stat);
}

export async function readEndpoint(dataDir: string): Promise<Endpoint | undefined> {
  const text = await readFile(join(dataDir, "daemon.json"), "utf8").catch(() => "null");
  return Endpoint.safeParse(JSON.parse(text)).data;
}

/** Whether a request to a port of the loopback gets an answer. */
export function firstByte(port: number): Promise<boolean> {
  return new Promise((done) => {
    const request = get({ host: "127.0.0.1", port, path: "/healthz", agent: false }, (response) => {
      response.resume();
      response.once("end", () => done(true));
    });
    request.once("error", () => done(false));
  });
}
