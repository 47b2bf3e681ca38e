/**
 * The contract of every driver: each example is run, and each runtime has one that works and one that does not.
 *
 * `have` of an example is the machine: `/absolute/path` of a program and the line it prints (programs in /usr/bin,
 * /usr/local/bin, ~/.pyenv/shims and ~/.cargo/bin are on PATH), and `npm:<name>` with the published versions. Without an
 * `npm:` entry the registry cannot be reached. Home is /home/me, Lodestar's Node is 24.0.0 on linux-x64.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadPlugins } from "../host/plugins.ts";
import { pick, satisfies } from "../kernel/version-range.ts";
import { OutsideError, type DriverTools, type Toolbox } from "../sdk/index.ts";

const { drivers } = await loadPlugins();
const PATH = ["/usr/local/bin", "/home/me/.pyenv/shims", "/home/me/.cargo/bin", "/usr/bin"];

for (const { id, plugin } of drivers) {
  describe(id, () => {
    if (plugin.role === "package-manager") {
      test("has an example", () => assert.ok(plugin.examples.length > 0));
      for (const example of plugin.examples)
        test(example.name, () => {
          const steps = plugin.install(example.request);
          assert.equal(steps.fetch[0], example.fetch);
          assert.ok(steps.needs.every((need) => need.next !== ""));
          assert.ok(steps.outputs.every((path) => !path.startsWith("/") && !path.includes("..")));
        });
      return;
    }
    test("has an example; a runtime has one of each answer", () => {
      assert.ok(plugin.examples.length > 0);
      if (plugin.role === "runtime")
        for (const ok of [true, false]) assert.ok(plugin.examples.some(({ answer }) => answer.ok === ok));
    });
    for (const example of plugin.examples)
      test(example.name, async () => {
        const tools = machine(example.have);
        const answer =
          plugin.role === "runtime"
            ? await plugin.find("asked" in example ? example.asked : undefined, tools)
            : await plugin.plan(
                { name: "shop", port: 5400, dataDir: "/scratch/db", root: "/repo", dir: ".", version: undefined },
                tools,
              );
        for (const [key, value] of Object.entries(example.answer))
          assert.deepEqual(Reflect.get(answer, key), value, key);
        if (!answer.ok) assert.ok(answer.because !== "" && answer.next !== "");
      });
  });
}

test("no two drivers are for the same thing", () => {
  const names = drivers.map(({ plugin }) => {
    if (plugin.role === "runtime") return `runtime ${plugin.runtime}`;
    return plugin.role === "database" ? `database ${plugin.engine}` : `package-manager ${plugin.manager}`;
  });
  assert.equal(new Set(names).size, names.length);
});

function machine(have: Readonly<Record<string, string>>): DriverTools {
  const which = async (program: string) =>
    program.startsWith("/")
      ? Object.keys(have).find((path) => path === program)
      : PATH.map((folder) => `${folder}/${program}`).find((path) => have[path] !== undefined);
  const toolbox: Toolbox = {
    which,
    version: async (program) => have[(await which(program)) ?? ""],
    list: async (folder) => {
      const below = Object.keys(have).filter((path) => path.startsWith(`${folder}/`));
      return [...new Set(below.map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""))];
    },
    published: async (name) => (have[`npm:${name}`] ?? offline()).split(" "),
    ensure: async (name, version) => `/toolbox/${name.replaceAll("/", "+")}@${version}`,
  };
  return {
    toolbox,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    platform: "linux",
    arch: "x64",
    home: "/home/me",
    node: { version: "24.0.0", folder: "/lodestar/node/bin" },
    versions: { satisfies, pick },
  };
}

function offline(): never {
  throw new OutsideError("npm could not reach the registry", { retryable: true });
}
