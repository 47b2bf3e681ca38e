import { defineDetector } from "../../sdk/index.ts";
import { databasesByClient, type Declared } from "./_shared-databases.ts";
import { declares, readManifest } from "./_shared-javascript.ts";
import { record } from "./_shared-manifests.ts";

const CLIENTS: readonly (readonly [library: string, engine: string])[] = [
  ["pg", "postgres"],
  ["postgres", "postgres"],
  ["pg-promise", "postgres"],
  ["slonik", "postgres"],
  ["@neondatabase/serverless", "postgres"],
  ["mysql2", "mysql"],
  ["mysql", "mysql"],
  ["mariadb", "mysql"],
  ["better-sqlite3", "sqlite"],
  ["sqlite3", "sqlite"],
  ["sqlite", "sqlite"],
  ["@libsql/client", "sqlite"],
  ["mongoose", "mongodb"],
  ["mongodb", "mongodb"],
  ["ioredis", "redis"],
  ["redis", "redis"],
  ["bullmq", "redis"],
  ["bull", "redis"],
  ["bee-queue", "redis"],
  ["connect-redis", "redis"],
  ["amqplib", "rabbitmq"],
  ["amqp-connection-manager", "rabbitmq"],
  ["mssql", "mssql"],
  ["kafkajs", "kafka"],
  ["nats", "nats"],
  ["memjs", "memcached"],
  ["@elastic/elasticsearch", "elasticsearch"],
];

/** Databases and brokers of a JavaScript project, by the client libraries in its package.json. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const manifest = await readManifest(dir);
    if (!manifest) return [];
    const declared = new Map<string, Declared>();
    for (const [library] of CLIENTS) {
      // A peer dependency is the choice of whoever uses the package.
      const dev = !(library in record(manifest.raw.dependencies));
      if (dev && !declares(manifest, library)) continue;
      declared.set(library, { because: await dir.at("package.json", `"${library}"`), dev });
    }
    return databasesByClient(dir, declared, CLIENTS);
  },
  examples: [
    {
      name: "Postgres with its URL, and a queue on Redis",
      files: {
        "package.json": '{\n"dependencies": {\n"pg": "8",\n"bullmq": "5"}}',
        "src/db.js": "new Pool({ connectionString: process.env.DATABASE_URL })",
      },
      finds: [
        {
          is: "database",
          engine: "postgres",
          env: "DATABASE_URL",
          via: "client",
          because: ["package.json:3", "src/db.js:1"],
        },
        { is: "database", engine: "redis", because: ["package.json:4"] },
      ],
    },
    {
      name: "a library that only tests itself against one",
      files: { "package.json": '{"devDependencies":{"mysql2":"3"}}' },
      finds: [{ is: "database", engine: "mysql", confidence: 0.4 }],
    },
    { name: "no database", files: { "package.json": '{"dependencies":{"pg-format":"1"}}' }, finds: [] },
  ],
});
