import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { capture, isPartOf, nameOf, pick, record, sure } from "./_shared-manifests.ts";

const ENGINES: Readonly<Record<string, string>> = {
  pgsql: "postgres",
  mysql: "mysql",
  mariadb: "mysql",
  sqlite: "sqlite",
};

/** Laravel, Symfony, and any folder with an index.php, served by PHP's own server. */
export default defineDetector({
  looksAt: ["composer.json", "index.php", "artisan"],
  async detect(dir) {
    if (!dir.has("composer.json") && isPartOf(dir, ["composer.json", "index.php"])) return [];
    const required = dir.has("composer.json") ? record(pick(await dir.json("composer.json"), "require")) : {};
    const laravel = "laravel/framework" in required && dir.has("artisan");
    const symfony = "symfony/framework-bundle" in required;
    const docroot = ["public/index.php", "web/index.php", "index.php"].find((path) => dir.has(path));
    const entry = laravel ? "artisan" : docroot;
    if (!entry) return [];
    const folder = entry.includes("/") ? ` -t ${entry.slice(0, entry.indexOf("/"))}` : "";
    const command = laravel
      ? "php artisan serve --host=127.0.0.1 --port=${PORT:-8000}"
      : `php -S 127.0.0.1:\${PORT:-8000}${folder}`;
    const because = [await dir.at(entry)];
    const at = { dir: dir.dir, because, confidence: sure(dir, laravel || symfony ? 0.95 : 0.85) };
    const found: DetectionDraft[] = [
      { is: "service", ...at, name: nameOf(dir, "web"), kind: "web", command, port: 8000, portEnv: "PORT" },
    ];
    const framework = laravel ? "laravel" : symfony ? "symfony" : undefined;
    if (framework) found.push({ is: "framework", ...at, framework, kind: "web", port: 8000 });
    if (laravel) {
      const settings = (await dir.text(".env.example")) ?? (await dir.text("config/database.php"));
      const engine = ENGINES[capture(settings, /DB_CONNECTION(?:=|',\s*')(\w+)/) ?? ""];
      const seed = dir.has("database/seeders/DatabaseSeeder.php") ? "php artisan db:seed --force" : undefined;
      found.push({
        is: "migration",
        ...at,
        tool: "laravel",
        command: "php artisan migrate --force",
        ...(seed && { seed }),
        ...(engine && { engine }),
      });
    }
    if ("doctrine/doctrine-migrations-bundle" in required)
      found.push({
        is: "migration",
        ...at,
        tool: "doctrine",
        command: "php bin/console doctrine:migrations:migrate --no-interaction",
      });
    return found;
  },
  examples: [
    {
      name: "Laravel",
      files: {
        "composer.json": '{"require":{"laravel/framework":"^11"}}',
        artisan: "#!/usr/bin/env php\n",
        ".env.example": "DB_CONNECTION=pgsql\n",
      },
      finds: [
        { is: "service", command: "php artisan serve --host=127.0.0.1 --port=${PORT:-8000}", because: ["artisan"] },
        { is: "migration", tool: "laravel", engine: "postgres" },
      ],
    },
    {
      name: "a public folder",
      files: { "composer.json": "{}", "public/index.php": "<?php\n" },
      finds: [{ is: "service", command: "php -S 127.0.0.1:${PORT:-8000} -t public" }],
    },
    { name: "a library", files: { "composer.json": '{"require":{"php":"^8"}}', "src/A.php": "" }, finds: [] },
  ],
});
