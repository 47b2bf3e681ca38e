import { isTestFile } from "../../kernel/tampering.ts";
import type { CommitSource } from "../../sdk/index.ts";

/** So many test files are looked through, and so many cases looked for. */
const [MOST_FILES, MOST_CASES] = [200, 50];
/** Lines of a case: what it calls stands in them. */
const LINES = 20;
const SHORTEST_TITLE = 4;

/** What stands in the tests of a commit where they name these cases: with it a claim is tied to a test whose title says something else. */
export async function caseTexts(source: CommitSource, names: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (names.length === 0) return found;
  const files = source.files.filter((path) => isTestFile(path)).slice(0, MOST_FILES);
  const texts = await Promise.all(files.map(async (path) => (await source.read(path)) ?? ""));
  for (const name of names.slice(0, MOST_CASES)) {
    const text = titlesOf(name)
      .map((title) => around(texts, title))
      .find((one) => one !== undefined);
    if (text !== undefined) found.set(name, text);
  }
  return found;
}

/** The parts of a name under which its case may stand in a file, the longest first: suites, files and classes are put in front by runners. */
function titlesOf(name: string): string[] {
  const parts = name.split(/ > | › |::|[()]|(?<=\w)\.(?=\w)/).map((part) => part.trim());
  return [name, ...parts.toSorted((a, b) => b.length - a.length)].filter((part) => part.length >= SHORTEST_TITLE);
}

function around(texts: readonly string[], title: string): string | undefined {
  for (const text of texts) {
    const at = text.indexOf(title);
    if (at >= 0) return text.slice(at).split("\n").slice(0, LINES).join("\n");
  }
  return undefined;
}
