import type { Detection, Disagreement } from "../sdk/index.ts";

/** The detections of one kind. */
export type Found<Is extends Detection["is"]> = Extract<Detection, { is: Is }>;

/** Below this confidence an item is a guess: it is shown as one, and nothing is started because of it. */
export const GUESS = 0.5;

/**
 * Who is believed first when sources disagree about a command or a port, from the user's own word to what only describes
 * a container image: `.lodestar/config.json`, Procfile, the ecosystem's manifest or code, Makefile and the like,
 * devcontainer, compose, Dockerfile, prose. Within one rank the higher confidence wins, then the order of detection.
 */
const RANKS: readonly (readonly [rank: number, file: RegExp, said: string])[] = [
  [0, /(^|\/)\.lodestar\/config\.json$/, "the repository's own Lodestar configuration"],
  [1, /(^|\/)Procfile[^/]*$/, "the Procfile"],
  [3, /(^|\/)(GNUmakefile|[Mm]akefile|[Jj]ustfile|Taskfile\.ya?ml)$/, "the Makefile"],
  [4, /(^|\/)\.?devcontainer(\/[^/]+)*\.json$/, "the devcontainer"],
  [5, /(^|\/)(docker-)?compose[^/]*\.ya?ml$/, "compose"],
  [6, /(^|\/)([^/]*\.)?(Dockerfile|Containerfile)[^/]*$/i, "the Dockerfile"],
  [7, /\.(md|rst|adoc|txt)$/i, "prose"],
];
const MANIFEST = { rank: 2, said: "the manifest" };

/** Path of a piece of evidence: `a/b.json:3` and `a/b.json#key` are both `a/b.json`. */
export function fileOf(place: string): string {
  return place.replace(/(:\d+|#.*)$/, "");
}

export function sourceOf(detection: { because: readonly string[] }): { rank: number; said: string; file: string } {
  const file = fileOf(detection.because[0] ?? "");
  // requirements.txt, runtime.txt and robots of their kind are manifests although they end in .txt.
  const manifest = /(^|\/)(requirements[^/]*|runtime|CMakeLists)\.txt$/.test(file);
  const known = manifest ? undefined : RANKS.find(([, pattern]) => pattern.test(file));
  return known ? { rank: known[0], said: known[2], file } : { ...MANIFEST, file };
}

/** Sorts by rank, guesses last, then by confidence; stable. */
export function byPrecedence<T extends { because: readonly string[]; confidence: number }>(found: readonly T[]): T[] {
  return found.toSorted(
    (a, b) =>
      Number(a.confidence < GUESS) - Number(b.confidence < GUESS) ||
      sourceOf(a).rank - sourceOf(b).rank ||
      b.confidence - a.confidence,
  );
}

const NOT_THE_PRODUCT =
  /(^|\/)(node_modules|vendor|third[-_]party|testdata|test-data|__tests__|tests?|specs?|e2e|bench(marks?)?|(__?)?(fixture|example|sample|demo|playground|template)s?(__?)?(-[^/]*)?)(\/|$)/i;
const BESIDE_THE_PRODUCT = /^(docs?|documentation|website|site|\.github)(\/|$)/i;

/**
 * Leaves out what belongs to copies, fixtures and examples, and halves the confidence of documentation sites, unless the
 * repo has no manifest anywhere else: then they are what it is made of.
 */
export function productOnly(detections: readonly Detection[]): Detection[] {
  const aside = (dir: string) => NOT_THE_PRODUCT.test(dir) || BESIDE_THE_PRODUCT.test(dir);
  const manifests = detections.filter((found) => found.is === "language" || found.is === "package-manager");
  if (!manifests.some((found) => !aside(found.dir))) return [...detections];
  return detections
    .filter((found) => !NOT_THE_PRODUCT.test(found.dir))
    .map((found) => (aside(found.dir) ? { ...found, confidence: found.confidence / 2 } : found));
}

const sorted = new WeakMap<readonly Detection[], Map<Detection["is"], Detection[]>>();

/** Every detection of one kind, in the order of detection. A list is sorted by kind once, however often it is asked. */
export function only<Is extends Detection["is"]>(detections: readonly Detection[], is: Is): Found<Is>[] {
  let byKind = sorted.get(detections);
  if (!byKind) {
    byKind = Map.groupBy(detections, (found) => found.is);
    sorted.set(detections, byKind);
  }
  return (byKind.get(is) ?? []).filter((found): found is Found<Is> => found.is === is);
}

export function uniq<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** Places of several detections, each once. */
export function places(found: readonly { because: readonly string[] }[]): string[] {
  return uniq(found.flatMap((one) => [...one.because]));
}

/** True when `dir` is `parent` or lies in it. */
export function within(dir: string, parent: string): boolean {
  return parent === "." || dir === parent || dir.startsWith(`${parent}/`);
}

/** The nearest of `dirs` that is `dir` or holds it. */
export function nearest<T extends { dir: string }>(items: readonly T[], dir: string): T | undefined {
  return items
    .filter((item) => within(dir, item.dir))
    .toSorted((a, b) => depth(b.dir) - depth(a.dir))
    .at(0);
}

/** `.` is 0, `apps/web` is 2. */
export function depth(dir: string): number {
  return dir === "." ? 0 : dir.split("/").length;
}

/** Says that `chosen` was taken and the others were not; undefined when they all agree. */
export function disagreement<T extends { because: readonly string[] }>(
  chosen: T,
  others: readonly T[],
  as: { what: string; dir: string; value: (found: T) => string; why: string },
): Disagreement | undefined {
  const chose = as.value(chosen);
  const over = new Map<string, string[]>();
  for (const other of others) {
    const value = as.value(other);
    if (value !== chose) over.set(value, uniq([...(over.get(value) ?? []), ...other.because]));
  }
  if (over.size === 0) return undefined;
  return {
    what: as.what,
    dir: as.dir,
    chose,
    because: [...chosen.because],
    over: [...over].map(([value, because]) => ({ value, because })),
    why: as.why,
  };
}
