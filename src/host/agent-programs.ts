import { readFileSync, readlinkSync } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import type { AgentFacts, AgentPlugin } from "../sdk/index.ts";
import { ancestry, processTable, systemOutput, type ProcessEntry, type ProcessTable } from "./process-table.ts";

/** A process of a coding agent. `cwd` is empty where the system does not show it. */
export interface AgentProcess {
  readonly agent: string;
  readonly pid: number;
  readonly started: string;
  readonly cwd: string;
}

/** Programs that run a script, whose name says what it is. */
const RUNNERS = /^(node|nodejs|bun|deno|sh|bash|dash|zsh|env)$/;
/** The packages of the four, for an entry file that is called `cli.js` or `index.js`. */
const PACKAGES: readonly (readonly [string, RegExp])[] = [
  ["claude", /\/@anthropic-ai\/claude-code\/|\/claude\/versions\//],
  ["codex", /\/@openai\/codex[^/]*\//],
  ["gemini", /\/@google\/gemini-cli\//],
  ["opencode", /\/opencode-ai[^/]*\//],
];

/** Processes of these agents that run now; what an agent's program starts of itself counts as one with it. */
export async function runningAgents(plugins: readonly AgentPlugin[]): Promise<AgentProcess[]> {
  const table = await processTable();
  const found = new Map<number, string>();
  for (const entry of table.values()) {
    const agent = agentOf(entry, plugins);
    if (agent !== undefined) found.set(entry.pid, agent);
  }
  const isOwn = (pid: number, agent: string) =>
    ancestry(table, pid)
      .slice(1)
      .some((above) => found.get(above) === agent);
  return [...found].flatMap(([pid, agent]) =>
    isOwn(pid, agent) ? [] : [{ agent, pid, started: table.get(pid)?.started ?? "", cwd: cwdOf(pid) }],
  );
}

/** The agent in whose process tree this program was started, by its title; undefined when a person did it. */
export async function agentAbove(plugins: readonly AgentPlugin[]): Promise<string | undefined> {
  const table: ProcessTable = await processTable();
  for (const pid of ancestry(table, process.pid).slice(1)) {
    const entry = table.get(pid);
    const agent = entry && agentOf(entry, plugins);
    if (agent !== undefined) return plugins.find((one) => one.name === agent)?.title;
  }
  return undefined;
}

/** What `detect` of a plugin wants to know. `folders` are looked for in each of `homes`. */
export async function agentFacts(plugin: AgentPlugin, homes: readonly string[]): Promise<AgentFacts> {
  const which = await whichOf(plugin.program);
  const version = which === undefined ? undefined : await systemOutput(which, ["--version"]);
  const folder = `.${plugin.name}`;
  const there = await Promise.all(homes.map((home) => isFolder(join(home, folder))));
  return { which, version, folders: there.includes(true) ? [folder] : [] };
}

async function whichOf(program: string): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, program);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== "" && runs && !(await isFolder(path))) return path;
  }
  return undefined;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** Which agent a process is: by its program, by the script that a runner runs, or by the name that it gave itself. */
function agentOf(entry: ProcessEntry, plugins: readonly AgentPlugin[]): string | undefined {
  const [program = entry.name, ...args] = commandLine(entry.pid);
  const script = RUNNERS.test(basename(program)) ? args.find((arg) => !arg.startsWith("-")) : undefined;
  const isCode = args.some((arg) => /^-(c|e|p|-eval|-print)$/.test(arg));
  const names = [entry.name, program, ...(script === undefined || isCode ? [] : [script])];
  const exe = [linkOf(`/proc/${entry.pid}/exe`) ?? "", ...names.slice(1)];
  for (const plugin of plugins) {
    if (names.some((name) => basename(name).replace(/\.(js|mjs|cjs|exe)$/, "") === plugin.program)) return plugin.name;
    const shape = PACKAGES.find(([name]) => name === plugin.name)?.[1];
    if (shape && exe.some((path) => shape.test(path))) return plugin.name;
  }
  return undefined;
}

/** Empty where it is not ours to read, or the system has no /proc. */
function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}

function cwdOf(pid: number): string {
  return linkOf(`/proc/${pid}/cwd`) ?? "";
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
