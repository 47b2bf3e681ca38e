import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OutsideError, type ProgramNeed, type Toolbox } from "../sdk/index.ts";
import { provide } from "./needs.ts";
import { pick, satisfies } from "./version-range.ts";

const versions = { satisfies, pick };
const pnpm: ProgramNeed = {
  program: "pnpm",
  version: "^9",
  npm: { name: "pnpm", version: "9.15.9" },
  next: "npm install -g pnpm",
};

describe("programs that an install needs", () => {
  test("the one on PATH, when its version is right", async () => {
    const { path, missing } = await provide([pnpm], { toolbox: machine("9.1.0"), versions });
    assert.deepEqual({ path, missing }, { path: [], missing: [] });
  });

  test("else the toolbox brings it", async () => {
    for (const there of [undefined, "10.2.0", "no version"]) {
      const { path, reads } = await provide([pnpm], { toolbox: machine(there), versions });
      assert.deepEqual(path, ["/box/pnpm@9.15.9/node_modules/.bin"]);
      assert.deepEqual(reads, ["/box/pnpm@9.15.9"]);
    }
  });

  test("the newest that fits, where the range leaves out the version that is known", async () => {
    const toolbox = { ...machine(undefined), published: async () => ["9.1.0", "9.1.4", "9.15.9"] };
    const { path } = await provide([{ ...pnpm, version: "9.1.x" }], { toolbox, versions });
    assert.deepEqual(path, ["/box/pnpm@9.1.4/node_modules/.bin"]);
  });

  test("what cannot be had is said with what to type", async () => {
    const offline = {
      ...machine(undefined),
      ensure: () => Promise.reject(new OutsideError("no registry", { retryable: true })),
    };
    const { missing } = await provide([pnpm, { program: "poetry", next: "pipx install poetry" }], {
      toolbox: offline,
      versions,
    });
    assert.deepEqual(missing, [
      { because: "pnpm 9.15.9 is needed. no registry", next: "npm install -g pnpm" },
      { because: "poetry is needed and is not on PATH.", next: "pipx install poetry" },
    ]);
  });

  test("what the runtime brings is not missing", async () => {
    const needs = [{ program: "npm", next: "install npm" }];
    assert.deepEqual((await provide(needs, { toolbox: machine(undefined), versions }, ["npm"])).missing, []);
    assert.equal((await provide(needs, { toolbox: machine(undefined), versions })).missing.length, 1);
  });
});

function machine(pnpmVersion: string | undefined): Toolbox {
  return {
    which: async (program) => (program === "pnpm" && pnpmVersion !== undefined ? "/usr/bin/pnpm" : undefined),
    version: async () => pnpmVersion,
    ensure: async (name, version) => `/box/${name}@${version}`,
    published: async () => [],
    list: async () => [],
  };
}
