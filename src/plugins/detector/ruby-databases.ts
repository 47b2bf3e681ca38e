import { defineDetector } from "../../sdk/index.ts";
import { databasesByClient, engineOf, settledOn } from "./_shared-databases.ts";
import { capture, sure } from "./_shared-manifests.ts";
import { rubyGems } from "./_shared-ruby.ts";

const CLIENTS: readonly (readonly [library: string, engine: string])[] = [
  ["pg", "postgres"],
  ["mysql2", "mysql"],
  ["trilogy", "mysql"],
  ["sqlite3", "sqlite"],
  ["redis", "redis"],
  ["sidekiq", "redis"],
  ["resque", "redis"],
  ["mongoid", "mongodb"],
  ["mongo", "mongodb"],
  ["bunny", "rabbitmq"],
];

/** Databases of a Ruby project: Rails' database.yml, and the gems it declares. */
export default defineDetector({
  looksAt: ["Gemfile"],
  async detect(dir) {
    const settings = await dir.text("config/database.yml");
    const adapter = capture(settings, /^\s*adapter:\s*(\w+)/m);
    const engine = engineOf(adapter);
    const clients = await databasesByClient(dir, await rubyGems(dir), CLIENTS);
    const found = engine ? settledOn(engine, clients) : clients;
    const seed = dir.has("db/seeds.rb") && /^\s*[^#\s]/m.test((await dir.text("db/seeds.rb")) ?? "");
    if (engine) {
      const because = [await dir.at("config/database.yml", `adapter: ${adapter}`)];
      // Rails takes DATABASE_URL for the current environment whatever the file says.
      found.push({
        is: "database",
        dir: dir.dir,
        because,
        confidence: sure(dir, 0.9),
        engine,
        via: "config",
        env: "DATABASE_URL",
      });
    }
    const migration = dir.below().find((path) => /(^|\/)db\/migrate\/\d+_\w+\.rb$/.test(path));
    const schema = ["db/schema.rb", "db/structure.sql"].find((path) => dir.has(path));
    if (dir.has("config/application.rb") && engine && (migration ?? schema))
      found.push({
        is: "migration",
        dir: dir.dir,
        because: [migration ? await dir.root.at(migration) : await dir.at(schema ?? "")],
        confidence: sure(dir, 0.92),
        tool: "rails",
        command: migration ? "bundle exec rails db:migrate" : "bundle exec rails db:schema:load",
        engine,
        ...(seed && { seed: "bundle exec rails db:seed" }),
      });
    return found;
  },
  examples: [
    {
      name: "Rails on Postgres with migrations and seeds",
      files: {
        Gemfile: 'gem "rails"\ngem "pg"\n',
        "config/application.rb": "",
        "config/database.yml": "default:\n  adapter: postgresql\n",
        "db/migrate/20240101_a.rb": "",
        "db/seeds.rb": "User.create!\n",
      },
      finds: [
        { is: "database", engine: "postgres", via: "config", env: "DATABASE_URL", because: ["config/database.yml:2"] },
        { is: "migration", tool: "rails", command: "bundle exec rails db:migrate", seed: "bundle exec rails db:seed" },
      ],
    },
    {
      name: "a second driver that the settings do not use",
      files: { Gemfile: 'gem "pg"\ngem "mysql2"\n', "config/database.yml": "default:\n  adapter: postgresql\n" },
      finds: [{ is: "database", engine: "mysql", confidence: 0.45 }],
    },
    { name: "no database", files: { Gemfile: 'gem "sinatra"\n' }, finds: [] },
  ],
});
