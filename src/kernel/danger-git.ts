import { UNKNOWN, placeOf } from "./danger-paths.ts";
import { hasFlag, operands, valueOf } from "./danger-rules.ts";
import type { Call, Finding } from "./danger-rules.ts";

/** A git command without its global options. */
interface Git {
  readonly call: Call;
  readonly verb: string;
  readonly args: readonly string[];
  /** `-c name=value` of the call. */
  readonly settings: readonly string[];
  /** Of `-C`. */
  readonly folder: string;
}

/** Git commands that lose work or history, push by force or skip hooks. */
export function judgeGit(call: Call): Finding[] {
  if (call.program !== "git") return [];
  const git = read(call);
  const findings = git.settings.some((each) => /^core\.hookspath=/i.test(each)) ? [bypass(git)] : [];
  if (skipsHooks(git)) findings.push(bypass(git));
  const judge = Object.hasOwn(VERBS, git.verb) ? VERBS[git.verb] : undefined;
  const found = judge?.(git);
  return found ? [...findings, found] : findings;
}

/** Shell texts and commands that git itself will run: `bisect run`, `rebase --exec`, `submodule foreach`, aliases with `!`. */
export function ranByGit(call: Call): string[] {
  if (call.program !== "git") return [];
  const { verb, args, settings } = read(call);
  const aliases = settings.flatMap((each) => /^alias\.[^=]+=!(.*)$/s.exec(each)?.[1] ?? []);
  if (verb === "rebase") return [...aliases, valueOf(args, "--exec", "-x") ?? ""];
  if (verb === "bisect" && args[0] === "run") return [...aliases, args.slice(1).join(" ")];
  if (verb === "submodule" && args[0] === "foreach") return [...aliases, operands(args.slice(1)).join(" ")];
  if (verb !== "config") return aliases;
  const value = args.find((arg) => arg.startsWith("!"));
  return value === undefined ? aliases : [...aliases, value.slice(1)];
}

/** The paths that a git command writes or removes by name. */
export function writtenByGit(call: Call): string[] {
  const { verb, args } = read(call);
  return ["checkout", "restore", "rm", "mv"].includes(verb) ? operands(args) : [];
}

/** Where `git clone` puts its copy; undefined for other commands. */
export function clonedTo(call: Call): string | undefined {
  const { verb, args } = read(call);
  return verb === "clone" ? operands(args, ["-b", "--branch", "--depth", "-o", "--origin", "-c"])[1] : undefined;
}

const VALUED = new Set(["--git-dir", "--work-tree", "--namespace", "--exec-path"]);

function read(call: Call): Git {
  const settings: string[] = [];
  let folder = ".";
  let index = 0;
  for (; index < call.args.length; index++) {
    const arg = call.args[index] ?? "";
    if (arg === "-c") settings.push(call.args[++index] ?? "");
    else if (arg === "-C") folder = call.args[++index] ?? folder;
    else if (VALUED.has(arg)) index++;
    else if (!arg.startsWith("-")) break;
  }
  return { call, verb: call.args[index] ?? "", args: call.args.slice(index + 1), settings, folder };
}

const VERBS: Readonly<Record<string, (git: Git) => Finding | undefined>> = {
  reset: (git) => (hasFlag(git.args, "", "--hard", "--merge", "--keep") ? discards(git) : undefined),
  checkout: (git) => (discardsByCheckout(git) ? discards(git) : undefined),
  switch: (git) => (hasFlag(git.args, "f", "--force", "--discard-changes") ? discards(git) : undefined),
  restore: (git) => {
    const index = hasFlag(git.args, "S", "--staged") && !hasFlag(git.args, "W", "--worktree");
    return index ? undefined : discards(git);
  },
  clean: judgeClean,
  rm: (git) => (hasFlag(git.args, "f", "--force") && !hasFlag(git.args, "", "--cached") ? discards(git) : undefined),
  stash: (git) => (["drop", "clear"].includes(git.args[0] ?? "") ? history(git, "drops stashed work") : undefined),
  branch: (git) => {
    const forced = hasFlag(git.args, "d", "--delete") && hasFlag(git.args, "f", "--force");
    return forced || hasFlag(git.args, "D")
      ? history(git, "deletes a branch whose commits may be nowhere else")
      : undefined;
  },
  "filter-branch": (git) => history(git, "rewrites the whole history"),
  "filter-repo": (git) => history(git, "rewrites the whole history"),
  reflog: (git) =>
    ["expire", "delete"].includes(git.args[0] ?? "")
      ? history(git, "drops the record that brings commits back")
      : undefined,
  gc: (git) =>
    git.args.some((arg) => /^--prune=(now|all)/.test(arg))
      ? history(git, "removes unreachable commits for good")
      : undefined,
  prune: (git) =>
    hasFlag(git.args, "n", "--dry-run") ? undefined : history(git, "removes unreachable commits for good"),
  "update-ref": (git) => (hasFlag(git.args, "d", "--stdin") ? history(git, "deletes a ref") : undefined),
  worktree: (git) =>
    git.args[0] === "remove" && hasFlag(git.args, "f", "--force")
      ? history(git, "deletes another working tree with its work")
      : undefined,
  submodule: (git) => (git.args[0] === "deinit" && hasFlag(git.args, "f", "--force") ? discards(git) : undefined),
  config: judgeConfig,
  push: judgePush,
};

function discards(git: Git): Finding | undefined {
  return git.call.facts.dirty || isElsewhere(git) ? loses(git, "throws uncommitted work away") : undefined;
}

/** Work of this repository is snapshotted first; that of another one cannot be. */
function loses(git: Git, why: string, covers: readonly ("files" | "database")[] = ["files"]): Finding | undefined {
  const found = { rule: "discard-changes", part: git.call.raw, why } as const;
  if (placeOf(git.folder, git.call) === "temporary") return undefined;
  return isElsewhere(git) ? { ...found, decision: "ask" } : { ...found, decision: "snapshot", covers };
}

function isElsewhere(git: Git): boolean {
  return git.call.place !== "here" || ["outside", "unknown"].includes(placeOf(git.folder, git.call));
}

function discardsByCheckout(git: Git): boolean {
  if (hasFlag(git.args, "f", "--force")) return true;
  if (hasFlag(git.args, "b") || hasFlag(git.args, "B", "--orphan")) return false;
  const paths = git.args.includes("--") ? git.args.slice(git.args.indexOf("--") + 1) : [];
  if (paths.length > 0) return true;
  const names = operands(git.args);
  // A path, where git would look for a branch first: `.`, `src/`, `./x`, `src/app.ts`, or a second name after a commit.
  return names.length > 1 || names.some((name) => /^\.{1,2}$|\/$|^\.{0,2}\/|^:|\.[a-z]{1,5}$|\uE001/i.test(name));
}

/** Ignored files (`-x`) are no part of "unsaved work", and a `.env` among them is not made again. */
function judgeClean(git: Git): Finding | undefined {
  if (!hasFlag(git.args, "f", "--force") || hasFlag(git.args, "n", "--dry-run")) return undefined;
  if (!hasFlag(git.args, "x") && !hasFlag(git.args, "X")) return discards(git);
  return loses(git, "deletes untracked and ignored files", ["files", "database"]);
}

function history(git: Git, why: string): Finding {
  return { decision: "ask", rule: "git-history", part: git.call.raw, why };
}

function bypass(git: Git): Finding {
  const why = "skips the repository's own hooks";
  return { decision: "ask", rule: "bypass-check", part: git.call.raw, why, instead: "fix what the hook reports" };
}

function skipsHooks(git: Git): boolean {
  if (!["commit", "push", "merge", "am", "rebase", "cherry-pick"].includes(git.verb)) return false;
  if (git.args.some((arg) => arg === "--no-verify" || /^--no-v[erify]*$/.test(arg))) return true;
  if (git.call.env.get("HUSKY") === "0" || git.call.env.has("HUSKY_SKIP_HOOKS") || git.call.env.has("SKIP"))
    return true;
  // `-n` of commit alone is --no-verify; in a cluster it must stand before an option that takes a value (`-nm x`, not `-mn`).
  return git.verb === "commit" && beforeOperands(git.args).some((arg) => /^-[aseiopqvzS]*n[a-zA-Z]*$/.test(arg));
}

/** The options, without the values of `-m` and the like. */
function beforeOperands(args: readonly string[]): string[] {
  return args.filter((arg, index) => arg.startsWith("-") && !/^(--|-[a-zA-Z]*[mFCct]$)/.test(args[index - 1] ?? ""));
}

function judgeConfig(git: Git): Finding | undefined {
  const [name, value] = operands(git.args, ["-f", "--file", "--type"]).filter(
    (arg) => !["set", "unset", "get", "list"].includes(arg),
  );
  const reads = hasFlag(git.args, "l", "--get", "--get-all", "--get-regexp", "--list") || git.args[0] === "get";
  const removes = git.args.some((arg) => arg.startsWith("--unset")) || git.args[0] === "unset";
  if (reads || !/^core\.hookspath$/i.test(name ?? "")) return undefined;
  return value !== undefined || removes ? bypass(git) : undefined;
}

function judgePush(git: Git): Finding | undefined {
  if (hasFlag(git.args, "n", "--dry-run")) return undefined;
  const specs = operands(git.args, ["-o", "--push-option", "--repo", "--receive-pack", "--exec"]).slice(1);
  const forced =
    git.args.some((arg) => /^--force(-with-lease)?(=|$)/.test(arg)) || hasFlag(git.args, "f", "--force-with-lease");
  const whole = hasFlag(git.args, "", "--mirror") || (hasFlag(git.args, "", "--all", "--prune") && forced);
  const deletes = hasFlag(git.args, "d", "--delete");
  const targets = specs
    .filter((spec) => forced || deletes || spec.startsWith("+") || spec.startsWith(":"))
    .map((spec) => remoteName(git, spec));
  if (forced && specs.length === 0) targets.push(git.call.facts.branch ?? UNKNOWN);
  if (whole) return pushes(git, { decision: "deny", why: "overwrites every branch of the remote" });
  if (targets.length === 0)
    return hasFlag(git.args, "", "--prune") ? pushes(git, { decision: "ask", why: REMOTE }) : undefined;
  const toDefault = targets.some((target) => isDefault(git, target));
  return pushes(
    git,
    toDefault
      ? { decision: "deny", why: "overwrites the default branch of the remote" }
      : { decision: "ask", why: REMOTE },
  );
}

const REMOTE = "overwrites or deletes commits of the remote";

function pushes(git: Git, options: { decision: "ask" | "deny"; why: string }): Finding {
  const found: Finding = { ...options, rule: "force-push", part: git.call.raw };
  return options.decision === "deny"
    ? { ...found, instead: "push to a branch of its own and open a pull request" }
    : found;
}

function remoteName(git: Git, spec: string): string {
  const plain = spec.replace(/^\+/, "");
  const target = (plain.includes(":") ? plain.slice(plain.indexOf(":") + 1) : plain).replace(/^refs\/heads\//, "");
  return target === "HEAD" || target === "@" ? (git.call.facts.branch ?? UNKNOWN) : target;
}

function isDefault(git: Git, branch: string): boolean {
  const { defaultBranch } = git.call.facts;
  return defaultBranch === undefined ? branch === "main" || branch === "master" : branch === defaultBranch;
}
