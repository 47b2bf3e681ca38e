import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPlugins } from "../../host/plugins.ts";

test("every database that may run in a container tells its URL as its examples say", async () => {
  const { drivers } = await loadPlugins();
  const recipes = drivers.flatMap(({ id, plugin }) =>
    plugin.role === "database" && plugin.container ? [{ id, recipe: plugin.container }] : [],
  );
  assert.ok(recipes.length >= 5);
  const images = recipes.flatMap(({ recipe }) => recipe.images);
  assert.equal(new Set(images).size, images.length, "an image belongs to one engine");
  for (const { id, recipe } of recipes) {
    assert.doesNotThrow(() => new RegExp(recipe.greeting.expect), id);
    assert.match(recipe.greeting.send ?? "", /^([0-9a-f]{2})*$/, id);
    for (const { name, container, url } of recipe.examples)
      assert.equal(recipe.url(container, 5400), url, `${id}: ${name}`);
  }
});
