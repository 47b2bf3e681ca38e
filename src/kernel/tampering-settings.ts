import { CODE, lineAt, normal, QUOTE, readSource, skipBlank, type Source } from "./tampering-text.ts";

/** One setting of a configuration file: keys joined by `.`, its value in one form for all formats, its line from 1. */
export interface Setting {
  readonly path: string;
  readonly value: string;
  /** The parts of a list, without quotes; a single value is a list of one. */
  readonly items: readonly string[];
  readonly line: number;
}

export type Settings = ReadonlyMap<string, Setting>;

/** What a changed setting loosens; without `loosens` it is only shown. */
export interface Loosened {
  readonly what: string;
  readonly kind:
    | "runner-config"
    | "threshold-loosened"
    | "rule-loosened"
    | "exit-hidden"
    | "test-focused"
    | "command-changed";
  readonly loosens: boolean;
}

/** A setting on both sides; one of them is there. */
export interface Pair {
  readonly path: string;
  readonly leaf: string;
  readonly was?: Setting;
  readonly is?: Setting;
  readonly file: string;
}

/** Reads JSON, JSONC, the object literals of JavaScript, TOML, INI and YAML. What it does not understand is left out. */
export function readSettings(path: string, text: string): Settings {
  const json = !/\.[cm]?[jt]s$/.test(path) && looksLikeJson(text);
  const source = readSource(json ? "settings.json" : path, text.slice(0, LONGEST_FILE));
  const found = new Map<string, Setting>();
  const seen = new Map<string, number>();
  const add = (one: Setting) => {
    // Two of one name (`[[overrides]]`, steps) are two settings.
    const times = (seen.get(one.path) ?? 0) + 1;
    seen.set(one.path, times);
    const path = times === 1 ? one.path : `${one.path}#${times}`;
    found.set(path, { ...one, path });
  };
  if (source.language === "js") literals(source, add);
  else if (/\.ya?ml$|\.neon$|\.prettierrc$|\.mocharc$/.test(path)) indentedLines(source, add);
  else sections(source, add);
  return found;
}

function looksLikeJson(text: string): boolean {
  return /^\s*(?:\/[/*][^\n]*\s*){0,20}\{/.test(text.slice(0, 4_000));
}

/** Settings nest no deeper, and code is compared by its beginning: a hostile file could cost minutes. */
const MOST_NESTED = 16;
const LONGEST_VALUE = 4_000;
const LONGEST_FILE = 256 * 1024;

type Add = (one: Setting) => void;

/** `key: value` inside braces, at any depth; calls such as `defineConfig({…})` do not count as depth. */
function literals(source: Source, add: Add): void {
  const around: { key: string; end: number }[] = [];
  for (let at = 0; at < source.text.length; at++) {
    while ((around.at(-1)?.end ?? Infinity) <= at) around.pop();
    if (source.kinds[at] !== CODE && source.kinds[at] !== QUOTE) continue;
    const key = around.length < MOST_NESTED ? keyAt(source, at) : undefined;
    if (!key) {
      const close = source.kinds[at] === QUOTE ? (source.close[at] ?? -1) : -1;
      if (close > at) at = close;
      continue;
    }
    const start = skipBlank(source, key.end);
    const end = valueEnd(source, start);
    const path = [...around.map((one) => one.key), key.name].join(".");
    const letter = source.code[start];
    if (letter === "{" && (source.close[start] ?? -1) > 0)
      around.push({ key: key.name, end: source.close[start] ?? end });
    else {
      add({
        path,
        value: valueText(source, start, end),
        items: listItems(source, start, end),
        line: lineAt(source, at),
      });
      if (letter === "[" && /\{/.test(source.code.slice(start, end))) around.push({ key: key.name, end });
    }
    at = Math.max(at, letter === "{" || letter === "[" ? start : end - 1);
  }
}

/** A key with its colon, where one may stand: after `{`, `,` or a line end. */
function keyAt(source: Source, at: number): { name: string; end: number } | undefined {
  const quote = source.kinds[at] === QUOTE;
  const close = quote ? (source.close[at] ?? -1) : -1;
  if (quote && close < 0) return undefined;
  if (!quote && !/[A-Za-z_$]/.test(source.code[at] ?? "")) return undefined;
  if (!quote && /[\w$.]/.test(source.code[at - 1] ?? "")) return undefined;
  const word = quote ? source.text.slice(at + 1, close) : (/^[\w$]+/.exec(source.code.slice(at, at + 100))?.[0] ?? "");
  const colon = skipBlank(source, quote ? close + 1 : at + word.length);
  if (source.code[colon] !== ":" || source.code[colon + 1] === ":") return undefined;
  const before =
    source.code
      .slice(Math.max(0, at - 200), at)
      .trimEnd()
      .at(-1) ?? "{";
  return /[{,(;]/.test(before) ? { name: word, end: colon + 1 } : undefined;
}

function valueEnd(source: Source, start: number): number {
  let at = start;
  if (/[[{(]/.test(source.code[start] ?? "") && (source.close[start] ?? -1) < 0) return start + 1;
  for (; at < source.text.length; at++) {
    const close = source.close[at] ?? -1;
    if (close > at) at = close;
    else if (/[,}\])]/.test(source.code[at] ?? "")) break;
  }
  return at;
}

/** A text as it is; code in the form that formatting does not change. */
function valueText(source: Source, start: number, end: number): string {
  const close = source.kinds[start] === QUOTE ? (source.close[start] ?? -1) : -1;
  const whole = close > start && source.plain.slice(close + 1, end).trim() === "";
  return whole
    ? source.text.slice(start + 1, close)
    : plain(normal(source, start, Math.min(end, start + LONGEST_VALUE)));
}

function listItems(source: Source, start: number, end: number): string[] {
  if (source.code[start] !== "[") return [valueText(source, start, end)];
  const items: string[] = [];
  for (let at = start + 1; at < end; at++) {
    const close = source.close[at] ?? -1;
    if (source.kinds[at] === QUOTE && close > at) items.push(source.text.slice(at + 1, close));
    else if (close < 0) continue;
    if (close > at) at = close;
  }
  return items;
}

/** `[section]` and `key = value` or `key: value`, the value going on over indented lines and open brackets. */
function sections(source: Source, add: Add): void {
  const lines = source.plain.split("\n");
  let section = "";
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] ?? "").replace(/^\s*;.*/, "");
    const head = /^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*$/.exec(line.slice(0, 400));
    if (head) {
      section = (head[1] ?? "").replaceAll('"', "");
      continue;
    }
    const pair = /^\s{0,8}("?[\w.:*/-]+"?)\s{0,40}(?:=|:(?=\s))\s{0,40}(.*)$/.exec(line.slice(0, 4_000));
    if (!pair) continue;
    const own = index;
    const depth = line.length - line.trimStart().length;
    let value = pair[2] ?? "";
    while (index + 1 < lines.length && value.length < 20_000) {
      const next = lines[index + 1] ?? "";
      const deeper = next.trim() !== "" && next.length - next.trimStart().length > depth;
      const open = count(value, /[[{(]/g) > count(value, /[\]})]/g);
      if (!open && !(deeper && !/^\s*\[/.test(next) && !source.path.endsWith(".toml"))) break;
      value += `\n${next}`;
      index++;
    }
    const path = [section, (pair[1] ?? "").replaceAll('"', "")].filter((part) => part !== "").join(".");
    add({ path, value: plain(value.trim()), items: split(value), line: own + 1 });
  }
}

/** YAML by its indentation. A list of plain values is one setting; keys inside a list's entries go by the list's name. */
function indentedLines(source: Source, add: Add): void {
  const lines = source.plain.split("\n");
  const around: { key: string; depth: number }[] = [];
  const lists = new Map<string, { items: string[]; line: number }>();
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const trimmed = line.trim();
    if (trimmed === "" || trimmed === "---") continue;
    const dashes = /^(?:-\s+)*/.exec(trimmed.slice(0, 40))?.[0] ?? "";
    const depth = line.length - line.trimStart().length + dashes.length;
    while ((around.at(-1)?.depth ?? -1) >= depth) around.pop();
    const pair = /^("[^"\n]*"|'[^'\n]*'|[^\s:'"[{][^:\n]{0,100}):(?:\s+(.*))?$/.exec(
      trimmed.slice(dashes.length).slice(0, 4_000),
    );
    const parents = around.map((one) => one.key);
    if (!pair) {
      if (dashes === "") continue;
      const name = parents.join(".");
      const list = lists.get(name) ?? { items: [], line: index + 1 };
      list.items.push(plain(trimmed.slice(dashes.length)));
      lists.set(name, list);
      continue;
    }
    const key = plain(pair[1] ?? "");
    let value = pair[2]?.trim() ?? "";
    const own = index;
    if (/^[|>][+-]?\d?$/.test(value)) {
      const block: string[] = [];
      while (index + 1 < lines.length && deeperThan(lines[index + 1] ?? "", depth))
        block.push((lines[++index] ?? "").trim());
      value = block.filter((part) => part !== "").join("\n");
    }
    around.push({ key, depth });
    if (value !== "")
      add({ path: [...parents, key].join("."), value: plain(value), items: split(value), line: own + 1 });
  }
  for (const [path, list] of lists) add({ path, value: list.items.join(","), items: list.items, line: list.line });
}

function deeperThan(line: string, depth: number): boolean {
  return line.trim() === "" || line.length - line.trimStart().length > depth;
}

function split(value: string): string[] {
  const inner = /^\[([\s\S]*)\]$/.exec(value.trim())?.[1] ?? value;
  return inner
    .split(/[\n,]+/)
    .map((part) => plain(part.trim()))
    .filter((part) => part !== "");
}

function plain(value: string): string {
  const text = value.trim().replace(/,$/, "");
  return /^(["'])[^"']*\1$/.test(text) ? text.slice(1, -1) : text;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
