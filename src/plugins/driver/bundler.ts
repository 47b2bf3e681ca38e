import { defineDriver } from "../../sdk/index.ts";
import { exactVersion, keyOf, withFlags } from "./_shared-install.ts";

/**
 * Bundler: gems go into `vendor/bundle`, and later commands need the environment too. Bundler cannot unpack gems without
 * building their native extensions, so those build while the gems are fetched.
 */
export default defineDriver({
  role: "package-manager",
  manager: "bundler",
  runtime: "ruby",
  install: (request) => ({
    fetch: withFlags(request, ["bundle install"]),
    outputs: ["vendor/bundle", ".bundle"],
    key: keyOf(request, ["Gemfile.lock", "Gemfile", "gems.locked", "gems.rb", ".ruby-version"]),
    env: {
      BUNDLE_PATH: "vendor/bundle",
      BUNDLE_APP_CONFIG: ".bundle",
      BUNDLE_USER_CACHE: request.cache,
      BUNDLE_SILENCE_ROOT_WARNING: "1",
      BUNDLE_FROZEN: request.lockfile === undefined ? "false" : "true",
      ...(exactVersion(request.version) !== undefined && { BUNDLER_VERSION: exactVersion(request.version) ?? "" }),
    },
    relocatable: true,
    needs: [{ program: "bundle", next: "gem install bundler" }],
    path: [],
  }),
  examples: [
    {
      name: "a lockfile",
      request: { lockfile: "Gemfile.lock", version: "2.5.6", names: ["Gemfile"], cache: "/c", flags: [] },
      fetch: "bundle install",
    },
  ],
});
