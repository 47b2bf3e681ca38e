import { defineDetector } from "../../sdk/index.ts";
import { databasesByText } from "./_shared-clients.ts";
import { settledOn } from "./_shared-databases.ts";

const CLIENTS: readonly (readonly [text: string, engine: string])[] = [
  ["<artifactId>postgresql</", "postgres"],
  ["org.postgresql:postgresql", "postgres"],
  ["<artifactId>mysql-connector", "mysql"],
  ["mysql:mysql-connector", "mysql"],
  ["com.mysql:mysql-connector", "mysql"],
  ["mariadb-java-client", "mysql"],
  ["sqlite-jdbc", "sqlite"],
  ["starter-data-redis", "redis"],
  ["jedis", "redis"],
  ["lettuce-core", "redis"],
  ["starter-data-mongodb", "mongodb"],
  ["mongodb-driver", "mongodb"],
  ["starter-amqp", "rabbitmq"],
  ["spring-kafka", "kafka"],
];

/** Databases and brokers of a Maven or Gradle build, by the drivers it declares. */
export default defineDetector({
  looksAt: ["pom.xml", "build.gradle", "build.gradle.kts"],
  async detect(dir) {
    const file = ["pom.xml", "build.gradle", "build.gradle.kts"].find((name) => dir.has(name)) ?? "";
    const found = await databasesByText(dir, file, {
      clients: CLIENTS,
      dev: /\btest(Implementation|RuntimeOnly|Compile)\b/,
    });
    // Spring takes the embedded H2 unless a profile says otherwise.
    return (await dir.text(file))?.includes("com.h2database") ? settledOn("h2", found) : found;
  },
  examples: [
    {
      name: "Gradle with Postgres",
      files: { "build.gradle": "dependencies {\n runtimeOnly 'org.postgresql:postgresql'\n}\n" },
      finds: [{ is: "database", engine: "postgres", via: "client", because: ["build.gradle:2"] }],
    },
    { name: "no database", files: { "pom.xml": "<project/>" }, finds: [] },
  ],
});
