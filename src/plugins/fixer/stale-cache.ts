import { defineFixer } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

/** A failure that only an outdated cache explains, and the cache. All of them are made again by the next run. */
const CACHES: readonly { says: RegExp; paths: readonly string[] }[] = [
  {
    says: /Cannot find module '\.\/[^'\n]*\.js'\nRequire stack:\n- [^\n]*\/\.next\/server\/webpack-runtime\.js/,
    paths: [".next"],
  },
  { says: /ENOENT[^\n]*\.next\/(?:server|cache|static)\/[^\n]*/, paths: [".next"] },
  {
    says: /The file does not exist at "[^"]*node_modules\/\.vite\/[^"]*" which is in the optimize deps directory|\(Outdated Optimize Dep\)/,
    paths: ["node_modules/.vite"],
  },
  {
    says: /(?:SyntaxError|Error):? [^\n]*node_modules\/\.cache\/[^\n]*|node_modules\/\.cache\/[^\n:]*:\d+\n/,
    paths: ["node_modules/.cache"],
  },
  { says: /turbo[^\n]*(?:corrupt|invalid|failed to read)[^\n]*cache/i, paths: [".turbo", "node_modules/.cache/turbo"] },
  { says: /import file mismatch:[\s\S]{0,2000}?HINT: remove __pycache__/, paths: ["__pycache__"] },
];

/** A cache of an older state of the code is in the way. Only ignored paths are removed, and they go to the trash. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const cache = CACHES.find(({ says }) => says.test(output));
    if (!cache) return undefined;
    const paths = cache.paths[0] === "__pycache__" ? pycacheDirs(output) : [...cache.paths];
    return {
      title: `removed the stale cache ${paths.join(", ")}`,
      because: cache.says.exec(output)?.[0].split("\n")[0] ?? paths.join(", "),
      actions: [{ do: "remove", dir: failure.dir, paths }],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "Next.js loads a chunk of an older build",
      failure: { phase: "start" },
      real: {
        files: {
          ".next/server/webpack-runtime.js": `require("./948.js");`,
          "start.js": `require("node:fs").existsSync(".next") && require("./.next/server/webpack-runtime.js");`,
        },
        command: "node start.js",
        cured: { command: "rm -r .next && node start.js" },
      },
      repairs: [{ do: "remove", dir: ".", paths: [".next"] }],
    },
    {
      name: "pytest finds two modules of one name",
      failure: {
        phase: "check",
        output: `import file mismatch:
imported module 'test_a' has this __file__ attribute:
  /old/tests/test_a.py
which is not the same as the test file we want to collect:
  /app/tests/test_a.py
HINT: remove __pycache__ / .pyc files and/or use a unique basename for your test file modules`,
      },
      repairs: [{ do: "remove", paths: ["__pycache__", "tests/__pycache__"] }],
    },
    {
      name: "Vite's optimised dependencies",
      failure: {
        output: `The file does not exist at "/app/node_modules/.vite/deps/chunk-A.js" which is in the optimize deps directory. The dependency might be incompatible with the dep optimizer.`,
      },
      repairs: [{ do: "remove", paths: ["node_modules/.vite"] }],
    },
    {
      name: "counter: a file of the repo is missing",
      failure: { output: "Error: Cannot find module './948.js'\nRequire stack:\n- /app/server.js" },
      repairs: undefined,
    },
    {
      name: "counter: pytest fails",
      failure: { phase: "check", output: "E   AssertionError: assert 1 == 2" },
      repairs: undefined,
    },
  ],
});

/** The folder's own, and that of the test which pytest names, relative to the working directory as far as it is told. */
function pycacheDirs(output: string): string[] {
  const tests = /want to collect:\n\s+\S*?\/((?:tests?|src)(?:\/[\w-]+)*)\/[\w-]+\.py/.exec(output)?.[1];
  return tests === undefined ? ["__pycache__"] : ["__pycache__", `${tests}/__pycache__`];
}
