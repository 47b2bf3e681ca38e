import type { Detection, EnvVariable, Plan } from "../sdk/index.ts";
import { classifyEnv } from "./env.ts";
import { planChecks } from "./plan-checks.ts";
import { planDatabases } from "./plan-databases.ts";
import { planInstalls, planWorkspaces } from "./plan-installs.ts";
import { planToolchains } from "./plan-runtimes.ts";
import { planServices } from "./plan-services.ts";
import { GUESS, only, places, productOnly, within } from "./plan-source.ts";

/**
 * Merges what all detectors said into one plan: pure, and the same for the same input. Where sources disagree, one is taken by the
 * documented precedence (`plan-source.ts`) and the others stay in `disagreements` with the reason. Items below confidence 0.5
 * are guesses: they are shown, and nothing should be started or installed because of them.
 */
export function makePlan(detected: {
  detections: readonly Detection[];
  problems: readonly { file: string; message: string }[];
}): Plan {
  const detections = productOnly(detected.detections);
  const workspaces = planWorkspaces(detections);
  const runtimes = planToolchains(detections);
  const installing = planInstalls(detections, workspaces);
  const checking = planChecks(detections, workspaces);
  const storing = planDatabases(detections, workspaces);
  const around = {
    detections,
    toolchains: runtimes.toolchains,
    installs: installing.installs,
    databases: storing.databases,
    checks: checking.checks,
  };
  const running = planServices(around);
  return {
    toolchains: runtimes.toolchains,
    installs: installing.installs,
    services: running.services,
    databases: storing.databases,
    env: planEnv(detections),
    checks: checking.checks,
    builds: planBuilds(detections, running.services, workspaces),
    workspaces,
    disagreements: [
      ...runtimes.disagreements,
      ...installing.disagreements,
      ...running.disagreements,
      ...checking.disagreements,
    ],
    problems: [...detected.problems, ...storing.problems],
  };
}

/** One entry per variable and directory; required when any source says so. An example value comes from the first that has one. */
function planEnv(detections: readonly Detection[]): EnvVariable[] {
  const groups = Map.groupBy(only(detections, "env"), (found) => `${found.name}\0${found.dir}`);
  const variables = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const example = group.find((found) => found.example !== undefined)?.example;
    return [
      {
        name: first.name,
        dir: first.dir,
        class: classifyEnv(first.name, example),
        ...(example === undefined ? {} : { example }),
        required: group.some((found) => found.required),
        because: places(group),
      },
    ];
  });
  return variables.toSorted((a, b) => compare(a.dir, b.dir) || compare(a.name, b.name));
}

/**
 * The builds that services need before `start`. In a workspace whose root has a build, that one builds all members in the right
 * order, so theirs are left to it.
 */
function planBuilds(
  detections: readonly Detection[],
  services: Plan["services"],
  workspaces: Plan["workspaces"],
): Plan["builds"] {
  const starting = services.filter((service) => service.commands.start !== undefined && service.confidence >= GUESS);
  const commands = only(detections, "command").filter((found) => found.role === "build" && found.confidence >= GUESS);
  const needed = new Map<string, Plan["builds"][number]>();
  for (const service of starting) {
    const roots = workspaces.filter(({ members }) => members.includes(service.dir)).map(({ dir }) => dir);
    const build =
      commands.find((found) => roots.includes(found.dir)) ??
      commands.find((found) => found.dir === service.dir && found.command === service.commands.build);
    if (build && within(service.dir, build.dir))
      needed.set(build.dir, { dir: build.dir, command: build.command, because: build.because });
  }
  return [...needed.values()].toSorted((a, b) => compare(a.dir, b.dir));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
