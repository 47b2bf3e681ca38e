import {
  PREDICATE_TYPE,
  STATEMENT_TYPE,
  type CheckRun,
  type Counts,
  type Receipt,
  type Statement,
} from "../sdk/index.ts";

/** What decides whether two runs may be compared; everything of a receipt's environment but its digest. */
export type EnvironmentParts = Omit<Receipt["environment"], "digest">;

/** The in-toto Statement about the tree that a receipt names: subject is the repo by tree and commit hash. */
export function makeStatement(receipt: Receipt): Statement {
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: receipt.repo, digest: { gitTree: receipt.tree, gitCommit: receipt.commit } }],
    predicateType: PREDICATE_TYPE,
    predicate: receipt,
  };
}

/** Equal for equal environments, whatever the order of their parts; `hash` is hex SHA-256. */
export function environmentDigest(parts: EnvironmentParts, hash: (text: string) => string): string {
  const { lodestar, sandbox, network, runtimes, dependencies, env, databases } = parts;
  const sortedRuntimes = Object.entries(runtimes).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash(JSON.stringify([lodestar, sandbox, network, sortedRuntimes, dependencies, env, [...databases].sort()]));
}

/**
 * The receipt of a commit as it was found. Red checks are its content, not its failure: it is `verified` when every
 * check ran to a result, and `unprovable` when one did not or there was none.
 */
export function baselineReceipt(input: {
  repo: string;
  commit: string;
  tree: string;
  dirty: boolean;
  checks: readonly CheckRun[];
  notChecked: readonly string[];
  environment: EnvironmentParts;
  hash: (text: string) => string;
  cost: Receipt["cost"];
  issuedAt: string;
}): Receipt {
  const { repo, commit, tree, dirty, environment, cost, issuedAt } = input;
  const checks = [...input.checks];
  const measured = checks.length > 0 && checks.every((check) => check.verdict !== "not-run");
  const receipt: Omit<Receipt, "sentence"> = {
    verdict: measured ? "verified" : "unprovable",
    kind: "baseline",
    repo,
    commit,
    tree,
    base: null,
    dirty,
    claims: [],
    checks,
    tampering: [],
    notChecked: [...input.notChecked],
    environment: { ...environment, digest: environmentDigest(environment, input.hash) },
    cost,
    issuedAt,
  };
  return { ...receipt, sentence: sentenceOf(receipt) };
}

/** The receipt of a proof: what was claimed, run and seen, already decided (`kernel/verdict.ts`). */
export function proofReceipt(
  input: Omit<Receipt, "kind" | "environment"> & {
    environment: EnvironmentParts;
    hash: (text: string) => string;
  },
): Receipt {
  const { environment, hash, ...rest } = input;
  return { ...rest, kind: "proof", environment: { ...environment, digest: environmentDigest(environment, hash) } };
}

/**
 * What a receipt says, in one sentence, red and unchecked parts included:
 * `Baseline of 3f2a1c9: 412 tests pass, 2 were already failing; lint was not checked.`
 */
export function sentenceOf(receipt: Omit<Receipt, "sentence">): string {
  const baseline = receipt.kind === "baseline";
  const opening = baseline
    ? `Baseline of ${short(receipt.commit)}`
    : `${HEADLINE[receipt.verdict]} ${short(receipt.commit)}${receipt.base === null ? "" : ` against ${short(receipt.base)}`}`;
  const results = [...testResults(receipt.checks, baseline), ...otherResults(receipt.checks, baseline)];
  const notRun = receipt.checks.filter((check) => check.verdict === "not-run").map((check) => check.name);
  // What stands there by itself (a room's limits, a guess of the plan) is a sentence of its own: it is counted here.
  const named = unique([...notRun, ...receipt.notChecked.filter((one) => NAME.test(one))]);
  const besides = unique(receipt.notChecked).filter((one) => !named.includes(one)).length;
  const clauses = [
    results.length > 0 ? results.join(", ") : "no check ran to a result",
    ...receipt.tampering.map((found) => `${found.file} was tampered with`),
    ...phrase(named, "was not checked", "were not checked"),
    ...(besides > 0 ? [`${amount(besides, "thing")} besides ${besides === 1 ? "was" : "were"} not checked`] : []),
    ...(receipt.dirty ? ["uncommitted changes are not part of it"] : []),
    ...(receipt.environment.sandbox === "unsandboxed" ? ["it ran unsandboxed"] : []),
  ];
  return `${opening}: ${clauses.join("; ")}.`;
}

/** The name of a check, as against a remark. */
const NAME = /^[\w:./-]+$/;
const HEADLINE = { verified: "Verified", refuted: "Refuted", unprovable: "Could not prove" } as const;

/** All counted tests together, and the checks that count none by name. */
function testResults(checks: readonly CheckRun[], baseline: boolean): string[] {
  const counted = checks.filter((check) => check.counts && check.verdict !== "not-run");
  if (counted.length === 0) return [];
  const total = counted.reduce<Counts>((sum, check) => add(sum, check.counts), { passed: 0, failed: 0, skipped: 0 });
  const flaky = counted.filter((check) => check.verdict === "flaky").length > 0;
  const newly = counted.filter((check) => check.verdict === "new-failure");
  const results = [`${amount(total.passed, "test")} ${total.passed === 1 ? "passes" : "pass"}`];
  if (total.failed > 0) results.push(`${total.failed} ${failing(total.failed, { baseline, flaky, newly })}`);
  if (total.skipped > 0) results.push(`${total.skipped} ${total.skipped === 1 ? "is" : "are"} skipped`);
  for (const check of counted)
    if (check.verdict === "fail" && check.counts?.failed === 0)
      results.push(`${check.name} ends red though no test fails`);
  return results;
}

function failing(failed: number, how: { baseline: boolean; flaky: boolean; newly: readonly CheckRun[] }): string {
  const were = failed === 1 ? "was" : "were";
  if (how.flaky) return `failed in the first run (see the flaky checks)`;
  if (how.baseline) return `${were} already failing`;
  return how.newly.length > 0 ? `${failed === 1 ? "fails" : "fail"}, some of them newly` : `${were} already failing`;
}

const VERBS: Partial<Record<CheckRun["verdict"], readonly [one: string, many: string]>> = {
  pass: ["passes", "pass"],
  fixed: ["is fixed", "are fixed"],
  flaky: ["is flaky", "are flaky"],
  "new-failure": ["fails newly", "fail newly"],
  "known-failure": ["was already failing", "were already failing"],
};

function otherResults(checks: readonly CheckRun[], baseline: boolean): string[] {
  const verbs = { ...VERBS, fail: baseline ? VERBS["known-failure"] : (["fails", "fail"] as const) };
  return Object.entries(verbs).flatMap(([verdict, verb]) => {
    const named = checks.filter((check) => check.verdict === verdict && (!check.counts || verdict === "flaky"));
    return verb ? phrase(unique(named.map((check) => check.name)), verb[0], verb[1]) : [];
  });
}

function phrase(names: readonly string[], one: string, many: string): string[] {
  if (names.length === 0) return [];
  return [`${and(names)} ${names.length === 1 ? one : many}`];
}

function and(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function add(sum: Counts, counts: Counts | undefined): Counts {
  return {
    passed: sum.passed + (counts?.passed ?? 0),
    failed: sum.failed + (counts?.failed ?? 0),
    skipped: sum.skipped + (counts?.skipped ?? 0),
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function short(commit: string): string {
  return commit.slice(0, 7);
}
