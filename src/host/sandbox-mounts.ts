import { type Dirent, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Top folders of a system that hold programs and libraries; nothing of the user lives there. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix", "/gnu", "/snap"];

/**
 * What programs read from /etc to resolve names, find libraries, check certificates and run a language. An allow-list,
 * because in the sandbox the host's root is the owner: permission bits hide nothing from it.
 */
const ETC =
  /^(hosts|host\.conf|resolv\.conf|nsswitch\.conf|gai\.conf|networks|protocols|services|rpc|ethertypes|localtime|timezone|os-release|lsb-release|debian_version|alpine-release|fedora-release|redhat-release|arch-release|ld\.so\..*|alternatives|ca-certificates|ca-certificates\.conf|fonts|mime\.types|magic|magic\.mime|terminfo|locale\.conf|locale\.alias|inputrc|shells|bash\.bashrc|profile|java.*|jvm.*|python[\d.]*|perl|php.*|lighttpd-mime\.types|xml|sgml|glvnd|chromium.*|OpenCL|ImageMagick-\d+)$/;
/** Parts of folders in /etc whose siblings are private (keys, credentials). */
const ETC_PARTS = [
  "ssl/certs",
  "ssl/cert.pem",
  "ssl/openssl.cnf",
  "pki/tls/certs",
  "pki/tls/cert.pem",
  "pki/tls/openssl.cnf",
  "pki/ca-trust",
  "pki/java",
  "crypto-policies",
  "maven/m2.conf",
  "maven/logging",
  "maven/toolchains.xml",
];
/** Machine facts that runtimes read to size themselves. */
const SYS = ["/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/fs/cgroup"];

/** Below a home folder: what no repository's command may see, even where the repository is that home folder. */
const PRIVATE = [
  ".ssh",
  ".aws",
  ".azure",
  ".gnupg",
  ".config",
  ".docker",
  ".kube",
  ".oci",
  ".netrc",
  ".npmrc",
  ".pypirc",
  ".pgpass",
  ".my.cnf",
  ".yarnrc.yml",
  ".git-credentials",
  ".gitconfig",
  ".password-store",
  ".vault-token",
  ".terraform.d",
  ".mozilla",
  ".thunderbird",
  ".pki",
  ".claude",
  ".claude.json",
  ".codex",
  ".gemini",
  ".lodestar",
  ".bash_history",
  ".zsh_history",
  ".node_repl_history",
  ".psql_history",
  ".local/share/keyrings",
  ".gem/credentials",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".m2/settings.xml",
  ".m2/settings-security.xml",
  ".gradle/gradle.properties",
  ".composer/auth.json",
];

/** Version managers: their programs need the manager's whole folder, and are told where it is because HOME is another one. */
const MANAGERS: readonly { at: string; needs: string; variable: string }[] = [
  { at: ".pyenv", needs: ".pyenv", variable: "PYENV_ROOT" },
  { at: ".rbenv", needs: ".rbenv", variable: "RBENV_ROOT" },
  { at: ".nodenv", needs: ".nodenv", variable: "NODENV_ROOT" },
  { at: ".volta", needs: ".volta", variable: "VOLTA_HOME" },
  { at: ".asdf", needs: ".asdf", variable: "ASDF_DATA_DIR" },
  { at: ".local/share/mise", needs: ".local/share/mise", variable: "MISE_DATA_DIR" },
  { at: ".dotnet", needs: ".dotnet", variable: "DOTNET_ROOT" },
  { at: ".cargo/bin", needs: ".rustup", variable: "RUSTUP_HOME" },
];

export interface Mount {
  readonly kind: "read" | "write" | "link" | "mask";
  /** Host path; the target for a link; unused for a mask. */
  readonly from: string;
  readonly at: string;
}

/** The system as every sandbox sees it: programs and libraries read-only, an allow-list of /etc, no /var, no /run, no HOME. */
export function systemMounts(): Mount[] {
  const mounts: Mount[] = [];
  for (const path of SYSTEM) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) mounts.push({ kind: "link", from: readlinkSync(path), at: path });
    else if (stat?.isDirectory()) mounts.push(read(path));
  }
  const etc = listing("/etc").flatMap(({ name }) => (ETC.test(name) ? [name] : []));
  for (const name of [...etc, ...ETC_PARTS]) if (exists(join("/etc", name))) mounts.push(read(join("/etc", name)));
  for (const path of SYS) if (exists(path)) mounts.push(read(path));
  mounts.push({ kind: "link", from: "../run", at: "/var/run" }, { kind: "link", from: "../tmp", at: "/var/tmp" });
  return mounts;
}

/**
 * What makes the programs of `entries` (directories of PATH that the user chose, never the repository) work: the
 * directory, the installation around it where nothing private is in it, the folders that its links lead to, and the
 * folder of a version manager. `within` are paths the sandbox can write: they are visible already, and a link planted
 * there must not open another folder.
 */
export function pathMounts(
  entries: readonly string[],
  options: { within: readonly string[]; home?: string },
): { mounts: Mount[]; env: Record<string, string> } {
  const home = options.home ?? homedir();
  const seen = new Set<string>();
  const env: Record<string, string> = {};

  function add(dir: string, depth: number): void {
    if (!mayShow(dir, home) || options.within.some((root) => isWithin(dir, root))) return;
    for (const manager of MANAGERS) {
      if (!isWithin(dir, join(home, manager.at)) || !exists(join(home, manager.needs))) continue;
      env[manager.variable] = join(home, manager.needs);
      seen.add(join(home, manager.needs));
    }
    const isSystem = SYSTEM.some((root) => isWithin(dir, root));
    if (!isSystem) for (const path of installationOf(dir, home)) seen.add(path);
    if (depth === 0 || isDistribution(dir)) return;
    for (const target of linkTargets(dir)) {
      if (![...SYSTEM, ...seen].some((root) => isWithin(target, root))) add(dirname(target), depth - 1);
    }
  }

  for (const entry of entries) if (entry.startsWith("/")) add(entry.replace(/(?<=.)\/+$/, ""), 2);
  const kept = [...seen].filter((path) => ![...seen].some((other) => other !== path && isWithin(path, other)));
  return { mounts: kept.map(read), env };
}

/** Hides private folders that lie in what `mounts` show: a repository may be a home folder, or hold the data dir. */
export function masks(mounts: readonly Mount[], options: { hidden: readonly string[]; home?: string }): Mount[] {
  const shown = mounts.filter((mount) => mount.kind === "read" || mount.kind === "write");
  const found: Mount[] = [];
  for (const path of [...privatePaths(options.home ?? homedir()), ...options.hidden]) {
    const real = realOf(path);
    if (real === undefined) continue;
    for (const mount of shown) {
      if (!isWithin(real, mount.from) || real === mount.from) continue;
      found.push({ kind: "mask", from: real, at: join(mount.at, real.slice(mount.from.length)) });
    }
  }
  return found;
}

/** Whether `path` is `root` or below it; both absolute and without `..`. */
export function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`);
}

export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** A Windows drive, a top folder, a home folder and what is private are never shown because PATH names them. */
function mayShow(dir: string, home: string): boolean {
  if (/^\/mnt\/[a-z](\/|$)/.test(dir) || dir.split("/").length < 3 || !exists(dir)) return false;
  if (isWithin(home, dir) || /^\/(root|home\/[^/]+)$/.test(dir)) return false;
  const real = realOf(dir);
  return real !== undefined && !privatePaths(home).some((path) => real === path || isWithin(path, real));
}

/** `<prefix>/bin` brings its prefix (`lib`, `share`), unless the prefix holds something private or is a shared one. */
function installationOf(dir: string, home: string): string[] {
  const prefix = dirname(dir);
  if (basename(dir) !== "bin") return [dir];
  if (mayShow(prefix, home) && prefix !== join(home, "go")) return [prefix];
  const parts = ["lib", "lib64", "libexec", "include"].map((name) => join(prefix, name));
  return [dir, ...parts.filter((path) => isWithin(prefix, join(home, ".local")) && exists(path))];
}

/** The distribution's own folders link to nothing outside of the system. */
function isDistribution(dir: string): boolean {
  return /^(\/usr)?\/s?bin$/.test(dir);
}

/** Where the links directly in `dir` lead, as real paths. */
function linkTargets(dir: string): string[] {
  const targets = new Set<string>();
  for (const entry of listing(dir)) {
    if (!entry.isSymbolicLink()) continue;
    const real = realOf(join(dir, entry.name));
    if (real !== undefined) targets.add(real);
  }
  return [...targets];
}

function privatePaths(home: string): string[] {
  return PRIVATE.map((path) => join(home, path));
}

function read(path: string): Mount {
  return { kind: "read", from: path, at: path };
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function listing(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}
