import { PLATFORM, type Silence, type TestCaseSource } from "./tampering-shapes.ts";
import { STRING, type Source, QUOTE, skipBlank, splitArguments } from "./tampering-text.ts";

const CASE = new Set(["it", "test", "specify", "xit", "xtest", "xspecify", "fit", "ftest", "fspecify", "scenario"]);
const GROUP = new Set(["describe", "xdescribe", "fdescribe", "context", "xcontext", "fcontext", "suite", "xsuite"]);
/** What a test may be called on: `t.test(…)`, `Deno.test(…)`. */
const OWNERS = new Set(["Deno", "QUnit", "t", "tt", "tap", "ctx", "context", "tape", "test"]);
/** `test.beforeEach(…)` and the like are no cases. */
const NO_CASE =
  /^(?:before|after|beforeEach|afterEach|beforeAll|afterAll|extend|use|setTimeout|configure|info|expect|mock|slow|step|on|each$^|run|assert|plan|end|comment|match|teardown|timeout)$/;
const SKIPS = new Set(["skip", "todo", "fixme", "fails", "failing", "ignore"]);
/** Cases and groups of `it`, `test`, `describe` and their kin, in JavaScript, TypeScript, Dart and Pest. */
export function scriptCases(source: Source): TestCaseSource[] {
  const found: TestCaseSource[] = [];
  for (const match of source.code.matchAll(/(?<![\w$.\->:])([A-Za-z_$][\w$]*)((?:\.[A-Za-z_$][\w$]*)*)/g)) {
    const words = [match[1] ?? "", ...(match[2] ?? "").split(".").filter(Boolean)];
    const head = headOf(words);
    if (!head) continue;
    const open = callOpen(source, match.index + match[0].length, words);
    if (open === undefined) continue;
    const one = readCall(source, { start: match.index, open, words, group: head === "group" });
    if (one) found.push(one);
  }
  return found;
}

function headOf(words: readonly string[]): "case" | "group" | undefined {
  const [first = "", second = ""] = words;
  if (words.slice(1).some((word) => NO_CASE.test(word))) return undefined;
  if (GROUP.has(first) || (first === "test" && second === "describe") || (first === "QUnit" && second === "module"))
    return "group";
  if (CASE.has(first)) return "case";
  if (!OWNERS.has(first) || words.length < 2) return undefined;
  if (second === "test" || second === "it") return "case";
  return first === "QUnit" && ["skip", "todo", "only"].includes(second) ? "case" : undefined;
}

/** Where the call's own bracket opens: after the table of `.each` and the condition of `.skipIf`. */
function callOpen(source: Source, at: number, words: readonly string[]): number | undefined {
  let open = skipBlank(source, at);
  if (source.code[open] === "<") {
    const generic = source.code.slice(open, open + 200).search(/>\s*[(`]/);
    if (generic < 0) return undefined;
    open = skipBlank(source, open + generic + 1);
  }
  const last = words.at(-1) ?? "";
  if (/^(?:each|for|skipIf|runIf|sequential_if)$/.test(last)) {
    const end = source.close[open] ?? -1;
    if (end < 0) return undefined;
    open = skipBlank(source, end + 1);
    if (source.code[open] === ".") {
      const more = /^(?:\.\w+)+/.exec(source.code.slice(open, open + 60))?.[0] ?? "";
      open = skipBlank(source, open + more.length);
    }
  }
  return source.code[open] === "(" ? open : undefined;
}

interface Call {
  readonly start: number;
  readonly open: number;
  readonly words: readonly string[];
  readonly group: boolean;
}

function readCall(source: Source, call: Call): TestCaseSource | undefined {
  const { start, open, words, group } = call;
  const close = source.close[open] ?? -1;
  const end = close < 0 ? source.text.length : close;
  // Of a call that never closes only the beginning is read.
  const args = splitArguments(source, open + 1, close < 0 ? Math.min(end, open + 300) : end);
  const title = titleOf(source, args);
  const body = bodyOf(source, args);
  if (title === undefined || (!body && !startsWithQuote(source, args[0]))) return undefined;
  const pending = !body && args.length < 2;
  if (!body && words.includes("skip") && words[0] === "test" && args.length > 1) return undefined;
  const options = args.filter((arg) => source.code[arg[0]] === "{");
  const skipped = skipOf(source, { ...call, options, body });
  const focused = focusOf(source, { ...call, options });
  const at: [number, number] = body ? [body[0], close < 0 ? end : body[1]] : [end, end];
  return {
    title,
    isGroup: group,
    start,
    end: Math.min(end + 1, source.text.length),
    bodyStart: at[0],
    bodyEnd: at[1],
    ...(skipped ? { skipped } : {}),
    ...(focused ? { focused } : {}),
    pending,
  };
}

function startsWithQuote(source: Source, arg: readonly [number, number] | undefined): boolean {
  return arg !== undefined && source.kinds[arg[0]] === QUOTE;
}

function titleOf(source: Source, args: readonly [number, number][]): string | undefined {
  const [first] = args;
  if (!first) return undefined;
  const [start, end] = first;
  if (source.kinds[start] === QUOTE && source.close[start] === end - 1) return source.text.slice(start + 1, end - 1);
  const text = source.text.slice(start, Math.min(end, start + 300));
  if (source.code[start] === "{") return /\bname\s*:\s*["'`]([^"'`\n]*)/.exec(text)?.[1];
  const name = /^(?:async\s+)?function\s*\*?\s*(\w+)/.exec(text)?.[1];
  return name ?? text.replace(/\s+/g, " ").slice(0, 80);
}

/** The body of the last argument that is a function; undefined when there is none. */
function bodyOf(source: Source, args: readonly [number, number][]): [number, number] | undefined {
  for (const [start, end] of args.toReversed()) {
    const method =
      source.code[start] === "{" ? /\bfn\s*(?=[:(])|\basync\s+fn/.exec(source.code.slice(start, end)) : null;
    const body = functionBody(source, method ? start + method.index : start, end, method !== null);
    if (body) return body;
  }
  const last = args.at(-1);
  const named = last && args.length > 1 && /^[\w.$]+(?:\s*\()?/.test(source.code.slice(last[0], last[0] + 80));
  return named && source.code[last[0]] !== "{" && !/^\d/.test(source.code.slice(last[0])) ? last : undefined;
}

function functionBody(source: Source, start: number, end: number, method: boolean): [number, number] | undefined {
  let isFunction = method || /^(?:async\s+)?(?:function|fn)\b/.test(source.code.slice(start, start + 40));
  for (let at = start; at < end; at++) {
    if (source.code.startsWith("=>", at)) {
      const body = skipBlank(source, at + 2);
      const close = source.close[body] ?? -1;
      return source.code[body] === "{" && close > 0 ? [body + 1, Math.min(close, end)] : [body, end];
    }
    const close = source.close[at] ?? -1;
    if (isFunction && source.code[at] === "{") return [at + 1, close < 0 ? end : Math.min(close, end)];
    if (source.code[at] === "(" && close > 0 && source.code[skipBlank(source, close + 1)] === "{" && !isFunction)
      isFunction = source.path.endsWith(".dart");
    if (close > at) at = close;
  }
  return undefined;
}

interface Marked extends Call {
  readonly options: readonly [number, number][];
  readonly body?: [number, number] | undefined;
}

function skipOf(source: Source, call: Marked): Silence | undefined {
  const [first = ""] = call.words;
  const quote = (how: string, at: number, platform = false): Silence => ({ how, at, platform });
  if (/^x(?:it|test|specify|describe|context|suite)$/.test(first)) return quote(first, call.start);
  const mark = call.words.slice(1).find((word) => SKIPS.has(word));
  if (mark) return quote(`${first}.${mark}`, call.start);
  const conditional = call.words.slice(1).find((word) => word === "skipIf" || word === "runIf");
  if (conditional) {
    const condition = source.text.slice(call.start, Math.min(call.open, call.start + 200));
    return quote(`${first}.${conditional}`, call.start, PLATFORM.test(condition));
  }
  for (const [start, end] of call.options) {
    const option = /\b(skip|todo|ignore)\s*:\s*(?!false\b|undefined\b)([^,}\n]{0,120})/.exec(
      maskedDeeper(source, start, end),
    );
    if (!option) continue;
    const value = source.text.slice(start + option.index, start + option.index + option[0].length);
    return quote(`{ ${value.trim()} }`, start + option.index, PLATFORM.test(value));
  }
  const after = /^\s*\)\s*->\s*(skip|todo)\s*\(/.exec(
    source.code.slice(source.close[call.open] ?? call.open).slice(0, 80),
  );
  if (after && source.language === "php") return quote(`->${after[1] ?? "skip"}()`, call.start);
  return undefined;
}

/** The first 400 characters of an options object, without what lies in brackets inside it. */
function maskedDeeper(source: Source, start: number, end: number): string {
  const limit = Math.min(end, start + 400);
  let text = source.code.slice(start, limit);
  for (let at = start + 1; at < limit; at++) {
    const close = source.close[at] ?? -1;
    if (close <= at || source.kinds[at] === QUOTE || source.kinds[at] === STRING) continue;
    const stop = Math.min(close, limit);
    text = text.slice(0, at - start) + " ".repeat(stop - at) + text.slice(stop - start);
    at = stop;
  }
  return text;
}

function focusOf(source: Source, call: Marked): Silence | undefined {
  const [first = ""] = call.words;
  if (/^f(?:it|test|specify|describe|context)$/.test(first)) return { how: first, at: call.start, platform: false };
  if (call.words.slice(1).includes("only")) return { how: call.words.join("."), at: call.start, platform: false };
  for (const [start, end] of call.options)
    if (/\bonly\s*:\s*true/.test(maskedDeeper(source, start, end)))
      return { how: "{ only: true }", at: call.start, platform: false };
  return undefined;
}
