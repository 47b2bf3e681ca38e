import { access, constants, mkdir, stat, statfs } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { existsSync } from "node:fs";
import { messageOf, type SandboxAnswer, type Toolbox } from "../sdk/index.ts";
import { inspectRepo } from "./repo.ts";
import { openSqliteStore } from "./store-sqlite.ts";

/** One thing that was looked at. `ok: null` is "unknown", which is not good news and not bad news. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean | null;
  readonly detail: string;
  readonly next?: string;
}

const LOW_DISK = 2 * 1024 ** 3;
const LOW_MEMORY = 512 * 1024 ** 2;

/** Looks at Lodestar's own footing and, with `path`, at a repository. Changes nothing. `daemon` says whether one answers. */
export async function diagnose(options: {
  dataDir: string;
  path: string | undefined;
  daemon: { running: boolean; detail: string };
  sandbox: SandboxAnswer;
  toolbox: Toolbox;
}): Promise<Finding[]> {
  const { dataDir, path, daemon, sandbox, toolbox } = options;
  return Promise.all([
    Promise.resolve(nodeVersion()),
    program(toolbox, "git", "sudo apt-get install git"),
    program(toolbox, "npm", "install Node.js with npm"),
    Promise.resolve(sandboxFinding(sandbox)),
    dataDirFinding(dataDir),
    diskFinding(dataDir),
    Promise.resolve(memory()),
    logFinding(dataDir, daemon.running),
    Promise.resolve({ name: "daemon", ok: null, detail: daemon.detail }),
    ...(path === undefined ? [] : [repoFinding(path)]),
  ]);
}

function nodeVersion(): Finding {
  const ok = Number(process.versions.node.split(".")[0]) >= 24;
  return {
    name: "node",
    ok,
    detail: `Node ${process.versions.node}`,
    ...(ok ? {} : { next: "npx --yes node@24 $(which lodestar) doctor" }),
  };
}

async function program(toolbox: Toolbox, name: string, next: string): Promise<Finding> {
  const path = await toolbox.which(name);
  if (path === undefined) return { name, ok: false, detail: `${name} is not on PATH`, next };
  return { name, ok: true, detail: (await toolbox.version(path, ["--version"])) ?? path };
}

function sandboxFinding(sandbox: SandboxAnswer): Finding {
  if (sandbox.works) return { name: "sandbox", ok: true, detail: `bubblewrap works (${sandbox.version})` };
  return { name: "sandbox", ok: false, detail: `UNSANDBOXED: ${sandbox.because}`, next: sandbox.next };
}

async function dataDirFinding(dataDir: string): Promise<Finding> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    const { mode } = await stat(dataDir);
    if ((mode & 0o077) !== 0)
      return { name: "data dir", ok: false, detail: `${dataDir} can be read by others`, next: `chmod 700 ${dataDir}` };
    return { name: "data dir", ok: true, detail: dataDir };
  } catch (error) {
    return {
      name: "data dir",
      ok: false,
      detail: messageOf(error),
      next: "lodestar doctor --data-dir <a folder you may write>",
    };
  }
}

async function diskFinding(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return { name: "disk", ok: free >= LOW_DISK, detail, ...(free >= LOW_DISK ? {} : { next: "lodestar clean" }) };
}

function memory(): Finding {
  const free = freemem();
  return {
    name: "memory",
    ok: free >= LOW_MEMORY,
    detail: `${(free / 1024 ** 3).toFixed(1)} GiB free`,
    ...(free >= LOW_MEMORY ? {} : { next: "close what you do not need" }),
  };
}

/** The daemon alone opens the log while it runs, so the chain is checked only when none does. */
async function logFinding(dataDir: string, running: boolean): Promise<Finding> {
  const file = join(dataDir, "log.db");
  if (!existsSync(file)) return { name: "log", ok: true, detail: "nothing is logged yet" };
  if (running)
    return {
      name: "log",
      ok: null,
      detail: "not checked while the daemon has it open",
      next: "lodestar stop, then lodestar doctor",
    };
  const store = await openSqliteStore(file);
  try {
    const checked = await store.verify();
    return checked.ok
      ? { name: "log", ok: true, detail: `${checked.seq} events, chain whole` }
      : {
          name: "log",
          ok: false,
          detail: `the chain breaks at event ${checked.brokenAt}: ${checked.because}`,
          next: "restore log.db from a backup, or move it away to begin a new log",
        };
  } finally {
    await store.close();
  }
}

async function repoFinding(path: string): Promise<Finding> {
  try {
    const repo = await inspectRepo(path);
    const head = await repo.git.head();
    return {
      name: "repository",
      ok: true,
      detail: `${repo.name} at ${head.commit.slice(0, 7)}${head.dirty ? ", with uncommitted edits" : ""}`,
    };
  } catch (error) {
    return {
      name: "repository",
      ok: false,
      detail: messageOf(error),
      next: "lodestar doctor <path of a git repository>",
    };
  }
}
