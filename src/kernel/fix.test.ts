import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EMPTY_PLAN, type Action, type Failure, type Fixer, type Loaded } from "../sdk/index.ts";
import { fingerprint } from "./fingerprint.ts";
import { fingerprintOf, proposeRepair, REPAIR_LIMIT, withVariable, type Tried } from "./fix.ts";

function failure(output: string, more: Partial<Failure> = {}): Failure {
  return {
    phase: "start",
    dir: ".",
    service: "api",
    command: "npm start",
    exit: 1,
    output,
    plan: EMPTY_PLAN,
    env: [],
    names: [],
    manifests: {},
    ...more,
  };
}

function fixer(id: string, matches: RegExp, ...actions: Action[]): Loaded<Fixer> {
  return {
    id,
    plugin: {
      repair: ({ output }) =>
        matches.test(output) ? { title: id, because: String(matches), actions, again: "start" } : undefined,
      examples: [],
    },
  };
}

const usePort = fixer("fixer/port", /EADDRINUSE/, { do: "use-port", service: "api" });
const askPort = fixer("fixer/ask", /EADDRINUSE/, { do: "ask", question: "Which port?", next: "lodestar up" });

function tried(overrides: Partial<Tried>): Tried {
  return { fixer: "fixer/other", service: "api", fingerprint: "x", actions: [], ...overrides };
}

describe("proposeRepair", () => {
  test("answers with the fixer that knows the failure, and with its fingerprint", () => {
    const failed = failure("Error: listen EADDRINUSE :::3000");
    const proposal = proposeRepair({ failure: failed, fixers: [usePort], history: [] });
    assert.ok("repair" in proposal);
    assert.equal(proposal.fixer, "fixer/port");
    assert.equal(proposal.fingerprint, fingerprintOf(failed));
  });

  test("says that no fixer knows it", () => {
    const proposal = proposeRepair({ failure: failure("segfault"), fixers: [usePort], history: [] });
    assert.ok("none" in proposal);
    assert.match(proposal.none, /no fixer knows/);
    assert.equal(proposal.guardrail, undefined);
  });

  test("prefers a repair over a question", () => {
    const proposal = proposeRepair({ failure: failure("EADDRINUSE"), fixers: [askPort, usePort], history: [] });
    assert.ok("repair" in proposal);
    assert.equal(proposal.fixer, "fixer/port");
  });

  test("ends when the same failure comes back after its repair, with another port and time", () => {
    const first = failure("2026-01-02T10:00:00Z Error: listen EADDRINUSE :::3000\n    at Server.listen (/a/b.js:1:2)");
    const second = failure("2026-01-02T10:00:09Z Error: listen EADDRINUSE :::3001\n    at Server.listen (/a/b.js:9:2)");
    const history = [tried({ fixer: "fixer/port", fingerprint: fingerprintOf(first) })];
    const proposal = proposeRepair({ failure: second, fixers: [usePort], history });
    assert.ok("none" in proposal);
    assert.equal(proposal.guardrail, "no-fix-loop");
    assert.match(proposal.none, /fixer\/port/);
  });

  test("never repeats an action, but goes on to a fixer that does something else", () => {
    const history = [tried({ fingerprint: "y", actions: [{ service: "api", do: "use-port" }] })];
    const other = fixer("fixer/second", /EADDRINUSE/, { do: "set-env", name: "PORT", value: "0" });
    const stuck = proposeRepair({ failure: failure("EADDRINUSE"), fixers: [usePort], history });
    assert.ok("none" in stuck);
    const moved = proposeRepair({ failure: failure("EADDRINUSE"), fixers: [usePort, other], history });
    assert.ok("repair" in moved);
    assert.equal(moved.fixer, "fixer/second");
  });

  test("makes at most five repairs for one service; another service has its own five", () => {
    const history = Array.from({ length: REPAIR_LIMIT }, (_, index) => tried({ fingerprint: `f${index}` }));
    const ended = proposeRepair({ failure: failure("EADDRINUSE"), fixers: [usePort], history });
    assert.ok("none" in ended);
    assert.equal(ended.guardrail, "repair-limit");
    const web = proposeRepair({ failure: failure("EADDRINUSE", { service: "web" }), fixers: [usePort], history });
    assert.ok("repair" in web);
  });

  test("a fixer that throws is named and the others still answer", () => {
    const bad: Loaded<Fixer> = {
      id: "fixer/bad",
      plugin: {
        repair: () => {
          throw new Error("oops");
        },
        examples: [],
      },
    };
    const proposal = proposeRepair({ failure: failure("EADDRINUSE"), fixers: [bad, usePort], history: [] });
    assert.ok("repair" in proposal);
    const none = proposeRepair({ failure: failure("odd"), fixers: [bad], history: [] });
    assert.ok("none" in none);
    assert.match(none.none, /fixer\/bad itself failed: oops/);
  });
});

describe("fingerprint", () => {
  test("is the same under another path, pid, port, time, colour and order", () => {
    const one =
      "\u001B[31mError\u001B[0m: Cannot find module '/tmp/room-1/dist/app.js' (pid 4711) at 10:11:12\nfatal: b";
    const two = "fatal: b\nError: Cannot find module '/home/me/x/dist/app.js' (pid 12) at 23:59:01\nfatal: b";
    assert.equal(fingerprint(one), fingerprint(two));
  });

  test("differs when the name in it differs", () => {
    assert.notEqual(fingerprint('relation "products" does not exist'), fingerprint('relation "orders" does not exist'));
    assert.notEqual(fingerprint("Cannot find module '/a/b/x.js'"), fingerprint("Cannot find module '/a/b/y.js'"));
    assert.notEqual(fingerprint("SESSION_SECRET is required"), fingerprint("DATABASE_URL is required"));
  });

  test("is quick on long output", () => {
    const started = performance.now();
    fingerprint(`${"a/".repeat(60_000)}\n${"x error ".repeat(20_000)}`);
    assert.ok(performance.now() - started < 1500);
  });
});

describe("withVariable", () => {
  const options = { service: "api", generate: () => "made" };
  test("sets, generates and leaves other services alone", () => {
    assert.deepEqual(withVariable({}, { do: "set-env", name: "A", value: "1" }, options), { A: "1" });
    assert.deepEqual(withVariable({}, { do: "set-env", name: "A", generate: true }, options), { A: "made" });
    assert.deepEqual(withVariable({}, { do: "set-env", name: "A", value: "1", service: "web" }, options), {});
  });

  test("adds to NODE_OPTIONS and never twice", () => {
    const once = withVariable({ NODE_OPTIONS: "--a" }, { do: "set-env", name: "NODE_OPTIONS", value: "--b" }, options);
    assert.deepEqual(once, { NODE_OPTIONS: "--a --b" });
    assert.equal(withVariable(once, { do: "set-env", name: "NODE_OPTIONS", value: "--b" }, options), once);
  });
});
