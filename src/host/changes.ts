import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChangeEdit, Changes, Repo } from "../sdk/index.ts";
import { gitFailed, gitText, type RunGit } from "./git-run.ts";
import { openGit, type OpenGit } from "./git.ts";

type Proposed = Awaited<ReturnType<Changes["propose"]>>;
type Applied = Awaited<ReturnType<Changes["apply"]>>;

const AUTHOR = "Lodestar";
const EMAIL = "lodestar@localhost";

/**
 * Repairs of tracked files as commits on `lodestar/*` branches. `propose` leaves the working tree, the index and HEAD as
 * they are and gives the same branch for the same change; `apply` changes the working tree only, all of it or nothing.
 */
export function openChanges(): Changes {
  return { propose, apply };
}

async function propose({ repo, edits, title, because }: Parameters<Changes["propose"]>[0]): Promise<Proposed> {
  const git = openGit(repo.root);
  const base = await git.resolve("HEAD");
  if (base === undefined) return { ok: false, because: "the repository has no commit yet" };
  const files = await edited(git, base, edits);
  if (!files.ok) return files;
  return withIndex(async (index) => {
    const env = { GIT_INDEX_FILE: index };
    await gitText(git.run, ["read-tree", base], { env });
    for (const file of files.files) {
      const blob = (
        await gitText(git.run, ["hash-object", "-w", "-t", "blob", "--stdin"], { input: file.text })
      ).trim();
      await gitText(git.run, ["update-index", "--add", "--cacheinfo", `${file.mode},${blob},${file.path}`], { env });
    }
    const tree = (await gitText(git.run, ["write-tree"], { env })).trim();
    if (tree === (await git.treeOf(base))) return { ok: false, because: "the files say that already" };
    const change = `${slug(title)}-${tree.slice(0, 8)}`;
    const branch = `lodestar/${change}`;
    const known = await git.resolve(`refs/heads/${branch}`);
    const same = known !== undefined && (await git.treeOf(known)) === tree && (await parentOf(git, known)) === base;
    if (!same) await commit(git, { branch, tree, base, message: `${title}\n\n${because}\n` });
    return { ok: true, change, branch, diff: await git.diff(base, `refs/heads/${branch}`) };
  });
}

async function apply(repo: Repo, branch: string): Promise<Applied> {
  const git = openGit(repo.root);
  const change = branch.replace(/^lodestar\//, "");
  const again = `lodestar changes apply ${change}`;
  const commit = branch.startsWith("lodestar/") ? await git.resolve(`refs/heads/${branch}`) : undefined;
  const base = commit === undefined ? undefined : await parentOf(git, commit);
  if (commit === undefined || base === undefined)
    return { ok: false, because: `there is no branch ${branch}`, next: "lodestar changes list" };
  const paths = split(await gitText(git.run, ["diff", "--name-only", "-z", "--no-renames", base, commit]));
  const dirty = await uncommitted(git, paths);
  if (dirty.length > 0)
    return {
      ok: false,
      because: `${dirty.join(", ")} ${dirty.length === 1 ? "has" : "have"} edits that are not committed`,
      next: `git stash push -- ${dirty.map(quote).join(" ")} && ${again}`,
    };
  const flags = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--full-index", "--binary"];
  const patch = await gitText(git.run, ["diff", ...flags, base, commit]);
  return withIndex(async (index) => {
    await copyFile(await indexOf(git), index);
    return patchTree(git.run, { patch, index, branch, again });
  });
}

/** `--3way` stages what it applies, so it gets an index of its own; the user's own index stays as it is. */
async function patchTree(
  run: RunGit,
  { patch, index, branch, again }: { patch: string; index: string; branch: string; again: string },
): Promise<Applied> {
  const options = { input: patch, env: { GIT_INDEX_FILE: index } };
  const checked = await run(["apply", "--3way", "--check", "--whitespace=nowarn", "-"], options);
  if (checked.exit !== 0 || /with conflicts/.test(checked.stderr))
    return {
      ok: false,
      because: `it does not fit the files as they are now: ${checked.stderr.trim().split("\n").at(-1) ?? ""}`,
      next: `git cherry-pick --no-commit ${branch} (and resolve the conflict), or make it anew: lodestar up`,
    };
  const args = ["apply", "--3way", "--whitespace=nowarn", "-"];
  const applied = await run(args, options);
  if (applied.exit === 0) return { ok: true };
  return { ok: false, because: gitFailed(args, applied).message, next: again };
}

/** The files of a commit with the edits made, each once. */
async function edited(
  git: OpenGit,
  base: string,
  edits: readonly ChangeEdit[],
): Promise<{ ok: true; files: { path: string; mode: string; text: string }[] } | { ok: false; because: string }> {
  const files = new Map<string, { path: string; mode: string; text: string }>();
  for (const edit of edits) {
    const { path } = edit;
    if (!isPlainPath(path)) return { ok: false, because: `${path} is no path inside the repository` };
    const mode = await modeOf(git, base, path);
    if (mode !== undefined && !mode.startsWith("100"))
      return { ok: false, because: `${path} is no ordinary file in git` };
    const before = files.get(path)?.text ?? (mode === undefined ? undefined : await git.show(base, path));
    if ("content" in edit) {
      files.set(path, { path, mode: mode ?? "100644", text: edit.content });
      continue;
    }
    const at = before?.indexOf(edit.find) ?? -1;
    if (before === undefined || at < 0)
      return { ok: false, because: `${path} as it is committed does not contain ${JSON.stringify(edit.find)}` };
    const text = before.slice(0, at) + edit.replace + before.slice(at + edit.find.length);
    files.set(path, { path, mode: mode ?? "100644", text });
  }
  return { ok: true, files: [...files.values()] };
}

async function commit(
  git: OpenGit,
  { branch, tree, base, message }: { branch: string; tree: string; base: string; message: string },
): Promise<void> {
  const env = {
    GIT_AUTHOR_NAME: AUTHOR,
    GIT_AUTHOR_EMAIL: EMAIL,
    GIT_COMMITTER_NAME: AUTHOR,
    GIT_COMMITTER_EMAIL: EMAIL,
  };
  const made = await gitText(git.run, ["commit-tree", tree, "-p", base, "-F", "-"], { input: message, env });
  await git.updateRef(`refs/heads/${branch}`, made.trim(), "proposed by Lodestar");
}

function parentOf(git: OpenGit, commit: string): Promise<string | undefined> {
  return git.resolve(`${commit}^`);
}

async function modeOf(git: OpenGit, commit: string, path: string): Promise<string | undefined> {
  const listed = await gitText(git.run, ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path]);
  return split(listed)[0]?.split(" ")[0];
}

/** Those of `paths` that differ from HEAD in the working tree or the index, or are untracked. */
async function uncommitted(git: OpenGit, paths: readonly string[]): Promise<string[]> {
  const args = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", ...paths.map(literal)];
  return split(await gitText(git.run, args)).map((entry) => entry.slice(3));
}

async function indexOf(git: OpenGit): Promise<string> {
  return (await gitText(git.run, ["rev-parse", "--path-format=absolute", "--git-path", "index"])).trim();
}

async function withIndex<T>(work: (index: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "lodestar-index-"));
  try {
    return await work(join(folder, "index"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isPlainPath(path: string): boolean {
  const parts = path.split("/");
  // oxlint-disable-next-line no-control-regex -- a control character has no place in a path that we write
  return !/[\u0000-\u001F\\]/.test(path) && parts.every((part) => !/^(?:|\.|\.\.|\.git)$/i.test(part));
}

function literal(path: string): string {
  return `:(literal,top)${path}`;
}

function split(listed: string): string[] {
  return listed.split("\0").filter((entry) => entry !== "");
}

function slug(title: string): string {
  const words = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return words.slice(0, 40).replace(/^-+|-+$/g, "") || "change";
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
