import { GLOB, UNKNOWN } from "./danger-paths.ts";
import type { Part, Script, Word } from "./danger-words.ts";

/** What expansion needs of the running script: values of variables (undefined: not known) and outputs of inner scripts. */
export interface Values {
  readonly home: string;
  readonly variable: (name: string) => readonly string[] | undefined;
  readonly output: (script: Script) => string | undefined;
}

const SPLIT = "\uE003";
const OPEN = "\uE004";
const COMMA = "\uE005";
const CLOSE = "\uE006";
/** More alternatives or longer values than people write count as unknown. */
const MOST = 64;
const LONGEST = 100_000;
const LONGEST_BRACES = 4096;

/** The fields that a word becomes: unknown text is `UNKNOWN`, globs are `GLOB`; `{a,b}` and loop variables give several. */
export function expand(word: Word, values: Values): string[] {
  let fields = [""];
  for (const [index, part] of word.parts.entries()) {
    const texts = textsOf(part, { values, first: index === 0 });
    if (fields.length * texts.length > MOST) return [UNKNOWN];
    fields = fields.flatMap((field) => texts.map((text) => field + text));
    if ((fields[0]?.length ?? 0) > LONGEST) return [UNKNOWN];
  }
  const quoted = word.parts.some((part) => part.quoted);
  const found = fields.flatMap((field) => (field.includes(SPLIT) ? field.split(SPLIT).filter(Boolean) : [field]));
  const braced = found.flatMap((field) => braces(field, 0));
  const plain = braced.map(unbrace);
  return quoted ? plain : plain.filter((field) => field !== "");
}

/** The text of a word that is not split: the value of an assignment, the body of a here-document. */
export function expandText(word: Word, values: Values): string[] {
  return expand(
    { ...word, parts: word.parts.map((part) => ({ ...part, quoted: part.kind === "text" ? part.quoted : true })) },
    values,
  );
}

function textsOf(part: Part, options: { values: Values; first: boolean }): readonly string[] {
  const { values } = options;
  if (part.kind === "text") return [part.quoted ? part.text : unquoted(part.text, options)];
  const known = part.kind === "script" ? output(values, part.script) : valuesOf(part, values);
  if (!known) return [UNKNOWN];
  return part.quoted ? known : known.map((value) => value.replaceAll(/\s+/g, SPLIT).replaceAll(/[*?]/g, GLOB));
}

function output(values: Values, script: Script): string[] | undefined {
  const text = values.output(script);
  return text === undefined ? undefined : [text.replace(/\n+$/, "")];
}

function valuesOf(part: Part & { kind: "variable" }, values: Values): readonly string[] | undefined {
  const known = part.name === "((" ? ["0"] : values.variable(part.name);
  const first = part.rest[0];
  if (!first) return known;
  visit(part.rest, values);
  if (part.name === "((") return known;
  const operator = first.kind === "text" ? first.text : "";
  // `${X:-y}`, `${X:?}`, `${X:=y}` are X where X is known and not empty.
  if (/^:?[-?=]/.test(operator) && known?.every((value) => value !== "")) return known;
  return undefined;
}

/** The scripts in `${x:-$(…)}` run too. */
function visit(parts: readonly Part[], values: Values): void {
  for (const part of parts) {
    if (part.kind === "script") values.output(part.script);
    if (part.kind === "variable") visit(part.rest, values);
  }
}

function unquoted(text: string, options: { values: Values; first: boolean }): string {
  if (!/[[*?{},~]/.test(text)) return text;
  const marked = text
    .replaceAll(/\[[^\][\s/]{1,64}\]/g, GLOB)
    .replaceAll(/[*?]/g, GLOB)
    .replaceAll("{", OPEN)
    .replaceAll("}", CLOSE)
    .replaceAll(",", COMMA);
  if (!options.first || !marked.startsWith("~")) return marked;
  const user = /^~([^/]*)/.exec(marked)?.[1] ?? "";
  const home = user === "" ? options.values.home : user === "root" ? "/root" : `/home/${user}`;
  return home + marked.slice(user.length + 1);
}

/** `a{b,c}d` as `abd`, `acd`. What has no comma is no brace expansion. */
function braces(field: string, depth: number): string[] {
  const open = field.indexOf(OPEN);
  if (open < 0 || depth > 4) return [field];
  if (field.length > LONGEST_BRACES) return [UNKNOWN];
  const close = closing(field, open);
  if (close < 0) return [field];
  const choices = choicesOf(field.slice(open + 1, close));
  if (choices.length > MOST) return [UNKNOWN];
  const head = field.slice(0, open);
  const tails = braces(field.slice(close + 1), depth + 1);
  if (choices.length < 2) return tails.map((tail) => `${head}{${choices[0] ?? ""}}${tail}`);
  const inner = choices.flatMap((choice) => braces(choice, depth + 1));
  if (inner.length * tails.length > MOST) return [UNKNOWN];
  return inner.flatMap((choice) => tails.map((tail) => head + choice + tail));
}

function closing(field: string, open: number): number {
  let depth = 0;
  for (let index = open; index < field.length; index++) {
    if (field[index] === OPEN) depth++;
    if (field[index] === CLOSE && --depth === 0) return index;
  }
  return -1;
}

function choicesOf(text: string): string[] {
  const choices: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === OPEN) depth++;
    if (text[index] === CLOSE) depth--;
    if (text[index] !== COMMA || depth > 0) continue;
    choices.push(text.slice(start, index));
    start = index + 1;
  }
  return [...choices, text.slice(start)];
}

function unbrace(field: string): string {
  if (!/[\uE004-\uE006]/.test(field)) return field;
  return field.replaceAll(OPEN, "{").replaceAll(CLOSE, "}").replaceAll(COMMA, ",");
}
