/**
 * Does `up` bring real repositories to a measured baseline, and how long does it take? For each checkout:
 * `lodestar up --once --json` on a fresh copy of its HEAD, with a fresh data dir (nothing downloaded before), one after the other.
 *   node bench/repos.ts <folder>… [--limit N] [--only <pattern of names>]
 * A folder is a checkout, or holds checkouts; a folder in it without a repository of its own is committed as one, and its
 * commit is that of the repository around it. The table is Markdown on stdout, row by row.
 */
import { execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify, stripVTControlCharacters } from "node:util";
import { openSqliteStore } from "../src/host/store-sqlite.ts";
import { messageOf, Report } from "../src/sdk/index.ts";

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("../bin/lodestar.mjs", import.meta.url));
const PATIENCE = 40 * 60_000;

/** How one repository ended. Seconds; `fetching` is what downloading and unpacking took of `install`. */
export interface RepoResult {
  readonly name: string;
  readonly commit: string;
  readonly state: string;
  readonly services: { readonly healthy: number; readonly all: number };
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly checks: { readonly passed: number; readonly all: number };
  readonly seconds: Report["seconds"];
  readonly fetching: number;
  readonly sandbox: string;
  /** Why it is not healthy; empty when it is. */
  readonly why: string;
}

/** The columns of the table. */
const HEAD =
  "repository|commit|state|services|checks|tests passed / failed / skipped|detect|install|of it fetching|start|checks|total|sandbox|why not healthy".split(
    "|",
  );

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { limit: { type: "string" }, only: { type: "string", default: "" } },
});
if (import.meta.main) await main();

async function main(): Promise<void> {
  if (positionals.length === 0) {
    console.error("Which repositories? Next: node bench/repos.ts <folder with checkouts>");
    process.exitCode = 2;
    return;
  }
  console.log(`${row(HEAD)}\n${row(HEAD.map(() => "---"))}`);
  const show = (result: RepoResult) => console.log(row(cellsOf(result)));
  const results = await repos(positionals, { limit: Number(values.limit ?? Infinity), only: values.only, show });
  const good = results.filter((one) => one.state === "healthy").length;
  console.log(`\n${good} of ${results.length} healthy. Seconds; every run began with nothing downloaded.`);
}

/** Runs every checkout in `folders` whose name matches `only`, at most `limit`; one that cannot be run is a result with the reason. */
export default async function repos(
  folders: readonly string[],
  { limit = Infinity, only = "", show }: { limit?: number; only?: string; show?: (result: RepoResult) => void } = {},
): Promise<RepoResult[]> {
  const found = (await Promise.all(folders.map((folder) => checkoutsIn(resolve(folder))))).flat();
  const checkouts = found.filter((folder) => new RegExp(only).test(basename(folder))).slice(0, limit);
  const results: RepoResult[] = [];
  for (const [index, checkout] of checkouts.entries()) {
    const result = await measureOne(checkout);
    results.push(result);
    show?.(result);
    console.error(`${index + 1} of ${checkouts.length}`);
  }
  return results;
}

async function checkoutsIn(folder: string): Promise<string[]> {
  if (await isThere(join(folder, ".git"))) return [folder];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => join(folder, entry.name))
    .toSorted();
}

async function measureOne(checkout: string): Promise<RepoResult> {
  const name = basename(checkout);
  const place = await mkdtemp(join(tmpdir(), "bench-repos-"));
  const [copy, data] = [join(place, name), join(place, "data")];
  try {
    const commit = await copyHead(checkout, copy);
    const said = await lodestar(["up", copy, "--once", "--json", "--no-open", "--data-dir", data]);
    const read = Report.safeParse(asJson(said));
    if (!read.success) return failed(name, commit, plain(said, [place]));
    return { ...fromReport(name, read.data, [place]), commit, fetching: await fetchingIn(data) };
  } catch (error) {
    return failed(name, "", plain(messageOf(error), [place]));
  } finally {
    await lodestar(["clean", "--data-dir", data]).catch(() => undefined);
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** HEAD as a repository of its own, without what is untracked or ignored there. Gives the commit that it is a copy of. */
async function copyHead(checkout: string, copy: string): Promise<string> {
  const git = async (cwd: string, ...args: string[]) =>
    (
      await run("git", ["-C", cwd, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", ...args], {
        maxBuffer: 256 * 1024 ** 2,
      })
    ).stdout.trim();
  const commit = await git(checkout, "rev-parse", "HEAD");
  if (await isThere(join(checkout, ".git"))) {
    await run("git", ["clone", "--quiet", "--no-hardlinks", checkout, copy]);
    return commit;
  }
  for (const file of (await git(checkout, "ls-tree", "-r", "-z", "--name-only", "HEAD")).split("\0").filter(Boolean)) {
    if (!(await isThere(join(checkout, file)))) continue;
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await cp(join(checkout, file), join(copy, file), { verbatimSymlinks: true });
  }
  await git(copy, "init", "--quiet");
  await git(copy, "add", "--all", "--force");
  await git(copy, "-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "--quiet", "-m", commit);
  return commit;
}

/** What the program printed, whatever its exit status: a repository that is not healthy has a report too. */
function lodestar(args: readonly string[]): Promise<string> {
  return new Promise((done, refuse) => {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      signal: AbortSignal.timeout(PATIENCE),
      killSignal: "SIGINT",
    });
    const chunks: string[] = [];
    const errors: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString("utf8")));
    child.on("error", refuse);
    child.on("close", () => done(chunks.length > 0 ? chunks.join("") : errors.join("")));
  });
}

function fromReport(name: string, report: Report, hidden: readonly string[]): Omit<RepoResult, "commit" | "fetching"> {
  const sum = (count: "passed" | "failed" | "skipped") => report.checks.reduce((all, check) => all + check[count], 0);
  const healthy = report.services.filter((service) => service.health.ok);
  const why = report.state === "healthy" ? "" : (report.questions[0]?.question ?? limitOf(report));
  return {
    name,
    state: report.state,
    services: { healthy: healthy.length, all: report.services.length },
    tests: { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") },
    checks: { passed: report.checks.filter((check) => check.verdict === "pass").length, all: report.checks.length },
    seconds: report.seconds,
    sandbox: report.sandbox,
    why: plain(why, [...hidden, report.repo]),
  };
}

function limitOf({ services, checks, notChecked, plan }: Report): string {
  const down = services.find((service) => !service.health.ok);
  if (down) return `${down.name}: ${down.health.detail}`;
  const unread = checks.find((check) => check.verdict === "not-run");
  if (unread) return notChecked.find((one) => one.startsWith(unread.name)) ?? `${unread.name} did not run`;
  return plan.services.length === 0 && plan.checks.length === 0
    ? "nothing was found to start or check"
    : (notChecked[0] ?? "");
}

/** Seconds that downloading and unpacking dependencies took, as the log of the run has them. */
async function fetchingIn(data: string): Promise<number> {
  const store = await openSqliteStore(join(data, "log.db"));
  try {
    const events = await store.read({ after: 0, limit: 100_000, types: ["tool_start", "tool_result"] });
    const fetches = new Set(
      events.flatMap((event) =>
        event.type === "tool_start" && /^install (?!scripts)/.test(event.data.title) ? [event.data.call] : [],
      ),
    );
    return events.reduce(
      (all, event) => all + (event.type === "tool_result" && fetches.has(event.data.call) ? event.data.seconds : 0),
      0,
    );
  } finally {
    await store.close();
  }
}

function failed(name: string, commit: string, why: string): RepoResult {
  const nothing = { total: 0, detect: 0, install: 0, start: 0, checks: 0 };
  return {
    name,
    commit,
    state: "no report",
    services: { healthy: 0, all: 0 },
    tests: { passed: 0, failed: 0, skipped: 0 },
    checks: { passed: 0, all: 0 },
    seconds: nothing,
    fetching: 0,
    sandbox: "",
    why,
  };
}

/** One line without a path of this machine in it. */
function plain(text: string, folders: readonly string[]): string {
  let line = stripVTControlCharacters(text)
    .trim()
    .replaceAll(/\s+/g, " ")
    .replaceAll("|", String.raw`\|`);
  for (const folder of folders) line = line.replaceAll(folder, "…");
  return line.slice(0, 240);
}

function cellsOf(one: RepoResult): string[] {
  const { detect, install, start, checks, total } = one.seconds;
  const { passed, failed: red, skipped } = one.tests;
  const times = [detect, install, one.fetching, start, checks, total].map((value) => value.toFixed(1));
  const services = `${one.services.healthy}/${one.services.all}`;
  const tests = passed + red + skipped === 0 ? "" : `${passed} / ${red} / ${skipped}`;
  const measured = `${one.checks.passed}/${one.checks.all}`;
  return [one.name, one.commit.slice(0, 7), one.state, services, measured, tests, ...times, one.sandbox, one.why];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
