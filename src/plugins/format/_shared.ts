import { z } from "zod";
import type { CheckRun, Receipt } from "../../sdk/index.ts";

/** How red something is: `new` against the base, `known` to it, `flaky` (it passed when run again), or `red` where no base tells. */
export type Redness = "new" | "known" | "flaky" | "red";

export interface RedThing {
  readonly name: string;
  readonly redness: Redness;
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
const Based = z.object({
  base: z
    .object({ failures: z.array(z.string()) })
    .optional()
    .catch(undefined),
});

/** The tampering of a receipt, whichever version of Lodestar wrote it. */
export function tamperingOf(receipt: Receipt): z.infer<typeof Found>[] {
  return receipt.tampering.map((found) => Found.parse(found));
}

/** What is red in a check, by name. With the base's failures at hand each one is told apart. */
export function failuresOf(check: CheckRun): RedThing[] {
  const known = new Set(Based.parse(check).base?.failures);
  const redness = rednessOf(check.verdict);
  return check.failures.map((name) => ({ name, redness: redness === "new" && known.has(name) ? "known" : redness }));
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
  const path = file === undefined ? undefined : repoPath(file, cwd);
  if (path === undefined) return undefined;
  return { file: path, ...(Number(line) > 0 ? { line: Number(line) } : {}) };
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
