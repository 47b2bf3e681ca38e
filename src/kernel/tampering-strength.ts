import type { Assertion, Level } from "./tampering-shapes.ts";

export function isLiteral(text: string): boolean {
  return /^(?:-?[\d._]+\w?|"[^"]*"|true|false|null|nil|None|True|False|undefined|\[\]|\{\}|:\w+)$/.test(text);
}

/** Matchers that fix a value entirely, without the words around their meaning. */
const EXACT =
  /^(?:be|equal|equals|strictequal|deepequal|deepstrictequal|eq|eql|eqls|same|sameas|is|issame|isequalto|isequal|notdeepequalfalse|betrue|befalse|benull|benil|beundefined|benan|benone|isnone|isnull|isnil|null|nil|undefined|isundefined|empty|isempty|beempty|len|length|havelength|lengthof|hassize|count|havecount|countequal|equalexactly|strictsame|deepis|deeplooseequal|isdeeply|havebeencalledwith|havebeencalledoncewith|havebeenlastcalledwith|havebeennthcalledwith|havebeencalledtimes|becalledwith|becalledtimes|calledwith|calledoncewith|calledonce|callcount|calledoncewithexactly|havereturnedwith|matchsnapshot|matchinlinesnapshot|snapshot|throwerrormatchingsnapshot|throwerrormatchinginlinesnapshot|areequal|aresame|listequal|dictequal|setequal|tupleequal|sequenceequal|multilineequal|countequals|arrayequals|iterableequals|equivalent|beequivalentto|identical|identicalto|notexist|absent|havetext|havevalue|haveurl|havetitle|jsonstringequalsjsonstring|toequal|yamlsnapshot|jsonsnapshot|debugsnapshot|beequivalentarrayof|noerror|success)$/;
const HOLDS = /^(?:|ok|true|istrue|truthy|betruthy|isok|assert|mustbetrue|that)$/;
const FAILS = /^(?:false|isfalse|notok|falsy|befalsy|not|untrue)$/;
const THERE =
  /^(?:bedefined|exist|exists|notnull|isnotnull|isnotnone|notnil|isnotnil|isdefined|present|bepresent|isnotempty|notempty|any|beany|benotnull|isnotundefined|notundefined|notbenull|beok)$/;
const DIFFERS =
  /^(?:not|isnot)(?:equal|equals|strictequal|deepequal|deepstrictequal|same|sameas|eq|equalto|be|deepis)$|^ne$|^arenotequal$|^differ$/;
/** What every text matches. */
const EVERYTHING = /^(?:\/\^?\(?(?:\.[*+]?\??|\[\\s\\S\]\*|\[\^\]\*|\(\?:\)|)\)?\$?\/[a-z]*|"\.?\*?"|r"\.\*")$/;

/** The matcher's meaning without its prefix: `toBeDefined` and `assertDefined` have the same. */
export function bareMatcher(name: string): string {
  return name
    .replace(/^(?:XCTAssert|(?:debug_|prop_)?assert|refute|must|wont|should)_?/, "")
    .replace(/^[Tt]o(?=[A-Z_])/, "")
    .replace(/[_!?]/g, "")
    .toLowerCase();
}

export function matcherLevel(one: Omit<Assertion, "level">): Level | undefined {
  const name = bareMatcher(one.matcher);
  const [expected] = one.expected;
  if (one.matcher === "(none)" || name === "pass" || name === "doesnotthrow")
    return one.matcher === "(none)" || name === "pass" ? 0 : 1;
  if (/^(?:fail|failed|unreachable|assertions|hasassertions)$/.test(name)) return 2;
  if (isVacuous(one, name)) return 0;
  if (name === "that" && expected !== undefined)
    return /^(?:is\(|equalTo\()/.test(expected) ? 3 : /notNull|anything/.test(expected) ? 1 : 2;
  if (HOLDS.test(name)) return turned(subjectLevel(one.actual).level, one.negated);
  if (FAILS.test(name)) return 1;
  if (expected !== undefined && /^(?:expect\.)?(?:anything|any)\(|^(?:mock\.)?ANY$/.test(expected)) return 1;
  if (THERE.test(name)) return one.negated ? 3 : 1;
  if (DIFFERS.test(name)) return 1;
  if (/greaterthanorequal|^gte$|atleast/.test(name) && expected === "0") return 1;
  if (expected !== undefined && /^expect\.\w+(?:Containing|Matching|CloseTo)\(|approx\(|closeTo\(/.test(expected))
    return 2;
  if (!EXACT.test(name)) return 2;
  return turned(3, one.negated);
}

function turned(level: Level, negated: boolean): Level {
  if (!negated) return level;
  return level === 3 ? 1 : level;
}

function isVacuous(one: Omit<Assertion, "level">, name: string): boolean {
  const [expected] = one.expected;
  if (one.actual === "") return false;
  if (EXACT.test(name) && expected !== undefined && expected === one.actual && !one.negated) return true;
  if (
    /match|contain|include|regex|string|throw|raise/.test(name) &&
    expected !== undefined &&
    EVERYTHING.test(expected)
  )
    return true;
  if (!isLiteral(one.actual) || /^(?:throws|rejects|snapshot)$/.test(name)) return false;
  return one.expected.every(isLiteral) || HOLDS.test(name);
}

/** What an expression that has to be true says of its left side. */
export function subjectLevel(expression: string): {
  level: Level;
  actual: string;
  operator: string;
  expected: string[];
} {
  const plain = { actual: expression, operator: "", expected: [] };
  if (isLiteral(expression) || /^\("|^not (?:False|None|0)$|^!(?:false|0|null)$/.test(expression))
    return { ...plain, level: 0 };
  if (/(?:\|\||\bor ?)(?:true|True|1)\)?$|^(?:true|True|1)(?:\|\|| or\b)/.test(expression))
    return { ...plain, level: 0 };
  const found = operatorOf(expression);
  if (!found) {
    if (/^(?:not\b|!)/.test(expression)) return { ...plain, level: 1 };
    const looks =
      /^(?:isinstance|all|any|matches|re\.)|\.(?:includes|startsWith|endsWith|startswith|endswith|test|match|every|some|contains|equals|has|is_\w+|starts_with|ends_with)\(/;
    return { ...plain, level: looks.test(expression) ? 2 : 1 };
  }
  const actual = expression.slice(0, found.at).trim();
  const right = expression.slice(found.at + found.operator.length).trim();
  const [first, second] = isLiteral(actual) && !isLiteral(right) ? [right, actual] : [actual, right];
  const same = actual === right && actual !== "";
  const constant = isLiteral(actual) && isLiteral(right);
  const level = same || constant ? 0 : levelOfOperator(found.operator.trim(), second);
  return { level, actual: first, operator: found.operator.trim(), expected: [second] };
}

function levelOfOperator(operator: string, right: string): Level {
  if (operator === "==" || operator === "===" || operator === "is")
    return /approx\(|isclose\(|\bANY$/.test(right) ? 2 : 3;
  if (operator === "!=" || operator === "!==" || operator === "is not") return 1;
  if (operator === ">=" && right === "0") return 1;
  return 2;
}

/** The first comparison outside brackets and strings. Expressions over 4,000 characters are not looked into. */
function operatorOf(expression: string): { operator: string; at: number } | undefined {
  if (expression.length > 4_000) return undefined;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < expression.length; at++) {
    const letter = expression.charAt(at);
    if (letter === "\\") at++;
    else if (letter === '"') quoted = !quoted;
    if (quoted) continue;
    if ("([{".includes(letter)) depth++;
    if (")]}".includes(letter)) depth--;
    if (depth > 0) continue;
    const operator = /^(?:===|!==|==|!=|>=|<=|=~| not in\b| ?\bin\b| ?\bis not\b| ?\bis\b|>|<|=)/.exec(
      expression.slice(at, at + 8),
    )?.[0];
    const before = expression.charAt(at - 1);
    if (
      !operator ||
      (operator.trim() === ">" && /[=-]/.test(before)) ||
      (operator === "=" && expression.charAt(at + 1) === ">")
    )
      continue;
    if (/^\w/.test(operator) && /[\w.]/.test(before)) continue;
    return { operator, at };
  }
  return undefined;
}
