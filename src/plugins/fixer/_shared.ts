import { z } from "zod";
import type { Action, Failure } from "../../sdk/index.ts";

const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, "g");

/** No message of a tool is longer, and patterns over endless lines (a minified file, a dump) would take minutes. */
const LINE = 1000;

/** The output without terminal colours, its lines cut to a length that patterns can bear. */
export function plain(failure: Failure): string {
  const lines = failure.output.replace(COLOURS, "").split(/\r?\n/);
  return lines.map((line) => line.slice(0, LINE)).join("\n");
}

/** `a/b` below `dir`, without `./`. */
export function inside(dir: string, name: string): string {
  return dir === "." ? name : `${dir}/${name}`;
}

/** Whether `dir` is `ancestor` or below it. */
export function within(dir: string, ancestor: string): boolean {
  return ancestor === "." || dir === ancestor || dir.startsWith(`${ancestor}/`);
}

/** The item of the nearest directory that is `dir` or above it. */
export function nearestAbove<T extends { readonly dir: string }>(items: readonly T[], dir: string): T | undefined {
  return items
    .filter((item) => within(dir, item.dir))
    .sort((a, b) => depth(b.dir) - depth(a.dir))
    .at(0);
}

/** Who installs for the failing directory, as the plan says; npm where there is only a package.json. */
export function installOf(failure: Failure): { dir: string; manager: string } | undefined {
  const planned = nearestAbove(failure.plan.installs, failure.dir);
  if (planned) return planned;
  return failure.names.includes("package.json") ? { dir: failure.dir, manager: "npm" } : undefined;
}

const PackageJson = z.object({
  scripts: z.record(z.string(), z.string()).catch({}).default({}),
  dependencies: z.record(z.string(), z.string()).catch({}).default({}),
  devDependencies: z.record(z.string(), z.string()).catch({}).default({}),
  optionalDependencies: z.record(z.string(), z.string()).catch({}).default({}),
  peerDependencies: z.record(z.string(), z.string()).catch({}).default({}),
});

/** The package.json of one directory; undefined when it is absent or invalid. */
export function packageJson(failure: Failure, dir: string): z.infer<typeof PackageJson> | undefined {
  const text = failure.manifests[inside(dir, "package.json")];
  if (text === undefined) return undefined;
  try {
    return PackageJson.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** npm packages that the failing directory or one above it declares. */
export function declaredPackages(failure: Failure): Set<string> {
  const dirs = Object.keys(failure.manifests)
    .filter((path) => path === "package.json" || path.endsWith("/package.json"))
    .map((path) => path.replace(/\/?package\.json$/, "") || ".")
    .filter((dir) => within(failure.dir, dir));
  const names = dirs.flatMap((dir) => {
    const manifest = packageJson(failure, dir);
    if (!manifest) return [];
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
    return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies });
  });
  return new Set(names);
}

/** The package of an import: `lodash/fp` -> `lodash`, `@scope/a/b` -> `@scope/a`; undefined for what is no package name. */
export function packageOf(specifier: string): string | undefined {
  return /^(@[a-z0-9][\w.-]*\/[a-z0-9][\w.-]*|[a-z0-9][\w.-]*)(?:\/|$)/.exec(specifier)?.[1];
}

/** How many single edits (insert, delete, replace, swap of neighbours) lead from one word to the other. */
export function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, row) => [row]);
  const cell = (row: number, column: number) => rows[row]?.[column] ?? Math.max(row, column);
  for (let column = 1; column <= b.length; column++) (rows[0] ?? [])[column] = column;
  for (let row = 1; row <= a.length; row++) {
    for (let column = 1; column <= b.length; column++) {
      const replaced = cell(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(cell(row - 1, column) + 1, cell(row, column - 1) + 1, replaced);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        best = Math.min(best, cell(row - 2, column - 2) + 1);
      (rows[row] ?? [])[column] = best;
    }
  }
  return cell(a.length, b.length);
}

/** The one planned database of an engine; undefined when there is none or more than one. */
export function databaseOf(failure: Failure, engine: string) {
  const found = failure.plan.databases.filter((database) => database.engine === engine);
  return found.length === 1 ? found[0] : undefined;
}

/** Starts a database of the engine, named by the plan's variable where the plan knows one. */
export function startDatabase(failure: Failure, engine: string): Action {
  const env = databaseOf(failure, engine)?.env;
  return env === undefined ? { do: "start-database", engine } : { do: "start-database", engine, env };
}

function depth(dir: string): number {
  return dir === "." ? 0 : dir.split("/").length;
}
