/**
 * Edits JSON as text, so that everything that is not edited stays byte for byte. What is put in can be taken out again
 * without a trace: a value that goes into an empty container of the user stands directly behind its bracket, while
 * containers that are made here begin with white space. By that `takeOut` knows which empty container it has to remove.
 * Of the root's members only `hooks` is looked into; the rest can be large, and is none of our business.
 */
const BRANCH = "hooks";

export interface JsonNode {
  readonly start: number;
  /** Behind the last character. */
  readonly end: number;
  /** Members of an object, items of an array; empty for anything else. */
  readonly children: readonly JsonChild[];
  readonly value: unknown;
}

export interface JsonChild {
  /** undefined in an array. */
  readonly key: string | undefined;
  /** Where the key, or the item, begins. */
  readonly start: number;
  readonly node: JsonNode;
}

export type JsonPath = readonly (string | number)[];

/** undefined when it is not JSON. A byte order mark in front is left alone. */
export function readJson(text: string): JsonNode | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, " "));
    return nodeAt({ text, at: skipSpace(text, 0) }, value);
  } catch {
    return undefined;
  }
}

/** The child with that key (the last one, as JSON.parse reads it) or index. */
export function childOf(node: JsonNode, step: string | number): JsonChild | undefined {
  if (typeof step === "number") return node.children[step];
  return node.children.findLast((child) => child.key === step);
}

/** Adds `value` at the end of the container at `path`; with a `key` into an object. Containers in `value` begin with white space. */
export function putIn(
  text: string,
  path: JsonPath,
  { style, ...addition }: { key?: string; value: unknown; style: JsonStyle },
): string {
  const container = at(text, path);
  const depth = path.length + 1;
  const name = addition.key === undefined ? "" : `${JSON.stringify(addition.key)}:${style.space}`;
  const piece = name + written(addition.value, depth, style);
  const last = container.children.at(-1);
  if (last === undefined) return splice(text, container.start + 1, container.start + 1, piece);
  return splice(text, last.node.end, last.node.end, `,${style.line(depth)}${piece}`);
}

/** Takes the value at `path` out; with it a container that was made here and has nothing else. undefined: nothing is left. */
export function takeOut(text: string, path: JsonPath): string | undefined {
  const root = at(text, []);
  if (path.length === 0) {
    const around = text.slice(0, root.start) + text.slice(root.end);
    return around === "\n" && root.start === 0 ? undefined : around;
  }
  const parents = path.slice(0, -1);
  const container = at(text, parents);
  const step = path.at(-1);
  const child = step === undefined ? undefined : childOf(container, step);
  if (child === undefined) return text;
  const index = container.children.indexOf(child);
  const before = container.children[index - 1];
  const after = container.children[index + 1];
  if (before !== undefined && after === undefined) return splice(text, before.node.end, child.node.end, "");
  if (after !== undefined) return splice(text, child.start, after.start, "");
  if (child.start > container.start + 1) return takeOut(text, parents);
  return splice(text, child.start, child.node.end, "");
}

export interface JsonStyle {
  readonly space: string;
  /** A new line at a depth; one space where the text has no lines. */
  line(depth: number): string;
}

/** Line ends and indentation of a text: of its first indented line. A text of one line with something in it stays one line. */
export function styleOf(text: string): JsonStyle {
  const bare = /^\{\s*\}$/.test(text.trim());
  const end = /\r?\n/.exec(bare ? text : text.trimEnd())?.[0];
  if (end === undefined && !bare) return { space: "", line: () => " " };
  const unit = /\n([ \t]+)["{[]/.exec(text)?.[1] ?? "  ";
  return { space: " ", line: (depth) => (end ?? "\n") + unit.repeat(depth) };
}

/** A whole document around `value`, as a new file has it. */
export function document(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function written(value: unknown, depth: number, style: JsonStyle): string {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => written(item, depth + 1, style));
    return wrapped("[", items, "]", depth, style);
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}:${style.space}${written(item, depth + 1, style)}`,
  );
  return wrapped("{", members, "}", depth, style);
}

function wrapped(open: string, parts: readonly string[], close: string, depth: number, style: JsonStyle): string {
  if (parts.length === 0) return open + close;
  return open + style.line(depth + 1) + parts.join(`,${style.line(depth + 1)}`) + style.line(depth) + close;
}

function at(text: string, path: JsonPath): JsonNode {
  let node = readJson(text);
  for (const step of path) node = node === undefined ? undefined : childOf(node, step)?.node;
  return node ?? { start: 0, end: text.length, children: [], value: undefined };
}

/** Where things stand in a text that JSON.parse took; so only brackets, strings and commas matter. */
function nodeAt(cursor: { text: string; at: number }, value: unknown, depth = 0): JsonNode {
  const { text } = cursor;
  const start = cursor.at;
  const open = text[start];
  if (open !== "{" && open !== "[") {
    cursor.at = valueEnd(text, start);
    return { start, end: cursor.at, children: [], value };
  }
  const children: JsonChild[] = [];
  cursor.at = skipSpace(text, start + 1);
  while (text[cursor.at] !== "}" && text[cursor.at] !== "]") {
    children.push(childAt(cursor, { inObject: open === "{", index: children.length, value, depth }));
    cursor.at = skipSpace(text, cursor.at);
    if (text[cursor.at] === ",") cursor.at = skipSpace(text, cursor.at + 1);
  }
  cursor.at += 1;
  return { start, end: cursor.at, children, value };
}

function childAt(
  cursor: { text: string; at: number },
  parent: { inObject: boolean; index: number; value: unknown; depth: number },
): JsonChild {
  const { text, at: start } = cursor;
  let key: string | undefined;
  if (parent.inObject) {
    cursor.at = stringEnd(text, start);
    key = String(JSON.parse(text.slice(start, cursor.at)));
    cursor.at = skipSpace(text, skipSpace(text, cursor.at) + 1);
  }
  const inner: unknown =
    typeof parent.value === "object" && parent.value !== null
      ? Reflect.get(parent.value, key ?? parent.index)
      : undefined;
  if (parent.depth > 0 || key === BRANCH) return { key, start, node: nodeAt(cursor, inner, parent.depth + 1) };
  const from = cursor.at;
  cursor.at = valueEnd(text, from);
  return { key, start, node: { start: from, end: cursor.at, children: [], value: inner } };
}

/** Behind a value, however deep it is. */
function valueEnd(text: string, from: number): number {
  let at = from;
  let depth = 0;
  do {
    const char = text[at];
    if (char === "{" || char === "[") depth += 1;
    if (char === "}" || char === "]") depth -= 1;
    if (char === '"') at = stringEnd(text, at);
    else at = depth === 0 && char !== "}" && char !== "]" ? scalarEnd(text, at) : at + 1;
  } while (depth > 0);
  return at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (" \t\r\n\uFEFF".includes(text[at] ?? "x")) at += 1;
  return at;
}

function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function scalarEnd(text: string, from: number): number {
  let at = from;
  while (!", \t\r\n]}".includes(text[at] ?? "}")) at += 1;
  return at;
}

function splice(text: string, from: number, to: number, piece: string): string {
  return text.slice(0, from) + piece + text.slice(to);
}
