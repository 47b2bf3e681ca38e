import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { scriptOf, testCommand } from "./build.ts";
import type { Made } from "./claims.ts";
import type { ClaimRow, Proof, Tree } from "./corpus.ts";
import { inParallel, writeTree } from "./repos.ts";

const run = promisify(execFile);
const PATIENCE = 120_000;
/** How often a command that must end now so, now so, is tried: it fails to differ once in a million. */
const TRIES = 20;

interface Ran {
  readonly green: boolean;
  readonly output: string;
}

/**
 * Runs what makes each label true, directly and without Lodestar, in copies of the written repositories. Gives one sentence
 * for each label that is not.
 */
export async function checkLabels(
  folder: string,
  claims: readonly Made[],
  rows: readonly ClaimRow[],
): Promise<string[]> {
  const place = await mkdtemp(join(tmpdir(), "claims-check-"));
  const bench = createBench(place);
  try {
    const pairs = claims.flatMap((made, index) => (rows[index] ? [{ made, row: rows[index] }] : []));
    const said = await inParallel(pairs, cpus().length, async ({ made, row }) => {
      const wrong = await checkOne(join(folder, row.repo), made, { row, bench });
      if (wrong.length > 0) process.stderr.write(`${wrong.join("\n")}\n`);
      return wrong;
    });
    return said.flat();
  } finally {
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function checkOne(repo: string, made: Made, { row, bench }: { row: ClaimRow; bench: Bench }): Promise<string[]> {
  const base = await treeAt(repo, row.base);
  const subject = await treeOf(repo);
  const isSource = (path: string) => path.startsWith("src/") || path.startsWith(`${made.program.name}/`);
  const named = { base, subject, judged: mix(subject, base, isSource), separated: mix(base, subject, isSource) };
  const wrong: string[] = [];
  for (const proof of made.draft.proofs) {
    const tree = typeof proof.tree === "string" ? named[proof.tree] : proof.tree;
    const fault = await tryProof(bench, tree, proof);
    const name = typeof proof.tree === "string" ? proof.tree : "a variant";
    if (fault) wrong.push(`${made.id}: ${proof.command ?? "test"} on ${name} ${fault}`);
  }
  if (made.draft.holds && !made.draft.holds({ base, subject })) wrong.push(`${made.id}: ${row.because}: not so`);
  return wrong;
}

/** What is wrong with a proof, or nothing. */
async function tryProof(
  bench: Bench,
  tree: Tree,
  { ends, shows, command = "test" }: Proof,
): Promise<string | undefined> {
  const line = command === "test" ? testCommand(tree) : command.includes(" ") ? command : scriptOf(tree, command);
  if (ends === "either") {
    const seen = new Set<boolean>();
    for (let tries = 0; tries < TRIES && seen.size < 2; tries++) seen.add((await bench.once(tree, line)).green);
    return seen.size === 2 ? undefined : `never differs in ${TRIES} runs`;
  }
  const { green, output } = await bench.run(tree, line);
  const end = output.split("\n").slice(-12).join("\n");
  if (green !== (ends === "green")) return `is ${green ? "green" : "red"}:\n${end}`;
  return shows === undefined || output.includes(shows) ? undefined : `does not show "${shows}":\n${end}`;
}

type Bench = ReturnType<typeof createBench>;

/** Runs commands in trees; the same command in the same tree runs once, unless it is asked for again. */
function createBench(place: string) {
  const known = new Map<string, Promise<Ran>>();
  const installed = new Map<string, Promise<string>>();
  let count = 0;

  async function once(tree: Tree, command: string): Promise<Ran> {
    const folder = join(place, `tree-${count++}`);
    await writeTree(folder, tree);
    const lock = tree["package-lock.json"];
    if (lock !== undefined) {
      const key = digest(lock);
      const made = installed.get(key) ?? install(join(place, `lock-${key}`), tree);
      installed.set(key, made);
      await symlink(join(await made, "node_modules"), join(folder, "node_modules"));
    }
    const ran = await shell(folder, command);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    return ran;
  }

  function runOnce(tree: Tree, command: string): Promise<Ran> {
    const key = digest(
      JSON.stringify([
        command,
        Object.keys(tree)
          .toSorted()
          .map((path) => [path, tree[path]]),
      ]),
    );
    const ran = known.get(key) ?? once(tree, command);
    known.set(key, ran);
    return ran;
  }

  return { once, run: runOnce };
}

async function install(folder: string, tree: Tree): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) await writeFile(join(folder, name), tree[name] ?? "");
  await run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder, maxBuffer: 16 * 1024 ** 2 });
  return folder;
}

function shell(cwd: string, command: string): Promise<Ran> {
  const path = [join(cwd, "node_modules/.bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: path, NO_COLOR: "1" };
  delete env["NODE_TEST_CONTEXT"];
  return new Promise((done, refuse) => {
    const child = spawn("sh", ["-c", command], { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", refuse);
    child.on("close", (code) => done({ green: code === 0, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

/** The source of one tree with everything else of the other. */
function mix(source: Tree, rest: Tree, isSource: (path: string) => boolean): Tree {
  return Object.fromEntries([
    ...Object.entries(source).filter(([path]) => isSource(path)),
    ...Object.entries(rest).filter(([path]) => !isSource(path)),
  ]);
}

async function treeAt(repo: string, commit: string): Promise<Tree> {
  const { stdout } = await run("git", ["-C", repo, "ls-tree", "-r", "-z", "--name-only", commit]);
  const tree: Record<string, string> = {};
  for (const path of stdout.split("\0").filter(Boolean))
    tree[path] = (await run("git", ["-C", repo, "show", `${commit}:${path}`], { maxBuffer: 16 * 1024 ** 2 })).stdout;
  return tree;
}

async function treeOf(repo: string): Promise<Tree> {
  const tree: Record<string, string> = {};
  for (const entry of await readdir(repo, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(repo.length + 1);
    if (entry.isFile() && !path.startsWith(".git/")) tree[path] = await readFile(join(repo, path), "utf8");
  }
  return tree;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
