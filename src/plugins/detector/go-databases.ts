import { defineDetector } from "../../sdk/index.ts";
import { databasesByText } from "./_shared-clients.ts";

const CLIENTS: readonly (readonly [text: string, engine: string])[] = [
  ["github.com/jackc/pgx", "postgres"],
  ["github.com/lib/pq", "postgres"],
  ["gorm.io/driver/postgres", "postgres"],
  ["github.com/uptrace/bun/driver/pgdriver", "postgres"],
  ["github.com/go-sql-driver/mysql", "mysql"],
  ["gorm.io/driver/mysql", "mysql"],
  ["github.com/mattn/go-sqlite3", "sqlite"],
  ["modernc.org/sqlite", "sqlite"],
  ["gorm.io/driver/sqlite", "sqlite"],
  ["github.com/redis/go-redis", "redis"],
  ["github.com/go-redis/redis", "redis"],
  ["github.com/gomodule/redigo", "redis"],
  ["go.mongodb.org/mongo-driver", "mongodb"],
  ["github.com/rabbitmq/amqp091-go", "rabbitmq"],
  ["github.com/nats-io/nats.go", "nats"],
];

/** Databases and brokers of a Go module, by the drivers that it requires itself. */
export default defineDetector({
  looksAt: ["go.mod"],
  detect: (dir) => databasesByText(dir, "go.mod", { clients: CLIENTS, dev: /\/\/ indirect/ }),
  examples: [
    {
      name: "pgx with its URL",
      files: {
        "go.mod": "module x\nrequire github.com/jackc/pgx/v5 v5.6.0\n",
        "main.go": 'os.Getenv("DATABASE_URL")\n',
      },
      finds: [{ is: "database", engine: "postgres", env: "DATABASE_URL", because: ["go.mod:2", "main.go:1"] }],
    },
    {
      name: "brought along by something else",
      files: { "go.mod": "module x\nrequire github.com/lib/pq v1.10.0 // indirect\n" },
      finds: [{ is: "database", engine: "postgres", confidence: 0.4 }],
    },
    { name: "no database", files: { "go.mod": "module x\n" }, finds: [] },
  ],
});
