import { defineFixer, type Failure } from "../../sdk/index.ts";
import { declaredPackages, installOf, plain } from "./_shared.ts";
import { missingModule } from "./_shared-modules.ts";

/** Commands whose package has another name. */
const BIN_OF: Readonly<Record<string, string>> = {
  nest: "@nestjs/cli",
  ng: "@angular/cli",
  nuxi: "nuxt",
  tsc: "typescript",
  "vue-cli-service": "@vue/cli-service",
  webpack: "webpack-cli",
};
const NOT_FOUND = /^(?:\/bin\/)?(?:ba|da)?sh: (?:line )?(?:\d+: )?([\w@./-]+): (?:command )?not found/m;
const BROKEN_NATIVE =
  /Cannot find module (?:'|")?(@(?:rollup\/rollup|esbuild|swc\/core|parcel\/watcher|tailwindcss\/oxide)[\w/-]*)/;

/** A dependency that the repo declares is not there: installs again from scratch. */
export default defineFixer({
  repair(failure) {
    const because = declaredButAbsent(failure);
    if (because === undefined) return undefined;
    const dir = installOf(failure)?.dir ?? failure.dir;
    return {
      title: "installed the dependencies again",
      because,
      actions: [{ do: "install", dir, flags: [], fresh: true }],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "a declared package that is not installed (ESM)",
      failure: {},
      real: {
        files: {
          "package.json": JSON.stringify({ type: "module", dependencies: { "left-hand": "file:./left-hand" } }),
          "left-hand/package.json": JSON.stringify({ name: "left-hand", version: "1.0.0", exports: "./index.js" }),
          "left-hand/index.js": "module.exports = 1;",
          "app.js": `import "left-hand";`,
        },
        command: "node app.js",
        needs: ["npm"],
        cured: { command: "npm install --offline --no-audit --no-fund && node app.js" },
      },
      repairs: [{ do: "install", dir: ".", fresh: true }],
    },
    {
      name: "a declared package that is not installed (CommonJS, deep import)",
      failure: {},
      real: {
        files: {
          "package.json": JSON.stringify({ dependencies: { "@shop/core": "1.0.0" } }),
          "app.js": `require("@shop/core/lib/x");`,
        },
        command: "node app.js",
        cured: { files: { "node_modules/@shop/core/lib/x.js": "" } },
      },
      repairs: [{ do: "install", fresh: true }],
    },
    {
      name: "a tool of a script",
      failure: {},
      real: {
        files: {
          "package.json": JSON.stringify({
            scripts: { start: "vite-of-ours" },
            devDependencies: { "vite-of-ours": "1" },
          }),
          "tool.sh": "#!/bin/sh\n",
        },
        command: "npm start",
        needs: ["npm"],
        cured: {
          command:
            "mkdir -p node_modules/.bin && ln -s ../../tool.sh node_modules/.bin/vite-of-ours && chmod +x tool.sh && npm start",
        },
      },
      repairs: [{ do: "install", fresh: true }],
    },
    {
      name: "a Python package that requirements.txt names",
      failure: {},
      real: {
        files: { "requirements.txt": "# web\nlodestar-no-such==1.0\n", "app.py": "import lodestar_no_such\n" },
        command: "python3 app.py",
        needs: ["python3"],
        cured: { files: { "lodestar_no_such.py": "" } },
      },
      repairs: [{ do: "install", fresh: true }],
    },
    {
      name: "npm left the platform's binary out",
      failure: {
        names: ["package.json"],
        output:
          "Error: Cannot find module @rollup/rollup-linux-x64-gnu. npm has a bug related to optional dependencies (https://github.com/npm/cli/issues/4828).",
      },
      repairs: [{ do: "install", fresh: true }],
    },
    {
      name: "counter: a file of the repo is missing",
      failure: { output: "Error: Cannot find module './routes'\nRequire stack:\n- /app/server.js" },
      repairs: undefined,
    },
    {
      name: "counter: it is not declared",
      failure: {
        manifests: { "package.json": "{}" },
        output: "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'pg' imported from /app/server.js",
      },
      repairs: undefined,
    },
    {
      name: "counter: a system program is no dependency",
      failure: { manifests: { "package.json": "{}" }, output: "sh: 1: ffmpeg: not found" },
      repairs: undefined,
    },
  ],
});

function declaredButAbsent(failure: Failure): string | undefined {
  const module = missingModule(failure);
  if (module?.declared) return `${module.line}, and the repo declares ${module.name}`;
  // A dependency that lacks its own dependency is an install that was cut short.
  if (module?.ecosystem === "npm" && module.ownCode === false) return `${module.line}: the install is not whole`;
  const output = plain(failure);
  const native = BROKEN_NATIVE.exec(output)?.[1];
  if (native !== undefined) return `${native} was left out of the install`;
  const program = NOT_FOUND.exec(output)?.[1];
  if (program === undefined) return undefined;
  const owner = BIN_OF[program] ?? program;
  return declaredPackages(failure).has(owner) ? `${program} was not found, and the repo declares ${owner}` : undefined;
}
