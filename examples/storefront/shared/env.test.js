import assert from "node:assert/strict";
import { test } from "node:test";
import { portOf, required } from "./env.js";

test("a variable that is missing or empty is named", () => {
  assert.throws(() => required("SESSION_SECRET", {}), /SESSION_SECRET is required/);
  assert.throws(() => required("SESSION_SECRET", { SESSION_SECRET: "" }), /SESSION_SECRET is required/);
  assert.equal(required("A", { A: "1" }), "1");
});

test("PORT wins over the usual port, and nonsense is refused", () => {
  assert.equal(portOf(3000, {}), 3000);
  assert.equal(portOf(3000, { PORT: "8080" }), 8080);
  assert.throws(() => portOf(3000, { PORT: "web" }), /not a port/);
});
