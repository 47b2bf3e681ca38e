import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  UserError,
  type AgentPaths,
  type AgentPlugin,
  type AgentScope,
  type InstallOptions,
  type Repo,
} from "../sdk/index.ts";
import { agentAbove, agentFacts } from "./agent-programs.ts";
import {
  makeChange,
  planInstall,
  planUninstall,
  settingsState,
  type SettingsChange,
  type SettingsState,
} from "./agent-settings.ts";
import { loadAgents } from "./plugins.ts";
import { inspectRepo } from "./repo.ts";

/** One agent as `lodestar agents list` shows it. */
export interface ListedAgent {
  readonly agent: string;
  readonly title: string;
  readonly installed: boolean;
  readonly version: string | null;
  readonly because: readonly string[];
  readonly hooks: readonly { scope: AgentScope; file: string; state: SettingsState }[];
  /** What can cover a session of it. */
  readonly covers: readonly string[];
}

/** `commit` is undefined before the first one. */
export interface ReadyAgent {
  readonly plugin: AgentPlugin;
  readonly root: string;
  readonly commit: string | undefined;
}

export interface AgentDesk {
  list(): Promise<ListedAgent[]>;
  install(agent: string, scope: AgentScope): Promise<SettingsChange>;
  uninstall(agent: string): Promise<SettingsChange[]>;
  /** Returns where the text from before is kept. */
  change(change: SettingsChange): Promise<string | undefined>;
  /** What a session in the repo of this desk is started with; rejects with UserError when the agent or the repo is not there. */
  ready(agent: string): Promise<ReadyAgent>;
  /** Rejects with UserError when a coding agent started this program: it must not change what watches it. */
  refuseAgents(): Promise<void>;
}

interface DeskOptions {
  readonly dataDir: string;
  /** Where the command was typed, or the repo that it names. */
  readonly cwd: string;
  /** The daemon's port, as it was left in the data dir. */
  readonly port: number | undefined;
  readonly keyOf: (secret: string, repo: string | undefined) => string;
}

const PROGRAM = fileURLToPath(new URL("../../bin/lodestar.mjs", import.meta.url));
/** Named in an agent's settings beside the key in the address, for sessions that Lodestar starts itself. */
const TOKEN_ENV = "LODESTAR_HOOK_TOKEN";

/** The settings of coding agents on this machine. */
export async function openAgentDesk({ dataDir, cwd, port, keyOf }: DeskOptions): Promise<AgentDesk> {
  const plugins = (await loadAgents()).map(({ plugin }) => plugin);
  const secret = await hookSecret(dataDir);
  const repo = await inspectRepo(cwd).catch(() => undefined);

  const pathsOf = ({ name, configVariable }: AgentPlugin): AgentPaths => ({
    repo: repo?.root ?? cwd,
    home: homedir(),
    plugin: join(dataDir, "agents", name),
    configHome: configVariable === undefined ? undefined : process.env[configVariable] || undefined,
  });
  const optionsOf = ({ name }: AgentPlugin, scope: AgentScope): InstallOptions => ({
    scope,
    hookCommand: hookCommand(name, dataDir),
    hookUrl: `http://127.0.0.1:${port ?? 0}/hooks/${name}/${keyOf(secret, scope === "project" ? repo?.id : undefined)}`,
    tokenEnv: TOKEN_ENV,
  });
  const named = (agent: string): AgentPlugin => {
    const plugin = plugins.find((one) => one.name === agent);
    if (plugin) return plugin;
    const names = plugins.map(({ name }) => name).join(", ");
    throw new UserError(`There is no agent ${agent}`, { tried: `agents: ${names}`, next: "lodestar agents list" });
  };

  return {
    list: () =>
      Promise.all(plugins.map((plugin) => listed(plugin, pathsOf(plugin), (scope) => optionsOf(plugin, scope)))),
    async install(agent, scope) {
      const plugin = named(agent);
      if (scope === "project" && !repo)
        throw new UserError(`${cwd} is in no git repository`, { next: `lodestar agents install ${agent} --user` });
      if (port === undefined)
        throw new UserError("No daemon has run here yet, so it has no address", { next: "lodestar up <path>" });
      return planInstall(plugin, pathsOf(plugin), optionsOf(plugin, scope));
    },
    async uninstall(agent) {
      const plugin = named(agent);
      const changes: SettingsChange[] = [];
      for (const settings of plugin.settings) {
        const change = await planUninstall(plugin, pathsOf(plugin), settings);
        if (change) changes.push(change);
      }
      return changes;
    },
    change: (change) => makeChange(change, join(dataDir, "agents", "backups")),
    ready: (agent) => ready(named(agent), repo, cwd),
    async refuseAgents() {
      const title = await agentAbove(plugins);
      if (title === undefined) return;
      throw new UserError(`${title} started this command, and an agent must not change what watches it`, {
        next: "run it yourself, in a terminal of your own",
      });
    },
  };
}

/** The secret of the hook keys, made once: `<data dir>/hook-secret`, 0600. */
export async function hookSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, "hook-secret");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (known !== undefined) return known;
  // Whoever comes second reads what the first one wrote, and reads it whole.
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, randomBytes(32).toString("hex"), { mode: 0o600 });
  await link(fresh, file).catch(() => undefined);
  await rm(fresh, { force: true });
  return readFile(file, "utf8");
}

async function ready(plugin: AgentPlugin, repo: Repo | undefined, cwd: string): Promise<ReadyAgent> {
  const { which } = await agentFacts(plugin, []);
  if (which === undefined)
    throw new UserError(`${plugin.title} is not installed`, {
      tried: `looked for ${plugin.program} on PATH`,
      next: `npm install -g ${plugin.package}`,
    });
  if (!repo) throw new UserError(`${cwd} is in no git repository`, { next: "git init && git add . && git commit" });
  const { commit } = await repo.git.head();
  return { plugin, root: repo.root, commit: /^[0-9a-f]{40,}$/.test(commit) ? commit : undefined };
}

async function listed(
  plugin: AgentPlugin,
  paths: AgentPaths,
  optionsOf: (scope: AgentScope) => InstallOptions,
): Promise<ListedAgent> {
  const found = plugin.detect(await agentFacts(plugin, [paths.home, paths.repo]));
  const hooks = [];
  for (const settings of plugin.settings) {
    const { scope } = settings;
    // A file that cannot be read is told when somebody installs into it.
    const state = await settingsState(plugin, paths, optionsOf(scope)).catch(() => "absent" as const);
    hooks.push({ scope, file: settings.file(paths), state });
  }
  const { name: agent, title, covers } = plugin;
  const { installed, version, because } = found;
  return { agent, title, installed, version: version ?? null, because, hooks, covers };
}

/** It ends in `lodestar.mjs hook <agent>`, which is its mark. */
function hookCommand(agent: string, dataDir: string): string {
  const home = dataDir === join(homedir(), ".lodestar") ? "" : `LODESTAR_HOME=${quote(dataDir)} `;
  return `${home}${quote(process.execPath)} ${quote(PROGRAM)} hook ${agent}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
