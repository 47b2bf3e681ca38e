import type { Tampering } from "../sdk/index.ts";
import { type Change, diffOf, linesOf, quoted } from "./tampering-change.ts";
import { isFixture, isRunnerConfig, isSnapshot } from "./tampering-paths.ts";
import { readSuite } from "./tampering-suite.ts";
import { lineAt, normal, type Source } from "./tampering-text.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly why: string;
  /** Honest inside a single test, which restores it: only outside every case it touches the others. */
  readonly outside?: boolean;
}

const RULES: readonly Rule[] = [
  {
    pattern:
      /\bprocess\.exit\(\s*0?\s*\)|\bprocess\.exitCode\s*=\s*0\b|\bprocess\.reallyExit\b|\bDeno\.exit\(\s*0?\s*\)/g,
    why: "ends the run as green",
  },
  {
    pattern:
      /\b(?:sys\.exit|os\._exit|quit)\(\s*0?\s*\)|\bos\.Exit\(\s*0\s*\)|\b(?:std::)?process::exit\(\s*0\s*\)|\bexit!?\(\s*0\s*\)|\bSystem\.exit\(\s*0\s*\)|\bEnvironment\.Exit\(\s*0\s*\)/g,
    why: "ends the run as green",
  },
  {
    pattern: /\bprocess\.exit\s*=(?!=)|\bObject\.defineProperty\(\s*process\s*,|\bsys\.exit\s*=(?!=)/g,
    why: "replaces how a run ends",
    outside: true,
  },
  {
    pattern:
      /\b(?:globalThis|global|window|self)(?:\.|\[\s*["'])(?:it|test|describe|expect|assert|beforeEach|afterEach|suite|specify)\b(?:["']\s*\])?\s*=(?!=)/g,
    why: "replaces a part of the test runner",
  },
  {
    pattern:
      /\bassert\.(?:equal|strictEqual|deepEqual|deepStrictEqual|ok|throws)\s*=(?!=)|\bexpect\.prototype\b|\bunittest\.TestCase\.\w+\s*=(?!=)/g,
    why: "replaces an assertion",
  },
  {
    pattern:
      /^[ \t]*(?:async[ \t]+)?def[ \t]+(?:pytest_runtest_makereport|pytest_collection_modifyitems|pytest_runtest_call|pytest_pyfunc_call|pytest_sessionfinish|pytest_report_teststatus|pytest_ignore_collect|pytest_runtest_protocol|pytest_deselected)\b/gm,
    why: "changes what pytest runs or reports",
  },
  {
    pattern: /\bsession\.exitstatus\s*=(?!=)|\b(?:report|rep|outcome)\.outcome\s*=(?!=)/g,
    why: "changes what pytest reports",
  },
];

const BUILT_IN =
  /^(?:to(?:Be|Equal|StrictEqual|BeTruthy|BeFalsy|BeDefined|Contain|Match|Throw|MatchObject|HaveLength|BeNull|HaveBeenCalled\w*))$/;

/** What makes a run end green, or its runner say what it did not see, in tests, their setup and runner configuration. */
export function findHiddenExits(change: Change): Tampering[] {
  const { file, after, before } = change;
  if (!after || isFixture(file.path) || isSnapshot(file.path)) return [];
  if (!change.test && !isRunnerConfig(file.path) && !isSetup(file.path)) return [];
  if (after.language === "hash") return [];
  const found: Tampering[] = [];
  let cases: { start: number; end: number }[] | undefined;
  for (const rule of RULES) {
    const known = new Map<string, number>();
    for (const { text } of hits(before, rule)) known.set(text, (known.get(text) ?? 0) + 1);
    for (const { text, at } of hits(after, rule)) {
      const count = known.get(text) ?? 0;
      if (count > 0) {
        known.set(text, count - 1);
        continue;
      }
      cases ??= readSuite(after).cases.map(({ one }) => one);
      const inside = rule.outside === true && cases.some((one) => at >= one.start && at < one.end);
      found.push(said(change, after, { at, what: `${quoted(text)} ${rule.why}`, loosens: !inside }));
    }
  }
  return [...found, ...overridden(change, after)];
}

function isSetup(path: string): boolean {
  return (
    /(?:^|[/._-])(?:set-?up|tear-?down|bootstrap|reporter|preload|hooks?)[\w.-]*\.(?:[cm]?[jt]sx?|py|rb|php)$/i.test(
      path,
    ) && /test|spec|jest|vitest|mocha|pytest|phpunit|setup|teardown/i.test(path)
  );
}

function hits(source: Source | undefined, rule: Rule): { text: string; at: number }[] {
  if (!source) return [];
  return [...source.code.matchAll(rule.pattern)].map((match) => ({
    text: source.text
      .slice(match.index, match.index + match[0].length)
      .trim()
      .replace(/\s*=$/, " ="),
    at: match.index,
  }));
}

/** `expect.extend({ toBe() {…} })`: a matcher of the runner's own that now means something else. */
function overridden(change: Change, after: Source): Tampering[] {
  const found: Tampering[] = [];
  const before = change.before?.code ?? "";
  for (const match of after.code.matchAll(/\bexpect\.extend\(\s*\{/g)) {
    const open = match.index + match[0].length - 1;
    const close = after.close[open] ?? -1;
    for (let at = open + 1; at < close; at++) {
      const end = after.close[at] ?? -1;
      if (end > at) at = end;
      const name = /^\w+/.exec(/[\w$]/.test(after.code[at - 1] ?? "") ? "" : after.code.slice(at, at + 40))?.[0];
      if (
        !name ||
        !BUILT_IN.test(name) ||
        new RegExp(`expect\\.extend[\\s\\S]{0,2000}?\\b${name}\\b`).test(before.slice(0, 50_000))
      )
        continue;
      found.push(
        said(change, after, {
          at,
          what: `the matcher ${name} was replaced by one of the repository's own`,
          loosens: true,
        }),
      );
    }
  }
  return found;
}

function said(change: Change, source: Source, how: { at: number; what: string; loosens: boolean }): Tampering {
  const start = how.at + (/^\s*/.exec(source.text.slice(how.at, how.at + 200))?.[0].length ?? 0);
  return {
    what: how.what,
    kind: "exit-hidden",
    file: change.file.path,
    line: lineAt(source, start),
    diff: diffOf([], linesOf(source, start, start + 1)),
    loosens: how.loosens,
  };
}

const DIRECTIVE =
  /(eslint-disable(?:-next-line|-line)?|oxlint-disable(?:-next-line|-line)?|biome-ignore(?:-all)?|@ts-ignore|@ts-nocheck|@ts-expect-error|tslint:disable\S*|stylelint-disable\S*|prettier-ignore|(?<=#\s{0,4})(?:type:\s*ignore|noqa|pylint:\s*disable|mypy:\s*ignore-errors|pyright:\s*ignore|ruff:\s*noqa|nosec)|(?<=\/\/\s?)(?:nolint|lint:ignore)|rubocop:disable|phpcs:(?:ignore|disable)|@phpstan-ignore\S*|@psalm-suppress|noinspection|NOSONAR|istanbul ignore|[cv]8 ignore|pragma:\s*no cover)([^\n*]{0,120})/g;
const ATTRIBUTE =
  /#!?\[\s*allow\(([^)\n]{0,120})\)\s*\]|@SuppressWarnings\(([^)\n]{0,120})\)|@Suppress\(([^)\n]{0,120})\)|\[SuppressMessage\(|^[ \t]*#pragma warning disable[^\n]{0,80}/gm;

/** Directives in product code, new in the change, that keep a linter or the type checker from speaking. */
export function findSuppressions(changes: readonly Change[]): Tampering[] {
  const known = new Map<string, number>();
  for (const { before } of changes)
    for (const { text } of before ? directives(before) : []) known.set(text, (known.get(text) ?? 0) + 1);
  const found: Tampering[] = [];
  for (const change of changes) {
    const { after, file } = change;
    if (
      !after ||
      change.test ||
      isRunnerConfig(file.path) ||
      /\.(?:md|mdx|txt|rst|lock)$|(?:^|\/)(?:dist|vendor|node_modules|generated)\//.test(file.path)
    )
      continue;
    for (const { text, at, word } of directives(after)) {
      const count = known.get(text) ?? 0;
      known.set(text, count - 1);
      if (count > 0) continue;
      const line = lineAt(after, at);
      found.push({
        what: `${quoted(text)} silences ${/ts-|type|pyright|mypy|phpstan|psalm/.test(word) ? "the type checker" : /istanbul|8 ignore|no cover/.test(word) ? "coverage" : "the linter"} here`,
        kind: "rule-loosened",
        file: file.path,
        line,
        diff: diffOf([], linesOf(after, at, at + 1)),
        loosens: word !== "prettier-ignore",
      });
    }
  }
  return found;
}

function directives(source: Source): { text: string; at: number; word: string }[] {
  const found: { text: string; at: number; word: string }[] = [];
  for (const match of source.text.matchAll(DIRECTIVE)) {
    if (source.kinds[match.index] !== 2 || !startsComment(source, match.index)) continue;
    const rest =
      (match[2] ?? "")
        .replace(/--.*|\*\/.*|\s#.*/, "")
        .trim()
        .split(/\s{2,}/)[0] ?? "";
    found.push({
      text: `${match[1] ?? ""}${rest === "" ? "" : rest.startsWith("[") || rest.startsWith(":") || rest.startsWith("(") ? rest : ` ${rest}`}`,
      at: match.index,
      word: match[1] ?? "",
    });
  }
  if (source.language !== "rs" && source.language !== "c") return found;
  for (const match of source.code.matchAll(ATTRIBUTE))
    found.push({ text: normal(source, match.index, match.index + match[0].length), at: match.index, word: "lint" });
  return found;
}

/** A directive opens its comment; a sentence that mentions one does not. */
function startsComment(source: Source, at: number): boolean {
  const before = source.text.slice(Math.max(0, at - 40), at);
  return (
    /(?:\/\/|\/\*+|#|<!--|\*)\s*(?:eslint-env\s*)?$/.test(before.replace(/#\s*$/, "#")) ||
    /#.{0,30}\s#\s*$/.test(before)
  );
}
