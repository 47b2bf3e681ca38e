import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { loadPlugins } from "../host/plugins.ts";
import { isUserError, type Event, type EventType, type Log } from "../sdk/index.ts";
import { folderFor, makeRepo, openMachine, reportOf, type TestMachine, type TestUp } from "../testing/machine.ts";
import { consent } from "../workflows/up/consent.ts";
import { answerApproval } from "./decisions.ts";
import { planRepo } from "./config.ts";
import type { Machine } from "./machine.ts";

/** Ends healthy at once. */
const quick: TestUp = async ({ state }) => reportOf(state.path);

/** Begins, and goes on until it is ended. */
function endless(begun: PromiseWithResolvers<void> = Promise.withResolvers()): TestUp {
  return async ({ signal }) => {
    begun.resolve();
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    throw new Error("it was not ended");
  };
}

async function opened(t: TestContext, up: TestUp): Promise<TestMachine & { folder: string; dataDir: string }> {
  const folder = await folderFor(t);
  const dataDir = join(folder, "data");
  const open = await openMachine(dataDir, { up });
  const end = once(() => open.end());
  t.after(end);
  return { ...open, end, folder, dataDir };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

function ask(path: string, more: Record<string, unknown> = {}) {
  const asked = { path, start: true, install: true, unsandboxed: false, interactive: false, trust: false };
  return { ...asked, ...more };
}

/** The first event of a type for which `fits` holds. */
async function next<T extends EventType>(
  log: Log,
  type: T,
  fits: (event: Event<T>) => boolean = () => true,
): Promise<Event<T>> {
  const ended = new AbortController();
  const wanted = (event: Event): event is Event<T> => event.type === type;
  for await (const event of log.follow({ after: 0, signal: ended.signal })) {
    if (!wanted(event) || !fits(event)) continue;
    ended.abort();
    return event;
  }
  throw new Error(`no ${type}`);
}

const endOf = (machine: Machine, run: string) =>
  next(machine.log, "run.ended", (event) => event.metadata.runId === run);

describe("a run", () => {
  test("is started, told by the now-line while it works, and ends with its report", async (t) => {
    const going = Promise.withResolvers<void>();
    const { machine, folder } = await opened(t, async ({ state, runId }) => {
      const data = { phase: "install", sentence: "Installing shop" };
      await machine.append({ type: "status", source: "up", repo: state.repo, runId, data });
      await going.promise;
      return reportOf(state.path);
    });
    const path = makeRepo(join(folder, "shop"));
    const { repo, run } = await machine.up(ask(path), "me");
    await next(machine.log, "status");
    const [working] = await machine.status(undefined);
    assert.deepEqual([working?.name, working?.path, working?.repo], ["shop", path, repo]);
    assert.deepEqual([working?.now.state, working?.now.sentence], ["working", "Installing shop"]);
    going.resolve();
    const ended = await endOf(machine, run);
    assert.deepEqual([ended.data.state, ended.data.report?.repo], ["healthy", path]);
    const [idle] = await machine.status("shop");
    assert.equal(idle?.now.state, "idle");
    assert.ok((await machine.why(undefined)).reasons.some((reason) => reason.includes(run)));
  });

  test("is joined by a second up, which is told to read from the beginning", async (t) => {
    const { machine, folder } = await opened(t, endless());
    const path = makeRepo(join(folder, "shop"));
    const first = await machine.up(ask(path), "me");
    await next(machine.log, "run.started");
    await machine.catchUp();
    const second = await machine.up(ask(join(path, ".")), "you");
    assert.deepEqual([second.run, second.repo, second.after], [first.run, first.repo, 0]);
    const started = await machine.log.read({ after: 0, limit: 100, types: ["run.started"] });
    assert.equal(started.length, 1);
  });

  test("that throws ends cannot, with its reason", async (t) => {
    const { machine, folder } = await opened(t, async () => {
      throw new Error("the disk is full");
    });
    const { run } = await machine.up(ask(makeRepo(join(folder, "shop"))), "me");
    const ended = await endOf(machine, run);
    assert.equal(ended.data.state, "cannot");
    assert.deepEqual((await next(machine.log, "stop_reason")).data, { reason: "bug", detail: "the disk is full" });
    assert.equal((await machine.status("shop"))[0]?.now.state, "failed");
  });

  test("that the end of the daemon interrupts goes on in the next one, and is started once", async (t) => {
    const begun = Promise.withResolvers<void>();
    const { machine, folder, dataDir, end } = await opened(t, endless(begun));
    const { run } = await machine.up(ask(makeRepo(join(folder, "shop"))), "me");
    await begun.promise;
    await end();
    const again = await openMachine(dataDir, { up: quick });
    t.after(() => again.end());
    assert.equal((await endOf(again.machine, run)).data.state, "healthy");
    const log = await again.machine.log.read({ after: 0, limit: 100 });
    assert.equal(log.filter((event) => event.type === "run.started").length, 1);
    assert.equal(log.filter((event) => event.type === "run.ended").length, 1);
    assert.deepEqual(
      log.filter((event) => event.type.startsWith("daemon.")).map((event) => event.type),
      ["daemon.started", "daemon.stopped", "daemon.started"],
    );
  });

  test("of a repository that is gone from the disk ends, and says so", async (t) => {
    const begun = Promise.withResolvers<void>();
    const { machine, folder, dataDir, end } = await opened(t, endless(begun));
    const path = makeRepo(join(folder, "shop"));
    const { run } = await machine.up(ask(path), "me");
    await begun.promise;
    await end();
    rmSync(path, { recursive: true });
    const up: TestUp = async ({ state }, machine) => reportOf((await machine.hands.repo(state.path)).root);
    const again = await openMachine(dataDir, { up });
    t.after(() => again.end());
    assert.equal((await endOf(again.machine, run)).data.state, "cannot");
    assert.match((await next(again.machine.log, "stop_reason")).data.detail, /shop/);
  });
});

describe("control", () => {
  test("stop ends the run and what it started, and is remembered", async (t) => {
    const begun = Promise.withResolvers<void>();
    const { machine, folder, closed } = await opened(t, endless(begun));
    const { repo, run } = await machine.up(ask(makeRepo(join(folder, "shop"))), "me");
    await begun.promise;
    const line = await machine.stop("shop", "me");
    assert.equal(line.now.state, "idle");
    assert.match(line.now.sentence, /is stopped/);
    assert.ok(closed.includes(repo));
    assert.equal((await endOf(machine, run)).data.state, "stopped");
    assert.equal((await machine.log.read({ after: 0, limit: 100, types: ["run.ended"] })).length, 1);
  });

  test("stop waits until what runs is ended, also when the run gave up before", async (t) => {
    const folder = await folderFor(t);
    const closing = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let ended = 0;
    const runtimes = {
      close: async () => {
        if (ended > 0) return; // What is being ended is not known any more.
        ended = 1;
        await closing.promise;
        ended = 2;
      },
    };
    const { machine, end } = await openMachine(join(folder, "data"), { up: endless(begun), runtimes });
    t.after(end);
    const { run } = await machine.up(ask(makeRepo(join(folder, "shop"))), "me");
    await begun.promise;
    const stopped = machine.stop(undefined, "me").then(() => ended);
    await endOf(machine, run);
    closing.resolve();
    assert.equal(await stopped, 2);
  });

  test("a run that is stopped at once has an end in the log", async (t) => {
    const { machine, folder } = await opened(t, endless());
    const { run } = await machine.up(ask(makeRepo(join(folder, "shop"))), "me");
    await machine.stop(undefined, "me");
    assert.equal((await endOf(machine, run)).data.state, "stopped");
  });

  test("pause holds a run at its gate and refuses a new one; resume lets it go on", async (t) => {
    const begun = Promise.withResolvers<void>();
    const paused = Promise.withResolvers<void>();
    const passed: string[] = [];
    const { machine, folder } = await opened(t, async ({ state, signal }) => {
      await machine.gate(state.repo, signal);
      begun.resolve();
      await paused.promise;
      await machine.gate(state.repo, signal);
      passed.push("gate");
      return reportOf(state.path);
    });
    const path = makeRepo(join(folder, "shop"));
    const { run } = await machine.up(ask(path), "me");
    await begun.promise;
    const line = await machine.pause("shop", "me");
    assert.deepEqual([line.now.state, line.now.idle?.cause], ["paused", "paused"]);
    await machine.pause("shop", "you");
    paused.resolve();
    await assert.rejects(machine.up(ask(path), "me"), { message: "shop is paused by me", next: "lodestar resume" });
    assert.deepEqual(passed, []);
    await machine.resume("shop", "me");
    assert.equal((await endOf(machine, run)).data.state, "healthy");
    assert.deepEqual(passed, ["gate"]);
    const types = (await machine.log.read({ after: 0, limit: 100 })).map((event) => event.type);
    assert.equal(types.filter((type) => type === "repo.paused").length, 1);
  });

  test("an approval is answered once, and an unknown one not at all", async (t) => {
    const { machine, folder } = await opened(t, quick);
    const { repo } = await machine.up(ask(makeRepo(join(folder, "shop"))), "me");
    const data = { approval: "a1", question: "Run it?", what: "x", commands: ["make"], risk: "all", next: "no" };
    await machine.append({ type: "approval.asked", source: "up", repo, data });
    assert.equal((await machine.status("shop"))[0]?.now.state, "needs-you");
    assert.deepEqual(await answerApproval(machine, "a1", "reject", "me"), {
      approval: "a1",
      answer: "reject",
      by: "me",
    });
    await assert.rejects(answerApproval(machine, "a1", "approve", "you"), /a1 was answered already: reject by me/);
    await assert.rejects(answerApproval(machine, "a2", "approve", "me"), {
      message: "There is no approval a2",
      next: "lodestar approvals",
    });
  });
});

describe("which repository is meant", () => {
  test("by id, path, name or a folder inside; not by a guess", async (t) => {
    const { machine, folder } = await opened(t, quick);
    await assert.rejects(machine.find(undefined), { next: "lodestar up <path>" });
    assert.equal((await machine.why(undefined)).now.idle?.cause, "no_repo");
    const shop = makeRepo(join(folder, "shop"), { "src/a.ts": "" });
    const { repo } = await machine.up(ask(shop), "me");
    assert.equal((await machine.find(undefined)).repo, repo);
    await machine.up(ask(makeRepo(join(folder, "blog"))), "me");
    for (const asked of [repo, shop, "shop", join(shop, "src")]) assert.equal((await machine.find(asked)).repo, repo);
    await assert.rejects(machine.find(undefined), /2 repositories are looked after; which one\?/);
    await assert.rejects(machine.find("nothing"), {
      message: "nothing is not looked after",
      next: "lodestar up nothing",
    });
    const twin = makeRepo(join(folder, "other/shop"));
    await machine.up(ask(twin), "me");
    await assert.rejects(machine.find("shop"), /2 repositories are called shop/);
    assert.equal((await machine.find(twin)).path, twin);
  });

  test("what is no repository is the user's mistake and is not remembered", async (t) => {
    const { machine, folder } = await opened(t, quick);
    await assert.rejects(machine.up(ask(join(folder, "nowhere")), "me"), isUserError);
    assert.deepEqual(await machine.status(undefined), []);
  });
});

const { detectors } = await loadPlugins();

describe("commands of a repository's own configuration", () => {
  /** Reads the repo and asks, as `up` does, and ends healthy when everything may run. */
  const asking: TestUp = async ({ runId, state, signal, input }, machine) => {
    const { hands, log } = machine;
    const repo = await hands.repo(state.path);
    const configured = await planRepo(await hands.view(repo), detectors);
    const interactive = isInteractive(input);
    const upInput = { path: repo.root, start: true, install: true, interactive, unsandboxed: false };
    const allowed = await consent(
      { id: runId, source: "up", log, repo, hands, input: upInput, signal },
      configured,
      state.trusted,
    );
    if (allowed.ok) return reportOf(repo.root);
    return reportOf(repo.root, { state: "needs-you", questions: [allowed.question] });
  };

  function isInteractive(input: unknown): boolean {
    return typeof input === "object" && input !== null && "interactive" in input && input.interactive === true;
  }

  function configure(path: string, command: string): void {
    writeFileSync(join(path, ".lodestar/config.json"), JSON.stringify({ services: { web: { command } } }));
  }

  async function withConfig(t: TestContext) {
    const { machine, folder } = await opened(t, asking);
    const path = makeRepo(join(folder, "shop"), { ".lodestar/config.json": "{}" });
    configure(path, "node a.js");
    const run = async (more: Record<string, unknown> = {}) => {
      const begun = await machine.up(ask(path, more), "me");
      const { report } = (await endOf(machine, begun.run)).data;
      assert.ok(report);
      return report;
    };
    const approvals = async () => [...(await machine.find(path)).approvals.values()];
    return { machine, path, run, approvals };
  }

  test("nobody is asked where the configuration names none", async (t) => {
    const { machine, folder } = await opened(t, asking);
    const path = makeRepo(join(folder, "shop"), { ".lodestar/config.json": '{"services":{"web":{"port":1}}}' });
    const { run } = await machine.up(ask(path), "me");
    assert.equal((await endOf(machine, run)).data.state, "healthy");
  });

  test("without a terminal the run ends with the command that approves, and the next one goes on", async (t) => {
    const { machine, run, approvals } = await withConfig(t);
    const first = await run();
    const [asked] = await approvals();
    assert.equal(first.state, "needs-you");
    assert.equal(first.questions[0]?.next, `lodestar approve ${asked?.approval}`);
    assert.deepEqual([asked?.commands, asked?.what], [["node a.js"], "configuration"]);
    assert.equal((await machine.status(undefined))[0]?.now.next, `lodestar approve ${asked?.approval}`);
    await answerApproval(machine, asked?.approval ?? "", "approve", "me");
    assert.equal((await run()).state, "healthy");
    assert.equal((await approvals()).length, 1, "it is not asked again");
  });

  test("other commands are asked about anew, and nothing waits for the old ones", async (t) => {
    const { machine, path, run, approvals } = await withConfig(t);
    await run();
    configure(path, "node b.js");
    assert.equal((await run()).state, "needs-you");
    const [old, fresh] = await approvals();
    assert.deepEqual([old?.answer, fresh?.answer], ["reject", undefined]);
    await answerApproval(machine, fresh?.approval ?? "", "approve", "me");
    assert.equal((await run()).state, "healthy");
    configure(path, "node a.js");
    assert.equal((await run()).state, "needs-you");
    const again = (await approvals()).find((one) => one.answer === undefined);
    assert.equal(again?.approval, old?.approval, "no person rejected it");
    configure(path, "node b.js");
    assert.equal((await run()).state, "healthy", "the approval of these commands still counts");
  });

  test("a rejection holds until the commands change or the repository is trusted", async (t) => {
    const { machine, path, run, approvals } = await withConfig(t);
    await run();
    await answerApproval(machine, (await approvals())[0]?.approval ?? "", "reject", "me");
    const refused = await run();
    assert.equal(refused.state, "needs-you");
    assert.equal(refused.questions[0]?.next, `lodestar up ${path} --trust`);
    assert.equal((await approvals()).filter((one) => one.answer === undefined).length, 0);
    assert.equal((await run({ trust: true })).state, "healthy");
  });

  test("trust approves what was asked before", async (t) => {
    const { run, approvals } = await withConfig(t);
    await run();
    assert.equal((await run({ trust: true })).state, "healthy");
    assert.deepEqual(
      (await approvals()).map(({ answer, by }) => [answer, by]),
      [["approve", "lodestar up --trust"]],
    );
  });

  test("on a terminal the run waits, and asks about what was asked before too", async (t) => {
    const { machine, path, run } = await withConfig(t);
    await run();
    const begun = await machine.up(ask(path, { interactive: true }), "me");
    const asked = await next(machine.log, "approval.asked", (event) => event.metadata.runId === begun.run);
    await answerApproval(machine, asked.data.approval, "approve", "me");
    assert.equal((await endOf(machine, begun.run)).data.state, "healthy");
  });

  test("a run that waits for the answer can be stopped, and the end of the daemon does not answer for it", async (t) => {
    const folder = await folderFor(t);
    const dataDir = join(folder, "data");
    const first = await openMachine(dataDir, { up: asking });
    const path = makeRepo(join(folder, "shop"), { ".lodestar/config.json": "{}" });
    configure(path, "node a.js");
    const { run } = await first.machine.up(ask(path, { interactive: true }), "me");
    const asked = await next(first.machine.log, "approval.asked");
    await first.end();
    const second = await openMachine(dataDir, { up: asking });
    t.after(() => second.end());
    assert.deepEqual(await second.machine.log.read({ after: 0, limit: 100, types: ["run.ended"] }), []);
    await answerApproval(second.machine, asked.data.approval, "approve", "me");
    assert.equal((await endOf(second.machine, run)).data.state, "healthy");
  });
});
