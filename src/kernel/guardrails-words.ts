import { canonicalJson, type SeenStep, type SessionStep } from "../sdk/index.ts";
import { fingerprint } from "./fingerprint.ts";

/** What kind of tool a call uses; see `SeenStep`. */
export type Sort = NonNullable<SeenStep["sort"]>;

/** What a call does, as far as its name and input say it. `call` names it: equal for equal calls, however they are written. */
export interface CallWords {
  readonly sort: Sort;
  readonly title: string;
  readonly call: string;
  /** The command asks to wait (`sleep`, `tail -f`, `until …`). */
  readonly waits: boolean;
  readonly undoes: boolean;
}

/** Names of tools as Claude Code, Codex, opencode, Gemini CLI and Cline send them, without case, `_` and `-`. */
const SORTS: readonly (readonly [Sort, RegExp])[] = [
  ["wait", /^(bashoutput|taskoutput|wait\w*|sleep|writestdin|readterminal|poll\w*|monitor)$/],
  ["plan", /^(todowrite|todoread|updateplan|taskcreate|taskupdate|tasklist|exitplanmode|think\w*)$/],
  ["agent", /^(task|agent|spawnagent|subagent|newtask)$/],
  [
    "edit",
    /^(edit\w*|multiedit|write|writefile|writetofile|replace\w*|applypatch|applydiff|patch|strreplace\w*|notebookedit|createfile|insert)$/,
  ],
  ["shell", /^(bash|shell|execcommand|runshellcommand|localshell|executecommand|terminal|runcommand|exec)$/],
  [
    "search",
    /^(read\w*|grep|glob|ls|list\w*|search\w*|find\w*|view\w*|web\w*|fetch\w*|googlewebsearch|codesearch|lsp)$/,
  ],
];
/** Commands that only look: their repetition is judged like a search. */
const LOOKS =
  /^(ls|cat|head|tail|grep|rg|ag|find|fd|tree|stat|file|wc|pwd|which|type|du|df|env|printenv|whoami|date|uname|diff|jq|sort|uniq|cut|nl|less|more|cd|echo|true|sed -n|git (-C \S+ )?(status|log|diff|show|branch|remote|rev-parse|ls-files|blame|grep|describe|reflog))(\s|$)/;
const WAITS =
  /\b(sleep|wait-on|wait-for\S*|wait_for\S*|waitfor|pg_isready|watch|inotifywait)\b|\btail\b.*\s-[a-zA-Z]*[fF]\b|--(watch|wait)\b|\buntil\b|\bwhile\b.*\bdo\b/;
/** Tools that go one step further each time, though they are called in the same words. */
const ADVANCES = /scroll|press|click|next|step|swipe|undo|redo|screenshot|snapshot/i;
const UNDOES = /\bgit\s+(-C \S+ )?(checkout|restore|stash|reset|revert|clean|switch)\b/;
/** What an output says while something is not there yet. */
const PENDING =
  /\b(pending|queued|in[ _-]?progress|waiting|not ready|no response|starting up|provisioning|initiali[sz]ing|scheduled|unhealthy|deploying|still (running|building|waiting|pending))\b|^[ \t]*(running|building)[ \t]*(\.{3}|…)?[ \t]*$/im;
const CONTEXT =
  /prompt is too long|context (window|length|limit)|maximum context|too many (input )?tokens|input is too long|exceeds?.{0,40}token|token limit|request too large/i;
const FINAL =
  /\b(401|402|403)\b|invalid.{0,12}api[ -]?key|authentication|unauthorized|credit balance|insufficient_quota|quota exceeded|billing|invalid_request|model.{0,40}(not found|does not exist)/i;
/** What a wait can cure, in the output of a command. */
const NETWORK =
  /\b(ECONN(RESET|REFUSED|ABORTED)|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENETUNREACH)\b|socket hang up|\btimed? ?out\b|too many requests|bad gateway|service unavailable|temporarily unavailable|network (request|error|is unreachable)|connection (was )?(reset|refused|closed|timed out)|could not resolve host|fetch failed/i;
/** The same in the answer of a model's API, where a bare status is one. */
const API = /overloaded|rate.?limit|\b(429|500|502|503|504|529)\b|internal server error|time(d )?out|connection error/i;
const EMPTY =
  /^\s*$|^\W*(no (matches|files|results|such file|hits)\b|0 (results|matches|files)|nothing found|not found)|file (does not exist|not found)|no such file/i;
/** What a call carries that does not change what it does. */
const IDLE_KEYS = new Set([
  "description",
  "explanation",
  "reason",
  "timestamp",
  "request_id",
  "requestId",
  "id",
  "timeout",
  "timeout_ms",
  "yield_time_ms",
  "toolSummary",
]);
/** Outputs are judged by their last part: the verdict stands at the end. Characters. */
const TAIL = 8000;

export function readCall(step: Pick<SessionStep, "tool" | "input">): CallWords {
  const tool = step.tool ?? "";
  const plain = tool.toLowerCase().replace(/[_-]/g, "");
  const named = SORTS.find(([, names]) => names.test(plain))?.[0] ?? "other";
  const command = named === "shell" ? commandOf(step.input) : undefined;
  if (command === undefined) {
    const input = canonicalJson(withoutIdle(step.input ?? null));
    const title = `${tool} ${input}`.slice(0, 200);
    const waits = named === "wait" || (named === "other" && ADVANCES.test(tool));
    return { sort: named, title, call: digest(`${plain} ${sameSpace(input)}`), waits, undoes: false };
  }
  const text = plainCommand(command);
  const start = text.slice(0, LONG);
  const sort = onlyLooks(start) ? "search" : "shell";
  return { sort, title: text.slice(0, 200), call: digest(text), waits: WAITS.test(start), undoes: UNDOES.test(start) };
}

/** Whether an answer says that something takes its time, so that asking again is no loop. */
export function isWaiting(answer: {
  asked: boolean;
  ok: boolean;
  output: string;
  failed: number | undefined;
}): boolean {
  if ((answer.failed ?? 0) > 0) return false;
  const output = answer.output.slice(-TAIL);
  const pending = PENDING.test(output);
  if (!answer.asked) return pending;
  return answer.ok || pending || EMPTY.test(output) || NETWORK.test(output);
}

export function isEmptyAnswer(output: string): boolean {
  return EMPTY.test(output.slice(0, 400));
}

/** What kind of failure of the model's API a text tells of; what no list knows may be cured by a wait. */
export function apiFaultOf(message: string): SeenStep["fault"] {
  const text = message.slice(0, TAIL);
  if (CONTEXT.test(text)) return "context";
  if (API.test(text) || NETWORK.test(text)) return "retryable";
  return FINAL.test(text) ? "final" : "retryable";
}

/** Whether a command failed because of the network or of a service that is not there. */
export function isNetworkFault(output: string): boolean {
  return NETWORK.test(output.slice(-TAIL));
}

/** The name of an output: the same one at another time, after another duration, under another temporary path. */
export function nameOutput(output: string): string {
  return digest(timeless(output.slice(-TAIL)));
}

/**
 * The name of a failure. Beyond the fingerprint it holds which tests failed and what was expected and received: after an edit
 * that moved one of them the failure is another one.
 */
export function nameFailure(output: string): string {
  const lines = timeless(output.slice(-TAIL))
    .split("\n")
    .filter((line) => /^\s*(✖|✕|×|✗|FAIL(ED)?\b|not ok\b|--- FAIL)|\b(expected|received|actual|got)\b/i.test(line))
    .map((line) => sameSpace(line.replace(/not ok \d+/, "not ok").replace(/:\d+(:\d+)?\b/g, "")));
  return digest([fingerprint(output.slice(-TAIL)), ...new Set(lines.sort())].join("\n"));
}

/** Tests or problems that an output counts, by the last summary in it; absent where it counts none. */
export function countsOf(output: string): { passed?: number; failed?: number } {
  const text = output.slice(-TAIL);
  const passed = lastCount(text, /(\d+) (?:tests? )?(?:passed|passing|ok)\b|(?:^|\s)(?:pass|passed):? (\d+)\b/gim);
  const failed = lastCount(
    text,
    /(?<![#\w.-])(\d+) (?:tests? |type )?(?:failed|failing|failures?|errors?|problems?)\b(?!:)|(?:^|\s)(?:fail|failed):? (\d+)\b/gim,
  );
  return { ...(passed === undefined ? {} : { passed }), ...(failed === undefined ? {} : { failed }) };
}

/** A message without what differs between two that say the same. */
export function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\s']/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 400);
}

/** Whether two texts of `wordsOf` say the same: at least four fifths of their word pairs are shared. */
export function nearlyEqual(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [pairsOf(a), pairsOf(b)];
  const shared = [...left].filter((pair) => right.has(pair)).length;
  return shared > 0 && shared / (left.size + right.size - shared) >= 0.8;
}

/** 16 hex digits: two 32-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv) from different starts; a name, no proof. */
export function digest(text: string): string {
  let left = 0x811c9dc5;
  let right = 0x2f0b4a27;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    left = Math.imul(left ^ unit, 0x01000193);
    right = Math.imul(right ^ (unit + index), 0x01000193);
  }
  return [left, right].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}

/** One space wherever there is any: a change of layout alone is no other text. */
export function sameSpace(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Whether `text` fits a pattern in which only `*` is special (any text, also none). Without case. */
export function globFits(pattern: string, text: string): boolean {
  const parts = pattern.toLowerCase().split("*");
  const whole = text.toLowerCase();
  const [first = "", ...rest] = parts;
  if (rest.length === 0) return whole === first;
  if (!whole.startsWith(first)) return false;
  const last = rest.pop() ?? "";
  let at = first.length;
  for (const part of rest) {
    const found = whole.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return whole.length - at >= last.length && whole.endsWith(last);
}

const ESCAPE = String.fromCharCode(27);
const ANSI = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, "g");

function timeless(text: string): string {
  return text
    .replace(ANSI, "")
    .replace(/\b\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?/g, "<time>")
    .replace(/(?<![:\d])\d{1,2}:\d\d(:\d\d([.,]\d+)?)?\b( ?[AP]M)?/g, "<time>")
    .replace(/\b\d{10,13}\b/g, "<time>")
    .replace(/\b\d+([.,]\d+)? ?(ms|s|secs?|seconds?|min|minutes?|µs)\b/g, "<time>")
    .replace(/(duration_ms|elapsed|took)\W{0,3}[\d.]+/gi, "<time>")
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>")
    .replace(/\b(pid|process)[ :=]+\d+/gi, "<id>")
    .replace(/\/tmp\/[\w./-]+/g, "<temporary>")
    .replace(/[ \t]+/g, " ")
    .trim();
}

/** The command of a shell tool's input, as a text or as a list of words. */
export function commandOf(input: SessionStep["input"]): string | undefined {
  if (typeof input === "string") return input;
  if (typeof input !== "object" || input === null || Array.isArray(input)) return undefined;
  const command = input.command ?? input.cmd ?? input.script;
  if (Array.isArray(command)) {
    const words = command.filter((word) => typeof word === "string");
    return /^(ba|z)?sh$/.test(words[0] ?? "") ? words.slice(2).join(" ") : words.join(" ");
  }
  return typeof command === "string" ? command : undefined;
}

/** A command longer than this is judged by its beginning. Characters. */
const LONG = 4000;

/** How much of the output is looked at changes nothing about what is run. */
function plainCommand(command: string): string {
  let text = sameSpace(command);
  while (text.length <= LONG) {
    const shorter = text.replace(
      /\s*(2>&1|\|\s*(tail|head)(\s+-n)?(\s+-?\d+)?|\|\s*cat|;\s*echo \S+|\|\|\s*true)$/,
      "",
    );
    if (shorter === text) return text;
    text = shorter;
  }
  return text;
}

function onlyLooks(command: string): boolean {
  if (/(^|[^0-9&])>(?!\s*(\/dev\/null|&))/.test(command) || /-exec|-delete|\btee\b|<</.test(command)) return false;
  const parts = command.split(/&&|\|\||[;|]/).map((part) => part.trim());
  return parts.every((part) => part === "" || LOOKS.test(part)) && !WAITS.test(command);
}

function withoutIdle(input: NonNullable<SessionStep["input"]> | null): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([key]) => !IDLE_KEYS.has(key)));
}

function lastCount(text: string, pattern: RegExp): number | undefined {
  const found = [...text.matchAll(pattern)].at(-1);
  const digits = found?.[1] ?? found?.[2];
  return digits === undefined ? undefined : Number(digits);
}

function pairsOf(text: string): Set<string> {
  const words = text.split(" ");
  return new Set(words.map((word, index) => `${word} ${words[index + 1] ?? ""}`));
}
