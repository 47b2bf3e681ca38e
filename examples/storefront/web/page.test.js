import assert from "node:assert/strict";
import { test } from "node:test";
import { page, price } from "./page.js";

test("the page lists names and prices", () => {
  assert.match(page([{ name: "Waxed notebook", cents: 950 }]), /Waxed notebook<\/span><b>\$9\.50/);
});

test("an empty shop says what to do", () => {
  assert.match(page([]), /npm run seed/);
});

test("a name cannot smuggle markup in", () => {
  assert.match(page([{ name: "<script>", cents: 100 }]), /&lt;script&gt;/);
});

test("cents become dollars", () => {
  assert.equal(price(5), "$0.05");
  assert.equal(price(1800), "$18.00");
});
