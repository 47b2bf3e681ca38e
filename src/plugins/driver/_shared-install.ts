import type { InstallRequest } from "../../sdk/index.ts";

/** Tools that a root `prepare` calls to write git hooks, told not to: `.git` is not theirs to change. */
export const NODE_ENV: Readonly<Record<string, string>> = {
  // A company's own certificate authority is trusted where the system trusts it (Node 22.19, 24.6 and later; Bun).
  NODE_USE_SYSTEM_CA: "1",
  HUSKY: "0",
  LEFTHOOK: "0",
  SKIP_INSTALL_SIMPLE_GIT_HOOKS: "1",
  COREPACK_ENABLE_STRICT: "0",
  npm_config_update_notifier: "false",
};

/** The scripts of the root package that an install runs once the packages are there. */
export const ROOT_SCRIPTS = "npm run --if-present postinstall && npm run --if-present prepare";

/** Each command with the flags a fixer asked for. */
export function withFlags({ flags }: InstallRequest, commands: readonly string[]): string[] {
  return commands.map((command) => [command, ...flags].join(" "));
}

/** Those of `candidates` that are there, and the lockfile. */
export function keyOf({ names, lockfile }: InstallRequest, candidates: readonly string[]): string[] {
  const there = candidates.filter((name) => names.includes(name));
  return lockfile === undefined || there.includes(lockfile) ? there : [lockfile, ...there];
}

/** `10.4.1+sha512.…` -> `10.4.1`; undefined for a range. */
export function exactVersion(version: string | undefined): string | undefined {
  return /^v?(\d+\.\d+\.\d+(?:-[\w.]+)?)(?:\+.*)?$/.exec(version?.trim() ?? "")?.[1];
}

/** First number of a version or range. */
export function majorOf(version: string | undefined): number | undefined {
  const major = /\d+/.exec(version ?? "")?.[0];
  return major === undefined ? undefined : Number(major);
}
