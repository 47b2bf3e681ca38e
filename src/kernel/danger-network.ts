import { UNKNOWN, resolvePath } from "./danger-paths.ts";
import { operands } from "./danger-rules.ts";
import { guard, isSecretPath, showsSecrets } from "./danger-secrets.ts";
import type { Call, Finding } from "./danger-rules.ts";

export const SHELLS = new Set("sh bash zsh dash ksh ash fish mksh".split(" "));
const INTERPRETERS = /^(python[\d.]*|pypy3?|node|nodejs|deno|bun|perl|ruby|php|lua|tclsh|osascript|r|rscript)$/;
const EVALUATORS = new Set(["eval", "iex", "invoke-expression", "source", "."]);
const FETCHERS = new Set(
  "curl wget fetch http https httpie xh aria2c lynx iwr irm invoke-webrequest invoke-restmethod nc ncat telnet".split(
    " ",
  ),
);
const SENDERS = new Set(
  "curl wget http https httpie xh nc ncat netcat socat telnet scp sftp rsync mail sendmail ftp iwr irm ssh".split(" "),
);

/** Text from the network (or decoded text) that runs, secrets that leave, shells that are opened to others. */
export function judgeNetwork(call: Call, fetched: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = [];
  if (runsUnseen(call)) findings.push(fetchedShell(call));
  if (runsFile(call, fetched)) findings.push({ ...fetchedShell(call), decision: "ask", part: call.raw });
  if (opensShell(call)) findings.push({ ...fetchedShell(call), why: "opens a shell to another machine" });
  if (call.place === "here" && sendsSecrets(call)) {
    const why = "sends keys, credentials or the environment over the network";
    findings.push({ decision: "deny", rule: "exfiltration", part: call.raw, why, instead: "ask the person to do it" });
  }
  return findings;
}

/** Where a fetching command puts its file; undefined where it does not, or not by name. */
export function fetchedTo(call: Call): string | undefined {
  if (call.program !== "curl" && call.program !== "wget") return undefined;
  const index = call.args.findIndex((arg) => /^(-\w*[oO]|--output|--output-document|--remote-name)$/.test(arg));
  const address = call.args.find((arg) => /^https?:/.test(arg)) ?? operands(call.args).at(-1);
  const named = call.args[index + 1] ?? "";
  const last = address
    ?.replace(/[?#].*$/, "")
    .split("/")
    .at(-1);
  const path =
    call.writes[0] ??
    (index >= 0 && /o$|output|document/.test(call.args[index] ?? "") && !/^https?:/.test(named) ? named : last);
  const wrote = index >= 0 || call.program === "wget" || call.writes.length > 0;
  return wrote && path !== undefined ? resolvePath(path, call.cwd) : undefined;
}

/** Commands that switch the guard off, whatever their form. */
export function judgeGuard(call: Call): Finding[] {
  const line = [call.program, ...call.args].join(" ").slice(0, 1000);
  const own = /^(?:(?:node|bun|tsx)\s+(?:-\S+\s+)*)?(?:\S*\/)?lodestar(?:\.mjs|\.js)?\s+(.*)$/s.exec(line)?.[1];
  const why = "loosens or stops Lodestar's guard";
  if (own !== undefined && LOOSENS.test(own)) return [guard(call.raw, why)];
  if (
    call.program === "claude" &&
    /\s(--dangerously-skip-permissions|--allow-dangerously\S*|--bare|--safe-mode|--permission-mode[= ]bypassPermissions)(\s|=|$)/.test(
      line,
    )
  )
    return [guard(call.raw, why)];
  if (call.program === "codex" && /\s(--dangerously-\S+|--yolo)(\s|$)/.test(line)) return [guard(call.raw, why)];
  const homes = ["CLAUDE_CONFIG_DIR", "CODEX_HOME"].some(
    (name) => call.env.has(name) || call.args.some((arg) => arg.startsWith(`${name}=`)),
  );
  if (homes && ["claude", "codex", "export", ""].includes(call.program)) return [guard(call.raw, why)];
  const unsets = call.program === "unset" ? call.args : call.program === "env" ? unsetBy(call.args) : [];
  return unsets.some((name) => /^(LODESTAR_\w+|CLAUDE_CONFIG_DIR|CODEX_HOME)$/.test(name))
    ? [guard(call.raw, why)]
    : [];
}

const LOOSENS =
  /^(?:-\S+\s+)*(?:(approve|allow|reject|uninstall|stop|pause)(\s|$)|agents\s+(allow|install|resume|uninstall)|struggles\s+(add|remove|enable|disable|import)|.*--(trust|unsandboxed)(\s|$))/;

function unsetBy(args: readonly string[]): string[] {
  return args.flatMap((arg, index) =>
    arg === "-u" || arg === "--unset" ? [args[index + 1] ?? ""] : arg.startsWith("--unset=") ? [arg.slice(8)] : [],
  );
}

function fetchedShell(call: Call): Finding {
  const why = "runs a text that nobody has seen";
  const instead = "download it to a file and read it first";
  return { decision: "deny", rule: "network-shell", part: pipe(call), why, instead };
}

/** With what it fetches, where that stands before it in the pipe. */
function pipe(call: Call): string {
  const source = call.before.find(isUnseen);
  return source && !call.raw.includes(source.raw) ? `${source.raw} | ${call.raw}` : call.raw;
}

function runsUnseen(call: Call): boolean {
  const { program, args } = call;
  const runs = SHELLS.has(program) || INTERPRETERS.test(program) || EVALUATORS.has(program);
  if (!runs && !/^(npx|bunx|dlx)$/.test(program)) return false;
  const nested = call.inner.some(isUnseen);
  const piped = call.before.some(isUnseen) || (nested && call.reads.some((path) => path.startsWith(UNKNOWN)));
  if (!piped && !nested)
    return /^(npx|bunx|dlx)$/.test(program) && args.some((arg) => /^(https?:|git\+|github:|gist:)/.test(arg));
  if (program === "source" || program === ".") return nested || args[0] === "/dev/stdin";
  if (!runs || EVALUATORS.has(program)) return runs;
  const script = operands(args, ["-o", "-W", "-X"])[0];
  const code = args.findIndex((arg) => /^(-\w*c|-e|--eval|-p)$/.test(arg));
  if (code >= 0) return nested && (args[code + 1] ?? "").startsWith(UNKNOWN);
  if (nested && script?.startsWith(UNKNOWN)) return true;
  const module = args.includes("-m");
  return piped && !module && (script === undefined || script === "-" || script === "/dev/stdin" || args.includes("-s"));
}

/** From the network, or decoded: what it is stands nowhere in the command. */
function isUnseen(call: Call): boolean {
  if (FETCHERS.has(call.program)) return true;
  if (call.program === "base64" || call.program === "base32")
    return call.args.some((arg) => /^(-\w*[dD]|--decode)$/.test(arg));
  if (call.program === "openssl") return call.args.includes("-d");
  if (call.program === "xxd") return call.args.some((arg) => /^-\w*r/.test(arg));
  return /downloadstring/i.test(call.raw);
}

function runsFile(call: Call, fetched: ReadonlySet<string>): boolean {
  if (fetched.size === 0) return false;
  const runner =
    SHELLS.has(call.program) || INTERPRETERS.test(call.program) || call.program === "source" || call.program === ".";
  const path = runner ? operands(call.args)[0] : /^\S*\//.exec(call.raw) ? call.raw.split(/\s/)[0] : undefined;
  const full = path === undefined ? undefined : resolvePath(path, call.cwd);
  return full !== undefined && fetched.has(full);
}

function opensShell(call: Call): boolean {
  if (/^(nc|ncat|netcat)$/.test(call.program))
    return call.args.some((arg) => /^(-\w*[ec]|--exec|--sh-exec)$/.test(arg));
  if (call.program === "socat") return call.args.some((arg) => /^(exec|system):/i.test(arg));
  return SHELLS.has(call.program) && [...call.writes, ...call.reads].some((path) => /^\/dev\/(tcp|udp)\//.test(path));
}

function sendsSecrets(call: Call): boolean {
  const toNetwork = call.writes.some((path) => /^\/dev\/(tcp|udp)\//.test(path));
  if (toNetwork && (showsSecrets(call) || call.before.some(showsSecrets))) return true;
  if (!SENDERS.has(call.program)) return false;
  if (
    call.before.some(showsSecrets) ||
    call.inner.some(showsSecrets) ||
    call.reads.some((path) => isSecretPath(path, call))
  )
    return true;
  return sent(call).some((path) => isSecretPath(path, call));
}

/** The files that a sender takes along. A key that `-i` names opens the way; it is not sent. */
function sent(call: Call): string[] {
  const { program, args } = call;
  const marked = args.flatMap((arg) => {
    const at = arg.indexOf("@");
    return at < 0 ? [] : [arg.slice(at + 1)];
  });
  const named = args.filter((_, index) => /^(-T|--upload-file|--post-file|--body-file)$/.test(args[index - 1] ?? ""));
  const joined = args.flatMap((arg) => /^--(?:upload-file|post-file|body-file)=(.*)$/.exec(arg)?.[1] ?? []);
  const copied = ["scp", "rsync", "sftp"].includes(program) && args.some((arg) => /^[^/-][^/]*:/.test(arg));
  return [
    ...marked,
    ...named,
    ...joined,
    ...(copied ? operands(args, ["-i", "-P", "-p", "-F", "-o", "-e"]).slice(0, -1) : []),
  ];
}
