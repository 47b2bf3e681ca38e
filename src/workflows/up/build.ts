import type { Service } from "../../sdk/index.ts";
import { environmentOf } from "./environment.ts";
import type { Installed } from "./install.ts";
import { brief, command, inDir, say, succeeded, type Result, type Run } from "./run.ts";
import { isWithin, toolchainOf } from "./toolchain.ts";

const BUILD_TIMEOUT = 15 * 60_000;

/** Runs the builds that a service's start needs, in the working tree; what one build made is not built for the next service. */
export async function buildFor(run: Run, service: Service, installed: readonly Installed[]): Promise<Result<true>> {
  // A service that is started for development needs no build.
  if (service.commands.start === undefined && service.commands.dev !== undefined) return { ok: true, value: true };
  for (const { dir, command: line } of run.plan.builds.filter((one) => isWithin(service.dir, one.dir))) {
    const built = await build(run, dir, run.adjust.commands.get(`${dir}/build`) ?? line, installed);
    if (!built.ok) return built;
  }
  return { ok: true, value: true };
}

async function build(run: Run, dir: string, line: string, installed: readonly Installed[]): Promise<Result<true>> {
  const chain = await toolchainOf(run, dir);
  const given = await environmentOf(run, dir, [...run.runtime.databases.values()]);
  const what = {
    command: line,
    dir,
    env: { ...chain.env, ...given },
    path: [...pathsOf(run.tree.root, dir, installed), ...chain.path],
    reads: chain.reads,
    network: "host" as const,
    timeout: BUILD_TIMEOUT,
    title: `build ${dir === "." ? run.repo.name : dir}`,
  };
  const { env, fresh, touched } = run.adjust;
  const result = await run.step(`build ${dir}`, [line, run.head, [...env], [...fresh], touched], async () => {
    await say(run, "build", `Building ${dir === "." ? run.repo.name : dir}: ${line}`);
    return brief(await command(run, run.tree, "build", what));
  });
  if (succeeded(result)) return { ok: true, value: true };
  return {
    ok: false,
    question: {
      question: `Building ${dir} failed with exit ${result.exit}.`,
      next: `lodestar logs "${result.segment.segment}"`,
    },
    failure: { command: line, exit: result.exit, output: result.output, env: Object.keys(what.env) },
  };
}

/** The programs that the installs of a directory (and of the folders above it) brought. */
export function pathsOf(root: string, dir: string, installed: readonly Installed[]): string[] {
  return installed
    .filter((one) => one.dir === "." || dir === one.dir || dir.startsWith(`${one.dir}/`))
    .flatMap((one) => one.path.map((folder) => inDir(root, folder)));
}
