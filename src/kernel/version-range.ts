/**
 * Versions against the ranges that people write for runtimes: npm ranges (`^18 || >=20`, `18.x`, `1.2 - 2.3`), PEP 440
 * (`~=3.11`, `>=3.9,<3.13`, `3.11.*`), RubyGems (`~> 3.2`), plain ones (`v20.11`, `go1.22`) and words (`lts/iron`, `stable`).
 * A partial version means all that begin with it. A prerelease satisfies only a range that names a prerelease of it.
 */
export function satisfies(version: string, range: string): boolean | undefined {
  const parsed = parseVersion(version);
  if (!parsed) return undefined;
  const alternatives = range.split(/\|\|?/).map((part) => meetsAll(parsed, part.trim()));
  if (alternatives.includes(true)) return true;
  return alternatives.includes(undefined) ? undefined : false;
}

/** The newest of `versions` that surely satisfies `range`; for `latest` and the like, the newest release. */
export function pick(versions: readonly string[], range: string): string | undefined {
  const wanted = NEWEST.has(range.trim().toLowerCase()) ? "*" : range;
  return versions
    .filter((version) => satisfies(version, wanted) === true)
    .toSorted(compareVersions)
    .at(-1);
}

/** Order of two versions; what is no version comes first. */
export function compareVersions(one: string, other: string): number {
  const left = parseVersion(one);
  const right = parseVersion(other);
  if (!left || !right) return Number(left !== undefined) - Number(right !== undefined);
  return compare(left, right);
}

interface Version {
  readonly numbers: readonly number[];
  readonly pre: string | undefined;
}

/** Names of Node's long-term lines (https://github.com/nodejs/Release#release-schedule); the next ones are not known yet. */
const NODE_LINES = [
  "argon",
  "boron",
  "carbon",
  "dubnium",
  "erbium",
  "fermium",
  "gallium",
  "hydrogen",
  "iron",
  "jod",
  "krypton",
];
const FIRST_LINE = 4;
const LAST_LINE = FIRST_LINE + 2 * (NODE_LINES.length - 1);

const ANY = new Set(["", "*", "x", "any", "system"]);
/** Only the list of all versions can tell: `pick` can, `satisfies` cannot. */
const NEWEST = new Set(["node", "latest", "current", "newest"]);
const CHANNELS = new Set(["nightly", "beta", "canary"]);

const VERSION =
  /^(?:v|go|python-?|ruby-|node[-/]?v?)?(\d+(?:[._]\d+)*)(?:p\d+)?(?:[-.]?((?:a|b|rc|alpha|beta|dev|pre)\d*\b[\w.-]*)|-([\w.-]+))?(?:\+[\w.-]+)?$/i;
const COMPARATOR = /^(~>|~=|>=|<=|===?|!=|[~^<>=])?\s*(.+)$/;

function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text.trim());
  if (!match?.[1]) return undefined;
  const numbers = match[1].split(/[._]/).map(Number);
  return numbers.every(Number.isSafeInteger) ? { numbers, pre: match[2] ?? match[3] } : undefined;
}

/** One alternative: every comparator of it must hold. */
function meetsAll(version: Version, range: string): boolean | undefined {
  const word = meetsWord(version, range.toLowerCase());
  if (word !== "no word") return word;
  const spaced = range.replace(/(\S+)\s+-\s+(\S+)/g, ">=$1 <=$2").replace(/([~^<>=!])\s+(?=[\dv*])/g, "$1");
  const parts = spaced.split(/[\s,]+/).filter((part) => part !== "");
  const verdicts = parts.map((part) => meets(version, part));
  if (verdicts.includes(undefined)) return undefined;
  return verdicts.every(Boolean) && allowsPrerelease(version, parts);
}

function meetsWord(version: Version, word: string): boolean | undefined | "no word" {
  if (ANY.has(word) || word === "stable") return version.pre === undefined;
  if (NEWEST.has(word)) return undefined;
  if (CHANNELS.has(word)) return version.pre?.includes(word) ?? false;
  if (!/^(?:lts|--lts)(?:$|[/=])/.test(word)) return "no word";
  const major = version.numbers[0] ?? 0;
  const line = word.replace(/^(?:--)?lts[/=]?/, "");
  if (line === "" || line === "*") {
    if (major % 2 === 1 || major < FIRST_LINE) return false;
    return major <= LAST_LINE ? version.pre === undefined : undefined;
  }
  const index = NODE_LINES.indexOf(line);
  return index < 0 ? undefined : major === FIRST_LINE + 2 * index;
}

function meets(version: Version, comparator: string): boolean | undefined {
  const match = COMPARATOR.exec(comparator);
  const text = match?.[2] ?? "";
  if (ANY.has(text.toLowerCase())) return true;
  const wildcard = /\.[x*](?:\.[x*])*$/i;
  const bound = parseVersion(text.replace(wildcard, ""));
  if (!bound) return undefined;
  const whole = bound.numbers.length >= 3 && !wildcard.test(text);
  const atLeast = compare(version, bound) >= 0;
  switch (match?.[1]) {
    case ">=":
      return atLeast;
    case "<":
      return !atLeast;
    case ">":
      return whole ? compare(version, bound) > 0 : !below(version, bound, bound.numbers.length - 1);
    case "<=":
      return whole ? compare(version, bound) <= 0 : below(version, bound, bound.numbers.length - 1);
    case "^":
      return atLeast && below(version, bound, caretPlace(bound));
    case "~":
      return atLeast && below(version, bound, Math.min(1, bound.numbers.length - 1));
    case "~>":
    case "~=":
      return atLeast && below(version, bound, Math.max(0, bound.numbers.length - 2));
    case "!=":
      return !equals(version, bound, whole);
    default:
      return equals(version, bound, whole);
  }
}

function equals(version: Version, bound: Version, whole: boolean): boolean {
  if (whole || bound.pre !== undefined) return compare(version, bound) === 0;
  return compare(version, bound) >= 0 && below(version, bound, bound.numbers.length - 1);
}

/** Is the version below `bound` with its number at `place` counted up? */
function below(version: Version, bound: Version, place: number): boolean {
  const upper = bound.numbers.slice(0, place + 1).map((number, index) => (index === place ? number + 1 : number));
  return compare(version, { numbers: upper, pre: undefined }) < 0;
}

/** `^` keeps the first number that is not zero. */
function caretPlace(bound: Version): number {
  const place = bound.numbers.findIndex((number) => number > 0);
  return place < 0 ? bound.numbers.length - 1 : place;
}

function allowsPrerelease(version: Version, comparators: readonly string[]): boolean {
  if (version.pre === undefined) return true;
  return comparators.some((comparator) => {
    const bound = parseVersion(COMPARATOR.exec(comparator)?.[2] ?? "");
    return bound?.pre !== undefined && compareNumbers(version.numbers, bound.numbers) === 0;
  });
}

function compare(one: Version, other: Version): number {
  const byNumbers = compareNumbers(one.numbers, other.numbers);
  if (byNumbers !== 0 || one.pre === other.pre) return byNumbers;
  if (one.pre === undefined) return 1;
  if (other.pre === undefined) return -1;
  return one.pre.localeCompare(other.pre, "en", { numeric: true });
}

function compareNumbers(one: readonly number[], other: readonly number[]): number {
  for (let place = 0; place < Math.max(one.length, other.length); place++) {
    const difference = (one[place] ?? 0) - (other[place] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
