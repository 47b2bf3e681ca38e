import { isOutsideError, type DriverTools, type ProgramNeed } from "../sdk/index.ts";

export interface Provided {
  /** Folders to put in front of PATH, before those of the runtime. */
  readonly path: readonly string[];
  /** Folders that a sandbox must show read-only. */
  readonly reads: readonly string[];
  /** What could not be had, each with the command that brings it. */
  readonly missing: readonly { readonly because: string; readonly next: string }[];
}

/**
 * Finds the programs that an install needs. One on PATH (or in `have`, names that the chosen runtime brings) is taken
 * when its version is surely within `need.version`, or when none is asked; else its npm package is brought by the toolbox.
 */
export async function provide(
  needs: readonly ProgramNeed[],
  { toolbox, versions }: Pick<DriverTools, "toolbox" | "versions">,
  have: readonly string[] = [],
): Promise<Provided> {
  const provided = { path: [] as string[], reads: [] as string[], missing: [] as { because: string; next: string }[] };
  for (const need of needs) {
    if (need.version === undefined && have.includes(need.program)) continue;
    const found = await toolbox.which(need.program);
    if (found !== undefined) {
      if (need.version === undefined) continue;
      const printed = await toolbox.version(found, ["--version"]);
      const version = /\d+\.\d+\.\d+\S*/.exec(printed ?? "")?.[0];
      if (version !== undefined && versions.satisfies(version, need.version) === true) continue;
    }
    if (need.npm === undefined) {
      const there = found === undefined ? "is not on PATH" : `on PATH is not ${need.version}`;
      provided.missing.push({ because: `${need.program} is needed and ${there}.`, next: need.next });
      continue;
    }
    try {
      const box = await toolbox.ensure(need.npm.name, await versionFor(need, need.npm, { toolbox, versions }));
      provided.path.push(`${box}/node_modules/.bin`);
      provided.reads.push(box);
    } catch (error) {
      if (!isOutsideError(error)) throw error;
      provided.missing.push({
        because: `${need.program} ${need.npm.version} is needed. ${error.message}`,
        next: need.next,
      });
    }
  }
  return provided;
}

/** The version that the driver knows, unless the range that is needed leaves it out: then the newest in the registry that fits. */
async function versionFor(
  need: ProgramNeed,
  npm: { readonly name: string; readonly version: string },
  { toolbox, versions }: Pick<DriverTools, "toolbox" | "versions">,
): Promise<string> {
  if (need.version === undefined || versions.satisfies(npm.version, need.version) !== false) return npm.version;
  return versions.pick(await toolbox.published(npm.name), need.version) ?? npm.version;
}
