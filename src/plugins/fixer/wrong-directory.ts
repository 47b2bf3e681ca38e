import { EMPTY_PLAN, defineFixer, type Action, type Failure } from "../../sdk/index.ts";
import { inside, plain, within } from "./_shared.ts";

/** A file that its program looks for in the working directory, and the managers whose folders hold it. */
const LOOKED_FOR: readonly { says: RegExp; file: string; managers: readonly string[] }[] = [
  {
    says: /npm (?:error|ERR!) (?:enoent )?Could not read package\.json|ERR_PNPM_NO_(?:IMPORTER_MANIFEST_FOUND|PKG_MANIFEST)|Couldn't find a package\.json file/,
    file: "package.json",
    managers: ["npm", "pnpm", "yarn", "bun"],
  },
  { says: /can't open file '[^']*manage\.py'/, file: "manage.py", managers: ["pip", "uv", "poetry", "pipenv", "pdm"] },
  { says: /could not find `Cargo\.toml` in/, file: "Cargo.toml", managers: ["cargo"] },
  { says: /go: go\.mod file not found in current directory|no Go files in/, file: "go.mod", managers: ["go"] },
  { says: /Could not locate Gemfile/, file: "Gemfile", managers: ["bundler"] },
];

/** The command runs in a folder that lacks its manifest, and exactly one folder below has it. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const looked = LOOKED_FOR.find(({ says }) => says.test(output));
    if (!looked || failure.names.includes(looked.file)) return undefined;
    const dirs = foldersOf(looked, failure);
    const [dir] = dirs;
    if (dir === undefined) return undefined;
    const one = dirs.length === 1;
    return {
      title: one ? `ran it in ${dir}` : `${looked.file} is not in ${failure.dir}`,
      because: looked.says.exec(output)?.[0] ?? looked.file,
      actions: [one ? use(failure, dir) : ask(failure, looked.file, dirs)],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "package.json is one folder below",
      failure: { service: "web", plan: installedIn("npm", "web") },
      real: {
        files: { "README.md": "", "web/package.json": JSON.stringify({ scripts: { start: "node --version" } }) },
        command: "npm start",
        needs: ["npm"],
        cured: { command: "cd web && npm start" },
      },
      repairs: [{ do: "use-command", service: "web", dir: ".", role: "start", command: "cd web && npm start" }],
    },
    {
      name: "manage.py is one folder below",
      failure: { service: "site", plan: installedIn("pip", "backend") },
      real: {
        files: { "backend/manage.py": "print('ok')\n" },
        command: "python3 manage.py check",
        needs: ["python3"],
        cured: { command: "cd backend && python3 manage.py check" },
      },
      repairs: [{ do: "use-command", command: "cd backend && python3 manage.py check" }],
    },
    {
      name: "two folders have one: a question",
      failure: {
        plan: installedIn("npm", "web", "api"),
        output: "npm error code ENOENT\nnpm error enoent Could not read package.json: Error: ENOENT",
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "counter: no folder has one",
      failure: { output: "npm error enoent Could not read package.json: Error: ENOENT" },
      repairs: undefined,
    },
    {
      name: "counter: the file that is missing is data",
      failure: {
        plan: installedIn("npm", "web"),
        output: "Error: ENOENT: no such file or directory, open 'data.json'",
      },
      repairs: undefined,
    },
  ],
});

function foldersOf(looked: { file: string; managers: readonly string[] }, failure: Failure): string[] {
  const installs = failure.plan.installs
    .filter(({ manager }) => looked.managers.includes(manager))
    .map(({ dir }) => dir);
  const services = failure.plan.services
    .filter(({ commands }) => [commands.start, commands.dev].some((command) => command?.includes(looked.file)))
    .map(({ dir }) => dir);
  // A service's folder is the better witness: where there is one, folders that only install do not count.
  const found = services.length > 0 ? services : installs;
  return [...new Set(found)].filter((dir) => dir !== failure.dir && within(dir, failure.dir)).sort();
}

/** The command goes there by itself, so that it stays the command of this service and of this folder. */
function use({ phase, service, command, dir: from }: Failure, dir: string): Action {
  const role = phase === "check" ? "test" : phase === "install" || phase === "build" ? phase : "start";
  const below = from === "." ? dir : dir.slice(from.length + 1);
  const quoted = /^[\w@./-]+$/.test(below) ? below : `'${below.replaceAll("'", `'\\''`)}'`;
  const moved = { dir: from, role, command: `cd ${quoted} && ${command}` } as const;
  return { do: "use-command", ...(service === undefined ? {} : { service }), ...moved };
}

function ask(failure: Failure, file: string, dirs: readonly string[]): Action {
  return {
    do: "ask",
    question: `\`${failure.command}\` looks for ${inside(failure.dir, file)}. It is in: ${dirs.join(", ")}. Which one?`,
    next: `lodestar up ${dirs[0] ?? failure.dir}`,
  };
}

function installedIn(manager: string, ...dirs: readonly string[]): Failure["plan"] {
  const installs = dirs.map((dir) => ({ dir, manager, because: [`${dir}/package.json`], confidence: 1 }));
  return { ...EMPTY_PLAN, installs };
}
