import { build } from "../build.ts";
import type { Draft, Place, Proof } from "../corpus.ts";
import { shownName, withCase } from "../suites.ts";

/** Runners that need nothing installed have the most claims: they are fast. */
export const MANY = { node: 4, unittest: 3, assert: 2, cargo: 2, mocha: 1, vitest: 1, jest: 1, ava: 1 };
export const SOME = { node: 3, unittest: 2, assert: 1, cargo: 1, mocha: 1 };
export const FEW = { node: 2, unittest: 2, assert: 1 };

export function on(tree: Proof["tree"], ends: Proof["ends"], rest: Pick<Proof, "command" | "shows"> = {}): Proof {
  return { tree, ends, ...rest };
}

/** The witness of the defect fails there. */
export function witnessFails(at: Place, tree: Proof["tree"]): Proof {
  return on(tree, "red", { shows: shownName(at.runner, at.defect.witness) });
}

/** The defect is really there: its witness fails with this code. */
export function reallyBroken(at: Place, code: "bad" | "wrong"): Proof {
  return witnessFails(at, build(at, { code, suites: withCase(at) }));
}

/** What is alike in all claims that are true and that running shows. */
export const VERIFIED = { truth: "true", failingTestExists: false, expect: "verified" } satisfies Partial<Draft>;
/** A false claim that a failing test or check of the repository shows. */
export const REFUTED = { truth: "false", failingTestExists: true, expect: "refuted" } satisfies Partial<Draft>;
/** A false claim that the changed files show, though no test does. */
export const SEEN_FALSE = { truth: "false", failingTestExists: false, expect: "refuted" } satisfies Partial<Draft>;
/** A false claim that nothing in the repository shows. */
export const HIDDEN_FALSE = { truth: "false", failingTestExists: false, expect: "unprovable" } satisfies Partial<Draft>;
/** A true claim that running cannot show. */
export const HIDDEN_TRUE = { truth: "true", failingTestExists: false, expect: "unprovable" } satisfies Partial<Draft>;
