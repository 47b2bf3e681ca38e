import { defineDriver, type InstallRequest, type InstallSteps } from "../../sdk/index.ts";
import { exactVersion, keyOf, majorOf, NODE_ENV, ownScripts, packageFolders, withFlags } from "./_shared-install.ts";

const CLASSIC = "1.22.22";
/** The newest of each line, its npm package, and the first lockfile version that it writes (`__metadata`). */
const BERRY = [
  { major: 4, name: "@yarnpkg/cli-dist", version: "4.18.1", lockfile: 7 },
  { major: 3, name: "@yarnpkg/cli-dist", version: "3.8.7", lockfile: 5 },
  { major: 2, name: "yarn", version: "2.4.3", lockfile: 0 },
] as const;

const HIDE_CACHE = "{ test -e .yarn/cache || { mkdir -p .yarn/cache && echo '*' > .yarn/cache/.gitignore; }; }";

/** Yarn: 1 ("classic") and 2 and later ("berry") share a name and hardly anything else. */
export default defineDriver({
  role: "package-manager",
  manager: "yarn",
  runtime: "node",
  install: (request) => (isClassic(request) ? classic(request) : berry(request)),
  examples: [
    {
      name: "classic by its lockfile",
      request: {
        lockfile: "yarn.lock",
        lockHead: "# yarn lockfile v1\n",
        version: undefined,
        names: [],
        cache: "/c",
        flags: [],
      },
      fetch: "yarn install --frozen-lockfile --ignore-scripts --non-interactive",
    },
    {
      name: "berry by packageManager",
      request: { lockfile: "yarn.lock", version: "4.1.0", names: [".yarnrc.yml"], cache: "/c", flags: [] },
      fetch: `${HIDE_CACHE} && yarn install --immutable --mode=skip-build`,
    },
    {
      name: "berry by its lockfile",
      request: {
        lockfile: "yarn.lock",
        lockHead: "__metadata:\n  version: 8\n",
        version: undefined,
        names: [],
        cache: "/c",
        flags: [],
      },
      fetch: `${HIDE_CACHE} && yarn install --immutable --mode=skip-build`,
    },
  ],
});

function isClassic({ version, names, lockHead }: InstallRequest): boolean {
  const major = majorOf(version);
  if (major !== undefined) return major < 2;
  return !names.includes(".yarnrc.yml") && !(lockHead ?? "").includes("__metadata:");
}

/** Classic has no command that runs only the scripts; npm's works on its `node_modules`. */
function classic(request: InstallRequest): InstallSteps {
  const quiet = "--ignore-scripts --non-interactive";
  const locked = [`yarn install --frozen-lockfile ${quiet}`, `yarn install --pure-lockfile ${quiet}`];
  const version = exactVersion(request.version);
  return {
    fetch: withFlags(request, request.lockfile === undefined ? [`yarn install --no-lockfile ${quiet}`] : locked),
    scripts: `npm rebuild && ${ownScripts(request)}`,
    own: ownScripts(request),
    outputs: packageFolders(request),
    key: keyOf(request, ["yarn.lock", "package.json", ".yarnrc", ".npmrc"]),
    env: { ...NODE_ENV, YARN_CACHE_FOLDER: `${request.cache}/classic` },
    relocatable: true,
    needs: [
      {
        program: "yarn",
        version: version ?? "^1",
        npm: { name: "yarn", version: version ?? CLASSIC },
        next: "npm install -g yarn@1",
      },
    ],
    path: ["node_modules/.bin"],
  };
}

/**
 * Berry never installs against a lockfile that is out of sync without rewriting it, so there is no fallback. A release in
 * `.yarn/releases` is run by the one we bring, as the repo asks. Its cache lies in the repo, hidden from git unless the
 * repo keeps one there, so that what Plug'n'Play names can be moved.
 */
function berry(request: InstallRequest): InstallSteps {
  const frozen = request.lockfile === undefined ? "" : " --immutable";
  const line = lineOf(request);
  return {
    fetch: withFlags(request, [`yarn install${frozen}${line.major < 3 ? " --skip-builds" : " --mode=skip-build"}`]).map(
      (install) => `${HIDE_CACHE} && ${install}`,
    ),
    scripts: line.major < 3 ? "yarn rebuild" : `yarn install${frozen}`,
    own: berryOwn(request),
    outputs: [
      ...packageFolders(request),
      ".yarn/cache",
      ".yarn/unplugged",
      ".yarn/install-state.gz",
      // Yarn 2 names the map of Plug'n'Play so, later ones as below.
      ".pnp.js",
      ".pnp.cjs",
      ".pnp.loader.mjs",
    ],
    key: keyOf(request, ["yarn.lock", "package.json", ".yarnrc.yml"]),
    env: {
      ...NODE_ENV,
      YARN_GLOBAL_FOLDER: `${request.cache}/berry`,
      YARN_ENABLE_GLOBAL_CACHE: "0",
      YARN_ENABLE_TELEMETRY: "0",
    },
    relocatable: true,
    needs: [
      {
        program: "yarn",
        version: exactVersion(request.version) === line.version ? line.version : `^${line.major}`,
        npm: { name: line.name, version: line.version },
        next: "corepack enable",
      },
    ],
    path: ["node_modules/.bin"],
  };
}

/** The `postinstall` of the repo's own packages: of theirs, berry runs no `prepare`. */
function berryOwn({ members = [] }: InstallRequest): string {
  const asks = `node -p 'require("./package.json").scripts?.postinstall ? "yes" : "no"'`;
  const run = `(cd "$dir" && if test "$(${asks})" = yes; then yarn run postinstall; fi)`;
  return `for dir in ${[".", ...members].map((dir) => `'${dir}'`).join(" ")}; do ${run} || exit 1; done`;
}

/** Of 2 only its last release is in the registry. A newer line than we know is asked for by its exact version. */
function lineOf({ version, lockHead }: InstallRequest): { major: number; name: string; version: string } {
  const [newest] = BERRY;
  const major = majorOf(version);
  const exact = exactVersion(version);
  if (major !== undefined) {
    const line = BERRY.find((one) => one.major === major) ?? { ...newest, major };
    return exact === undefined || major === 2 ? line : { ...line, version: exact };
  }
  const wrote = majorOf(/__metadata:\s+version:\s*(\d+)/.exec(lockHead ?? "")?.[1]);
  return BERRY.find((line) => wrote !== undefined && wrote >= line.lockfile) ?? newest;
}
