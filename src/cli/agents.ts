import { createInterface } from "node:readline/promises";
import { userInfo } from "node:os";
import type { Command } from "commander";
import { UserError } from "../sdk/errors.ts";
import type { AgentScope } from "../sdk/agent.ts";
import { listAgents } from "./_agents-view.ts";
import { dataDirOf, findDaemon, needDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson } from "./_terminal.ts";

export const summary =
  "coding agents: `agents list`, `agents install AGENT`, `agents uninstall AGENT`, `agents run AGENT PROMPT`, `agents resume|allow SESSION`";

interface Options {
  readonly repo?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly project?: boolean;
  readonly user?: boolean;
  readonly plugin?: boolean;
  readonly tries: string;
  readonly permission: string;
  readonly trust?: boolean;
}

export function configure(command: Command): void {
  withDaemonOptions(command)
    .argument("[action]", "list, install, uninstall, run, resume or allow", "list")
    .argument("[name]", "the agent (claude, codex), or the session")
    .argument("[prompt]", "run: what the agent is asked to do")
    .option("--user", "install for you, in every repository (default)")
    .option("--project", "install into the settings of this repository")
    .option("--plugin", "install into a folder of Lodestar's own, for `claude --plugin-dir`")
    .option("--yes", "write it without asking")
    .option("--tries <count>", "run: how often the agent is sent back with what was refuted", "3")
    .option("--permission <what>", "run: read, edit (files of the repository) or all (without asking)", "edit")
    .option("--trust", "run: this repository is trusted: prove it also where no sandbox works; on record")
    .action(async (action: string, name: string | undefined, prompt: string | undefined, options: Options) => {
      if (action === "run") return start(name, prompt, options);
      if (action === "list") return list(options);
      if (action === "resume" || action === "allow") return letGo(action, name, options);
      if (action === "install" || action === "uninstall") return change(action, name, options);
      throw new UserError(`agents has no action ${action}`, { next: "lodestar agents list" });
    });
}

async function openDesk(options: Options) {
  const { agentDesk } = await import("../main.ts");
  return agentDesk({ dataDir: dataDirOf(options), cwd: options.repo ?? process.cwd() });
}

async function list(options: Options): Promise<void> {
  const daemon = await findDaemon(dataDirOf(options));
  const sessions = daemon ? await daemon.get("agents", { repo: options.repo }) : undefined;
  listAgents(await (await openDesk(options)).list(), sessions, options.json === true);
}

/** What an agent cannot do for itself: go on after a guardrail paused it, or pass once with a claim that was refuted. */
async function letGo(action: "resume" | "allow", session: string | undefined, options: Options): Promise<void> {
  if (session === undefined) throw new UserError("Which session?", { next: "lodestar agents list" });
  await (await openDesk(options)).refuseAgents();
  const daemon = await needDaemon(options);
  await daemon.post(`agents/${encodeURIComponent(session)}/${action}`, { by: userInfo().username });
  if (options.json) printJson(action === "resume" ? { resumed: session } : { allowed: session });
  else
    console.log(
      action === "resume" ? `${session} may go on.` : `${session} may pass once, whatever its next proof says.`,
    );
}

/** The agent's program in the foreground, sent back while what it says is refuted; the exit status is that of `prove`. */
async function start(agent: string | undefined, prompt: string | undefined, options: Options): Promise<void> {
  const next = `lodestar agents run ${agent ?? "codex"} "fix the failing tests"`;
  if (agent === undefined || prompt === undefined || prompt.trim() === "")
    throw new UserError(agent === undefined ? "Which agent?" : "What is it asked to do?", { next });
  const tries = Number(options.tries);
  if (!Number.isInteger(tries) || tries < 0)
    throw new UserError(`--tries takes a whole number, not ${options.tries}`, { next: `${next} --tries 3` });
  const { permission } = options;
  if (permission !== "read" && permission !== "edit" && permission !== "all")
    throw new UserError(`--permission takes read, edit or all, not ${permission}`, {
      next: `${next} --permission edit`,
    });
  const ready = await (await openDesk(options)).ready(agent);
  const { runAgent } = await import("./_agent-run.ts");
  process.exitCode = await runAgent(ready, { ...options, prompt, tries, permission });
}

/** Shows the whole change, asks, and writes it. */
async function change(action: "install" | "uninstall", agent: string | undefined, options: Options): Promise<void> {
  if (agent === undefined) throw new UserError("Which agent?", { next: `lodestar agents ${action} claude` });
  const desk = await openDesk(options);
  await desk.refuseAgents();
  const changes = action === "install" ? [await desk.install(agent, scopeOf(options))] : await desk.uninstall(agent);
  const open = changes.filter((one) => one.diff !== "" || one.beside.length > 0);
  if (!options.json) {
    for (const { diff, beside } of open) {
      process.stdout.write(diff);
      for (const { path } of beside) console.log(`new file ${path}`);
    }
    if (open.length === 0)
      console.log(
        action === "install" ? "It is installed already; nothing changes." : `Nothing of Lodestar's is there.`,
      );
  }
  if (open.length > 0 && !(options.yes ?? false)) await agree(`lodestar agents ${action} ${agent}`);
  const backups: (string | undefined)[] = [];
  for (const one of open) backups.push(await desk.change(one));
  const next = action === "install" ? nextOf(changes[0]) : undefined;
  if (options.json)
    printJson({ changed: open.map(({ file, scope, diff }, at) => ({ file, scope, diff, backup: backups[at] })), next });
  else for (const line of report(open, { backups, next })) console.log(line);
}

function scopeOf({ project, user, plugin }: Options): AgentScope {
  const asked = [project && "project", user && "user", plugin && "plugin"].filter((one) => typeof one === "string");
  if (asked.length > 1)
    throw new UserError(`Choose one of ${asked.map((one) => `--${one}`).join(" and ")}`, {
      next: "lodestar agents list",
    });
  if (project) return "project";
  return plugin ? "plugin" : "user";
}

async function agree(command: string): Promise<void> {
  const next = `${command} --yes`;
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new UserError("Nobody can be asked here, so nothing was written", { next });
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  const answer = (await reader.question("Type yes to write it: ")).trim().toLowerCase();
  reader.close();
  if (answer !== "yes") throw new UserError("Nothing was written", { next });
}

interface Change {
  readonly file: string;
  readonly scope: AgentScope;
  readonly after: string | undefined;
  readonly next: string | undefined;
}

function nextOf(change: Change | undefined): string | undefined {
  if (change?.scope === "plugin") return `claude --plugin-dir ${change.file.replace(/\/hooks\/hooks\.json$/, "")}`;
  if (change?.scope === "project")
    return "do not commit the file: the address in it is of this machine. Sessions begun from now on are covered";
  return change?.next;
}

function report(
  changes: readonly Change[],
  how: { backups: readonly (string | undefined)[]; next: string | undefined },
) {
  const lines = changes.map(({ file, after }, at) => {
    const backup = how.backups[at];
    return `${after === undefined ? "Removed" : "Wrote"} ${file}${backup === undefined ? "" : ` (before: ${backup})`}`;
  });
  return how.next === undefined ? lines : [...lines, `  next: ${how.next}`];
}
