import { planRepo } from "../kernel/config.ts";
import type { Plan, PlannedCheck, Viewed } from "../sdk/index.ts";
import type { Answer, McpContext, Meant } from "./mcp-context.ts";

/** Entries of each list that are shown; what is more is counted in `left`. */
const MOST = 60;

/**
 * What `prove` would run on the tree as it is: the checks of HEAD with the commands they have there, since the author of a
 * change does not choose them, and those that the working tree adds. Services and installs are those of the working tree.
 */
export async function planFor({ machine }: McpContext, { repo }: Meant): Promise<Answer> {
  const { hands } = machine;
  const { commit, dirty } = await repo.git.head();
  const read = async (view: Viewed) =>
    planRepo(view, hands.plugins.detectors, { isSecret: (text) => hands.secrets.redact(text) !== text });
  const own = await read(await hands.view(repo));
  const base = dirty ? await read(await hands.viewAt(repo, commit)) : own;
  const added = own.plan.checks.filter((one) => !base.plan.checks.some((other) => isSame(one, other)));
  const checks = [...base.plan.checks, ...added];
  const notes = notesOf({ base: base.plan, own: own.plan, commands: own.commands });
  const { installs, services, databases, problems } = own.plan;
  const shownChecks = checks.slice(0, MOST).map(({ name, dir, kind, command, because, confidence }) => {
    return { name, dir, kind, command, because: because.slice(0, 3), confidence };
  });
  const data = {
    repo: repo.root,
    commit,
    dirty,
    checks: shownChecks,
    installs: installs
      .slice(0, MOST)
      .map(({ dir, manager, lockfile }) => ({ dir, manager, lockfile: lockfile ?? null })),
    services: services.slice(0, MOST).map(({ name, dir, kind, commands, port, needs }) => {
      return { name, dir, kind, start: commands.start ?? commands.dev ?? null, port: port ?? null, needs };
    }),
    databases: databases.slice(0, MOST).map(({ name, engine, env }) => ({ name, engine, env })),
    problems: problems.slice(0, MOST),
    notes,
    left: [checks, installs, services, databases].reduce((sum, all) => sum + Math.max(0, all.length - MOST), 0),
  };
  return { text: textOf(repo.name, data), data };
}

function notesOf({ base, own, commands }: { base: Plan; own: Plan; commands: readonly string[] }): string[] {
  const changed = own.checks.filter((one) =>
    base.checks.some((other) => isSame(one, other) && other.command !== one.command),
  );
  return [
    ...changed.map((one) => `The working tree changes the command of ${one.name}; prove runs the one above.`),
    ...(commands.length === 0
      ? []
      : [`${commands.length} commands come from .lodestar/config.json; a person approves them once before they run.`]),
    ...(base.checks.length + own.checks.length === 0
      ? ["No check was found: a proof would be unprovable. Checks can be named in .lodestar/config.json."]
      : []),
  ];
}

function isSame(one: PlannedCheck, other: PlannedCheck): boolean {
  return one.name === other.name && one.dir === other.dir;
}

interface Shown {
  readonly checks: readonly { name: string; dir: string; command: string }[];
  readonly installs: readonly { dir: string; manager: string }[];
  readonly services: readonly { name: string; start: string | null }[];
  readonly databases: readonly { engine: string }[];
  readonly notes: readonly string[];
}

function textOf(name: string, { checks, installs, services, databases, notes }: Shown): string {
  const at = (dir: string) => (dir === "." ? "" : ` (in ${dir})`);
  return [
    `prove would run ${checks.length === 1 ? "1 check" : `${checks.length} checks`} of ${name}:`,
    ...checks.map((one) => `- ${one.name}: ${one.command}${at(one.dir)}`),
    ...installs.map((one) => `install: ${one.manager}${at(one.dir)}`),
    ...services.map((one) => `service ${one.name}: ${one.start ?? "no start command was found"}`),
    ...(databases.length === 0 ? [] : [`databases: ${databases.map((one) => one.engine).join(", ")}`]),
    ...notes,
  ].join("\n");
}
