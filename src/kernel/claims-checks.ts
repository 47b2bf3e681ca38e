import type { ClaimKind } from "../sdk/index.ts";
import { mainOf } from "./claims-clauses.ts";

/** A kind that a rule saw in a clause. */
export interface Found {
  readonly kind: ClaimKind;
  readonly all?: boolean;
}

const AFTER =
  "(?! (?:scripts?|configs?|configuration|runners?|files?|folders?|director(?:y|ies)|coverage|outputs?|helpers?|rules?|fixtures?|data|utilit(?:y|ies)|times?|errors?|warnings?|names?|names?paces?|definitions?|annotations?|tools?|systems?|artifacts?|arg(?:ument)?s?|parameters?|functions?|in the code)\\b)";
const NOUNS: { kind: "tests-pass" | "builds" | "types-clean" | "lint-clean"; pattern: RegExp }[] = [
  {
    kind: "tests-pass",
    pattern: new RegExp(`\\b(?:tests?|testing|suites?|specs?|pytest|jest|vitest|mocha|unittest|rspec)\\b${AFTER}`),
  },
  {
    kind: "types-clean",
    pattern: new RegExp(
      `\\b(?:typechecks?|types?(?= cleanok)|types|typings?|tsc|typescript|mypy|pyright|type system|type checks?)\\b${AFTER}`,
    ),
  },
  {
    kind: "lint-clean",
    pattern: new RegExp(
      `\\b(?:lint|linter|linting|linters|lints|eslint|oxlint|biome|ruff|clippy|flake8|pylint|rubocop|stylelint|golangci-lint)\\b${AFTER}`,
    ),
  },
  { kind: "builds", pattern: new RegExp(`(?<!\\bto )\\b(?:builds?|compile|compiler|compilation|bundle)\\b${AFTER}`) },
];

/** How people say that a check is good, right after what is checked, with at most ten words between. */
const GOOD =
  "(?:pass(?:es|ed|ing)?|succeed(?:s|ed|ing)?|✅|cleanok|green|exit(?:s|ed)? (?:with )?(?:code |status )?0|(?:is|are|was|were|comes? (?:back|out|up)|came (?:back|out|up)|stays?|stayed|remains?|remained|looks?|goes|went|turns?|runs?|ran|finish(?:es|ed)?|complete[sd]?|end(?:s|ed)?|reports?|reported|shows?|executes?)(?: (?:now|all|both|still|fully|completely|entirely|perfectly|also|100 ?%|back to|again|to completion|done|very))*,? (?:green|clean(?:ly)?|ok|okay|fine|good|happy|successful(?:ly)?|cleanok|stable|error-free|without (?:a )?(?:errors?|problems?|issues?|complaints?)|at 100 ?%|✅)|(?:all |both |now )?(?:clean|ok|successful)$)";
const STATE = new RegExp(`(?<!\\bto )(?<!\\bto be )(?:^|[ :,(])${GOOD}(?![\\w-])`);
const WORKS = /\b(?:tests?|suite|builds?|compilation) (?:all |now |still )*works?\b/;
const VERBS: [RegExp, ClaimKind][] = [
  [
    /(?:^|\b(?:it|project|app|application|code|codebase|everything|package|packages|crate|solution|repo|workspace|library|binary|image|site|docs|now|still|also|all|frontend|backend|and|thecode|again|program|module|server|client) )(?:both |now |still |all |also )*(?:builds|compiles)(?: (?:again|cleanly|successfully|fine|ok|now|on|for|with|in|under|cleanok|too|and|without|✅)\b|,|$)/,
    "builds",
  ],
  [
    /\b(?:build|compilation|compile) (?:is |was )?(?:successful|succeeds?|ok)\b|\b(?:successful|clean|green) (?:production )?(?:build|compile)\b|^(?:thecode |the project )?compiled (?:successfully|cleanly|cleanok)/,
    "builds",
  ],
  [
    /\btype-?checks(?: (?:cleanly|fine|now|again|ok|cleanok|successfully|everywhere|too)\b|,|$)|\btypescript (?:now |still )*compiles\b|\bclean type-?check/,
    "types-clean",
  ],
  [/\blints (?:cleanly|fine|clean|ok|cleanok)\b|\bclean lint\b|\blint-(?:clean|free)\b/, "lint-clean"],
];
/** "Passes the tests array to the runner" hands something on. */
const HANDS_ON = /\bpass(?:es|ed|ing)? (?:[\w-]+ ){1,5}(?<!\b(?:thanks|according|due|up) )(?:to|into|through|along)\b/;
const RATIO =
  /(?<![\d./])(\d{1,6}) ?(?:\/|of|out of) ?(\d{1,6})(?: (?:unit |integration |e2e )?(?:tests?|specs?|cases))?(?=[ ,.:;)]|$)/;
const NO_SUCCESS =
  /\b(?:not|never|nor|neither|none|cannot|can't|unable|hardly|\w+n't|unverified|untested|fails?|failed|failing|failures?|fails|broken|red|blocked|with errors|has errors|have errors|no longer|timed? out|nothing)\b|\bno (?=tests?\b|suite\b|builds?\b)|(?<![\d.])[1-9]\d* (?:errors?|failures?|warnings?|problems?)\b|\bflaky\b/;
const CONDITION =
  /\b(?:if|once|unless|provided|assuming|as long as|until|except|excluding|apart from|other than|aside from|besides|only (?:when|after|with|on|if|in|under)|but (?:one|two|three|\d+|for)|with the exception|minus)\b/;
const PART =
  /\b(?:most|almost|nearly|partially|partly|mostly|some|several|many|a few|half)\b|(?<![\d.])\d{1,2}(?:\.\d+)? ?%/;
const OLD =
  /\b(?:pre-?existing|existed|already|unrelated|known|before|on main|on master|on the base|baseline|not (?:related|caused|introduced))\b/;

/**
 * Tests, build, types and lint that are said to be good. Weak assertions count ("should pass"); what is said to fail gives
 * nothing; a condition or a part ("if", "except one", "most") gives `unknown`, because nobody can check "most"; failures that
 * are said to be older than the change give `no-regression`.
 */
export function readChecks(bare: string, { before }: { before: string }): Found[] {
  if (
    OLD.test(bare) &&
    /\b(?:fail(?:s|ed|ing|ures?)?|errors?|flaky|except|other than|apart from|aside from)\b/.test(bare) &&
    !/\b(?:fix|fixed)\b/.test(bare)
  ) {
    const others =
      /\b(?:remaining|other|only|these|those|all|the|existing|except|apart from|other than|aside from|any|\d+|both|they|it|also|same)\b/.test(
        bare,
      );
    if (others && !/\bwas\b|\bwere failing\b/.test(mainOf(bare))) return [{ kind: "no-regression" }];
  }
  const kinds = kindsNamed(bare, before);
  if (kinds.length === 0) return [];
  if (NO_SUCCESS.test(bare.replace(/\b(?:\d+ (?:known|expected) fail\w*|selected)\b/g, ""))) return [];
  if (CONDITION.test(bare) || PART.test(bare)) return [{ kind: "unknown" }];
  return kinds.map((kind) => (kind === "tests-pass" ? { kind, all: wholeSuite(bare, before) } : { kind }));
}

/** Whether tests, build, types or lint are named, so that "they pass" can mean them later. */
export function namesCheck(bare: string): boolean {
  return NOUNS.some(({ pattern }) => pattern.test(bare));
}

function kindsNamed(bare: string, before: string): ClaimKind[] {
  const kinds = new Set<ClaimKind>();
  for (const [pattern, kind] of VERBS) if (pattern.test(bare)) kinds.add(kind);
  const ratio = RATIO.exec(bare);
  const counted = ratio !== null && /\b(?:pass(?:es|ed|ing)?|green|tests?|specs?|ok|✅)\b|✅/.test(`${before} ${bare}`);
  if (counted && ratio[1] !== ratio[2]) return [];
  const state = STATE.exec(bare) ?? WORKS.exec(bare);
  if (!state && !counted) return [...kinds];
  if (HANDS_ON.test(mainOf(bare))) return [];
  const own = NOUNS.filter(({ pattern }) => pattern.test(bare)).map(({ kind }) => kind);
  for (const kind of own) kinds.add(kind);
  if (own.length > 0 || kinds.size > 0) return dedupe(bare, kinds);
  if (
    counted ||
    /^(?:all |now |\d+ )*(?:tests? )?(?:pass(?:es|ed|ing)?)(?=$|[,.:;(]| (?:now|again|locally|on|in|with|cleanly|✅))|^\d+ (?:pass(?:ed|ing))\b|^(?:everything|all of them|they all|they|it all|all|both|it|which) (?:all |both |now |still )*(?:pass(?:es|ed|ing)?|is green|are green)\b/.test(
      bare,
    )
  ) {
    const earlier = NOUNS.filter(({ pattern }) => pattern.test(before)).map(({ kind }) => kind);
    if (earlier.length > 0) return earlier;
    return /^(?:it|which|passes|everything)\b|\bgreen\b/.test(bare) ? [] : ["tests-pass"];
  }
  if (bare.split(" ").length > 5) return [];
  return NOUNS.filter(({ pattern }) => pattern.test(before)).map(({ kind }) => kind);
}

/** "Lint tests pass", "the type tests": the head noun decides; `tsc build`, "compile types" keep both. */
function dedupe(bare: string, kinds: Set<ClaimKind>): ClaimKind[] {
  if (/\b(?:lint|types?|build) tests?\b/.test(bare)) kinds.delete("lint-clean");
  if (/\b(?:lint|types?|build) tests?\b/.test(bare) && !/\b(?:and|,)\b/.test(bare)) {
    kinds.delete("types-clean");
    kinds.delete("builds");
  }
  if (/\btypescript (?:build|compil\w+)\b/.test(bare)) kinds.delete(/build/.test(bare) ? "types-clean" : "builds");
  return [...kinds];
}

const NEUTRAL =
  /^(?:all|every|each|the|full|whole|entire|complete|existing|our|project|project's|repo's|repository's|still|also|npm|automated|test|of|now|and|successfully|passing|\d+|\d+\/\d+|local|locally|current|100%|✅|cleanok|green)$/;
const STOPS =
  /^(?:ran|run|runs|pass|passes|passed|passing|running|with|so|that|is|are|i|we|it|build|builds|lint|linter|types|typecheck|compilation|tsc|eslint|clippy|mypy|format|formatting|after|code|change|everything|ci|verified|confirmed|re-ran|reran|got|executed|result|results|thecode)$/;
const WHOLE_SCOPE =
  /^(?:(?:the|whole|entire|full|all|every|repo|repository|project|workspace|codebase|monorepo|packages|package|suite|ci|this|my|machine|locally|node|python|here|now|total|\d+|files|suites?|\d+(?:\.\d+)?m?s|seconds|s|ms|single|one|go|run)\b[,. ]*)+$/;

/** Whether every test is meant: nothing in front of "tests" or after it picks some of them. */
function wholeSuite(bare: string, before: string): boolean {
  const clause = bare.replace(/[():,;]|(?<=[a-z])[/+](?=[a-z])/g, (mark) => ` ${mark} `).replace(/ +/g, " ");
  const noun = /\b(?:tests?|suites?|specs?|pytest|jest|vitest|mocha|unittest|rspec)\b/.exec(clause);
  if (!noun)
    return (
      !/^(?:they|these|those|which|both|all of (?:them|these|those)|it)\b|^(?:all )?(?:now )?(?:pass|green)/.test(
        bare,
      ) || !narrowed(before)
    );
  const front = clause.slice(0, noun.index).trim().split(" ").toReversed();
  const after = clause.slice(noun.index + noun[0].length).trim();
  let every = false;
  for (const word of front) {
    if (word === "both") return after.includes(" and ") || after.includes(",");
    if (word === "" || STOPS.test(word) || /^[:,;()&+/]$/.test(word)) break;
    if (!NEUTRAL.test(word)) return false;
    every ||= word === "every" || word === "each";
  }
  if (
    noun[0] === "test" &&
    !every &&
    !/^(?:suites?|run|command|step|job|result|results|status|files|cases|cleanok)\b/.test(after)
  )
    return false;
  if (noun[0] === "suite" && /\btest suite for\b/.test(clause)) return false;
  const scope =
    /^(?:suites? |cases? |run |files )?(?:in|for|of|from|under|on|covering|about|around|added|inside|matching|tagged) (.*?)(?: (?:all|now|still|also|both|pass\w*|succeed\w*|is|are|was|were|stays?|remains?|cleanok|green|✅|:|\().*)?$/.exec(
      after,
    )?.[1];
  return scope === undefined || WHOLE_SCOPE.test(scope);
}

/** Whether what was said before is about some tests only: ones that were added, or that a word picks. */
function narrowed(before: string): boolean {
  if (before === "" || !/\b(?:tests?|specs?|suite|cases?)\b/.test(before)) return false;
  if (/\b(?:added|wrote|add|created|new|updated|cover|regression|write)\b/.test(before)) return true;
  return !wholeSuite(`${before} pass`, "");
}
