import assert from "node:assert/strict";
import { test } from "node:test";
import { splitRuns, stripTerminal } from "./measure-split.ts";

test("terminal escapes and redrawn lines are gone, tabs stay", () => {
  assert.equal(
    stripTerminal("\u001b[32mok\u001b[39m\t1\r\nnext\rlast\u001b]8;;http://x\u0007link\u001b]8;;\u0007"),
    "ok\t1\nnext\nlastlink",
  );
  assert.equal(stripTerminal("\u001b(B\u001b[m\u001b[2K\u001b[1A\u001b]0;title\u001b\\done\u0008"), "done");
});

test("output of one command is one part", () => {
  assert.deepEqual(splitRuns("ok 1\nok 2"), [{ output: "ok 1\nok 2" }]);
  assert.deepEqual(splitRuns(""), []);
});

test("npm's banners begin a part that knows its command", () => {
  const output =
    "\n> app@1.0.0 test\n> npm run unit && npm run types\n\n\n> app@1.0.0 unit\n> mocha\n\n  2 passing\n\n> app@1.0.0 types\n> tsc\n\na.ts(1,2): error TS1: x\n";
  assert.deepEqual(
    splitRuns(output).map(({ name, command }) => [name, command]),
    [
      ["app@1.0.0 unit", "mocha"],
      ["app@1.0.0 types", "tsc"],
    ],
  );
});

test("turbo, pnpm, yarn and lerna name the package in front of each line", () => {
  const of = (output: string) => splitRuns(output).map((part) => [part.name, part.output]);
  assert.deepEqual(of("@a/ui:test: ok 1\nweb:test: ok 2\n@a/ui:test: ok 3\n\n Tasks: 2 successful"), [
    ["@a/ui:test", "ok 1\nok 3"],
    ["web:test", "ok 2"],
    [undefined, "\n Tasks: 2 successful"],
  ]);
  assert.deepEqual(
    of("packages/a test$ node --test\npackages/b test$ mocha\npackages/a test: ok 1\npackages/b test: Done"),
    [
      ["packages/a test", "node --test\nok 1"],
      ["packages/b test", "mocha\nDone"],
    ],
  );
  assert.deepEqual(of("[@a/ui]: ok 1\n[web]: ok 2\nDone in 1s"), [
    ["@a/ui", "ok 1"],
    ["web", "ok 2"],
    [undefined, "Done in 1s"],
  ]);
  assert.deepEqual(of("@a/ui: ok 1\n@a/web: ok 2"), [
    ["@a/ui", "ok 1"],
    ["@a/web", "ok 2"],
  ]);
});

test("places of compilers are no packages", () => {
  const places = "src/a.c:3:5: error: no x\nsrc/b.c:4:1: error: no y\nmain.py:7: note: hm";
  assert.deepEqual(splitRuns(places), [{ output: places }]);
  const prettier = "[warn] a.js\n[error] b.js: no (1:2)";
  assert.deepEqual(splitRuns(prettier), [{ output: prettier }]);
  const maven = "[INFO] Tests run: 1\n[ERROR] no";
  assert.deepEqual(splitRuns(maven), [{ output: maven }]);
});
