import { stripTerminal } from "./measure-split.ts";

/** What the place of a statement says about it: a conventional commit's type, or the section that it stands in. */
export type Role = "fix" | "feat" | "perf" | "refactor" | "docs" | "deps" | "chore";

/** One line, paragraph, list item or table row, without its markup. */
export interface Statement {
  readonly text: string;
  /** It was ticked as done: `- [x]` or a ✅ in front. */
  readonly checked: boolean;
  readonly role?: Role;
}

/** Characters of a text that are read: its first and its last half of them. No message of a person or an agent is longer. */
const MAX_TEXT = 100_000;
/** No message has more; what is behind them is not read. */
const MOST_STATEMENTS = 2000;
/** Characters of one line that are read. */
const MAX_LINE = 8000;

/**
 * Cuts Markdown, commit messages and PR descriptions into statements. Left out: code blocks, quotes of others (`>`),
 * HTML comments, trailers that name people, boxes that are not ticked, what is marked ❌, struck-out text, and what stands
 * under a heading about plans, problems or instructions ("Next steps", "Root cause", "How to test").
 */
export function readStatements(text: string): Statement[] {
  const told = without(clean(cut(text)), { from: "<!--", to: "-->" });
  const lines = without(told, { from: "<blockquote>", to: "</blockquote>" }).split("\n");
  const out: Statement[] = [];
  let section: Section = { means: "plain", level: 0 };
  let fence = "";
  let blank = true;
  let open: { text: string; last: string; checked: boolean; role: Role | undefined } | undefined;
  const close = (): void => {
    if (open) out.push(statement(open));
    open = undefined;
  };
  for (const [index, whole] of lines.entries()) {
    const line = oneLine(whole);
    const mark = /^(?:[-*+] )?(`{3,}|~{3,})/.exec(line.trim())?.[1];
    if (mark !== undefined || fence !== "") {
      close();
      if (fence === "") fence = mark ?? "";
      else if (mark?.startsWith(fence) && line.trim() === mark) fence = "";
      continue;
    }
    const heading = headingOf(line);
    const item = heading ? undefined : itemOf(line);
    if (heading) {
      close();
      section = nextSection(section, heading);
    } else if (section.level === LABEL && blank && !item && line.trim() !== "") section = { means: "plain", level: 0 };
    blank = line.trim() === "";
    if (!heading && dropped(line, lines[index + 1] ?? "")) {
      close();
      continue;
    }
    if (open && !item && !heading && continues(open.last, line)) {
      open = { ...open, text: `${open.text} ${line.trim()}`, last: line };
      continue;
    }
    close();
    const content = heading?.title ?? item?.text ?? line.trim();
    if (item?.box === "open") continue;
    if (section.means === "skip" && item?.box !== "ticked") continue;
    if (heading && (sectionOf(content) !== "plain" || TITLE.test(bareTitle(content)))) continue;
    const role = item && (section.means === "fix" || section.means === "feat") ? section.means : undefined;
    open = { text: content, last: line, checked: item?.box === "ticked", role };
  }
  close();
  return out.filter(({ text }) => /[\p{L}✅]/u.test(text)).slice(0, MOST_STATEMENTS);
}

/** The head and the tail of a very long text, each cut where a sentence or a line ends. */
function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const head = text.slice(0, MAX_TEXT / 2);
  const tail = text.slice(-MAX_TEXT / 2);
  const start = Math.min(...["\n", ". "].map((end) => tail.indexOf(end)).filter((at) => at >= 0));
  return `${wholeSentences(head)}\n${Number.isFinite(start) ? tail.slice(start + 1) : ""}`;
}

function wholeSentences(text: string): string {
  const end = Math.max(text.lastIndexOf("\n"), text.lastIndexOf(". "));
  return end > 0 ? text.slice(0, end + 1) : text;
}

function oneLine(line: string): string {
  return line.length > MAX_LINE ? wholeSentences(line.slice(0, MAX_LINE)) : line;
}

/** No escapes, controls, bidi marks, invisible characters or emoji; ticks are ✅ and crosses ❌, quotes and spaces plain. */
function clean(text: string): string {
  return stripTerminal(text.replace(/[\u2028\u2029\v\f]/g, "\n"))
    .normalize("NFC")
    .replace(/[\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Variation_Selector}]/gu, "")
    .replace(/[\p{Zs}\t]/gu, " ")
    .replace(/[‘’‛ʼ]/g, "'")
    .replace(/[“”„«»]/g, '"')
    .replace(/[☑✔✓🟢]|:white_check_mark:|:heavy_check_mark:/gu, "✅")
    .replace(/[✗✘✖🔴🚫⛔⬜☐🔲🚧⏳🟡]|:x:|:construction:/gu, "❌")
    .replace(/(?![✅❌])[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]/gu, " ");
}

/** Leaves out hints of templates (comments) and what others wrote (quotes). One without an end is text. */
function without(text: string, { from, to }: { from: string; to: string }): string {
  let out = "";
  let at = 0;
  for (;;) {
    const start = text.indexOf(from, at);
    const end = start < 0 ? -1 : text.indexOf(to, start + from.length);
    if (end < 0) return out + text.slice(at);
    out += text.slice(at, start);
    at = end + to.length;
  }
}

interface Section {
  readonly means: "plain" | "skip" | "fix" | "feat";
  /** Depth of the heading; `LABEL` for a line such as "Next steps:", which holds until the next paragraph. */
  readonly level: number;
}
const LABEL = 9;

/** A heading or label under a skipped heading stays skipped, and so does a version below "Release notes". */
function nextSection(now: Section, heading: { title: string; level: number }): Section {
  const means = sectionOf(heading.title);
  if (now.means === "skip" && /^[[`v]*\d+\.\d+/i.test(heading.title)) return now;
  if (now.means === "skip" && now.level < heading.level && means === "plain") return now;
  return { means, level: heading.level };
}

const SECTIONS: { means: Section["means"]; pattern: RegExp }[] = [
  {
    means: "skip",
    pattern:
      /^(?:next\b|(?:possible |suggested |recommended )?(?:next|further|future|remaining|open|follow)\b|follow-?ups?\b|to-?dos?\b|known (?:issues?|problems?|limitations?|failures?)|limitations?|caveats?|risks?|problems?\b|(?:root )?causes?\b|background|context|motivation|why\b|(?:the )?(?:issue|bug|error|symptoms?|question)s?\b(?! fix)|before\b|previous(?:ly)?\b|expected\b|actual\b|current behaviou?r|steps\b|how to\b|to (?:run|test|verify|reproduce|try|use|start|check)\b|usage|examples?\b|instructions?|suggest|recommend|optional|not (?:done|included|tested|verified|yet)|what (?:was wrong|happened|remains|i did not|is left|is missing)|what's (?:left|missing|next)|out of scope|non-goals|goals?$|remaining|still\b|blockers?|blocked|failures?$|failing\b|reproduc|warnings?$|plan$|options?$|proposal|alternatives?|in progress|pending|did not|release notes|commits$|checklist for reviewers)/,
  },
  { means: "fix", pattern: /^(?:bug ?)?fix(?:es|ed)?$|^(?:fixed )?bugs?(?: fixed| fixes)$/ },
  { means: "feat", pattern: /^(?:added|additions?|new|(?:new )?features?(?: added)?)$/ },
];

/** Headings that name what stands below them: "Fix summary", "Updated files". */
const TITLE =
  /\b(?:summary|details|overview|notes?|changes|files|results?|list|description|made|implementation|verification|testing|plan|approach|solution|checklist|steps|following)$|^(?:what|summary|test (?:plan|results?)|updates?|changes?|implementation|(?:improvements?|enhancements?|refactor(?:ing|s)?)$)\b/;

/** Whether a label ("Root cause", "Next steps") announces what is no claim. */
export function announcesNoClaim(label: string): boolean {
  return sectionOf(label) === "skip";
}

function sectionOf(title: string): Section["means"] {
  return SECTIONS.find(({ pattern }) => pattern.test(bareTitle(title)))?.means ?? "plain";
}

function bareTitle(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}'/ -]/gu, " ")
    .replace(/ +/g, " ")
    .trim()
    .replace(/^(?:\d+|the|my|some|any|a|an) /, "");
}

/** `## Title`, a line that is bold as a whole, or a short one that ends in a colon. */
function headingOf(line: string): { title: string; level: number } | undefined {
  const hashes = /^ {0,3}(#{1,6}) +(?=\S)/.exec(line);
  if (hashes) return { title: line.slice(hashes[0].length), level: hashes[1]?.length ?? 1 };
  const own = line.trim();
  if (own.length > 80) return undefined;
  if (/^\*\*[^*]+\*\*:?$|^__[^_]+__:?$|^[^:.!?✅❌]+:$/.test(own) && !/^[-*+] |^\d+[.)] /.test(own))
    return { title: own, level: LABEL };
  return undefined;
}

/** A list item or a bare checkbox. */
function itemOf(line: string): { text: string; box?: "ticked" | "open" } | undefined {
  const marker = /^ *(?:[-*+•◦▪‣]|\d{1,3}[.)]) +/.exec(line)?.[0] ?? "";
  const rest = line.slice(marker.length).trim();
  const box = /^\[([ xX✅❌~-]?)\] */.exec(rest);
  if (box) return { text: rest.slice(box[0].length), box: /[xX✅]/.test(box[1] ?? "") ? "ticked" : "open" };
  return marker === "" ? undefined : { text: rest };
}

/** Lines that hold no words of the author: rules, quotes, shell prompts, table heads, trailers, merges, things marked ❌. */
function dropped(line: string, next: string): boolean {
  const own = line.trim();
  if (own === "" || /^[-=*_|:\s]+$/.test(own) || own.startsWith(">") || own.startsWith("$ ")) return true;
  if (own.startsWith("|") && /^\s*\|[\s:|-]+$/.test(next) && next.includes("-")) return true;
  if (own.lastIndexOf("❌") > own.lastIndexOf("✅")) return true;
  return TRAILER.test(own) || /^Merge (?:branch|pull request|remote-tracking|tag)\b/.test(own);
}

const TRAILER =
  /^(?:[A-Za-z]+(?:-[A-Za-z]+)*-(?:by|id|to|from|on)|cc|link|bug|issue|reviewers?):|^(?:refs?|references|see|see also|related(?: to)?|relates to|part of|generated (?:with|by))(?::| (?=#\d|\[|https?:))/i;

/** Whether a line goes on with the sentence above it: commit bodies and PR texts are wrapped near column 72. */
function continues(above: string, line: string): boolean {
  const end = above.trimEnd();
  return end.length >= 40 && !/[.!?:;|]$/.test(end) && /^\s*[\p{Ll}\d`(]/u.test(line);
}

function statement(open: { text: string; checked: boolean; role: Role | undefined }): Statement {
  const row = open.text.startsWith("|") ? cells(open.text) : open.text;
  const told = withoutMarkup(row);
  const ticked = /^ *✅/.test(told);
  const commit = conventional(ticked ? told.replace("✅", "") : told);
  const text = commit?.text ?? told;
  const role = commit?.role ?? open.role;
  const checked = open.checked || ticked;
  return role === undefined ? { text, checked } : { text, checked, role };
}

function cells(row: string): string {
  const filled = row
    .split("|")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "" && !/^[-–—]+$/.test(cell));
  return filled.join(": ");
}

/** Emphasis, struck-out text, images, links and tags go; a link to a file becomes that file, `<code>` becomes backticks. */
function withoutMarkup(text: string): string {
  const plain = text
    .replace(/❌/g, "")
    .replace(/~~[^~]*~~/g, " ")
    .replace(/!\[[^\][]*\]\([^()\s]*\)/g, " ")
    .replace(/\[([^\][]+)\]\(([^()\s]*)\)/g, (_, words: string, target: string) => linked(words, target))
    .replace(/<\/?code>/gi, "`");
  return plain
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : unstyled(part)))
    .join("")
    .replace(/ +/g, " ")
    .trim();
}

function unstyled(text: string): string {
  return text
    .replace(/(?<!\w)<\/?[a-z][\w-]*(?: [^<>]{0,300})?\/?>|<\/?(?:b|br|p|i|em|li|td|tr|div|span|strong)\/?>/gi, " ")
    .replace(/\*\*|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)/g, "")
    .replace(/(?<![\w*])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*])/g, "")
    .replace(/(?<!\w)_(?=[A-Za-z])(?=[^_]*_(?!\w))|(?<=[A-Za-z.!])_(?!\w)/g, "");
}

function linked(words: string, target: string): string {
  const path = target.replace(/^\.\//, "").replace(/#.*$/, "");
  if (/^[\w@.-]+(?:\/[\w@.-]+)*\.\w{1,8}$/.test(path) && !path.startsWith("www.")) return `\`${path}\``;
  return /^https?:\/\/\S+\/(?:issues|pull)\/\d+$/.test(target) ? (/#\d+/.exec(words)?.[0] ?? target) : words;
}

/** `type(scope)!: subject`, as conventionalcommits.org and Angular's guide define the types. */
function conventional(text: string): { role?: Role; text: string } | undefined {
  const head = /^(?:fixup! |squash! )?([a-z]+)(?:\(([^()]{0,60})\))?!?: +(?=\S)/i.exec(text);
  if (!head) return undefined;
  const type = (head[1] ?? "").toLowerCase();
  const scope = (head[2] ?? "").toLowerCase();
  const rest = text.slice(head[0].length);
  if (/^(?:dev-?)?dep(?:s|endenc(?:y|ies))(?:-dev)?$/.test(scope) || type === "deps")
    return { role: "deps", text: rest };
  if (scope === "docs" || scope === "readme" || type === "docs" || type === "doc") return { role: "docs", text: rest };
  const role = TYPES.get(type);
  if (role) return { role, text: rest };
  const plain = scope !== "" || /^[a-z]/.test(text);
  return plain && /^(?:chore|style|ci|test|build)$/.test(type) && scope !== ""
    ? { role: "chore", text: rest }
    : undefined;
}

const TYPES = new Map<string, Role>([
  ["fix", "fix"],
  ["bugfix", "fix"],
  ["hotfix", "fix"],
  ["feat", "feat"],
  ["feature", "feat"],
  ["perf", "perf"],
  ["refactor", "refactor"],
  ["revert", "chore"],
  ["chore", "chore"],
]);
