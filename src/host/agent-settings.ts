import { chmod, copyFile, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError, type AgentEdit, type AgentPaths, type AgentPlugin, type AgentScope } from "../sdk/index.ts";
import type { InstallOptions } from "../sdk/index.ts";
import { disarmedGit } from "./git-run.ts";

/** One change of an agent's settings, worked out and not yet made. */
export interface SettingsChange {
  readonly scope: AgentScope;
  /** The real file, behind links. */
  readonly file: string;
  readonly before: string | undefined;
  /** undefined: the file is removed. */
  readonly after: string | undefined;
  readonly beside: readonly { readonly path: string; readonly text: string }[];
  /** Unified; empty when nothing changes. */
  readonly diff: string;
  /** What the person must still do. */
  readonly next: string | undefined;
}

/** Whether our entries stand in a settings file: as an install would write them now, or for another port or program. */
export type SettingsState = "absent" | "installed" | "outdated";

type Settings = AgentPlugin["settings"][number];

/** What an install would change. A file that is not understood is a UserError, and nothing was changed. */
export async function planInstall(
  plugin: AgentPlugin,
  paths: AgentPaths,
  options: InstallOptions,
): Promise<SettingsChange> {
  const settings = plugin.settings.find((one) => one.scope === options.scope);
  const { before, file } = await readSettings(settings, paths);
  const edit = plugin.install(before, options);
  const change = await changeOf(edit, { scope: options.scope, file, before });
  return { ...change, beside: await missing(settings?.beside?.(paths) ?? []) };
}

/** What an uninstall would change in one place; undefined where nothing of ours stands. */
export async function planUninstall(
  plugin: AgentPlugin,
  paths: AgentPaths,
  settings: Settings,
): Promise<SettingsChange | undefined> {
  const { before, file } = await readSettings(settings, paths);
  if (before === undefined) return undefined;
  const edit = plugin.uninstall(before);
  // A file that is not understood and does not name us holds nothing of ours.
  if ("refuse" in edit && !before.includes("lodestar")) return undefined;
  const change = await changeOf(edit, { scope: settings.scope, file, before });
  return change.after === before ? undefined : { ...change, beside: [] };
}

export async function settingsState(
  plugin: AgentPlugin,
  paths: AgentPaths,
  options: InstallOptions,
): Promise<SettingsState> {
  const settings = plugin.settings.find((one) => one.scope === options.scope);
  const { before } = await readSettings(settings, paths);
  if (before === undefined) return "absent";
  const clean = plugin.uninstall(before);
  if ("refuse" in clean || clean.after === before) return "absent";
  const edit = plugin.install(before, options);
  return "after" in edit && edit.after === before ? "installed" : "outdated";
}

/** Makes the change at once or not at all; the text from before is kept in `backups`. Returns where. */
export async function makeChange(change: SettingsChange, backups: string): Promise<string | undefined> {
  const { file, before, after } = change;
  if ((await textOf(file)) !== before)
    throw new UserError(`${file} was changed meanwhile; it stays as it is`, { next: "run the command again" });
  const backup = before === undefined ? undefined : await keep(file, backups);
  for (const { path, text } of change.beside) await writeWhole(path, text);
  if (after === before) return backup;
  if (after === undefined) await rm(file, { force: true });
  else await writeWhole(file, after);
  return backup;
}

async function readSettings(settings: Settings | undefined, paths: AgentPaths) {
  if (!settings) return { file: "", before: undefined };
  const named = settings.file(paths);
  // A link stays a link: what it leads to is changed.
  const file = await realpath(named).catch(() => named);
  return { file, before: await textOf(file) };
}

async function changeOf(edit: AgentEdit, place: { scope: AgentScope; file: string; before: string | undefined }) {
  if ("refuse" in edit)
    throw new UserError(edit.refuse, {
      next: edit.next,
      ...(place.file === "" ? {} : { tried: `read ${place.file}` }),
    });
  const { after, next } = edit;
  return { ...place, after, next, diff: await diffOf(place.file, place.before, after) };
}

async function missing(beside: readonly { path: string; text: string }[]) {
  const there = await Promise.all(beside.map(({ path }) => textOf(path)));
  return beside.filter(({ text }, at) => there[at] !== text);
}

/** Text of a file, undefined when it is not there. What cannot be read is a UserError: it must not be written over. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (cause) {
    if (typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new UserError(`${file} cannot be read as text; it stays as it is`, { next: `ls -l ${file}`, cause });
  }
}

async function keep(file: string, backups: string): Promise<string> {
  await mkdir(backups, { recursive: true, mode: 0o700 });
  const place = await mkdtemp(join(backups, `${new Date().toISOString().replaceAll(":", "-")}-`));
  const backup = join(place, basename(file));
  await copyFile(file, backup);
  await chmod(backup, 0o600);
  return backup;
}

/** A reader sees the old text or the new one. */
async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const mode = (await stat(file).catch(() => undefined))?.mode ?? 0o600;
  const fresh = `${file}.lodestar-${process.pid}`;
  await writeFile(fresh, text, { mode });
  await chmod(fresh, mode & 0o777);
  await rename(fresh, file);
}

/** As git shows it, with the file's own name. */
async function diffOf(file: string, before: string | undefined, after: string | undefined): Promise<string> {
  if (before === after) return "";
  const folder = await mkdtemp(join(process.env["TMPDIR"] ?? "/tmp", "lodestar-diff-"));
  try {
    const [was, is] = [join(folder, "before"), join(folder, "after")];
    await writeFile(was, before ?? "", { mode: 0o600 });
    await writeFile(is, after ?? "", { mode: 0o600 });
    const flags = ["--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--unified=3"];
    const { stdout } = await disarmedGit(undefined)(["diff", ...flags, "--", was, is]);
    const text = stdout.toString("utf8");
    const heads = [before === undefined ? "/dev/null" : file, after === undefined ? "/dev/null" : file];
    return `--- ${heads[0]}\n+++ ${heads[1]}\n${text.slice(text.indexOf("\n@@") + 1)}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
