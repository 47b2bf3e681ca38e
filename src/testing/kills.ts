import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openSqliteStore } from "../host/store-sqlite.ts";
import type { Client } from "../client/client.ts";
import type { AnyEvent, DataOf } from "../sdk/index.ts";
import { endpointOf, eventsOf, openWorld, type World } from "./lodestar.ts";
import { untilGone } from "./processes.ts";
import { served } from "./repos.ts";

export interface KillsOptions {
  readonly kills: number;
  /** The same seed gives the same waits between a start and its kill. */
  readonly seed: number;
  readonly sandbox: boolean;
  /** Checks of the repository; each takes about a second. */
  readonly checks: number;
}

export interface Killed {
  /** Kills while the run was under way. */
  readonly kills: number;
  /** How the run ended, with the questions that it asked. */
  readonly state: string;
  /** Milliseconds from each start of the daemon to the next event of the run. */
  readonly resumed: readonly number[];
  readonly events: number;
  readonly steps: number;
  /** Events that a follower had seen and the log has not. */
  readonly lost: number;
  /** Steps that were completed twice, and commands of recorded steps that ran again. */
  readonly repeated: readonly string[];
  /** Processes of the repository that outlived a kill, and of any kind that outlived the end. */
  readonly left: readonly string[];
  readonly chain: boolean;
}

/** So long after its start a daemon is killed, in milliseconds; it needs about half a second to begin. */
const SOONEST = 200;
const LATEST = 1600;
const PATIENCE = 60_000;

/** One `up` whose daemon is killed again and again at random moments, and started anew; then what is left of it is counted. */
export async function killUp(options: KillsOptions): Promise<Killed> {
  const world = await openWorld(options.sandbox ? {} : { without: ["bwrap"] });
  try {
    const marks = join(world.root, "marks");
    await writeFile(marks, "");
    const repo = await world.repo("killed", filesOf(marks, options.checks));
    const random = randomFrom(options.seed);
    const seen = new Map<number, string>();
    const resumed: number[] = [];
    const left: string[] = [];
    const begin = performance.now();
    const first = await world.daemon();
    await first.post("up", { path: repo, trust: true, by: "test" });
    let follower = follow(first, seen);
    let kills = 0;
    for (; kills < options.kills; kills++) {
      await wait(SOONEST + random() * (LATEST - SOONEST));
      if (hasEnded(seen)) break;
      const { pid } = await endpointOf(world.dataDir);
      process.kill(pid, "SIGKILL");
      await untilGone(pid);
      follower.abort();
      // bubblewrap may wait for its dead parent, with nothing of the repository in it: the next daemon ends it.
      left.push(...(await world.left()).filter((line) => !/^\d+ bwrap /.test(line)));
      const known = Math.max(0, ...seen.keys());
      const started = performance.now();
      const client = await world.daemon();
      follower = follow(client, seen);
      await until(() => progressed(seen, known), "the run to go on");
      resumed.push(Math.round(performance.now() - started));
    }
    await until(() => hasEnded(seen), `the run to end (begun ${Math.round(performance.now() - begin)} ms ago)`);
    follower.abort();
    return { kills, resumed, ...(await audit(world, { repo, seen, marks, left })) };
  } finally {
    await world.close();
  }
}

/** A service, and checks that take a while; without a sandbox they leave a mark outside. */
function filesOf(marks: string, checks: number): Record<string, string> {
  const names = Array.from({ length: checks }, (_, index) => `check${index}`);
  const command = (name: string) => `sh check.sh ${name}`;
  const config = { checks: Object.fromEntries(names.map((name) => [name, { kind: "test", command: command(name) }])) };
  return {
    ...served(),
    "check.sh": `echo "$1" 2>/dev/null >>'${marks}'\nsleep 0.7\necho "ok 1 - $1"\necho 1..1\n`,
    ".lodestar/config.json": JSON.stringify(config),
  };
}

function follow(client: Client, seen: Map<number, string>): AbortController {
  const ended = new AbortController();
  void (async () => {
    for await (const event of client.follow({ after: Math.max(0, ...seen.keys()), signal: ended.signal }))
      if (event !== "reset") seen.set(event.seq, JSON.stringify(event));
  })().catch(() => undefined); // The daemon was killed: the next one is followed anew.
  return ended;
}

function eventsIn(seen: ReadonlyMap<number, string>): AnyEvent[] {
  return [...seen.values()].map((text): AnyEvent => JSON.parse(text));
}

function hasEnded(seen: ReadonlyMap<number, string>): boolean {
  return eventsIn(seen).some((event) => event.type === "run.ended");
}

/** Whether the run said something after `known`, other than that it was started again. */
function progressed(seen: ReadonlyMap<number, string>, known: number): boolean {
  return eventsIn(seen).some((event) => event.seq > known && event.metadata.runId !== undefined);
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE} ms for ${what}`);
    await wait(20);
  }
}

async function audit(
  world: World,
  run: { repo: string; seen: ReadonlyMap<number, string>; marks: string; left: string[] },
): Promise<Omit<Killed, "kills" | "resumed">> {
  const client = await world.client();
  const events = await eventsOf(client);
  const log = new Map(events.map((event) => [event.seq, JSON.stringify(event)]));
  const lost = [...run.seen].filter(([seq, text]) => log.get(seq) !== text).length;
  const end = events.findLast((event) => event.type === "run.ended");
  await client.post("stop", { by: "test" }, { repo: run.repo });
  await client.post("shutdown", { by: "test" });
  const left = [...run.left, ...(await world.left())];
  const store = await openSqliteStore(join(world.dataDir, "log.db"));
  const chain = await store.verify();
  await store.close();
  return {
    state: end?.type === "run.ended" ? stateOf(end.data) : "it did not end",
    events: events.length,
    steps: events.filter((event) => event.type === "step.completed").length,
    lost,
    repeated: repeatedIn(events, await readFile(run.marks, "utf8")),
    left,
    chain: chain.ok,
  };
}

function stateOf({ state, report }: DataOf<"run.ended">): string {
  return [state, ...(report?.questions ?? []).map((one) => one.question)].join(": ");
}

/** What was done again although its end was in the log. A check's command is told by its title, its marks by its name. */
function repeatedIn(events: readonly AnyEvent[], marks: string): string[] {
  const repeated: string[] = [];
  const done = new Set<string>();
  const starts = new Map<string, number>();
  for (const event of events) {
    if (event.type === "step.completed") {
      const key = `${event.metadata.runId}/${event.data.step}/${event.data.inputHash}`;
      if (done.has(key)) repeated.push(`${key} was completed twice`);
      done.add(key).add(event.data.step);
    }
    if (event.type !== "tool_start" || event.data.tool !== "check") continue;
    starts.set(event.data.title, (starts.get(event.data.title) ?? 0) + 1);
    if (done.has(`check . ${event.data.title}`)) repeated.push(`${event.data.title} ran after its record`);
  }
  for (const [title, all] of Map.groupBy(marks.split("\n").filter(Boolean), (mark) => mark))
    if (all.length > (starts.get(title) ?? 0)) repeated.push(`${title} left ${all.length} marks`);
  return repeated;
}

/** Numbers from 0 to 1 that the seed decides (mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fails where a kill cost anything. */
export function assertNothingLost(killed: Killed): void {
  assert.equal(killed.state, "healthy");
  assert.deepEqual(
    { lost: killed.lost, repeated: killed.repeated, left: killed.left, chain: killed.chain },
    {
      lost: 0,
      repeated: [],
      left: [],
      chain: true,
    },
  );
}
