import type { TestCaseSource } from "./tampering-shapes.ts";
import type { Source } from "./tampering-text.ts";

/** `func TestX(t *testing.T)` with its `t.Run` parts. */
export function goCases(source: Source): TestCaseSource[] {
  const found: TestCaseSource[] = [];
  for (const match of source.code.matchAll(
    /^func[ \t]+(?:\([^)\n]{0,100}\)[ \t]*)?((?:Test|Fuzz|Example|Benchmark)\w*)[ \t]*\(/gm,
  )) {
    const one = braced(source, { title: match[1] ?? "", start: match.index, from: match.index + match[0].length - 1 });
    if (one) found.push(one);
  }
  for (const match of source.code.matchAll(/\b\w{1,8}\.Run\(/g)) {
    const open = match.index + match[0].length - 1;
    const close = source.close[open] ?? -1;
    const title = /^\(\s*("[^"\n]*"|`[^`\n]*`|[\w.]+)/.exec(source.text.slice(open, open + 300))?.[1];
    if (close < 0 || !title) continue;
    const brace = source.code.indexOf("{", open);
    const inside = brace > 0 && brace < close;
    found.push({
      title: title.replace(/^["`]|["`]$/g, ""),
      isGroup: false,
      start: match.index,
      end: close + 1,
      bodyStart: inside ? brace + 1 : open + 1,
      bodyEnd: close,
      pending: false,
    });
  }
  return found;
}

/** Functions under `#[test]` and its kin. */
export function rustCases(source: Source): TestCaseSource[] {
  const found: TestCaseSource[] = [];
  for (const match of source.code.matchAll(/\bfn[ \t]+(\w+)/g)) {
    const head = attributesBefore(source, match.index);
    if (!/#\[\s*(?:\w+::)*(?:test|rstest|test_case|quickcheck|wasm_bindgen_test|proptest|googletest)\b/.test(head.text))
      continue;
    const one = braced(source, { title: match[1] ?? "", start: head.start, from: match.index + match[0].length });
    const off =
      /#\[\s*(?:ignore\b|should_panic\b|cfg\(\s*(?:any\(\s*\)|FALSE|false)\s*\)|cfg_attr\([^\n]{0,80}?ignore)/.exec(
        head.text,
      );
    if (!one) continue;
    const platform = off !== null && /cfg_attr\((?!\s*(?:all\(\s*\)|true|test\b))/.test(off[0]);
    found.push(
      off ? { ...one, skipped: { how: `${off[0].replace(/\s+/g, "")}]`, at: head.start + off.index, platform } } : one,
    );
  }
  return found;
}

/** What stands between the end of the thing before and `at`: attributes, annotations and modifiers. */
export function attributesBefore(source: Source, at: number): { text: string; start: number } {
  const from = Math.max(0, at - 400);
  const before = source.code.slice(from, at).replace(/\{[^{}]*\}(?=\s*\))/g, (part) => part.replace(/[^\n]/g, " "));
  const last = Math.max(before.lastIndexOf("}"), before.lastIndexOf(";"), before.lastIndexOf("{"));
  const text = before.slice(last + 1);
  const blank = text.length - text.trimStart().length;
  return { text: text.slice(blank), start: from + last + 1 + blank };
}

/** A case whose body is the first brace after `from`, brackets skipped; undefined for a declaration without a body. */
export function braced(
  source: Source,
  how: { title: string; start: number; from: number },
): TestCaseSource | undefined {
  const limit = Math.min(source.text.length, how.from + 3_000);
  for (let at = how.from; at < limit; at++) {
    const letter = source.code[at];
    if (letter === ";") return undefined;
    const close = source.close[at] ?? -1;
    if (letter === "{") {
      const end = close < 0 ? source.text.length : close;
      return {
        title: how.title,
        isGroup: false,
        start: how.start,
        end: Math.min(end + 1, source.text.length),
        bodyStart: at + 1,
        bodyEnd: end,
        pending: false,
      };
    }
    if (close > at) at = close;
  }
  return undefined;
}
