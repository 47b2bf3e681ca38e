/**
 * How right is `detect`? Compares its plans with those of railpack and nixpacks for their own examples: language, package manager
 * and start command, each right, wrong although confident, or not known. Inputs are given, never fetched:
 *   node bench/detect-plans.ts --data expected.json.gz --railpack <git dir> --nixpacks <git dir> [--verbose]
 * or LODESTAR_PLANS_DATA, LODESTAR_PLANS_RAILPACK, LODESTAR_PLANS_NIXPACKS. Every exclusion is printed with its reason.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { loadPlugins } from "../src/host/plugins.ts";
import { viewRepo } from "../src/host/repo-view.ts";
import { detect } from "../src/kernel/detect.ts";
import { makePlan } from "../src/kernel/plan.ts";
import type { Plan } from "../src/sdk/index.ts";
import { sameStart } from "./_plans-start.ts";
import {
  Expected,
  languageTruth,
  managerTruth,
  managesLanguage,
  nameOf,
  startTruth,
  type Truth,
} from "./_plans-truth.ts";

type Verdict = "right" | "wrong" | "unknown";
interface Score {
  readonly metric: string;
  readonly example: string;
  readonly language: string;
  readonly verdict: Verdict | { readonly excluded: string };
  readonly detail: string;
}

const SURE = 0.5;

const { values } = parseArgs({
  options: {
    data: { type: "string", default: process.env.LODESTAR_PLANS_DATA ?? "" },
    railpack: { type: "string", default: process.env.LODESTAR_PLANS_RAILPACK ?? "" },
    nixpacks: { type: "string", default: process.env.LODESTAR_PLANS_NIXPACKS ?? "" },
    verbose: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  const lacking = (["data", "railpack", "nixpacks"] as const).filter((name) => values[name] === "");
  if (lacking.length > 0) {
    console.log(
      `detect-plans: not measured, these inputs are lacking: ${lacking.map((name) => `--${name}`).join(", ")}`,
    );
    return 4;
  }
  const packed = await readFile(values.data);
  const rows = z.array(Expected).parse(JSON.parse(gunzipSync(packed).toString("utf8")));
  const { detectors } = await loadPlugins();
  const scores: Score[] = [];
  for (const source of ["railpack", "nixpacks"] as const) {
    const blobs = await readBlobs(
      values[source],
      rows.filter((row) => row.source === source).flatMap((row) => row.files.map(([, id]) => id)),
    );
    for (const row of rows.filter((one) => one.source === source)) {
      const texts = new Map(row.files.map(([path, id]) => [path, blobs.get(id)]));
      const view = viewRepo({ files: [...texts.keys()], read: async (path) => texts.get(path) });
      const plan = makePlan(await detect(view, detectors));
      scores.push(...judge(row, plan, (name) => texts.get(name)));
    }
  }
  print(scores);
  return 0;
}

function judge(row: Expected, plan: Plan, textOf: (name: string) => string | undefined): Score[] {
  const example = `${row.source}/${nameOf(row)}`;
  const language = languageTruth(row);
  const group = "value" in language ? language.value : "-";
  const score = (metric: string, truth: Truth, ours: readonly string[], same: (truth: string) => boolean): Score => {
    const base = { metric, example, language: group };
    if ("excluded" in truth) return { ...base, verdict: truth, detail: "" };
    const verdict = ours.length === 0 ? "unknown" : same(truth.value) ? "right" : "wrong";
    return { ...base, verdict, detail: `${ours.join(" | ") || "nothing"}; expected ${truth.value}` };
  };
  const languages = mainLanguages(plan);
  const installs = plan.installs.filter((one) => one.confidence >= SURE).map((one) => one.manager);
  const managers = installs.filter((name) => managesLanguage(name, group)).slice(0, 1);
  const services = plan.services.filter((one) => one.confidence >= SURE);
  const commands = services.map(({ commands, kind, dir }) => ({
    command: commands.start ?? commands.dev ?? "",
    kind,
    dir,
  }));
  return [
    score("language", language, languages.slice(0, 1), (truth) => family(languages[0] ?? "") === truth),
    score("package manager", managerTruth(row), managers, (truth) => managers[0] === truth),
    score(
      "start command",
      startTruth(row, textOf),
      commands.map(({ command, kind }) => (kind === "static" ? `static: ${command.slice(0, 60)}` : command)),
      (truth) => commands.some((ours) => sameStart(ours, truth, { build: row.build ?? [] })),
    ),
  ];
}

/** The language of what runs first, then those of the toolchains from the root downwards. */
function mainLanguages(plan: Plan): string[] {
  const named = (language: string, runtime: string | undefined) => (runtime === "deno" ? runtime : language);
  const served = plan.services
    .filter((one) => one.confidence >= SURE)
    .flatMap((one) => (one.language === undefined ? [] : named(one.language, one.runtime?.name)));
  const sure = plan.toolchains.filter((one) => one.confidence >= SURE);
  return [...served, ...sure.map((one) => named(one.language, one.runtime))];
}

const FAMILIES: Readonly<Record<string, string>> = {
  typescript: "javascript",
  kotlin: "java",
  csharp: "dotnet",
  fsharp: "dotnet",
  visualbasic: "dotnet",
};

function family(language: string): string {
  return FAMILIES[language.toLowerCase()] ?? language.toLowerCase();
}

function print(scores: readonly Score[]): void {
  console.log("metric            measured  right         wrong, confident  don't know");
  for (const metric of ["language", "package manager", "start command"]) {
    const mine = scores.filter((score) => score.metric === metric && typeof score.verdict === "string");
    const count = (verdict: Verdict) => mine.filter((score) => score.verdict === verdict).length;
    const share = (verdict: Verdict) =>
      `${count(verdict)} (${((100 * count(verdict)) / Math.max(1, mine.length)).toFixed(1)} %)`;
    console.log(
      `${metric.padEnd(17)} ${String(mine.length).padEnd(9)} ${share("right").padEnd(13)} ${share("wrong").padEnd(17)} ${share("unknown")}`,
    );
  }
  console.log("\nNot right:");
  for (const { metric, example, verdict, detail } of scores)
    if (verdict === "wrong" || verdict === "unknown")
      console.log(`  ${verdict.padEnd(8)}${metric.padEnd(16)} ${example}: ${detail}`);
  console.log("\nLeft out:");
  for (const { metric, example, verdict } of scores)
    if (typeof verdict === "object") console.log(`  ${metric.padEnd(16)} ${example}: ${verdict.excluded}`);
  if (!values.verbose) return;
  console.log("\nRight:");
  for (const { metric, example, verdict, detail } of scores)
    if (verdict === "right") console.log(`  ${metric.padEnd(16)} ${example}: ${detail}`);
}

/** Texts of blobs by (abbreviated) id, read in one git process; one that is absent or binary has no text. */
async function readBlobs(gitDir: string, ids: readonly string[]): Promise<Map<string, string | undefined>> {
  const wanted = [...new Set(ids)];
  const child = spawn("git", ["--git-dir", gitDir, "cat-file", "--batch"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: process.env.PATH, GIT_NO_LAZY_FETCH: "1", GIT_TERMINAL_PROMPT: "0" },
  });
  child.stdin.end(`${wanted.join("\n")}\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const texts = new Map<string, string | undefined>();
  let at = 0;
  for (const id of wanted) {
    const end = bytes.indexOf("\n", at);
    if (end < 0) break;
    const size = /^\w+ blob (\d+)$/.exec(bytes.subarray(at, end).toString())?.[1];
    at = end + 1;
    if (size === undefined) continue;
    const content = bytes.subarray(at, at + Number(size));
    at += Number(size) + 1;
    texts.set(id, content.includes(0) ? undefined : content.toString("utf8"));
  }
  return texts;
}

if (import.meta.main) process.exitCode = await main();
