import type { CheckRun, Claim, ClaimKind, Tampering } from "../sdk/index.ts";
import { shareWord, wordsOf } from "./relation.ts";
import { isRed, isTest, plural, quoted, ran, sameIn, type Facts, type Said } from "./verdict-facts.ts";

const ADD_TESTS = "There is no test to run; add one, and a test script that runs it.";

/** Nothing that was green on the base is red now, shown by tests that say as much as the base's did. */
export function noRegression(facts: Facts, claim?: Claim): Said {
  if (!facts.hasBase) return unprovable("There is no earlier commit to compare with.");
  const broken = facts.subject.filter((one) => one.verdict === "new-failure");
  const [first] = broken.filter((one) => !facts.redByOldConfig.has(one.name));
  if (first) return refuted(newlyRed(first));
  const [configured] = broken;
  if (configured && hides(facts)) return refuted(`${newlyRed(configured)} The change hides it: ${hides(facts)?.what}.`);
  if (configured)
    return unprovable(`${configured.name} fails with the base's configuration of it and passes with the changed one.`);
  return (
    changedBehaviour(facts, claim) ??
    hidden(facts) ??
    unfinished(facts) ??
    shrunk(facts) ??
    nowFlaky(facts) ??
    verified(same(facts))
  );
}

/** A change of what decides how checks run, with which less of them is red. */
function hides({ tampering }: Facts): Tampering | undefined {
  return tampering.find((one) => one.loosens && HIDING.includes(one.kind));
}
const HIDING: readonly Tampering["kind"][] = ["runner-config", "command-changed", "exit-hidden", "judge-changed"];

/** Who says that behaviour stays as it is says that the base's tests pass. "Done" does not say it. */
function changedBehaviour({ baseTests, subject }: Facts, claim: Claim | undefined): Said | undefined {
  if (claim === undefined || !UNCHANGED.test(claim.text)) return undefined;
  for (const check of baseTests ?? []) {
    const names = check.failures.filter(
      (name) => !sameIn(subject, check)?.failures.includes(name) && !isMissing(name, check),
    );
    if (check.verdict === "new-failure" && names.length > 0)
      return refuted(
        `The base's ${quoted(names)} ${names.length === 1 ? "fails" : "fail"} on this code, so it behaves in another way than before.`,
      );
  }
  return undefined;
}
/** In so many words: "refactored" and "no regressions" are also said of a change whose tests were honestly changed with it. */
const UNCHANGED =
  /\bno (?:behaviou?r(?:al)?|functional) changes?\b|\bno changes? (?:of|in|to) (?:the )?behaviou?r|\bwithout (?:changing|a change of|any change (?:of|in|to)) (?:the |its )?behaviou?r|\bbehaviou?r (?:is |stays |remains )?(?:unchanged|the same|as before|preserved)/i;

/** What tampering hides: a test of the base that fails here and was taken away refutes; else a loosened check proves nothing. */
function hidden(facts: Facts): Said | undefined {
  const loosening = facts.tampering.filter((one) => one.loosens);
  for (const check of facts.baseTests ?? []) {
    if (check.verdict !== "new-failure") continue;
    const taken = loosening.find((one) => concerns(one, check));
    const names = check.failures.filter(
      (name) => !sameIn(facts.subject, check)?.failures.includes(name) && !isMissing(name, check),
    );
    if (taken && names.length > 0)
      return refuted(
        `With the base's tests ${quoted(names)} ${names.length === 1 ? "fails" : "fail"} on this code, and the change hides it: ${taken.what}.`,
      );
  }
  const [first] = loosening;
  if (first) return unprovable(`A green result rests on a loosened check: ${first.what} (${first.file}).`);
  const old = facts.baseTests?.find((one) => one.verdict === "new-failure" || !ran(one));
  if (old)
    return unprovable(
      ran(old)
        ? `The base's version of the changed tests fails on this code: ${quoted(old.failures)}. Whether the tests or the code are right, no check can tell.`
        : `The base's version of the changed tests could not be run on this code: ${old.because}`,
    );
  return undefined;
}

/** The test cannot run for want of something that the change took away, which may have been the point of it. */
function isMissing(name: string, check: CheckRun): boolean {
  const message = check.evidence?.find((one) => one.test === name)?.message ?? "";
  return /\.(?:[cm]?[jt]sx?|py|rb|php)$/.test(name) || MISSING.test(message);
}

const MISSING =
  /does not provide an export|is not a function|is not defined|Cannot find (?:module|name)|ImportError|ModuleNotFoundError|has no attribute|undefined method|NameError|cannot find (?:function|value)|unresolved import/;

/** Whether a tampering has to do with what fails in a run with the base's tests. */
function concerns({ what, file, kind }: Tampering, check: CheckRun): boolean {
  if (kind === "command-changed" || kind === "runner-config" || kind === "exit-hidden" || kind === "test-focused")
    return true;
  // Snapshots are numbered within their test.
  const title = /"([^"]+)"/.exec(what)?.[1]?.replace(/ \d+$/, "");
  const stem = file.split("/").at(-1) ?? file;
  return (
    check.failures.some((name) => (title !== undefined && name.includes(title)) || name.includes(stem)) ||
    (check.evidence ?? []).some((one) => one.file?.endsWith(stem) === true)
  );
}

function unfinished({ base, subject }: Facts): Said | undefined {
  const lost = subject.find(
    (one) => !ran(one) && base.some((other) => other.name === one.name && other.cwd === one.cwd && ran(other)),
  );
  if (lost) return unprovable(`${lost.name} ran on the base and did not run here: ${lost.because}`);
  const unknown = subject.find((one) => one.verdict === "fail" && isTest(one));
  if (unknown)
    return unprovable(`${unknown.name} is red here, and whether it was on the base is not known: ${unknown.because}`);
  if (!subject.some((one) => isTest(one) && ran(one))) return unprovable(reasonWithoutTests(subject));
  return undefined;
}

function reasonWithoutTests(subject: readonly CheckRun[]): string {
  const test = subject.find(isTest);
  return test ? `${test.name} did not run: ${test.because}` : ADD_TESTS;
}

/** Fewer tests pass than on the base although none fails: some do not run any more. */
function shrunk(facts: Facts): Said | undefined {
  for (const check of facts.subject.filter((one) => isTest(one) && ran(one) && one.counts)) {
    const before = ranOf(sameIn(facts.base, check));
    const old = sameIn(facts.baseTests, check);
    if (old && !isRed(old) && ranOf(old) >= before) continue;
    const less = before - ranOf(check);
    if (less > 0) return unprovable(`${plural(less, "test")} of ${check.name} that ran on the base did not run here.`);
  }
  return undefined;
}

function ranOf(check: CheckRun | undefined): number {
  return (check?.counts?.passed ?? 0) + (check?.counts?.failed ?? 0);
}

function nowFlaky({ base, subject }: Facts): Said | undefined {
  const flaky = subject.find((one) => one.verdict === "flaky" && sameIn(base, one)?.verdict !== "flaky");
  return flaky && unprovable(`${flaky.name} is flaky here and was not seen to be on the base: ${flaky.because}`);
}

function same({ subject }: Facts): string {
  const tests = subject.filter((one) => isTest(one) && ran(one));
  const passed = tests.reduce((sum, one) => sum + (one.counts?.passed ?? 0), 0);
  const known = tests
    .filter((one) => one.verdict === "known-failure")
    .reduce((sum, one) => sum + one.failures.length, 0);
  const count =
    passed > 0
      ? `${plural(passed, "test")} ${passed === 1 ? "passes" : "pass"}`
      : `${tests.map((one) => one.name).join(", ")} passes`;
  return `${count} and nothing is red that was green on the base${known > 0 ? `; ${plural(known, "failure")} of the base ${known === 1 ? "remains" : "remain"}` : ""}.`;
}

/** "The tests pass": all of them, or those that the claim names. */
export function testsPass(claim: Claim, facts: Facts): Said {
  const isEvery = EVERY_CHECK.test(claim.text);
  const tests = facts.subject.filter((one) => isEvery || isTest(one));
  if (!tests.some((one) => isTest(one) && ran(one))) return unprovable(reasonWithoutTests(facts.subject));
  const words = wordsOf(...claim.about, ...claim.files, ...claim.names);
  const meant = (name: string) => claim.all !== false || words.size === 0 || shareWord(words, wordsOf(name));
  for (const check of tests.filter(isRed)) {
    const failing = check.failures.filter(meant);
    if (check.failures.length > 0 && failing.length === 0) continue;
    if (check.verdict === "new-failure" && (!facts.redByOldConfig.has(check.name) || hides(facts)))
      return refuted(newlyRed(check));
    if (check.verdict === "known-failure")
      return saysMended(claim) ? refuted(stillRed(check)) : unprovable(stillRed(check));
    const ranOnBase = sameIn(facts.base, check);
    if (check.verdict === "fail" && !ranOnBase) return refuted(`${check.name} is red: ${check.because}`);
    return unprovable(`${check.name} is red here: ${check.because}`);
  }
  const trouble =
    hidden(facts) ??
    tests.filter((one) => !ran(one)).map((one) => unprovable(`${one.name} did not run: ${one.because}`))[0] ??
    nowFlaky(facts);
  if (trouble && (facts.tampering.some((one) => one.loosens) || !trouble.because.startsWith("The base's version")))
    return trouble;
  const passed = tests.reduce((sum, one) => sum + (one.counts?.passed ?? 0), 0);
  return verified(
    passed > 0
      ? `${plural(passed, "test")} passed.`
      : `${tests
          .filter(ran)
          .map((one) => one.name)
          .join(", ")} ended green.`,
  );
}

/** "All checks are green", "everything passes", "CI is green": more than the tests. */
const EVERY_CHECK = /\b(?:checks?|everything|ci|pipeline)\b/i;

const KINDS: Partial<Record<ClaimKind, { kinds: readonly string[]; what: string }>> = {
  builds: { kinds: ["build"], what: "build" },
  "types-clean": { kinds: ["types"], what: "type check" },
  "lint-clean": { kinds: ["lint", "format"], what: "lint check" },
};
const LOOSENING: readonly Tampering["kind"][] = [
  "command-changed",
  "runner-config",
  "ci-config",
  "threshold-loosened",
  "rule-loosened",
  "exit-hidden",
  "judge-changed",
];

/** "It builds", "types are clean", "lint is clean". */
export function buildsOrClean(claim: Claim, facts: Facts): Said {
  const { kinds = [], what = "check" } = KINDS[claim.kind] ?? {};
  const checks = facts.subject.filter((one) => kinds.includes(one.kind));
  if (checks.length === 0) return unprovable(`The repository has no ${what} to run; add a script for it.`);
  for (const check of checks) {
    if (check.verdict === "new-failure" && !facts.redByOldConfig.has(check.name)) return refuted(newlyRed(check));
    if (check.verdict === "fail" && !sameIn(facts.base, check))
      return refuted(`${check.name} is red: ${check.because}`);
    const isRedStill = check.verdict === "known-failure" || crashesStill(check, facts);
    if (isRedStill) return saysMended(claim) ? refuted(stillRed(check)) : unprovable(stillRed(check));
    if (isRed(check) || !ran(check)) return unprovable(`${check.name}: ${check.because}`);
  }
  const loosened = facts.tampering.find((one) => one.loosens && LOOSENING.includes(one.kind));
  if (loosened) return unprovable(`A green result rests on a loosened check: ${loosened.what} (${loosened.file}).`);
  return verified(`${checks.map((one) => one.name).join(" and ")} ${checks.length === 1 ? "ends" : "end"} green.`);
}

/** "Fixed the build", "no type errors any more": who says so says that it was red, so that its still being red contradicts it. */
function saysMended({ text }: Claim): boolean {
  return /\b(?:fix(?:ed|es|ing)?|again|now|no longer|any ?more|resolved?|repaired|restored|clean(?:ed)? up|back to green|corrected)\b/i.test(
    text,
  );
}

/** It ends red before it does anything, as it did on the base. */
function crashesStill(check: CheckRun, { base }: Facts): boolean {
  const before = sameIn(base, check);
  return !ran(check) && (check.exit ?? 0) !== 0 && before !== undefined && !ran(before) && (before.exit ?? 0) !== 0;
}

function newlyRed(check: CheckRun): string {
  const names = check.failures;
  if (names.length === 0) return `${check.name} was green on the base and is red now: ${check.because}`;
  return `${quoted(names)} of ${check.name} ${names.length === 1 ? "is" : "are"} red now and ${names.length === 1 ? "was" : "were"} not on the base.`;
}

function stillRed(check: CheckRun): string {
  return `${check.name} is red as it was on the base: ${check.failures.length > 0 ? quoted(check.failures) : check.because}`;
}

export function verified(because: string): Said {
  return { verdict: "verified", because };
}
export function refuted(because: string): Said {
  return { verdict: "refuted", because };
}
export function unprovable(because: string): Said {
  return { verdict: "unprovable", because };
}
