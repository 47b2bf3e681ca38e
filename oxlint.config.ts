import { defineConfig } from "oxlint";
import manifest from "./package.json" with { type: "json" };

/**
 * DESIGN.md 2 as a rule: for each layer, what it may NOT import. `node:*` and bare packages count as "outside".
 * The README shows the same table.
 */
const LAYERS: Record<string, { layers: string[]; outside: boolean; packages: string[] }> = {
  sdk: { layers: [], outside: false, packages: ["zod"] },
  kernel: { layers: ["sdk"], outside: false, packages: ["zod"] },
  workflows: { layers: ["sdk", "kernel"], outside: false, packages: ["zod"] },
  plugins: { layers: ["sdk"], outside: false, packages: ["zod", "yaml", "smol-toml"] },
  host: { layers: ["sdk"], outside: true, packages: [] },
  server: {
    layers: ["sdk", "kernel"],
    outside: false,
    packages: ["hono", "@hono/node-server", "@hono/zod-openapi", "@modelcontextprotocol/sdk", "zod"],
  },
  client: { layers: ["sdk"], outside: false, packages: ["zod"] },
  cli: { layers: ["sdk", "client"], outside: true, packages: [] },
};
const ALL = Object.keys(LAYERS);

const limits = {
  "max-lines": error({ max: 300, skipBlankLines: true, skipComments: true }),
  "max-lines-per-function": error({ max: 60, skipBlankLines: true, skipComments: true }),
};

export default defineConfig({
  plugins: ["typescript", "import", "node", "promise", "oxc", "unicorn"],
  categories: { correctness: "error", suspicious: "error" },
  env: { node: true, es2024: true },
  rules: {
    ...limits,
    "import/no-cycle": "error",
    "import/no-default-export": "off",
    "import/no-named-as-default-member": "off",
    "import/no-unassigned-import": "off",
    "no-console": "error",
    "no-await-in-loop": "off",
    "no-shadow": "off",
    "no-underscore-dangle": "off",
    "typescript/no-explicit-any": "error",
    "unicorn/prefer-node-protocol": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/no-unsafe-type-assertion": "off",
    "typescript/consistent-type-imports": "error",
    "typescript/no-non-null-assertion": "error",
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    "unicorn/consistent-function-scoping": "off",
  },
  overrides: [
    ...ALL.map((layer) => ({
      files: [`src/${layer}/**/*.ts`],
      rules: { "no-restricted-imports": error(restrict(layer)) },
    })),
    // A plugin may use `_shared.ts` of its own kind and never another plugin.
    { files: ["src/plugins/*/*.ts"], rules: { "no-restricted-imports": error(pluginRule()) } },
    { files: ["src/cli/**/*.ts", "bench/**/*.ts", "scripts/**"], rules: { "no-console": "off" } },
    // Tests join layers to test them, and a describe block is a table, not a function.
    {
      files: ["**/*.test.ts", "examples/**/*.test.js", "src/testing/**"],
      rules: {
        "no-restricted-imports": "off",
        "max-lines-per-function": "off",
        "max-lines": "off",
        "typescript/no-floating-promises": "off",
        "typescript/unbound-method": "off",
      },
    },
  ],
});

function restrict(layer: string) {
  const allowed = LAYERS[layer];
  if (!allowed) throw new Error(`no layer ${layer}`);
  const patterns: { group?: string[]; regex?: string; message: string }[] = [];
  for (const other of ALL) {
    if (other === layer || allowed.layers.includes(other)) continue;
    patterns.push({ group: [`**/${other}/**`], message: `${layer} may not import ${other} (DESIGN.md 2).` });
  }
  if (layer !== "cli")
    patterns.push({ regex: "(^|/)main\\.ts$", message: "Only the door (cli) opens main.ts, lazily." });
  if (!allowed.outside) patterns.push(outside(layer, allowed.packages));
  return { patterns };
}

function pluginRule() {
  const rule = restrict("plugins");
  rule.patterns.push({
    regex: "^\\./([^_].*|_[^s].*)$|^\\.\\./[^.].*$|^\\.\\./\\.\\./([^s].*|sdk/[^i].*)$",
    message: "A plugin imports ../../sdk/index.ts and `_shared.ts` of its own kind, never another plugin.",
  });
  return rule;
}

/** `node:*` and every dependency of package.json that is not in `packages`; what package.json does not name, knip reports. */
function outside(layer: string, packages: string[]) {
  const forbidden = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)].filter(
    (name) => !packages.includes(name),
  );
  const names = forbidden.map((name) => name.replaceAll("/", "\\/").replaceAll(".", "\\."));
  return {
    regex: `^(node:.*|(${names.join("|")})(/.*)?)$`,
    message: `${layer} may import only: ${packages.join(", ") || "its own layers"} (DESIGN.md 2).`,
  };
}

function error<T>(options: T): ["error", T] {
  return ["error", options];
}
