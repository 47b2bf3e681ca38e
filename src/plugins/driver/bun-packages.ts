import { defineDriver } from "../../sdk/index.ts";
import { keyOf, NODE_ENV, packageFolders, withFlags } from "./_shared-install.ts";

const QUIET = "--ignore-scripts --backend=copyfile";

/**
 * bun as package manager. Packages are copied from its cache (`copyfile`), never hardlinked to it. It runs the scripts of
 * the packages that the repo trusts only while it unpacks them, so `scripts` unpacks again from the cache.
 */
export default defineDriver({
  role: "package-manager",
  manager: "bun",
  runtime: "bun",
  install: (request) => ({
    fetch: withFlags(
      request,
      request.lockfile === undefined
        ? [`bun install --no-save ${QUIET}`]
        : [`bun install --frozen-lockfile ${QUIET}`, `bun install --no-save ${QUIET}`],
    ),
    own: "bun run --if-present postinstall && bun run --if-present prepare",
    scripts: "rm -rf node_modules && bun install --no-save --backend=copyfile",
    outputs: packageFolders(request),
    key: keyOf(request, ["bun.lock", "bun.lockb", "package.json", "bunfig.toml"]),
    env: { ...NODE_ENV, BUN_INSTALL_CACHE_DIR: request.cache },
    relocatable: true,
    needs: [],
    path: ["node_modules/.bin"],
  }),
  examples: [
    {
      name: "a lockfile is installed exactly",
      request: { lockfile: "bun.lock", version: undefined, names: [], cache: "/c", flags: [] },
      fetch: `bun install --frozen-lockfile ${QUIET}`,
    },
    {
      name: "none is written where none is",
      request: { lockfile: undefined, version: undefined, names: ["package.json"], cache: "/c", flags: [] },
      fetch: `bun install --no-save ${QUIET}`,
    },
  ],
});
