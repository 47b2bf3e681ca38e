import { EMPTY_PLAN, defineFixer, type Failure } from "../../sdk/index.ts";
import { installOf, nearestAbove, packageJson, plain } from "./_shared.ts";

/** Output that a build makes and a start needs. */
const SAYS = [
  /Cannot find module '(?![^']*node_modules\/)[^']*\/(?:dist|build|out|lib|\.output|\.next|public\/build)\/[^']*'/,
  /Could not find a production build in the '[^']*' directory/,
  /The directory "[^"]*" does not exist\. Did you build your project\?/,
  /Unable to access jarfile \S+/,
];

/** What the start needs was not built, or is older than the code: builds, then starts again. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const because = SAYS.map((says) => says.exec(output)?.[0]).find((found) => found !== undefined);
    const build = because === undefined ? undefined : buildOf(failure);
    if (because === undefined || !build || failure.phase === "build" || failure.phase === "install") return undefined;
    return {
      title: `built it: ${build.command}`,
      because,
      actions: [{ do: "run", command: build.command, dir: build.dir, network: "none" }],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "dist is not there",
      failure: { plan: builds(".", "node build.js") },
      real: {
        files: {
          "build.js": `require("node:fs").mkdirSync("dist"); require("node:fs").writeFileSync("dist/server.js", "");`,
        },
        command: "node dist/server.js",
        cured: { command: "node build.js && node dist/server.js" },
      },
      repairs: [{ do: "run", command: "node build.js", dir: ".", network: "none" }],
    },
    {
      name: "Next.js, and package.json has a build script",
      failure: {
        manifests: { "package.json": JSON.stringify({ scripts: { build: "next build" } }) },
        names: ["package.json"],
        output:
          "Error: Could not find a production build in the '.next' directory. Try building your app with 'next build' before starting the production server.",
      },
      repairs: [{ do: "run", command: "npm run build" }],
    },
    {
      name: "a jar",
      failure: {
        plan: builds("app", "mvn -q package"),
        dir: "app",
        output: "Error: Unable to access jarfile target/app.jar",
      },
      repairs: [{ do: "run", command: "mvn -q package", dir: "app" }],
    },
    {
      name: "counter: the dist of a dependency",
      failure: {
        plan: builds(".", "npm run build"),
        output: "Error: Cannot find module '/app/node_modules/thing/dist/index.js'",
      },
      repairs: undefined,
    },
    {
      name: "counter: a source file is missing",
      failure: { plan: builds(".", "npm run build"), output: "Error: Cannot find module '/app/src/server.js'" },
      repairs: undefined,
    },
    {
      name: "counter: nothing builds",
      failure: { output: "Error: Cannot find module '/app/dist/server.js'" },
      repairs: undefined,
    },
  ],
});

function buildOf(failure: Failure): { dir: string; command: string } | undefined {
  const planned = nearestAbove(failure.plan.builds, failure.dir);
  if (planned) return planned;
  if (packageJson(failure, failure.dir)?.scripts["build"] === undefined) return undefined;
  return { dir: failure.dir, command: `${installOf(failure)?.manager ?? "npm"} run build` };
}

function builds(dir: string, command: string): Failure["plan"] {
  return { ...EMPTY_PLAN, builds: [{ dir, command, because: [`${dir}/package.json`] }] };
}
