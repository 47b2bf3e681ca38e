import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { z } from "zod";
import { messageOf, OutsideError, UserError, type AnyEvent, type Store, type StoredDraft } from "../sdk/index.ts";
import { createBatcher } from "./store-batch.ts";
import { EntryRow, eventOf, GENESIS, link, SCHEMA_VERSION, verifyChain, type Entry } from "./store-chain.ts";

const TABLES = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, key TEXT, type TEXT NOT NULL, repo TEXT NOT NULL,
    header TEXT NOT NULL, data TEXT, digest TEXT NOT NULL, hash TEXT NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS events_key ON events (key) WHERE key IS NOT NULL;
  CREATE INDEX IF NOT EXISTS events_repo ON events (repo, seq);
  CREATE INDEX IF NOT EXISTS events_type ON events (type, seq);
`;
const PAGE = 1000;
const Head = z.object({ seq: z.number(), hash: z.string() });
const Meta = z.object({ value: z.string() });

/**
 * The log in one SQLite file (mode 0600): WAL and `synchronous=FULL`, so an append that was acknowledged survives
 * kill -9 and power loss. Rejects with UserError when the file is of a newer Lodestar or is no log, with a retryable
 * OutsideError when the disk is full or the file cannot be reached.
 */
export async function openSqliteStore(path: string): Promise<Store> {
  const db = open(path);
  const statements = {
    head: db.prepare("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"),
    byKey: db.prepare("SELECT * FROM events WHERE key = ?"),
    page: db.prepare("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?"),
    insert: db.prepare(
      "INSERT INTO events (seq, key, type, repo, header, data, digest, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    erase: db.prepare("UPDATE events SET data = NULL WHERE seq = ?"),
  };
  const head = () => Head.optional().parse(statements.head.get()) ?? { seq: 0, hash: GENESIS };
  const batcher = createBatcher((drafts) => translate(() => appendAll(db, statements, head, drafts)));

  return {
    epoch: readMeta(db, "epoch") ?? "",
    append: (drafts) => batcher.append(drafts),
    async read({ after, limit, repo, types }) {
      const [where, values] = filter(after, repo, types);
      const rows = db.prepare(`SELECT * FROM events WHERE ${where} ORDER BY seq LIMIT ?`).all(...values, limit);
      return rows.map((row) => eventOf(EntryRow.parse(row)));
    },
    async byKey(key) {
      return findByKey(statements.byKey, key);
    },
    async head() {
      return head();
    },
    verify: () => verifyChain(pagesOf(statements.page)),
    async erase(seq) {
      const { changes } = translate(() => statements.erase.run(seq));
      if (changes === 0) throw new UserError(`The log has no event ${seq}.`, { next: "lodestar events" });
      // The old page must not live on in the write-ahead log.
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    },
    async close() {
      await batcher.close();
      if (db.isOpen) db.close();
    },
  };
}

function open(path: string): DatabaseSync {
  return translate(() => {
    closeSync(openSync(path, "a", 0o600));
    const db = new DatabaseSync(path, { timeout: 5000 });
    try {
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
      prepare(db, path);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  }, path);
}

/** Makes the tables, the epoch and the version on first use; refuses what a newer version wrote before touching it. */
function prepare(db: DatabaseSync, path: string): void {
  const version = hasTables(db) ? Number(readMeta(db, "schema") ?? SCHEMA_VERSION) : SCHEMA_VERSION;
  if (version > SCHEMA_VERSION)
    throw new UserError(
      `${path} was written by a newer Lodestar (format ${version}, this one reads ${SCHEMA_VERSION}).`,
      {
        next: "npm install --global lodestar@latest",
      },
    );
  db.exec(`BEGIN IMMEDIATE; ${TABLES}`);
  const insert = db.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)");
  insert.run("schema", String(SCHEMA_VERSION));
  insert.run("epoch", crypto.randomUUID());
  db.exec("COMMIT");
}

function hasTables(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get() !== undefined;
}

function readMeta(db: DatabaseSync, name: string): string | undefined {
  const row = db.prepare("SELECT value FROM meta WHERE name = ?").get(name);
  return row && Meta.parse(row).value;
}

function appendAll(
  db: DatabaseSync,
  statements: { byKey: StatementSync; insert: StatementSync },
  head: () => { seq: number; hash: string },
  drafts: readonly StoredDraft[],
): AnyEvent[] {
  db.exec("BEGIN IMMEDIATE");
  try {
    let last = head();
    const events = drafts.map((draft) => {
      const existing = draft.key === undefined ? undefined : findByKey(statements.byKey, draft.key);
      if (existing) return existing;
      const entry = link(draft, last);
      insert(statements.insert, entry);
      last = entry;
      return eventOf(entry);
    });
    db.exec("COMMIT");
    return events;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function insert(statement: StatementSync, entry: Entry): void {
  const { seq, key, type, repo, header, data, digest, hash } = entry;
  statement.run(seq, key, type, repo, header, data, digest, hash);
}

function findByKey(statement: StatementSync, key: string): AnyEvent | undefined {
  const row = statement.get(key);
  return row && eventOf(EntryRow.parse(row));
}

function filter(after: number, repo?: string, types?: readonly string[]): [where: string, values: SQLInputValue[]] {
  const where = ["seq > ?"];
  const values: SQLInputValue[] = [after];
  if (repo !== undefined) {
    where.push("repo = ?");
    values.push(repo);
  }
  if (types) {
    where.push(`type IN (${types.map(() => "?").join(", ")}) AND data IS NOT NULL`);
    values.push(...types);
  }
  return [where.join(" AND "), values];
}

async function* pagesOf(statement: StatementSync): AsyncGenerator<Entry[]> {
  for (let after = 0; ;) {
    const page = statement.all(after, PAGE).map((row) => EntryRow.parse(row));
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.seq;
    await new Promise((resolve) => setImmediate(resolve)); // A long log must not stop the daemon.
  }
}

/** SQLite's failures in our words (https://sqlite.org/rescode.html): 26 is no database, 11 a damaged one, 13 a full disk. */
function translate<T>(work: () => T, path?: string): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
    if (code === undefined && !isFileError(error)) throw error;
    if (path !== undefined && (code === 26 || code === 11))
      throw new UserError(`${path} is not a log of Lodestar, or it is damaged.`, {
        next: `mv '${path}' '${path}.damaged'`,
        cause: error,
      });
    const message =
      code === 13 ? "The disk is full: the log cannot be written." : `The log cannot be used: ${messageOf(error)}`;
    throw new OutsideError(message, { retryable: true, cause: error });
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
