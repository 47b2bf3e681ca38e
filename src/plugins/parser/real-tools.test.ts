/** The parsers against the tools themselves, where they are found: what a tool prints may change with its version. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { loadPlugins } from "../../host/plugins.ts";
import { readOutput, type Reading } from "../../kernel/measure.ts";

const { parsers } = await loadPlugins();
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestar-parsers-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const NODE_TESTS = `
import { test, describe, it } from "node:test";
import assert from "node:assert";
test("adds", () => assert.equal(1 + 1, 2));
test("breaks", () => assert.equal(1, 2));
describe("math", () => {
  it("sub", () => {});
  it.skip("later", () => {});
  it("throws", () => { throw new Error("boom"); });
});
`;

for (const [reporter, counts] of Object.entries({
  spec: { passed: 2, failed: 2, skipped: 1 },
  tap: { passed: 2, failed: 2, skipped: 1 },
  // Dots do not tell a skipped test from a passed one, and a red suite has a dot of its own.
  dot: { passed: 3, failed: 3, skipped: 0 },
}))
  test(`node:test, reporter ${reporter}`, async () => {
    const reading = await run("node", ["--test", `--test-reporter=${reporter}`, "a.test.mjs"], {
      "a.test.mjs": NODE_TESTS,
    });
    assert.equal(reading.parser, "node-test");
    assert.deepEqual(reading.tests, counts);
    const failed = reading.cases.filter((one) => one.verdict === "fail").map((one) => one.name);
    assert.deepEqual(failed.slice(0, 2), reporter === "dot" ? ["breaks", "throws"] : ["breaks", "math > throws"]);
    const [breaks] = reading.cases.filter((one) => one.verdict === "fail");
    assert.match(breaks?.message ?? "", /1 (?:==|!==) 2/);
    assert.doesNotMatch(breaks?.message ?? "", /node:|generatedMessage/);
    assert.match(breaks?.file ?? "", /(?:^|\/)a\.test\.mjs$/);
    assert.equal(breaks?.line, 5);
  });

test("node:test: a file that ends by a signal beside a green one, and a hook that fails", async () => {
  const reading = await run("node", ["--test", "--test-reporter=spec"], {
    "green.test.mjs": 'import { test } from "node:test";\ntest("green", () => {});\n',
    "killed.test.mjs": 'process.kill(process.pid, "SIGKILL");\nawait new Promise(() => {});\n',
    "hook.test.mjs":
      'import { after, describe, it } from "node:test";\ndescribe("cart", () => {\n  after(() => {\n    throw new Error("not closed");\n  });\n  it("adds", () => {});\n});\n',
  });
  const failed = reading.cases.filter((one) => one.verdict === "fail");
  assert.deepEqual(
    failed.map(({ name, file, line, message }) => [name, file, line, message]),
    [
      ["cart", "hook.test.mjs", 4, "Error: not closed"],
      ["killed.test.mjs", "killed.test.mjs", 1, "test failed"],
    ],
  );
  assert.deepEqual(reading.doubts, ["killed.test.mjs crashed"]);
});

test("node:test without a test", async () => {
  const reading = await run("node", ["--test"], { "readme.md": "" });
  assert.deepEqual(reading.doubts, ["no test was found"]);
});

test("tsc", async () => {
  const reading = await run(
    "node",
    [join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "a.ts"],
    { "a.ts": 'export const a: number = "x";\n' },
  );
  const [place] = reading.locations;
  assert.deepEqual([reading.parser, place?.file, place?.line, place?.rule], ["tsc", "a.ts", 1, "TS2322"]);
});

test("oxlint", async () => {
  const reading = await run("node", [join(import.meta.dirname, "../../../node_modules/oxlint/bin/oxlint"), "a.js"], {
    "a.js": "debugger;\n",
  });
  const [place] = reading.locations;
  assert.deepEqual(
    [reading.parser, place?.file, place?.line, place?.rule],
    ["oxlint", "a.js", 1, "eslint(no-debugger)"],
  );
});

test("unittest", async (t) => {
  const reading = await runFound(t, "python3", ["-m", "unittest", "-v"], {
    "test_a.py":
      "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n    def test_b(self): self.assertEqual(1, 2)\n",
  });
  if (!reading) return;
  assert.deepEqual([reading.parser, reading.tests], ["unittest", { passed: 1, failed: 1, skipped: 0 }]);
  const [failed] = reading.cases;
  assert.match(failed?.file ?? "", /\/test_a\.py$/);
  assert.deepEqual([failed?.line, failed?.message], [4, "AssertionError: 1 != 2"]);
});

test("pytest", async (t) => {
  if (spawnSync("python3", ["-m", "pytest", "--version"]).status !== 0) return t.skip("pytest not found");
  const reading = await run("python3", ["-m", "pytest", "-p", "no:cacheprovider"], {
    "test_a.py": "def test_a(): pass\ndef test_b():\n    assert 1 == 2\n",
  });
  assert.deepEqual([reading.parser, reading.tests], ["pytest", { passed: 1, failed: 1, skipped: 0 }]);
  assert.deepEqual(reading.cases[0], {
    name: "test_a.py::test_b",
    verdict: "fail",
    file: "test_a.py",
    line: 3,
    message: "assert 1 == 2",
  });
});

test("gcc", async (t) => {
  const reading = await runFound(t, "gcc", ["-Wall", "-c", "a.c"], {
    "a.c": "int main(void) { return c; }\n",
  });
  if (!reading) return;
  assert.deepEqual([reading.parser, reading.locations[0]?.line, reading.locations[0]?.severity], ["gcc", 1, "error"]);
});

test("javac", async (t) => {
  const reading = await runFound(t, "javac", ["A.java"], { "A.java": 'class A { int f() { return "x"; } }\n' });
  if (!reading) return;
  assert.deepEqual([reading.parser, reading.locations[0]?.file], ["javac", "A.java"]);
});

test("rustc", async (t) => {
  const reading = await runFound(t, "rustc", ["a.rs"], { "a.rs": 'fn main() { let y: i32 = "a"; }\n' });
  if (!reading) return;
  assert.deepEqual([reading.parser, reading.locations[0]?.rule], ["rustc", "E0308"]);
});

test("no output, however hostile, holds the machine up", () => {
  const pieces = [
    "a",
    " ",
    "\n",
    "/",
    "a.b:1:",
    "<testsuite ",
    "<testcase>",
    "\u001b]",
    "# Subtest: a\n",
    "error: x\n --> ",
    "  1) a\n       b\n",
    "1 passed, ",
    " > ",
    "✖ a (1",
    "A::b\n",
    "======\n",
    "    at (a:1:1",
    "✖ failing tests:\n\ntest at a:1:1\n✖ a (1ms)\n  b\n",
    "\n FAIL  a.test.js > b\n",
    "  ● a › b\n\n    c\n",
    "---- a stdout ----\nthread 'a' panicked at b:1:1:\n",
    "____ a ____\nE   b\n",
    "=== RUN   A\n    a.go:1: b\n",
  ];
  const started = performance.now();
  for (const piece of pieces) {
    const output = piece.repeat(Math.ceil((256 * 1024) / piece.length));
    readOutput({ command: "", output, exit: 1 }, parsers);
  }
  assert.ok(performance.now() - started < 15_000);
});

test("a failure that is repeated without end holds nothing up, whatever the tool", () => {
  for (const { id, plugin } of parsers)
    for (const { input, gives } of plugin.examples) {
      if (gives?.cases === undefined) continue;
      const line = input.output.split("\n").find((one) => /fail|✖|✘|^ {2}\d\)|not ok/i.test(one)) ?? "a";
      const started = performance.now();
      plugin.parse({
        ...input,
        output: input.output.replace(line, () => `${line}\n`.repeat((64 * 1024) / line.length)),
      });
      plugin.parse({ ...input, output: input.output.replace(line, () => line.repeat((64 * 1024) / line.length)) });
      assert.ok(performance.now() - started < 3_000, `${id}: ${line}`);
    }
});

async function runFound(
  t: TestContext,
  program: string,
  args: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<Reading | undefined> {
  if (spawnSync(program, ["--version"]).status === 0) return run(program, args, files);
  t.skip(`${program} not found`);
  return undefined;
}

async function run(
  program: string,
  args: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<Reading> {
  const dir = await mkdtemp(join(folder, "run-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  const done = spawnSync(program === "node" ? process.execPath : program, args, { cwd: dir, env, encoding: "utf8" });
  const command = [program, ...args].join(" ");
  return readOutput({ command, output: done.stdout + done.stderr, exit: done.status }, parsers);
}
