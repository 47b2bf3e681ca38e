import type { Tampering } from "../sdk/index.ts";
import { type Change, diffOf, linesOf, quoted } from "./tampering-change.ts";
import { compareCase } from "./tampering-compare.ts";
import { holdsCases, isTestFile, stemOf } from "./tampering-paths.ts";
import type { Silence } from "./tampering-shapes.ts";
import { type Case, matchCases, type Matched, readSuite, type Suite } from "./tampering-suite.ts";
import { COMMENT, lineAt, type Source } from "./tampering-text.ts";

interface Side {
  readonly change: Change;
  readonly before?: Suite;
  readonly after?: Suite;
}

/** What happened to the tests themselves: deleted, skipped, focused, and what they assert. */
export function findTestTampering(changes: readonly Change[]): Tampering[] {
  const sides = changes.filter(({ test }) => test).map(readSide);
  const matched = matchCases(sides);
  const lostKeys = lostAssertions(sides);
  const found: Tampering[] = [];
  const lost = new Set<Change>();
  for (const side of sides) {
    const whole = lostFile(side, { matched, changes });
    if (!whole) continue;
    lost.add(side.change);
    found.push(...whole);
  }
  for (const pair of matched) {
    if (lost.has(pair.change)) continue;
    if (pair.was && pair.is) found.push(...compareCase({ ...pair, was: pair.was, is: pair.is }, lostKeys));
    else if (pair.was)
      found.push(
        mergedCase(pair.change, { was: pair.was, matched, lost: lostKeys }) ?? deletedCase(pair.change, pair.was),
      );
  }
  return [...found, ...silenced(matched, sides)];
}

function readSide(change: Change): Side {
  return {
    change,
    ...(change.before ? { before: readSuite(change.before) } : {}),
    ...(change.after && (isTestFile(change.file.path, change.after.text) || !change.before)
      ? { after: readSuite(change.after) }
      : {}),
  };
}

/** How many of each assertion all changed files have lost together: what only moved between them is not lost. */
function lostAssertions(sides: readonly Side[]): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (suite: Suite | undefined, by: number) => {
    const all = [...(suite?.cases ?? []).flatMap((own) => own.assertions), ...(suite?.loose ?? [])];
    for (const { key } of all) counts.set(key, (counts.get(key) ?? 0) + by);
  };
  for (const { before, after } of sides) {
    count(before, 1);
    count(after, -1);
  }
  return counts;
}

/** A test file that is gone, or has a name no runner picks up; its cases may have moved. */
function lostFile(
  side: Side,
  all: { matched: readonly Matched[]; changes: readonly Change[] },
): Tampering[] | undefined {
  const { change, before } = side;
  const { file } = change;
  const from = file.from ?? file.path;
  const text = change.before?.text;
  const wasTest =
    holdsCases(from) && (file.status === "deleted" || file.status === "renamed" || file.after === undefined);
  if (!wasTest || file.status === "added") return undefined;
  if (file.status !== "deleted" && file.after !== undefined && holdsCases(file.path)) return undefined;
  const cases = before?.cases ?? [];
  if (text !== undefined && cases.length === 0 && !/\b(?:assert|expect|test|it)\b/i.test(text)) return undefined;
  if (cases.length === 0 && text !== undefined && isHelper(from)) return undefined;
  const gone = all.matched.filter((pair) => pair.change === change && pair.was && !pair.is).map((pair) => pair.was);
  const movedAll = cases.length > 0 && gone.length === 0 && file.status === "deleted";
  if (movedAll) return [];
  const source = all.changes.find(
    (other) => other.file.status === "deleted" && !other.test && stemOf(other.file.path) === stemOf(from),
  );
  const count =
    cases.length === 0 ? "" : ` with ${amount(file.status === "deleted" ? gone.length : cases.length, "test")}`;
  const what =
    file.status === "renamed"
      ? `the test file ${from}${count} was renamed to ${file.path}, which no runner picks up`
      : file.status === "modified"
        ? `the test file ${from}${count} can no longer be read`
        : `the test file ${from}${count} was deleted${source ? `, together with ${source.file.path}` : ""}`;
  const lines = change.before?.text.split("\n") ?? [];
  return [
    {
      what,
      kind: "test-deleted",
      file: file.path,
      line: 1,
      diff: diffOf(lines.slice(0, 20), []),
      loosens: source === undefined,
    },
  ];
}

/** A file in a test folder that nobody runs by itself. */
function isHelper(path: string): boolean {
  return !/(?:[._-](?:test|spec)s?\.\w+|(?:^|\/)test_[^/]+|_(?:test|spec)\.\w+|Tests?\.\w+)$/.test(path);
}

function deletedCase(change: Change, was: Case): Tampering {
  const { one, source } = was;
  const commented = change.after !== undefined && inComment(change.after, one.title);
  return {
    what: `the test "${one.title}" was ${commented ? "commented out" : "deleted"}`,
    kind: commented ? "test-skipped" : "test-deleted",
    file: change.file.path,
    line: lineAt(source, one.start),
    diff: diffOf(linesOf(source, one.start, one.end), []),
    loosens: !one.pending && !(one.skipped && !one.skipped.platform),
  };
}

/** A case whose assertions all stand in other tests now, or whose values are in a table that a new test goes through. */
function mergedCase(
  change: Change,
  how: { was: Case; matched: readonly Matched[]; lost: ReadonlyMap<string, number> },
): Tampering | undefined {
  const { was, matched, lost } = how;
  const keys = was.assertions.map(({ key }) => key);
  if (keys.length === 0) return undefined;
  const elsewhere = keys.every((key) => (lost.get(key) ?? 0) <= 0);
  const values = keys.flatMap((key) => key.match(/"[^"]*"|\b\d[\w.]*/g) ?? []);
  const text = change.after?.text.replaceAll("'", '"') ?? "";
  const table =
    values.length > 0 &&
    matched.some(
      (pair) =>
        pair.change === change &&
        pair.is &&
        pair.is.assertions.length > 0 &&
        isTable(pair.is) &&
        !(pair.was && isTable(pair.was)),
    ) &&
    values.every((value) => text.includes(value));
  if (!elsewhere && !table) return undefined;
  return {
    ...deletedCase(change, was),
    what: `the test "${was.one.title}" was merged into another`,
    kind: "test-changed",
    loosens: false,
  };
}

/** Whether a test goes through a table of values: by its own words or in a loop around it. */
function isTable({ source, one }: Case): boolean {
  const before = source.code.slice(Math.max(0, one.start - 200), one.start);
  const own = source.code.slice(one.start, Math.min(one.end, one.start + 3_000));
  const loop =
    /\bfor\b|\.each\b|forEach|parametrize|subTest|rstest|#\[case|Source\(|TestCase\(|InlineData|dataProvider|DataProvider|\brange\b/;
  return loop.test(own) || /\bfor\s*\([^)]*\)\s*\{?\s*$|forEach\([^;]*\{?\s*$|\.each do \|[^|]*\|\s*$/.test(before);
}

function inComment(source: Source, title: string): boolean {
  if (title.length < 3) return false;
  for (let at = source.text.indexOf(title); at >= 0; at = source.text.indexOf(title, at + title.length))
    if (
      source.kinds[at] === COMMENT &&
      /(?:\bit|\btest|\bdef|\bfn|\bfunc|\bspecify|\bfun|\bvoid)\b[\s("'`]*$/.test(
        source.text.slice(Math.max(0, at - 24), at),
      )
    )
      return true;
  return false;
}

/** Cases that are skipped or focused now and were not; each mark is said once, however many cases it governs. */
function silenced(matched: readonly Matched[], sides: readonly Side[]): Tampering[] {
  const found: Tampering[] = [];
  const said = new Set<string>();
  const say = (
    kind: "test-skipped" | "test-focused",
    own: Case,
    how: { silence: Silence; change: Change; before?: Case; fresh: boolean },
  ) => {
    const { silence, change, before, fresh } = how;
    const key = `${change.file.path} ${kind} ${silence.at}`;
    if (said.has(key)) return;
    said.add(key);
    found.push({
      what:
        kind === "test-focused"
          ? `only "${own.one.title}" runs now: ${quoted(silence.how)}`
          : `the test "${own.one.title}" is skipped now: ${quoted(silence.how)}`,
      kind,
      file: change.file.path,
      line: lineAt(own.source, silence.at),
      diff: markDiff(own, silence, before),
      loosens: kind === "test-focused" || (!fresh && !silence.platform),
    });
  };
  for (const { was, is, change } of matched) {
    if (!is) continue;
    const own = skipOf(is);
    const wasSkipped = was && (skipOf(was) !== undefined || was.one.pending);
    if (own && !wasSkipped && !(was === undefined && is.one.pending))
      say("test-skipped", is, { silence: own, change, ...(was ? { before: was } : {}), fresh: was === undefined });
    if (was && !was.one.pending && is.one.pending && !own)
      say("test-skipped", is, {
        silence: { how: "no body", at: is.one.start, platform: false },
        change,
        before: was,
        fresh: false,
      });
    if (is.one.focused && !was?.one.focused)
      say("test-focused", is, { silence: is.one.focused, change, ...(was ? { before: was } : {}), fresh: false });
  }
  for (const { change, before, after } of sides) {
    const known = new Set((before?.groups ?? []).filter(({ one }) => one.focused).map(({ one }) => one.title));
    for (const group of after?.groups ?? [])
      if (group.one.focused && !known.has(group.one.title))
        say("test-focused", group, { silence: group.one.focused, change, fresh: false });
  }
  return found;
}

/** A mark on the case or its group, else a call in its body: one that always skips before one that asks for the platform. */
function skipOf(own: Case): Silence | undefined {
  return own.one.skipped ?? own.skips.find((one) => !one.platform) ?? own.skips[0];
}

function markDiff(own: Case, silence: Silence, before: Case | undefined): string {
  const line = lineAt(own.source, silence.at);
  const start = own.source.starts[line - 1] ?? 0;
  const now = linesOf(own.source, start, start + 1);
  if (!before) return diffOf([], now);
  const inBody = silence.at >= own.one.bodyStart && silence.at < own.one.bodyEnd;
  const same = silence.at === own.one.start && before.one.start >= 0 && !inBody;
  return diffOf(same ? linesOf(before.source, before.one.start, before.one.start + 1) : [], now);
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
