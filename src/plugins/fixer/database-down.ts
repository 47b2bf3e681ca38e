import { defineFixer } from "../../sdk/index.ts";
import { databaseOf, plain, startDatabase } from "./_shared.ts";
import { downEngine, planWithDatabase } from "./_shared-databases.ts";

const LOCKED_OUT = /password authentication failed for user|role "[^"]+" does not exist|no pg_hba\.conf entry for host/;

/** The database does not answer, or does not let us in: one of Lodestar's own takes its place. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const down = downEngine(failure, output);
    if (down && down.engine !== "redis")
      return {
        title: `started ${down.engine}`,
        because: down.line,
        actions: [startDatabase(failure, down.engine)],
        again: failure.phase,
      };
    const locked = LOCKED_OUT.exec(output)?.[0];
    const own = databaseOf(failure, "postgres");
    if (locked === undefined || !own) return undefined;
    return {
      title: "used a Postgres database of Lodestar's own",
      because: `${locked}: that server is not ours`,
      actions: [startDatabase(failure, "postgres")],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "nobody listens where Postgres should",
      failure: { plan: planWithDatabase("postgres", "DATABASE_URL") },
      real: {
        files: {
          "app.js": `const url = new URL(process.env.DATABASE_URL ?? "postgres://127.0.0.77:5432/shop");
require("node:net").connect(url.port, url.hostname, function () { this.end(); });`,
          "server.js": `const server = require("node:net").createServer((socket) => (socket.end(), server.close()));
server.listen(0, "127.0.0.1", () =>
  require("node:child_process").spawn(process.execPath, ["app.js"], {
    stdio: "inherit",
    env: { DATABASE_URL: "postgres://127.0.0.1:" + server.address().port + "/shop" },
  }).on("exit", (code) => process.exit(code)));`,
        },
        command: "node app.js",
        needs: ["test $(uname) = Linux"],
        cured: { command: "node server.js" },
      },
      repairs: [{ do: "start-database", engine: "postgres", env: "DATABASE_URL" }],
    },
    {
      name: "psql against no server",
      failure: { phase: "migrate", plan: planWithDatabase("postgres", "PG_URL") },
      real: {
        files: {},
        command: "LC_ALL=C psql postgres://127.0.0.77:5432/shop -c 'select 1'",
        needs: ["psql", "test $(uname) = Linux"],
      },
      repairs: [{ do: "start-database", engine: "postgres", env: "PG_URL" }],
    },
    {
      name: "Prisma",
      failure: { output: "Error: P1001\n\nCan't reach database server at `localhost:5432`" },
      repairs: [{ do: "start-database", engine: "postgres" }],
    },
    {
      name: "the host name of a compose file",
      failure: {
        plan: planWithDatabase("postgres", "DATABASE_URL"),
        output: "Error: getaddrinfo ENOTFOUND db\n    at GetAddrInfoReqWrap.onlookup",
      },
      repairs: [{ do: "start-database", engine: "postgres", env: "DATABASE_URL" }],
    },
    {
      name: "Go and MongoDB",
      failure: { output: "dial tcp 127.0.0.1:27017: connect: connection refused" },
      repairs: [{ do: "start-database", engine: "mongodb" }],
    },
    {
      name: "a server that is not ours",
      failure: {
        plan: planWithDatabase("postgres", "DATABASE_URL"),
        output: `error: password authentication failed for user "shop"`,
      },
      repairs: [{ do: "start-database", engine: "postgres", env: "DATABASE_URL" }],
    },
    {
      name: "counter: a remote server is never replaced",
      failure: {
        plan: planWithDatabase("postgres", "DATABASE_URL"),
        output: "Error: connect ECONNREFUSED 10.2.3.4:5432",
      },
      repairs: undefined,
    },
    {
      name: "counter: another service is down",
      failure: { output: "Error: connect ECONNREFUSED 127.0.0.1:3000" },
      repairs: undefined,
    },
  ],
});
