import { z } from "zod";
import type { CheckRun, Receipt } from "../../sdk/index.ts";

/** How red something is: `new` against the base, `known` to it, `flaky` (it passed when run again), or `red` where no base tells. */
export type Redness = "new" | "known" | "flaky" | "red";

export interface RedThing {
  readonly name: string;
  readonly redness: Redness;
  readonly place?: Place;
  /** What it said, where the receipt has it. */
  readonly message?: string;
}

/** A check that says something about the subject, with what is red in it. */
export interface Judged {
  readonly check: CheckRun;
  /** Of two runs of one check, which one it is; undefined for the plain one. */
  readonly how?: string;
  readonly red: readonly RedThing[];
}

/** Repo-relative, with `/`; `line` from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
}

const Found = z.object({
  what: z.string(),
  kind: z.string().min(1).catch("changed"),
  file: z.string(),
  line: z.number().int().positive().optional().catch(undefined),
  diff: z.string(),
  /** A receipt that does not say so names only what loosens. */
  loosens: z.boolean().catch(true),
});
/** The tampering of a receipt, whichever version of Lodestar wrote it. */
export function tamperingOf(receipt: Receipt): z.infer<typeof Found>[] {
  return receipt.tampering.map((found) => Found.parse(found));
}

/**
 * The runs that judge the subject: its checks, and the base's tests on it for what they add. Runs of the base, and of the
 * subject's tests on the base (which should be red), are what it was compared with.
 */
export function judgedOf({ checks }: Receipt): Judged[] {
  const judged: Judged[] = [];
  for (const check of checks) {
    const isAgain = check.variant === "base-tests";
    if (check.variant !== undefined && check.variant !== "subject" && !isAgain) continue;
    const base = sameIn(checks, check, "base")?.failures;
    const red = redOf(check, base);
    if (!isAgain) {
      judged.push({ check, red });
      continue;
    }
    const named = new Set(sameIn(checks, check, "subject")?.failures);
    judged.push({ check, how: "with the base's tests", red: red.filter(({ name }) => !named.has(name)) });
  }
  return judged;
}

/** The runs that `judgedOf` leaves out, and what they are. */
export function comparedOf({ checks }: Receipt): { check: CheckRun; how: string }[] {
  return checks.flatMap((check) => {
    if (check.variant === "base") return [{ check, how: "on the base" }];
    return check.variant === "new-tests" ? [{ check, how: "the new tests on the base" }] : [];
  });
}

function sameIn(checks: readonly CheckRun[], { name, cwd }: CheckRun, variant: CheckRun["variant"]) {
  return checks.find((one) => one.name === name && one.cwd === cwd && one.variant === variant);
}

/** What is red in a check, by name, each with its evidence. With the base's failures at hand each one is told apart. */
function redOf(check: CheckRun, base: readonly string[] = []): RedThing[] {
  const known = new Set(base);
  const evidence = [...(check.evidence ?? [])];
  const redness = rednessOf(check.verdict);
  return check.failures.map((name) => {
    const at = evidence.findIndex((one) => one.test === name || isPlace(name, one));
    const [said] = at < 0 ? [] : evidence.splice(at, 1);
    const place = said?.file === undefined ? undefined : placed(said.file, said.line, check.cwd);
    const found = place ?? placeOf(name, check.cwd);
    return {
      name,
      redness: redness === "new" && known.has(name) ? "known" : redness,
      ...(found === undefined ? {} : { place: found }),
      ...(said?.message === undefined || name.includes(said.message) ? {} : { message: said.message }),
    };
  });
}

/** The evidence of a place names it `file:line`, its failure `file: rule: message`, so that it is the same in the next run. */
function isPlace(
  name: string,
  { file, message }: { file?: string | undefined; message?: string | undefined },
): boolean {
  return file !== undefined && message !== undefined && name.startsWith(`${file}: `) && name.includes(message);
}

export function rednessOf(verdict: CheckRun["verdict"]): Redness {
  if (verdict === "new-failure") return "new";
  if (verdict === "known-failure") return "known";
  return verdict === "flaky" ? "flaky" : "red";
}

export function isRed(check: CheckRun): boolean {
  return check.verdict === "fail" || check.verdict === "new-failure" || check.verdict === "known-failure";
}

/** Where a failure's own name says it is: `src/a.ts: no-undef: …`, `test/a.test.js > adds`, `tests/test_a.py::test_b`. */
export function placeOf(failure: string, cwd: string): Place | undefined {
  const { file, line } = PLACE.exec(failure)?.groups ?? {};
  return file === undefined ? undefined : placed(file, Number(line), cwd);
}

function placed(file: string, line: number | undefined, cwd: string): Place | undefined {
  const path = repoPath(file, cwd);
  if (path === undefined) return undefined;
  return { file: path, ...(line !== undefined && line > 0 ? { line } : {}) };
}

/** Only what ends as sources do: `d.ATest` is a class and `gopkg.in/yaml.v3` a package. */
const PLACE =
  /^(?<file>[^\s:"'<>|?*()]+\.(?:astro|c|cc|cjs|cpp|cs|css|cts|cxx|dart|erl|ex|exs|go|gradle|h|hpp|hs|html|java|js|json|jsx|kt|kts|less|lua|md|mjs|mts|php|pl|ps1|py|pyi|rb|rs|sass|scala|scss|sh|sql|svelte|swift|tf|toml|ts|tsx|vue|xml|yaml|yml))(?::(?<line>\d{1,7})(?::\d+)?)?(?=[:\s]|$)/;

/** `file` as seen from `cwd`, from the repo's root; undefined for what is outside of it or absolute. */
export function repoPath(file: string, cwd = "."): string | undefined {
  const path = file.replaceAll("\\", "/");
  if (/^(?:\/|[A-Za-z]:)/.test(path)) return undefined;
  const parts: string[] = [];
  for (const part of `${cwd}/${path}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.length > 0 ? parts.join("/") : undefined;
}

/**
 * Text that may be shown anywhere: no terminal sequences, no control characters but tab and line feed, nothing that XML 1.0
 * forbids. What is invisible or turns the direction of reading is made visible (`[U+202E]`): in a diff it is the evidence.
 */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(TERMINAL, "")
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(/(?![\t\n])\p{Cc}|[\uFFFE\uFFFF]/gu, "")
    .replace(INVISIBLE, (one) => `[U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

const ESC = String.fromCharCode(0x1b);
const BELL = String.fromCharCode(0x07);
/** CSI and OSC (an unended one up to its line's end), and escapes of two characters (ECMA-48). */
const TERMINAL = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESC}\\n]*(?:${BELL}|${ESC}\\\\)?|[()][0-9A-Za-z]|[@-Z\\\\^_])`,
  "g",
);
/** Bidi controls, zero-width characters (not the joiners, which emoji and scripts need) and tags. */
const INVISIBLE = /[\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu;

export function oneLine(text: string): string {
  return clean(text).replace(/\s+/g, " ").trim();
}

/** At most `max` characters, the last one `…` when some are missing. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
