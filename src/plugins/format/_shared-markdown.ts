import { clean, clip, oneLine } from "./_shared.ts";

/** A part of a document: `open`, then as many `items` as there is room for, then `close`. */
export interface Section {
  readonly open: string;
  readonly items: readonly string[];
  /** Between items: a row of a table needs one line feed, a paragraph two. */
  readonly between: string;
  readonly close?: string;
  /** Stands where items were left out. */
  more(left: number): string;
}

/** Longest of a text in a table or list, in characters. */
const TEXT = 400;
/** A diff shows at most this many lines, and this many characters of each. */
const DIFF_LINES = 20;
const LINE = 200;
/** Keeps GitHub from making a mention, a reference or a link of what it follows; it is not seen. */
const JOINT = "\u200B";

/** Foreign text in one line of Markdown, as text only: no markup, HTML, mention, reference or link comes of it. */
export function prose(text: string, max = TEXT): string {
  return clip(oneLine(text), max)
    .replace(/[\\`*_{}[\]|~$!]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/@(?=[\w-])|#(?=\d)|\bGH-(?=\d)|\bwww(?=\.)|:(?=\/\/)/gi, `$&${JOINT}`)
    .replace(/^[#+=-]/, "\\$&")
    .replace(/^(\d{1,9})([.)])/, "$1\\$2");
}

/** Foreign text as code in a line or in a cell of a table. What could end a code span or a cell is written as `<code>` of entities. */
export function code(text: string, max = TEXT): string {
  const shown = clip(oneLine(text), max);
  if (shown === "") return "(none)";
  if (!/[`|\\<>&]/.test(shown)) return `\`${shown}\``;
  return `<code>${shown.replace(/[^\w ./:=-]/gu, (one) => `&#${one.codePointAt(0) ?? 0};`)}</code>`;
}

/** Lines in a fence that is longer than every run of backticks in them. */
export function fence(lines: readonly string[], info: "diff" | "text"): string {
  const shown = lines.map((line) => clip(line, LINE));
  const longest = Math.max(2, ...shown.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const mark = "`".repeat(longest + 1);
  return `${mark}${info}\n${shown.join("\n")}\n${mark}`;
}

export function diffFence(diff: string): string {
  const lines = linesOf(diff);
  const left = lines.length - DIFF_LINES;
  const rest = left > 0 ? [`… and ${left} more lines`] : [];
  return fence([...lines.slice(0, DIFF_LINES), ...rest], "diff");
}

export function linesOf(text: string): string[] {
  return clean(text).replace(/\n+$/, "").split("\n");
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** At most `limit` characters: small sections stay whole, large ones share what is left; so do `opening` and `ending`. */
export function composed(
  parts: { opening: string; sections: readonly Section[]; ending: string },
  limit: number,
): string {
  const { opening, ending } = parts;
  const sections = parts.sections.filter((section) => section.items.length > 0);
  let room = limit - opening.length - ending.length - GAP.length * (sections.length + 1);
  let waiting = sections.length;
  const shown = new Map<Section, string>();
  for (const section of [...sections].sort((a, b) => sizeOf(a) - sizeOf(b))) {
    const text = fitted(section, room / waiting);
    shown.set(section, text);
    room -= text.length;
    waiting -= 1;
  }
  return [opening, ...sections.map((section) => shown.get(section) ?? ""), ending].join(GAP);
}

const GAP = "\n\n";

/** As many of the items as fit; where not even one does, how many there are. */
function fitted(section: Section, room: number): string {
  const { open, items, between, close = "" } = section;
  let used = open.length + close.length + GAP.length + section.more(items.length).length;
  const shown: string[] = [];
  for (const item of items) {
    used += item.length + between.length;
    if (used > room) break;
    shown.push(item);
  }
  const left = items.length - shown.length;
  const rest = left > 0 ? `${shown.length > 0 ? GAP : ""}${section.more(left)}` : "";
  return `${open}${shown.join(between)}${rest}${close}`;
}

function sizeOf({ items, between }: Section): number {
  return items.reduce((sum, item) => sum + item.length + between.length, 0);
}
