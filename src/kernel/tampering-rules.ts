import type { Loosened, Pair, Settings } from "./tampering-settings.ts";

const STRICT =
  /^(?:strict\w*|noImplicit\w+|noUnused\w+|noUnchecked\w+|noFallthrough\w+|noPropertyAccess\w+|exactOptional\w+|alwaysStrict|useUnknownInCatchVariables|checkJs|noEmitOnError|isolatedDeclarations|forceConsistentCasingInFileNames|erasableSyntaxOnly|verbatimModuleSyntax|disallow_\w+|check_untyped_defs|warn_\w+|no_implicit_\w+|strict_\w+|extra_checks|report\w+|typeCheckingMode|level|errorLevel|treatPhpDocTypesAsCertain|TreatWarningsAsErrors|warnings-as-errors|linterOptions)$/;
const LOOSE =
  /^(?:allowUnreachableCode|allowUnusedLabels|suppress\w+|ignore_errors|ignore_missing_imports|noCheck|allow_\w+|implicit_reexport|unsafe-fixes|exit-zero|exit_zero|max-line-length)$/;
const SEVERITIES: readonly RegExp[] = [
  /^(?:off|0|false|none|allow)$/i,
  /^(?:warn|warning|1|info|information|hint)$/i,
  /^(?:error|2|deny|forbid|true|on)$/i,
];
const CODES =
  /^(?:ignore|extend-ignore|extend_ignore|disable|disable_error_code|per-file-ignores|per_file_ignores|disabled_rules|disable-all|ignored-modules|ignoreErrors)$/;
const SELECTS = /^(?:select|extend-select|extend_select|enable|enable_error_code|enabled_rules|fixable\b$^)$/;

/** What lints, types and coverage ask less for. */
export function looserRule(pair: Pair, sides: { old: Settings; now: Settings }): Loosened[] {
  return threshold(pair) ?? severity(pair, sides) ?? strictness(pair, sides) ?? codes(pair) ?? [];
}

/** Numbers that have to be reached, or may not be passed. */
function threshold({ path, leaf, was, is }: Pair): Loosened[] | undefined {
  const coverage =
    /threshold|check-coverage|coverage\.(?:status|project|patch)/i.test(path) ||
    /^(?:fail_under|fail-under|minimum|minCoverage|min_coverage|msi|minMsi|break|minimum_coverage|target)$/.test(
      leaf,
    ) ||
    (/^(?:branches|lines|functions|statements)$/.test(leaf) &&
      /nyc|c8|coverage|jest|^(?:branches|lines|functions|statements)$/.test(path));
  const most =
    /^(?:maxWarnings|max-warnings|max_warnings|max-complexity|maxComplexity|max_complexity|error-on|maxDiffPixels|maxDiffPixelRatio)$/.test(
      leaf,
    ) ||
    (leaf === "threshold" && /toHaveScreenshot|toMatchSnapshot|screenshot|jscpd/i.test(path));
  if (!coverage && !most) return undefined;
  const old = number(was?.value);
  const now = number(is?.value);
  if (old === undefined) return most ? undefined : [];
  const say = (what: string): Loosened[] => [{ what: `${path} ${what}`, kind: "threshold-loosened", loosens: true }];
  if (now === undefined) return say(is ? `went from ${old} to ${is.value}` : "was removed");
  return (most ? now > old : now < old) ? say(`went from ${old} to ${now}`) : [];
}

function number(value: string | undefined): number | undefined {
  const found = value === undefined ? undefined : /^-?\d+(?:\.\d+)?/.exec(value)?.[0];
  return found === undefined ? undefined : Number(found);
}

/** A rule of a linter that is no longer an error, or no longer there. */
function severity(
  { path, leaf, was, is, file }: Pair,
  { old, now }: { old: Settings; now: Settings },
): Loosened[] | undefined {
  const own =
    /(?:^|\.)(?:rules|categories|lints)\b(?:#\d+)?\./.test(path) ||
    (/(?:^|\.)lints\b/.test(path) && /Cargo/.test(file)) ||
    (leaf === "Enabled" && /rubocop/.test(file));
  const whole =
    /^(?:linter|assist|formatter|javascript\.linter|overrides\.linter)\.enabled$/.test(path) && /biome/.test(file);
  if (!own && !whole) return undefined;
  const before = level(was?.value);
  const after = level(is?.value);
  const name = leaf === "Enabled" ? path : path.replace(/^.*?(?:rules|categories|lints)(?:#\d+)?\./, "");
  const say = (what: string): Loosened[] => [
    { what: `the rule ${name} ${what}`, kind: "rule-loosened", loosens: true },
  ];
  if (after !== undefined && before !== undefined)
    return after < before ? say(`went from ${word(before)} to ${word(after)}`) : [];
  if (after !== undefined) return after === 0 ? say("was turned off") : [];
  const inherits = extended(old) !== extended(now);
  return before !== undefined && before > 0 && !inherits ? say("was removed") : [];
}

/** How hard a rule is: 0 off, 1 warning, 2 error; undefined for what is no severity. */
function level(value: string | undefined): number | undefined {
  const first = value === undefined ? undefined : (/^\[?\{?\s*(?:level\s*[=:]\s*)?["']?(\w+)/.exec(value)?.[1] ?? "");
  if (first === undefined) return undefined;
  const found = SEVERITIES.findIndex((pattern) => pattern.test(first));
  return found < 0 ? undefined : found;
}

function word(level: number): string {
  return ["off", "warning", "error"][level] ?? "off";
}

/** What a configuration builds on: with another base, a rule that is gone may come from there. */
function extended(settings: Settings): string {
  return [...settings.values()]
    .filter(({ path }) => /(?:^|\.)extends\b/.test(path))
    .map(({ value }) => value)
    .join();
}

function strictness(
  { leaf, path, was, is }: Pair,
  { old, now }: { old: Settings; now: Settings },
): Loosened[] | undefined {
  const say = (what: string, loosens = true): Loosened[] => [
    { what: `${path} ${what}`, kind: "rule-loosened", loosens },
  ];
  const on = (value: string | undefined) =>
    value !== undefined && /^(?:true|error|warning|yes|strict|standard|max|[1-9]\d*)$/i.test(value);
  if (LOOSE.test(leaf) && leaf !== "max-line-length")
    return on(is?.value) && !on(was?.value) ? say("was turned on") : undefined;
  if (!STRICT.test(leaf)) return undefined;
  if (was && !is) {
    const covered =
      leaf !== "strict" &&
      [...now].some(([key, one]) => /(?:^|\.)strict$/.test(key) && one.value === "true") &&
      /^(?:strict\w+|noImplicitAny|noImplicitThis|alwaysStrict|useUnknown\w+)$/.test(leaf);
    return on(was.value) && !covered ? say("was removed", extended(old) === extended(now)) : [];
  }
  if (!is) return [];
  const [first, second] = [number(was?.value), number(is.value)];
  if (first !== undefined && second !== undefined)
    return (leaf === "errorLevel" ? second > first : second < first) ? say(`went from ${first} to ${second}`) : [];
  if (/^(?:strict|standard)$/.test(was?.value ?? "") && /^(?:basic|off|standard)$/.test(is.value))
    return say(`went from ${was?.value ?? ""} to ${is.value}`);
  const off = /^(?:false|none|off|no|0)$/i.test(is.value);
  return off && !/^(?:false|none|off|no|0)$/i.test(was?.value ?? "") ? say("was turned off") : [];
}

/** Lists of rule codes that are left out or asked for. */
function codes({ leaf, path, was, is, file }: Pair): Loosened[] | undefined {
  if (
    !/ruff|flake8|pylint|mypy|golangci|setup\.cfg|pycodestyle|tox\.ini|phpstan|detekt|swiftlint/.test(`${file} ${path}`)
  )
    return undefined;
  const inner = /per-file-ignores|per_file_ignores/.test(path);
  if (CODES.test(leaf) || inner) {
    const tests = inner && /test|__init__|conftest/.test(path + (is?.value ?? ""));
    const fresh = (is?.items ?? []).filter((item) => !(was?.items ?? []).includes(item));
    return fresh.length > 0
      ? [{ what: `${path} leaves out ${fresh.slice(0, 3).join(", ")} now`, kind: "rule-loosened", loosens: !tests }]
      : [];
  }
  if (!SELECTS.test(leaf) || !was) return undefined;
  const wide = is?.items ?? [];
  const lost = was.items.filter((item) => !wide.some((other) => item.startsWith(other) || other === "ALL"));
  return lost.length > 0
    ? [{ what: `${path} no longer asks for ${lost.slice(0, 3).join(", ")}`, kind: "rule-loosened", loosens: true }]
    : [];
}
