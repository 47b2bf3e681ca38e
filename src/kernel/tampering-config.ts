import type { Tampering } from "../sdk/index.ts";
import { type Change, diffOf } from "./tampering-change.ts";
import { looserRule } from "./tampering-rules.ts";
import { narrowedPatterns, widenedIgnores } from "./tampering-patterns.ts";
import { compareCommands } from "./tampering-commands.ts";
import { isCiFile, isRunnerConfig } from "./tampering-paths.ts";
import { type Loosened, type Pair, readSettings, type Setting, type Settings } from "./tampering-settings.ts";

const MIXED: readonly [RegExp, RegExp][] = [
  [
    /(?:^|\/)package\.json$/,
    /^(?:jest|mocha|ava|nyc|c8|vitest|eslintConfig|eslintIgnore|xo|tap|tape|standard|stylelint|prettier|wireit|nx|playwright|bun)\b/,
  ],
  [
    /(?:^|\/)pyproject\.toml$/,
    /^tool\.(?:pytest|coverage|ruff|mypy|pyright|basedpyright|pylint|flake8|tox|nox|black|isort|bandit)\b/,
  ],
  [/(?:^|\/)setup\.cfg$/, /^(?:tool:pytest|coverage|flake8|mypy|pylint|pycodestyle|isort)/],
  [/(?:^|\/)Cargo\.toml$/, /^(?:workspace\.)?lints\b|\.(?:test|doctest|harness)$|^(?:lib|test)\b/],
  [/(?:^|\/)composer\.json$/, /^$/],
];

/** Changes of what decides how checks run: patterns, retries, thresholds, lint rules, strictness. */
export function findConfigTampering(changes: readonly Change[]): Tampering[] {
  return changes.flatMap((change) => {
    const { path, from = path } = change.file;
    if (/^(?:.*\/)?\.lodestar\//.test(path) || /^(?:.*\/)?\.lodestar\//.test(from)) return [judgeChanged(change)];
    const keys = MIXED.find(([name]) => name.test(path))?.[1];
    if (!keys && (!isRunnerConfig(from) || isCiFile(from) || COMMANDS.test(from))) return [];
    if (change.file.status === "deleted" || (change.file.status === "renamed" && !keys && !isRunnerConfig(path)))
      return keys ? [] : deleted(change, changes);
    if (change.file.status === "added" || !change.before || !change.after) return [];
    return compareFile(change, keys);
  });
}

/** Files of targets and steps, which are compared command by command. */
const COMMANDS =
  /(?:^|\/)(?:[Mm]akefile|GNUmakefile|[\w.-]+\.mk|\.?[Jj]ustfile|Taskfile[\w.]*\.ya?ml|noxfile\.py|conftest\.py)$|^\.husky\/|(?:^|\/)(?:lefthook|\.pre-commit-config)\.ya?ml$/;

function judgeChanged(change: Change): Tampering {
  const { file, before, after } = change;
  return {
    what: `${file.path} was ${file.status}: it decides how Lodestar checks this repository`,
    kind: "judge-changed",
    file: file.path,
    line: 1,
    diff: diffOf(before?.text.split("\n") ?? [], after?.text.split("\n") ?? []),
    loosens: true,
  };
}

function deleted(change: Change, changes: readonly Change[]): Tampering[] {
  const { path, from = path } = change.file;
  const lint = LINT.test(from);
  const follower = changes.find(
    ({ file }) =>
      file.status === "added" && isRunnerConfig(file.path) && LINT.test(file.path) === lint && !isCiFile(file.path),
  );
  const lists = from.endsWith("ignore");
  return [
    {
      what: `${from} was deleted${follower ? `; ${follower.file.path} came` : ""}`,
      kind: lint ? "rule-loosened" : "runner-config",
      file: path,
      line: 1,
      diff: diffOf(change.before?.text.split("\n").slice(0, 20) ?? [], []),
      loosens: follower === undefined && !lists && !/prettier/.test(from),
    },
  ];
}

const LINT =
  /eslint|oxlint|biome|tsconfig|ruff|flake8|mypy|pyright|pylint|rubocop|phpstan|psalm|clippy|golangci|tslint|stylelint|credo|knip/;

function compareFile(change: Change, keys: RegExp | undefined): Tampering[] {
  const { file, before, after } = change;
  if (!before || !after) return [];
  if (IGNORE_FILE.test(file.path)) return ignoreFile(change);
  const old = readSettings(before.path, before.text);
  const now = readSettings(after.path, after.text);
  const found: Tampering[] = [];
  let changed: Setting | undefined;
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    if (keys && !keys.test(path)) continue;
    const was = old.get(path);
    const is = now.get(path);
    if (was?.value === is?.value) continue;
    changed ??= is ?? was;
    const pair: Pair = { path, leaf: leafOf(path), file: file.path, ...(was ? { was } : {}), ...(is ? { is } : {}) };
    if (movedInto(pair, old, now)) continue;
    for (const one of judgePair(pair, { old, now })) found.push(finding(change, pair, one));
  }
  if (found.length > 0 || !changed || keys) return found;
  const pair: Pair = {
    path: changed.path,
    leaf: "",
    file: file.path,
    ...(now.has(changed.path) ? { is: changed } : { was: changed }),
  };
  return [
    finding(change, pair, {
      what: `${changed.path} was changed`,
      kind: LINT.test(file.path) ? "rule-loosened" : "runner-config",
      loosens: false,
    }),
  ];
}

const IGNORE_FILE = /(?:^|\/)\.\w+ignore$|(?:^|\/)\.rspec$/;

function ignoreFile(change: Change): Tampering[] {
  const lines = (text: string | undefined) =>
    (text ?? "")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"));
  const known = new Set(lines(change.before?.text));
  const fresh = lines(change.after?.text).filter((line) => !known.has(line));
  const [wide] = widenedIgnores([...known], [...known, ...fresh]);
  const options = change.file.path.endsWith(".rspec")
    ? fresh.filter((line) => /--(?:tag|example|pattern|exclude|dry-run|only)/.test(line))
    : [];
  const said = options[0] ?? (change.file.path.endsWith(".rspec") ? undefined : wide);
  if (!said || /prettier/.test(change.file.path)) return [];
  const line = (change.after?.text ?? "").split("\n").findIndex((text) => text.trim() === said) + 1;
  return [
    {
      what: `${change.file.path} leaves out ${said} now`,
      kind: "rule-loosened",
      file: change.file.path,
      line,
      diff: `+${said}`,
      loosens: true,
    },
  ];
}

/** The same key and value under another parent: settings that were regrouped. */
function movedInto({ leaf, was, is }: Pair, old: Settings, now: Settings): boolean {
  const [one, there, here] = was && !is ? [was, now, old] : is && !was ? [is, old, now] : [];
  if (!one || !there || !here) return false;
  for (const [path, other] of there)
    if (leafOf(path) === leaf && other.value === one.value && !here.has(path)) return true;
  return false;
}

function judgePair(pair: Pair, sides: { old: Settings; now: Settings }): Loosened[] {
  const { leaf, was, is, path } = pair;
  if (/^(?:addopts|commands|args|argv|node-arg|node_args)$/.test(leaf) && (was ?? is)) {
    const own = compareCommands(`pytest ${was?.value ?? ""}`, `pytest ${is?.value ?? ""}`);
    return own.map((one) => ({
      ...one,
      what: `${path} ${one.what}`,
      kind: one.kind === "command-changed" ? "runner-config" : one.kind,
    }));
  }
  return [...looserRule(pair, sides), ...narrowedPatterns(pair), ...switches(pair)];
}

const TRUE = /^(?:true|yes|on|1)$/i;

/** Switches of runners, each with the state that lets more through. */
function switches({ leaf, was, is, path }: Pair): Loosened[] {
  const say = (what: string, kind: Loosened["kind"] = "runner-config", loosens = true): Loosened[] => [
    { what: `${path} ${what}`, kind, loosens },
  ];
  const value = is?.value ?? "";
  const on = TRUE.test(value) && !TRUE.test(was?.value ?? "");
  const off = /^(?:false|no|off|0)$/i.test(value) && !/^(?:false|no|off|0)$/i.test(was?.value ?? "");
  if (
    /^(?:passWithNoTests|pass-with-no-tests|allowOnly|dangerouslyIgnoreUnhandledErrors|allowUncaught|allow-uncaught|ignore_errors|ignore_failures|allow-empty|allowEmptySuite|disabled|dryRun|dry-run|ignore_outcome|skip-full|allow-incomplete-coverage|testFailureIgnore)$/.test(
      leaf,
    ) &&
    on
  )
    return say("was turned on");
  if (
    leaf === "forbidOnly" ||
    leaf === "forbid-only" ||
    leaf === "forbidPending" ||
    leaf === "failWithoutAssertions" ||
    leaf === "failZero" ||
    leaf === "check-leaks" ||
    leaf === "xfail_strict" ||
    /^failOn(?!Snapshot)|^fail-on|^beStrict/.test(leaf)
  )
    return off || (was && TRUE.test(was.value) && !is) ? say("was turned off") : [];
  if (/^(?:collectCoverage|check-coverage|checkCoverage)$/.test(leaf) || path.endsWith("coverage.enabled"))
    return off || (was && TRUE.test(was.value) && !is && leaf !== "collectCoverage")
      ? say("was turned off", "threshold-loosened")
      : [];
  if (/^(?:retry|retries|reruns|jest-?retry|runMode|flaky_test_retries)$/.test(leaf))
    return numberIn(value) > numberIn(was?.value ?? "0") ? say(`went from ${was?.value ?? "0"} to ${value}`) : [];
  if (/^(?:testRunner|runner|pool_runner|resolver|testEnvironment)$/.test(leaf) && is && leaf !== "testEnvironment")
    return /^\.|\//.test(value) ? say(`is ${value} now`) : say(`is ${value} now`, "runner-config", false);
  if (
    /^(?:setupFiles|setupFilesAfterEnv|globalSetup|globalTeardown|require|moduleNameMapper|reporters?|plugins|-p)$/.test(
      leaf,
    )
  )
    return say("was changed", "runner-config", false);
  if (/^(?:harness|test|doctest)$/.test(leaf) && off) return say("was turned off");
  if (/^(?:testNamePattern|grep|grepInvert|tags|markers?_filter|fgrep)$/.test(leaf) && is && value !== "")
    return say(`runs only some: ${value}`);
  return [];
}

function numberIn(value: string): number {
  return Math.max(0, ...[...value.matchAll(/\d+/g)].map(([digits]) => Number(digits)));
}

function leafOf(path: string): string {
  return (path.split(".").at(-1) ?? "").replace(/#\d+$/, "");
}

function finding(change: Change, { was, is }: Pair, one: Loosened): Tampering {
  const old = change.before?.text.split("\n") ?? [];
  const now = change.after?.text.split("\n") ?? [];
  const pick = (lines: string[], line: number | undefined) => (line === undefined ? [] : lines.slice(line - 1, line));
  return {
    ...one,
    file: change.file.path,
    line: is?.line ?? was?.line ?? 1,
    diff: diffOf(pick(old, was?.line), pick(now, is?.line)),
  };
}
