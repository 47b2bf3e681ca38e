import assert from "node:assert/strict";
import { test } from "node:test";
import { errorLine } from "./run.ts";

test("the line that says why: the error before the warnings, without colours, else the last line", () => {
  const pip = [
    "Collecting flask",
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError'",
    "ERROR: Could not find a version that satisfies the requirement flask",
  ].join("\n");
  assert.equal(errorLine(pip), "ERROR: Could not find a version that satisfies the requirement flask");
  assert.equal(errorLine("npm warn old lockfile: cannot read\nnpm error code E403\n"), "npm error code E403");
  const npm = "npm error code 128\nnpm error path /repo\nnpm error ssh: Could not resolve hostname: failure";
  assert.equal(errorLine(npm), "npm error ssh: Could not resolve hostname: failure");
  assert.equal(errorLine("\u001b[31merror\u001b[0m: no such file\nat main.ts"), "error: no such file");
  assert.equal(errorLine("warning: 1 missing\nbye\n"), "warning: 1 missing");
  assert.equal(errorLine("one\n\u001b[1mtwo\u001b[0m\n"), "two");
});
