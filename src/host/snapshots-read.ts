import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { ChangedFile, CommitSource, Snapshot } from "../sdk/index.ts";
import { gitFailed, gitText, type RunGit } from "./git-run.ts";
import { readBlobs, sizesOf } from "./snapshots-objects.ts";

const TEXT_LIMIT = 1024 * 1024;
const TEXTS = 2_000;
const TEXT_TOTAL = 128 * 1024 * 1024;
const MESSAGES = 50;
/** Links that lead on to links. */
const HOPS = 5;
/** `:mode mode oid oid status\0path\0[path\0]`: git-diff-tree(1), raw output format. */
const RAW = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])/;

interface Difference {
  readonly file: Omit<ChangedFile, "before" | "after">;
  /** Blobs of what is an ordinary file. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** See `Snapshots.changed`. */
export async function changedBetween(run: RunGit, from: string, to: string): Promise<ChangedFile[]> {
  const args = ["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "-M", "-l1000", "--no-ext-diff", "--no-textconv"];
  const listed = await gitText(run, [...args, "--end-of-options", from, to]);
  const differences = parseRaw(listed);
  const read = differences.slice(0, TEXTS);
  const texts = await readTexts(
    run,
    read.flatMap(({ before, after }) => [before, after]),
  );
  return differences.map(({ file, before, after }) => {
    const [old, now] = [texts.get(before ?? ""), texts.get(after ?? "")];
    return { ...file, ...(old === undefined ? {} : { before: old }), ...(now === undefined ? {} : { after: now }) };
  });
}

/** See `Snapshots.source`. Texts that are asked for at the same time are read by one process. */
export async function sourceAt(run: RunGit, commit: string): Promise<CommitSource> {
  const listed = await gitText(run, ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit]);
  const entries = new Map<string, { mode: string; oid: string }>();
  for (const entry of listed.split("\0")) {
    const [mode = "", , oid = ""] = entry.slice(0, entry.indexOf("\t")).split(" ");
    if (entry !== "" && mode !== "160000") entries.set(entry.slice(entry.indexOf("\t") + 1), { mode, oid });
  }
  let waiting = new Set<string>();
  let reading: Promise<Map<string, string>> | undefined;

  async function text(oid: string): Promise<string | undefined> {
    waiting.add(oid);
    reading ??= new Promise<void>((resolve) => void setImmediate(resolve)).then(() => {
      const asked = [...waiting];
      [waiting, reading] = [new Set(), undefined];
      return readTexts(run, asked);
    });
    return (await reading).get(oid);
  }

  return {
    files: [...entries.keys()],
    async read(path) {
      let at = path;
      for (let hop = 0; hop <= HOPS; hop++) {
        const entry = entries.get(at);
        const found = entry && (await text(entry.oid));
        if (found === undefined || entry?.mode !== "120000") return found;
        const target = follow(at, found);
        if (target === undefined) return undefined;
        at = target;
      }
      return undefined;
    },
  };
}

/** See `Snapshots.messages`; both are commits. */
export async function messagesBetween(run: RunGit, from: string, to: string): Promise<string[]> {
  const args = ["log", "-z", `--max-count=${MESSAGES}`, "--format=%B", "--end-of-options", `${from}..${to}`];
  const listed = await gitText(run, args);
  return listed
    .split("\0")
    .map((message) => message.trim())
    .filter((message) => message !== "");
}

/** See `Snapshots.defaultBase`; `run` is the git of the repo itself. */
export async function baseOf(
  run: RunGit,
  { head, dirty }: Snapshot,
): Promise<{ commit: string; because: string } | undefined> {
  if (dirty) return { commit: head, because: "the working tree differs from it, HEAD" };
  for (const branch of await defaultBranches(run)) {
    const args = ["merge-base", head, branch.commit];
    const result = await run(args);
    if (result.exit !== 0 && result.exit !== 1) throw gitFailed(args, result);
    const commit = result.stdout.toString("latin1").split("\n")[0] ?? "";
    if (commit === "") continue; // no common history
    if (commit !== head) return { commit, because: `HEAD branched off ${branch.name} there` };
    break;
  }
  const result = await run(["rev-parse", "--verify", "--quiet", "--end-of-options", `${head}^1^{commit}`]);
  const parent = result.stdout.toString("latin1").trim();
  return result.exit === 0 ? { commit: parent, because: "it is the commit before HEAD" } : undefined;
}

/** See `Snapshots.underWay`. The files are those that `git status` looks for (wt-status.c). */
export async function workUnderWay(gitDir: string): Promise<string | undefined> {
  const signs = [
    ["rebase-merge", "rebase"],
    ["rebase-apply/applying", "am"],
    ["rebase-apply", "rebase"],
    ["MERGE_HEAD", "merge"],
    ["CHERRY_PICK_HEAD", "cherry-pick"],
    ["REVERT_HEAD", "revert"],
    ["BISECT_LOG", "bisect"],
  ] as const;
  for (const [file, what] of signs) if (await lstat(join(gitDir, file)).catch(() => undefined)) return what;
  return undefined;
}

function parseRaw(listed: string): Difference[] {
  const parts = listed.split("\0");
  const found: Difference[] = [];
  for (let at = 0; at < parts.length;) {
    const [, oldMode = "", newMode = "", oldOid, newOid, letter] = RAW.exec(parts[at] ?? "") ?? [];
    if (letter === undefined) break;
    const path = parts[at + 1] ?? "";
    const before = oldMode.startsWith("100") ? oldOid : undefined;
    const after = newMode.startsWith("100") ? newOid : undefined;
    if (letter === "R") {
      found.push({ file: { path: parts[at + 2] ?? "", from: path, status: "renamed" }, before, after });
      at += 3;
      continue;
    }
    const status = letter === "A" ? "added" : letter === "D" ? "deleted" : "modified";
    found.push({ file: { path, status }, before, after });
    at += 2;
  }
  return found;
}

/** Texts of blobs by hash: none for what is larger than 1 MiB, binary, or beyond the total. */
async function readTexts(run: RunGit, oids: readonly (string | undefined)[]): Promise<Map<string, string>> {
  const wanted = oids.filter((oid) => oid !== undefined);
  const small = new Map<string, number>();
  let total = 0;
  for (const [oid, size] of await sizesOf(run, wanted)) {
    if (size > TEXT_LIMIT || total + size > TEXT_TOTAL) continue;
    total += size;
    small.set(oid, size);
  }
  const texts = new Map<string, string>();
  for (const [oid, content] of await readBlobs(run, small))
    if (!content.includes(0)) texts.set(oid, content.toString("utf8"));
  return texts;
}

/** Where a link at `path` leads inside the repo; undefined when it leads out. */
function follow(path: string, target: string): string | undefined {
  if (target.startsWith("/")) return undefined;
  const parts = path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Branches that others start from, the likeliest first: what origin says, then the usual names there, on other remotes, and here. */
async function defaultBranches(run: RunGit): Promise<{ commit: string; name: string }[]> {
  const names = ["HEAD", "main", "master", "develop"];
  const patterns = [...names.map((name) => `refs/remotes/*/${name}`), ...names.map((name) => `refs/heads/${name}`)];
  const format = "--format=%(objecttype) %(objectname) %(refname) %(symref)";
  const listed = await gitText(run, ["for-each-ref", format, ...patterns]);
  const found: { commit: string; name: string; rank: number }[] = [];
  for (const line of listed.split("\n")) {
    const [type, commit = "", ref = "", symref] = line.split(" ");
    if (type !== "commit") continue;
    const [, where, remote] = ref.split("/");
    const place = where === "heads" ? 2 : remote === "origin" ? 0 : 1;
    const rank = place * names.length + names.indexOf(ref.slice(ref.lastIndexOf("/") + 1));
    found.push({ commit, name: (symref || ref).replace(/^refs\/(remotes|heads)\//, ""), rank });
  }
  return found.sort((a, b) => a.rank - b.rank);
}
