import { defineDetector } from "../../sdk/index.ts";
import { databasesByText } from "./_shared-clients.ts";

const CLIENTS: readonly (readonly [text: string, engine: string])[] = [
  ["{:postgrex,", "postgres"],
  ["{:myxql,", "mysql"],
  ["{:ecto_sqlite3,", "sqlite"],
  ["{:redix,", "redis"],
  ["{:mongodb_driver,", "mongodb"],
  ["{:amqp,", "rabbitmq"],
];

/** Databases and brokers of a Mix project, by its adapters. */
export default defineDetector({
  looksAt: ["mix.exs"],
  detect: (dir) => databasesByText(dir, "mix.exs", { clients: CLIENTS }),
  examples: [
    {
      name: "Postgres with its URL",
      files: {
        "mix.exs": '{:ecto_sql, "~> 3"},\n{:postgrex, ">= 0"}\n',
        "config/runtime.exs": 'System.get_env("DATABASE_URL")\n',
      },
      finds: [
        { is: "database", engine: "postgres", env: "DATABASE_URL", because: ["mix.exs:2", "config/runtime.exs:1"] },
      ],
    },
    { name: "commented out", files: { "mix.exs": '# {:postgrex, ">= 0"}\n' }, finds: [] },
  ],
});
