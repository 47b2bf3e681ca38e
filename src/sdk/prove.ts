import { z } from "zod";
import { ClaimKind, Tampering } from "./claim.ts";
import { CheckRun } from "./receipt.ts";

const ProofVerdict = z.enum(["verified", "refuted", "unprovable"]);

/** What was asked of `prove`. `checks` are names of the plan; `budget` is in seconds and covers the checks. */
export const ProveInput = z.object({
  path: z.string(),
  base: z.string().optional(),
  claim: z.string().optional(),
  checks: z.array(z.string()).optional(),
  budget: z.number().positive().optional(),
  unsandboxed: z.boolean().default(false),
});
export type ProveInput = z.infer<typeof ProveInput>;

/** How `prove` ends; `--json` prints exactly this. Times are seconds. `receipt` is absent when nothing could be signed. */
export const Proof = z.object({
  verdict: ProofVerdict,
  sentence: z.string(),
  subject: z.object({ repo: z.string(), commit: z.string(), tree: z.string(), dirty: z.boolean() }),
  base: z.object({ commit: z.string(), tree: z.string(), because: z.string() }).nullable(),
  claims: z.array(z.object({ text: z.string(), kind: ClaimKind, verdict: ProofVerdict, because: z.string() })),
  checks: z.array(CheckRun),
  tampering: z.array(Tampering),
  notChecked: z.array(z.string()),
  cost: z.object({ seconds: z.number(), usd: z.number() }),
  receipt: z.string().nullable(),
  /** The receipt was issued by an earlier proof of the same trees and claims. */
  known: z.boolean(),
  /** What keeps it from being proved, with the exact next command; empty when nothing does. */
  questions: z.array(z.object({ question: z.string(), next: z.string() })),
});
export type Proof = z.infer<typeof Proof>;
