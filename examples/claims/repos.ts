import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Made } from "./claims.ts";
import type { ClaimRow, Tree } from "./corpus.ts";

const run = promisify(execFile);
const AT_ONCE = 4;
/** Author, dates and settings that make every commit the same on every machine. */
const ENV = {
  ...process.env,
  GIT_AUTHOR_NAME: "Sam Field",
  GIT_AUTHOR_EMAIL: "sam@example.org",
  GIT_COMMITTER_NAME: "Sam Field",
  GIT_COMMITTER_EMAIL: "sam@example.org",
  GIT_AUTHOR_DATE: "2026-01-05T10:00:00Z",
  GIT_COMMITTER_DATE: "2026-01-05T10:00:00Z",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
};

/** Writes each claim's repository into a folder of its own, and `claims.jsonl` beside them. */
export async function writeCorpus(folder: string, claims: readonly Made[]): Promise<ClaimRow[]> {
  await mkdir(folder, { recursive: true });
  const rows = await inParallel(claims, AT_ONCE, (made) => writeOne(folder, made));
  await writeFile(join(folder, "claims.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return rows;
}

/** Does the work for each item, so many at once; the results are in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

export async function writeTree(folder: string, tree: Tree): Promise<void> {
  for (const [path, text] of Object.entries(tree)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function writeOne(folder: string, { id, scenario, runner, dirty, draft }: Made): Promise<ClaimRow> {
  const repo = join(folder, id);
  await rm(repo, { recursive: true, force: true });
  await mkdir(repo, { recursive: true });
  const git = async (...args: string[]) =>
    (await run("git", ["-C", repo, "-c", "commit.gpgsign=false", ...args], { env: ENV })).stdout.trim();
  const commit = async (message: string) => {
    await git("add", "--all");
    await git("commit", "--quiet", "--message", message);
  };
  await writeTree(repo, draft.base);
  await git("init", "--quiet", "--initial-branch=main");
  await commit("Begin");
  const base = await git("rev-parse", "HEAD");
  for (const path of Object.keys(draft.base)) if (draft.subject[path] === undefined) await rm(join(repo, path));
  await writeTree(repo, draft.subject);
  if (!dirty) await commit("Change it");
  const { claim, kind, truth, failingTestExists, expect, because } = draft;
  const covered = expect !== "unprovable";
  return {
    id,
    repo: id,
    runner,
    base,
    claim,
    truth,
    kind,
    scenario,
    failingTestExists,
    covered,
    expect,
    because,
    dirty,
  };
}
