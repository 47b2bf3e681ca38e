import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Command } from "commander";
import { UserError } from "../sdk/errors.ts";
import { REFUTED, joinedHook, ownHook, readHook, removePart, writeHook, type HookFile } from "./_hook-file.ts";
import { isRefuted } from "./_pre-push.ts";
import { printJson } from "./_terminal.ts";

export const summary = "prove what is pushed: `hooks install pre-push [path]`, `uninstall`, `status`";

interface Options {
  readonly append?: boolean;
  readonly dryRun?: boolean;
  readonly dataDir?: string;
  readonly json?: boolean;
}

const PROGRAM = fileURLToPath(new URL("../../bin/lodestar.mjs", import.meta.url));

/** Works without a daemon. `run` is what the hook itself calls: `run pre-push <remote> <url>`, the refs on stdin. */
export function configure(command: Command): void {
  command
    .argument("[action]", "install, uninstall or status", "status")
    .argument("[hook]", "pre-push", "pre-push")
    .argument("[path]", "a git repository", ".")
    .argument("[url]", "of the remote; git gives it to the hook")
    .option("--append", "where somebody else's hook is, run before it; it stays as it is")
    .option("--dry-run", "show what would be written, and write nothing")
    .option("--data-dir <dir>", "where the hook's Lodestar keeps its data (default: LODESTAR_HOME, else ~/.lodestar)")
    .option("--json", "machine-readable output")
    .action(async (action: string, hook: string, path: string, _url: string | undefined, options: Options) => {
      if (hook !== "pre-push")
        throw new UserError(`There is no hook ${hook}`, { next: "lodestar hooks install pre-push" });
      if (action === "run") return run(path, options);
      if (action === "install") return install(path, options);
      if (action === "uninstall") return uninstall(path, options);
      if (action === "status") return status(path, options);
      throw new UserError(`hooks has no action ${action}`, { next: "lodestar hooks status" });
    });
}

async function install(path: string, options: Options): Promise<void> {
  const hook = await readHook(await placeOf(path, commandOf(options)));
  const text = textFor(hook, options);
  const written = options.dryRun !== true && text !== hook.text;
  if (!options.json) show(hook, text, written);
  if (written) await writeHook(hook, text);
  if (options.json) printJson({ hook: "pre-push", path: hook.path, written, text });
  else if (written) console.log("It proves every branch that you push from now on. Undo: lodestar hooks uninstall");
}

function textFor(hook: HookFile, options: Options): string {
  const command = commandOf(options);
  if (hook.state === "absent" || hook.state === "own") return ownHook(command);
  if (hook.state === "joined") return hook.text;
  if (options.append) return joinedHook(hook, command);
  throw new UserError(`${hook.path} is somebody else's hook, and stays as it is`, {
    next: `lodestar hooks install pre-push --append, or add this line where nothing has read stdin yet: ${lineFor(command)}`,
  });
}

function show({ path, state }: HookFile, text: string, written: boolean): void {
  if (!written && state !== "absent" && state !== "foreign") {
    console.log(`${path} has it already`);
    return;
  }
  console.log(`${written ? "Writing" : "Would write"} ${path}:\n`);
  for (const line of text.trimEnd().split("\n")) console.log(`  ${line}`);
  console.log("");
}

async function uninstall(path: string, options: Options): Promise<void> {
  const hook = await readHook(await placeOf(path));
  const removed = hook.state === "own" || hook.state === "joined";
  if (removed && !options.dryRun) await removePart(hook);
  if (options.json) return printJson({ hook: "pre-push", path: hook.path, removed });
  const left = hook.state === "own" ? "it is gone" : "the rest of it is as it was";
  console.log(removed ? `Removed from ${hook.path}: ${left}` : `There is nothing of Lodestar at ${hook.path}`);
}

async function status(path: string, options: Options): Promise<void> {
  const { path: file, state, executable } = await readHook(await placeOf(path));
  if (options.json) return printJson({ hook: "pre-push", path: file, state, executable });
  const sentences = {
    absent: "pre-push is not installed. Next: lodestar hooks install pre-push",
    own: `pre-push proves what is pushed (${file})`,
    joined: `pre-push proves what is pushed, then runs what else is in ${file}`,
    foreign: `${file} is somebody else's. Next: lodestar hooks install pre-push --append`,
  };
  console.log(sentences[state]);
  if (state !== "absent" && !executable) console.log(`git does not run it. Next: chmod +x '${file}'`);
}

/** What the hook calls; it knows one status of this, and lets the push go with every other. */
async function run(remote: string, { dataDir }: Options): Promise<void> {
  const root = await gitSays(".", "rev-parse", "--show-toplevel");
  if (root === undefined) return;
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  const refs = Buffer.concat(chunks).toString("utf8");
  process.exitCode = (await isRefuted({ root, remote, refs, dataDir })) ? REFUTED : 0;
}

/** The file of the hook, as git would look for it. Shared by other repositories, it is not this one's to change. */
async function placeOf(path: string, command = commandOf({})): Promise<string> {
  const asked = resolve(path);
  const root = await gitSays(asked, "rev-parse", "--show-toplevel");
  const hooks = await gitSays(root ?? asked, "rev-parse", "--git-path", "hooks");
  const common = await gitSays(root ?? asked, "rev-parse", "--git-common-dir");
  if (root === undefined || hooks === undefined || common === undefined)
    throw new UserError(`${asked} is no working tree of a git repository`, {
      next: "lodestar hooks install pre-push <path>",
    });
  const folder = resolve(root, hooks);
  const inside = [root, resolve(root, common)].some((one) => isWithin(real(folder), real(one)));
  if (inside) return join(folder, "pre-push");
  throw new UserError(`core.hooksPath is ${folder}, outside this repository: other repositories use it too`, {
    next: `git config --local core.hooksPath .git/hooks, or add this line to its pre-push: ${lineFor(command)}`,
  });
}

/** What runs this very Lodestar, or the one on PATH when this one is gone. */
function commandOf({ dataDir }: Options): string {
  const data = dataDir === undefined ? "" : ` --data-dir ${quote(resolve(dataDir))}`;
  const words = `hooks run pre-push${data} -- "$@"`;
  return [
    `if [ -f ${quote(PROGRAM)} ]; then ${quote(process.execPath)} ${quote(PROGRAM)} ${words};`,
    `elif command -v lodestar >/dev/null; then lodestar ${words};`,
    `else echo "lodestar is gone, so nothing is proved" >&2; fi`,
  ].join(" ");
}

function lineFor(command: string): string {
  return `( ${command} ) || { [ $? -ne ${REFUTED} ] || exit 1; }`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Links followed as far as the folder is there. */
function real(path: string): string {
  return existsSync(path)
    ? realpathSync(path)
    : join(real(resolve(path, "..")), path.slice(resolve(path, "..").length));
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith("..") && !isAbsolute(way);
}

/** What git prints, without its last newline; undefined when it fails. */
async function gitSays(folder: string, ...args: string[]): Promise<string | undefined> {
  return promisify(execFile)("git", ["-C", folder, ...args]).then(
    ({ stdout }) => stdout.replace(/\n$/, ""),
    () => undefined,
  );
}
