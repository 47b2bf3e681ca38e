import assert from "node:assert/strict";
import { test } from "node:test";
import { required } from "./env.js";

test("a variable that is missing or empty is named", () => {
  assert.throws(() => required("SESSION_SECRET", {}), /SESSION_SECRET is required/);
  assert.throws(() => required("SESSION_SECRET", { SESSION_SECRET: "" }), /SESSION_SECRET is required/);
  assert.equal(required("A", { A: "1" }), "1");
});
