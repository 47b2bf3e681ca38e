/** One contract test for every plugin: each example is run, and each plugin has a counter-example. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadPlugins } from "../host/plugins.ts";
import { viewRepo } from "../host/repo-view.ts";
import { detect } from "../kernel/detect.ts";

const plugins = await loadPlugins();

for (const { id, plugin } of plugins.detectors) {
  describe(id, () => {
    test("has an example and a counter-example", () => {
      assert.ok(
        plugin.examples.some((example) => example.finds.length > 0),
        "needs an example that finds something",
      );
      assert.ok(
        plugin.examples.some((example) => example.finds.length === 0),
        "needs an example that finds nothing",
      );
    });
    for (const example of plugin.examples) {
      test(example.name, async () => {
        const view = viewRepo({ files: Object.keys(example.files), read: async (path) => example.files[path] });
        const { detections, problems } = await detect(view, [{ id, plugin }]);
        assert.deepEqual(
          problems.filter((problem) => problem.message.startsWith(id)),
          [],
        );
        if (example.finds.length === 0) assert.deepEqual(detections, []);
        for (const expected of example.finds)
          assert.ok(
            detections.some((found) => includes(found, expected)),
            `nothing found like ${JSON.stringify(expected)} in ${JSON.stringify(detections, null, 1)}`,
          );
        for (const found of detections) {
          assert.ok(found.because.length > 0, `no evidence for ${JSON.stringify(found)}`);
          for (const place of found.because)
            assert.ok(
              example.files[place.replace(/[:#].*$/, "")] !== undefined,
              `evidence ${place} is no file of the example`,
            );
        }
      });
    }
  });
}

for (const { id, plugin } of plugins.parsers) {
  describe(id, () => {
    test("has an example and a counter-example", () => {
      assert.ok(plugin.examples.some((example) => example.gives !== undefined));
      assert.ok(plugin.examples.some((example) => example.gives === undefined));
    });
    for (const example of plugin.examples) {
      test(example.name, () => {
        const sure = plugin.recognizes(example.input);
        if (example.gives === undefined) {
          assert.equal(sure, 0);
          return;
        }
        assert.ok(sure > 0, "not recognized");
        const parsed = plugin.parse(example.input);
        assert.ok(
          includes(parsed, example.gives),
          `${JSON.stringify(parsed, null, 1)} lacks ${JSON.stringify(example.gives)}`,
        );
        const others = plugins.parsers.filter(
          (other) => other.id !== id && other.plugin.recognizes(example.input) >= sure,
        );
        assert.deepEqual(
          others.map((other) => other.id),
          [],
          "another parser claims this output as surely",
        );
      });
    }
  });
}

for (const { id, plugin } of plugins.formats) {
  describe(id, () => {
    test("has an example and a counter-example, and is found by its file name", () => {
      assert.ok(plugin.examples.length > 0);
      assert.ok(
        plugin.examples.some((example) => (example.lacks ?? []).length > 0),
        "needs an example of what must not appear",
      );
      assert.equal(`format/${plugin.name}`, id);
      assert.match(plugin.mediaType, /^[\w.+-]+\/[\w.+-]+$/);
      assert.match(plugin.extension, /^[a-z0-9]+$/);
    });
    for (const example of plugin.examples) {
      test(example.name, () => {
        const context = { id: "0123456789abcdef", version: "1.2.3" };
        const text = plugin.write(example.receipt, context);
        assert.equal(plugin.write(structuredClone(example.receipt), context), text, "the same receipt, another text");
        assert.ok(example.contains.length > 0, "says nothing that a reader would look for");
        for (const part of example.contains) assert.ok(text.includes(part), `${part} is not in:\n${text}`);
        for (const part of example.lacks ?? []) assert.ok(!text.includes(part), `${part} is in:\n${text}`);
      });
    }
  });
}

/** Subset match: every key of `expected` is in `actual`; arrays contain each expected element. */
function includes(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected))
    return Array.isArray(actual) && expected.every((item) => actual.some((other) => includes(other, item)));
  if (typeof expected !== "object" || expected === null) return Object.is(actual, expected);
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(expected).every(([key, value]) => includes(Reflect.get(actual, key), value));
}
