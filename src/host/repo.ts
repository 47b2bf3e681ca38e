import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, lstat, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { OutsideError, UserError } from "../sdk/index.ts";
import { readText } from "./files.ts";
import { openGit, type OpenGit } from "./git.ts";
import type { RepoSource } from "./repo-view.ts";

export interface Repo {
  /** Real path of the folder that holds `.git`. */
  readonly root: string;
  /** First 12 hex digits of the sha256 of `root`: the same repo has the same id on every start. */
  readonly id: string;
  readonly name: string;
  readonly git: OpenGit;
}

const SOURCE_LIMIT = 1024 * 1024;

/**
 * Finds the repo at or above `path`. Everything that is wrong with it is a UserError that names the cause, what was
 * tried and what to type next. Runs nothing of the repo.
 */
export async function inspectRepo(path: string): Promise<Repo> {
  const asked = resolve(path);
  const real = await realFolder(asked);
  const bare = basename(real) !== ".git" && (await isGitDir(real));
  const root = bare ? undefined : await findRoot(real);
  if (root === undefined) throw notARepo(asked, real, bare);
  const git = openGit(root);
  await refuseEmpty(git, root, asked);
  return {
    root,
    id: createHash("sha256").update(root).digest("hex").slice(0, 12),
    name: basename(root) || "root",
    git,
  };
}

/** The working tree as detectors read it: text of at most 1 MiB, never through a symlink that leads out of the repo. */
export function repoSource(root: string, files: readonly string[]): RepoSource {
  return { files, read: (path) => readText(root, path, { limit: SOURCE_LIMIT, longer: "skip" }) };
}

async function realFolder(asked: string): Promise<string> {
  const tried = `open ${asked}`;
  try {
    const real = await realpath(asked);
    if (!(await stat(real)).isDirectory())
      throw new UserError(`${asked} is a file, not a folder`, { tried, next: `lodestar up ${quote(dirname(asked))}` });
    await access(real, constants.R_OK | constants.X_OK);
    return real;
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new UserError(`${asked} does not exist`, { tried, cause, next: "lodestar up <path of a git repository>" });
    if (code === "ELOOP")
      throw new UserError(`${asked} is a symbolic link that leads back to itself`, {
        tried,
        cause,
        next: `ls -l ${quote(asked)}`,
      });
    if (code === "EACCES" || code === "EPERM")
      throw new UserError(`You have no permission to read ${asked}`, { tried, cause, next: `ls -ld ${quote(asked)}` });
    throw cause;
  }
}

/** The nearest folder with a `.git`, found by looking and not by asking git, which would follow `core.worktree`. */
async function findRoot(start: string): Promise<string | undefined> {
  for (let dir = start; ; dir = dirname(dir)) {
    const found = await lstat(join(dir, ".git")).catch(() => undefined);
    if (found && (found.isFile() || (await isGitDir(join(dir, ".git"))))) return dir;
    if (dirname(dir) === dir) return undefined;
  }
}

/** A folder is git's own when it has these three; git's own test is the same (setup.c, is_git_directory). */
async function isGitDir(dir: string): Promise<boolean> {
  const parts = await Promise.all(["HEAD", "objects", "refs"].map((name) => lstat(join(dir, name)).catch(() => null)));
  return parts.every((part) => part !== null);
}

function notARepo(asked: string, real: string, bare: boolean): UserError {
  const tried = `look for .git in ${real} and every folder above it`;
  if (bare)
    return new UserError(`${asked} is a bare repository: it has no files to run`, {
      tried,
      next: `git clone ${quote(real)} <folder> && lodestar up <folder>`,
    });
  return new UserError(`${asked} is not a git repository`, {
    tried,
    next: `cd ${quote(asked)} && git init && git add . && git commit -m "First commit", or choose another path`,
  });
}

async function refuseEmpty(git: OpenGit, root: string, asked: string): Promise<void> {
  if ((await git.resolve("HEAD")) !== undefined) return;
  const probe = await git.run(["rev-parse", "--git-dir"]);
  if (probe.exit !== 0)
    throw new UserError(`${join(root, ".git")} is no repository that git can read: ${firstLine(probe.stderr)}`, {
      tried: `git -C ${root} rev-parse --git-dir`,
      next: `git -C ${quote(root)} status`,
    });
  const head = await git.run(["symbolic-ref", "--quiet", "HEAD"]);
  if (head.exit !== 0)
    throw new OutsideError(`HEAD of ${root} names no commit that is there: the repository is damaged (git fsck)`, {
      retryable: false,
    });
  throw new UserError(`${asked} has no commit yet`, {
    tried: `git -C ${root} rev-parse HEAD`,
    next: `git -C ${quote(root)} add . && git -C ${quote(root)} commit -m "First commit"`,
  });
}

function quote(path: string): string {
  return /^[\w@%+=:,./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
