/** How a language writes comments and strings; `c` covers Java, Kotlin, C#, Swift and Scala. */
export type Language = "js" | "py" | "rb" | "go" | "rs" | "c" | "php" | "ex" | "hash";

/** What each character of a text is. `quote` is the delimiter of a string, `string` its contents. */
export const CODE = 0;
export const STRING = 1;
export const COMMENT = 2;
export const QUOTE = 3;

/**
 * A text that was scanned once. `code` has the length of `text`, with comments and the contents of strings blanked (line ends
 * stay); `plain` blanks comments only. `close[i]` is where the bracket or quote opened at `i` ends, or -1.
 */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly language: Language;
  readonly code: string;
  readonly plain: string;
  readonly kinds: Uint8Array;
  readonly close: Int32Array;
  readonly starts: readonly number[];
}

interface Syntax {
  readonly line: readonly string[];
  readonly block?: readonly [string, string];
  readonly quotes: string;
  /** Quotes that may go over line ends. */
  readonly long: string;
  readonly triple: boolean;
  readonly regex: boolean;
}

const SYNTAX: Record<Language, Syntax> = {
  js: { line: ["//"], block: ["/*", "*/"], quotes: "\"'`", long: "`", triple: false, regex: true },
  py: { line: ["#"], quotes: "\"'", long: "", triple: true, regex: false },
  rb: { line: ["#"], quotes: "\"'", long: "\"'", triple: false, regex: true },
  go: { line: ["//"], block: ["/*", "*/"], quotes: "\"'`", long: "`", triple: false, regex: false },
  rs: { line: ["//"], block: ["/*", "*/"], quotes: "\"'", long: '"', triple: false, regex: false },
  c: { line: ["//"], block: ["/*", "*/"], quotes: "\"'", long: "", triple: true, regex: false },
  php: { line: ["//", "#"], block: ["/*", "*/"], quotes: "\"'", long: "\"'", triple: false, regex: false },
  ex: { line: ["#"], quotes: '"', long: '"', triple: true, regex: false },
  hash: { line: ["#"], quotes: "\"'", long: "", triple: true, regex: false },
};

const LANGUAGES: readonly [RegExp, Language][] = [
  [/\.(?:[cm]?[jt]sx?|vue|svelte|dart|json5?|jsonc)$/i, "js"],
  [/\.pyi?$/i, "py"],
  [/(?:\.(?:rb|rake|ru)|(?:^|\/)(?:Rakefile|Gemfile))$/i, "rb"],
  [/\.go$/i, "go"],
  [/\.rs$/i, "rs"],
  [/\.(?:java|kts?|cs|swift|scala|groovy|gradle)$/i, "c"],
  [/\.php$/i, "php"],
  [/\.exs?$/i, "ex"],
];

export function languageOf(path: string): Language {
  return LANGUAGES.find(([pattern]) => pattern.test(path))?.[1] ?? "hash";
}

/** Reads a text once, in time linear in its length. A string or comment that never ends goes to its line's or the text's end. */
export function readSource(path: string, text: string): Source {
  const language = languageOf(path);
  const kinds = new Uint8Array(text.length);
  const close = new Int32Array(text.length).fill(-1);
  classify({ text, language, kinds, close });
  matchBrackets({ text, kinds, close });
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const code = masked(text, kinds, (kind) => kind === STRING || kind === COMMENT);
  const plain = masked(text, kinds, (kind) => kind === COMMENT);
  return { path, text, language, code, plain, kinds, close, starts };
}

/** The line of an offset, from 1. */
export function lineAt(source: Source, offset: number): number {
  let low = 0;
  let high = source.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/**
 * A piece of code without what a formatter decides: comments, white space, quote style, semicolons, trailing commas, brackets
 * around a single arrow parameter. Two pieces that are equal in this form say the same.
 */
export function normal(source: Source, start: number, end: number): string {
  const { text, kinds } = source;
  const parts: string[] = [];
  let last = "";
  let gap = false;
  for (let at = start; at < end; at++) {
    const letter = text.charAt(at);
    const kind = kinds[at];
    if (kind === STRING) {
      parts.push(letter);
      last = '"';
      continue;
    }
    if (kind === COMMENT || letter === " " || letter === "\n" || letter === "\t" || letter === "\r") {
      gap = true;
      continue;
    }
    if (gap && isWord(letter) && isWord(last)) parts.push(" ");
    gap = false;
    last = kind === QUOTE ? '"' : letter;
    parts.push(last);
  }
  return parts
    .join("")
    .replace(/,(?=[)\]}])/g, "")
    .replace(/;/g, "")
    .replace(/\(([A-Za-z_$][\w$]{0,60})\)=>/g, "$1=>");
}

/** Positions of the parts between commas at the top level of a bracket's contents. */
export function splitArguments(source: Source, start: number, end: number): [number, number][] {
  const parts: [number, number][] = [];
  let from = start;
  for (let at = start; at < end; at++) {
    const to = source.close[at] ?? -1;
    if (to > at) at = Math.min(to, end);
    else if (source.code[at] === "," && source.kinds[at] === CODE) {
      parts.push(trimmed(source, from, at));
      from = at + 1;
    }
  }
  const last = trimmed(source, from, end);
  if (last[0] < last[1]) parts.push(last);
  return parts;
}

/** The first offset from `at` that is neither white space nor comment. */
export function skipBlank(source: Source, at: number): number {
  let next = at;
  while (next < source.text.length && source.plain.charAt(next).trim() === "") next++;
  return next;
}

function trimmed(source: Source, from: number, to: number): [number, number] {
  let start = from;
  let end = to;
  while (start < end && source.plain.charAt(start).trim() === "") start++;
  while (end > start && source.plain.charAt(end - 1).trim() === "") end--;
  return [start, end];
}

interface Scan {
  readonly text: string;
  readonly language: Language;
  readonly kinds: Uint8Array;
  readonly close: Int32Array;
}

function classify(scan: Scan): void {
  const { text, language, kinds } = scan;
  const syntax = SYNTAX[language];
  /** Depth of braces at which each open `${` of a template ends. */
  const templates: { depth: number; open: number }[] = [];
  let depth = 0;
  let last = "";
  let lastAt = -1;
  for (let at = 0; at < text.length;) {
    const letter = text.charAt(at);
    const comment = commentEnd(scan, syntax, at);
    if (comment > at) {
      kinds.fill(COMMENT, at, comment);
      at = comment;
      continue;
    }
    if (language === "js" && letter === "}" && templates.at(-1)?.depth === depth) {
      const open = templates.pop()?.open ?? at;
      at = template(scan, { at: at + 1, open, enter: () => templates.push({ depth, open }) });
      last = "`";
      continue;
    }
    if (letter === "{") depth++;
    if (letter === "}") depth--;
    const next =
      language === "js" && letter === "`"
        ? openTemplate(scan, at, () => templates.push({ depth, open: at }))
        : stringEnd(scan, syntax, at);
    if (next > at) {
      last = '"';
      at = next;
      continue;
    }
    const regex = syntax.regex && letter === "/" ? regexEnd(scan, { at, last, lastAt }) : at;
    if (regex > at) {
      kinds.fill(STRING, at + 1, regex - 1);
      kinds[at] = QUOTE;
      kinds[regex - 1] = QUOTE;
      last = '"';
      at = regex;
      continue;
    }
    if (letter.trim() !== "") {
      last = letter;
      lastAt = at;
    }
    at++;
  }
}

function commentEnd({ text, language }: Scan, syntax: Syntax, at: number): number {
  for (const mark of syntax.line) {
    if (!text.startsWith(mark, at)) continue;
    if (language === "php" && text.startsWith("#[", at)) continue;
    if (language === "hash" && at > 0 && text.charAt(at - 1).trim() !== "") continue;
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  }
  if (!syntax.block || !text.startsWith(syntax.block[0], at)) return at;
  const end = text.indexOf(syntax.block[1], at + 2);
  return end < 0 ? text.length : end + 2;
}

function openTemplate(scan: Scan, at: number, enter: () => void): number {
  scan.kinds[at] = QUOTE;
  return template(scan, { at: at + 1, open: at, enter });
}

/** Contents of a template literal until its end or its next `${`, which `enter` notes. */
function template(scan: Scan, how: { at: number; open: number; enter: () => void }): number {
  const { text, kinds } = scan;
  for (let at = how.at; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === "`") {
      kinds[at] = QUOTE;
      scan.close[how.open] = at;
      return at + 1;
    }
    if (letter === "$" && text.charAt(at + 1) === "{") {
      kinds[at] = STRING;
      how.enter();
      return at + 2;
    }
    kinds[at] = STRING;
    if (letter === "\\" && at + 1 < text.length) kinds[++at] = STRING;
  }
  return text.length;
}

function stringEnd(scan: Scan, syntax: Syntax, at: number): number {
  const { text, language } = scan;
  const quote = text.charAt(at);
  if (language === "rs" && quote === "r") return rawString(scan, at);
  if (!syntax.quotes.includes(quote)) return at;
  if (language === "rs" && quote === "'" && !/^'(?:\\.[^']{0,8}|[^\\'])'/.test(text.slice(at, at + 12))) return at;
  const triple = quote.repeat(3);
  if (syntax.triple && text.startsWith(triple, at)) {
    const found = text.indexOf(triple, at + 3);
    return markString(scan, { at, width: 3, end: found < 0 ? text.length : found });
  }
  const raw = language === "go" && quote === "`";
  for (let end = at + 1; end < text.length; end++) {
    const letter = text.charAt(end);
    if (letter === "\\" && !raw) end++;
    else if (letter === quote) return markString(scan, { at, width: 1, end });
    else if (letter === "\n" && !syntax.long.includes(quote)) return markString(scan, { at, width: 0, end });
  }
  return markString(scan, { at, width: 0, end: text.length });
}

function rawString(scan: Scan, at: number): number {
  const open = /^r(#{0,8})"/.exec(scan.text.slice(at, at + 12));
  if (!open || isWord(scan.text.charAt(at - 1))) return at;
  const found = scan.text.indexOf(`"${open[1] ?? ""}`, at + open[0].length);
  return markString(scan, { at, width: open[0].length, end: found < 0 ? scan.text.length : found });
}

function markString(scan: Scan, { at, width, end }: { at: number; width: number; end: number }): number {
  const after = Math.min(scan.text.length, end + width);
  scan.kinds.fill(STRING, at, after);
  scan.kinds[at] = QUOTE;
  if (end < scan.text.length && width > 0) {
    scan.kinds[end] = QUOTE;
    scan.close[at] = after - 1;
  }
  return Math.max(after, at + 1);
}

/** A `/` starts a pattern where a value may start; the text before it decides. */
function regexEnd(scan: Scan, { at, last, lastAt }: { at: number; last: string; lastAt: number }): number {
  const word = isWord(last)
    ? /(?:^|[^\w$.])(return|typeof|case|in|of|do|else|void|if|when|and|or|not|unless|match)$/.test(
        scan.text.slice(Math.max(0, lastAt - 12), lastAt + 1),
      )
    : false;
  if (last !== "" && !word && !"(,=:[!&|?{};+-*%<>~^".includes(last)) return at;
  let inClass = false;
  const limit = Math.min(scan.text.length, at + 300);
  for (let end = at + 1; end < limit; end++) {
    const letter = scan.text.charAt(end);
    if (letter === "\n") return at;
    if (letter === "\\") end++;
    else if (letter === "[") inClass = true;
    else if (letter === "]") inClass = false;
    else if (letter === "/" && !inClass) return end + 1;
  }
  return at;
}

function matchBrackets({ text, kinds, close }: Pick<Scan, "text" | "kinds" | "close">): void {
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (kinds[at] !== CODE) continue;
    const letter = text.charAt(at);
    if (letter === "(" || letter === "[" || letter === "{") open.push(at);
    if (letter !== ")" && letter !== "]" && letter !== "}") continue;
    const wanted = letter === ")" ? "(" : letter === "]" ? "[" : "{";
    const top = open.at(-1);
    if (top === undefined || text.charAt(top) !== wanted) continue;
    open.pop();
    close[top] = at;
  }
}

function masked(text: string, kinds: Uint8Array, hides: (kind: number) => boolean): string {
  const parts: string[] = [];
  let from = 0;
  while (from < text.length) {
    const hidden = hides(kinds[from] ?? CODE);
    let to = from + 1;
    while (to < text.length && hides(kinds[to] ?? CODE) === hidden) to++;
    const part = text.slice(from, to);
    parts.push(hidden ? part.replace(/[^\n]/g, " ") : part);
    from = to;
  }
  return parts.join("");
}

function isWord(letter: string): boolean {
  return /^[\w$]$/.test(letter);
}
