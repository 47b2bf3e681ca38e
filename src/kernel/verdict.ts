import type { Claim, Proof, Receipt } from "../sdk/index.ts";
import { buildsOrClean, noRegression, testsPass } from "./verdict-checks.ts";
import { added, dependencyUpdated, nothingElse } from "./verdict-files.ts";
import { fixed } from "./verdict-fixed.ts";
import type { Facts, Said } from "./verdict-facts.ts";

export type ProvedClaim = Proof["claims"][number];

/** What everybody claims who calls something done, said or not. */
const IMPLIED = "nothing that worked on the base is broken";

/**
 * Decides every claim from what was run and seen. The claim that nothing is broken is always among them, when there is a
 * base. Any refuted part refutes the whole; else any unprovable part leaves it unprovable (DESIGN.md 8).
 */
export function decide(claims: readonly Claim[], facts: Facts): { verdict: Receipt["verdict"]; claims: ProvedClaim[] } {
  const fixes = claims.filter((one) => one.kind === "fixed").length;
  const named = claims.flatMap((one) => one.files);
  const proved = claims.map((claim) => ({
    ...said(claim, facts, { fixes, named }),
    text: claim.text,
    kind: claim.kind,
  }));
  if (facts.hasBase && !claims.some((one) => one.kind === "no-regression"))
    proved.push({ ...noRegression(facts), text: IMPLIED, kind: "no-regression" });
  return {
    verdict: overall(proved),
    claims: proved.map(({ text, kind, verdict, because }) => ({ text, kind, verdict, because })),
  };
}

function said(claim: Claim, facts: Facts, { fixes, named }: { fixes: number; named: readonly string[] }): Said {
  switch (claim.kind) {
    case "no-regression":
      return noRegression(facts, claim);
    case "tests-pass":
      return testsPass(claim, facts);
    case "builds":
    case "types-clean":
    case "lint-clean":
      return buildsOrClean(claim, facts);
    case "fixed":
      return fixed(claim, facts, { only: fixes === 1 });
    case "added":
      return added(claim, facts);
    case "dependency-updated":
      return dependencyUpdated(claim, facts);
    case "nothing-else":
      return nothingElse(claim, facts, named);
    case "runs":
      return runs(facts);
    case "faster":
      return { verdict: "unprovable", because: "No benchmark was run, so nothing tells how fast it is." };
    default:
      return { verdict: "unprovable", because: "No check covers this statement." };
  }
}

/** "The server starts": every service of the plan was healthy in the room; red here and healthy on the base refutes. */
function runs({ services }: Facts): Said {
  if (!services || services.here.length === 0)
    return { verdict: "unprovable", because: "No service was found that could be started." };
  const down = services.here.find((one) => !one.ok);
  if (!down)
    return { verdict: "verified", because: `${services.here.map((one) => `${one.name}: ${one.detail}`).join("; ")}.` };
  const before = services.base.find((one) => one.name === down.name);
  return before?.ok === true
    ? { verdict: "refuted", because: `${down.name} was healthy on the base and is not here: ${down.detail}` }
    : {
        verdict: "unprovable",
        because: `${down.name} is not healthy, and on the base it was not either: ${down.detail}`,
      };
}

function overall(claims: readonly Pick<ProvedClaim, "verdict">[]): Receipt["verdict"] {
  if (claims.some((one) => one.verdict === "refuted")) return "refuted";
  if (claims.length === 0 || claims.some((one) => one.verdict === "unprovable")) return "unprovable";
  return "verified";
}

/** The proof in one sentence: the reason that decided it, with what it stands on. */
export function sentenceOfProof(
  verdict: Receipt["verdict"],
  claims: readonly ProvedClaim[],
  where: { commit: string; base: string | undefined; dirty: boolean; unsandboxed: boolean },
): string {
  const what = where.dirty ? "the working tree" : where.commit.slice(0, 7);
  const against = where.base === undefined ? "" : ` against ${where.base.slice(0, 7)}`;
  const deciding = claims.filter((one) => one.verdict === verdict);
  const [first] = verdict === "unprovable" ? [...deciding].sort((a, b) => rank(a) - rank(b)) : deciding;
  const head = { verified: "Verified", refuted: "Refuted", unprovable: "Not proved" }[verdict];
  const more = deciding.length - 1;
  const others = more > 0 && verdict !== "verified" ? ` (and ${more} more ${more === 1 ? "claim" : "claims"})` : "";
  const tail = where.unsandboxed ? " It ran unsandboxed." : "";
  return `${head} (${what}${against}): ${first?.because ?? "there was nothing to prove."}${others}${tail}`;
}

/** What could have been proved comes before what no rule covers. */
function rank({ kind }: ProvedClaim): number {
  return kind === "unknown" ? 2 : kind === "runs" || kind === "faster" ? 1 : 0;
}
