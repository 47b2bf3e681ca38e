import { PLATFORM, type Silence, type TestCaseSource } from "./tampering-shapes.ts";
import { lineAt, skipBlank, type Source } from "./tampering-text.ts";

/** A stretch of code whose assertions cannot fail a test. `why` completes "… now stands …". */
export interface Dead {
  readonly start: number;
  readonly end: number;
  readonly why: string;
}

const SKIP_CALLS: Partial<Record<Source["language"], RegExp>> = {
  js: /(?<![\w$.])(?:(?:t|ctx|context|this|test|it|tt|tap)\.(?:skip|todo|fixme)|pending)\s*\(/g,
  py: /(?<![\w.])(?:pytest\.(?:skip|xfail)|self\.skipTest)\s*\(|\braise\s+(?:unittest\.)?SkipTest\b/g,
  go: /\b(?:t|b|tb|c|s)\.(?:Skip|Skipf|SkipNow)\(/g,
  rb: /^[ \t]*(?:skip|pending)(?=[ \t]*$|[ \t(]+["':(]|[ \t]+(?:if|unless)\b)/gm,
  c: /\b(?:Assert\.(?:Ignore|Inconclusive|Skip)|XCTSkip(?:If|Unless)?|assume(?:True|False)|Skip\.If|Assume\.\w+)\s*\(/g,
  php: /(?:->|::)(?:markTestSkipped|markTestIncomplete)\s*\(/g,
};

/** Calls in a test's body that end it as skipped, by place. */
export function skipCalls(source: Source): Silence[] {
  const pattern = SKIP_CALLS[source.language];
  if (!pattern) return [];
  const found: Silence[] = [];
  for (const match of source.code.matchAll(pattern)) {
    const how = match[0].trim().replace(/\s*\($/, "()");
    if (isCase(source, match.index + match[0].length)) continue;
    const line = lineAt(source, match.index);
    const from = source.starts[Math.max(0, line - 2)] ?? 0;
    const to = source.starts[line] ?? source.text.length;
    found.push({ how, at: match.index, platform: PLATFORM.test(source.text.slice(from, to)) });
  }
  return found;
}

/** `test.skip("title", () => …)` is a case of its own, not the end of one. */
function isCase(source: Source, at: number): boolean {
  const close = source.close[at - 1] ?? -1;
  return close > 0 && /=>|\bfunction\b/.test(source.code.slice(at, Math.min(close, at + 400)));
}

/** No test is longer; a hostile one is not looked into. */
const LONGEST_BODY = 100_000;

/** Where assertions of a test can no longer fail it. */
export function deadParts(source: Source, one: TestCaseSource): Dead[] {
  const found: Dead[] = [];
  if (one.bodyEnd - one.bodyStart > LONGEST_BODY) return found;
  const code = source.code.slice(one.bodyStart, one.bodyEnd);
  const early =
    source.language === "py" || source.language === "rb" ? earlyByIndent(source, one, code) : earlyByBrace(source, one);
  if (early) found.push(early);
  const never =
    /\bif[ \t]*\(?[ \t]*(?:false|False|0|null|None|nil|!true|not True|!1)\b[ \t]*\)?[ \t]*(?:&&[^{:\n]*)?[{:\n]|\bwhile[ \t]*\(?[ \t]*(?:false|False)\b[ \t]*\)?[ \t]*[{:]|\b(?:false|0)[ \t]*&&/g;
  for (const match of code.matchAll(never)) {
    const at = one.bodyStart + match.index;
    found.push({ start: at, end: blockEnd(source, at, one.bodyEnd), why: "under a condition that never holds" });
  }
  if (/\b(?:try|begin|suppress)\b/.test(code)) found.push(...swallowed(source, one, code));
  const quiet =
    /\.catch\(\s*(?:async\s*)?(?:\(\s*\w*\s*\)|\w+)\s*=>\s*(?:\{\s*\}|undefined|null|void 0)\s*\)|\.catch\(\s*function\s*\(\s*\w*\s*\)\s*\{\s*\}\s*\)/g;
  for (const match of code.matchAll(quiet)) {
    const at = one.bodyStart + match.index;
    found.push({ start: chainStart(source, one, at), end: at, why: "before a `.catch` that swallows its failure" });
  }
  return found;
}

const BARE_RETURN = /^return\b[ \t]*(?:;|\n|\r|$|undefined\b|null\b|None\b|nil\b|true\b|void 0)/;
const CI = /process\.env|\bCI\b|os\.environ|os\.Getenv|getenv|ENV\[|env::var|import\.meta\.env|Deno\.env|true\b|True\b/;

function earlyByBrace(source: Source, one: TestCaseSource): Dead | undefined {
  for (let at = one.bodyStart; at < one.bodyEnd; at++) {
    const close = source.close[at] ?? -1;
    if (close > at) {
      at = close;
      continue;
    }
    const letter = source.code[at];
    if (letter !== "r" && letter !== "i") continue;
    if (/[\w$.]/.test(source.code[at - 1] ?? "")) continue;
    const text = source.code.slice(at, Math.min(one.bodyEnd, at + 300));
    if (BARE_RETURN.test(text)) return { start: at, end: one.bodyEnd, why: "after a `return`" };
    const branch = /^if\b/.test(text) ? branchReturn(source, at, one.bodyEnd) : undefined;
    if (branch) return { start: at, end: one.bodyEnd, why: `after \`${branch}\`` };
  }
  return undefined;
}

/** `if (process.env.CI) return`: the text of it, when its condition is of the environment and the branch only returns. */
function branchReturn(source: Source, at: number, end: number): string | undefined {
  let open = skipBlank(source, at + 2);
  let close =
    source.code[open] === "("
      ? (source.close[open] ?? -1)
      : open + source.code.slice(open, open + 300).indexOf("{") - 1;
  if (close < open || close > end) return undefined;
  const condition = source.plain.slice(open, close + 1);
  if (!CI.test(condition) || PLATFORM.test(condition)) return undefined;
  open = skipBlank(source, close + 1);
  if (source.code[open] === "{") open = skipBlank(source, open + 1);
  close = source.code.indexOf("\n", open);
  if (!BARE_RETURN.test(source.code.slice(open, open + 60).replace(/^return\s*\}/, "return;"))) return undefined;
  return source.text.slice(at, open + 6).replace(/\s+/g, " ");
}

function earlyByIndent(source: Source, one: TestCaseSource, code: string): Dead | undefined {
  const first = /^([ \t]*)\S/m.exec(code.slice(code.indexOf("\n") + 1))?.[1] ?? "";
  for (const match of code.matchAll(/^([ \t]+)(return|next)\b[ \t]*(?:None|nil|True|true)?[ \t]*$/gm)) {
    const at = one.bodyStart + match.index;
    if (match[1] === first) return { start: at, end: one.bodyEnd, why: "after a `return`" };
    const line = source.starts[lineAt(source, at) - 2] ?? 0;
    const above = source.plain.slice(line, at);
    const guarded = /^[ \t]*if\b/.test(above) && CI.test(above) && !PLATFORM.test(above);
    if (guarded) return { start: at, end: one.bodyEnd, why: `after \`${above.trim()}\`` };
  }
  return undefined;
}

/** Blocks whose failures a handler takes without a word. */
function swallowed(source: Source, one: TestCaseSource, code: string): Dead[] {
  const found: Dead[] = [];
  const why = "where its failure is swallowed";
  if (source.language === "py") {
    for (const match of code.matchAll(
      /^[ \t]*with[ \t]+(?:contextlib\.)?suppress\([^)\n]{0,80}(?:Exception|AssertionError)\b[^\n]*/gm,
    ))
      found.push({
        start: one.bodyStart + match.index,
        end: indented(source, one.bodyStart + match.index, one.bodyEnd),
        why,
      });
    for (const match of code.matchAll(/^([ \t]*)try[ \t]*:/gm)) {
      const start = one.bodyStart + match.index;
      const end = indented(source, start, one.bodyEnd);
      const handler = /^[ \t]*except[ \t]*(?:\(?[^:\n]{0,80}(?:Exception|AssertionError)\b[^:\n]{0,80})?:/.exec(
        source.code.slice(end, one.bodyEnd),
      );
      const body = handler ? source.code.slice(end + handler[0].length, indented(source, end, one.bodyEnd)) : "raise";
      if (!LOUD.test(body)) found.push({ start, end, why });
    }
    return found;
  }
  for (const match of code.matchAll(/\btry[ \t\n]*\{/g)) {
    const open = one.bodyStart + match.index + match[0].length - 1;
    const close = source.close[open] ?? -1;
    if (close < 0) continue;
    const handler = /^\s*catch\s*(?:\(([^)\n]{0,120})\)\s*)?\{/.exec(source.code.slice(close + 1, close + 200));
    if (!handler || !takesAssertions(source, handler[1] ?? "")) continue;
    const body = close + handler[0].length;
    const end = source.close[body] ?? -1;
    if (end > 0 && !LOUD.test(source.code.slice(body, end))) found.push({ start: open, end: close, why });
  }
  return found;
}

const LOUD =
  /\b(?:throw|raise|fail\w*|assert\w*|Assert\w*|expect\w*|reject|done|should|XCTFail|unreachable)\b|\bt\.\w|\bnext\(/;

/** In Java and Kotlin a failed assertion is an Error, which `catch (Exception e)` lets through. */
function takesAssertions(source: Source, caught: string): boolean {
  if (source.language !== "c" || source.path.endsWith(".cs")) return true;
  return /Throwable|Error\b/.test(caught);
}

/** The end of what a branch at `at` governs. */
function blockEnd(source: Source, at: number, limit: number): number {
  if (source.language === "py" || source.language === "rb") return indented(source, at, limit);
  const found = source.code.slice(at, at + 400).indexOf("{");
  let open = found < 0 ? -1 : at + found;
  const line = source.code.indexOf("\n", at);
  if (line >= 0 && (open < 0 || open > line) && source.code.slice(line, open < 0 ? line : open).trim() !== "")
    open = -1;
  const close = open < 0 ? -1 : (source.close[open] ?? -1);
  return Math.min(limit, close > 0 ? close : line < 0 ? limit : line);
}

/** The end of the lines after `at`'s own that are indented deeper. */
function indented(source: Source, at: number, limit: number): number {
  const first = lineAt(source, skipBlank(source, at)) - 1;
  const depth = indentOf(source, first);
  for (let line = first + 1; line < source.starts.length; line++) {
    const start = source.starts[line] ?? limit;
    if (start >= limit) return limit;
    const own = indentOf(source, line);
    if (own >= 0 && own <= depth) return start;
  }
  return limit;
}

/** How deep a line is indented; -1 for a blank one. */
function indentOf(source: Source, line: number): number {
  const start = source.starts[line] ?? 0;
  const text = source.code.slice(start, source.starts[line + 1] ?? source.text.length);
  return text.trim() === "" ? -1 : text.length - text.trimStart().length;
}

/** Where the expression begins that a `.catch` at `at` belongs to: after the last `;` or line that no bracket encloses. */
function chainStart(source: Source, one: TestCaseSource, at: number): number {
  let start = Math.max(one.bodyStart, at - 2_000);
  for (let next = start; next < at; next++) {
    const close = source.close[next] ?? -1;
    if (close > next && close < at) next = close;
    else if (source.code[next] === ";" || source.code[next] === "{") start = next + 1;
    else if (source.code[next] === "\n" && source.code[skipBlank(source, next)] !== ".") start = next + 1;
  }
  return start;
}
