import { goCases, rustCases } from "./tampering-cases-braces.ts";
import { annotatedCases } from "./tampering-cases-annotated.ts";
import { elixirCases, pythonCases, rubyCases } from "./tampering-cases-lines.ts";
import { scriptCases } from "./tampering-cases-script.ts";
import type { TestCaseSource } from "./tampering-shapes.ts";
import { readSource, type Source } from "./tampering-text.ts";

/** Cases below that many groups are not read: no suite nests so deep, and a hostile file could cost minutes. */
const MOST_NESTED = 12;

/** Every test case and group of a file in any of the languages that are known, by place. */
export function casesOf(source: Source): TestCaseSource[] {
  return inherit(find(source).toSorted((a, b) => a.start - b.start || b.end - a.end));
}

/** As {@link casesOf}, from the text itself. */
export function readCases(path: string, text: string): TestCaseSource[] {
  return casesOf(readSource(path, text));
}

function find(source: Source): TestCaseSource[] {
  switch (source.language) {
    case "js":
      return scriptCases(source);
    case "py":
      return pythonCases(source);
    case "rb":
      return rubyCases(source);
    case "ex":
      return elixirCases(source);
    case "go":
      return goCases(source);
    case "rs":
      return rustCases(source);
    case "c":
      return annotatedCases(source);
    case "php":
      return [...annotatedCases(source), ...scriptCases(source)];
    default:
      return [];
  }
}

/** What a group says of itself holds for every case in it. */
function inherit(cases: readonly TestCaseSource[]): TestCaseSource[] {
  const around: TestCaseSource[] = [];
  const found: TestCaseSource[] = [];
  for (const one of cases) {
    while ((around.at(-1)?.end ?? Infinity) <= one.start) around.pop();
    const outer = around.at(-1);
    const skipped = one.skipped ?? outer?.skipped;
    const own: TestCaseSource = { ...one, ...(skipped ? { skipped } : {}) };
    if (around.length < MOST_NESTED) found.push(own);
    around.push(own);
  }
  return found;
}
