import { defineDriver } from "../../sdk/index.ts";
import { quote, READY } from "./_shared-database.ts";

/**
 * SQLite: a file of Lodestar's own, no server. The URL is the form that Prisma, Drizzle and libSQL take
 * (`file:/absolute/path`). Whoever wants another one (`sqlite:///` of SQLAlchemy and Django, a bare path) makes it from
 * that path; a framework that names its file in its own settings keeps it, in the repo.
 */
export default defineDriver({
  role: "database",
  engine: "sqlite",
  plan: async ({ dataDir, name }) => ({
    ok: true,
    how: "a SQLite file",
    prepare: [`touch ${quote(`${dataDir}/${READY}`)}`],
    marker: READY,
    env: {},
    path: [],
    url: `file:${dataDir}/${name.replaceAll(/[^\w.-]/g, "_")}.db`,
  }),
  examples: [{ name: "a file", have: {}, answer: { ok: true, url: "file:/scratch/db/shop.db", serve: undefined } }],
});
