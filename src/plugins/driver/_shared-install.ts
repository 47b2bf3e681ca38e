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
  // Scripts run without a network: what would only load a browser or a desktop shell must not fail the install.
  PUPPETEER_SKIP_DOWNLOAD: "1",
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1",
  CYPRESS_INSTALL_BINARY: "0",
  ELECTRON_SKIP_BINARY_DOWNLOAD: "1",
};

/** What an install runs of the repo's own packages once the others are there; a workspace's members come first. */
export function ownScripts({ members = [] }: InstallRequest): string {
  const run = `npm run --if-present${members.length > 0 ? " --workspaces --include-workspace-root" : ""}`;
  return `${run} postinstall && ${run} prepare`;
}

/** `node_modules` of the directory and of every member: a member has its own where versions differ (npm) or always (pnpm). */
export function packageFolders({ members = [] }: InstallRequest): string[] {
  return ["node_modules", ...members.map((member) => `${member}/node_modules`)];
}

/** Each command with the flags a fixer asked for. */
export function withFlags({ flags }: InstallRequest, commands: readonly string[]): string[] {
  return commands.map((command) => [command, ...flags].join(" "));
}

/** Those of `candidates` that are there, the lockfile, and the manifests of the members. */
export function keyOf({ names, lockfile, members = [] }: InstallRequest, candidates: readonly string[]): string[] {
  const there = candidates.filter((name) => names.includes(name));
  const manifests = there.includes("package.json") ? members.map((member) => `${member}/package.json`) : [];
  return [...new Set([...(lockfile === undefined ? [] : [lockfile]), ...there, ...manifests])];
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
