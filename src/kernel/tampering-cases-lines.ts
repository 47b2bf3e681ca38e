import { PLATFORM, type Silence, type TestCaseSource } from "./tampering-shapes.ts";
import { lineAt, type Source } from "./tampering-text.ts";

/** Functions `test_*` and classes of pytest and unittest; a body is what is indented deeper. */
export function pythonCases(source: Source): TestCaseSource[] {
  const found: TestCaseSource[] = [];
  const whole = /^pytestmark[ \t]*=.{0,200}?\bmark\.(skip\w*)/m.exec(source.code);
  const all: Silence | undefined = whole
    ? {
        how: "pytestmark",
        at: whole.index,
        platform: PLATFORM.test(source.text.slice(whole.index, whole.index + 300)) && whole[1] === "skipif",
      }
    : undefined;
  for (const match of source.code.matchAll(/^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)/gm)) {
    const [, indent = "", word, name = ""] = match;
    if (word === "def" ? !name.startsWith("test") : !/^Test|Tests?$|TestCase$|Spec$/.test(name)) continue;
    const start = match.index + indent.length;
    const end = indentEnd(source, match.index, indent.length);
    const marks = marksAbove(source, match.index, indent);
    const skipped = pythonSkip(source, marks) ?? all;
    const focus = /@pytest\.mark\.only\b/.exec(marks.text);
    const head = source.code.slice(start, end);
    const colon = headEnd(source, start, end);
    found.push({
      title: name,
      isGroup: word === "class",
      start: marks.start < start ? marks.start : start,
      end,
      bodyStart: Math.min(start + Math.max(0, colon), start + head.length),
      bodyEnd: end,
      ...(skipped ? { skipped } : {}),
      ...(focus ? { focused: { how: "@pytest.mark.only", at: marks.start + focus.index, platform: false } } : {}),
      pending: false,
    });
  }
  return found;
}

/** Where the colon after the parameters ends, counted from the `def`. */
function headEnd(source: Source, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const close = source.close[at] ?? -1;
    if (close > at) at = close;
    else if (source.code[at] === ":") return at + 1 - start;
  }
  return 0;
}

function pythonSkip(source: Source, marks: { text: string; start: number }): Silence | undefined {
  const mark =
    /@(?:\w+\.)*(?:(skip|skipIf|skipUnless|expectedFailure)\b|mark\.(skip|skipif|xfail)\b)|\bmarks?\s*=\s*pytest\.mark\.(skip|xfail)\b/.exec(
      marks.text,
    );
  if (!mark) return undefined;
  const how = mark[0];
  const line = source.text.slice(marks.start + mark.index, marks.start + mark.index + 200);
  return { how, at: marks.start + mark.index, platform: /skip(?:if|If|Unless)/.test(how) && PLATFORM.test(line) };
}

/** The decorators above a definition. */
function marksAbove(source: Source, at: number, indent: string): { text: string; start: number } {
  const line = lineAt(source, at) - 1;
  let first = line;
  for (let above = line - 1; above >= 0 && line - above < 40; above--) {
    const text = lineText(source, above);
    if (text.trim() === "") break;
    const depth = text.length - text.trimStart().length;
    if (depth < indent.length) break;
    if (depth === indent.length && text.trimStart().startsWith("@")) first = above;
    else if (depth === indent.length && !/^\s*[)\]}]/.test(text)) break;
  }
  const start = (source.starts[first] ?? 0) + indent.length;
  return { text: source.code.slice(start, at), start };
}

/** Groups and cases of RSpec, minitest and ActiveSupport: a block ends where its `end` has the same indentation. */
export function rubyCases(source: Source): TestCaseSource[] {
  const found: TestCaseSource[] = [];
  const pattern =
    /^([ \t]*)(?:RSpec\.)?(x|f)?(it|specify|test|scenario|example|its|should|describe|context|feature|def[ \t]+test\w*)\b([^\n]*)/gm;
  for (const match of source.code.matchAll(pattern)) {
    const [, indent = "", prefix, word = ""] = match;
    const start = match.index + indent.length;
    const lineEnd = match.index + match[0].length;
    const line = source.text.slice(start, lineEnd);
    const title = word.startsWith("def")
      ? word.slice(4).trim()
      : (/["']((?:[^"'\\\n]|\\.)*)["']/.exec(line)?.[1] ?? line.trim().slice(0, 80));
    const block = /\bdo\b|\{/.test(source.code.slice(start, lineEnd)) || word.startsWith("def");
    const code = source.code.slice(start, lineEnd).trimEnd();
    const oneLine = (code.includes("{") && code.endsWith("}")) || /\bend$/.test(code.slice(-4));
    const end = !block || oneLine ? lineEnd : blockEnd(source, match.index, indent.length);
    const opener = source.code.slice(start, lineEnd).search(/\{|\bdo\b/);
    const meta = /,\s*(?::skip\b|skip:\s*(?!false)|:pending\b|pending:\s*(?!false))/.exec(line);
    const focus = prefix === "f" ? prefix + word : /,\s*(?::focus\b|focus:\s*true)/.exec(line)?.[0];
    const skip = prefix === "x" ? `x${word}` : meta?.[0].replace(/^,\s*/, "");
    found.push({
      title,
      isGroup: /^(?:describe|context|feature)$/.test(word),
      start,
      end,
      bodyStart: oneLine && opener >= 0 ? start + opener + 1 : Math.min(lineEnd, end),
      bodyEnd: end,
      ...(skip ? { skipped: { how: skip, at: start, platform: PLATFORM.test(skip) } } : {}),
      ...(focus ? { focused: { how: focus.replace(/^,\s*/, ""), at: start, platform: false } } : {}),
      pending: !block,
    });
  }
  return found;
}

/** `test "…" do` and `describe` of ExUnit, with the tags above. */
export function elixirCases(source: Source): TestCaseSource[] {
  const found: TestCaseSource[] = [];
  const whole = /^[ \t]*@moduletag[ \t]+:?skip/m.exec(source.code);
  for (const match of source.code.matchAll(/^([ \t]*)(test|describe|property)[ \t(]+"[^\n]*/gm)) {
    const [, indent = "", word] = match;
    const start = match.index + indent.length;
    const lineEnd = match.index + match[0].length;
    const title = /"((?:[^"\\\n]|\\.)*)"/.exec(source.text.slice(start, lineEnd))?.[1] ?? "";
    const end = /\bdo\b/.test(source.code.slice(start, lineEnd))
      ? blockEnd(source, match.index, indent.length)
      : lineEnd;
    const marks = marksAbove(source, match.index, indent);
    const mark = /@(?:describe)?tag[ \t]+:?(?:skip|pending)\b/.exec(marks.text);
    const skipped = mark
      ? { how: mark[0], at: marks.start + mark.index, platform: false }
      : whole && { how: whole[0].trim(), at: whole.index, platform: false };
    found.push({
      title,
      isGroup: word === "describe",
      start,
      end,
      bodyStart: Math.min(lineEnd, end),
      bodyEnd: end,
      ...(skipped ? { skipped } : {}),
      pending: end === lineEnd,
    });
  }
  return found;
}

/** The first later line that is indented no deeper. */
function indentEnd(source: Source, at: number, indent: number): number {
  const first = lineAt(source, at);
  let depth = closedHead(source, first - 1);
  for (let line = Math.max(first, depth); line < source.starts.length; line++) {
    const text = lineText(source, line);
    const trimmed = text.trim();
    depth = text.length - text.trimStart().length;
    if (trimmed !== "" && depth <= indent && !/^[)\]}]/.test(trimmed)) return source.starts[line] ?? source.text.length;
  }
  return source.text.length;
}

/** The line on which a definition's brackets close, from 0. */
function closedHead(source: Source, line: number): number {
  const start = source.starts[line] ?? 0;
  const open = source.code.indexOf("(", start);
  const next = source.starts[line + 1] ?? source.text.length;
  const close = open >= 0 && open < next ? (source.close[open] ?? -1) : -1;
  return close < 0 ? line + 1 : lineAt(source, close);
}

/** The end of the `end` that has the indentation of the line at `at`. */
function blockEnd(source: Source, at: number, indent: number): number {
  for (let line = lineAt(source, at); line < source.starts.length; line++) {
    const text = lineText(source, line);
    const trimmed = text.trimStart();
    if (trimmed === "" || text.length - trimmed.length > indent) continue;
    const start = source.starts[line] ?? 0;
    return /^end\b|^\}/.test(trimmed) ? start + text.length : start;
  }
  return source.text.length;
}

/** A line without its comments and strings, from 0. */
function lineText(source: Source, line: number): string {
  const start = source.starts[line] ?? source.text.length;
  const next = source.starts[line + 1];
  return source.code.slice(start, next === undefined ? source.text.length : next - 1);
}
