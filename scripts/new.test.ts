import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

describe("a newcomer adds a plugin", { concurrency: true }, () => {
  let copy = "";

  before(async () => {
    copy = await mkdtemp(join(tmpdir(), "lodestar-new-"));
    for (const part of ["src", "scripts", "package.json", "tsconfig.json"])
      await cp(join(ROOT, part), join(copy, part), { recursive: true });
    await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  });
  after(() => rm(copy, { recursive: true, force: true }));

  for (const kind of ["detector", "driver", "parser", "fixer", "format", "agent"])
    test(`${kind}: one command writes one file, and its examples pass`, async () => {
      // The runner of this test must not take the inner run for a part of itself.
      const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
      const { stdout } = await run(process.execPath, [join(copy, "scripts/new.mjs"), kind, `brand-new-${kind}`], {
        cwd: copy,
        env,
      });
      assert.match(stdout, /ℹ fail 0|# fail 0/);
      assert.match(stdout, new RegExp(`brand-new-${kind}`));
    });

  test("a wrong kind and a name that is taken are refused with what to type", async () => {
    const refused = async (...args: string[]) => {
      const failure: unknown = await run(process.execPath, [join(copy, "scripts/new.mjs"), ...args], {
        cwd: copy,
      }).catch((error: unknown) => error);
      assert.ok(failure instanceof Error && "code" in failure && "stderr" in failure);
      assert.equal(failure.code, 2);
      return String(failure.stderr);
    };
    assert.match(await refused("spaceship", "x"), /Usage: npm run new/);
    assert.match(await refused("detector", "npm"), /exists already/);
  });
});
