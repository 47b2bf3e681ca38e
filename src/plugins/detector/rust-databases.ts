import { defineDetector } from "../../sdk/index.ts";
import { databasesByClient, type Declared } from "./_shared-databases.ts";
import { pick, record, words } from "./_shared-manifests.ts";

const CLIENTS: readonly (readonly [library: string, engine: string])[] = [
  ["tokio-postgres", "postgres"],
  ["deadpool-postgres", "postgres"],
  ["postgres", "postgres"],
  ["mysql_async", "mysql"],
  ["mysql", "mysql"],
  ["rusqlite", "sqlite"],
  ["redis", "redis"],
  ["fred", "redis"],
  ["mongodb", "mongodb"],
  ["lapin", "rabbitmq"],
];
/** Libraries that speak to several engines, chosen by a feature. */
const BY_FEATURE = ["sqlx", "diesel", "diesel-async", "sea-orm"];

/** Databases and brokers of a cargo package, by its dependencies and their features. */
export default defineDetector({
  looksAt: ["Cargo.toml"],
  async detect(dir) {
    const dependencies = record(pick(await dir.toml("Cargo.toml"), "dependencies"));
    const declared = new Map<string, Declared>();
    const clients = [...CLIENTS];
    for (const name of Object.keys(dependencies)) {
      const place = { because: await dir.at("Cargo.toml", `${name} `), dev: false };
      declared.set(name, place);
      if (!BY_FEATURE.includes(name)) continue;
      for (const feature of words(pick(dependencies, name, "features"))) {
        const engine = feature.match(/(?:^|-)(postgres|mysql|sqlite)\b/)?.[1];
        if (!engine) continue;
        declared.set(`${name}/${engine}`, place);
        clients.push([`${name}/${engine}`, engine]);
      }
    }
    return databasesByClient(dir, declared, clients);
  },
  examples: [
    {
      name: "sqlx for Postgres",
      files: {
        "Cargo.toml": '[dependencies]\nsqlx = { version = "0.8", features = ["runtime-tokio", "postgres"] }\n',
        "src/main.rs": 'env::var("DATABASE_URL")\n',
      },
      finds: [{ is: "database", engine: "postgres", env: "DATABASE_URL", because: ["Cargo.toml:2", "src/main.rs:1"] }],
    },
    { name: "no database", files: { "Cargo.toml": '[dependencies]\nserde = "1"\n' }, finds: [] },
  ],
});
