import { defineFixer, type Action, type Failure } from "../../sdk/index.ts";
import { databaseOf, plain, startDatabase } from "./_shared.ts";
import { downEngine, planWithDatabase } from "./_shared-databases.ts";

/** Redis does not answer: one is started, and its URL given in the variable that the repo reads. */
export default defineFixer({
  repair(failure) {
    const down = downEngine(failure, plain(failure));
    if (down?.engine !== "redis") return undefined;
    return { title: "started Redis", because: down.line, actions: [start(failure)], again: failure.phase };
  },
  examples: [
    {
      name: "nobody listens where Redis should",
      failure: { plan: planWithDatabase("redis", "CACHE_URL") },
      real: {
        files: {
          "app.js": `const url = new URL(process.env.CACHE_URL ?? "redis://127.0.0.77:6379");
require("node:net").connect(url.port, url.hostname, function () { this.end("PING\\r\\n"); })
  .on("data", (answer) => process.exit(String(answer) === "+PONG\\r\\n" ? 0 : 1));`,
          "with-redis.js": `const { spawn } = require("node:child_process");
const socket = require("node:net").createServer().listen(0, "127.0.0.1", () => {
  const { port } = socket.address();
  socket.close(() => {
    const redis = spawn("redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", ""]);
    redis.stdout.on("data", (text) => {
      if (!/ready to accept/i.test(text)) return;
      const env = { ...process.env, CACHE_URL: "redis://127.0.0.1:" + port };
      spawn(process.execPath, ["app.js"], { stdio: "inherit", env }).on("exit", (code) => {
        redis.once("exit", () => process.exit(code)).kill();
      });
    });
  });
});`,
        },
        command: "node app.js",
        needs: ["redis-server", "test $(uname) = Linux"],
        cured: { command: "node with-redis.js" },
      },
      repairs: [{ do: "start-database", engine: "redis", env: "CACHE_URL" }],
    },
    {
      name: "ioredis, and the repo reads REDIS_URL",
      failure: {
        plan: {
          ...planWithDatabase("postgres", "DATABASE_URL"),
          env: [{ name: "REDIS_URL", dir: ".", class: "placeholder", required: false, because: ["queue.js:1"] }],
        },
        output: "[ioredis] Unhandled error event: Error: connect ECONNREFUSED 127.0.0.1:6379",
      },
      repairs: [{ do: "start-database", engine: "redis", env: "REDIS_URL" }],
    },
    {
      name: "Python",
      failure: {
        output: "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
      },
      repairs: [{ do: "start-database", engine: "redis" }],
    },
    {
      name: "counter: Postgres is down",
      failure: { output: "Error: connect ECONNREFUSED 127.0.0.1:5432" },
      repairs: undefined,
    },
  ],
});

function start(failure: Failure): Action {
  const named = failure.plan.env.find((variable) => /^REDIS_(?:URL|URI)$/.test(variable.name));
  if (databaseOf(failure, "redis") || !named) return startDatabase(failure, "redis");
  return { do: "start-database", engine: "redis", env: named.name };
}
