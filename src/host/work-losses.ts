import { join } from "node:path";
import { gitText, type RunGit } from "./git-run.ts";
import { openGit } from "./git.ts";
import { readDescription, WORK } from "./work-room-file.ts";

const NAMED = 3;

/**
 * What would be lost with the room in `dir`, as sentences: files that no commit has, and commits that the repo does not have on
 * any branch or tag. A clone that git cannot read any more counts as work. The git of a room is disarmed like any other.
 */
export async function lossesOf(dir: string): Promise<string[]> {
  const described = await readDescription(dir);
  if (described?.purpose !== WORK || !described.work) return [];
  const room = openGit(join(dir, "repo")).run;
  try {
    const changed = await changedFiles(room);
    const commits = await lostCommits(room, openGit(described.work.root).run, described.commit);
    const stashed = (await gitText(room, ["stash", "list", "--format=%gd"])).split("\n").filter(Boolean).length;
    return [
      ...(changed.length > 0 ? [`${count(changed.length, "uncommitted file")} (${some(changed)})`] : []),
      ...(commits.length > 0
        ? [`${count(commits.length, "commit")} that ${described.work.root} does not have (${some(commits)})`]
        : []),
      ...(stashed > 0 ? [count(stashed, "stash entry", "stash entries")] : []),
    ];
  } catch {
    return ["git cannot read its clone, so nobody knows what is in it"];
  }
}

async function changedFiles(room: RunGit): Promise<string[]> {
  const asked = [
    "status",
    "--porcelain=v1",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=dirty",
  ];
  const entries = (await gitText(room, asked)).split("\0").filter((entry) => entry !== "");
  return entries.map((entry) => entry.slice(3));
}

/** The commits of the room that no ref of the repo reaches, the newest first. */
async function lostCommits(room: RunGit, repo: RunGit, start: string): Promise<string[]> {
  const tips = await gitText(room, ["for-each-ref", "--format=%(objectname)", "refs/heads"]);
  const head = await gitText(room, ["rev-parse", "--verify", "HEAD"]);
  const known = [start];
  const seen = await gitText(room, ["for-each-ref", "--format=%(objectname)", "refs/remotes/origin"]);
  for (const tip of new Set(`${tips}\n${head}\n${seen}`.split("\n").filter(Boolean)))
    if (await isReached(repo, tip)) known.push(tip);
  const input = known.map((one) => `^${one}\n`).join("");
  const listed = await gitText(room, ["log", "--format=%h %s", "--branches", "HEAD", "--stdin"], { input });
  return listed.split("\n").filter((line) => line !== "");
}

/** Asked of the repo itself: what the room says of it may be old, or written by whoever works there. */
async function isReached(repo: RunGit, commit: string): Promise<boolean> {
  const found = await repo(["for-each-ref", "--count=1", "--format=%(refname)", "--contains", commit]);
  return found.exit === 0 && found.stdout.length > 0;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? `${shown}, and ${names.length - NAMED} more` : shown;
}

function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
