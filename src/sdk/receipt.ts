import { z } from "zod";
import { ClaimKind, Tampering } from "./claim.ts";

/** The verdict of one check. */
export const Verdict = z.enum(["pass", "fail", "new-failure", "known-failure", "fixed", "flaky", "not-run"]);
export type Verdict = z.infer<typeof Verdict>;

export const Counts = z.object({ passed: z.number().int(), failed: z.number().int(), skipped: z.number().int() });
export type Counts = z.infer<typeof Counts>;

/**
 * Which files a check of a proof ran on: the subject (with the base's checks and their configuration), the base, the
 * subject with the base's tests, the base with the subject's tests. Absent on a baseline.
 */
export const Variant = z.enum(["subject", "base", "base-tests", "new-tests"]);
export type Variant = z.infer<typeof Variant>;

/** One check as it was run. Times are seconds; `environment` is the digest that makes two runs comparable. */
export const CheckRun = z.object({
  name: z.string(),
  kind: z.string(),
  command: z.string(),
  cwd: z.string(),
  environment: z.string(),
  sandbox: z.enum(["bubblewrap", "unsandboxed"]),
  network: z.enum(["loopback", "host"]),
  startedAt: z.string(),
  seconds: z.number(),
  exit: z.number().int().nullable(),
  counts: Counts.optional(),
  verdict: Verdict,
  because: z.string(),
  failures: z.array(z.string()),
  /** What the first failures said, and where. */
  evidence: z
    .array(
      z.object({
        test: z.string(),
        message: z.string().optional(),
        file: z.string().optional(),
        line: z.number().int().optional(),
      }),
    )
    .optional(),
  variant: Variant.optional(),
});
export type CheckRun = z.infer<typeof CheckRun>;

/** Predicate `https://lodestar.dev/receipt/v1` of an in-toto Statement v1. */
export const Receipt = z.object({
  verdict: z.enum(["verified", "refuted", "unprovable"]),
  sentence: z.string(),
  repo: z.string(),
  commit: z.string(),
  tree: z.string(),
  base: z.string().nullable(),
  /** Tree hash of the base; absent on a baseline. */
  baseTree: z.string().nullable().optional(),
  dirty: z.boolean(),
  kind: z.enum(["baseline", "proof"]),
  claims: z.array(
    z.object({
      text: z.string(),
      kind: ClaimKind,
      verdict: z.enum(["verified", "refuted", "unprovable"]),
      because: z.string(),
    }),
  ),
  checks: z.array(CheckRun),
  tampering: z.array(Tampering),
  /** Names what was asked: equal requests about equal trees have equal answers. Absent on a baseline. */
  request: z.string().optional(),
  notChecked: z.array(z.string()),
  environment: z.object({
    digest: z.string(),
    /** Version of Lodestar that judged: another one may read the same output differently. */
    lodestar: z.string(),
    sandbox: z.enum(["bubblewrap", "unsandboxed"]),
    network: z.string(),
    runtimes: z.record(z.string(), z.string()),
    dependencies: z.string(),
    env: z.string(),
    databases: z.array(z.string()),
  }),
  cost: z.object({ seconds: z.number(), usd: z.number() }),
  issuedAt: z.string(),
});
export type Receipt = z.infer<typeof Receipt>;

export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "https://lodestar.dev/receipt/v1";
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** in-toto Statement v1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md). */
export const Statement = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: Receipt,
});
export type Statement = z.infer<typeof Statement>;

/** DSSE envelope (https://github.com/secure-systems-lab/dsse): `payload` and `sig` are base64. */
export const Envelope = z.object({
  payloadType: z.literal(PAYLOAD_TYPE),
  payload: z.string(),
  /** `publicKey` is the signer's key (base64 of DER spki), whose hash is `keyid`: an extra field, as DSSE allows, for offline checks. */
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string(), publicKey: z.string().optional() })).min(1),
});
export type Envelope = z.infer<typeof Envelope>;
