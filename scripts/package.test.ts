import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MANIFEST = z.object({ version: z.string() });
const PARTS = ["bin", "docs", "schema", "scripts", "src", "CHANGELOG.md", "LICENSE", "README.md"];
const SETTINGS = ["package.json", "tsconfig.json", "tsconfig.build.json"];

const base = mkdtempSync(join(tmpdir(), "lodestar-package-"));
after(() => rmSync(base, { recursive: true, force: true, maxRetries: 3 }));

/** What a user who has no checkout gets: the packed tarball, installed into a prefix of its own; or why it cannot be. */
const installed = await install();

async function install(): Promise<{ program: string } | { lacks: string }> {
  const copy = join(base, "checkout");
  const prefix = join(base, "prefix");
  for (const folder of [copy, prefix]) mkdirSync(folder);
  for (const part of [...PARTS, ...SETTINGS]) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  try {
    await run("npm", ["pack", "--silent", "--pack-destination", base], { cwd: copy, timeout: 60_000 });
    const tarball = readdirSync(base).find((name) => name.endsWith(".tgz"));
    if (tarball === undefined) return { lacks: "npm pack made no tarball" };
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--silent"];
    await run("npm", ["install", "--global", "--prefix", prefix, ...quiet, join(base, tarball)], { timeout: 60_000 });
    return { program: join(prefix, "lib", "node_modules", "lodestar", "bin", "lodestar.mjs") };
  } catch (error) {
    return { lacks: error instanceof Error ? error.message : String(error) };
  }
}

/** The installed program; a registry that cannot be reached skips the test, a package that cannot be built fails it. */
function programOf(t: TestContext): string | undefined {
  if ("program" in installed) return installed.program;
  assert.match(installed.lacks, /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network|registry/, installed.lacks);
  t.skip("the npm registry cannot be reached");
  return undefined;
}

function makeRepo(): string {
  const root = mkdtempSync(join(base, "repo-"));
  const scripts = { start: "node server.js", test: "node --test" };
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "tiny", scripts }));
  writeFileSync(
    join(root, "server.js"),
    'require("http").createServer((q, r) => r.end("hi")).listen(process.env.PORT || 3000);\n',
  );
  writeFileSync(join(root, "a.test.js"), 'require("node:test")("one", () => {});\n');
  const who = ["-c", "user.name=T", "-c", "user.email=t@example.com"];
  for (const words of [
    ["init", "-q"],
    ["add", "-A"],
    [...who, "commit", "-q", "-m", "one"],
  ])
    execFileSync("git", words, { cwd: root });
  return root;
}

test("the tarball holds what runs and nothing else, and its program finds its parts", async (t) => {
  const program = programOf(t);
  if (program === undefined) return;
  const folder = dirname(dirname(program));
  for (const part of ["dist/host/room-supervisor.js", "dist/host/inside-forward.js", "schema", "docs", "LICENSE"])
    assert.ok(existsSync(join(folder, part)), `${part} is in the package`);
  for (const part of ["src", "dist/testing", "dist/main.test.js", "bench"])
    assert.ok(!existsSync(join(folder, part)), `${part} is not in the package`);
  const { version } = MANIFEST.parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
  assert.equal((await run(process.execPath, [program, "--version"])).stdout.trim(), version);
  const plan = JSON.parse((await run(process.execPath, [program, "detect", makeRepo(), "--json"])).stdout);
  assert.equal(plan.services[0].commands.start, "npm run start");
});

test("the installed program takes a repository to healthy, and leaves nothing running", async (t) => {
  const program = programOf(t);
  if (program === undefined) return;
  const data = join(base, "data");
  const words = ["up", makeRepo(), "--once", "--trust", "--no-open", "--json", "--data-dir", data];
  const { stdout } = await run(process.execPath, [program, ...words], { timeout: 60_000 });
  const report = JSON.parse(stdout);
  assert.equal(report.state, "healthy", stdout);
  assert.equal(report.checks[0].passed, 1);
  const status = await run(process.execPath, [program, "status", "--data-dir", data]);
  assert.match(status.stdout, /No daemon runs/);
});

test("on too old a Node it says the exact command to type", async (t) => {
  const program = programOf(t);
  const old = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .find((node) => existsSync(node) && majorOf(node) < 24);
  if (program === undefined) return;
  if (old === undefined) return t.skip("no Node before 24 found");
  const ended = await run(old, [program, "detect", "a b"]).then(
    () => assert.fail("it ran"),
    (error: { code: number; stderr: string }) => error,
  );
  assert.equal(ended.code, 2);
  assert.match(ended.stderr, /needs Node 24 or newer; this is Node \d+\.\d+\.\d+\.\nNext: /);
  assert.ok(ended.stderr.includes(`npx --yes node@24 "${program}" detect "a b"\n`), ended.stderr);
});

function majorOf(node: string): number {
  return Number(/^v(\d+)/.exec(execFileSync(node, ["--version"], { encoding: "utf8" }))?.[1]);
}
