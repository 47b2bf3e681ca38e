/**
 * The words of a shell command: quotes, escapes, `$name`, `${…}`, `$(…)`, backticks, `$'…'`. Nothing is expanded here; the scripts
 * inside words are read by `readScript` of the reader (`danger-shell.ts`).
 */
export type Part =
  | { readonly kind: "text"; readonly text: string; readonly quoted: boolean }
  /** `$name`; `rest` holds what stands after the name in `${name…}`. */
  | { readonly kind: "variable"; readonly name: string; readonly quoted: boolean; readonly rest: readonly Part[] }
  /** `$(…)`, backticks, `<(…)`: its output takes the place. */
  | { readonly kind: "script"; readonly script: Script; readonly quoted: boolean };

export interface Word {
  readonly parts: readonly Part[];
  /** As it was written. */
  readonly raw: string;
}

export interface Redirect {
  readonly operator: string;
  readonly target: Word;
  /** The text of a here-document. */
  body: Word | undefined;
}

export interface Command {
  readonly assigns: { readonly name: string; readonly value: Word }[];
  readonly words: Word[];
  readonly redirects: Redirect[];
  /** A subshell's script, where the command is `( … )`. */
  group: Script | undefined;
  /** The name that `name() …` defines here. */
  defines: string | undefined;
  raw: string;
}

export interface Pipeline {
  /** What joins it to the one before: `&&`, `||`, `;`, `&`, or nothing for the first. */
  readonly after: string;
  readonly commands: Command[];
}

export interface Script {
  readonly pipelines: Pipeline[];
}

export interface Reader {
  readonly text: string;
  /** Up to the `)` that closes it, or to the end. */
  readonly readScript: (reader: Reader, closed: boolean) => Script;
  at: number;
  depth: number;
  /** Words and scripts that may still be read; shared with the readers of inner texts. */
  readonly budget: { left: number };
  pending: { readonly redirect: Redirect; readonly end: string; readonly literal: boolean }[];
  broken: boolean;
}

const DEEPEST = 40;
const NAME = /[A-Za-z_]\w*|[0-9@*#?$!-]/y;
const PLAIN = /[^\s;&|<>()'"\\$`]+/y;
const PLAIN_IN_QUOTES = /[^"\\$`}]+/y;

/** A text in which only `$` and backticks mean something. */
export function readText(reader: Reader, raw: string): Word {
  const inner: Reader = { ...reader, text: raw, at: 0, depth: reader.depth + 1, pending: [] };
  const parts = readQuoted(inner, undefined);
  if (inner.broken) fail(reader);
  return { parts, raw };
}

export function readWord(reader: Reader): Word {
  const start = reader.at;
  const parts: Part[] = [];
  spend(reader);
  while (reader.at < reader.text.length && !reader.broken) {
    const plain = match(reader, PLAIN);
    if (plain !== undefined) {
      addText(parts, plain, false);
      continue;
    }
    const char = reader.text[reader.at];
    if (char === "(" && /[?*+@!]/.test(reader.text[reader.at - 1] ?? "") && reader.at > start)
      readChoice(reader, parts);
    else if ((char === "<" || char === ">") && reader.text[reader.at + 1] === "(")
      readInner(reader, { parts, skip: 2 });
    else if (!readSpecial(reader, parts, false)) break;
  }
  return { parts, raw: reader.text.slice(start, reader.at) };
}

/** `@(a|b)` and the like: a glob. */
function readChoice(reader: Reader, parts: Part[]): void {
  const end = reader.text.indexOf(")", reader.at);
  if (end < 0) return fail(reader);
  reader.at = end + 1;
  addText(parts, "*", false);
}

function readInner(reader: Reader, options: { parts: Part[]; skip: number; quoted?: boolean }): void {
  reader.at += options.skip;
  options.parts.push({ kind: "script", script: reader.readScript(reader, true), quoted: options.quoted ?? false });
}

/** A quote, an escape, `$` or a backtick. False, and nothing read, where none stands here. */
function readSpecial(reader: Reader, parts: Part[], quoted: boolean): boolean {
  const char = reader.text[reader.at];
  if (char === "\\") readEscape(reader, parts, quoted);
  else if (char === "$") readDollar(reader, parts, quoted);
  else if (char === "`") readBackticks(reader, parts, quoted);
  else if (char === "'" && !quoted) readLiteral(reader, parts);
  else if (char === '"' && !quoted) {
    reader.at++;
    parts.push({ kind: "text", text: "", quoted: true }, ...readQuoted(reader, '"'));
  } else return false;
  return true;
}

function readEscape(reader: Reader, parts: Part[], quoted: boolean): void {
  const next = reader.text[reader.at + 1] ?? "";
  reader.at += 2;
  if (next === "\n") return;
  const kept = quoted && !/["\\$`]/.test(next) ? `\\${next}` : next;
  addText(parts, kept, true);
}

function readLiteral(reader: Reader, parts: Part[]): void {
  const end = reader.text.indexOf("'", reader.at + 1);
  if (end < 0) return fail(reader);
  addText(parts, reader.text.slice(reader.at + 1, end), true);
  reader.at = end + 1;
}

/** Up to `end`, which is consumed; `undefined` reads to the end of the text. */
export function readQuoted(reader: Reader, end: string | undefined): Part[] {
  const parts: Part[] = [];
  if (tooDeep(reader)) return parts;
  for (;;) {
    if (end !== undefined && reader.text.startsWith(end, reader.at)) break;
    if (reader.at >= reader.text.length || reader.broken) {
      if (end !== undefined) fail(reader);
      break;
    }
    const plain = match(reader, end === "))" ? /[^\\$`)]+/y : PLAIN_IN_QUOTES);
    if (plain !== undefined) addText(parts, plain, true);
    else if (!readSpecial(reader, parts, true)) addText(parts, take(reader), true);
  }
  reader.at += end?.length ?? 0;
  reader.depth--;
  return parts;
}

function readDollar(reader: Reader, parts: Part[], quoted: boolean): void {
  const next = reader.text[reader.at + 1];
  spend(reader);
  if (next === "'" && !quoted) return readAnsi(reader, parts);
  if (next === '"' && !quoted) return void reader.at++;
  if (reader.text.startsWith("$((", reader.at)) {
    reader.at += 3;
    const rest = readQuoted(reader, "))");
    parts.push({ kind: "variable", name: "((", quoted, rest });
  } else if (next === "(") readInner(reader, { parts, skip: 2, quoted });
  else if (next === "{") {
    reader.at += 2;
    const sign = /[#!]?(?=[A-Za-z_])/y;
    const marked = match(reader, sign);
    const name = match(reader, NAME) ?? "";
    const rest = readQuoted(reader, "}");
    parts.push({ kind: "variable", name: marked === undefined ? name : `${marked}${name}`, quoted, rest });
  } else {
    reader.at++;
    const name = match(reader, NAME);
    parts.push(name === undefined ? { kind: "text", text: "$", quoted } : { kind: "variable", name, quoted, rest: [] });
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", e: "\u001B", a: "\u0007", b: "\b" };

/** `$'…'`: C escapes. */
function readAnsi(reader: Reader, parts: Part[]): void {
  const body = /\$'((?:[^'\\]|\\[^])*)'/y;
  body.lastIndex = reader.at;
  const found = body.exec(reader.text);
  if (!found) return fail(reader);
  reader.at += found[0].length;
  const decoded = (found[1] ?? "").replaceAll(/\\(?:x([\da-f]{1,2})|([0-7]{1,3})|u([\da-f]{4})|([^]))/gi, decode);
  addText(parts, decoded, true);
}

function decode(_: string, hex?: string, octal?: string, unicode?: string, other?: string): string {
  const code = hex ?? unicode;
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
  return ESCAPES[other ?? ""] ?? other ?? "";
}

function readBackticks(reader: Reader, parts: Part[], quoted: boolean): void {
  const body = /`((?:[^`\\]|\\[^])*)`/y;
  body.lastIndex = reader.at;
  const found = body.exec(reader.text);
  if (!found) return fail(reader);
  reader.at += found[0].length;
  const text = (found[1] ?? "").replaceAll(/\\([`\\$])/g, "$1");
  const inner: Reader = { ...reader, text, at: 0, depth: reader.depth + 1, pending: [] };
  parts.push({ kind: "script", script: reader.readScript(inner, false), quoted });
  if (inner.broken) fail(reader);
}

export function tooDeep(reader: Reader): boolean {
  reader.depth++;
  if (reader.depth > DEEPEST) fail(reader);
  spend(reader);
  return reader.broken;
}

/** Joins what is quoted alike: a word of many small quotes is still one text. */
function addText(parts: Part[], text: string, quoted: boolean): void {
  const last = parts.at(-1);
  if (last?.kind === "text" && last.quoted && quoted)
    parts[parts.length - 1] = { kind: "text", text: last.text + text, quoted };
  else parts.push({ kind: "text", text, quoted });
}

function spend(reader: Reader): void {
  if (--reader.budget.left < 0) fail(reader);
}

export function fail(reader: Reader): void {
  reader.broken = true;
  reader.at = reader.text.length;
}

function take(reader: Reader): string {
  const char = reader.text[reader.at] ?? "";
  reader.at++;
  return char;
}

/** Sticky match at the reader's place; an empty match counts as none. */
export function match(reader: Reader, pattern: RegExp): string | undefined {
  const found = peek(reader, pattern);
  if (found !== undefined) reader.at += found.length;
  return found;
}

export function peek(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  return found === undefined || found === "" ? undefined : found;
}

export function skipSpace(reader: Reader): void {
  match(reader, /(?:[^\S\n]|\\\n)+/y);
}

export function skipBlank(reader: Reader): void {
  skipSpace(reader);
  if (reader.text[reader.at] === "#") match(reader, /[^\n]+/y);
}
