import type { ClaimKind, Receipt } from "../../src/sdk/index.ts";

/** Files of a folder by their path in it. */
export type Tree = Readonly<Record<string, string>>;
export type Language = "js" | "py" | "rs";
/** How a repository runs its tests. `node` is `node --test`; `assert` is a script of bare assertions. */
export type Runner = "node" | "assert" | "mocha" | "vitest" | "jest" | "ava" | "unittest" | "cargo";
/** One test: its name, an expression, the value it must have, and statements before it. All in the program's language. */
export type Case = readonly [name: string, expression: string, expected: string, setup?: string];

/** A small real program in which every case holds. */
export interface Program {
  readonly name: string;
  readonly language: Language;
  readonly files: Tree;
  /** What a test file imports, and its cases, by the name of the test file. */
  readonly suites: Readonly<Record<string, { readonly imports: string; readonly cases: readonly Case[] }>>;
  readonly defects: readonly Defect[];
}

/**
 * One place of a program in its variants. Each is a text that stands once in `file` in place of `good`; with each of them
 * but `breaks`, every case of the program holds.
 */
export interface Defect {
  /** The function that has it. */
  readonly name: string;
  readonly file: string;
  readonly suite: string;
  readonly good: string;
  /** The fault: `witness` fails. */
  readonly bad: string;
  /** What somebody might take for the repair: `witness` still fails. */
  readonly wrong: string;
  /** `witness` holds and a case of the program fails. */
  readonly breaks: string;
  /** Other code of the same behaviour. */
  readonly same: string;
  /** What the fault does, after the function's name: "keeps repeated dashes". */
  readonly symptom: string;
  /** What is so once it is repaired: "repeated dashes become one". */
  readonly cure: string;
  readonly witness: Case;
  /** Holds with `good`, `bad` and `wrong` alike. */
  readonly bland: Case;
  /** What the expression of `witness` gives with `bad`. */
  readonly got: string;
}
export type Variant = "good" | "bad" | "wrong" | "breaks" | "same";

/** Where a claim is made: what a scenario gets to make it from. */
export interface Place {
  readonly program: Program;
  readonly defect: Defect;
  readonly runner: Runner;
  /** The how-manieth of this scenario and runner, from 0. */
  readonly index: number;
  /** The how-manieth of this scenario, from 0. */
  readonly turn: number;
}

/** A command that must end so in a tree, run directly: what makes a label true. */
export interface Proof {
  /** `judged` is the source of the subject under the tests and settings of the base; `separated` the other way round. */
  readonly tree: "base" | "subject" | "judged" | "separated" | Tree;
  /** The tests, unless another command is named. */
  readonly command?: string;
  /** `either`: now so, now so. */
  readonly ends: "green" | "red" | "either";
  /** What the output must contain. */
  readonly shows?: string;
}

/** One claim before it has a name and a repository. */
export interface Draft {
  readonly base: Tree;
  readonly subject: Tree;
  readonly claim: string;
  readonly kind: ClaimKind;
  readonly truth: "true" | "false";
  /** Whether a test or another check of the repository, on the base or on the subject, fails because the claim is false. */
  readonly failingTestExists: boolean;
  readonly expect: Receipt["verdict"];
  readonly because: string;
  readonly proofs: readonly Proof[];
  /** What else must be so, beside what commands show. */
  readonly holds?: (trees: { readonly base: Tree; readonly subject: Tree }) => boolean;
}

/** A way of being right or wrong, tried so many times with each runner. */
export interface Scenario {
  readonly counts: Partial<Record<Runner, number>>;
  /** Whether it can be made there; everywhere, when absent. */
  readonly suits?: (at: Place) => boolean;
  readonly make: (at: Place) => Draft;
}

/** One line of `claims.jsonl`. */
export interface ClaimRow extends Omit<Draft, "base" | "subject" | "proofs" | "holds"> {
  readonly id: string;
  /** Folder of the repository, relative to that of `claims.jsonl`. */
  readonly repo: string;
  readonly runner: Runner;
  readonly base: string;
  readonly scenario: string;
  /** Whether the claim is one that running can decide: the rest is counted apart. */
  readonly covered: boolean;
  /** Whether the subject is a dirty working tree, or a commit on top of the base. */
  readonly dirty: boolean;
}
