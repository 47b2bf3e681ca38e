import type { SegmentRef } from "./events.ts";
import type { HealthProbe } from "./plan.ts";
import type { AnyEvent, EventDraft, Event, EventType } from "./events.ts";

/** Time, so that the whole machine runs in a test with a fake clock. Milliseconds since the epoch. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The append-only log. An append is acknowledged when it is on disk; `key` makes it unique (a repeated key returns the
 * event that has it). Readers see committed prefixes only. Two implementations stand behind one contract test.
 */
export interface Store {
  /** Names this log; a cursor that carries another epoch is answered with a reset. */
  readonly epoch: string;
  append(events: readonly StoredDraft[]): Promise<AnyEvent[]>;
  read(query: { after: number; limit: number; repo?: string; types?: readonly EventType[] }): Promise<AnyEvent[]>;
  byKey(key: string): Promise<AnyEvent | undefined>;
  head(): Promise<{ seq: number; hash: string }>;
  /** Recomputes the chain. `brokenAt` is the first entry whose hash or digest does not fit. */
  verify(): Promise<{ ok: true; seq: number } | { ok: false; brokenAt: number; because: string }>;
  /** Replaces the payload of one entry by nothing and keeps its digest, so that the chain still holds. */
  erase(seq: number): Promise<void>;
  close(): Promise<void>;
}

/** A stamped event that has no place in the log yet. */
export type StoredDraft = Omit<Event, "seq"> & { key?: string };

/** The log as the kernel and the workflows see it: validated, redacted, stamped, followed live. */
export interface Log {
  readonly epoch: string;
  append(...drafts: EventDraft[]): Promise<AnyEvent[]>;
  byKey(key: string): Promise<AnyEvent | undefined>;
  read(query: { after: number; limit: number; repo?: string; types?: readonly EventType[] }): Promise<AnyEvent[]>;
  /** Replays from `after`, then goes on live; ends with the signal. */
  follow(query: { after: number; repo?: string; signal: AbortSignal }): AsyncIterable<AnyEvent>;
  head(): Promise<number>;
}

/** Bulk output: bounded append-only files, addressed by name and byte offset, redacted before they are written. */
export interface Segments {
  open(name: string): Promise<SegmentWriter>;
  read(
    ref: { segment: string; from: number; to?: number },
    limit: number,
  ): Promise<{ text: string; to: number; sealed: boolean }>;
  list(prefix: string): Promise<{ segment: string; bytes: number; sealed: boolean; startedAt: string }[]>;
}
export interface SegmentWriter {
  readonly segment: string;
  write(chunk: string): void;
  /** Bytes written so far. */
  size(): number;
  /** Flushes, hashes and closes; returns the whole range. */
  seal(): Promise<SegmentRef & { sha256: string }>;
}

/** Reading a repo without running anything of it. Paths are repo-relative with `/`. */
export interface Files {
  exists(path: string): Promise<boolean>;
  /** Text of a file, at most `limit` bytes (default 1 MiB); undefined when absent, a directory, unreadable or binary. */
  read(path: string, limit?: number): Promise<string | undefined>;
  list(dir: string): Promise<string[]>;
}

/** What git knows, asked with git disarmed: no hook, filter, fsmonitor, pager or prompt of the repo runs. */
export interface Git {
  /** The repo's HEAD. `tree` is the tree hash of HEAD; `dirty` says whether the working tree differs from it. */
  head(): Promise<{ commit: string; tree: string; branch: string | undefined; dirty: boolean }>;
  /** Tracked files and untracked ones that are not ignored. */
  files(): Promise<string[]>;
  /** Which of `paths` git ignores. */
  ignored(paths: readonly string[]): Promise<string[]>;
  tracked(paths: readonly string[]): Promise<string[]>;
  /** Text of a file at a commit; undefined when it is not there. */
  show(commit: string, path: string): Promise<string | undefined>;
}

export type Network = "none" | "loopback" | "registries" | "host";

/** A shell command to run on a site. `dir` is repo-relative; env is complete but for PATH, HOME, locale and certificates, which the site adds. */
export interface Command {
  readonly command: string;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly network: Network;
  /** Milliseconds; the whole process tree is ended then. */
  readonly timeout: number;
  /** What it is, for people and for the segment's name: `install`, `web`, `test`. */
  readonly title: string;
  /** Directories in front of PATH (a runtime's `bin`). */
  readonly path?: readonly string[];
  /** Absolute folders outside the repo that its programs read; a sandbox shows them read-only. Those of `path` are shown anyway. */
  readonly reads?: readonly string[];
}

/** How a command ended. `output` is the tail of stdout and stderr as they came (at most 256 KiB); all of it is in the segment. */
export interface CommandResult {
  readonly exit: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly seconds: number;
  readonly output: string;
  readonly segment: SegmentRef;
}

/** Something that was started and goes on. */
export interface Running {
  readonly id: string;
  /** Pid as the host sees it (of the sandbox's outermost process). */
  readonly pid: number;
  readonly segment: string;
  /** Resolves when the whole tree has ended. */
  readonly exited: Promise<{ exit: number | null; signal: string | null }>;
  /** The last `limit` bytes of its output. */
  tail(limit: number): Promise<string>;
  /** Ends the whole tree: asks (SIGTERM), waits `graceMs`, then kills. Resolves when nothing of it is alive. */
  stop(graceMs?: number): Promise<void>;
}

/** Result of one probe. `ok: false` with a detail is an answer, not an error. */
export interface ProbeResult {
  readonly ok: boolean;
  readonly kind: string;
  readonly detail: string;
}

/**
 * Where commands run: the working tree, or a room. The same workflow runs on both. Everything that is started on a
 * site ends with the site, and with the daemon.
 */
export interface Site {
  readonly kind: "tree" | "room";
  readonly id: string;
  /** The absolute path under which commands see the repo. */
  readonly root: string;
  /** A folder of this site, outside the repo and writable by its commands (database clusters, temporary files). */
  readonly scratch: string;
  readonly sandbox: "bubblewrap" | "unsandboxed";
  run(command: Command, options?: { signal?: AbortSignal }): Promise<CommandResult>;
  start(command: Omit<Command, "timeout">): Promise<Running>;
  /** Probes from inside the site: a room's ports exist only there. */
  probe(probe: HealthProbe & { port?: number; timeout: number; running?: Running }): Promise<ProbeResult>;
  /** A free port of this site, never leased to two callers; the wanted one if it is free. */
  port(lease: { name: string; wanted?: number }): Promise<{ port: number; wantedBy?: string }>;
  /** Pid (host) and command of who listens on a port of this site. */
  listener(port: number): Promise<{ pid: number; command: string; ours: boolean } | undefined>;
  /** TCP ports on which something of `running` (any process of its tree) listens now. */
  listening(running: Running): Promise<number[]>;
  readonly files: SiteFiles;
  close(): Promise<void>;
}

/** Writing to a site, only where the safety rules allow it: never a tracked file of the working tree. */
export interface SiteFiles extends Files {
  /** Writes a file that git ignores (a `.env` only where there is none); what was there goes to the trash. Refuses anything else with a reason. */
  write(path: string, content: string): Promise<{ ok: true } | { ok: false; because: string }>;
  /** Moves ignored paths into the trash of the data dir; `undo` brings them back. Refuses a path with tracked files in it. */
  remove(paths: readonly string[]): Promise<{ ok: true; undo: string } | { ok: false; because: string }>;
  undo(token: string): Promise<void>;
}

/** Big optional programs, installed on first need at a pinned version into the data dir. */
export interface Toolbox {
  /** Folder that holds `node_modules/<name>`; rejects with OutsideError when the registry cannot be reached. */
  ensure(name: string, version: string): Promise<string>;
  /** Absolute path of a program on the user's PATH. */
  which(program: string): Promise<string | undefined>;
  /** First line of `program args…`; undefined when it fails. Only for programs outside the repo. */
  version(program: string, args: readonly string[]): Promise<string | undefined>;
  /** Versions of an npm package in the registry; rejects with OutsideError when it cannot be reached. */
  published(name: string): Promise<readonly string[]>;
  /** Names in a folder outside the repo, sorted; empty when it is absent or unreadable. */
  list(folder: string): Promise<readonly string[]>;
}

/** Secrets never leave: `redact` is applied to everything that is written or shown. */
export interface Secrets {
  redact(text: string): string;
  /** From now on, this value is redacted too. */
  add(value: string): void;
}

/** What a run gets: its id, the input it was started with (as JSON gives it back) and the signal that ends it. */
export interface RunContext {
  readonly runId: string;
  readonly input: unknown;
  readonly signal: AbortSignal;
}

/**
 * Schedules runs so that none is lost: a run that was interrupted (kill -9, power) is started again from its beginning,
 * and its recorded steps (`kernel/steps.ts`) are not. What a run must remember is in the log, never here.
 */
export interface Engine {
  /** Says what a run of this name does; before `begin`. */
  define(name: string, run: (context: RunContext) => Promise<unknown>): void;
  /** Resolves with the run's id when it is on disk. While a run with the same `key` is active, its id is returned and none is started. */
  start(name: string, input: unknown, options?: { key?: string }): Promise<string>;
  /** Takes back what a dead predecessor of this worker left, then works until `stop`. */
  begin(): Promise<void>;
  /** Runs that have not ended, waiting ones included, oldest first. */
  active(): Promise<{ runId: string; name: string; input: unknown }[]>;
  /** Ends a run for good: aborts its signal; resolves when its function has returned. A run that has ended stays as it is. */
  cancel(runId: string): Promise<void>;
  /** Aborts the signals, waits until the functions have returned and gives their runs back: the next `begin` resumes them. */
  stop(): Promise<void>;
}
