import type { CheckKind, Detection, Disagreement, PlannedCheck } from "../sdk/index.ts";
import { byPrecedence, depth, disagreement, only, places, type Found } from "./plan-source.ts";

type Check = Found<"check">;

/** In the order in which they are worth running: what the later ones need comes first. */
const ORDER: readonly CheckKind[] = ["build", "types", "lint", "format", "test"];

/**
 * One check per name, kind and directory: a script of the manifest wins over a tool's default command. What a workspace's root
 * checks as a whole is not checked again in its members. Names are unique: the kind, with the directory where it is not the root.
 */
export function planChecks(
  detections: readonly Detection[],
  workspaces: readonly { dir: string; members: readonly string[] }[],
): { checks: PlannedCheck[]; disagreements: Disagreement[] } {
  const groups = new Map<string, Check[]>();
  for (const found of only(detections, "check")) {
    const key = `${found.dir}\0${found.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), found]);
  }
  const chosen: PlannedCheck[] = [];
  const disagreements: Disagreement[] = [];
  const sorted = [...groups.values()].toSorted(
    (a, b) => depth(a[0]?.dir ?? ".") - depth(b[0]?.dir ?? ".") || orderOf(a) - orderOf(b),
  );
  for (const group of sorted) {
    const ranked = byPrecedence(group).toSorted((a, b) => b.confidence - a.confidence);
    const [best] = ranked;
    if (!best || coveredByRoot(best, chosen, workspaces)) continue;
    const conflict = disagreement(best, ranked, {
      what: `${best.kind} command`,
      dir: best.dir,
      value: (found) => found.command,
      why: "the repository's own script says how it is checked; a tool's default command does not",
    });
    if (conflict) disagreements.push(conflict);
    const { dir, kind, command, confidence } = best;
    const because = places(ranked.filter((found) => found.command === command));
    chosen.push({ name: uniqueName(best, chosen), dir, kind, command, because, confidence });
  }
  return { checks: chosen, disagreements };
}

function coveredByRoot(
  check: Check,
  chosen: readonly PlannedCheck[],
  workspaces: readonly { dir: string; members: readonly string[] }[],
): boolean {
  const roots = workspaces.filter(({ dir, members }) => dir !== check.dir && members.includes(check.dir));
  return chosen.some((other) => other.kind === check.kind && roots.some((root) => root.dir === other.dir));
}

function uniqueName(check: Check, chosen: readonly PlannedCheck[]): string {
  const base = check.dir === "." ? check.name : `${check.dir}:${check.name}`;
  const taken = new Set(chosen.map((other) => other.name));
  if (!taken.has(base)) return base;
  for (let count = 2; ; count++) if (!taken.has(`${base}-${count}`)) return `${base}-${count}`;
}

function orderOf(group: readonly Check[]): number {
  return ORDER.indexOf(group[0]?.kind ?? "test");
}

/** Checks of `dir` itself; used for a service's own test command. */
export function testOf(checks: readonly PlannedCheck[], dir: string): string | undefined {
  return checks.find((check) => check.kind === "test" && check.dir === dir)?.command;
}
