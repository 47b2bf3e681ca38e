import { UserError } from "../sdk/errors.ts";
import { StruggleAction, StrugglePattern, type StruggleMatch, type StruggleRule } from "../sdk/struggle.ts";

/** The options of `struggles add`. */
export interface DraftOptions {
  readonly pattern?: string;
  readonly match?: readonly string[];
  readonly action?: string;
  readonly threshold?: string;
  readonly agent?: readonly string[];
  readonly model?: readonly string[];
  readonly tool?: readonly string[];
  readonly repo?: readonly string[];
}

interface Draft {
  readonly pattern?: StrugglePattern;
  readonly match?: StruggleMatch;
  readonly threshold?: number;
  readonly action?: StruggleAction;
  readonly filters: StruggleRule["filters"];
}

/** What was asked for; a word that is none of the known ones is a UserError that names them. */
export function draftOf(options: DraftOptions): Draft {
  const { pattern, match, action, threshold } = options;
  if (pattern !== undefined && match !== undefined)
    throw new UserError("A rule has a --pattern or a --match, not both", { next: "lodestar struggles add --help" });
  return {
    ...(pattern === undefined ? {} : { pattern: wordOf(StrugglePattern.options, pattern, "--pattern") }),
    ...(match === undefined ? {} : { match: matchOf(match) }),
    ...(action === undefined ? {} : { action: wordOf(StruggleAction.options, action, "--action") }),
    ...(threshold === undefined ? {} : { threshold: countOf(threshold) }),
    filters: {
      agents: [...(options.agent ?? [])],
      models: [...(options.model ?? [])],
      tools: [...(options.tool ?? [])],
      repos: [...(options.repo ?? [])],
    },
  };
}

function matchOf(pairs: readonly string[]): StruggleMatch {
  const match: StruggleMatch = {};
  for (const pair of pairs) {
    const [, key = "", value = ""] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    match[wordOf(["tool", "input", "error"], key, "--match (key=value)")] = value;
  }
  return match;
}

function wordOf<T extends string>(words: readonly T[], given: string, option: string): T {
  const word = words.find((one) => one === given);
  if (word !== undefined) return word;
  throw new UserError(`${option} has no ${JSON.stringify(given)}`, {
    tried: words.join(", "),
    next: "lodestar struggles --help",
  });
}

function countOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new UserError(`--threshold takes a whole number from 2 to 1000, not ${text}`, {
    next: "lodestar struggles --help",
  });
}
