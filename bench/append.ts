import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createSecrets } from "../src/host/secrets.ts";
import { openSqliteStore } from "../src/host/store-sqlite.ts";
import { systemClock } from "../src/host/clock.ts";
import { createLog } from "../src/kernel/log.ts";
import type { EventDraft } from "../src/sdk/index.ts";
import { printTable, quantile, timed, type Row } from "./_table.ts";

const ROUNDS = 10;
const SINGLES = 100;
const BATCHES = 20;
const BATCH = 100;

/**
 * Durable appends through the whole log (validated, redacted, hashed, one fsync each) beside a bare `node:sqlite`
 * insert of the same text with the same settings, interleaved in rounds so that both meet the same disk.
 */
export default async function append(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), "bench-append-"));
  const store = await openSqliteStore(join(dir, "log.db"));
  const newId = () => crypto.randomUUID();
  const log = createLog({ store, secrets: createSecrets(), clock: systemClock, sessionId: "s", version: "1", newId });
  const bare = openBare(join(dir, "bare.db"));
  const ours: Sample = { singles: [], batches: [] };
  const peer: Sample = { singles: [], batches: [] };
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const samples = [
        await measure((count) => log.append(...Array.from({ length: count }, draft))),
        await measure(async (count) => bare.insert(count)),
      ];
      if (round === 0) continue; // The first round warms up.
      for (const [index, into] of [ours, peer].entries()) {
        into.singles.push(...(samples[index]?.singles ?? []));
        into.batches.push(...(samples[index]?.batches ?? []));
      }
    }
    const flood = await floodOf((one) => log.append(one));
    const peer99 = { name: "bare node:sqlite", value: quantile(peer.singles, 0.99) };
    const batches = { name: "bare node:sqlite", value: rate(peer) };
    return [
      { name: "durable append", value: quantile(ours.singles, 0.5), unit: "ms" },
      { name: "durable append, p99", value: quantile(ours.singles, 0.99), unit: "ms", atMost: 10, peer: peer99 },
      { name: "durable appends in batches of 100", value: rate(ours), unit: "/s", atLeast: 20_000, peer: batches },
      { name: "durable single appends at the same time", value: flood, unit: "/s" },
    ];
  } finally {
    await store.close();
    bare.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Milliseconds of each call. */
interface Sample {
  readonly singles: number[];
  readonly batches: number[];
}

async function measure(work: (count: number) => Promise<unknown>): Promise<Sample> {
  const sample: Sample = { singles: [], batches: [] };
  for (let n = 0; n < SINGLES; n++) sample.singles.push(await timed(() => work(1)));
  for (let n = 0; n < BATCHES; n++) sample.batches.push(await timed(() => work(BATCH)));
  return sample;
}

/** Events per second when 5,000 writers append one event each. */
async function floodOf(append: (draft: EventDraft) => Promise<unknown>): Promise<number> {
  const writers = 5000;
  const ms = await timed(() => Promise.all(Array.from({ length: writers }, () => append(draft()))));
  return Math.round((writers / ms) * 1000);
}

function openBare(path: string) {
  const db = new DatabaseSync(path);
  db.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (seq INTEGER PRIMARY KEY, text TEXT)",
  );
  const statement = db.prepare("INSERT INTO events (text) VALUES (?)");
  return {
    insert(count: number): void {
      db.exec("BEGIN IMMEDIATE");
      for (let n = 0; n < count; n++) statement.run(JSON.stringify(draft()));
      db.exec("COMMIT");
    },
    close: () => db.close(),
  };
}

function draft(): EventDraft {
  const data = { call: "c-17", ok: true, seconds: 1.25, exit: 0, summary: "412 packages in 1.2 s, 0 vulnerabilities" };
  return { type: "tool_result", source: "workflow/up", repo: "storefront-1a2b3c", runId: "run-1", data };
}

function rate(sample: Sample): number {
  return Math.round((BATCH / quantile(sample.batches, 0.5)) * 1000);
}

if (import.meta.main) printTable(await append());
