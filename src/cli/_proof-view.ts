import colors from "picocolors";
import type { Proof } from "../sdk/index.ts";
import { duration, printTable } from "./_terminal.ts";

const SHOWN = 3;
const MARKS = { verified: colors.green("✓"), refuted: colors.red("✕"), unprovable: colors.yellow("?") } as const;

/** The sentence first, then each claim with its reason, the evidence of what is newly red, and what was not checked. */
export function printProof(proof: Proof): void {
  console.log(`\n${MARKS[proof.verdict]} ${colors.bold(proof.sentence)}`);
  for (const { text, verdict, because } of proof.claims)
    console.log(`  ${MARKS[verdict]} ${text}${colors.dim(` — ${because}`)}`);
  printEvidence(proof);
  for (const { what, file, line, loosens, diff } of proof.tampering) {
    const place = line === undefined ? file : `${file}:${line}`;
    console.log(`  ${loosens ? colors.red("!") : colors.dim("·")} ${what} ${colors.dim(place)}`);
    if (loosens) for (const one of diff.split("\n").slice(0, 6)) console.log(colors.dim(`      ${one}`));
  }
  printTable(
    proof.checks
      .filter((one) => one.variant === "subject")
      .map((one) => [one.verdict, one.name, one.cwd, duration(one.seconds), one.because]),
    "  ",
  );
  for (const one of proof.notChecked) console.log(colors.dim(`  not checked: ${one}`));
  for (const { question, next } of proof.questions) console.log(`  ◆ ${question}\n    next: ${next}`);
  const { commit, because } = proof.base ?? { commit: undefined, because: "there is no earlier commit" };
  console.log(colors.dim(`  base ${commit === undefined ? "none" : commit.slice(0, 7)}: ${because}`));
  const how = proof.known ? "known from" : "receipt";
  if (proof.receipt !== null) console.log(colors.dim(`  ${how} ${proof.receipt}, ${duration(proof.cost.seconds)}`));
}

function printEvidence(proof: Proof): void {
  for (const check of proof.checks) {
    if (check.verdict !== "new-failure" || check.variant === "new-tests") continue;
    for (const { test, message, file, line } of (check.evidence ?? []).slice(0, SHOWN)) {
      const place = file === undefined ? "" : colors.dim(` ${file}${line === undefined ? "" : `:${line}`}`);
      console.log(`  ${colors.red("✕")} ${test}${place}`);
      for (const text of (message ?? "").split("\n").slice(0, 8)) console.log(colors.dim(`      ${text}`));
    }
  }
}
