import { spawn } from "node:child_process";
import { join } from "node:path";
import { OutsideError } from "../sdk/index.ts";

/** What a git process gave. `exit` is null when it was ended (see `ended`): too much output or too much time. */
export interface GitResult {
  readonly exit: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly ended: "output" | "time" | undefined;
}

export interface GitOptions {
  readonly input?: string | Buffer;
  /** Bytes of stdout after which the process is ended. */
  readonly limit?: number;
  /** Milliseconds after which the process is ended: a FIFO as an ignore file would wait for ever. */
  readonly timeout?: number;
  /** Added to the environment: `GIT_INDEX_FILE`, author and date. Never a variable that names a program. */
  readonly env?: Readonly<Record<string, string>>;
  /** Transports that may be used, `:`-separated. Empty unless Lodestar itself clones or fetches between local folders. */
  readonly protocols?: "" | "file";
}

/** Runs git on one repo and never a program of it: no hook, filter, fsmonitor, pager, editor, helper or transport. */
export type RunGit = (args: readonly string[], options?: GitOptions) => Promise<GitResult>;

const OUTPUT_LIMIT = 256 * 1024 * 1024;
const STDERR_LIMIT = 64 * 1024;
const TIMEOUT = 120_000;

/** Keys of git's configuration that name a program or change what git trusts, with the value that takes their power away. */
const DISARMED: readonly (readonly [string, string])[] = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", "/dev/null"],
  ["core.pager", "cat"],
  ["core.editor", "false"],
  ["sequence.editor", "false"],
  ["core.askPass", ""],
  ["core.sshCommand", "false"],
  ["core.gitProxy", ""],
  ["core.alternateRefsCommand", "false"],
  ["core.untrackedCache", "false"],
  ["core.attributesFile", "/dev/null"],
  ["credential.helper", ""],
  ["commit.gpgSign", "false"],
  ["tag.gpgSign", "false"],
  ["gpg.program", "false"],
  ["gpg.ssh.program", "false"],
  ["gpg.x509.program", "false"],
  ["diff.external", ""],
  ["log.showSignature", "false"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["protocol.allow", "never"],
  ["protocol.ext.allow", "never"],
  ["safe.directory", "*"],
];

/** Commands that may compare or write file contents, and so would run the filters that the configuration names. */
const FILTERING = new Set(["status", "diff", "checkout", "add", "apply", "hash-object", "read-tree", "checkout-index"]);

/** Empty is "no such program", except where git would take an empty command's exit 0 for a merged file. */
const OFF: Readonly<Record<string, string>> = { required: "false", driver: "false" };

/** A git folder that Lodestar made: no configuration but its own and `config` is heard, so nothing there can name a program. */
export interface OwnGit {
  readonly gitDir: string;
  /** Keys that name no program, with their values. */
  readonly config: readonly (readonly [string, string])[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The disarmed git of the repo at `root` (the folder that holds `.git`), or git without a repo when undefined. The
 * folder is given explicitly, so that `core.worktree` of the repo's configuration cannot point it elsewhere. With `own`, it
 * is that git folder, and `root` only its working tree.
 */
export function disarmedGit(root: string | undefined, own?: OwnGit): RunGit {
  const gitDir = own?.gitDir ?? (root === undefined ? undefined : join(root, ".git"));
  const place = [
    ...(gitDir === undefined ? [] : [`--git-dir=${gitDir}`]),
    ...(root === undefined ? [] : [`--work-tree=${root}`]),
  ];
  const cwd = root ?? "/";

  return async (args, options = {}) => {
    if (own) {
      const env = { ...own.env, ...options.env, GIT_CONFIG_GLOBAL: "/dev/null" };
      return execute([...place, ...args], cwd, environment([...DISARMED, ...own.config], { ...options, env }), options);
    }
    const filters = FILTERING.has(args[0] ?? "") ? await filterOverrides() : [];
    return execute([...place, ...args], cwd, environment([...DISARMED, ...filters], options), options);
  };

  /** Filters have free names, so they are read before each command that could run one. */
  async function filterOverrides(): Promise<[string, string][]> {
    const env = environment(DISARMED, {});
    const listed = await execute(
      [...place, "config", "--null", "--name-only", "--get-regexp", "^(filter|diff|merge)\\."],
      cwd,
      env,
      {},
    );
    const overrides: [string, string][] = [];
    for (const key of listed.stdout.toString("utf8").split("\0")) {
      const name = /^((?:filter|diff|merge)\..+)\.(clean|smudge|process|command|textconv|driver|required)$/s.exec(key);
      if (name) overrides.push([key, OFF[name[2] ?? ""] ?? ""]);
    }
    return overrides;
  }
}

/** Stdout as text; anything but exit 0 is an OutsideError that quotes git's own first line. */
export async function gitText(run: RunGit, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const result = await run(args, options);
  if (result.exit !== 0) throw gitFailed(args, result);
  return result.stdout.toString("utf8");
}

/** The error for a git command that failed where it should not. */
export function gitFailed(args: readonly string[], result: GitResult): OutsideError {
  const why =
    result.ended === "time"
      ? "it did not end in time"
      : result.ended === "output"
        ? "it printed too much"
        : result.stderr.trim().split("\n").slice(0, 3).join(" ") || `exit ${result.exit}`;
  return new OutsideError(`git ${args[0] ?? ""} failed: ${why}`, { retryable: false });
}

/**
 * GIT_CONFIG_COUNT carries the overrides instead of `-c`, because a filter's name may contain `=`. PATH and HOME stay:
 * the user's own ignore rules live there; what the user's configuration names is overridden just the same.
 */
function environment(config: readonly (readonly [string, string])[], options: GitOptions): Record<string, string> {
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    LC_ALL: "C",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_ALLOW_PROTOCOL: options.protocols ?? "",
    GIT_PAGER: "cat",
    GIT_EDITOR: "false",
    GIT_CONFIG_COUNT: String(config.length),
    ...options.env,
  };
  for (const name of ["HOME", "XDG_CONFIG_HOME"]) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  for (const [index, [key, value]] of config.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

function execute(
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  options: GitOptions,
): Promise<GitResult> {
  const { promise, resolve, reject } = Promise.withResolvers<GitResult>();
  const child = spawn("git", args, {
    cwd,
    env,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.timeout ?? TIMEOUT,
    killSignal: "SIGKILL",
  });
  const out: Buffer[] = [];
  const limit = options.limit ?? OUTPUT_LIMIT;
  let size = 0;
  let stderr = "";
  let tooMuch = false;
  child.stdout.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= limit) out.push(chunk);
    else {
      tooMuch = true;
      child.kill("SIGKILL");
    }
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < STDERR_LIMIT) stderr += chunk.toString("utf8");
  });
  child.stdin.on("error", () => undefined); // git may end without reading all of it; its exit says why
  child.stdin.end(options.input ?? "");
  child.on("error", (cause: NodeJS.ErrnoException) => reject(notStarted(cause)));
  child.on("close", (exit) => {
    const ended = tooMuch ? "output" : child.killed ? "time" : undefined;
    resolve({ exit: ended ? null : exit, stdout: Buffer.concat(out), stderr, ended });
  });
  return promise;
}

function notStarted(cause: NodeJS.ErrnoException): OutsideError {
  const message =
    cause.code === "ENOENT"
      ? "git was not found on PATH; install it (https://git-scm.com) and try again"
      : `git could not be started: ${cause.message}`;
  return new OutsideError(message, { retryable: false, cause });
}
