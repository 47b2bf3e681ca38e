import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EMPTY_PLAN, type AnyEvent, type DataOf, type EventType } from "../sdk/index.ts";
import { noRepo, nowLine, reasons, type Live } from "./now-line.ts";
import { emptyViews, fold, type RepoState } from "./views.ts";

const REPO = "r1";

describe("the now-line", () => {
  test("no repo", () => {
    const line = noRepo("2026-01-01T00:00:00.000Z");
    assert.equal(line.idle?.cause, "no_repo");
    assert.match(line.next, /lodestar up/);
  });

  test("working: the sentence of the phase, since the phase began, with its usual time", () => {
    const repo = replay([
      ["run.started", { workflow: "up", input: null }],
      ["status", { phase: "install", sentence: "Installing shop with npm" }],
      ["run.ended", { state: "healthy" }],
      ["run.started", { workflow: "up", input: null }],
      ["status", { phase: "install", sentence: "Installing shop with npm" }],
    ]);
    const line = nowLine(repo, live({ activeRun: "run" }));
    assert.equal(line.state, "working");
    assert.equal(line.sentence, "Installing shop with npm");
    assert.equal(line.usuallySeconds, 1);
    assert.equal(line.action, "stop");
  });

  test("starting: a run that no worker holds yet", () => {
    const repo = replay([["run.started", { workflow: "up", input: null }]]);
    const line = nowLine(repo, live());
    assert.equal(line.state, "waiting");
    assert.equal(line.idle?.cause, "starting");
  });

  test("waiting_approval wins over a run, and goes when it is answered", () => {
    const asked: [EventType, unknown] = [
      "approval.asked",
      {
        approval: "a1",
        question: "Run it?",
        what: "unsandboxed",
        commands: ["npm ci"],
        risk: "everything",
        next: "install bubblewrap",
      },
    ];
    const repo = replay([["run.started", { workflow: "up", input: null }], asked]);
    const line = nowLine(repo, live({ activeRun: "run" }));
    assert.equal(line.state, "needs-you");
    assert.equal(line.idle?.cause, "waiting_approval");
    assert.equal(line.next, "lodestar approve a1");
    const answered = replay([
      ["run.started", { workflow: "up", input: null }],
      asked,
      ["approval.answered", { approval: "a1", answer: "approve", by: "me" }],
    ]);
    assert.equal(nowLine(answered, live({ activeRun: "run" })).state, "working");
  });

  test("paused names who, and how to go on", () => {
    const line = nowLine(replay([["repo.paused", { by: "ann" }]]), live());
    assert.equal(line.state, "paused");
    assert.match(line.why, /ann/);
    assert.equal(line.next, "lodestar resume");
  });

  test("failed_needs_you: the first question with its command", () => {
    const line = nowLine(
      replay([
        ["run.started", { workflow: "up", input: null }],
        [
          "run.ended",
          {
            state: "needs-you",
            report: reportWith({ question: "STRIPE_KEY is missing", next: "export STRIPE_KEY=…" }),
          },
        ],
      ]),
      live(),
    );
    assert.equal(line.state, "needs-you");
    assert.equal(line.idle?.cause, "failed_needs_you");
    assert.match(line.sentence, /STRIPE_KEY is missing/);
    assert.equal(line.next, "export STRIPE_KEY=…");
  });

  test("dependency_down: a healthy service whose process is gone is not called healthy", () => {
    const healthy: [EventType, unknown][] = [
      ["run.started", { workflow: "up", input: null }],
      ["service.starting", { name: "api", dir: ".", command: "node .", attempt: 1, segment: "s" }],
      [
        "service.healthy",
        {
          name: "api",
          pid: 1,
          port: 3000,
          url: "http://127.0.0.1:3000",
          health: { kind: "http", detail: "200" },
          seconds: 1,
        },
      ],
      ["run.ended", { state: "healthy" }],
    ];
    assert.equal(nowLine(replay(healthy), live({ alive: ["api"] })).idle?.cause, "nothing_new");
    const gone = nowLine(replay(healthy), live());
    assert.equal(gone.idle?.cause, "dependency_down");
    const retried = nowLine(
      replay([
        ...healthy,
        [
          "service.exited",
          { name: "api", exit: 1, signal: null, expected: false, nextAttemptAt: "2026-01-01T00:10:00.000Z" },
        ],
      ]),
      live(),
    );
    assert.equal(retried.state, "waiting");
    assert.match(retried.why, /00:10:00/);
  });

  test("an answer that came after the run had ended is not asked for again", () => {
    const asked: [EventType, unknown] = [
      "approval.asked",
      { approval: "a1", question: "Run it?", what: "config", commands: [], risk: "everything", next: "x" },
    ];
    const ended: [EventType, unknown][] = [
      ["run.started", { workflow: "up", input: null }],
      asked,
      ["run.ended", { state: "needs-you", report: reportWith({ question: "Run it?", next: "lodestar approve a1" }) }],
    ];
    const line = nowLine(
      replay([...ended, ["approval.answered", { approval: "a1", answer: "approve", by: "me" }]]),
      live(),
    );
    assert.equal(line.state, "idle");
    assert.equal(line.next, "lodestar up /shop");
    const stopped = nowLine(replay([...ended, ["repo.stopped", { by: "me" }]]), live());
    assert.equal(stopped.idle?.cause, "nothing_new");
  });

  test("stopped is idle, and says how to begin again", () => {
    const line = nowLine(
      replay([
        ["run.started", { workflow: "up", input: null }],
        ["repo.stopped", { by: "ann" }],
      ]),
      live(),
    );
    assert.equal(line.state, "idle");
    assert.match(line.next, /lodestar up/);
  });

  test("a question of a run that was stopped waits for nobody, and can still be answered", () => {
    const question = { approval: "a1", question: "Run it?", what: "x", commands: [], risk: "r", next: "n" };
    const repo = replay([
      ["run.started", { workflow: "up", input: null }],
      ["approval.asked", question],
      ["repo.stopped", { by: "up --once" }],
    ]);
    assert.equal(nowLine(repo, live()).state, "idle");
    assert.equal(repo.approvals.get("a1")?.answer, undefined);
  });

  test("the reasons end with what to type", () => {
    const repo = replay([["run.started", { workflow: "up", input: null }]]);
    assert.match(reasons(repo, nowLine(repo, live())).at(-1) ?? "", /^Next: /);
  });
});

function live(options: { activeRun?: string; alive?: string[] } = {}): Live {
  const activeRuns = new Set(options.activeRun === undefined ? [] : [options.activeRun]);
  return { now: "2026-01-01T01:00:00.000Z", activeRuns, alive: new Set(options.alive) };
}

/** Folds events one second apart. */
function replay(events: readonly [EventType, unknown][]): RepoState {
  const views = emptyViews();
  for (const [index, [type, data]] of [
    ["repo.added", { path: "/shop", name: "shop" }] as [EventType, unknown],
    ...events,
  ].entries()) {
    const timestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString();
    const event = {
      seq: index + 1,
      id: String(index),
      timestamp,
      kind: "workflow",
      type,
      source: "test",
      data,
      metadata: { repo: REPO, sessionId: "s", runId: "run", version: "0" },
    };
    fold(views, event as AnyEvent);
  }
  const repo = views.repos.get(REPO);
  assert.ok(repo);
  return repo;
}

function reportWith(question: { question: string; next: string }): DataOf<"run.ended">["report"] {
  const plan = EMPTY_PLAN;
  return {
    state: "needs-you",
    repo: "/shop",
    commit: "c",
    plan,
    services: [],
    databases: [],
    checks: [],
    fixes: [],
    questions: [question],
    receipt: null,
    seconds: { total: 1, detect: 0, install: 0, start: 0, checks: 0 },
    sandbox: "bubblewrap",
    notChecked: [],
  };
}
