import type { Tampering } from "../sdk/index.ts";
import { diffOf, type Change } from "./tampering-change.ts";

/** `autotests = false`, and `test = false` or `harness = false` of a target: what is behind them no longer runs, or runs nothing. */
const OFF = /^\s*(autotests|autobenches|test|doctest|harness)\s*=\s*false\b/;
const TARGET = /^\s*\[\[test\]\]/;

/** A Cargo.toml that leaves tests out which cargo ran before. */
export function findCargoTampering({ file, before, after }: Change): Tampering[] {
  if (!/(?:^|\/)Cargo\.toml$/.test(file.path) || !before || !after) return [];
  const [old, now] = [before.text.split("\n"), after.text.split("\n")];
  const found: Tampering[] = [];
  const count = (lines: readonly string[], setting: string) =>
    lines.filter((line) => OFF.exec(line)?.[1] === setting).length;
  for (const [index, line] of now.entries()) {
    const setting = OFF.exec(line)?.[1];
    if (setting === undefined || setting === "autobenches" || count(now, setting) <= count(old, setting)) continue;
    const what = `\`${setting} = false\` leaves tests out`;
    found.push({
      what,
      kind: "runner-config",
      file: file.path,
      line: index + 1,
      diff: diffOf([], [line.trim()]),
      loosens: true,
    });
  }
  const targets = (lines: readonly string[]) => lines.filter((line) => TARGET.test(line)).length;
  if (targets(now) < targets(old) && now.some((line) => OFF.exec(line)?.[1] === "autotests"))
    found.push({
      what: "a `[[test]]` target was removed",
      kind: "runner-config",
      file: file.path,
      diff: diffOf(["[[test]]"], []),
      loosens: true,
    });
  return found;
}
