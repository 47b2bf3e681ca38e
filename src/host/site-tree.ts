import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  Bug,
  UserError,
  type Command,
  type Files,
  type Git,
  type SandboxAnswer,
  type Secrets,
  type Segments,
  type Site,
} from "../sdk/index.ts";
import { portsOf } from "./listeners.ts";
import { machineEnv } from "./machine-env.ts";
import type { Ports } from "./ports.ts";
import { probe } from "./probes.ts";
import { createProcesses, type Launch } from "./processes.ts";
import { isWithin, pathMounts } from "./sandbox-mounts.ts";
import type { SandboxView } from "./sandbox.ts";
import { openSiteFiles } from "./site-files.ts";

export interface TreeSiteOptions {
  /** Names the site; stable for the repo. */
  readonly id: string;
  /** Real path of the working tree. */
  readonly root: string;
  /** Folder of this site in the data dir; it is made, and its neighbour `<scratch>.tmp` is the `/tmp` of its commands. */
  readonly scratch: string;
  /** Hidden from every command. */
  readonly dataDir: string;
  readonly segments: Segments;
  readonly secrets: Secrets;
  readonly git: Pick<Git, "ignored" | "tracked">;
  readonly files: Files;
  readonly ports: Ports;
  readonly sandbox: SandboxAnswer;
  /** Allows unsandboxed commands where no sandbox works. */
  readonly trusted: boolean;
  /** Lifts the sandbox also where it works. */
  readonly unsandboxed: boolean;
  /** Socket of the registry proxy, asked for when something is installed. */
  readonly proxySocket: () => Promise<string>;
  /** The user's PATH, never one of the repo. */
  readonly path: readonly string[];
  /** Folders of Lodestar's own that package managers may write: their caches. */
  readonly caches: readonly string[];
  /** More that commands may read: the toolbox. */
  readonly visible: readonly string[];
}

/** The mark of what a site starts. After a kill -9 of the daemon, `sweepOrphans(siteMark(dataDir))` ends what is left of all sites. */
export function siteMark(dataDir: string, id = ""): string {
  return `${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}/${id}`;
}

/**
 * The working tree as a site. Each command runs in a sandbox of its own; with the network `host` they share the host's
 * ports, and all of them share one `/tmp`, HOME and scratch folder. Rejects with UserError where no sandbox works and
 * the user has not agreed to go without.
 */
export async function openTreeSite(options: TreeSiteOptions): Promise<Site> {
  const { id, root, ports } = options;
  const isSandboxed = decide(options);
  for (const folder of [homeOf(options), tmpOf(options), ...options.caches])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const processes = createProcesses({
    segments: options.segments,
    redact: (text) => options.secrets.redact(text),
  });
  const prepare = isSandboxed ? sandboxedLaunch : openLaunch;

  return {
    kind: "tree",
    id,
    root,
    scratch: options.scratch,
    sandbox: isSandboxed ? "bubblewrap" : "unsandboxed",
    run: async (command, { signal } = {}) =>
      processes.run(await prepare(options, command), { timeout: command.timeout, ...(signal ? { signal } : {}) }),
    start: async (command) => processes.start(await prepare(options, command)),
    probe,
    port: ({ name, wanted }) =>
      ports.lease({ site: id, name, ours: (pid) => processes.owns(pid), ...(wanted === undefined ? {} : { wanted }) }),
    async listener(port) {
      const found = await ports.listener(port);
      return found && { pid: found.pid, command: found.command, ours: await processes.owns(found.pid) };
    },
    listening: async (running) => portsOf(await processes.pids(running)),
    files: openSiteFiles({ root, git: options.git, files: options.files, trash: join(options.dataDir, "trash", id) }),
    async close() {
      await processes.close();
      ports.release(id);
    },
  };
}

type Started = Omit<Command, "timeout">;

async function sandboxedLaunch(options: TreeSiteOptions, command: Started): Promise<Launch> {
  const { root, scratch } = options;
  const { network } = command;
  const view: Omit<SandboxView, "mark"> = {
    repo: root,
    scratch,
    tmp: tmpOf(options),
    home: homeOf(options),
    dir: dirOf(options, command),
    env: { ...command.env, PATH: pathOf(options, command) },
    network,
    path: [...(command.path ?? []), ...options.path],
    readOnly: [...(command.reads ?? []), ...options.visible],
    writable: options.caches,
    hidden: [options.dataDir],
    ...(network === "registries" ? { proxySocket: await options.proxySocket() } : {}),
  };
  return { ...named(options, command), view };
}

async function openLaunch(options: TreeSiteOptions, command: Started): Promise<Launch> {
  const entries = [...(command.path ?? []), ...options.path];
  const programs = pathMounts(entries, { within: [options.root, options.scratch] });
  const own = { ...machineEnv().env, ...programs.env, HOME: homeOf(options) };
  const env = { ...own, ...command.env, PATH: pathOf(options, command) };
  return { ...named(options, command), cwd: dirOf(options, command), env };
}

function named({ dataDir, id }: TreeSiteOptions, { command, title }: Started) {
  return { command, site: siteMark(dataDir, id), segment: `${id}/${title}` };
}

function dirOf({ root }: TreeSiteOptions, command: Started): string {
  const dir = resolve(root, command.dir);
  if (!isWithin(dir, root)) throw new Bug(`${command.dir} is not a folder of ${root}`);
  return dir;
}

function pathOf(options: TreeSiteOptions, command: Started): string {
  return [...(command.path ?? []), command.env["PATH"] ?? options.path.join(":")].join(":");
}

function homeOf({ scratch }: TreeSiteOptions): string {
  return join(scratch, "home");
}

/** Beside the scratch folder and not in it: a command could replace a folder of it by a link that the next one would mount. */
function tmpOf({ scratch }: TreeSiteOptions): string {
  return `${scratch}.tmp`;
}

function decide({ sandbox, trusted, unsandboxed, root }: TreeSiteOptions): boolean {
  if (unsandboxed) return false;
  if (sandbox.works) return true;
  if (trusted) return false;
  throw new UserError(`No sandbox works here (${sandbox.because}), and ${root} is not trusted to run without one.`, {
    next: sandbox.next,
  });
}
