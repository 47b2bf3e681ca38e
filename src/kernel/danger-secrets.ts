import { isUnder, placeOf, resolvePath } from "./danger-paths.ts";
import { operands } from "./danger-rules.ts";
import { writtenByGit } from "./danger-git.ts";
import type { Call, Finding, GuardFacts } from "./danger-rules.ts";

interface Access {
  readonly part: string;
  readonly cwd: string | undefined;
  readonly facts: GuardFacts;
}

/** What a path must not be used for: the data directory for nothing, the guard's own settings and keys not for writing. */
export function judgePath(path: string, access: Access & { readonly writes: boolean }): Finding[] {
  if (path === "" || path.length > 4096) return [];
  const { facts, part } = access;
  if (placeOf(path, access) === "data") return [dataDir(part)];
  const full = resolvePath(path, access.cwd);
  if (full === undefined) return [];
  const secret = isSecret(full, facts);
  if (!access.writes)
    return secret ? [{ decision: "ask", rule: "secrets", part, why: "reads keys or credentials" }] : [];
  if (isGuardFile(full, facts)) return [guard(part, "changes the settings that guard this session")];
  const inside = isUnder(full, facts.root);
  if (/\/\.git\/(hooks\/|config$)/.test(full))
    return [{ decision: "ask", rule: "bypass-check", part, why: "changes what git runs by itself" }];
  if (secret && ENV_FILE.test(full))
    return [{ decision: "ask", rule: "secrets", part, why: "changes the environment of another folder" }];
  if (secret || (isUnder(full, `${facts.home}/.ssh`) && !inside)) {
    const why = "changes keys or credentials";
    return [{ decision: "deny", rule: "secrets", part, why, instead: "ask the person to do it" }];
  }
  return !inside && isSystemFile(full, facts)
    ? [{ decision: "ask", rule: "system-files", part, why: "changes a file of the system or shell" }]
    : [];
}

/** The paths of a command, and `LODESTAR_HOME`. */
export function judgePaths(call: Call): Finding[] {
  if (call.place !== "here") return [];
  const access = { part: call.raw, cwd: call.cwd, facts: call.facts };
  const moved = call.program === "export" && call.args.some((arg) => arg.startsWith("LODESTAR_HOME="));
  const findings = moved || call.env.has("LODESTAR_HOME") ? [dataDir(call.raw)] : [];
  for (const path of call.writes) findings.push(...judgePath(path, { ...access, writes: true }));
  for (const path of call.reads) findings.push(...judgePath(path, { ...access, writes: false }));
  if (TEXT.has(call.program)) return findings;
  const words = [...new Set(withoutPattern(call))].flatMap(pathsIn);
  if (words.some((word) => placeOf(word, call) === "data")) findings.push(dataDir(call.raw));
  for (const path of written(call)) findings.push(...judgePath(path, { ...access, writes: true }));
  if (readsWords(call)) for (const path of words) findings.push(...judgePath(path, { ...access, writes: false }));
  return findings;
}

/** Whether a command shows keys, credentials, a `.env` or the whole environment. */
export function showsSecrets(call: Call): boolean {
  if (call.program === "env" || call.program === "printenv")
    return operands(call.args).every((arg) => arg.includes("="));
  if (["set", "export", "declare"].includes(call.program))
    return call.args.every((arg) => arg === "-p" || arg === "-x");
  const words = READERS.has(call.program) ? withoutPattern(call) : [];
  return [...words, ...call.reads].some((path) => isSecretPath(path, call));
}

/** Keys, credentials, and any `.env`, the repository's own too. */
export function isSecretPath(path: string, call: Call): boolean {
  const full = resolvePath(path, call.cwd);
  return full !== undefined && (isSecret(full, call.facts) || ENV_FILE.test(full));
}

/** Programs whose words are text, not paths. */
const TEXT = new Set(["echo", "printf", ":", "true", "false", "case", "for", "[[", "test", "["]);
const PATTERN_FIRST = new Set(["grep", "egrep", "fgrep", "rg", "ag", "ack", "sed", "awk", "gawk", "jq", "yq", "perl"]);
const READERS = new Set(
  (
    "cat less more head tail bat nl tac strings xxd od hexdump base64 grep egrep fgrep rg ag awk gawk sed jq yq cp mv rsync scp tar " +
    "zip gzip openssl gpg source . diff cut sort vim vi nano code dd pbcopy get-content gc type copy curl wget sftp node python " +
    "python3 ruby perl tee install ln"
  ).split(" "),
);

function readsWords(call: Call): boolean {
  return READERS.has(call.program) && !["ln", "tee"].includes(call.program);
}

/** The words that can be paths: no search pattern, no commit message. */
function withoutPattern(call: Call): readonly string[] {
  const { args } = call;
  if (call.program === "git" || call.program === "gh")
    return args.filter((_, index) => !/^-\w*[mF]$|^--(message|body|title|grep)$/.test(args[index - 1] ?? ""));
  // The key that `-i` names opens the way; it is not read out.
  if (["ssh", "scp", "sftp", "rsync"].includes(call.program))
    return args.filter((_, index) => args[index - 1] !== "-i");
  if (!PATTERN_FIRST.has(call.program) || args.some((arg) => /^-[ef]$/.test(arg))) return args;
  const first = args.findIndex((arg) => !arg.startsWith("-"));
  return args.filter((_, index) => index !== first);
}

/** A word as it stands, behind `=` and behind `@` (`--file=x`, `-d @x`, `-F f=@x`). */
function pathsIn(word: string): string[] {
  if (word.length > 4096 || /\n/.test(word)) return [];
  const paths = word.startsWith("-") ? [] : [word];
  const equals = word.indexOf("=");
  if (equals >= 0) paths.push(word.slice(equals + 1));
  const at = word.indexOf("@");
  if (at >= 0) paths.push(word.slice(at + 1));
  return paths;
}

const WRITE_ALL = new Set([
  "rm",
  "mv",
  "unlink",
  "shred",
  "tee",
  "truncate",
  "touch",
  "rimraf",
  "chmod",
  "chown",
  "remove-item",
  "del",
  "patch",
]);
const WRITE_LAST = new Set(["cp", "ln", "install", "rsync", "scp"]);

function written(call: Call): string[] {
  const { program, args } = call;
  if (program === "git") return writtenByGit(call);
  const words = operands(args);
  // chmod and chown change no content: only the guard's settings and git's hooks matter there.
  if (program === "chmod" || program === "chown")
    return words.filter((word) => ownsCalls(resolvePath(word, call.cwd) ?? "", call.facts));
  if (WRITE_ALL.has(program)) return words;
  if (WRITE_LAST.has(program)) return lastOf(words);
  if (program === "dd") return args.filter((arg) => arg.startsWith("of=")).map((arg) => arg.slice(3));
  const inPlace = ["sed", "perl", "ruby", "yq"].includes(program) && args.some((arg) => /^-\w*i|^--in-place/.test(arg));
  if (inPlace) return words;
  return program === "curl" || program === "wget" ? after(args, /^-(o|O|-output|-output-document)$/) : [];
}

function ownsCalls(full: string, facts: GuardFacts): boolean {
  return full.includes("/.git/hooks/") || isGuardFile(full, facts);
}

/** A copy into a folder takes the names of its sources. */
function lastOf(words: readonly string[]): string[] {
  const target = words.at(-1) ?? "";
  const names = words.slice(0, -1).map((word) => `${target}/${word.split("/").at(-1) ?? ""}`);
  return target === "" ? [] : [target, ...names];
}

function after(args: readonly string[], option: RegExp): string[] {
  return args.filter((_, index) => option.test(args[index - 1] ?? ""));
}

const ENV_FILE = /(^|\/)\.env(\.(?!example$|sample$|template$|dist$|defaults$)[\w.-]+)?$/;
/** Below the home folder: where programs keep keys and tokens, by their own documentation. */
const HOLDS_KEYS =
  /^(\.ssh\/(?!.*\.pub$|known_hosts|config$).+|\.aws(\/(?!config$).*)?|\.gnupg(\/.*)?|\.netrc|_netrc|\.pgpass|\.my\.cnf|\.git-credentials|\.npmrc|\.pypirc|\.yarnrc\.yml|\.kube\/config|\.docker\/config\.json|\.config\/(gh\/hosts\.yml|gcloud|op|hub)(\/.*)?|\.azure(\/.*)?|\.cargo\/credentials(\.toml)?|\.gem\/credentials|\.vault-token|\.password-store(\/.*)?|\.local\/share\/keyrings(\/.*)?|Library\/Keychains(\/.*)?|\.claude\/\.credentials\.json|\.codex\/auth\.json|\.ssh|\.ssh\/\uE001)$/;

function isSecret(full: string, facts: GuardFacts): boolean {
  if (/^\/etc\/(shadow|gshadow|sudoers)|^\/proc\/[^/]+\/environ$/.test(full)) return true;
  for (const home of [facts.home, "/root"])
    if (full.startsWith(`${home}/`) && HOLDS_KEYS.test(full.slice(home.length + 1))) return true;
  const elsewhere = ENV_FILE.test(full) && !isUnder(full, facts.root);
  return elsewhere && placeOf(full, { facts, cwd: undefined }) === "outside";
}

/** Files that decide what the guard sees. Plans and memory of Claude Code are its notes, not its settings. */
function isGuardFile(full: string, facts: GuardFacts): boolean {
  if (isUnder(full, facts.root) && /\/\.lodestar(\/|$)/.test(full.slice(facts.root.length))) return true;
  if (/\/\.claude\/(settings[^/]*\.json|hooks?(\/.*|\.json)?)$/.test(full) || full.endsWith("/.claude")) return true;
  if (
    /\/(\.codex|\.claude|hooks|\.cursor|\.claude-plugin)\/hooks\.json$/.test(full) ||
    /\/\.codex(\/config\.toml)?$/.test(full)
  )
    return true;
  if (full === `${facts.root}/hooks.json` || full === `${facts.home}/.claude.json`) return true;
  const notes = /^\/\.claude\/(plans|todos|projects\/[^/]+\/memory)\//;
  const below = full.startsWith(`${facts.home}/`) ? full.slice(facts.home.length) : "";
  return /^\/\.(claude|codex)\//.test(below) && !notes.test(below) && !isUnder(full, facts.root);
}

const START_FILES =
  /^\/\.(bashrc|bash_profile|bash_login|bash_aliases|profile|zshrc|zshenv|zprofile|gitconfig|config\/(fish|git|systemd|autostart)(\/.*)?)$/;

function isSystemFile(full: string, facts: GuardFacts): boolean {
  if (full.startsWith(`${facts.home}/`))
    return START_FILES.test(full.slice(facts.home.length)) || /\/Library\/Launch/.test(full);
  return (
    /^\/(etc|usr|bin|sbin|boot|lib\w*|sys|proc|System|Library|c:\/Windows|C:\/Windows)(\/|$)/.test(full) &&
    !full.startsWith("/proc/self/fd")
  );
}

function dataDir(part: string): Finding {
  const why = "reaches into Lodestar's data directory";
  return { decision: "deny", rule: "data-dir", part, why, instead: "use lodestar status, why or receipts" };
}

export function guard(part: string, why: string): Finding {
  return { decision: "deny", rule: "guard", part, why, instead: "ask the person to do it" };
}
