import type { Clock, CommandResult, Git, ProbeResult, Running, Secrets, Segments, Site } from "./capabilities.ts";
import type { DriverTools, Greeting } from "./driver.ts";
import type { DirView, Plugins } from "./plugin.ts";
import type { Receipt } from "./receipt.ts";
import type { Snapshots } from "./snapshots.ts";
import type { WorkRooms } from "./work-rooms.ts";

/** A git working tree that was looked at and found usable. `id` is stable for its real path. */
export interface Repo {
  readonly id: string;
  readonly name: string;
  /** Absolute real path of the working tree's root. */
  readonly root: string;
  readonly git: Git;
}

/** A repo's files as detectors see them; see `kernel/detect.ts`. */
export interface Viewed {
  dir(path: string): DirView;
  readonly dirs: readonly string[];
  readonly problems: readonly { file: string; message: string }[];
}

export type SandboxAnswer =
  | { readonly works: true; readonly version: string }
  | { readonly works: false; readonly because: string; readonly next: string };

/** One set of installed dependencies, sealed: `paths` are repo-relative folders that it brings. */
export interface SealedDependencies {
  readonly key: string;
  readonly digest: string;
  readonly paths: readonly string[];
}

/** Lodestar's own store of installed dependencies, which the author of a change cannot write to. */
export interface Dependencies {
  /** The sealed entry of `key`, if it is there and whole. */
  find(key: string): Promise<SealedDependencies | undefined>;
  /** Installs in a fresh room of `commit` and seals `outputs` of it; a failed `build` seals nothing and is returned. */
  build(request: {
    repo: Repo;
    commit: string;
    key: string;
    outputs: readonly string[];
    /** Entries that are in the room already when `build` runs. */
    with: readonly SealedDependencies[];
    build(site: Site): Promise<CommandResult>;
  }): Promise<{ ok: true; entry: SealedDependencies } | { ok: false; result: CommandResult }>;
  /** Brings an entry into the working tree as a copy of its own; does nothing when the tree holds it unchanged. */
  attach(repo: Repo, entry: SealedDependencies): Promise<{ copied: boolean }>;
}

export interface RoomInfo {
  readonly id: string;
  readonly repo: string;
  readonly commit: string;
  readonly purpose: string;
  readonly path: string;
  readonly createdAt: string;
  readonly bytes: number;
  readonly inUse: boolean;
  /** Of a room that somebody works in. */
  readonly work?: { readonly branch: string; readonly ports: Readonly<Record<string, number>> };
}

export interface Rooms {
  create(request: {
    repo: Repo;
    commit: string;
    purpose: string;
    dependencies: readonly SealedDependencies[];
  }): Promise<Site>;
  list(): Promise<RoomInfo[]>;
  remove(id: string): Promise<boolean>;
  /** What an open room could not bring along or cannot promise (submodules, filters), as sentences for `notChecked`. */
  limits(id: string): readonly string[];
}

/** A repair of tracked files, kept as a commit on a `lodestar/*` branch until a person applies it. */
export interface Changes {
  propose(request: {
    repo: Repo;
    edits: readonly ChangeEdit[];
    title: string;
    because: string;
  }): Promise<{ ok: true; change: string; branch: string; diff: string } | { ok: false; because: string }>;
  apply(repo: Repo, branch: string): Promise<{ ok: true } | { ok: false; because: string; next: string }>;
}
/** `content` replaces the whole file; `find`/`replace` changes the first occurrence. Paths are repo-relative. */
export type ChangeEdit = { path: string; content: string } | { path: string; find: string; replace: string };

/** Values that Lodestar made for a repo (generated secrets): kept in the data dir, the same at every start. */
export interface Vault {
  read(repo: string): Promise<Record<string, string>>;
  write(repo: string, values: Readonly<Record<string, string>>): Promise<void>;
}

/**
 * Containers of Lodestar's own, by the Docker engine of this machine. Its client runs in the daemon; no command of a repo
 * sees its socket. What was started ends with its site, and is swept when the daemon starts after a crash.
 */
export interface Containers {
  /** Names this data dir in projects and labels. */
  readonly mark: string;
  /** Whether an engine answers here, by which compose; else why not, in Docker's own words where it has some. */
  look(): Promise<
    | { readonly ok: true; readonly how: string }
    | { readonly ok: false; readonly because: string; readonly next?: string }
  >;
  /**
   * Makes and starts the only container of a compose file, pulling its image (at most 5 minutes), anew if one is left of
   * `project`. Its output goes to the Running; `stop` removes it with its volumes and network. Rejects when `signal` ends it.
   */
  start(
    request: ContainerStart,
  ): Promise<
    | { readonly ok: true; readonly running: Running; readonly ended: Promise<"stopped" | "by itself"> }
    | { readonly ok: false; readonly because: string }
  >;
  /** One exchange with a server on 127.0.0.1, at most `timeout` milliseconds. */
  greets(request: Greeting & { readonly port: number; readonly timeout: number }): Promise<ProbeResult>;
}

export interface ContainerStart {
  /** The site that it belongs to and ends with. */
  readonly site: string;
  readonly project: string;
  /** The container's own name in `compose`. */
  readonly container: string;
  /** A compose file, as JSON. */
  readonly compose: string;
  /** Texts beside the compose file, by relative path. */
  readonly files: Readonly<Record<string, string>>;
  readonly title: string;
  readonly signal: AbortSignal;
}

/** Everything outside, as the kernel and the workflows receive it. `main.ts` fills it from `host/`. */
export interface Hands {
  readonly version: string;
  /** Names this life of the daemon: what was started in an earlier life is gone. */
  readonly boot: string;
  /** Process id of the daemon. */
  readonly pid: number;
  readonly clock: Clock;
  readonly plugins: Plugins;
  readonly tools: DriverTools;
  readonly secrets: Secrets;
  readonly segments: Segments;
  readonly dependencies: Dependencies;
  readonly rooms: Rooms;
  readonly workRooms: WorkRooms;
  readonly containers: Containers;
  readonly changes: Changes;
  readonly snapshots: Snapshots;
  readonly vault: Vault;
  sandbox(): Promise<SandboxAnswer>;
  /** Rejects with UserError for what is no usable repo. */
  repo(path: string): Promise<Repo>;
  view(repo: Repo): Promise<Viewed>;
  /** The files of a commit, as detectors see them. */
  viewAt(repo: Repo, commit: string): Promise<Viewed>;
  /** The working tree as a site; `trusted` allows it to run unsandboxed where no sandbox works. */
  tree(repo: Repo, options: { trusted: boolean; unsandboxed: boolean }): Promise<Site>;
  /** Signs and stores; the id names the file. */
  issue(receipt: Receipt): Promise<string>;
  /** The receipt as it was signed. */
  receipt(id: string): Promise<{ receipt: Receipt; envelope: unknown } | undefined>;
  /** Folder of Lodestar's own for a package manager's downloads. */
  readonly cache: (name: string) => string;
  /** Memory that a process may still take, in MiB. */
  readonly freeMemory: () => number;
  /** Hex SHA-256. */
  readonly hash: (text: string) => string;
  readonly newId: () => string;
  /** Hex of that many random bytes. */
  readonly random: (bytes: number) => string;
}
