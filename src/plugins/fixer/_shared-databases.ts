import { EMPTY_PLAN, type Failure } from "../../sdk/index.ts";

/** The engine that listens on a well-known port. */
const ENGINES: Readonly<Record<string, string>> = {
  "3306": "mysql",
  "5432": "postgres",
  "5672": "rabbitmq",
  "6379": "redis",
  "27017": "mongodb",
};
const LOCAL = "(?:127(?:\\.\\d+){3}|localhost|\\[?::1\\]?|0\\.0\\.0\\.0)";
const REFUSED = [
  new RegExp(`ECONNREFUSED ${LOCAL}:(\\d+)`),
  new RegExp(`${LOCAL}:(\\d+):? connect: connection refused`, "i"),
  new RegExp(`${LOCAL}["\`']? ?(?:\\([^)]*\\))?,? port (\\d+) failed: Connection refused`),
  new RegExp(`Can't reach database server at \`?${LOCAL}\`?:\`?(\\d+)`),
  new RegExp(`connecting to ${LOCAL}:(\\d+)\\. Connection refused`),
  new RegExp(`Connection refused[^\\n]*${LOCAL}[:", ]+(?:port )?(\\d+)`, "i"),
  new RegExp(`Connection to ${LOCAL}:(\\d+) refused`),
];
/** Host names that compose files give to their databases; outside Docker nobody answers to them. */
const COMPOSE =
  /(?:ENOTFOUND |EAI_AGAIN |could not translate host name "|no such host[^\n]*|lookup |Can't reach database server at `?)"?(db|database|postgres|postgresql|mysql|mariadb|redis|cache|mongo|mongodb)\b/;
const COMPOSE_ENGINES: Readonly<Record<string, string>> = {
  cache: "redis",
  mariadb: "mysql",
  mongo: "mongodb",
  mongodb: "mongodb",
  mysql: "mysql",
  postgres: "postgres",
  postgresql: "postgres",
  redis: "redis",
};

/** The engine of a local server that did not answer, and the words that say so. A remote host is not ours to start: undefined. */
export function downEngine(failure: Failure, output: string): { engine: string; line: string } | undefined {
  for (const says of REFUSED) {
    const match = says.exec(output);
    const engine = ENGINES[match?.[1] ?? ""];
    if (match && engine) return { engine, line: match[0] };
  }
  const host = COMPOSE.exec(output);
  if (!host?.[1]) return undefined;
  const engine = COMPOSE_ENGINES[host[1]] ?? onlyEngine(failure);
  // The variable that names that host has to be known, or nothing would point the program at the new server.
  const known = failure.plan.databases.some((database) => database.engine === engine);
  return engine !== undefined && known ? { engine, line: host[0] } : undefined;
}

/** A plan with one database and, where a directory is given, its migrations there: what examples start from. */
export function planWithDatabase(engine: string, env: string, ...dirs: readonly string[]): Failure["plan"] {
  return {
    ...EMPTY_PLAN,
    databases: [
      {
        name: "main",
        engine,
        dir: dirs[0] ?? ".",
        env,
        migrations: dirs.map((dir) => ({ tool: "sql", dir, command: "npm run migrate" })),
        because: ["package.json:5"],
        confidence: 0.9,
      },
    ],
  };
}

function onlyEngine(failure: Failure): string | undefined {
  const engines = new Set(failure.plan.databases.map((database) => database.engine).filter((name) => name !== "redis"));
  return engines.size === 1 ? [...engines][0] : undefined;
}
