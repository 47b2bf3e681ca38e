import type { ChangedFile, Claim } from "../sdk/index.ts";
import { shareWord, wordsOf } from "./relation.ts";
import { refuted, unprovable, verified } from "./verdict-checks.ts";
import { compare } from "./verdict-fixed.ts";
import { isRed, isTest, plural, quoted, ran, sameIn, type Facts, type Said } from "./verdict-facts.ts";

/** "Added X": a named file is there and was not, tests are more than before, a behaviour is shown by a test that the base fails. */
export function added(claim: Claim, facts: Facts): Said {
  if (facts.changed.length === 0) return refuted("Nothing was changed against the base.");
  const created = facts.changed.filter((one) => one.status === "added" || one.status === "renamed");
  for (const file of claim.files) {
    const change = facts.changed.find((one) => one.path === file || one.path.endsWith(`/${file}`));
    const isGone = !change || change.status === "deleted";
    if (isGone && isObject(claim, file)) return refuted(`${file} is not among the changed files.`);
  }
  if (
    claim.files.length > 0 &&
    claim.files.every((file) => created.some((one) => one.path === file || one.path.endsWith(`/${file}`)))
  )
    return verified(
      `${claim.files.join(", ")} ${claim.files.length === 1 ? "is" : "are"} there and ${claim.files.length === 1 ? "was" : "were"} not on the base.`,
    );
  if (/\b(?:tests?|specs?|coverage)\b/i.test(claim.text)) return addedTests(facts);
  return addedBehaviour(claim, facts);
}

/** "Added src/a.ts", "created the file a.ts", not "added support for a.ts". */
function isObject({ text }: Claim, file: string): boolean {
  const before = text.slice(0, text.indexOf(file)).trim();
  return /(?:^|\b)(?:add(?:ed|s)?|creat(?:ed|es|e)|wrote|introduced|new|file|files|and|script|module|page|document|test|tests)[`"':,]*$/i.test(
    before.replace(/\b(?:an?|the)\s*[`"']*$/i, "").trim(),
  );
}

function addedTests(facts: Facts): Said {
  if (facts.testFiles.size === 0) return refuted("No test was added or changed.");
  const before = facts.base
    .filter(isTest)
    .reduce((sum, one) => sum + (one.counts?.passed ?? 0) + (one.counts?.failed ?? 0), 0);
  const ranNow = facts.subject.filter((one) => isTest(one) && ran(one));
  // What is flaky ran, too: it was seen to pass.
  const passed = ranNow.reduce(
    (sum, one) => sum + (one.counts?.passed ?? 0) + (one.verdict === "flaky" ? (one.counts?.failed ?? 0) : 0),
    0,
  );
  if (passed > before)
    return verified(
      `${plural(passed - before, "more test")} ${passed - before === 1 ? "passes" : "pass"} than there were on the base.`,
    );
  const more = assertionsIn(facts, "after") - assertionsIn(facts, "before");
  if (more > 0 && ranNow.length > 0 && ranNow.every((one) => !one.counts && !isRed(one)))
    return verified(
      `${plural(more, "more assertion")} than on the base, and ${ranNow.map((one) => one.name).join(", ")} ends green.`,
    );
  return unprovable("Test files changed, but no more tests pass than there were on the base.");
}

/** Where a runner counts no tests, assertions in the changed test files are counted instead. */
function assertionsIn({ changed, testFiles }: Facts, when: "before" | "after"): number {
  const texts = changed.filter((one) => testFiles.has(one.path)).map((one) => one[when] ?? "");
  return texts.reduce((sum, text) => sum + (text.match(/\b(?:assert|expect)\b/g)?.length ?? 0), 0);
}

function addedBehaviour(claim: Claim, facts: Facts): Said {
  const fresh = claim.names.filter((name) =>
    facts.changed.some((one) => (one.after ?? "").includes(name) && !(one.before ?? "").includes(name)),
  );
  const words = wordsOf(...claim.about, ...claim.names);
  const { separating } = compare(facts);
  const loaded = facts.subject.filter(
    (one) => isTest(one) && ran(one) && sameIn(facts.newTests, one)?.verdict === "not-run",
  );
  const about = wordsOf(...separating, ...facts.testFiles);
  if (separating.length > 0 && (words.size === 0 || shareWord(words, about)))
    return verified(
      `${quoted(separating)} ${separating.length === 1 ? "passes" : "pass"} here and ${separating.length === 1 ? "fails" : "fail"} on the base.`,
    );
  if (fresh.length > 0 && loaded.length > 0 && testsMention(fresh, facts.changed, facts.testFiles))
    return verified(
      `${fresh.join(", ")} ${fresh.length === 1 ? "is" : "are"} used by new tests that pass here and cannot run on the base.`,
    );
  if (fresh.length > 0) return unprovable(`${fresh.join(", ")} is in the code, but no test shows that it works.`);
  return unprovable("No test passes here that fails on the base, so nothing shows what was added.");
}

function testsMention(names: readonly string[], changed: readonly ChangedFile[], tests: ReadonlySet<string>): boolean {
  return changed.some((one) => tests.has(one.path) && names.some((name) => (one.after ?? "").includes(name)));
}

const MANIFEST =
  /(?:^|\/)(?:package\.json|pyproject\.toml|requirements[\w.-]*\.txt|Pipfile|Cargo\.toml|go\.mod|Gemfile|composer\.json|build\.gradle(?:\.kts)?|pom\.xml|mix\.exs|[\w.]+\.csproj)$/;

/** "Bumped X to Y": a manifest names another version of X than before, and the checks ran with it. */
export function dependencyUpdated(claim: Claim, facts: Facts): Said {
  const wanted = claim.dependency;
  if (!wanted) return unprovable("The claim does not name the dependency.");
  const manifests = facts.changed.filter((one) => MANIFEST.test(one.path));
  if (manifests.length === 0) return refuted("No manifest was changed against the base.");
  for (const { path, before = "", after = "" } of manifests) {
    const [old, now] = [versionOf(before, wanted.name), versionOf(after, wanted.name)];
    if (now === undefined || now === old) continue;
    if (wanted.version !== undefined && !now.includes(wanted.version.replace(/^v/, "")))
      return refuted(`${path} asks for ${wanted.name} ${now}, not ${wanted.version}.`);
    if (!facts.subject.some(ran))
      return unprovable(`${path} asks for ${wanted.name} ${now}, but nothing was run with it.`);
    return verified(
      `${path} asks for ${wanted.name} ${now}${old === undefined ? "" : ` instead of ${old}`}, and the checks ran with it.`,
    );
  }
  return refuted(`No manifest asks for another version of ${wanted.name} than before.`);
}

/** The version that a manifest asks for, as it is written there. */
function versionOf(text: string, name: string): string | undefined {
  const own = name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const line = new RegExp(`^.*(?:^|["'\\s])${own}(?=["'\\s=<>~!^@\\[]).*$`, "mi").exec(text)?.[0];
  const rest = line?.slice(line.toLowerCase().indexOf(name.toLowerCase()) + name.length);
  return rest === undefined ? undefined : /[\^~<>=!v]*\s*\d+(?:\.[\w*-]+)*/.exec(rest)?.[0].trim();
}

/** "Nothing else was touched": the changed files are those that are named, in this claim or, where it names none, in the others. */
export function nothingElse(claim: Claim, facts: Facts, named: readonly string[]): Said {
  const files = claim.files.length > 0 ? claim.files : named;
  if (files.length === 0) return unprovable("The claim does not name the files that were to be changed.");
  const isNamed = (path: string) =>
    files.some((file) => path === file || path.endsWith(`/${file}`) || path.startsWith(`${file.replace(/\/$/, "")}/`));
  const others = facts.changed.filter((one) => !isNamed(one.path)).map((one) => one.path);
  if (others.length > 0)
    return refuted(
      `${others.slice(0, 3).join(", ")}${others.length > 3 ? ` and ${others.length - 3} more` : ""} ${others.length === 1 ? "was" : "were"} changed, too.`,
    );
  return verified(`Only ${facts.changed.map((one) => one.path).join(", ")} differs from the base.`);
}
