/** Words that stand in most sentences about code and tell nothing of what it is about. */
const EMPTY = new Set(
  (
    "the and for that this with from into when then was were are has have had its not now all any bug fix fixed issue " +
    "problem error errors fail fails failed failing failure test tests should would could does did done code file files " +
    "function method class module case cases value values return returns make makes made use uses used add adds added src lib " +
    "index main spec unit app js ts py rs go rb php java jsx tsx mjs cjs handling handle handles correct correctly wrong properly"
  ).split(" "),
);
const MIN = 3;

/**
 * The telling words of a text, lower case and without endings: code names are taken apart (`parseDate`, `parse_date`,
 * `src/parse-date.ts` all give `parse` and `date`).
 */
export function wordsOf(...texts: readonly string[]): Set<string> {
  const words = new Set<string>();
  for (const text of texts)
    for (const part of text.replace(/([a-z0-9])([A-Z])/g, "$1 $2").split(/[^\p{L}\p{N}]+/u)) {
      const word = part.toLowerCase();
      if (word.length >= MIN && !EMPTY.has(word)) words.add(stem(word));
    }
  return words;
}

export function shareWord(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return shared(a, b) > 0;
}

/** How many words are in both. */
export function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  return [...a].filter((word) => b.has(word)).length;
}

/** `rounds`, `rounded` and `rounding` are one word; short ones stay as they are. */
function stem(word: string): string {
  if (word.length <= 4) return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
  return word.replace(/(?:ings?|ers?|ed|es|s|e)$/, "");
}
