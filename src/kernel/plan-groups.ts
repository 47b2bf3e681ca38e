import type { Detection, ServiceKind } from "../sdk/index.ts";
import { byPrecedence, depth, only, sourceOf, within, type Found } from "./plan-source.ts";

/** All that was said about one thing that runs; the first is believed. */
export interface ServiceGroup {
  readonly dir: string;
  readonly members: readonly Found<"service">[];
}

type Candidate = Found<"service">;

const LISTENING: readonly ServiceKind[] = ["web", "api", "static"];

export function listens(kind: ServiceKind): boolean {
  return LISTENING.includes(kind);
}

/**
 * Sorts the service detections into things that run. Two are the same thing when they are in the same directory (or one names the
 * other's directory or name in its command) and have the same command, or the same name, or both listen and come from
 * different files: a Procfile's `web`, the compose service built there and the `start` script all start the one server.
 * One that is reached from above only is the thing of its kind that is there.
 */
export function groupServices(detections: readonly Detection[]): ServiceGroup[] {
  const all = only(detections, "service");
  const targets = all.map((found) => ({ dir: found.dir, name: found.name }));
  const groups: { dir: string; members: Candidate[] }[] = [];
  for (const found of byPrecedence(all)) {
    const dir = startedDir(found, targets);
    const here = groups.filter((group) => group.dir === dir);
    const same =
      here.find(({ members }) => members.some((other) => sameCommand(other, found))) ??
      here.find(({ members }) => members.some((other) => slug(other.name) === slug(found.name))) ??
      (listens(found.kind) ? here.find((group) => sameServer(group.members, found)) : undefined) ??
      here.find((group) => reachedFromAbove(group, found));
    if (same) same.members.push(found);
    else groups.push({ dir, members: [found] });
  }
  return groups.map(({ dir, members }) => ({ dir, members: own(members, dir) }));
}

/** A name that can be a segment file, a host name and a CLI argument. */
export function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/^@[^/]+\//, "")
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "app"
  );
}

/** A command that was detected in the service's own directory is better than one that gets there from above. */
function own(members: readonly Candidate[], dir: string): Candidate[] {
  return members.toSorted((a, b) => Number(b.dir === dir) - Number(a.dir === dir));
}

function sameServer(members: readonly Candidate[], found: Candidate): boolean {
  const file = sourceOf(found).file;
  return members.every((other) => listens(other.kind) && sourceOf(other).file !== file);
}

/** A command from above that names this directory starts the one thing of that kind that is here. */
function reachedFromAbove({ dir, members }: { dir: string; members: readonly Candidate[] }, found: Candidate): boolean {
  return members.every((other) => other.kind === found.kind && (other.dir === dir) !== (found.dir === dir));
}

/** The same words, or the same file of the repo run by the same interpreter (`bundle exec ruby app.rb` and `ruby --yjit app.rb`). */
function sameCommand(a: Candidate, b: Candidate): boolean {
  if (a.dir !== b.dir) return false;
  const file = fileRun(a.command);
  return plain(a.command) === plain(b.command) || (file !== undefined && file === fileRun(b.command));
}

function fileRun(command: string): string | undefined {
  const match = /(?:^|\s)(node|bun|deno|python|ruby|php)3?\s(?:(?:run|-\S+)\s+)*(?:\.\/)?([\w./-]+\.\w+)\s*$/.exec(
    command,
  );
  return match ? `${match[1]} ${match[2]}` : undefined;
}

/** `npm start`, `pnpm run start` and `exec npm run-script start` are one script, whoever runs it. */
function plain(command: string): string {
  return command
    .trim()
    .replace(/^exec\s+/, "")
    .replace(/^(npm|pnpm|yarn|bun) (?:run-script |run )?(?=[\w:-]+$)/, "run ")
    .replaceAll(/\s+/g, " ");
}

/**
 * Where a command really starts something: a command at the root that names the directory of a service below
 * (`cd apps/web && …`, `node apps/web/server.js`, `--prefix apps/web`) or its workspace name (`-w web`, `--filter web`).
 */
function startedDir(found: Candidate, targets: readonly { dir: string; name: string }[]): string {
  const below = targets.filter((target) => target.dir !== found.dir && within(target.dir, found.dir));
  const relative = (dir: string) => (found.dir === "." ? dir : dir.slice(found.dir.length + 1));
  const named = below
    .filter((target) => namesDir(found.command, relative(target.dir)) || namesWorkspace(found.command, target.name))
    .toSorted((a, b) => depth(b.dir) - depth(a.dir));
  return named[0]?.dir ?? found.dir;
}

function namesDir(command: string, dir: string): boolean {
  return new RegExp(String.raw`(^|[\s='"/])(\./)?${RegExp.escape(dir)}(?=$|[\s/'";])`).test(command);
}

function namesWorkspace(command: string, name: string): boolean {
  const flag = String.raw`(-w|--workspace|--filter|-F|--scope|workspace)[ =]['"]?`;
  return new RegExp(`${flag}(@[^/ ]+/)?${RegExp.escape(name)}(?=$|[ '".])`).test(command);
}
