import { oneLine, type Place } from "./_shared.ts";

export type Level = "error" | "warning" | "note";

/** Something that a reader of SARIF should see. `identity` are the texts that make it the same one in the next run. */
export interface Problem {
  readonly rule: { readonly id: string; readonly text: string };
  readonly level: Level;
  readonly text: string;
  readonly place: Place | undefined;
  /** Directory that is named where no file is known. */
  readonly cwd: string;
  readonly identity: readonly string[];
  /** Against the base; absent where there is none to compare with. */
  readonly baseline?: "new" | "unchanged";
  readonly verdict: string;
}

/** Plain text of a message (SARIF 2.1.0, 3.11): braces are doubled, and no embedded link comes of foreign text. */
export function message(text: string): { text: string } {
  const shown = oneLine(text)
    .replaceAll("{", "{{")
    .replaceAll("}", "}}")
    .replace(/\](?=\()/g, "] ");
  return { text: shown === "" ? "(no text)" : shown };
}

/** One entry per rule, in the order in which the problems name them. */
export function rulesOf(problems: readonly Problem[]) {
  const rules = new Map(problems.map(({ rule }) => [rule.id, rule.text]));
  return [...rules].map(([id, text]) => ({ id, shortDescription: message(text) }));
}

export function resultsOf(problems: readonly Problem[]) {
  const ids = [...new Set(problems.map(({ rule }) => rule.id))];
  const seen = new Map<string, number>();
  return problems.map((problem) => {
    const print = fingerprint([problem.rule.id, ...problem.identity]);
    const times = (seen.get(print) ?? 0) + 1;
    seen.set(print, times);
    return {
      ruleId: problem.rule.id,
      ruleIndex: ids.indexOf(problem.rule.id),
      level: problem.level,
      message: message(problem.text),
      locations: [location(problem)],
      partialFingerprints: { "lodestar/v1": times === 1 ? print : `${print}:${times}` },
      ...(problem.baseline === undefined ? {} : { baselineState: problem.baseline }),
      properties: { verdict: problem.verdict },
    };
  });
}

/**
 * Where no file is known it is the directory in which the check ran: GitHub refuses a whole upload when one result has no
 * location ("expected at least one location").
 */
function location({ place, cwd }: Problem) {
  const directory = cwd === "." || cwd === "" ? "./" : `${uri(cwd)}/`;
  const artifactLocation = { uri: place ? uri(place.file) : directory, uriBaseId: "%SRCROOT%" };
  const region = place?.line === undefined ? {} : { region: { startLine: place.line } };
  return { physicalLocation: { artifactLocation, ...region } };
}

function uri(path: string): string {
  const encoded = path.toWellFormed().split("/").map(encodeURIComponent).join("/");
  // A colon in the first segment would read as a scheme; encodeURIComponent has taken care of it.
  return encoded.replace(/\/+$/, "");
}

/** Equal for texts that differ only in white space and in the numbers of lines and columns: 64 bits of FNV-1a, as hex. */
function fingerprint(texts: readonly string[]): string {
  const text = texts
    .map((one) =>
      oneLine(one)
        .replace(/:\d+(?::\d+)?(?=\D|$)/g, ":")
        .replace(/\b(line|column) \d+/gi, "$1"),
    )
    .join("\n");
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
