import { Pool } from "pg";
import { z } from "zod";
import {
  isUserError,
  messageOf,
  OutsideError,
  UserError,
  type AnyEvent,
  type Store,
  type StoredDraft,
} from "../sdk/index.ts";
import { createBatcher } from "./store-batch.ts";
import { EntryRow, eventOf, GENESIS, link, SCHEMA_VERSION, verifyChain, type Entry } from "./store-chain.ts";

const TABLES = `
  CREATE SCHEMA IF NOT EXISTS lodestar;
  CREATE TABLE IF NOT EXISTS lodestar.meta (name text PRIMARY KEY, value text NOT NULL);
  CREATE TABLE IF NOT EXISTS lodestar.logs (log text PRIMARY KEY, epoch text NOT NULL);
  CREATE TABLE IF NOT EXISTS lodestar.events (
    log text NOT NULL, seq bigint NOT NULL, key text, type text NOT NULL, repo text NOT NULL,
    header text NOT NULL, data text, digest text NOT NULL, hash text NOT NULL,
    PRIMARY KEY (log, seq)
  );
  CREATE UNIQUE INDEX IF NOT EXISTS events_key ON lodestar.events (log, key) WHERE key IS NOT NULL;
  CREATE INDEX IF NOT EXISTS events_repo ON lodestar.events (log, repo, seq);
  CREATE INDEX IF NOT EXISTS events_type ON lodestar.events (log, type, seq);
`;
const COLUMNS = "seq, key, type, repo, header, data, digest, hash";
const PAGE = 1000;
/** Any number does; it keeps two first starts from making the tables at the same time. */
const TABLES_LOCK = 7_215_001;
const Head = z.object({ seq: z.coerce.number(), hash: z.string() });
const Meta = z.object({ value: z.string() });

type Query = (text: string, values?: readonly unknown[]) => Promise<unknown[]>;

/**
 * The log named `log` in a Postgres database that many daemons may share. A batch takes the log's advisory lock, gets
 * its `seq` and hashes inside it and commits before the lock is released, so readers see committed prefixes only and
 * writers never fork the chain. Rejects with OutsideError when the database does not answer, with UserError when a newer
 * Lodestar made its tables.
 */
export async function openPostgresStore(url: string, options: { log: string }): Promise<Store> {
  const { log } = options;
  const pool = new Pool({ connectionString: url, max: 4, connectionTimeoutMillis: 5000 });
  // An idle connection that the server ends is replaced at the next query, whose own failure is reported.
  pool.on("error", ignore);
  const query: Query = async (text, values) => (await reached(() => pool.query(text, [...(values ?? [])]))).rows;
  const epoch = await prepare(pool, log).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const batcher = createBatcher((drafts) => inTransaction(pool, (query) => appendAll(query, log, drafts)));

  return {
    epoch,
    append: (drafts) => batcher.append(drafts),
    async read({ after, limit, repo, types }) {
      const rows = await query(
        `SELECT ${COLUMNS} FROM lodestar.events
         WHERE log = $1 AND seq > $2 AND ($3::text IS NULL OR repo = $3)
           AND ($4::text[] IS NULL OR (type = ANY ($4) AND data IS NOT NULL))
         ORDER BY seq LIMIT $5`,
        [log, after, repo ?? null, types ?? null, limit],
      );
      return rows.map((row) => eventOf(EntryRow.parse(row)));
    },
    async byKey(key) {
      const [row] = await query(`SELECT ${COLUMNS} FROM lodestar.events WHERE log = $1 AND key = $2`, [log, key]);
      return row === undefined ? undefined : eventOf(EntryRow.parse(row));
    },
    head: () => headOf(query, log),
    verify: () => verifyChain(pagesOf(query, log)),
    async erase(seq) {
      const erased = await query("UPDATE lodestar.events SET data = NULL WHERE log = $1 AND seq = $2 RETURNING seq", [
        log,
        seq,
      ]);
      if (erased.length === 0) throw new UserError(`The log has no event ${seq}.`, { next: "lodestar events" });
    },
    async close() {
      await batcher.close();
      if (!pool.ended) await pool.end();
    },
  };
}

/** Makes the tables and the log on first use; returns the log's epoch. */
async function prepare(pool: Pool, log: string): Promise<string> {
  return inTransaction(pool, async (query) => {
    await query("SELECT pg_advisory_xact_lock($1)", [TABLES_LOCK]);
    const [exists] = await query("SELECT 1 FROM pg_tables WHERE schemaname = 'lodestar' AND tablename = 'meta'");
    if (exists) await refuseNewer(query);
    else await query(TABLES);
    await query("INSERT INTO lodestar.meta VALUES ('schema', $1) ON CONFLICT DO NOTHING", [String(SCHEMA_VERSION)]);
    await query("INSERT INTO lodestar.logs VALUES ($1, $2) ON CONFLICT DO NOTHING", [log, crypto.randomUUID()]);
    const [row] = await query("SELECT epoch AS value FROM lodestar.logs WHERE log = $1", [log]);
    return Meta.parse(row).value;
  });
}

async function refuseNewer(query: Query): Promise<void> {
  const [row] = await query("SELECT value FROM lodestar.meta WHERE name = 'schema'");
  const version = Number(Meta.parse(row).value);
  if (version > SCHEMA_VERSION)
    throw new UserError(
      `The database was made by a newer Lodestar (format ${version}, this one reads ${SCHEMA_VERSION}).`,
      { next: "npm install --global lodestar@latest" },
    );
}

async function appendAll(query: Query, log: string, drafts: readonly StoredDraft[]): Promise<AnyEvent[]> {
  await query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`lodestar ${log}`]);
  await query("SET LOCAL synchronous_commit = on");
  const keyed = await findKeys(query, log, drafts);
  let last = await headOf(query, log);
  const entries: Entry[] = [];
  const events = drafts.map((draft) => {
    const existing = draft.key === undefined ? undefined : keyed.get(draft.key);
    if (existing) return existing;
    const entry = link(draft, last);
    last = entry;
    entries.push(entry);
    const event = eventOf(entry);
    if (draft.key !== undefined) keyed.set(draft.key, event);
    return event;
  });
  if (entries.length > 0) await insertAll(query, log, entries);
  return events;
}

async function findKeys(query: Query, log: string, drafts: readonly StoredDraft[]): Promise<Map<string, AnyEvent>> {
  const keys = drafts.flatMap((draft) => draft.key ?? []);
  if (keys.length === 0) return new Map();
  const rows = await query(`SELECT ${COLUMNS} FROM lodestar.events WHERE log = $1 AND key = ANY ($2)`, [log, keys]);
  return new Map(rows.map((row) => EntryRow.parse(row)).map((entry) => [entry.key ?? "", eventOf(entry)]));
}

async function insertAll(query: Query, log: string, entries: readonly Entry[]): Promise<void> {
  const column = <K extends keyof Entry>(name: K) => entries.map((entry) => entry[name]);
  await query(
    `INSERT INTO lodestar.events (log, ${COLUMNS})
     SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])`,
    [
      log,
      column("seq"),
      column("key"),
      column("type"),
      column("repo"),
      column("header"),
      column("data"),
      column("digest"),
      column("hash"),
    ],
  );
}

async function headOf(query: Query, log: string): Promise<{ seq: number; hash: string }> {
  const [row] = await query("SELECT seq, hash FROM lodestar.events WHERE log = $1 ORDER BY seq DESC LIMIT 1", [log]);
  return row === undefined ? { seq: 0, hash: GENESIS } : Head.parse(row);
}

async function* pagesOf(query: Query, log: string): AsyncGenerator<Entry[]> {
  for (let after = 0; ;) {
    const rows = await query(
      `SELECT ${COLUMNS} FROM lodestar.events WHERE log = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [log, after, PAGE],
    );
    const page = rows.map((row) => EntryRow.parse(row));
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.seq;
  }
}

/** One transaction on one connection; a connection that fails in it is thrown away. */
async function inTransaction<T>(pool: Pool, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await reached(() => pool.connect());
  // A connection that breaks emits `error` besides failing its query; unheard, that would end the process.
  client.on("error", ignore);
  try {
    await client.query("BEGIN");
    const result = await work(async (text, values) => (await client.query(text, values && [...values])).rows);
    await client.query("COMMIT");
    client.off("error", ignore);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw isUserError(error) ? error : cannotReach(error);
  }
}

function ignore(): void {}

async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw cannotReach(error);
  }
}

/** The database's own message, which names neither the user's password nor a value. */
function cannotReach(error: unknown): OutsideError {
  const reason = messageOf(error) || (error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : "");
  return new OutsideError(`The database of the log cannot be used: ${reason}`, { retryable: true, cause: error });
}
