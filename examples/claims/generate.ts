/**
 * `node examples/claims/generate.ts <folder> [--only ID] [--list] [--check]`: writes the corpus of true and false claims. See
 * README.md beside this file.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkLabels } from "./check.ts";
import { makeClaims, type Made } from "./claims.ts";
import { writeCorpus } from "./repos.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "" }, list: { type: "boolean" }, check: { type: "boolean" } },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const claims = await makeClaims(values.only);
  if (claims.length === 0)
    return fail(`No claim has ${values.only} in its id. Next: node examples/claims/generate.ts --list`);
  if (values.list) say(listOf(claims));
  const [folder] = positionals;
  if (folder === undefined) {
    return values.list ? 0 : fail("Where to? Next: node examples/claims/generate.ts /tmp/claims");
  }
  const begun = Date.now();
  const rows = await writeCorpus(resolve(folder), claims);
  say(`${rows.length} claims in ${resolve(folder)}, ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  if (!values.check) return 0;
  const wrong = await checkLabels(resolve(folder), claims, rows);
  say(
    `${wrong.length === 0 ? "Every label is true" : `${wrong.length} labels are not true`}, ${((Date.now() - begun) / 1000).toFixed(0)} s`,
  );
  return wrong.length === 0 ? 0 : 1;
}

/** How many claims there are of each scenario with each runner. */
function listOf(claims: readonly Made[]): string {
  const runners = [...new Set(claims.map((made) => made.runner))];
  const scenarios = [...new Set(claims.map((made) => made.scenario))];
  const count = (scenario: string, runner: string) =>
    claims.filter(
      (made) => (scenario === "" || made.scenario === scenario) && (runner === "" || made.runner === runner),
    ).length;
  const columns = [...runners, ""];
  const lines = [...scenarios, ""].map((scenario) => {
    const numbers = columns.map((runner) => String(count(scenario, runner) || "").padStart(9));
    return (scenario || "all").padEnd(32) + numbers.join("");
  });
  return ["".padEnd(32) + columns.map((runner) => (runner || "all").padStart(9)).join(""), ...lines].join("\n");
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 2;
}
