import type { Claim, ClaimKind } from "../sdk/index.ts";
import { type Found, namesCheck } from "./claims-checks.ts";
import { type Clause, type Reading, readStatement } from "./claims-clauses.ts";
import { dependencyOf } from "./claims-dependency.ts";
import { readKinds } from "./claims-rules.ts";
import { NOT } from "./claims-states.ts";
import { announcesNoClaim, readStatements, type Statement } from "./claims-text.ts";
import { subjectOf } from "./claims-words.ts";

/** What is checked when nobody claimed anything checkable. */
export const NO_CLAIM: Claim = {
  text: "no regression against the base",
  kind: "no-regression",
  about: [],
  files: [],
  names: [],
};

const MOST_CLAIMS = 20;

/**
 * Turns what a person or an agent wrote (a sentence, a commit message, a PR description, the last message of a session) into
 * at most 20 claims, by rules and in the order of the text. Never empty: without anything checkable it is `NO_CLAIM`; a bare
 * "done" or "implemented the task" is the same kind with its own words. English only: other languages give `NO_CLAIM`.
 * What is denied, planned, asked, possible, conditional or told of the past is no claim; a weak assertion ("should pass") is.
 */
export function splitClaims(text: string): Claim[] {
  const statements = readStatements(text).filter((statement) => !foreign(statement.text));
  const readings = statements.map((statement) => ({ statement, reading: readStatement(statement.text) }));
  const alone = readings.flatMap(({ reading }) => reading.sentences).length === 1;
  const claims: Claim[] = [];
  let done: string | undefined;
  for (const { statement, reading } of readings) {
    if (reading.label && !statement.checked && announcesNoClaim(reading.label.text)) continue;
    for (const clause of reading.sentences.flat()) if (isDone(clause)) done ??= clause.text;
    claims.push(...claimsOf(reading, statement, { alone }));
  }
  const merged = unique(claims.filter(({ text }) => text !== ""));
  if (merged.length === 0) {
    const other =
      done === undefined ? readings.flatMap(({ reading }) => reading.sentences.flat()).find(isStatement) : undefined;
    if (other) return [{ ...NO_CLAIM, kind: "unknown", text: other.text.slice(0, 300) }];
    return [done === undefined ? NO_CLAIM : { ...NO_CLAIM, text: done }];
  }
  return fewest(merged);
}

function claimsOf(reading: Reading, statement: Statement, { alone }: { alone: boolean }): Claim[] {
  const out: Claim[] = [];
  let before = reading.label?.bare ?? "";
  let head = reading.label;
  let role = statement.role;
  for (const clauses of reading.sentences) {
    for (const clause of clauses) {
      const { checked } = statement;
      const ticked = checked && reading.sentences.length === 1 && clauses.length === 1;
      const found = isDone(clause) ? [] : read(clause, { before, checked: ticked, alone, role, head });
      const fix = out.at(-1);
      if (fix?.kind === "fixed" && tellsOfFix(found, clause))
        out[out.length - 1] = { ...fix, text: `${fix.text}; ${clause.text}` };
      else if (found.length > 0) out.push(...found.map((own) => claim(own, { clause, head, reading })));
      if (namesCheck(clause.bare)) before = clause.bare;
      if (found.length > 0) head = undefined;
      role = undefined;
    }
    role = statement.role === "chore" || statement.role === "docs" ? statement.role : undefined;
  }
  return out;
}

/** "Reviewed and approved by the team": asserted of others, and no check tells whether it is so. */
function isStatement({ bare }: Clause): boolean {
  return /^\w+(?:ed|en)(?: and \w+(?:ed|en))* by\b/.test(bare) && !NOT.test(bare);
}

/** "Fixed x; a is b now": the second part says in other words what was fixed. */
function tellsOfFix(found: readonly Found[], { bare }: Clause): boolean {
  return found.length === 1 && found[0]?.kind === "unknown" && /\b(?:is|are|gives?|returns?) \b.*\bnow\b/.test(bare);
}

function read(
  clause: Clause,
  how: { before: string; checked: boolean; alone: boolean; role: Statement["role"]; head: Clause | undefined },
): Found[] {
  const { before, checked, alone, role, head } = how;
  const context = { before, checked, alone };
  if (dependencyOf(clause.text, { deps: role === "deps" })) return [{ kind: "dependency-updated" }];
  const found = readKinds(clause.bare, role === undefined ? context : { ...context, role });
  if (found.length > 0 || !head || role !== undefined) return found;
  return readKinds(`${head.bare}: ${clause.bare}`, { ...context, before: "", alone: false });
}

function claim(found: Found, how: { clause: Clause; head: Clause | undefined; reading: Reading }): Claim {
  const { clause, head, reading } = how;
  const { about, files, names } = subjectOf(head ? `${head.masked}: ${clause.masked}` : clause.masked, reading.spans);
  const own = OWN_WORDS[found.kind];
  const dependency = found.kind === "dependency-updated" ? dependencyOf(clause.text, { deps: true }) : undefined;
  const text = [head?.text ?? "", clause.text].filter((part) => part !== "").join(": ");
  return {
    text: text.length > 300 ? `${text.slice(0, 299).replace(/[\uD800-\uDBFF]$/, "")}…` : text,
    kind: found.kind,
    about: own ? about.filter((word) => !own.test(word)) : about,
    files,
    names,
    ...(dependency ? { dependency } : {}),
    ...(found.all === undefined ? {} : { all: found.all }),
  };
}

const CHECKED =
  /^(?:tests?|testing|suites?|specs?|fail|failed|failures?|failing|0|errors?|warnings?|issues?|problems?|broken|npm|cases?|compilation|compiler|project|types?|type-?check(?:s|ing|er)?|typing|checks?|checking|typescript|tsc|lint|linter|linting|happy|results?|total)$/;
/** Words that only repeat what the kind says. */
const OWN_WORDS: Partial<Record<ClaimKind, RegExp>> = {
  "tests-pass": CHECKED,
  builds: CHECKED,
  "types-clean": CHECKED,
  "lint-clean": CHECKED,
  "dependency-updated": /^(?:dependenc(?:y|ies)|deps)$/,
  "nothing-else": /^(?:files?|code|anything|things?|parts?)$/,
};

/** "Done!", "All finished", "I've implemented the requested changes": said of the work as a whole. */
function isDone({ text }: Clause): boolean {
  const own = text
    .toLowerCase()
    .replace(/[^\p{L}' ]/gu, " ")
    .replace(/ +/g, " ")
    .trim();
  return DONE.test(own) || DONE_TASK.test(own);
}
const DONE =
  /^(?:(?:ok|okay|great|perfect|alright|and|it's|i'm|i am|we're|that's|that is|everything|everything's|all|the|this|these|your|my|work|job|task|tasks|changes?|implementation|feature|is|are|has been|have been|was|were|now|fully|successfully|been|completely) )*(?:done|finished|completed?|set|ready(?: (?:for review|to merge|to go|to ship|for merge))?|lgtm|shipped|implemented|good to go|in place)(?: (?:now|as requested|successfully|and (?:fully )?(?:ready(?: for review)?|tested|working|verified)))?$/;
const DONE_TASK =
  /^(?:(?:i|we|i've|we've|have|successfully|fully|now|just) )*(?:implement(?:ed)?|completed?|finish(?:ed)?|did|done|made|applied|addressed)(?: (?:all|the|your|my|of|everything|it|this|that|requested|required|necessary|needed|asked|for|you|as|with|changes?|tasks?|feature|request|requests|work|requirements?|job|described|whole|entire|implementation|ticket|and))*$/;

/** Sentences with function words of another language and hardly any of English. */
function foreign(text: string): boolean {
  const words =
    text
      .toLowerCase()
      .slice(0, 2000)
      .match(/\p{L}+/gu) ?? [];
  const other = words.filter((word) => OTHER.has(word)).length;
  return other > 0 && other > words.filter((word) => ENGLISH.has(word)).length;
}
const OTHER = new Set(
  "und ist nicht der das den dem ein eine wurde wurden mit für auf sind jetzt alle aber auch noch kein keine behoben le la les des est sont une dans avec pour pas ont été maintenant tous el los las una por que está están todos todas ya il lo della sono che tutti het een niet zijn os não são foi com para também jest są nie wszystkie".split(
    " ",
  ),
);
const ENGLISH = new Set(
  "the is are and a an to in of for now all it no not with on was were has have been from by this that its which when as at after i we".split(
    " ",
  ),
);

/** Equal claims once: same kind and subject, or the same words; "nothing else" says no more than "only `src/a.ts`". */
function unique(claims: readonly Claim[]): Claim[] {
  const seen = new Set<string>();
  const scoped = claims.some(({ kind, about }) => kind === "nothing-else" && about.length > 0);
  return claims.filter(({ text, kind, about, all, dependency }) => {
    if (kind === "nothing-else" && about.length === 0 && scoped) return false;
    const subject =
      kind === "unknown" ? text.toLowerCase() : kind === "no-regression" ? "" : [...about].sort().join(" ");
    const key = JSON.stringify([kind, subject, all, dependency]);
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}

/** The first 20; what no rule covers gives way first. */
function fewest(claims: readonly Claim[]): Claim[] {
  let spare = claims.filter(({ kind }) => kind === "unknown").length;
  let over = claims.length - MOST_CLAIMS;
  const kept = claims.toReversed().filter(({ kind }) => {
    if (over <= 0 || kind !== "unknown" || spare <= 0) return true;
    over -= 1;
    spare -= 1;
    return false;
  });
  return kept.toReversed().slice(0, MOST_CLAIMS);
}
