import { defineDriver, type InstallRequest } from "../../sdk/index.ts";
import { exactVersion, keyOf, majorOf, NODE_ENV, packageFolders, withFlags } from "./_shared-install.ts";

/** The newest of each line (npm registry, November 2026). */
const LINES: Readonly<Record<number, string>> = {
  6: "6.35.1",
  7: "7.33.7",
  8: "8.15.9",
  9: "9.15.9",
  10: "10.34.9",
  11: "11.28.11",
  12: "12.18.0",
};
/** Runs on every Node that is still maintained, and reads the lockfile of 9 and later. */
const DEFAULT_LINE = 10;
/** Which pnpm wrote which lockfile (https://github.com/pnpm/spec/tree/master/lockfile). */
const BY_LOCKFILE: Readonly<Record<string, number>> = { "5.3": 6, "5.4": 7, "6.0": 8, "6.1": 8, "9.0": DEFAULT_LINE };

/**
 * pnpm, at the version that the repo names, else at the one that wrote the lockfile. Packages are copied from the store,
 * never hardlinked to it: a write in `node_modules` must not reach another repo. `scripts` runs what the install left
 * pending: the packages' allowed scripts and those of the workspace's own packages.
 */
export default defineDriver({
  role: "package-manager",
  manager: "pnpm",
  runtime: "node",
  install: (request) => ({
    fetch: withFlags(request, fetches(request)),
    scripts: scripts(request),
    own: own(request),
    outputs: packageFolders(request),
    key: keyOf(request, ["pnpm-lock.yaml", "package.json", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs"]),
    env: { ...NODE_ENV, ...settings(request.cache) },
    relocatable: true,
    needs: [
      {
        program: "pnpm",
        version: exactVersion(request.version) ?? minorOf(request) ?? `^${lineOf(request)}`,
        npm: {
          name: "pnpm",
          version: exactVersion(request.version) ?? LINES[lineOf(request)] ?? LINES[DEFAULT_LINE] ?? "",
        },
        next: "npm install -g pnpm",
      },
    ],
    path: ["node_modules/.bin"],
  }),
  examples: [
    {
      name: "a lockfile is installed exactly",
      request: { lockfile: "pnpm-lock.yaml", version: "9.1.0", names: ["package.json"], cache: "/c", flags: [] },
      fetch: "pnpm install --frozen-lockfile --ignore-scripts",
    },
    {
      name: "none is written where none is",
      request: { lockfile: undefined, version: undefined, names: ["package.json"], cache: "/c", flags: [] },
      fetch: "pnpm install --no-lockfile --ignore-scripts",
    },
  ],
});

function fetches({ lockfile }: InstallRequest): string[] {
  const unlocked = "pnpm install --no-lockfile --ignore-scripts";
  return lockfile === undefined ? [unlocked] : ["pnpm install --frozen-lockfile --ignore-scripts", unlocked];
}

/** From 12 on `rebuild` wants a lockfile; without one only the repo's own scripts run. */
function scripts(request: InstallRequest): string {
  if (request.lockfile === undefined && lineOf(request) >= 12) return own(request);
  return `pnpm${everywhere(request)} rebuild --pending`;
}

function own(request: InstallRequest): string {
  const run = `pnpm${everywhere(request)} --if-present run`;
  return `${run} postinstall && ${run} prepare`;
}

/** Outside a workspace, `--recursive` would take every package.json below, fixtures included. */
function everywhere({ members = [] }: InstallRequest): string {
  return members.length > 0 ? " --recursive --include-workspace-root" : "";
}

function lineOf({ version, lockHead }: InstallRequest): number {
  const wrote = BY_LOCKFILE[/lockfileVersion:\s*'?(\d+\.\d+)/.exec(lockHead ?? "")?.[1] ?? ""];
  const named = majorOf(version);
  if (named !== undefined && LINES[named] !== undefined)
    return Math.max(named, wrote === DEFAULT_LINE ? named : (wrote ?? named));
  return wrote ?? DEFAULT_LINE;
}

/** `11.5.x`, `~11.5.0`: a range of one minor version, which pnpm holds itself to. */
function minorOf(request: InstallRequest): string | undefined {
  const version = request.version?.trim();
  const narrow = version !== undefined && /^(~\d+\.\d+(\.\d+)?|\d+\.\d+(\.[x*])?)$/.test(version);
  return narrow && majorOf(version) === lineOf(request) ? version : undefined;
}

/** Each setting under both names: pnpm reads `npm_config_*` up to 10 and `pnpm_config_*` from 11. */
function settings(cache: string): Record<string, string> {
  const wanted = {
    store_dir: `${cache}/store`,
    cache_dir: `${cache}/cache`,
    state_dir: `${cache}/state`,
    package_import_method: "copy",
    manage_package_manager_versions: "false",
    package_manager_strict: "false",
    // From 11 an install fails when it leaves a script out; here that is what is asked for.
    strict_dep_builds: "false",
    // From 11 on `pnpm run` installs once more when node_modules is not where it was made, as a copy is not.
    verify_deps_before_run: "false",
    update_notifier: "false",
  };
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([key, value]) => [
      [`npm_config_${key}`, value],
      [`pnpm_config_${key}`, value],
    ]),
  );
}
