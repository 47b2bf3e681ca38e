import { attributesBefore, braced } from "./tampering-cases-braces.ts";
import { PLATFORM, type Silence, type TestCaseSource } from "./tampering-shapes.ts";
import type { Source } from "./tampering-text.ts";

const TEST_MARK =
  /@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property|Example)\b|\[\s*(?:\w+\.)*(?:Fact|Theory|Test|TestMethod|TestCase|TestCaseSource|DataTestMethod)\b|#\[\s*(?:\w+\\)*Test\b/;
const SKIP_MARK =
  /@(?:\w+\.)*(?:Disabled\w*|Ignore|Ignored)\b|\[\s*(?:\w+\.)*(?:Ignore|Explicit|Skip)\b|\bSkip\s*=|@(?:Test)\s*\(\s*(?:enabled\s*=\s*false|\.disabled)/;

/** Methods that an annotation, an attribute or their name makes a test: Java, Kotlin, C#, Swift and PHP. */
export function annotatedCases(source: Source): TestCaseSource[] {
  const found: TestCaseSource[] = [];
  for (const match of source.code.matchAll(
    /(?<![\w.@>:$#])(?:(fun|func|function|class|void|struct)\s+)?(\w+|`[^`\n]{1,200}`)\s*\(/g,
  )) {
    const keyword = match[1];
    const name = match[2] ?? "";
    if (
      /^(?:if|for|while|switch|catch|return|new|using|lock|foreach|when|throw|await|synchronized|match|guard)$/.test(
        name,
      )
    )
      continue;
    const head = attributesBefore(source, match.index);
    if (!isTest(source, { head, keyword, name })) continue;
    const one = braced(source, {
      title: name.replaceAll("`", ""),
      start: head.start,
      from: match.index + match[0].length - 1,
    });
    if (one) found.push(withSkip(source, one, head));
  }
  for (const match of source.code.matchAll(/\b(?:class|struct|object)\s+(\w+)/g)) {
    const head = attributesBefore(source, match.index);
    const one = braced(source, { title: match[1] ?? "", start: head.start, from: match.index + match[0].length });
    if (one) found.push({ ...withSkip(source, one, head), isGroup: true });
  }
  return found;
}

interface Head {
  readonly head: { text: string; start: number };
  readonly keyword: string | undefined;
  readonly name: string;
}

function isTest(source: Source, { head, keyword, name }: Head): boolean {
  if (/\b(?:new|return|throw)\s+$|[=.(,]\s*$/.test(head.text)) return false;
  if (TEST_MARK.test(head.text)) return !/[@[#]$/.test(head.text.trimEnd());
  if (source.path.endsWith(".swift")) return keyword === "func" && name.startsWith("test");
  if (source.language !== "php") return false;
  const comment = source.text.slice(Math.max(0, head.start - 400), head.start + head.text.length);
  return keyword === "function" && (name.startsWith("test") || /@test\b[^;{}]*$/.test(comment));
}

function withSkip(source: Source, one: TestCaseSource, head: Head["head"]): TestCaseSource {
  const mark = SKIP_MARK.exec(head.text);
  if (!mark) return one;
  const line = source.text.slice(head.start + mark.index, head.start + mark.index + 120);
  const skipped: Silence = {
    how: mark[0].replace(/\s+/g, ""),
    at: head.start + mark.index,
    platform: /@Disabled(?:On|If)/.test(line) || (/Skip\s*=/.test(mark[0]) && PLATFORM.test(line.split("\n")[0] ?? "")),
  };
  return { ...one, skipped };
}
