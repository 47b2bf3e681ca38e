import type { Counts, Location, Parsed, TestCase } from "../../sdk/index.ts";

/** Named groups of one match; a group that took no part is undefined. */
type Groups = Readonly<Record<string, string | undefined>>;

/** The named groups of every match, in order. */
export function matches(pattern: RegExp, output: string): Groups[] {
  const all = new RegExp(pattern, pattern.flags.includes("g") ? pattern.flags : `${pattern.flags}g`);
  return [...output.matchAll(all)].map((match): Groups => match.groups ?? {});
}

/** A printed count; 0 where the tool leaves it out because it is 0. */
export function count(text: string | undefined): number {
  return text === undefined ? 0 : Number(text.replaceAll(",", ""));
}

/** The first number in front of `word` (`3 failed`), 0 without one. */
export function countBefore(word: string, text: string): number {
  return count(new RegExp(`(?<count>[\\d,]+) ${word}`).exec(text)?.groups?.count);
}

/** How many characters of `text` are among `characters`. */
export function marks(characters: string, text: string): number {
  return text.split("").filter((character) => characters.includes(character)).length;
}

export function tally(cases: readonly TestCase[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { verdict } of cases) {
    if (verdict === "pass") counts.passed += 1;
    else if (verdict === "fail") counts.failed += 1;
    else counts.skipped += 1;
  }
  return counts;
}

export function sum(all: readonly Counts[]): Counts {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/** The second case of the same name gets ` (2)`: names are unique within a run. */
export function distinct(cases: readonly TestCase[]): TestCase[] {
  const seen = new Map<string, number>();
  return cases.map((one) => {
    const times = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, times);
    return times === 1 ? one : { ...one, name: `${one.name} (${times})` };
  });
}

/** What a test runner's output gives; `nothing` is the doubt of a run without a test. */
export function tests(found: {
  counts: Counts;
  cases: readonly TestCase[];
  locations?: readonly Location[];
  doubts?: readonly string[];
}): Parsed {
  const { passed, failed, skipped } = found.counts;
  const empty = passed + failed + skipped === 0 ? ["no test was found"] : [];
  return {
    tests: found.counts,
    cases: distinct(found.cases),
    locations: found.locations ?? [],
    doubts: [...(found.doubts ?? []), ...empty],
  };
}

/** What a tool gives that runs no tests. */
export function places(locations: readonly Location[]): Parsed {
  return { cases: [], locations, doubts: [] };
}

/** Places by a pattern with the groups `file`, `line`, and where they are printed `column`, `severity`, `rule`, `message`. */
export function locate(pattern: RegExp, output: string, severity: Location["severity"] = "error"): Location[] {
  return matches(pattern, output).flatMap((groups) => {
    const place = toLocation(groups, severity);
    return place ? [place] : [];
  });
}

/**
 * Places that stand below the name of their file: an unindented line with a path, then indented lines that match `line`
 * (groups as for `locate`), up to the next file.
 */
export function locateGrouped(line: RegExp, output: string): Location[] {
  const locations: Location[] = [];
  let file: string | undefined;
  for (const text of output.split("\n")) {
    const groups = line.exec(text)?.groups;
    if (groups && file !== undefined) {
      const place = toLocation({ ...groups, file });
      if (place) locations.push(place);
    } else if (/^\S.*\.[\w-]+$/.test(text)) file = text;
  }
  return locations;
}

export function toLocation(groups: Groups, severity: Location["severity"] = "error"): Location | undefined {
  const { file, line, column, rule, message = "" } = groups;
  if (file === undefined || line === undefined) return undefined;
  return {
    file: file.trim(),
    line: Number(line),
    ...(column ? { column: Number(column) } : {}),
    severity: groups.severity ? severityOf(groups.severity) : severity,
    ...(rule ? { rule } : {}),
    message: message.trim(),
  };
}

/** `note`, `info`, `style` and the like never make a run red by themselves: they count as warnings. */
export function severityOf(word: string): Location["severity"] {
  return /^(?:error|fatal|e|f|failure|×|✖|x)/i.test(word) ? "error" : "warning";
}

/** Indentation in columns. */
export function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Titles above a line, by indentation: what is indented less is a parent. */
export class Nesting {
  readonly #titles: { indent: number; title: string }[] = [];

  /** Enters `title`, leaving what is not above it. */
  enter(indent: number, title: string): void {
    this.#leave(indent);
    this.#titles.push({ indent, title });
  }

  /** The full name of something at `indent`. */
  name(indent: number, title: string): string {
    this.#leave(indent);
    return [...this.#titles.map((above) => above.title), title].join(" > ");
  }

  #leave(indent: number): void {
    while ((this.#titles.at(-1)?.indent ?? -1) >= indent) this.#titles.pop();
  }
}
