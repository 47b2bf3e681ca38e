import assert from "node:assert/strict";
import { test } from "node:test";
import { newSession, sessionOf } from "./session.js";

test("a session comes back from its cookie", () => {
  const session = newSession("secret");
  assert.equal(sessionOf(`theme=dark; session=${session.cookie}`, "secret"), session.id);
});

test("a session signed by somebody else is no session", () => {
  const session = newSession("another secret");
  assert.equal(sessionOf(`session=${session.cookie}`, "secret"), undefined);
  assert.equal(sessionOf("session=made-up", "secret"), undefined);
  assert.equal(sessionOf(undefined, "secret"), undefined);
});
