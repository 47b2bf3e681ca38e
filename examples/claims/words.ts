import type { Place } from "./corpus.ts";

/**
 * What somebody would write about the repair of a defect. `tested` says that a test was added; with `green` it also says that
 * the tests pass.
 */
export function fixWords(
  at: Place,
  { tested = false, green = false }: { tested?: boolean; green?: boolean } = {},
): string {
  const { name, file, symptom, cure } = at.defect;
  const said = turnOf(at, [
    `Fixed ${name}: ${cure}.`,
    `fix(${at.program.name}): ${name} ${symptom}`,
    `I fixed the bug where ${name} ${symptom}.`,
    `Done. The bug in ${file} is fixed: ${cure}.`,
    `${name}() no longer ${symptom}. This fixes #${12 + at.turn}.`,
    `Fixes #${40 + at.turn}: ${name} ${symptom}.`,
    `Resolved the issue in \`${name}\`; ${cure} now.`,
    `The bug is fixed: ${name} ${symptom} no more.`,
  ]).replace(/no longer (?!is )(\w+?)s /, "no longer $1 ");
  const test = turnOf(at, ["Added a regression test.", "A new test covers it.", "With a test for it.", ""]);
  const pass = turnOf(at, ["All tests pass.", "The tests pass.", "The suite is green."]);
  return [said, tested ? test : "", green ? pass : ""].filter(Boolean).join(" ");
}

/** One of the texts, another one each time. */
export function turnOf<T>(at: Place, texts: readonly [T, ...T[]]): T {
  return texts[at.turn % texts.length] ?? texts[0];
}
