import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { pick, record, sure } from "./_shared-manifests.ts";

type Check = readonly [
  name: string,
  kind: "test" | "lint" | "types" | "format",
  pkg: string,
  command: string,
  config: readonly string[],
];
const CHECKS: readonly Check[] = [
  ["pest", "test", "pestphp/pest", "vendor/bin/pest", ["tests/Pest.php"]],
  ["phpunit", "test", "phpunit/phpunit", "vendor/bin/phpunit", ["phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"]],
  ["phpstan", "types", "phpstan/phpstan", "vendor/bin/phpstan analyse", ["phpstan.neon", "phpstan.neon.dist"]],
  ["psalm", "types", "vimeo/psalm", "vendor/bin/psalm", ["psalm.xml", "psalm.xml.dist"]],
  ["phpcs", "lint", "squizlabs/php_codesniffer", "vendor/bin/phpcs", ["phpcs.xml", "phpcs.xml.dist"]],
  ["pint", "format", "laravel/pint", "vendor/bin/pint --test", ["pint.json"]],
];

/** PHPUnit or Pest, PHPStan or Psalm, and the style tools that the project configures. */
export default defineDetector({
  looksAt: ["composer.json", "phpunit.xml", "phpunit.xml.dist"],
  async detect(dir) {
    const manifest = dir.has("composer.json") ? await dir.json("composer.json") : undefined;
    const declared = { ...record(pick(manifest, "require")), ...record(pick(manifest, "require-dev")) };
    const found: DetectionDraft[] = [];
    for (const [name, kind, pkg, command, configs] of CHECKS) {
      // Pest runs the tests of PHPUnit too.
      if (name === "phpunit" && found.length > 0) continue;
      const config = configs.find((file) => dir.has(file));
      // Without settings, phpunit and phpstan do not know what to look at.
      if (!config && (kind !== "test" || !dir.below().some((path) => /(^|\/)tests\/.*Test\.php$/.test(path)))) continue;
      if (!config && !(pkg in declared)) continue;
      const because = [
        ...(pkg in declared ? [await dir.at("composer.json", `"${pkg}"`)] : []),
        ...(config ? [await dir.at(config)] : []),
      ];
      const confidence = sure(dir, pkg in declared ? 0.93 : 0.6);
      found.push({
        is: "check",
        dir: dir.dir,
        because,
        confidence,
        kind,
        name,
        command: config || name === "pest" ? command : `${command} tests`,
      });
    }
    return found;
  },
  examples: [
    {
      name: "PHPUnit",
      files: { "composer.json": '{"require-dev":{"phpunit/phpunit":"^11"}}', "phpunit.xml": "<phpunit/>" },
      finds: [
        { is: "check", kind: "test", command: "vendor/bin/phpunit", because: ["composer.json:1", "phpunit.xml"] },
      ],
    },
    {
      name: "declared, but nothing to run",
      files: { "composer.json": '{"require-dev":{"phpunit/phpunit":"^11"}}' },
      finds: [],
    },
  ],
});
