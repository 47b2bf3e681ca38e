import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { databasesByText } from "./_shared-clients.ts";
import { settledOn, urlVariable } from "./_shared-databases.ts";
import { capture, sure } from "./_shared-manifests.ts";

const CLIENTS: readonly (readonly [text: string, engine: string])[] = [
  ['"ext-pdo_pgsql"', "postgres"],
  ['"ext-pgsql"', "postgres"],
  ['"ext-pdo_mysql"', "mysql"],
  ['"ext-mysqli"', "mysql"],
  ['"ext-pdo_sqlite"', "sqlite"],
  ['"predis/predis"', "redis"],
  ['"ext-redis"', "redis"],
  ['"ext-mongodb"', "mongodb"],
  ['"mongodb/laravel-mongodb"', "mongodb"],
  ['"php-amqplib/php-amqplib"', "rabbitmq"],
];
const LARAVEL: Readonly<Record<string, string>> = {
  pgsql: "postgres",
  mysql: "mysql",
  mariadb: "mysql",
  sqlite: "sqlite",
};

/** Databases of a PHP project: Laravel's default connection, and the extensions and clients that Composer requires. */
export default defineDetector({
  looksAt: ["composer.json"],
  async detect(dir) {
    const clients = await databasesByText(dir, "composer.json", { clients: CLIENTS });
    for (const [file, pattern] of [
      [".env.example", /^DB_CONNECTION=(\w+)/m],
      ["config/database.php", /env\('DB_CONNECTION',\s*'(\w+)'\)/],
    ] as const) {
      const connection = capture(await dir.text(file), pattern);
      const engine = LARAVEL[connection ?? ""];
      if (!connection || !engine) continue;
      const because = [await dir.at(file, "DB_CONNECTION")];
      const url = await urlVariable(dir, engine);
      const database: DetectionDraft = {
        is: "database",
        dir: dir.dir,
        because,
        confidence: sure(dir, 0.88),
        engine,
        via: "config",
        ...(url && { env: url.env }),
      };
      return [...settledOn(engine, clients), database];
    }
    return clients;
  },
  examples: [
    {
      name: "Laravel on Postgres",
      files: { "composer.json": "{}", ".env.example": "APP_NAME=x\nDB_CONNECTION=pgsql\n" },
      finds: [{ is: "database", engine: "postgres", via: "config", because: [".env.example:2"] }],
    },
    { name: "no database", files: { "composer.json": '{"require":{"php":"^8"}}' }, finds: [] },
  ],
});
