/** What a command says less than before. */
export interface CommandChange {
  readonly what: string;
  readonly kind: "command-changed" | "exit-hidden" | "threshold-loosened" | "rule-loosened" | "test-focused";
  readonly loosens: boolean;
}

const RUNNERS =
  /^(?:jest|vitest|mocha|ava|tap|tape|jasmine|karma|playwright|cypress|wdio|uvu|node|bun|deno|tsx|ts-mocha|qunit|c8|nyc|pytest|py\.test|tox|nox|unittest|nose2|cargo|go|gotestsum|rspec|rails|rake|minitest|phpunit|pest|paratest|mvn|mvnw|gradle|gradlew|dotnet|mix|swift|flutter|dart|ctest|web-test-runner|wtr|lab|zora|bats|behave|stryker)$/;
const LINTERS =
  /^(?:eslint|oxlint|biome|prettier|oxfmt|tsc|vue-tsc|tsgo|svelte-check|standard|xo|tslint|stylelint|knip|publint|attw|ruff|flake8|pylint|mypy|pyright|basedpyright|ty|black|isort|bandit|clippy|rustfmt|gofmt|golangci-lint|staticcheck|rubocop|standardrb|phpstan|psalm|phpcs|pint|php-cs-fixer|credo|dialyzer|ktlint|detekt|checkstyle|spotless|shellcheck|markdownlint|markdownlint-cli2|tsd|expect-type|dtslint|rome|deno)$/;
const WRAPPERS =
  /^(?:npx|pnpx|bunx|exec|time|cross-env|cross-env-shell|env|dotenv|dotenvx|sudo|poetry|pipenv|uv|hatch|pdm|rye|bundle|run|--|xvfb-run|corepack|c8|nyc|coverage|turbo|nx|lerna|@|-)$/;
const NOTHING = /^(?:echo\b[^&|;]*|true|:|exit 0|exit|)$/;
/** No command line is longer; the rest of a hostile one is not read. */
const LONGEST_COMMAND = 20_000;
const HIDES =
  /\|\|\s*(?:true\b|:(?=\s|$)|exit 0\b|echo\b|\/bin\/true)|;\s*(?:true|:|exit 0)\s*$|(?:^|[\s;&])set \+e\b|--exit-zero\b|--exit-0\b|\|\|\s*\(?exit 0/;

/** Flags that leave tests or findings out; the value says why. */
const LEAVES_OUT: readonly [RegExp, string][] = [
  [/--pass-?with-?no-?tests\b(?!=false)/i, "which passes without tests"],
  [
    /--(?:testPathIgnorePatterns|exclude|ignore-glob|ignore|deselect|skip|skip-tests?|ignore-pattern|exclude-task|exclude-group)\b/,
    "which leaves some out",
  ],
  [
    /(?:^|\s)(?:-k|-m|-run|-skip|--grep|-g|-t|--testNamePattern|--test-name-pattern|--test-only|--fgrep|-f(?=\s+["'])|--filter|--tests|--only|--only-changed|--onlyChanged|--changed|--lf|--last-failed|--shard|--test-skip-pattern|--findRelatedTests|--related)\b/,
    "which runs only some",
  ],
  [
    /(?:^|\s)(?:-u|--update-?snapshots?|--snapshot-update|--test-update-snapshots)\b|\b(?:UPDATE_SNAPSHOTS?|INSTA_UPDATE|UPDATE_EXPECT)=/i,
    "which writes the snapshots anew",
  ],
  [/(?:^|\s)(?:--retries|--retry|--reruns)\b/, "which repeats what fails"],
  [
    /--(?:no-verify|skip-checks|no-error-on-unmatched-pattern|quiet|no-error|no-bail-on-fail|skip-lint|noErrors|no-fail|allow-only|dry-run|list-tests|listTests|collect-only|no-run)\b|-DskipTests|-Dmaven\.test\.(?:skip|failure\.ignore)|--continue\b(?=.*gradle)|-x test\b/,
    "which lets failures pass",
  ],
];

/** The names of scripts, targets and jobs that check something. */
export function isCheckName(name: string): boolean {
  return /(?:^|[:_.-])(?:pre|post)?(?:tests?|spec|specs|lint|linter|check|checks|types?|typecheck|type-check|tsc|build|compile|ci|verify|validate|e2e|unit|integration|coverage|cov|format|fmt|qa|vet|clippy|audit|all|ok|prepublishOnly|prepush)(?:[:_.-]|$)/i.test(
    name,
  );
}

/** Whether a command line checks something, whatever its name. */
export function isCheckCommand(command: string): boolean {
  return segments(command).some((part) => {
    const program = programOf(part);
    if (/^(?:npm|pnpm|yarn|bun|make|just|task|turbo|nx)$/.test(program.name))
      return /\b(?:test|lint|check|build|types?|typecheck|ci|verify)\b/.test(part);
    return (
      (LINTERS.test(program.name) || RUNNERS.test(program.name)) &&
      (isTool(program.name) || /\b(?:test|vet|check|clippy|lint|fmt|build|verify)\b|--test\b/.test(part))
    );
  });
}

/** Compares two command lines of one name. Both are expanded: what they call by name stands in them. */
export function compareCommands(before: string, after: string): CommandChange[] {
  const was = clean(before);
  const now = clean(after);
  if (was === now) return [];
  if (NOTHING.test(was)) return [];
  if (segments(now).every((part) => NOTHING.test(part)))
    return [{ what: "runs nothing now", kind: "command-changed", loosens: true }];
  const found: CommandChange[] = [];
  const hides = HIDES.exec(now)?.[0];
  if (hides && !HIDES.test(was))
    found.push({ what: `hides its exit code: \`${hides.trim()}\``, kind: "exit-hidden", loosens: true });
  for (const [pattern, why] of LEAVES_OUT) {
    const flags = [...now.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(([flag]) => flag.trim());
    const own = flags.filter((flag) => !hasFlag(was, flag));
    const more = flags.length > [...was.matchAll(new RegExp(pattern, `${pattern.flags}g`))].length;
    const flag = own[0] ?? (more ? flags[0] : undefined);
    if (flag && !isHarmless(now, flag))
      found.push({
        what: `got \`${flag}\`, ${why}`,
        kind: flag === "--only" ? "test-focused" : "command-changed",
        loosens: true,
      });
  }
  const limit = warnings(was);
  const limitNow = warnings(now);
  if (limit !== undefined && (limitNow === undefined || limitNow > limit))
    found.push({
      what: `allows ${limitNow ?? "any number of"} warnings instead of ${limit}`,
      kind: "threshold-loosened",
      loosens: true,
    });
  const floor = coverageOf(was);
  const floorNow = coverageOf(now);
  if (floor !== undefined && (floorNow ?? 0) < floor)
    found.push({
      what: `asks for ${floorNow ?? "no"} % coverage instead of ${floor}`,
      kind: "threshold-loosened",
      loosens: true,
    });
  found.push(...programs(was, now));
  if (found.length === 0) found.push({ what: "was changed", kind: "command-changed", loosens: false });
  return found;
}

/** Programs that no longer run, or run on fewer files. */
function programs(was: string, now: string): CommandChange[] {
  const old = segments(was)
    .map(programOf)
    .filter(({ name }) => name !== "");
  const own = segments(now).map(programOf);
  const found: CommandChange[] = [];
  for (const one of old) {
    if (!isChecker(one)) continue;
    const same =
      own.find((other) => other.name === one.name && other.verb === one.verb) ??
      own.find((other) => other.name === one.name);
    if (same) {
      const narrowed = narrower(one, same);
      if (narrowed) found.push({ what: narrowed, kind: "command-changed", loosens: true });
      continue;
    }
    const sort = LINTERS.test(one.name) ? LINTERS : RUNNERS;
    const other = own.find(
      (candidate) =>
        sort.test(candidate.name) && !old.some((known) => known.name === candidate.name) && isChecker(candidate),
    );
    found.push({
      what: other ? `runs ${other.name} instead of ${one.name}` : `no longer runs ${one.name}`,
      kind: "command-changed",
      loosens: other === undefined,
    });
  }
  if (
    old.length > 0 &&
    !old.some(isChecker) &&
    old.every((one) => !own.some((other) => other.name === one.name)) &&
    !own.some(isChecker)
  )
    found.push({ what: `no longer runs ${old[0]?.name ?? "what it ran"}`, kind: "command-changed", loosens: true });
  return found;
}

interface Program {
  readonly name: string;
  /** `test` in `go test`, `cargo test`. */
  readonly verb: string;
  readonly files: readonly string[];
}

function isTool(name: string): boolean {
  return !/^(?:node|bun|deno|tsx|go|cargo|rails|rake|mvn|mvnw|gradle|gradlew|dotnet|mix|swift|flutter|dart)$/.test(
    name,
  );
}

function isChecker(one: Program): boolean {
  if (!LINTERS.test(one.name) && !RUNNERS.test(one.name)) return false;
  return (
    isTool(one.name) || /^(?:test|--test|vet|check|clippy|build|lint|fmt|verify|--run|analyze|--check)$/.test(one.verb)
  );
}

function narrower(one: Program, other: Program): string | undefined {
  if (one.verb !== other.verb && !isTool(one.name)) return `no longer runs ${one.name} ${one.verb}`.trim();
  if (other.files.length === 0 || one.name === "tsc") return undefined;
  const covers = (file: string) => other.files.some((wide) => file === wide || broader(wide, file));
  if (one.files.length === 0)
    return RUNNERS.test(one.name) ? `runs only ${other.files.slice(0, 3).join(" ")}` : undefined;
  const lost = one.files.find((file) => !covers(file));
  return lost ? `no longer runs on ${lost}` : undefined;
}

/** Whether one path or pattern takes in another, by what stands before its first star. */
function broader(wide: string, file: string): boolean {
  if (wide === "." || wide === "./..." || wide === "./") return true;
  const fixed = wide.replace(/^\.\//, "").replace(/[*{].*$/, "");
  const other = file.replace(/^\.\//, "");
  return (
    other.startsWith(fixed) &&
    (/[*{]/.test(wide)
      ? /[*{]/.test(other) || other.endsWith("/") || true
      : fixed.endsWith("/") || other.charAt(fixed.length) === "/")
  );
}

function segments(command: string): string[] {
  return command
    .split(/&&|\|\||[;|\n]|\s&\s/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function programOf(part: string): Program {
  const words = part
    .replace(/["'`()]/g, " ")
    .split(/\s+/)
    .filter((word) => word !== "");
  let at = 0;
  let python = false;
  for (; at < words.length; at++) {
    const word = words[at] ?? "";
    if (/^[A-Z_][A-Z0-9_]*=|^-/.test(word)) continue;
    if (/^python[\d.]*$/.test(word)) python = true;
    else if (!WRAPPERS.test(word) || words.length === at + 1) break;
  }
  let name = (words[at] ?? "").replace(/^@+|^-+/, "").replace(/^.*\//, "");
  if (python && name === "") name = "python";
  const rest = words.slice(at + 1);
  const verb = isTool(name)
    ? ""
    : (rest.find((word) => /^(?:test|--test|vet|check|clippy|build|lint|fmt|verify|analyze|--check|run)$/.test(word)) ??
      rest[0] ??
      "");
  return { name, verb, files: positional(rest, verb) };
}

/** Arguments that name files. A value of a flag is told by its flag. */
function positional(words: readonly string[], verb: string): string[] {
  const found: string[] = [];
  for (const [index, word] of words.entries()) {
    if (word.startsWith("-") || word === verb) continue;
    const flag = words[index - 1] ?? "";
    if (
      /^--?[\w-]+$/.test(flag) &&
      /^(?:-c|--config|-p|--project|-r|--require|--import|--loader|--ext|-o|--out\w*|--reporter|-R|--cov|--cov-report|-n|--timeout|--max-warnings|--ignore\w*|--exclude|--format|-f|-k|-m|-t|-g|--grep|--rootdir|--env|--setup\w*|--test-reporter\w*|--test-concurrency)$/.test(
        flag,
      )
    )
      continue;
    if (/[/*.]|^(?:src|test|tests|spec|lib|packages|app)$/.test(word) && !/^\d/.test(word)) found.push(word);
  }
  return found;
}

/** Commands in one form: line continuations joined, spaces single. */
function clean(command: string): string {
  return command
    .replace(/\\\n/g, " ")
    .replace(/[ \t]+/g, " ")
    .trim()
    .slice(0, LONGEST_COMMAND);
}

function hasFlag(command: string, flag: string): boolean {
  return command.includes(flag);
}

/** `-m pytest` of Python, `-t` of tsc and `-u` of others are no filters. */
function isHarmless(command: string, flag: string): boolean {
  if (flag === "-m") return /python[\d.]* -m\b/.test(command) && (command.match(/ -m\b/g)?.length ?? 0) < 2;
  if (flag === "-t" || flag === "-u" || flag === "-g")
    return !/\b(?:jest|vitest|ava|mocha|tap|bun|deno|playwright|node|cypress)\b/.test(command);
  if (flag === "--filter")
    return /\b(?:pnpm|turbo|yarn|bun)\b/.test(command) && !/\b(?:vitest|phpunit|dotnet)\b/.test(command);
  if (flag === "--skip") return false;
  return flag === "--ignore" && !/pytest|prettier|black|ruff/.test(command);
}

function warnings(command: string): number | undefined {
  const found = /--max-warnings[= ](-?\d+)/.exec(command)?.[1];
  if (found === undefined) return /--deny-warnings|-D warnings|--Werror|-Werror/.test(command) ? 0 : undefined;
  return Number(found) < 0 ? Infinity : Number(found);
}

function coverageOf(command: string): number | undefined {
  const found = [
    ...command.matchAll(
      /--(?:cov-fail-under|fail-under|fail-under-lines|lines|branches|functions|statements|check-coverage|test-coverage-lines|test-coverage-branches|test-coverage-functions|coverage\.thresholds\.\w+)[= ](\d{1,3})/g,
    ),
  ];
  return found.length === 0 ? undefined : Math.min(...found.map((match) => Number(match[1])));
}
