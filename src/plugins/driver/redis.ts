import { defineDriver } from "../../sdk/index.ts";
import { byDocker, cannot, loopbackUrl, quote, READY } from "./_shared-database.ts";
import { versionIn } from "./_shared-runtime.ts";

/** Redis (or Valkey, which speaks the same) from PATH, on 127.0.0.1, in memory only: what it holds ends with it. */
export default defineDriver({
  role: "database",
  engine: "redis",
  port: 6379,
  container: {
    images: ["redis", "redis-stack", "redis-stack-server", "valkey", "keydb"],
    port: 6379,
    // PING: +PONG, or -NOAUTH where it wants a password.
    greeting: { send: "50494e470d0a", expect: "^(2b504f4e47|2d4e4f41555448)" },
    url({ environment: env, command }, port) {
      const password = /--requirepass[ =]["']?([^\s"']+)/.exec(command)?.[1] ?? env["REDIS_PASSWORD"] ?? "";
      return loopbackUrl("redis", { password, port, path: "0" });
    },
    examples: [
      { name: "open", container: { environment: {}, command: "" }, url: "redis://127.0.0.1:5400/0" },
      {
        name: "a password in the command",
        container: { environment: {}, command: "redis-server --requirepass s3cret --appendonly yes" },
        url: "redis://:s3cret@127.0.0.1:5400/0",
      },
    ],
  },
  plan: async (request, { toolbox, platform }) => {
    const server = (await toolbox.which("redis-server")) ?? (await toolbox.which("valkey-server"));
    if (server === undefined) {
      const install = platform === "darwin" ? "brew install redis" : "sudo apt-get install redis-server";
      const next = request.compose === undefined ? install : byDocker(request, "redis:8", 6379);
      return cannot("No redis-server was found on PATH.", next);
    }
    const version = versionIn(await toolbox.version(server, ["--version"]));
    const flags = `--port ${request.port} --bind 127.0.0.1 --dir ${quote(request.dataDir)} --save '' --appendonly no --daemonize no`;
    return {
      ok: true,
      how: `${server.endsWith("valkey-server") ? "Valkey" : "Redis"} ${version ?? "of unknown version"} on PATH`,
      prepare: [`touch ${quote(`${request.dataDir}/${READY}`)}`],
      marker: READY,
      serve: `exec ${quote(server)} ${flags}`,
      env: {},
      path: [],
      url: `redis://127.0.0.1:${request.port}/0`,
      health: { kind: "log", pattern: "Ready to accept connections" },
    };
  },
  examples: [
    {
      name: "on PATH",
      have: { "/usr/bin/redis-server": "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0" },
      answer: { ok: true, how: "Redis 7.0.15 on PATH", url: "redis://127.0.0.1:5400/0" },
    },
    { name: "not here", have: {}, answer: { ok: false, next: "sudo apt-get install redis-server" } },
  ],
});
