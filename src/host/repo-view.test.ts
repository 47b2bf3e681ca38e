import assert from "node:assert/strict";
import { test } from "node:test";
import { viewRepo } from "./repo-view.ts";

function viewOf(files: Record<string, string>) {
  return viewRepo({ files: Object.keys(files), read: async (path) => files[path] });
}

test("settings of tools may have comments and trailing commas, and what stands in strings is left alone", async () => {
  const text = '{ // why\n "url": "http://a/*b*/,]", /* more */ "list": [1, 2,], }';
  const view = viewOf({ "tsconfig.json": text, "a/deno.jsonc": text });
  const wanted = { url: "http://a/*b*/,]", list: [1, 2] };
  assert.deepEqual(await view.dir(".").json("tsconfig.json"), wanted);
  assert.deepEqual(await view.dir("a").json("deno.jsonc"), wanted);
  assert.deepEqual(view.problems, []);
});

test("a manifest that npm could not read is a problem, and so is what is no JSON at all", async () => {
  const view = viewOf({ "package.json": '{ "name": "a", }', "railpack.json": "{ deploy }" });
  assert.equal(await view.dir(".").json("package.json"), undefined);
  assert.equal(await view.dir(".").json("railpack.json"), undefined);
  assert.deepEqual(
    view.problems.map((one) => one.file),
    ["package.json", "railpack.json"],
  );
});
