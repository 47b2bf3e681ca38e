import { defineDriver } from "../../sdk/index.ts";
import { keyOf, withFlags } from "./_shared-install.ts";

/** Deno: what deno.json and package.json import, into its cache. npm scripts run only where the repo allows them by flag. */
export default defineDriver({
  role: "package-manager",
  manager: "deno",
  runtime: "deno",
  install: (request) => ({
    fetch: withFlags(
      request,
      request.lockfile === undefined ? ["deno install --no-lock"] : ["deno install --frozen", "deno install --no-lock"],
    ),
    outputs: ["node_modules"],
    key: keyOf(request, ["deno.lock", "deno.json", "deno.jsonc", "package.json"]),
    env: { DENO_DIR: request.cache, DENO_NO_UPDATE_CHECK: "1" },
    relocatable: true,
    needs: [],
    path: ["node_modules/.bin"],
  }),
  examples: [
    {
      name: "the lockfile as it is",
      request: { lockfile: "deno.lock", version: undefined, names: ["deno.json"], cache: "/c", flags: [] },
      fetch: "deno install --frozen",
    },
  ],
});
