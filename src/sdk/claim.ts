import { z } from "zod";

/**
 * What a person or an agent says is true, as far as a rule can check it. `unknown` is what no rule covers: it is kept and
 * said, never dropped. `none` is the claim of somebody who said nothing checkable ("done"): no regression against the base.
 */
export const ClaimKind = z.enum([
  "tests-pass",
  "fixed",
  "builds",
  "types-clean",
  "lint-clean",
  "runs",
  "no-regression",
  "faster",
  "added",
  "dependency-updated",
  "nothing-else",
  "unknown",
]);
export type ClaimKind = z.infer<typeof ClaimKind>;

/**
 * One checkable part of a text. `about` are the words that name what it is about, lower case, without the claim's own verbs
 * (`slugify`, `src/date.ts`, `#12`, `lodash`); `files` the repo-relative paths and `names` the code names it quotes.
 */
export const Claim = z.object({
  text: z.string(),
  kind: ClaimKind,
  about: z.array(z.string()),
  files: z.array(z.string()),
  names: z.array(z.string()),
  /** For `dependency-updated`: the package and the version that is claimed. */
  dependency: z.object({ name: z.string(), version: z.string().optional() }).optional(),
  /** For `tests-pass`: whether every test is meant ("all tests pass", "the suite is green") or a part of them. */
  all: z.boolean().optional(),
});
export type Claim = z.infer<typeof Claim>;

/** How a file changed between base and subject. `before` and `after` are absent for what is not there, binary or over 1 MiB. */
export const ChangedFile = z.object({
  path: z.string(),
  /** The path on the base, when it was renamed. */
  from: z.string().optional(),
  status: z.enum(["added", "modified", "deleted", "renamed"]),
  before: z.string().optional(),
  after: z.string().optional(),
});
export type ChangedFile = z.infer<typeof ChangedFile>;

/**
 * A change that makes a check say less than before. `loosens` decides: a green result that rests on it proves nothing;
 * without it, the finding is only shown (a test file that was changed honestly).
 */
export const Tampering = z.object({
  what: z.string(),
  kind: z.enum([
    "test-deleted",
    "test-skipped",
    "test-focused",
    "assertion-removed",
    "assertion-weakened",
    "snapshot-rewritten",
    "command-changed",
    "runner-config",
    "ci-config",
    "threshold-loosened",
    "rule-loosened",
    "exit-hidden",
    "judge-changed",
    "test-changed",
  ]),
  file: z.string(),
  /** Line in the subject, or in the base for what was deleted; from 1. */
  line: z.number().int().optional(),
  /** The lines that show it, as a unified diff without header; at most 20. */
  diff: z.string(),
  loosens: z.boolean(),
});
export type Tampering = z.infer<typeof Tampering>;
