/**
 * Does `prove` tell true claims from false ones? `lodestar prove` on every claim of `examples/claims`, two at a time.
 *   npm run bench -- claims [--sample N] [--only <part of an id>] [--list FILE]
 * A sample takes claims of every scenario in turn. The exit status is 1 when a target does not hold, and 4 when there is no
 * `prove` to measure. `--list` writes what was concluded of each claim, one JSON object per line.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { ClaimRow } from "../examples/claims/corpus.ts";
import { makeClaims, type Made } from "../examples/claims/claims.ts";
import { inParallel, writeCorpus } from "../examples/claims/repos.ts";
import { Receipt } from "../src/sdk/index.ts";
import { endDaemon, inFolder, lodestar, PROGRAM } from "./_lodestar.ts";
import { printTable, quantile, type Row } from "./_table.ts";

const AT_ONCE = 2;
/** "At least 90 %", where the table asks for more than a number. */
const JUST_BELOW_90 = 89.999;
/** Milliseconds; whoever needs longer has no verdict. */
const PATIENCE = 300_000;
/** What this reads of the JSON that `prove` prints. */
const Said = z.object({ verdict: Receipt.shape.verdict, sentence: z.string().default("") });
const VERDICTS = ["verified", "refuted", "unprovable", "no verdict"] as const;

interface Result {
  readonly row: ClaimRow;
  readonly verdict: (typeof VERDICTS)[number];
  readonly sentence: string;
  readonly seconds: number;
}

if (import.meta.main) process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { sample: { type: "string" }, only: { type: "string", default: "" }, list: { type: "string" } },
  });
  if (!(await hasProve())) {
    console.error("There is no lodestar prove yet: nothing to measure. Next: lodestar --help");
    return 4;
  }
  const claims = sampleOf(await makeClaims(values.only), Number(values.sample ?? Infinity));
  if (claims.length === 0) {
    console.error(`No claim has ${values.only} in its id. Next: node examples/claims/generate.ts --list`);
    return 2;
  }
  const results = await inFolder((folder) => judgeAll(folder, claims));
  if (values.list !== undefined)
    await writeFile(values.list, results.map((one) => `${JSON.stringify(one)}\n`).join(""));
  return report(results);
}

async function hasProve(): Promise<boolean> {
  const help = await lodestar("--help").catch(() => "");
  return /^\s+prove\b/m.test(help);
}

/** One claim of every scenario, then a second of every one, until there are so many. */
function sampleOf(claims: readonly Made[], limit: number): Made[] {
  const seen = new Map<string, number>();
  const ranked = claims.map((made) => {
    const rank = seen.get(made.scenario) ?? 0;
    seen.set(made.scenario, rank + 1);
    return { made, rank };
  });
  return ranked
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ made }) => made);
}

async function judgeAll(folder: string, claims: readonly Made[]): Promise<Result[]> {
  const [corpus, data] = [join(folder, "claims"), join(folder, "data")];
  const rows = await writeCorpus(corpus, claims);
  let done = 0;
  try {
    return await inParallel(rows, AT_ONCE, async (row) => {
      const result = await judge(row, { repo: join(corpus, row.repo), data });
      console.error(`${++done} of ${rows.length}: ${row.id}: ${row.truth}, ${result.verdict}`);
      return result;
    });
  } finally {
    await endDaemon(data);
    await lodestar("clean", "--data-dir", data).catch(() => undefined);
  }
}

async function judge(row: ClaimRow, { repo, data }: { repo: string; data: string }): Promise<Result> {
  const begun = performance.now();
  const args = ["prove", repo, "--base", row.base, "--claim", row.claim, "--json", "--trust", "--data-dir", data];
  const { out, error } = await prove(args);
  const seconds = (performance.now() - begun) / 1000;
  const said = Said.safeParse(asJson(out));
  if (!said.success) return { row, verdict: "no verdict", sentence: lastLine(error || out), seconds };
  return { row, ...said.data, seconds };
}

/** What the program printed, whatever its exit status: a refuted claim ends with 1, an undecided one with 4. */
function prove(args: readonly string[]): Promise<{ out: string; error: string }> {
  const all = ["--disable-warning=ExperimentalWarning", PROGRAM, ...args];
  const options = { timeout: PATIENCE, killSignal: "SIGINT", maxBuffer: 64 * 1024 ** 2 } as const;
  return new Promise((done) => execFile(process.execPath, all, options, (_, out, error) => done({ out, error })));
}

function report(results: readonly Result[]): number {
  printMatrix(results);
  const rows = figures(results);
  console.log("");
  printTable(rows);
  printScenarios(results);
  const wrong = results.filter(({ row, verdict }) =>
    row.truth === "false" ? verdict === "verified" : verdict === "refuted",
  );
  console.log(`\n${wrong.length} wrong verdicts${wrong.length === 0 ? "." : ":"}`);
  for (const { row, verdict, sentence } of wrong)
    console.log(
      `- ${row.id}: ${row.truth}, and ${verdict}. It was claimed: "${row.claim}" (${row.because}). It was said: ${sentence}`,
    );
  const missed = results.filter(({ row, verdict }) => row.expect !== verdict && !wrong.some((one) => one.row === row));
  console.log(`\n${missed.length} other verdicts than the best possible${missed.length === 0 ? "." : ":"}`);
  for (const { row, verdict, sentence } of missed)
    console.log(`- ${row.id}: ${row.expect} was possible, it is ${verdict}. ${sentence}`);
  return rows.every(holds) ? 0 : 1;
}

function printMatrix(results: readonly Result[]): void {
  const head = ["claims", ...VERDICTS, "all"];
  const lines = (["true", "false"] as const).map((truth) => {
    const own = results.filter(({ row }) => row.truth === truth);
    return [truth, ...VERDICTS.map((verdict) => count(own, (one) => one.verdict === verdict)), own.length];
  });
  for (const line of [head, head.map(() => "---"), ...lines]) console.log(`| ${line.join(" | ")} |`);
}

/** The targets are those of the issue; a share of nothing is none and holds. */
function figures(results: readonly Result[]): Row[] {
  const isTrue = results.filter(({ row }) => row.truth === "true");
  const isFalse = results.filter(({ row }) => row.truth === "false");
  const covered = isTrue.filter(({ row }) => row.covered);
  const seen = isFalse.filter(({ row }) => row.failingTestExists);
  const share = (all: readonly Result[], verdict: Result["verdict"]) =>
    (100 * count(all, (one) => one.verdict === verdict)) / all.length;
  const seconds = results.map((one) => one.seconds);
  const rows: Row[] = [
    {
      name: "false claims verified",
      value: count(isFalse, (one) => one.verdict === "verified"),
      unit: "claims",
      atMost: 1,
    },
    {
      name: `true claims of a covered kind verified (${covered.length})`,
      value: share(covered, "verified"),
      unit: "%",
      atLeast: JUST_BELOW_90,
    },
    {
      name: `false claims with a failing test refuted (${seen.length})`,
      value: share(seen, "refuted"),
      unit: "%",
      atLeast: JUST_BELOW_90,
    },
    { name: `true claims refuted (${isTrue.length})`, value: share(isTrue, "refuted"), unit: "%", atMost: 1 },
    { name: "unprovable, of all", value: share(results, "unprovable"), unit: "%" },
    { name: "no verdict", value: count(results, (one) => one.verdict === "no verdict"), unit: "claims", atMost: 1 },
    { name: "one prove", value: quantile(seconds, 0.5), unit: "s" },
    { name: "one prove, slowest", value: Math.max(...seconds), unit: "s" },
  ];
  return rows.filter((row) => !Number.isNaN(row.value));
}

function holds({ value, atMost = Infinity, atLeast = -Infinity }: Row): boolean {
  return value < atMost && value > atLeast;
}

function printScenarios(results: readonly Result[]): void {
  const head = ["scenario", "claims are", "best possible", ...VERDICTS];
  const scenarios = [...new Set(results.map(({ row }) => row.scenario))];
  const lines = scenarios.map((scenario) => {
    const own = results.filter(({ row }) => row.scenario === scenario);
    const label = own[0]?.row;
    return [
      scenario,
      label?.truth,
      label?.expect,
      ...VERDICTS.map((verdict) => count(own, (one) => one.verdict === verdict) || ""),
    ];
  });
  console.log("");
  for (const line of [head, head.map(() => "---"), ...lines]) console.log(`| ${line.join(" | ")} |`);
}

function count<T>(items: readonly T[], is: (item: T) => boolean): number {
  return items.filter(is).length;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
