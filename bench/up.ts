/**
 * What `up` costs against the same work by hand: install, build, start until it answers, then every check, in the order of
 * the plan and with the same programs. Both begin with a fresh clone of HEAD and warm caches of the package managers
 * (round 0 fills them and does not count). They take turns at going first, and nothing is deleted before the end: on the
 * disks this was measured on, the first to write after a deletion waits up to ten times as long.
 *   node bench/up.ts <checkout> [--rounds 3]
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { Report, type Plan } from "../src/sdk/index.ts";

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("../bin/lodestar.mjs", import.meta.url));
const PATIENCE = 30 * 60_000;
/** DESIGN.md 9: `up` costs at most 1.1 x the same by hand, plus 3 s. */
const [FACTOR, FIXED] = [1.1, 3];

/** Median seconds over the rounds; `cold` is round 0 of `up`, with nothing downloaded. */
export interface UpCost {
  readonly name: string;
  readonly commit: string;
  readonly rounds: number;
  readonly cold: number;
  readonly up: number;
  readonly hand: number;
  readonly ratio: number;
  readonly holds: boolean;
  /** Medians of what `up` reports of itself; the rest of it is the start of the daemon and its end. */
  readonly phases: { readonly install: number; readonly start: number; readonly checks: number };
  readonly state: string;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: "string" } } });
  if (positionals.length === 0) {
    console.error("Which repository? Next: node bench/up.ts <checkout> [--rounds 3]");
    process.exitCode = 2;
  }
  const header = [
    "repository",
    "commit",
    "state",
    "rounds",
    "by hand",
    "up",
    "ratio",
    "holds",
    "install, start, checks",
    "up cold",
  ];
  for (const cells of positionals.length > 0 ? [header, header.map(() => "---")] : [])
    console.log(`| ${cells.join(" | ")} |`);
  for (const checkout of positionals) console.log(row(await upCost(checkout, { rounds: Number(values.rounds ?? 3) })));
}

/** Measures one checkout. Its own files and `node_modules` are not touched. */
export default async function upCost(checkout: string, { rounds = 3 }: { rounds?: number } = {}): Promise<UpCost> {
  const place = await mkdtemp(join(tmpdir(), "bench-up-"));
  const data = join(place, "data");
  const from = resolve(checkout);
  try {
    const clone = async (name: string) => {
      await run("git", ["clone", "--quiet", "--no-hardlinks", from, join(place, name, basename(from))]);
      return join(place, name, basename(from));
    };
    const first = await up(await clone("up-0"), data);
    const work = { plan: first.report.plan, env: await handEnv(first.report.plan, data) };
    await byHand(await clone("hand-0"), work);
    const ups: Awaited<ReturnType<typeof up>>[] = [];
    const hands: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const turns = [
        async (own: string) => void ups.push(await up(own, data)),
        async (own: string) => void hands.push(await byHand(own, work)),
      ];
      for (const [index, turn] of (round % 2 === 0 ? turns.toReversed() : turns).entries()) {
        const own = await clone(`${round}-${index}`);
        await run("sync");
        await turn(own);
      }
    }
    const phase = (name: "install" | "start" | "checks") => median(ups.map((one) => one.report.seconds[name]));
    const [cost, hand] = [median(ups.map((one) => one.seconds)), median(hands)];
    return {
      name: basename(from),
      commit: first.report.commit.slice(0, 7),
      rounds,
      cold: first.seconds,
      up: cost,
      hand,
      ratio: cost / hand,
      holds: cost <= FACTOR * hand + FIXED,
      phases: { install: phase("install"), start: phase("start"), checks: phase("checks") },
      state: [...new Set(ups.map((one) => one.report.state))].join(", "),
    };
  } finally {
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function up(folder: string, data: string): Promise<{ seconds: number; report: Report }> {
  const begun = performance.now();
  const args = [PROGRAM, "up", folder, "--once", "--json", "--no-open", "--data-dir", data];
  const said = await shell(process.execPath, args, { cwd: folder, env: process.env });
  return { seconds: (performance.now() - begun) / 1000, report: Report.parse(JSON.parse(said.output)) };
}

/** The runtimes and package managers that `up` used are in front of PATH. */
async function handEnv(plan: Plan, data: string): Promise<NodeJS.ProcessEnv> {
  const toolbox = join(data, "toolbox");
  const boxes = await readdir(toolbox).catch(() => []);
  const managers = boxes
    .filter((box) => !box.startsWith("node-"))
    .map((box) => join(toolbox, box, "node_modules/.bin"));
  const nodes = boxes
    .filter((box) => box.startsWith("node-"))
    .map((box) => join(toolbox, box, "node_modules", box.replace(/@.*/, ""), "bin"));
  const asksForNode = plan.toolchains.some((one) => one.runtime === "node" && one.version !== undefined);
  const own = asksForNode ? [] : [dirname(process.execPath)];
  return { ...process.env, CI: "true", PATH: [...nodes, ...managers, ...own, process.env["PATH"]].join(delimiter) };
}

interface HandWork {
  readonly plan: Plan;
  readonly env: NodeJS.ProcessEnv;
}

async function byHand(folder: string, { plan, env }: HandWork): Promise<number> {
  const begun = performance.now();
  const at = (dir: string) => ({ cwd: join(folder, dir), env: { ...env, PATH: withPrograms(folder, dir, env) } });
  for (const { dir, manager, lockfile } of plan.installs) {
    const { exit, output } = await shell("sh", ["-c", installOf(manager, lockfile)], at(dir));
    if (exit !== 0) throw new Error(`${manager} by hand failed in ${dir}: ${output.slice(-500)}`);
  }
  const services = plan.services.filter((one) => one.kind !== "job");
  for (const { dir, command } of plan.builds.filter((one) =>
    services.some((service) => isWithin(service.dir, one.dir)),
  ))
    await shell("sh", ["-c", command], at(dir));
  const started = [];
  for (const service of services) {
    const port = service.port ?? 20_000 + Math.floor(Math.random() * 10_000);
    const line = service.commands.start ?? service.commands.dev ?? "true";
    const flag =
      service.portFlag === undefined ? "" : `${line.startsWith("npm ") ? " --" : ""} ${service.portFlag} ${port}`;
    const { cwd, env: given } = at(service.dir);
    const options = { cwd, env: { ...given, PORT: String(port) }, detached: true, stdio: "ignore" as const };
    started.push(spawn("sh", ["-c", `${line}${flag}`], options));
    if (service.health.kind === "http" || service.health.kind === "port") await untilAnswers(port);
  }
  for (const check of plan.checks) await shell("sh", ["-c", check.command], at(check.dir));
  const seconds = (performance.now() - begun) / 1000;
  for (const { pid } of started) if (pid !== undefined) stopGroup(pid);
  return seconds;
}

/** What a person types: the lockfile as it is. */
function installOf(manager: string, lockfile: string | undefined): string {
  const commands: Readonly<Record<string, string>> = {
    npm: lockfile === undefined ? "npm install --no-audit --no-fund --no-package-lock" : "npm ci --no-audit --no-fund",
    pnpm: `pnpm install${lockfile === undefined ? "" : " --frozen-lockfile"}`,
    yarn: "yarn install",
    bun: "bun install",
    pip: `python3 -m venv .venv${lockfile === undefined ? "" : ` && .venv/bin/pip install -r ${lockfile}`}`,
    cargo: "cargo fetch",
    go: "go mod download",
  };
  const command = commands[manager];
  if (command === undefined) throw new Error(`How ${manager} installs by hand is not known to this benchmark.`);
  return command;
}

function withPrograms(folder: string, dir: string, env: NodeJS.ProcessEnv): string {
  const places = [join(folder, dir), folder].flatMap((one) => [join(one, "node_modules/.bin"), join(one, ".venv/bin")]);
  return [...places, env["PATH"]].join(delimiter);
}

async function untilAnswers(port: number): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const answered = await fetch(`http://localhost:${port}/`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(50);
  }
  throw new Error(`Nothing answered on port ${port} by hand.`);
}

async function shell(program: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const child = spawn(program, args, { ...options, stdio, signal: AbortSignal.timeout(PATIENCE) });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.resume();
  await once(child, "close");
  return { exit: child.exitCode, output: Buffer.concat(chunks).toString("utf8") };
}

function stopGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function isWithin(dir: string, parent: string): boolean {
  return parent === "." || dir === parent || dir.startsWith(`${parent}/`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

function row(one: UpCost): string {
  const { install, start, checks } = one.phases;
  const own = [install, start, checks].map((value) => value.toFixed(1)).join(", ");
  const times = [one.hand, one.up].map((value) => `${value.toFixed(1)} s`);
  const cells = [
    one.name,
    one.commit,
    one.state,
    one.rounds,
    ...times,
    one.ratio.toFixed(2),
    one.holds ? "yes" : "no",
    own,
  ];
  return `| ${cells.join(" | ")} | ${one.cold.toFixed(1)} s |`;
}
