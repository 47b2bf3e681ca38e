import type { TestCase } from "../../sdk/index.ts";

/** What a failing test said, and where: `file` without `file://` and without the root of a room. */
export type Evidence = Pick<TestCase, "file" | "line" | "message">;

export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Characters of a message that are kept: an assertion with a diff of a few lines. */
const MESSAGE = 1_500;
/** Where code lies that is not the repo's own: dependencies, runtimes and their standard libraries. */
const FOREIGN =
  /(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|gems)\/|\/lib\/(?:python|ruby)[\d./]|^node:|^internal\/|^\/rustc\/|\/\.cargo\/|^\/usr\/(?:lib|local|share)\/|\/go\/src\/|[<>]/;
/** One line of a JavaScript stack: `at name (file:1:2)` or `at file:1:2`. */
const FRAME = /^\s*at (?:.*\()?(?<file>[^()]*?):(?<line>\d+):\d+\)?,?(?: \{)?$/;

/** Leaves out what is not known. */
export function evidence(message: string | undefined, place: Place | undefined): Evidence {
  return { ...place, ...(message === undefined || message === "" ? {} : { message }) };
}

/** Lines as a message: without the indentation that all share, outer and doubled blank lines, and what is too long. */
export function toMessage(lines: readonly string[]): string {
  const written = lines.filter((line) => line.trim() !== "");
  const shared = Math.min(...written.map((line) => line.length - line.trimStart().length));
  const text = lines
    .map((line) => line.slice(Number.isFinite(shared) ? shared : 0).trimEnd())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/^\n+/, "")
    .trimEnd();
  return text.length > MESSAGE ? `${text.slice(0, MESSAGE - 1)}…` : text;
}

/** The lines of `text` up to the first that matches `end`. */
export function linesUntil(text: string, end: RegExp): string[] {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => end.test(line));
  return at < 0 ? lines : lines.slice(0, at);
}

/** A path as a reader of the repo knows it. */
export function toFile(path: string): string {
  return path
    .trim()
    .replace(/^async /, "")
    .replace(/^file:\/\//, "")
    .replace(/^\/repo\//, "");
}

/** A place in the repo's own code; undefined in anybody else's. */
export function ownPlace(file: string | undefined, line: string | undefined): Place | undefined {
  if (file === undefined || line === undefined) return undefined;
  const own = toFile(file);
  return own === "" || FOREIGN.test(own) ? undefined : { file: own, line: Number(line) };
}

/** The innermost frame of a JavaScript stack that lies in the repo's own code. */
export function framePlace(text: string): Place | undefined {
  for (const line of text.split("\n")) {
    const groups = FRAME.exec(line)?.groups;
    const place = ownPlace(groups?.file, groups?.line);
    if (place) return place;
  }
  return undefined;
}

/**
 * The value of a key in the YAML below a TAP point, the outermost of that name: a scalar without its quotes, also over
 * several lines, or a block without its indentation.
 */
export function yamlValue(block: string, key: string): string | undefined {
  const lines = block.split("\n");
  let at = -1;
  let indent = Number.POSITIVE_INFINITY;
  lines.forEach((line, index) => {
    const text = line.trimStart();
    if (!text.startsWith(`${key}:`) || line.length - text.length >= indent) return;
    at = index;
    indent = line.length - text.length;
  });
  const value = lines[at]
    ?.trimStart()
    .slice(key.length + 1)
    .trim();
  if (value === undefined) return undefined;
  const after = lines.slice(at + 1);
  if (/^"(?:[^"\\]|\\.)*$/.test(value)) {
    const last = after.findIndex((line) => line.endsWith('"'));
    return toMessage(unquote([value, ...after.slice(0, last + 1)].join("\n")).split("\n"));
  }
  if (!/^(?:[|>]\S*)?$/.test(value)) return unquote(value);
  const end = after.findIndex((one) => one.trim() !== "" && one.length - one.trimStart().length <= indent);
  return toMessage(end < 0 ? after : after.slice(0, end));
}

/** Without the quotes around all of it. */
export function unquote(text: string): string {
  const quoted = /^(['"`])([\s\S]*)\1$/.exec(text);
  const [, quote, own] = quoted ?? [];
  if (own === undefined) return text;
  return quote === '"' ? own.replaceAll('\\"', '"') : own.replaceAll("\\'", "'").replaceAll("''", "'");
}
