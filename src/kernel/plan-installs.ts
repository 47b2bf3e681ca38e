import type { Detection, Disagreement, Install, Plan } from "../sdk/index.ts";
import { depth, disagreement, nearest, only, places, uniq, within, type Found } from "./plan-source.ts";

type Manager = Found<"package-manager">;
type Workspaces = Plan["workspaces"];

/** Managers that install the same kind of manifest: only one of them is right in one directory. */
const ECOSYSTEMS: readonly (readonly string[])[] = [
  ["npm", "pnpm", "yarn", "bun"],
  ["uv", "poetry", "pdm", "pipenv", "pip"],
  ["gradle", "maven"],
];

/** The workspaces of the repo; several tools on one root (turborepo over pnpm) stay several entries. */
export function planWorkspaces(detections: readonly Detection[]): Workspaces {
  const byTool = new Map<string, Found<"workspace">[]>();
  for (const found of only(detections, "workspace")) {
    const key = `${found.dir}\0${found.tool}`;
    byTool.set(key, [...(byTool.get(key) ?? []), found]);
  }
  return [...byTool.values()].flatMap((group) => {
    const [root] = group;
    if (!root) return [];
    const members = uniq(group.flatMap((found) => found.members)).toSorted();
    return [{ dir: root.dir, tool: root.tool, members, because: places(group) }];
  });
}

/**
 * One install per lockfile: per directory and ecosystem the best proven manager (`packageManager` field, then lockfile, then
 * habit: the detectors' confidence), and none for members of a workspace, whose dependencies come with its root.
 */
export function planInstalls(
  detections: readonly Detection[],
  workspaces: Workspaces,
): { installs: Install[]; disagreements: Disagreement[] } {
  const groups = new Map<string, Manager[]>();
  for (const found of only(detections, "package-manager")) {
    const key = `${found.dir}\0${ecosystemOf(found.name)}`;
    groups.set(key, [...(groups.get(key) ?? []), found]);
  }
  const installs: Install[] = [];
  const disagreements: Disagreement[] = [];
  for (const group of [...groups.values()].toSorted((a, b) => depthOf(a) - depthOf(b))) {
    const ranked = group.toSorted((a, b) => b.confidence - a.confidence || Number(!!b.lockfile) - Number(!!a.lockfile));
    const [best] = ranked;
    if (!best) continue;
    const root = rootOf(best, workspaces, installs);
    if (root) {
      const ignored = best.lockfile ? inWorkspace(best, root) : undefined;
      if (ignored) disagreements.push(ignored);
      continue;
    }
    const conflict = disagreement(best, ranked, {
      what: "package manager",
      dir: best.dir,
      value: (found) => found.name,
      why: "the strongest evidence wins: the packageManager field, then a lockfile, then the ecosystem's habit",
    });
    if (conflict) disagreements.push(conflict);
    installs.push(toInstall(best, ranked));
  }
  return { installs, disagreements };
}

/** The install that brings the dependencies of `dir`, for a manager of the same ecosystem where one is known. */
export function installFor(installs: readonly Install[], dir: string, manager?: string): Install | undefined {
  const fitting = installs.filter(
    (install) => manager === undefined || ecosystemOf(install.manager) === ecosystemOf(manager),
  );
  return nearest(fitting, dir);
}

function toInstall(best: Manager, ranked: readonly Manager[]): Install {
  const same = ranked.filter((found) => found.name === best.name);
  const version = same.find((found) => found.version !== undefined)?.version;
  const lockfile = same.find((found) => found.lockfile !== undefined)?.lockfile;
  return {
    dir: best.dir,
    manager: best.name,
    ...(version === undefined ? {} : { version }),
    ...(lockfile === undefined ? {} : { lockfile }),
    because: places(same),
    confidence: best.confidence,
  };
}

/** The install of the workspace that `found` is a member of, if it is one. */
function rootOf(found: Manager, workspaces: Workspaces, installs: readonly Install[]): Install | undefined {
  const roots = workspaces.filter(
    ({ dir, members }) => dir !== found.dir && within(found.dir, dir) && members.includes(found.dir),
  );
  const ecosystem = ecosystemOf(found.name);
  return installs.find(
    (install) => ecosystemOf(install.manager) === ecosystem && roots.some((root) => root.dir === install.dir),
  );
}

function inWorkspace(member: Manager, root: Install): Disagreement | undefined {
  return disagreement(
    { name: `${root.manager} in ${root.dir}`, because: root.because },
    [{ name: `${member.name} in ${member.dir}`, because: member.because }],
    {
      what: "install",
      dir: member.dir,
      value: (found) => found.name,
      why: "it is a member of the workspace, whose root installs it; its own lockfile is not used",
    },
  );
}

function ecosystemOf(manager: string): string {
  return ECOSYSTEMS.find((names) => names.includes(manager))?.[0] ?? manager;
}

function depthOf(group: readonly Manager[]): number {
  return depth(group[0]?.dir ?? ".");
}
