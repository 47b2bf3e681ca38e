import type { Tampering } from "../sdk/index.ts";
import { type Change, diffOf, linesOf, quoted } from "./tampering-change.ts";
import type { Assertion } from "./tampering-shapes.ts";
import type { Case } from "./tampering-suite.ts";
import { COMMENT, lineAt, type Source } from "./tampering-text.ts";
import { weaker } from "./tampering-weaker.ts";

/** No test has more assertions that changed; those of a hostile one are not all compared with each other. */
const MOST_COMPARED = 400;

interface Pair {
  readonly change: Change;
  readonly was: Case;
  readonly is: Case;
  readonly renamed: boolean;
}

/**
 * What a case that still exists asserts less. `lost` counts how many of each assertion the whole change has lost: what is
 * reported is taken from it, so that one that moved to another test is none.
 */
export function compareCase(pair: Pair, lost: Map<string, number>): Tampering[] {
  const { was, is } = pair;
  const old = live(was);
  const now = live(is);
  const found: Tampering[] = [];
  const [left, fresh] = withoutEqual(old, now);
  if (left.length === 0) {
    const emptied = was.assertions.length === 0 && bodyIsEmpty(is) && !bodyIsEmpty(was);
    if (emptied) found.push(wholeBody(pair, `the body of the test "${is.one.title}" was emptied`));
    if (!emptied && (fresh.length > 0 || pair.renamed)) found.push(changed(pair));
    return found;
  }
  const [deadBefore, deadNow] = [deadKeys(was), deadKeys(is)];
  const buried = left.filter((one) => deadNow.has(one.key) && !deadBefore.has(one.key));
  if (buried.length > 0) found.push(buriedAssertions(pair, buried));
  const hidden = new Set(buried);
  const rest = left.filter((one) => !hidden.has(one)).slice(0, MOST_COMPARED);
  const trusted = fresh.filter(({ helper }) => helper === undefined || helperAsserts(pair, helper));
  const partners = pairUp(rest, trusted.slice(0, MOST_COMPARED));
  const vanished = commonBody(pair, rest, partners);
  if (vanished) return [...found, vanished];
  for (const one of rest) {
    const partner = partners.get(one);
    if (partner?.key !== one.key && (lost.get(one.key) ?? 0) <= 0) continue;
    if (partner) {
      const verdict = weaker(one, partner);
      if (verdict) found.push(weakened(pair, { one, partner, ...verdict }));
    } else if (!foundElsewhere(one, { lost, fresh, pair })) found.push(removed(pair, one));
  }
  if (found.length === 0) found.push(changed(pair));
  return found;
}

/** Assertions that can fail the test. One that says nothing counts only where it stands for something. */
function live(own: Case): Assertion[] {
  return own.assertions.filter((one) => !own.dead.some((part) => one.start >= part.start && one.start < part.end));
}

function deadKeys(own: Case): Set<string> {
  const dead = own.assertions.filter((one) => own.dead.some((part) => one.start >= part.start && one.start < part.end));
  return new Set(dead.map((one) => one.key));
}

function withoutEqual(old: readonly Assertion[], now: readonly Assertion[]): [Assertion[], Assertion[]] {
  const adriftNow = new Set(now.filter(({ adrift }) => adrift).map(({ key }) => key));
  const counts = new Map<string, number>();
  for (const { key } of now) counts.set(key, (counts.get(key) ?? 0) + 1);
  const left = old.filter(({ key, adrift }) => {
    const count = counts.get(key) ?? 0;
    if (count === 0 || (!adrift && adriftNow.has(key))) return true;
    counts.set(key, count - 1);
    return false;
  });
  const rest = new Map<string, number>();
  for (const { key } of old) rest.set(key, (rest.get(key) ?? 0) + 1);
  const fresh = now.filter(({ key, adrift }) => {
    const count = rest.get(key) ?? 0;
    if (count === 0 || adrift) return true;
    rest.set(key, count - 1);
    return false;
  });
  // One that says nothing is no loss.
  return [left.filter((one) => one.level !== 0), fresh];
}

/** Partners of what is gone: about the same, else with the same expectation, else in the same order when nothing else is left. */
function pairUp(left: readonly Assertion[], fresh: readonly Assertion[]): Map<Assertion, Assertion> {
  const partners = new Map<Assertion, Assertion>();
  const open = new Set(fresh);
  const ways: ((one: Assertion, other: Assertion) => boolean)[] = [
    (one, other) => one.actual !== "" && one.actual === other.actual && one.matcher === other.matcher,
    (one, other) => one.actual !== "" && one.actual === other.actual,
    (one, other) =>
      one.matcher === other.matcher && one.expected.join() === other.expected.join() && one.expected.length > 0,
    (one, other) => other.level === 0 && other.expected[0] === one.expected[0] && one.expected[0] !== undefined,
    (one, other) => other.key.includes(one.actual) && one.actual !== "",
    () => true,
  ];
  for (const fits of ways)
    for (const one of left) {
      if (partners.has(one)) continue;
      for (const other of open) {
        if (!fits(one, other)) continue;
        partners.set(one, other);
        open.delete(other);
        break;
      }
    }
  return partners;
}

/** All assertions of a case are gone and none came: said once. */
function commonBody(
  pair: Pair,
  rest: readonly Assertion[],
  partners: ReadonlyMap<Assertion, Assertion>,
): Tampering | undefined {
  if (!bodyIsEmpty(pair.is) || partners.size > 0 || rest.length === 0) return undefined;
  const { source, one } = pair.is;
  const commented = source.kinds.subarray(one.bodyStart, one.bodyEnd).includes(COMMENT);
  const what = `the body of the test "${one.title}" was ${commented ? "commented out" : "emptied"}`;
  return { ...wholeBody(pair, what), ...(commented ? { kind: "test-skipped" as const } : {}) };
}

function bodyIsEmpty({ source, one }: Case): boolean {
  return /^[\s;:)]*(?:pass|return|\.\.\.)?[\s;)]*(?:end)?[\s})]*$/.test(
    source.code.slice(one.bodyStart, Math.min(one.bodyEnd, one.bodyStart + 2_000)),
  );
}

/** Whether a lost assertion is elsewhere now: moved, merged into a bigger one, or inside a helper that asserts. */
function foundElsewhere(
  one: Assertion,
  all: { lost: Map<string, number>; fresh: readonly Assertion[]; pair: Pair },
): boolean {
  const count = all.lost.get(one.key) ?? 0;
  if (count <= 0) return true;
  all.lost.set(one.key, count - 1);
  const own = one.expected.filter((text) => text.length > 0);
  const name = /(\w+)(?:\(\))?$/.exec(one.actual)?.[1] ?? one.actual;
  const merged = all.fresh.some(
    (other) =>
      (other.level === 3 || other.level === 2) &&
      own.length > 0 &&
      own.every((text) => other.key.includes(text)) &&
      other.key.includes(name),
  );
  if (merged) return true;
  return all.fresh.some(({ helper }) => helper !== undefined && helperAsserts(all.pair, helper));
}

/** A helper that the base used already, comes from a file that did not change, or asserts in this one. */
function helperAsserts({ change, is }: Pair, helper: string): boolean {
  if (change.before?.code.includes(`${helper}(`)) return true;
  const at = is.source.code.search(
    new RegExp(`\\b(?:function|def|func|fn|const|let)\\s+${helper.replace(/[^\w]/g, "")}\\b`),
  );
  if (at < 0) return /\bimport\b|\brequire\b|\buse\b/.test(is.source.code);
  const open = is.source.code.indexOf("{", at);
  const close = open > 0 && is.source.language !== "py" ? (is.source.close[open] ?? -1) : -1;
  const body = is.source.code.slice(at + helper.length + 8, close > 0 ? close : at + 3_000).split(/\ndef /)[0] ?? "";
  return /\b(?:expect|assert\w*|Assert|should|t\.\w+)\b/.test(body);
}

function buriedAssertions(pair: Pair, buried: readonly Assertion[]): Tampering {
  const [first] = buried;
  const now = pair.is.assertions.find((one) => one.key === first?.key);
  const part = pair.is.dead.find((dead) => now && now.start >= dead.start && now.start < dead.end);
  const more = buried.length > 1 ? ` and ${buried.length - 1} more` : "";
  const early = part?.why.startsWith("after") ?? false;
  const what = `${quoted(textOf(pair.was.source, first))}${more} in "${pair.is.one.title}" now stand${buried.length > 1 ? "" : "s"} ${part?.why ?? "where it cannot fail"}`;
  return {
    what,
    kind: early ? "test-skipped" : "assertion-removed",
    file: pair.change.file.path,
    line: lineAt(pair.is.source, part?.start ?? pair.is.one.start),
    diff: diffOf(bodyLines(pair.was), bodyLines(pair.is)),
    loosens: true,
  };
}

function weakened(pair: Pair, how: { one: Assertion; partner: Assertion; why: string; loosens: boolean }): Tampering {
  const { one, partner, why, loosens } = how;
  const was = textOf(pair.was.source, one);
  const is = textOf(pair.is.source, partner);
  const none = partner.matcher === "(none)";
  return {
    what: `${quoted(was)} became ${quoted(is)}, ${none ? "which checks nothing" : why}`,
    kind: loosens ? (none ? "assertion-removed" : "assertion-weakened") : "test-changed",
    file: pair.change.file.path,
    line: lineAt(pair.is.source, partner.start),
    diff: diffOf(linesOf(pair.was.source, one.start, one.end), linesOf(pair.is.source, partner.start, partner.end)),
    loosens,
  };
}

function removed(pair: Pair, one: Assertion): Tampering {
  return {
    what: `${quoted(textOf(pair.was.source, one))} was removed from the test "${pair.is.one.title}"`,
    kind: "assertion-removed",
    file: pair.change.file.path,
    line: lineAt(pair.is.source, pair.is.one.start),
    diff: diffOf(linesOf(pair.was.source, one.start, one.end), []),
    loosens: true,
  };
}

function changed(pair: Pair): Tampering {
  const { was, is, renamed } = pair;
  const other = was.one.title !== is.one.title;
  return {
    what:
      renamed && other
        ? `the test "${was.one.title}" was renamed to "${is.one.title}"`
        : `the test "${is.one.title}" was changed`,
    kind: "test-changed",
    file: pair.change.file.path,
    line: lineAt(is.source, is.one.start),
    diff: diffOf(linesOf(was.source, was.one.start, was.one.end), linesOf(is.source, is.one.start, is.one.end)),
    loosens: false,
  };
}

function wholeBody(pair: Pair, what: string): Tampering {
  return {
    what,
    kind: "assertion-removed",
    file: pair.change.file.path,
    line: lineAt(pair.is.source, pair.is.one.start),
    diff: diffOf(bodyLines(pair.was), bodyLines(pair.is)),
    loosens: true,
  };
}

function bodyLines({ source, one }: Case): string[] {
  return linesOf(source, one.start, one.end);
}

function textOf(source: Source, one: Assertion | undefined): string {
  return one ? source.text.slice(one.start, one.end) : "";
}
