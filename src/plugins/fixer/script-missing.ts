import { defineFixer, type Action, type Failure } from "../../sdk/index.ts";
import { distance, installOf, packageJson, plain } from "./_shared.ts";

const SAYS = [
  /npm (?:error|ERR!) (?:Missing script: "?([\w:.-]+)"?|missing script: ([\w:.-]+))/,
  /ERR_PNPM_NO_SCRIPT[^\n]*Missing script: ([\w:.-]+)/,
  /error Command "([\w:.-]+)" not found\./,
  /Usage Error: Couldn't find a script named "([\w:.-]+)"/,
  /error: Script not found "([\w:.-]+)"/,
];
/** Scripts that people use for the same thing, the usual one first. */
const ALIKE: Readonly<Record<string, readonly string[]>> = {
  start: ["start:prod", "serve", "dev", "start:dev", "develop", "preview"],
  dev: ["develop", "start:dev", "serve", "start"],
  build: ["compile", "build:prod", "build:production", "dist"],
  test: ["test:unit", "tests", "unit", "test:ci", "test:all"],
};

/** A script is run that the manifest does not have: runs the one that stands nearest to it, else asks. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const match = SAYS.map((says) => says.exec(output)).find((found) => found !== null);
    const missing = match?.[1] ?? match?.[2];
    const scripts = packageJson(failure, failure.dir)?.scripts;
    if (!match || missing === undefined || !scripts || scripts[missing] !== undefined) return undefined;
    const names = Object.keys(scripts);
    const near = nearest(missing, names);
    return {
      title: near === undefined ? `there is no script ${missing}` : `ran the script ${near}: there is no ${missing}`,
      because: match[0],
      actions: [near === undefined ? ask(missing, names) : use(failure, missing, near)],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "no start, but dev",
      failure: { service: "web" },
      real: {
        files: { "package.json": JSON.stringify({ scripts: { dev: "node --version", lint: "node --version" } }) },
        command: "npm run start",
        needs: ["npm"],
        cured: { command: "npm run dev" },
      },
      repairs: [{ do: "use-command", service: "web", role: "start", command: "npm run dev" }],
    },
    {
      name: "a slip of the finger",
      failure: { phase: "build" },
      real: {
        files: { "package.json": JSON.stringify({ scripts: { "build:css": "node --version" } }) },
        command: "npm run biuld:css",
        needs: ["npm"],
        cured: { command: "npm run build:css" },
      },
      repairs: [{ do: "use-command", role: "build", command: "npm run build:css" }],
    },
    {
      name: "nothing like it is a question",
      failure: {
        manifests: { "package.json": JSON.stringify({ scripts: { lint: "eslint ." } }) },
        output: 'npm error Missing script: "start"\nnpm error\nnpm error To see a list of scripts, run:',
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "yarn",
      failure: {
        phase: "check",
        manifests: {
          "package.json": JSON.stringify({ scripts: { "test:unit": "jest", "test:watch": "jest --watch" } }),
        },
        plan: planWithYarn(),
        output: `error Command "test" not found.`,
      },
      repairs: [{ do: "use-command", role: "test", command: "yarn run test:unit" }],
    },
    {
      name: "counter: the script is there and fails",
      failure: {
        manifests: { "package.json": JSON.stringify({ scripts: { start: "node server.js" } }) },
        output: "npm error Lifecycle script `start` failed with error:\nnpm error code 1",
      },
      repairs: undefined,
    },
    {
      name: "counter: a script of another folder",
      failure: { output: `npm error Missing script: "start"` },
      repairs: undefined,
    },
  ],
});

/** Never a script that watches or changes more than it is asked: only known synonyms, or the same word with one or two slips. */
function nearest(missing: string, names: readonly string[]): string | undefined {
  const alike = (ALIKE[missing] ?? []).find((name) => names.includes(name));
  if (alike !== undefined) return alike;
  const slips = names.filter((name) => missing.length > 3 && distance(name, missing) <= 2);
  return slips.length === 1 ? slips[0] : undefined;
}

function use(failure: Failure, missing: string, near: string): Action {
  const role = roleOf(failure, missing);
  const service = failure.service === undefined ? {} : { service: failure.service };
  const command = `${installOf(failure)?.manager ?? "npm"} run ${near}`;
  return { do: "use-command", ...service, dir: failure.dir, role, command };
}

function roleOf({ phase }: Failure, missing: string): "install" | "build" | "start" | "test" {
  if (phase === "install" || phase === "build" || phase === "start") return phase;
  return missing.startsWith("build") ? "build" : "test";
}

function ask(missing: string, names: readonly string[]): Action {
  return {
    do: "ask",
    question: `Which command does ${missing}? The scripts are: ${names.join(", ") || "none"}.`,
    next: `add a script "${missing}" to package.json, then: lodestar up`,
  };
}

function planWithYarn(): Failure["plan"] {
  const install = { dir: ".", manager: "yarn", lockfile: "yarn.lock", because: ["yarn.lock"], confidence: 1 };
  const none = { toolchains: [], services: [], databases: [], env: [], checks: [], builds: [], workspaces: [] };
  return { ...none, installs: [install], disagreements: [], problems: [] };
}
