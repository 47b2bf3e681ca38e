import { defineDriver, type InstallRequest } from "../../sdk/index.ts";
import { keyOf, NODE_ENV, ownScripts, packageFolders, withFlags } from "./_shared-install.ts";

const QUIET = "--ignore-scripts --no-audit --no-fund";

/**
 * npm. A lockfile that is out of sync falls back to an install that leaves it as it is (`--no-save`). `scripts` runs what
 * `npm install` would: the packages' scripts, then `postinstall` and `prepare` of the repo's own, which `npm rebuild` leaves out.
 */
export default defineDriver({
  role: "package-manager",
  manager: "npm",
  runtime: "node",
  install: (request) => ({
    fetch: withFlags(request, fetches(request)),
    scripts: `npm rebuild && ${ownScripts(request)}`,
    own: ownScripts(request),
    outputs: packageFolders(request),
    key: keyOf(request, ["package-lock.json", "npm-shrinkwrap.json", "package.json", ".npmrc"]),
    env: { ...NODE_ENV, npm_config_cache: request.cache },
    relocatable: true,
    needs: [{ program: "npm", next: "install npm (it comes with Node), then run lodestar up again" }],
    path: ["node_modules/.bin"],
  }),
  examples: [
    {
      name: "a lockfile is installed exactly",
      request: {
        lockfile: "package-lock.json",
        version: undefined,
        names: ["package.json", "package-lock.json"],
        cache: "/c",
        flags: [],
      },
      fetch: `npm ci ${QUIET}`,
    },
    {
      name: "none is written where none is",
      request: {
        lockfile: undefined,
        version: undefined,
        names: ["package.json"],
        cache: "/c",
        flags: ["--legacy-peer-deps"],
      },
      fetch: `npm install --no-save ${QUIET} --legacy-peer-deps`,
    },
  ],
});

function fetches({ lockfile }: InstallRequest): string[] {
  const unlocked = `npm install --no-save ${QUIET}`;
  return lockfile === undefined ? [unlocked] : [`npm ci ${QUIET}`, unlocked];
}
