/**
 * The contract of fixers: every example is run. A `real` one writes its files, runs its command, sees it fail, gives the
 * real output to `repair`, and sees the command pass once the example's cure is there.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { loadPlugins } from "../host/plugins.ts";
import { Action, type Failure, type FixerExample } from "../sdk/index.ts";
import { EMPTY_PLAN } from "../sdk/index.ts";

const { fixers } = await loadPlugins();
const TIMEOUT_MS = 30_000;
const BLANK = {
  phase: "start" as const,
  dir: ".",
  command: "npm start",
  exit: 1,
  output: "",
  plan: EMPTY_PLAN,
  env: [],
  names: [],
  manifests: {},
};
/** As much as a failure carries, in shapes that make a careless pattern take minutes. */
const ENDLESS = ["a/", "A_", "..", " ", "Connection refused ", "lock file ", "import file mismatch: ", "Error: x\n"];

describe("fixers", { concurrency: 3 }, () => {
  for (const { id, plugin } of fixers) {
    test(`${id} has an example and a counter-example`, () => {
      assert.ok(plugin.examples.some((example) => example.repairs !== undefined));
      assert.ok(plugin.examples.some((example) => example.repairs === undefined));
    });
    test(`${id} is quick on endless lines`, () => {
      const begun = performance.now();
      for (const text of ENDLESS)
        plugin.repair({ ...BLANK, service: "api", output: text.repeat((256 * 1024) / text.length) });
      assert.ok(performance.now() - begun < 5000, `${performance.now() - begun} ms`);
    });
    for (const example of plugin.examples)
      test(`${id}: ${example.name}`, async (t) => {
        const missing = await firstMissing(example.real?.needs ?? []);
        if (missing !== undefined) return t.skip(`${missing} not found`);
        const folder = await realpath(await mkdtemp(join(tmpdir(), "lodestar-fixer-")));
        t.after(() => rm(folder, { recursive: true, force: true }));
        const failure = await failureOf(example, folder);
        expectRepair(plugin.repair(failure), example, failure);
        await expectOthersSilent(id, failure, example);
        await expectCured(example, folder);
      });
  }
});

function expectRepair(
  repair: ReturnType<(typeof fixers)[number]["plugin"]["repair"]>,
  example: FixerExample,
  failure: Failure,
) {
  if (example.repairs === undefined) return assert.equal(repair, undefined);
  assert.ok(repair, `no repair for:\n${failure.output}`);
  for (const action of repair.actions) Action.parse(action);
  for (const text of [repair.title, repair.because]) assert.ok(text.trim() !== "" && !text.includes("undefined"), text);
  for (const expected of example.repairs)
    assert.ok(
      repair.actions.some((action) =>
        Object.entries(expected).every(([key, value]) => same(Reflect.get(action, key), value)),
      ),
      `${JSON.stringify(repair.actions, null, 1)} has nothing like ${JSON.stringify(expected)}`,
    );
}

/** A failure has one cause: no other fixer may repair it (asking about it is allowed). */
async function expectOthersSilent(id: string, failure: Failure, example: FixerExample) {
  if (example.repairs === undefined) return;
  const others = fixers
    .filter((other) => other.id !== id)
    .filter((other) => other.plugin.repair(failure)?.actions.some((action) => action.do !== "ask"));
  assert.deepEqual(
    others.map((other) => other.id),
    [],
    `other fixers repair this too:\n${failure.output}`,
  );
}

/** The cure of a real example: its files, env and command make it pass. */
async function expectCured({ real }: FixerExample, folder: string) {
  if (!real?.cured) return;
  await writeFiles(folder, real.cured.files ?? {});
  const cured = await run(real.cured.command ?? real.command, folder, real.cured.env);
  assert.equal(cured.exit, 0, `not cured:\n${cured.output}`);
}

async function failureOf(example: FixerExample, folder: string): Promise<Failure> {
  const { real } = example;
  const base = { ...BLANK, command: real?.command ?? BLANK.command };
  if (!real) return { ...base, ...example.failure };
  await writeFiles(folder, real.files);
  const failed = await run(real.command, folder);
  assert.notEqual(failed.exit, 0, `the example does not fail:\n${failed.output}`);
  const manifests = Object.entries(real.files).filter(([path]) =>
    /(package\.json|\.toml|requirements\.txt)$/.test(path),
  );
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  return { ...base, ...failed, names, manifests: Object.fromEntries(manifests), ...example.failure };
}

async function run(command: string, folder: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn("sh", ["-c", command], {
    cwd: folder,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: folder,
      RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), ".rustup"),
      npm_config_cache: join(folder, ".npm"),
      npm_config_update_notifier: "false",
      npm_config_fetch_retries: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const exit = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { exit, output };
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** A need is a program on PATH, or a whole command that must succeed. */
async function firstMissing(needs: readonly string[]): Promise<string | undefined> {
  for (const need of needs) {
    const found = await run(need.includes(" ") ? need : `command -v ${need}`, tmpdir());
    if (found.exit !== 0) return need;
  }
  return undefined;
}

function same(actual: unknown, expected: unknown): boolean {
  return JSON.stringify(actual) === JSON.stringify(expected);
}
