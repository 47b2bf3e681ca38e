import { defineDriver } from "../../sdk/index.ts";
import { findRuntime, versionOf, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: "PHP",
  program: "php",
  mise: "php",
  installs: [".phpenv/versions/*/bin", ".local/share/mise/installs/php/*/bin", ".asdf/installs/php/*/bin"],
  // Composer's `~8.1` goes up to 9 (https://getcomposer.org/doc/articles/versions.md), npm's only to 8.2.
  range: (asked) => asked.replace(/~(?=\s*\d)/g, "~> "),
  next: (asked) => `sudo apt-get install php${versionOf(asked)?.split(".").slice(0, 2).join(".") ?? ""}-cli`,
};

/** PHP on PATH, of phpenv, mise or asdf. */
export default defineDriver({
  role: "runtime",
  runtime: "php",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "on PATH",
      asked: "~8.1 || ^9",
      have: { "/usr/bin/php": "PHP 8.2.28 (cli) (built: Mar 13 2025 18:21:38) (NTS)" },
      answer: { ok: true, version: "8.2.28" },
    },
    {
      name: "too old",
      asked: "^8.3",
      have: { "/usr/bin/php": "PHP 8.2.28" },
      answer: { ok: false, next: "sudo apt-get install php8.3-cli" },
    },
  ],
});
