import type { ChangedFile, Tampering } from "../sdk/index.ts";
import { isTestFile } from "./tampering-paths.ts";
import { lineAt, readSource, type Source } from "./tampering-text.ts";

/** A changed file that was read once. */
export interface Change {
  readonly file: ChangedFile;
  readonly before?: Source;
  readonly after?: Source;
  /** Whether it belongs to the tests, on either side. */
  readonly test: boolean;
}

/** Diffs are shown to people: as many lines as fit a screen beside other things, the contract of Tampering. */
const MOST_LINES = 20;
const LONGEST_LINE = 300;

export function readChange(file: ChangedFile): Change {
  const { before, after, path } = file;
  const from = file.from ?? path;
  const test = isTestFile(path, after) || isTestFile(from, before);
  return {
    file,
    ...(before === undefined || file.status === "added" ? {} : { before: readSource(from, before) }),
    ...(after === undefined || file.status === "deleted" ? {} : { after: readSource(path, after) }),
    test,
  };
}

/** The lines between two offsets, whole. */
export function linesOf(source: Source, start: number, end: number): string[] {
  const from = source.starts[lineAt(source, start) - 1] ?? 0;
  const to = source.text.indexOf("\n", Math.max(start, end - 1));
  return source.text.slice(from, to < 0 ? undefined : to).split("\n");
}

/** What was and what is as a unified diff without header: equal lines at both ends are left out. */
export function diffOf(before: readonly string[], after: readonly string[]): string {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail))
    tail++;
  const gone = before.slice(head, before.length - tail).map((line) => `-${clip(line)}`);
  const come = after.slice(head, after.length - tail).map((line) => `+${clip(line)}`);
  if (gone.length + come.length <= MOST_LINES) return [...gone, ...come].join("\n");
  const room = Math.max(MOST_LINES / 2, MOST_LINES - come.length);
  const first = gone.slice(0, room);
  return [...first, ...come.slice(0, MOST_LINES - first.length)].join("\n");
}

/** A piece of code in a sentence: one line, at most 80 characters. */
export function quoted(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return `\`${line.length > 80 ? `${line.slice(0, 79)}…` : line}\``;
}

export function byPlace(a: Tampering, b: Tampering): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : (a.line ?? 0) - (b.line ?? 0);
}

function clip(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
