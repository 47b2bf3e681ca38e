import type { ChangedFile, CheckRun, Claim } from "../sdk/index.ts";
import { isUncaught } from "./judge.ts";
import { shared, shareWord, wordsOf } from "./relation.ts";
import { refuted, unprovable, verified } from "./verdict-checks.ts";
import { isRed, isTest, quoted, ran, sameIn, type Facts, type Said } from "./verdict-facts.ts";

/** All of them; "the failing test" is one, and which one the rest of the claim tells. */
const FAILING_TESTS = /\b(?:failing|red|broken) (?:unit |integration )?(?:tests|specs|suite)\b/i;

/**
 * "Fixed": a test or reproduction fails on the base and passes now. A test that was red on the base, has to do with the
 * claim and is still red refutes it. `only`: no other fix is claimed, so a test that separates the two needs not name it.
 */
export function fixed(claim: Claim, facts: Facts, { only }: { only: boolean }): Said {
  if (!facts.hasBase) return unprovable("There is no earlier commit on which the bug could be shown.");
  if (facts.changed.length === 0) return refuted("Nothing was changed against the base.");
  const words = wordsOf(...claim.about, ...claim.files, ...claim.names);
  const { separating, still } = compare(facts);
  const meant = still.filter((one) => isMeant(one, { claim, words, facts }));
  const closest = (names: readonly string[]) =>
    Math.max(-1, ...names.map((name) => shared(words, wordsOf(name, facts.cases.get(name) ?? ""))));
  const nearer = closest(separating) - closest(meant.map((one) => one.name));
  const isAll = words.size === 0 && FAILING_TESTS.test(claim.text);
  // What passes now may be what the claim means, and what is still red something beside it.
  if (meant.length > 0 && separating.length > 0 && nearer === 0 && !isAll)
    return unprovable(`${quoted(separating)} passes now, but ${quoted(meant.map((one) => one.name))} is still red.`);
  if (meant.length > 0 && (separating.length === 0 || nearer < 0 || isAll))
    return refuted(
      `${quoted(meant.map((one) => one.name))} failed on the base and still ${meant.length === 1 ? "fails" : "fail"}.`,
    );
  const loosened = facts.tampering.find((one) => one.loosens);
  if (loosened) return unprovable(`A green result rests on a loosened check: ${loosened.what} (${loosened.file}).`);
  if (separating.length === 0)
    return unprovable(
      facts.newTests?.some((one) => !ran(one))
        ? "The new tests cannot be run on the base, so they do not show that it had this bug."
        : "No test fails on the base and passes now; add one that shows the bug.",
    );
  const named = claim.names.length > 0 || claim.files.length > 0;
  const about = wordsOf(
    ...separating,
    ...separating.map((name) => facts.cases.get(name) ?? ""),
    ...facts.changed.map((one) => one.path),
    ...addedLines(facts),
  );
  const isThere = claim.names.some((name) =>
    facts.changed.some((file) => `${file.before}${file.after}`.includes(name.replace(/\(.*$/, ""))),
  );
  if ((named || !only) && words.size > 0 && !shareWord(words, about) && !isThere)
    return unprovable(`${quoted(separating)} fails on the base and passes now, but nothing ties it to this claim.`);
  return verified(
    `${quoted(separating)} ${separating.length === 1 ? "fails on the base and passes" : "fail on the base and pass"} now.`,
  );
}

interface Failing {
  readonly name: string;
  readonly file: string | undefined;
}

/** Tests that are red on the base and green on the subject, and those that are red on both: by the base's own version of them. */
export function compare(facts: Facts): { separating: string[]; still: Failing[] } {
  const separating: string[] = [];
  const still: Failing[] = [];
  for (const check of facts.subject.filter(isTest)) {
    const own = failing(check);
    const old = sameIn(facts.baseTests, check);
    const base = sameIn(facts.base, check);
    if (base && isRed(base) && base.failures.length > 0)
      for (const one of failing(base)) {
        const here = old && ran(old) ? old : check;
        if (!ran(here)) continue;
        if (here.failures.includes(one.name)) still.push(one);
        // It stopped somewhere else: whether this would pass now, nothing tells.
        else if (here.failures.some(isUncaught)) continue;
        else if (!old || ran(old)) separating.push(one.name);
      }
    else if (base && isRed(base) && base.failures.length === 0 && check.verdict === "fixed" && !facts.baseTests)
      separating.push(check.name);
    const news = sameIn(facts.newTests, check);
    if (news && isRed(news) && ran(check))
      for (const one of failing(news)) if (!own.some((other) => other.name === one.name)) separating.push(one.name);
  }
  return { separating: [...new Set(separating)], still };
}

function failing(check: CheckRun): Failing[] {
  return check.failures.map((name) => ({ name, file: check.evidence?.find((one) => one.test === name)?.file }));
}

/** Whether a test that is still red is what the claim says was fixed. */
function isMeant(
  one: Failing,
  { claim, words, facts }: { claim: Claim; words: ReadonlySet<string>; facts: Facts },
): boolean {
  const test = wordsOf(one.name, one.file ?? "", facts.cases.get(one.name) ?? "");
  if (words.size > 0) return shareWord(words, test);
  if (FAILING_TESTS.test(claim.text)) return true;
  // Nothing is named: the bug is where the change is.
  return facts.changed.some((file) => !facts.testFiles.has(file.path) && shareWord(wordsOf(stemOf(file)), test));
}

function stemOf({ path }: ChangedFile): string {
  return (path.split("/").at(-1) ?? path).replace(/\.\w+$/, "");
}

/** Lines of changed tests that the base does not have. */
function addedLines({ changed, testFiles }: Facts): string[] {
  return changed
    .filter((file) => testFiles.has(file.path))
    .flatMap((file) => {
      const before = new Set((file.before ?? "").split("\n"));
      return (file.after ?? "").split("\n").filter((line) => !before.has(line));
    });
}
