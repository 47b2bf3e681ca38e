import type { Assertion } from "./tampering-shapes.ts";
import { bareMatcher } from "./tampering-strength.ts";

/** Errors that nearly everything thrown is. */
const GENERIC =
  /^(?:\w+\.|\\)*(?:Exception|BaseException|Error|StandardError|RuntimeError|RuntimeException|Throwable|RuntimeException)(?:\.class|::class)?$/;
/** What is measured here is time: a machine is faster or slower, and a wider limit is no weaker test. */
const TIME = /time|elapsed|duration|\bms\b|took|latency|performance|seconds|millis/i;

/**
 * Whether `after` says less than `before` did, of the same thing. `why` names it; undefined when it says as much or more.
 * `loosens` is false for what only looks weaker: a fraction that is compared with a tolerance.
 */
export function weaker(before: Assertion, after: Assertion): { why: string; loosens: boolean } | undefined {
  if (before.level === undefined || after.level === undefined) return undefined;
  if (after.level === 0 && before.level > 0) return { why: "which is true of anything", loosens: true };
  if (after.level < before.level) {
    if (sameBoolean(before, after)) return undefined;
    const fraction = /\d\.\d/.test(before.expected[0] ?? "") && tolerance(after) !== undefined;
    return fraction ? { why: "which allows for rounding", loosens: false } : { why: "which says less", loosens: true };
  }
  if (!before.adrift && after.adrift && /resolves|rejects/.test(before.key))
    return { why: "and nobody waits for it", loosens: true };
  const why =
    widerTolerance(before, after) ?? widerBound(before, after) ?? shorter(before, after) ?? broaderError(before, after);
  return why ? { why, loosens: true } : undefined;
}

/** `x == True` and `x`, `assertEquals(true, x)` and `assertTrue(x)`, `len(x) == 0` and `not x` are the same in a test. */
function sameBoolean(before: Assertion, after: Assertion): boolean {
  const [expected = ""] = before.expected;
  if (after.level !== 1) return false;
  if (/^(?:toBe|toEqual|toStrictEqual|strictEqual|deepStrictEqual)$/.test(before.matcher)) return false;
  const about = (text: string) =>
    text
      .replace(/^not /, "")
      .replace(/^!/, "")
      .replace(/^len\((.*)\)$/, "$1");
  if (about(before.actual) !== about(after.actual)) return false;
  const no = /^not |^!/.test(after.actual) || /^(?:false|isfalse)$/.test(bareMatcher(after.matcher));
  if (/^(?:true|True)$/.test(expected)) return !no;
  return /^(?:false|False|0|\[\]|"")$/.test(expected) && no;
}

function widerTolerance(before: Assertion, after: Assertion): string | undefined {
  const was = tolerance(before);
  const now = tolerance(after);
  if (was === undefined || now === undefined || now <= was) return undefined;
  return "which allows a larger difference";
}

/** How far off a value may be; undefined for an assertion without tolerance. */
function tolerance(one: Assertion): number | undefined {
  const name = bareMatcher(one.matcher);
  const numbers = one.expected.slice(1).map(Number);
  if (name === "becloseto") return 10 ** -(numbers[0] ?? 2);
  const places = /\bplaces=(\d+)/.exec(one.key)?.[1];
  if (places !== undefined) return 10 ** -Number(places);
  const named = [...one.key.matchAll(/\b(?:abs|rel|delta|atol|rtol|abs_tol|rel_tol|epsilon|tolerance)=(\d[\d.e-]*)/g)];
  if (named.length > 0) return Math.max(...named.map((match) => Number(match[1])));
  if (/approx\(|isclose\(/.test(one.key)) return 1e-6;
  if (/^(?:almostequal|almostequals)$/.test(name)) return 10 ** -(numbers[0] ?? 7);
  if (/^(?:closeto|approximately|indelta|inepsilon|bewithin|equalwithaccuracy|equals|equal|areequal)$/.test(name)) {
    const last = numbers.at(-1);
    return last !== undefined && Number.isFinite(last) ? last : undefined;
  }
  return undefined;
}

/** A lower minimum or a higher maximum of the same number. */
function widerBound(before: Assertion, after: Assertion): string | undefined {
  if (before.matcher !== after.matcher || before.actual !== after.actual || TIME.test(before.actual)) return undefined;
  const [was, now] = [Number(before.expected[0]), Number(after.expected[0])];
  if (!Number.isFinite(was) || !Number.isFinite(now)) return undefined;
  const name = bareMatcher(before.matcher);
  const minimum = /greater|above|atleast|^gte?$|^>=?$/.test(name);
  const maximum = /less|below|atmost|^lte?$|^<=?$/.test(name);
  return (minimum && now < was) || (maximum && now > was) ? "which is easier to reach" : undefined;
}

/** A part of a text that is part of the part before. */
function shorter(before: Assertion, after: Assertion): string | undefined {
  if (!/contain|include|match|^in$/.test(bareMatcher(before.matcher)) || before.matcher !== after.matcher)
    return undefined;
  const subject = before.matcher === "in" ? [before.expected[0], after.expected[0]] : [before.actual, after.actual];
  const texts = before.matcher === "in" ? [before.actual, after.actual] : [before.expected[0], after.expected[0]];
  const inner = texts.map((text) => /^["/](.*)["/]$/s.exec(text ?? "")?.[1]);
  const [was, now] = inner;
  if (subject[0] !== subject[1] || was === undefined || now === undefined) return undefined;
  return was !== now && was.includes(now) ? "which looks for less" : undefined;
}

/** An error of any kind where one kind was asked for, or without its message. */
function broaderError(before: Assertion, after: Assertion): string | undefined {
  const name = /throw|raise|reject|exception|warns/i;
  if (!name.test(before.matcher) || !name.test(after.matcher)) return undefined;
  const was = errorsOf(before);
  const now = errorsOf(after);
  if (now.length < was.length) return was.length === 1 ? "which accepts any error" : "which asks less of the error";
  const specific = (texts: readonly string[]) => texts.filter((text) => !GENERIC.test(text)).length;
  return specific(now) < specific(was) ? "which accepts nearly any error" : undefined;
}

/** What an assertion asks of an error: its class, its message. */
function errorsOf(one: Assertion): string[] {
  const all = [one.actual, ...one.expected].filter((text) => text !== "");
  return /^(?:to|raise|assertThrows)/.test(one.matcher) &&
    one.matcher !== "raises" &&
    !one.matcher.startsWith("assertThrows")
    ? [...one.expected].filter((text) => text !== "")
    : all.filter((text) => !/=>|^function|^async|^lambda|^\(\)|^fn\(/.test(text));
}
