import { defineDetector } from "../../sdk/index.ts";
import { databasesByClient } from "./_shared-databases.ts";
import { PYTHON_MANIFESTS, pythonDependencies } from "./_shared-python.ts";

const CLIENTS: readonly (readonly [library: string, engine: string])[] = [
  ["psycopg", "postgres"],
  ["psycopg2", "postgres"],
  ["psycopg2-binary", "postgres"],
  ["psycopg-binary", "postgres"],
  ["asyncpg", "postgres"],
  ["pg8000", "postgres"],
  ["mysqlclient", "mysql"],
  ["pymysql", "mysql"],
  ["aiomysql", "mysql"],
  ["mysql-connector-python", "mysql"],
  ["aiosqlite", "sqlite"],
  ["redis", "redis"],
  ["aioredis", "redis"],
  ["rq", "redis"],
  ["django-redis", "redis"],
  ["pymongo", "mongodb"],
  ["motor", "mongodb"],
  ["mongoengine", "mongodb"],
  ["beanie", "mongodb"],
  ["pika", "rabbitmq"],
  ["aio-pika", "rabbitmq"],
  ["kafka-python", "kafka"],
  ["elasticsearch", "elasticsearch"],
];

/** Databases and brokers of a Python project, by the client libraries it declares. */
export default defineDetector({
  looksAt: PYTHON_MANIFESTS,
  async detect(dir) {
    return databasesByClient(dir, await pythonDependencies(dir), CLIENTS);
  },
  examples: [
    {
      name: "psycopg with its URL",
      files: { "requirements.txt": "flask\npsycopg[binary]>=3\n", "main.py": 'os.environ["DATABASE_URL"]\n' },
      finds: [
        { is: "database", engine: "postgres", env: "DATABASE_URL", because: ["requirements.txt:2", "main.py:1"] },
      ],
    },
    { name: "no database", files: { "requirements.txt": "flask\nredis-namespace\n" }, finds: [] },
  ],
});
