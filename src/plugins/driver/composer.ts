import { defineDriver } from "../../sdk/index.ts";
import { keyOf, withFlags } from "./_shared-install.ts";

const QUIET = "--no-interaction --no-progress";

/** Composer: packages without scripts and plugins, which `scripts` runs afterwards from what is already there. */
export default defineDriver({
  role: "package-manager",
  manager: "composer",
  runtime: "php",
  install: (request) => ({
    fetch: withFlags(request, [`composer install --no-scripts --no-plugins ${QUIET}`]),
    scripts: `composer install ${QUIET}`,
    outputs: ["vendor"],
    key: keyOf(request, ["composer.lock", "composer.json"]),
    env: { COMPOSER_CACHE_DIR: request.cache, COMPOSER_ALLOW_SUPERUSER: "1" },
    relocatable: true,
    needs: [{ program: "composer", next: "sudo apt-get install composer" }],
    path: ["vendor/bin"],
  }),
  examples: [
    {
      name: "a lockfile",
      request: { lockfile: "composer.lock", version: undefined, names: ["composer.json"], cache: "/c", flags: [] },
      fetch: `composer install --no-scripts --no-plugins ${QUIET}`,
    },
  ],
});
