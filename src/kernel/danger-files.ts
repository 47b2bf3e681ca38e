import { GLOB, UNKNOWN, placeOf, resolvePath } from "./danger-paths.ts";
import { hasFlag, operands, valueOf } from "./danger-rules.ts";
import type { Call, Finding } from "./danger-rules.ts";

type Judge = (call: Call) => Finding[];

const JUDGES: Readonly<Record<string, Judge>> = {
  rm: judgeRm,
  unlink: (call) => deletion(call, operands(call.args), false),
  rimraf: (call) => deletion(call, operands(call.args), true),
  "del-cli": (call) => deletion(call, operands(call.args), true),
  find: judgeFind,
  fd: (call) =>
    hasFlag(call.args, "x", "--exec", "--exec-batch") && /\brm\b/.test(call.raw) ? produced(call, [call]) : [],
  xargs: judgeXargs,
  parallel: judgeXargs,
  shred: (call) => overwriting(call, operands(call.args, ["-n", "-s"])),
  truncate: (call) => overwriting(call, operands(call.args, ["-s", "-r", "--size", "--reference"])),
  dd: (call) => call.args.filter((arg) => arg.startsWith("of=")).flatMap((arg) => overwriting(call, [arg.slice(3)])),
  tee: (call) => devices(call, operands(call.args)),
  cp: (call) => devices(call, operands(call.args).slice(-1)),
  mv: judgeMove,
  rsync: judgeRsync,
  "remove-item": judgeWindows,
  ri: judgeWindows,
  del: judgeWindows,
  erase: judgeWindows,
  rd: judgeWindows,
  rmdir: (call) => (call.args.some((arg) => /^\/s$|^-r/i.test(arg)) ? judgeWindows(call) : []),
  format: (call) => (call.args.some((arg) => /^[a-z]:/i.test(arg)) ? [wipes(call)] : []),
  "format-volume": (call) => [wipes(call)],
  "clear-disk": (call) => [wipes(call)],
  diskpart: (call) => [wipes(call)],
  wipefs: (call) => [wipes(call)],
  fdisk: (call) => (hasFlag(call.args, "l", "--list") ? [] : [wipes(call)]),
  parted: (call) => (hasFlag(call.args, "l", "--list") ? [] : [wipes(call)]),
  diskutil: (call) => (/^(erase|reformat|partition|zero|secureErase)/i.test(call.args[0] ?? "") ? [wipes(call)] : []),
};

/** Commands that delete, overwrite or wipe files and devices. */
export function judgeFiles(call: Call): Finding[] {
  const findings = devices(call, call.writes);
  if (call.program.startsWith("mkfs")) return [...findings, wipes(call)];
  const judge = Object.hasOwn(JUDGES, call.program) ? JUDGES[call.program] : undefined;
  return judge ? [...findings, ...judge(call)] : findings;
}

/** More or longer paths than a command line names by hand count as unknown (Linux: PATH_MAX is 4096). */
const MOST_TARGETS = 1000;
const LONGEST_PATH = 4096;

/** What deleting `targets` does, each judged by where it leads. `recursive`: folders go too. */
export function deletion(call: Call, targets: readonly string[], recursive: boolean): Finding[] {
  const each = new Set(targets);
  if (each.size > MOST_TARGETS) return deletion(call, [UNKNOWN], recursive);
  return [...each].flatMap((target) => {
    const found = deleted(call, target.length > LONGEST_PATH ? UNKNOWN : target, recursive);
    return found ? [found] : [];
  });
}

function deleted(call: Call, target: string, recursive: boolean): Finding | undefined {
  const place = call.place === "here" ? placeOf(target, call) : placeElsewhere(call, target);
  const part = call.raw;
  if (place === "build" || place === "temporary" || isMade(call, target)) return undefined;
  if (place === "device") return wipes(call);
  if (place === "unknown") return deletedUnknown(call, recursive);
  if (place === "repository" || place === "git") {
    if (place === "git" && target.endsWith(".lock")) return undefined;
    const why = place === "git" ? "deletes what git keeps in .git" : "deletes the repository itself or what holds it";
    return { decision: "deny", rule: "delete-repository", part, why, instead: "name the files that should go" };
  }
  if (place === "inside") return deletedInside(call, { target, recursive });
  const rule = "delete-outside";
  const why = "deletes what is outside the repository, where no snapshot reaches";
  if (!recursive) return { decision: "ask", rule, part, why };
  return {
    decision: "deny",
    rule,
    part,
    why,
    instead: "delete inside the repository only, or ask the person to do it",
  };
}

function deletedUnknown(call: Call, recursive: boolean): Finding | undefined {
  const part = call.raw;
  const why = "deletes a path that cannot be known before it runs";
  if (recursive) return { decision: "ask", rule: "delete-unknown", part, why, instead: "write the path out" };
  return call.facts.dirty ? { decision: "snapshot", rule: "delete-unknown", part, why, covers: ["files"] } : undefined;
}

/** Git brings a committed file back, but neither a folder's ignored files nor what is ignored itself. */
function deletedInside(call: Call, options: { target: string; recursive: boolean }): Finding | undefined {
  const { target } = options;
  const data = DATABASE_FILE.test(target);
  const ignored = data || /(^|\/)\.env(\.|$)/.test(target);
  if (!options.recursive && !ignored && !call.facts.dirty) return undefined;
  const covers = data || options.recursive ? (["files", "database"] as const) : (["files"] as const);
  const why = "deletes work inside the repository";
  return { decision: "snapshot", rule: "delete", part: call.raw, why, covers: data ? covers : ["files"] };
}

const DATABASE_FILE = /\.(db|sqlite3?|db3)$/i;

/** Paths of a container or another machine: only names tell. */
function placeElsewhere(call: Call, target: string) {
  const path = target.split("/");
  if (target.startsWith("/tmp/") || path.includes("node_modules") || path.includes("__pycache__")) return "temporary";
  const place = placeOf(target, { facts: call.facts, cwd: undefined });
  return place === "repository" || place === "git" || place === "inside" || place === "data" ? "outside" : place;
}

function isMade(call: Call, target: string): boolean {
  const path = resolvePath(target, call.cwd);
  if (path === undefined || path.includes(GLOB) || path.includes(UNKNOWN)) return false;
  for (const made of call.made) if (path === made || path.startsWith(`${made}/`)) return true;
  return false;
}

function judgeRm(call: Call): Finding[] {
  const recursive =
    hasFlag(call.args, "r", "--recursive") || hasFlag(call.args, "R") || hasFlag(call.args, "", "-Recurse");
  return deletion(call, operands(call.args), recursive);
}

/** Name filters that only match what a build makes again. */
const BUILT_NAME = /^(\*\.(pyc|pyo|o|tsbuildinfo|log|tmp|class|orig|rej|bak|swp)|\*~|\.DS_Store|Thumbs\.db)$/;

function judgeFind(call: Call): Finding[] {
  const text = call.args.join(" ");
  const removes = / ?-delete\b/.test(text) || /-(?:exec|execdir|ok)\s+(?:\S*\/)?(?:rm|unlink|shred|rmdir)\b/.test(text);
  return removes && !text.includes("-exec rmdir") ? foundBy(call, call) : [];
}

/** Deletes what `find` lists: judged by where it starts, and by its name filter. */
function foundBy(call: Call, finder: Call): Finding[] {
  const first = finder.args.findIndex((arg) => arg.startsWith("-") || arg === "(" || arg === "!");
  const starts = first < 0 ? finder.args : finder.args.slice(0, first);
  const names = finder.args.flatMap((arg, index) => (/^-i?name$/.test(arg) ? [finder.args[index + 1] ?? ""] : []));
  const built = names.length > 0 && !finder.args.includes("!") && !finder.args.includes("-not");
  if (
    built &&
    names.every((name) => BUILT_NAME.test(name.replaceAll(GLOB, "*")) || placeOf(`/r/${name}`, BARE) === "build")
  )
    return [];
  // An empty folder holds nothing.
  if (finder.args.includes("-empty") && finder.args.includes("d") && finder.args.includes("-delete")) return [];
  // Without a filter by name or path, `.git` goes too.
  const filtered = finder.args.some((arg) => /^-(i?name|i?path|i?regex|wholename|newer\w*)$/.test(arg));
  return (starts.length > 0 ? starts : ["."]).flatMap((start) =>
    deletion(call, [filtered ? `${start}/${GLOB}` : start], true),
  );
}

const BARE = {
  facts: {
    root: "/r",
    dataDir: "/d",
    home: "/h",
    dirty: true,
    branch: undefined,
    defaultBranch: undefined,
    ownDatabases: [],
  },
  cwd: "/r",
};

function judgeXargs(call: Call): Finding[] {
  const text = call.args.join(" ");
  const remover = /(?:^|\s)(?:\S*\/)?(?:rm|unlink|shred|rimraf)(?=\s|$)(.*)/s.exec(text);
  return remover ? produced(call, call.before, / -\w*[rR]|--rec/.test(` ${remover[1] ?? ""}`)) : [];
}

const LISTERS = new Set(["find", "fd", "ls", "git", "grep", "rg", "tree"]);

/** Deletes what the commands before it in the pipe print. */
function produced(call: Call, before: readonly Call[], recursive = true): Finding[] {
  if (call.stdin !== undefined) return deletion(call, call.stdin.split(/\s+/).filter(Boolean), recursive);
  const lister = before.find((each) => LISTERS.has(each.program));
  if (!lister) return deletion(call, [UNKNOWN], true);
  if (lister.program === "find") return foundBy(call, lister);
  if (lister.program === "ls") {
    const folders = operands(lister.args);
    return deletion(call, folders.length > 0 ? folders.map((folder) => `${folder}/${GLOB}`) : [GLOB], recursive);
  }
  return deletion(call, [GLOB], recursive);
}

/** Overwrites what is there: as bad as deleting it. */
function overwriting(call: Call, targets: readonly string[]): Finding[] {
  const real = targets.filter((target) => target !== "/dev/null" && target !== "-");
  return deletion(call, real, call.program === "shred");
}

function judgeMove(call: Call): Finding[] {
  const paths = operands(call.args, ["-t", "--target-directory", "-S", "--suffix"]);
  const target = valueOf(call.args, "-t", "--target-directory") ?? paths.at(-1);
  const sources = paths.slice(0, -1);
  if (target === "/dev/null") return deletion(call, sources, true);
  const gone = sources.filter((source) => ["repository", "git"].includes(placeOf(source, call)));
  return call.place === "here" ? [...deletion(call, gone, true), ...devices(call, target ? [target] : [])] : [];
}

function judgeRsync(call: Call): Finding[] {
  const target = operands(call.args, ["-e", "--exclude", "--include", "--filter"]).at(-1);
  const deletes = call.args.some((arg) => arg.startsWith("--del")) && !hasFlag(call.args, "n", "--dry-run");
  if (!deletes || target === undefined) return [];
  const why = "deletes files on another machine";
  if (/^[^/]+:/.test(target)) return [{ decision: "ask", rule: "delete-outside", part: call.raw, why }];
  return deletion(call, [`${target}/x`], true).map((each) =>
    each.decision === "deny" ? { ...each, decision: "ask" } : each,
  );
}

/** `Remove-Item`, `del`, `rd`: backslashes are separators, so the raw words count. */
function judgeWindows(call: Call): Finding[] {
  const words = call.raw.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const paths = words
    .slice(1)
    .map((word) => word.replaceAll(/["']/g, "").replaceAll("\\", "/"))
    .filter((word) => !/^(-\w|\/[a-z]$|-$)/i.test(word))
    .map((word) => word.replace(/^(\$env:USERPROFILE|\$HOME|%USERPROFILE%|~)/i, call.facts.home))
    .map((word) => word.replaceAll(/\$[\w:]+|%\w+%/g, UNKNOWN).replaceAll(/[*?]/g, GLOB));
  const recursive = words.some((word) => /^-r|^\/s$/i.test(word));
  return deletion(call, paths, recursive || call.program === "rd");
}

function devices(call: Call, targets: readonly string[]): Finding[] {
  if (call.place !== "here") return [];
  return targets.some((target) => placeOf(target, call) === "device") ? [wipes(call)] : [];
}

function wipes(call: Call): Finding {
  const why = "overwrites or formats a device";
  return { decision: "deny", rule: "disk", part: call.raw, why, instead: "ask the person to do it" };
}
