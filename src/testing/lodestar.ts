import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { isEndpoint, type Endpoint } from "../client/answers.ts";
import { createClient, type Client } from "../client/client.ts";
import { siteMark } from "../host/site-tree.ts";
import { Report, type AnyEvent, type Event, type EventType } from "../sdk/index.ts";
import { processesOf } from "./processes.ts";

/** How a command of the program ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is under way. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when it has printed what `pattern` matches; rejects when it ends without. */
  printed(pattern: RegExp): Promise<string>;
}

/** A Lodestar of its own: a temporary folder with data dir, HOME and repositories, and the real program as a child. */
export interface World {
  readonly root: string;
  readonly dataDir: string;
  readonly home: string;
  /** A git repository with these files in one commit; `commit: false` leaves them uncommitted. */
  repo(name: string, files: Readonly<Record<string, string>>, options?: { commit?: boolean }): Promise<string>;
  run(...args: string[]): Promise<Ended>;
  start(...args: string[]): Started;
  /** Starts the daemon and waits until it answers; commands use it then, and `--once` leaves it alone. */
  daemon(): Promise<Client>;
  /** Waits until a daemon that another command starts answers. */
  untilDaemon(): Promise<Client>;
  /** The daemon that the data dir names; rejects when it names none. */
  client(): Promise<Client>;
  /** Processes of this world that are alive, after they had `patience` milliseconds to end. */
  left(patience?: number): Promise<string[]>;
  /** Ends the daemon and whatever is left, and removes the folder. */
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Added to the environment of the program; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Programs that it does not find on its PATH. */
  readonly without?: readonly string[];
  /** Where the data dir is; in the temporary folder by default. */
  readonly dataDir?: string;
}

export const PROGRAM = fileURLToPath(new URL("../../bin/lodestar.mjs", import.meta.url));
const POLL = 25;
/** Milliseconds until a daemon that was started must answer. */
const PATIENCE = 30_000;

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "lodestar-")));
  const [dataDir, home] = [options.dataDir ?? join(root, "data"), join(root, "home")];
  await mkdir(home);
  const path = options.without ? { PATH: await pathWithout(join(root, "bin"), ...options.without) } : {};
  const env = { ...process.env, HOME: home, LODESTAR_HOME: dataDir, NO_COLOR: "1", ...path, ...options.env };
  const ours = () => processesOf(root, siteMark(dataDir));
  const start = (...args: string[]) => launch(args, { cwd: root, env });

  async function left(patience = 10_000): Promise<string[]> {
    const deadline = performance.now() + patience;
    for (;;) {
      const alive = await ours();
      if (alive.length === 0 || performance.now() > deadline) return alive.map(({ pid, line }) => `${pid} ${line}`);
      await wait(POLL);
    }
  }

  return {
    root,
    dataDir,
    home,
    repo: (name, files, how = {}) => makeRepo(join(root, name), files, how),
    run: (...args) => start(...args).ended,
    start,
    async daemon() {
      const { ended } = start("daemon");
      const failed = ended.then((end) => {
        throw new Error(`the daemon ended with ${end.status}: ${end.stdout}${end.stderr}`);
      });
      failed.catch(() => undefined);
      return Promise.race([failed, untilAnswers(dataDir)]);
    },
    untilDaemon: () => untilAnswers(dataDir),
    client: async () => createClient(await endpointOf(dataDir)),
    left,
    async close() {
      const pid = await endpointOf(dataDir).then(
        (endpoint) => endpoint.pid,
        () => undefined,
      );
      if (pid !== undefined && (await ours()).some((one) => one.pid === pid)) process.kill(pid, "SIGTERM");
      await left();
      for (const one of await ours()) process.kill(one.pid, "SIGKILL");
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** What `<data dir>/daemon.json` says. */
export async function endpointOf(dataDir: string): Promise<Endpoint> {
  const endpoint: unknown = JSON.parse(await readFile(join(dataDir, "daemon.json"), "utf8"));
  assert.ok(isEndpoint(endpoint), "daemon.json names a port and a token");
  return endpoint;
}

async function untilAnswers(dataDir: string): Promise<Client> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    if (performance.now() > deadline) throw new Error(`no daemon answered within ${PATIENCE} ms`);
    const endpoint = await endpointOf(dataDir).catch(() => undefined);
    const client = endpoint && createClient(endpoint);
    if (client && (await client.health())) return client;
    await wait(POLL);
  }
}

/** The report that `up --json` printed; fails with everything that was printed when it printed none. */
export function reportOf({ stdout, stderr }: Ended): Report {
  assert.match(stdout, /^\{/, stdout + stderr);
  const report = Report.safeParse(JSON.parse(stdout));
  assert.ok(report.success, stdout + stderr);
  return report.data;
}

/** Everything that the log has. */
export async function eventsOf(client: Client): Promise<AnyEvent[]> {
  const all: AnyEvent[] = [];
  const Page = z.object({ events: z.array(z.custom<AnyEvent>()) });
  for (;;) {
    const { events } = Page.parse(await client.get("events", { after: all.at(-1)?.seq ?? 0, limit: 1000 }));
    all.push(...events);
    if (events.length < 1000) return all;
  }
}

/** The first event of this type of a repo, from the log or as soon as it comes. */
export async function eventOf<T extends EventType>(client: Client, type: T, path: string): Promise<Event<T>> {
  const ended = new AbortController();
  let repo: string | undefined;
  try {
    for await (const event of client.follow({ after: 0, signal: ended.signal })) {
      if (event === "reset") continue;
      if (event.type === "repo.added" && event.data.path === path) repo = event.metadata.repo;
      if (event.metadata.repo === repo && isOf(event, type)) return event;
    }
  } finally {
    ended.abort();
  }
  throw new Error(`no ${type} came`);
}

function isOf<T extends EventType>(event: { type: EventType }, type: T): event is Event<T> {
  return event.type === type;
}

/** A PATH like this one, as one folder of links, without some programs. */
async function pathWithout(folder: string, ...programs: string[]): Promise<string> {
  await mkdir(folder);
  const taken = new Set(programs);
  for (const dir of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const name of await readdir(dir).catch(() => [])) {
      if (taken.has(name)) continue;
      taken.add(name);
      await symlink(join(dir, name), join(folder, name));
    }
  }
  return folder;
}

/** Runs git as nobody in particular, without the user's configuration. */
export async function git(dir: string, ...args: string[]): Promise<string> {
  const author = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@example.com" };
  const committer = { GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@example.com" };
  const env = { ...process.env, ...author, ...committer, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return (await promisify(execFile)("git", ["-C", dir, ...args], { env })).stdout.trim();
}

export async function writeFiles(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
}

async function makeRepo(
  dir: string,
  files: Readonly<Record<string, string>>,
  { commit = true }: { commit?: boolean },
): Promise<string> {
  await mkdir(dir, { recursive: true });
  await git(dir, "init", "--quiet", "--initial-branch=main");
  await writeFiles(dir, files);
  if (!commit) return dir;
  await git(dir, "add", "--all");
  await git(dir, "commit", "--quiet", "--message=First");
  return dir;
}

function launch(args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Started {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      out[name] += chunk;
      child.emit("printed");
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, ...out }));
  });
  return {
    child,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const text = out.stdout + out.stderr;
          if (pattern.test(text)) resolve(text);
        };
        child.on("printed", look);
        look();
        void ended.then((end) =>
          reject(new Error(`it ended with ${end.status} and printed: ${end.stdout}${end.stderr}`)),
        );
      }),
  };
}
