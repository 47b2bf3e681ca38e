import { assertionsOf } from "./tampering-assertions.ts";
import { casesOf } from "./tampering-cases.ts";
import type { Change } from "./tampering-change.ts";
import { type Dead, deadParts, skipCalls } from "./tampering-dead.ts";
import type { Assertion, Silence, TestCaseSource } from "./tampering-shapes.ts";
import { normal, type Source } from "./tampering-text.ts";

/** A case with what it asserts itself, without the cases inside it. */
export interface Case {
  readonly source: Source;
  readonly one: TestCaseSource;
  readonly assertions: Assertion[];
  readonly skips: Silence[];
  readonly dead: readonly Dead[];
}

/** One side of a changed test file. `loose` are assertions outside every case: hooks and helpers. */
export interface Suite {
  readonly source: Source;
  readonly cases: readonly Case[];
  readonly groups: readonly Case[];
  readonly loose: readonly Assertion[];
}

/** What became of a case: `was` alone is gone, `is` alone is new. */
export interface Matched {
  readonly change: Change;
  readonly was?: Case;
  readonly is?: Case;
  readonly renamed: boolean;
}

/** More comparisons of one with every other are not made: then only equal bodies tell a renamed case. */
const MOST_PAIRS = 200_000;

/** With more cases of one title than that they are paired in their order. */
const MOST_EQUAL = 100;

export function readSuite(source: Source): Suite {
  const every = casesOf(source).map((one): Case => ({ source, one, assertions: [], skips: [], dead: [] }));
  const loose: Assertion[] = [];
  assign(every, assertionsOf(source), {
    at: (one) => one.start,
    put: (own, one) => (own ? own.assertions.push(one) : loose.push(one)),
  });
  assign(every, skipCalls(source), { at: (one) => one.at, put: (own, one) => own?.skips.push(one) });
  const cases = every.filter(({ one }) => !one.isGroup).map((own) => ({ ...own, dead: deadParts(source, own.one) }));
  return { source, cases, groups: every.filter(({ one }) => one.isGroup), loose };
}

/** Gives each thing to the innermost case around it; groups count as no case. Both lists are by place. */
function assign<T>(
  cases: readonly Case[],
  things: readonly T[],
  how: { at: (one: T) => number; put: (own: Case | undefined, one: T) => void },
): void {
  const around: Case[] = [];
  let next = 0;
  for (const thing of things) {
    const at = how.at(thing);
    for (let one = cases[next]; one && one.one.start <= at; one = cases[++next]) {
      while ((around.at(-1)?.one.end ?? Infinity) <= one.one.start) around.pop();
      around.push(one);
    }
    while ((around.at(-1)?.one.end ?? Infinity) <= at) around.pop();
    const inner = around.at(-1);
    how.put(inner && !inner.one.isGroup ? inner : undefined, thing);
  }
}

/** Pairs the cases of all changed files: by title in the same file, by title elsewhere, by body, by nearly the same title. */
export function matchCases(files: readonly { change: Change; before?: Suite; after?: Suite }[]): Matched[] {
  const pairs: Matched[] = [];
  const gone: { change: Change; was: Case }[] = [];
  const fresh = new Set<{ change: Change; is: Case }>();
  for (const { change, before, after } of files) {
    const rest = byTitle(after?.cases ?? []);
    for (const was of before?.cases ?? []) {
      const is = take(rest, was);
      if (is) pairs.push({ change, was, is, renamed: false });
      else gone.push({ change, was });
    }
    for (const list of rest.values()) for (const is of list) fresh.add({ change, is });
  }
  const keys: ((own: Case) => string)[] = [(own) => own.one.title, bodyKey];
  let left = gone;
  for (const [index, key] of keys.entries()) {
    const still: typeof gone = [];
    const open = Map.groupBy(fresh, ({ is }) => key(is));
    for (const one of left) {
      const found = key(one.was) === "" ? undefined : open.get(key(one.was))?.shift();
      if (!found) still.push(one);
      else {
        fresh.delete(found);
        pairs.push({ change: found.change, was: one.was, is: found.is, renamed: index > 0 });
      }
    }
    left = still;
  }
  left = matchNearly({ left, fresh, pairs });
  return [
    ...pairs,
    ...left.map(({ change, was }) => ({ change, was, renamed: false })),
    ...[...fresh].map(({ change, is }) => ({ change, is, renamed: false })),
  ];
}

interface Open {
  readonly left: readonly { change: Change; was: Case }[];
  readonly fresh: Set<{ change: Change; is: Case }>;
  readonly pairs: Matched[];
}

function matchNearly({ left, fresh, pairs }: Open): { change: Change; was: Case }[] {
  if (left.length * fresh.size > MOST_PAIRS) return [...left];
  const words = new Map([...fresh].map((one) => [one, wordsOf(one.is)]));
  const still: { change: Change; was: Case }[] = [];
  for (const one of left) {
    const own = wordsOf(one.was);
    const keys = new Set(one.was.assertions.map((item) => item.key));
    let best: { change: Change; is: Case } | undefined;
    let most = 0;
    for (const candidate of fresh) {
      const kept = candidate.is.assertions.filter((item) => keys.has(item.key)).length;
      const sameAssertions = keys.size > 0 && kept >= keys.size;
      const near = candidate.change === one.change ? likeness(own, words.get(candidate) ?? new Set()) : 0;
      const score = near >= 0.6 ? near : sameAssertions ? 0.6 : 0;
      if (score > most) [best, most] = [candidate, score];
    }
    if (!best) {
      still.push(one);
      continue;
    }
    fresh.delete(best);
    pairs.push({ change: best.change, was: one.was, is: best.is, renamed: true });
  }
  return still;
}

function byTitle(cases: readonly Case[]): Map<string, Case[]> {
  return Map.groupBy(cases, ({ one }) => one.title);
}

/** The first case of that title, preferring one whose body is the same. */
function take(rest: Map<string, Case[]>, was: Case): Case | undefined {
  const list = rest.get(was.one.title);
  if (!list || list.length < 2 || list.length > MOST_EQUAL) return list?.shift();
  const key = bodyKey(was);
  const same = list.findIndex((one) => bodyKey(one) === key);
  return list.splice(Math.max(0, same), 1)[0];
}

const bodies = new WeakMap<Case, string>();

/** A body in the form that formatting does not change; empty for one that says too little to tell. */
function bodyKey(own: Case): string {
  const known = bodies.get(own);
  if (known !== undefined) return known;
  const key =
    own.one.bodyEnd - own.one.bodyStart > 20_000 ? "" : normal(own.source, own.one.bodyStart, own.one.bodyEnd);
  bodies.set(own, key.length < 12 ? "" : key);
  return bodies.get(own) ?? "";
}

function wordsOf(own: Case): Set<string> {
  return new Set(
    own.one.title
      .replace(/([a-z])([A-Z])/g, "$1 $2")
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== "" && word !== "test"),
  );
}

/** Shared words of two titles, from 0 to 1. */
function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of one) if (other.has(word)) shared++;
  return shared / Math.max(1, one.size + other.size - shared);
}
