/** Where the log and the runs of a data dir are kept. */
import { join } from "node:path";
import { openPostgresEngine, openSqliteEngine } from "./host/engine.ts";
import { openPostgresStore } from "./host/store-postgres.ts";
import { openSqliteStore } from "./host/store-sqlite.ts";

/** One machine keeps its log in SQLite; a team shares one in the Postgres of LODESTAR_DATABASE_URL (DESIGN.md 5). */
export async function openBackend(dataDir: string) {
  // The machine itself records how a run ended, whatever it ended with.
  const onFailed = () => undefined;
  const url = process.env["LODESTAR_DATABASE_URL"];
  if (url === undefined || url === "")
    return {
      store: await openSqliteStore(join(dataDir, "log.db")),
      openEngine: () => openSqliteEngine(join(dataDir, "workflows.db"), { onFailed }),
      pollMs: {},
    };
  return {
    store: await openPostgresStore(url, { log: "lodestar" }),
    openEngine: () => openPostgresEngine(url, { onFailed, owner: dataDir }),
    pollMs: { pollMs: 250 },
  };
}
