import type { Assertion } from "./tampering-shapes.ts";
import { isLiteral, matcherLevel, subjectLevel } from "./tampering-strength.ts";
import { CODE, lineAt, normal, skipBlank, type Source, splitArguments } from "./tampering-text.ts";

interface Link {
  readonly name: string;
  readonly args?: [number, number];
}

const PLAIN =
  /^(?:equal|equals|strictEqual|deepEqual|deepStrictEqual|notEqual|notStrictEqual|notDeepEqual|throws|rejects|doesNotThrow|doesNotReject|ok|notOk|same|notSame|is|not|like|truthy|falsy|true|false|null|undefined|match|doesNotMatch|snapshot|throwsAsync|notThrows|regex|notRegex|strictSame|hasStrict|has|type|error|fail|deepLooseEqual|resolves|resolveMatch|matchSnapshot|include|partialDeepStrictEqual|isDeeply|ifError|emits)$/;
const OWNER = /^(?:t|tt|tap|ctx|qunit|assert|test|should|chai|sinon|st|child|power)$/i;
const BARE =
  /^(?:equal|strictEqual|deepEqual|deepStrictEqual|notEqual|notStrictEqual|throws|rejects|ok|match|doesNotThrow)$/;
const GO_FAIL = /^(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)$/;

/** Every assertion of a file, by place. */
export function assertionsOf(source: Source): Assertion[] {
  const found = [...calls(source), ...statements(source), ...should(source)].toSorted(
    (a, b) => a.start - b.start || b.end - a.end,
  );
  const outer: Assertion[] = [];
  let end = -1;
  for (const one of found) {
    if (one.start < end) continue;
    outer.push(one);
    // An assertion that takes a function with others inside it (`expect(() => …)`) speaks for them; a helper does not.
    end = one.end - one.start < 600 || one.level !== undefined ? one.end : end;
  }
  return outer;
}

function calls(source: Source): Assertion[] {
  const found: Assertion[] = [];
  const pattern = /(?<![\w$.>:@])\$?([A-Za-z_][\w$]*)((?:(?:\?\.|\.|->|::)[A-Za-z_$][\w$]*)*)(!?)/g;
  for (const match of source.code.matchAll(pattern)) {
    const words = [match[1] ?? "", ...(match[2] ?? "").split(/\?\.|\.|->|::/).filter(Boolean)];
    const kind = kindOf(source, words);
    if (!kind) continue;
    const after = match.index + match[0].length;
    const open = skipBlank(source, source.code[after] === "<" ? afterGeneric(source, after) : after);
    if (source.code[open] !== "(" && !(match[3] && source.code[open] === "[")) continue;
    if (
      /\b(?:def|func|fun|fn|function|class|void)\s+$/.test(
        source.code.slice(Math.max(0, match.index - 12), match.index),
      )
    )
      continue;
    const close = source.close[open] ?? -1;
    if (close < 0) continue;
    const links: Link[] = [{ name: words.at(-1) ?? "", args: [open + 1, close] }];
    const end = follow(source, close + 1, links);
    if (source.language === "js" && source.code[skipBlank(source, end)] === "{" && kind === "helper") continue;
    found.push(toAssertion(source, { start: match.index, end, links, kind, words }));
  }
  return found.filter((one) => one.matcher !== "");
}

type Kind = "fluent" | "call" | "helper" | "goFail";

function kindOf(source: Source, words: readonly string[]): Kind | undefined {
  const last = words.at(-1) ?? "";
  const [first = ""] = words;
  if (source.language === "py" || source.language === "rb" || source.language === "ex") {
    if (source.language !== "py" && words.length === 1) return undefined;
    if (/^(?:assert|refute)[A-Z_]/.test(last) || /^fail$/.test(last)) return "call";
    if (last === "raises" || last === "warns") return "call";
    return /^_?(?:expect|verify|check)_\w+$/.test(last) && source.language === "py" ? "helper" : undefined;
  }
  if (first === "expect" && words.length > 1 && !/^(?:soft|poll|element)$/.test(last)) return undefined;
  if (first === "expect" || /^(?:assertThat|expectTypeOf|expectThat|assertWithMessage)$/.test(last)) return "fluent";
  if (source.language === "go") {
    if (words.length === 2 && GO_FAIL.test(last) && /^(?:t|tb|b|c|s)$/.test(first)) return "goFail";
    return /^(?:assert|require|is|qt|td|check)$/.test(first) && words.length === 2 ? "call" : undefined;
  }
  if (
    /^(?:assert|Assert|Assertions|XCTAssert)$/.test(first) ||
    /^(?:assert|XCTAssert|refute|debug_assert|prop_assert)(?:$|[A-Z_])/.test(last)
  )
    return "call";
  if (first === "Assert" || /^(?:self|static|this)$/.test(first) ? /^assert|^expect[A-Z]|^fail$/.test(last) : false)
    return "call";
  if (words.length > 1 && OWNER.test(first) && PLAIN.test(last)) return "call";
  if (words.length === 1 && source.language === "js" && BARE.test(first)) return "call";
  if (words.length > 1 && /^sinon$/.test(first) && words[1] === "assert") return "call";
  return /^_?(?:expect|assert|verify|check|should|ensure)[A-Z_]\w*$/.test(last) && words.length <= 2
    ? "helper"
    : undefined;
}

function afterGeneric(source: Source, at: number): number {
  const end = source.code.slice(at, at + 200).search(/>\s*\(/);
  return end < 0 ? at : at + end + 1;
}

/** Follows `.name`, `.name(…)` and `->name(…)` from `at`; returns where the chain ends. */
function follow(source: Source, at: number, links: Link[]): number {
  let end = at;
  for (;;) {
    const dot = skipBlank(source, end);
    const step = /^(?:\?\.|\.|->)\s*([A-Za-z_$][\w$]*)/.exec(source.code.slice(dot, dot + 120));
    if (!step) return end;
    const after = dot + step[0].length;
    const open = skipBlank(source, source.code[after] === "<" ? afterGeneric(source, after) : after);
    const close = source.code[open] === "(" ? (source.close[open] ?? -1) : -1;
    links.push(close > 0 ? { name: step[1] ?? "", args: [open + 1, close] } : { name: step[1] ?? "" });
    end = close > 0 ? close + 1 : after;
  }
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly links: readonly Link[];
  readonly kind: Kind;
  readonly words: readonly string[];
}

function toAssertion(source: Source, found: Found): Assertion {
  const { start, end, links, kind, words } = found;
  if (kind === "goFail") return goFail(source, found);
  const [head, ...rest] = links;
  const args = head?.args ? splitArguments(source, ...head.args).map((arg) => normal(source, ...arg)) : [];
  const key = normal(source, start, end);
  const adrift =
    rest.some((link) => link.name === "resolves" || link.name === "rejects") &&
    !/(?:await|return|=>|[(,[])\s*$/.test(source.code.slice(Math.max(0, start - 20), start));
  const base = { start, end, key, adrift };
  if (kind === "helper") {
    const helper = words.at(-1) ?? "";
    return {
      ...base,
      actual: args[0] ?? "",
      matcher: helper,
      negated: false,
      expected: args.slice(1),
      level: undefined,
      helper,
    };
  }
  if (kind === "call") {
    const name = words.at(-1) ?? "";
    const [actual, expected] = actualAndExpected(args);
    return graded({ ...base, actual, matcher: name, negated: false, expected });
  }
  const swallowed = rest.findIndex((link) => link.name === "catch");
  const chain = swallowed < 0 ? rest : [];
  const negated = chain.some((link) => /^(?:not|never)$/.test(link.name));
  const matcher =
    chain.findLast((link) => link.args) ??
    chain.findLast((link) => !/^(?:not|resolves|rejects|to|be|have|and|is|been|a|an|deep)$/.test(link.name));
  const expected = matcher?.args ? splitArguments(source, ...matcher.args).map((arg) => normal(source, ...arg)) : [];
  return graded({ ...base, actual: args[0] ?? "", matcher: matcher?.name ?? "(none)", negated, expected });
}

/** `if got != want { t.Errorf(…) }`: what is asserted is the condition. */
function goFail(source: Source, { start, end }: Found): Assertion {
  const from = Math.max(0, start - 400);
  const before = source.code.slice(from, start);
  const open = Math.max(before.lastIndexOf("if "), before.lastIndexOf("if("));
  const brace = before.indexOf("{", Math.max(0, open));
  const condition =
    open >= 0 && brace > open && !before.slice(brace).includes("}")
      ? normal(source, from + open + 2, from + brace)
      : "";
  const [left = "", right] = condition.slice(condition.lastIndexOf(";") + 1).split("!=");
  const level =
    condition === "false" ? 0 : right === undefined || right === "nil" ? 2 : left.trim() === right.trim() ? 0 : 3;
  const key = condition === "" ? normal(source, start, end) : `if ${condition}`;
  return {
    start,
    end,
    key,
    actual: left,
    matcher: condition === "" ? "fail" : "if",
    negated: false,
    expected: right ? [right] : [],
    level,
    adrift: false,
  };
}

/** Which of two arguments is looked at: the one that is no literal, else the first. */
function actualAndExpected(args: readonly string[]): [string, string[]] {
  const [first = "", second, ...rest] = args;
  if (second === undefined) return [first, []];
  return isLiteral(first) && !isLiteral(second) ? [second, [first, ...rest]] : [first, [second, ...rest]];
}

function graded(one: Omit<Assertion, "level">): Assertion {
  return { ...one, level: matcherLevel(one) };
}

/** `assert x == 3` in Python and Elixir, `expect(x).to eq(3)` and `assert_equal 3, x` in Ruby, `x shouldBe 3` in Kotlin. */
function statements(source: Source): Assertion[] {
  const pattern = STATEMENT[source.language];
  if (!pattern) return [];
  const found: Assertion[] = [];
  for (const match of source.code.matchAll(pattern)) {
    const start = match.index + (match[1] ?? "").length;
    const end = statementEnd(source, start);
    found.push(source.language === "rb" ? rubyAssertion(source, start, end) : plainAssert(source, start, end));
  }
  return found;
}

const STATEMENT: Partial<Record<Source["language"], RegExp>> = {
  py: /^([ \t]*)assert\b/gm,
  ex: /^([ \t]*)(?:assert|refute)(?:_\w+)?\b/gm,
  rb: /^([ \t]*|[^\n]{0,120}?(?:\{|\bdo)[ \t]+)(?:expect\b|is_expected\b|(?:assert|refute)(?:_\w+|\b)|(?=\S[^\n]{0,200}?\.(?:should|should_not|must_\w+|wont_\w+)\b))/gm,
};

function statementEnd(source: Source, start: number): number {
  let at = start;
  for (; at < source.text.length && source.code[at] !== "\n"; at++) {
    const close = source.close[at] ?? -1;
    if (close > at) at = close;
    else if (source.kinds[at] === CODE && source.code[at] === "}") break;
  }
  return Math.min(at, source.text.length);
}

function plainAssert(source: Source, start: number, end: number): Assertion {
  const word = /^\w+/.exec(source.code.slice(start, start + 40))?.[0] ?? "assert";
  const [first] = splitArguments(source, start + word.length, end);
  const expression = first ? normal(source, ...first) : "";
  const about = subjectLevel(expression);
  const negated = word.startsWith("refute");
  const level = negated && about.level === 3 ? 1 : about.level;
  return {
    start,
    end,
    key: `${word} ${expression}`,
    actual: about.actual,
    matcher: about.operator || word,
    negated,
    expected: about.expected,
    level,
    adrift: false,
  };
}

function rubyAssertion(source: Source, start: number, end: number): Assertion {
  const key = normal(source, start, end);
  const spec = /^(.*?)\.(to|not_to|to_not|should|should_not|must|wont)(?:_|\s|\()(?:be_a |be )?(\w+[?!]?)(.*)$/.exec(
    key,
  );
  const base = { start, end, key, adrift: false };
  if (spec) {
    const negated = /not|wont/.test(spec[2] ?? "");
    return graded({
      ...base,
      actual: spec[1] ?? "",
      matcher: spec[3] ?? "",
      negated,
      expected: spec[4] ? [spec[4].replace(/^\s*\(?|\)?\s*$/g, "")] : [],
    });
  }
  const word = /^\w+/.exec(key)?.[0] ?? "assert";
  const at = start + word.length;
  const open = source.code[at] === "(" ? (source.close[at] ?? -1) : -1;
  const parts = open > 0 ? splitArguments(source, at + 1, open) : splitArguments(source, at, end);
  const [actual, expected] = actualAndExpected(parts.map((part) => normal(source, ...part)));
  return graded({ ...base, actual, matcher: word, negated: word.startsWith("refute"), expected });
}

/** `x.should.equal(3)`, `cy.get(…).should("be.visible")`, `x.Should().Be(3)`, `x shouldBe 3`. */
function should(source: Source): Assertion[] {
  if (source.language !== "js" && source.language !== "c") return [];
  const found: Assertion[] = [];
  for (const match of source.code.matchAll(
    /\.(?:should|Should)\b|[ \t](?:should(?:Be|NotBe|Throw|Contain|Have)\w*)[ \t]/g,
  )) {
    const from = source.starts[lineAt(source, match.index) - 1] ?? 0;
    const start = skipBlank(source, from);
    const links: Link[] = [];
    const infix = !match[0].startsWith(".");
    const end = infix ? statementEnd(source, match.index + match[0].length) : follow(source, match.index, links);
    const last = links.findLast((link) => link.args);
    const args = infix
      ? [normal(source, match.index + match[0].length, end)]
      : last?.args
        ? splitArguments(source, ...last.args).map((arg) => normal(source, ...arg))
        : [];
    const matcher = infix ? match[0].trim() : (links.at(-1)?.name ?? "should");
    found.push(
      graded({
        start: Math.min(start, match.index),
        end,
        key: normal(source, start, end),
        actual: normal(source, start, match.index),
        matcher,
        negated: links.some((link) => /^not/i.test(link.name)),
        expected: args,
        adrift: false,
      }),
    );
  }
  return found;
}
