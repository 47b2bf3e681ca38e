import { rm, writeFile } from "node:fs/promises";
import { Bug, OutsideError, type Git } from "../sdk/index.ts";
import { disarmedGit, gitFailed, gitText, type RunGit } from "./git-run.ts";
import { bringSnapshot, snapshotCommit } from "./snapshots-bring.ts";

/** What a clone could not bring along, as sentences; empty when it is complete. */
export interface Cloned {
  readonly commit: string;
  readonly leftOut: readonly string[];
}

/** Git of one repo, disarmed. Everything reads, except `updateRef` and what `run` is given. */
export interface OpenGit extends Git {
  /** The disarmed runner itself, for plumbing that has no function here. */
  readonly run: RunGit;
  /** The full hash that a ref or an abbreviation names; undefined when it names no commit. */
  resolve(ref: string): Promise<string | undefined>;
  treeOf(commit: string): Promise<string>;
  /** Text of a file at a commit, at most `limit` bytes (default 1 MiB); undefined when absent, larger or binary. */
  show(commit: string, path: string, limit?: number): Promise<string | undefined>;
  /** Paths of all files of a commit; submodules are not among them. */
  filesAt(commit: string): Promise<string[]>;
  /**
   * A full copy of the history at `dest` (absent or empty) with `commit` checked out and detached. It shares nothing with this repo: no
   * hard links, no remotes, no hooks, and of the configuration only how lines end; filters (LFS) and submodules are not run and are
   * said in `leftOut`. A commit that this repo does not have is taken from `snapshots`, a store of its snapshots, with their base.
   */
  cloneTo(dest: string, commit: string, snapshots?: string): Promise<Cloned>;
  /** Points a `lodestar/*` branch or `refs/notes/lodestar` at an object of this repo. Any other ref is a Bug. */
  updateRef(ref: string, target: string, message: string): Promise<void>;
  /** Unified diff between two commits, or between a commit and the working tree when `to` is absent. */
  diff(from: string, to?: string, paths?: readonly string[]): Promise<string>;
}

const TEXT_LIMIT = 1024 * 1024;
const OWN_REF = /^refs\/(heads\/lodestar\/[\w.-]+(\/[\w.-]+)*|notes\/lodestar)$/;

/** Opens the git of the repo at `root`, the folder that holds `.git`. Reads nothing yet and never fails. */
export function openGit(root: string): OpenGit {
  const run = disarmedGit(root);
  const text = (...args: string[]) => gitText(run, args);
  return {
    run,
    head: () => readHead(run),
    files: () => listFiles(run),
    ignored: (paths) => matching(run, ["check-ignore", "--stdin", "-z"], paths),
    tracked: (paths) => trackedOf(run, paths),
    resolve: (ref) => resolveCommit(run, ref),
    treeOf: async (commit) => (await text("rev-parse", "--verify", "--end-of-options", `${commit}^{tree}`)).trim(),
    show: (commit, path, limit = TEXT_LIMIT) => showFile(run, `${commit}:${path}`, limit),
    filesAt: (commit) => filesAt(run, commit),
    cloneTo: (dest, commit, snapshots) => cloneTo({ root, source: run, dest, commit, snapshots }),
    updateRef: (ref, target, message) => updateRef(run, ref, target, message),
    diff: (from, to, paths = []) =>
      text(
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--ignore-submodules=dirty",
        ...range(from, to),
        "--",
        ...paths,
      ),
  };
}

async function readHead(run: RunGit): ReturnType<Git["head"]> {
  const status = [
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    "--untracked-files=normal",
    "--ignore-submodules=dirty",
  ];
  const [listed, tree] = await Promise.all([
    gitText(run, status),
    gitText(run, ["rev-parse", "--verify", "--quiet", "HEAD^{tree}"]),
  ]);
  const entries = listed.split("\0").filter((entry) => entry !== "");
  const header = (name: string) => entries.find((entry) => entry.startsWith(`# ${name} `))?.slice(name.length + 3);
  const branch = header("branch.head");
  return {
    commit: header("branch.oid") ?? "",
    tree: tree.trim(),
    branch: branch === "(detached)" ? undefined : branch,
    dirty: entries.some((entry) => !entry.startsWith("# ")),
  };
}

/** One process tells all: `H mode hash stage\tpath` is tracked (160000 is a submodule), `? path` untracked, `R path` deleted on disk. */
async function listFiles(run: RunGit): Promise<string[]> {
  const listed = await gitText(run, ["ls-files", "-z", "-t", "-s", "-c", "-o", "-d", "--exclude-standard"]);
  const files = new Set<string>();
  const gone: string[] = [];
  for (const entry of listed.split("\0")) {
    if (entry.startsWith("? ")) {
      if (!entry.endsWith("/")) files.add(entry.slice(2)); // a repo inside the repo is not ours to read
    } else if (entry.startsWith("R ")) gone.push(pathOf(entry));
    else if (entry !== "" && !entry.startsWith("160000 ", 2)) files.add(pathOf(entry));
  }
  for (const path of gone) files.delete(path);
  return [...files];
}

function pathOf(entry: string): string {
  return entry.slice(entry.includes("\t") ? entry.indexOf("\t") + 1 : 2);
}

/** Exit 1 is "none of them". A path outside the repo is nobody's: it is left out before git refuses the whole question. */
async function matching(run: RunGit, args: readonly string[], paths: readonly string[]): Promise<string[]> {
  const input = paths.filter(isInside);
  if (input.length === 0) return [];
  const result = await run(args, { input: input.join("\0") });
  if (result.exit !== 0 && result.exit !== 1) throw gitFailed(args, result);
  return result.stdout
    .toString("utf8")
    .split("\0")
    .filter((path) => path !== "");
}

/** Pathspecs cannot come on stdin, so the question is asked in portions that fit a command line. */
async function trackedOf(run: RunGit, paths: readonly string[]): Promise<string[]> {
  const inside = paths.filter(isInside);
  const found: string[] = [];
  for (let at = 0; at < inside.length; at += 500) {
    const part = inside.slice(at, at + 500);
    const listed = await gitText(run, ["--literal-pathspecs", "ls-files", "-z", "--", ...part]);
    found.push(...listed.split("\0").filter((path) => path !== ""));
  }
  return [...new Set(found)];
}

function isInside(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !path.split("/").includes("..");
}

async function resolveCommit(run: RunGit, ref: string): Promise<string | undefined> {
  const result = await run(["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]);
  return result.exit === 0 ? result.stdout.toString("utf8").trim() : undefined;
}

async function showFile(run: RunGit, object: string, limit: number): Promise<string | undefined> {
  const result = await run(["cat-file", "blob", object], { limit });
  if (result.exit !== 0 || result.stdout.includes(0)) return undefined;
  return result.stdout.toString("utf8");
}

async function filesAt(run: RunGit, commit: string): Promise<string[]> {
  const listed = await gitText(run, ["ls-tree", "-r", "-z", "--full-tree", commit]);
  const entries = listed.split("\0").filter((entry) => entry !== "" && !entry.startsWith("160000 "));
  return entries.map((entry) => entry.slice(entry.indexOf("\t") + 1));
}

interface CloneTo {
  readonly root: string;
  readonly source: RunGit;
  readonly dest: string;
  readonly commit: string;
  readonly snapshots: string | undefined;
}

async function cloneTo({ root, source, dest, commit, snapshots }: CloneTo): Promise<Cloned> {
  const [own, lines] = await Promise.all([resolveCommit(source, commit), lineEnds(source)]);
  const stored = own === undefined && snapshots !== undefined ? await snapshotCommit(snapshots, commit) : undefined;
  const full = own ?? stored;
  if (full === undefined) throw new OutsideError(`${commit} is no commit of ${root}`, { retryable: false });
  const options = ["--quiet", "--local", "--no-hardlinks", "--no-checkout", "--template=", "--origin=origin"];
  // The copying side checks who owns the repo and hears only a configuration file: disarmed git may read anyone's.
  const config = `${dest}.gitconfig`;
  await writeFile(config, "[safe]\n\tdirectory = *\n", { mode: 0o600 });
  try {
    const env = { GIT_CONFIG_GLOBAL: config };
    await gitText(disarmedGit(undefined), ["clone", ...options, ...lines, "--", root, dest], {
      protocols: "file",
      env,
    });
  } finally {
    await rm(config, { force: true });
  }
  if (stored !== undefined && snapshots !== undefined) await bringSnapshot(snapshots, stored, dest);
  const copy = disarmedGit(dest);
  await gitText(copy, ["checkout", "--quiet", "--detach", "--force", full]);
  await gitText(copy, ["remote", "remove", "origin"]);
  return { commit: full, leftOut: await leftOut(copy, full) };
}

/** As options of `clone`: without them a copy would have other line ends than the working tree. The last value of a key counts. */
async function lineEnds(source: RunGit): Promise<string[]> {
  const listed = await source(["config", "--null", "--get-regexp", "^core\\.(autocrlf|eol)$"]);
  const options: string[] = [];
  for (const entry of listed.stdout.toString("utf8").split("\0")) {
    const [, key, value] = /^(core\.\w+)\n(true|false|input|lf|crlf|native)$/i.exec(entry) ?? [];
    if (key !== undefined) options.push("--config", `${key}=${value}`);
  }
  return options;
}

async function leftOut(copy: RunGit, commit: string): Promise<string[]> {
  const listed = await gitText(copy, ["ls-tree", "-r", "-z", "--full-tree", commit]);
  const sentences: string[] = [];
  for (const entry of listed.split("\0"))
    if (entry.startsWith("160000 ")) sentences.push(`submodule ${entry.slice(entry.indexOf("\t") + 1)} was not cloned`);
  return [...sentences, ...(await filteredAt(copy, commit))];
}

/** Sentences for what a commit's attributes give to filters (LFS): those are never run. */
export async function filteredAt(run: RunGit, commit: string): Promise<string[]> {
  const sentences: string[] = [];
  const filtered = [
    "grep",
    "-h",
    "-I",
    "-E",
    "filter=[^[:space:]]",
    commit,
    "--",
    ".gitattributes",
    "**/.gitattributes",
  ];
  for (const line of (await run(filtered)).stdout.toString("utf8").split("\n")) {
    const [pattern, ...attributes] = line.trim().split(/\s+/);
    const filter = attributes.find((attribute) => attribute.startsWith("filter="))?.slice("filter=".length);
    if (pattern && !pattern.startsWith("#") && filter)
      sentences.push(`files matching ${pattern} are as git stores them: the filter ${filter} was not run`);
  }
  return sentences;
}

async function updateRef(run: RunGit, ref: string, target: string, message: string): Promise<void> {
  if (!OWN_REF.test(ref) || ref.includes("..") || ref.endsWith(".lock"))
    throw new Bug(`Lodestar writes only refs/heads/lodestar/* and refs/notes/lodestar, not ${ref}`);
  await gitText(run, ["update-ref", "--no-deref", "-m", message, "--end-of-options", ref, target]);
}

function range(from: string, to: string | undefined): string[] {
  for (const end of [from, to]) if (end?.startsWith("-")) throw new Bug(`${end} is no commit`);
  return to === undefined ? [from] : [from, to];
}
