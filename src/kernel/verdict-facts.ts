import type { ChangedFile, CheckRun, Receipt, Tampering } from "../sdk/index.ts";

/** One claim's verdict with its reason in one plain sentence. */
export interface Said {
  readonly verdict: Receipt["verdict"];
  readonly because: string;
}

/** Everything that was run and seen for one proof. */
export interface Facts {
  readonly hasBase: boolean;
  readonly changed: readonly ChangedFile[];
  /** Paths among `changed` that hold tests. */
  readonly testFiles: ReadonlySet<string>;
  readonly tampering: readonly Tampering[];
  /** The base's checks on the base. */
  readonly base: readonly CheckRun[];
  /** The base's checks on the subject, judged against the base. */
  readonly subject: readonly CheckRun[];
  /** The subject with the base's version of changed and deleted tests; undefined when no test was changed. */
  readonly baseTests: readonly CheckRun[] | undefined;
  /** The base with the subject's tests; undefined when that was not run. */
  readonly newTests: readonly CheckRun[] | undefined;
  /** The lines of the base's test files at which a red case stands, by the name of the case. */
  readonly cases: ReadonlyMap<string, string>;
  /** How services did in a room, here and on the base; undefined when nobody claimed that they run. */
  readonly services: { readonly here: readonly RanService[]; readonly base: readonly RanService[] } | undefined;
  /** Names of checks that are red only because the base's runner configuration was put back. */
  readonly redByOldConfig: ReadonlySet<string>;
}

export interface RanService {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function isTest(check: CheckRun): boolean {
  return check.kind === "test";
}

export function ran(check: CheckRun): boolean {
  return check.verdict !== "not-run";
}

/** The same check in another variant. */
export function sameIn(checks: readonly CheckRun[] | undefined, check: CheckRun): CheckRun | undefined {
  return checks?.find((one) => one.name === check.name && one.cwd === check.cwd);
}

export function isRed({ verdict }: CheckRun): boolean {
  return verdict === "fail" || verdict === "new-failure" || verdict === "known-failure";
}

/** At most three names in quotes, and how many more. */
export function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
