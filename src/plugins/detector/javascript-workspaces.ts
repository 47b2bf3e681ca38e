import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { workspaceAt } from "./_shared-javascript.ts";

/** Task runners over a workspace: they add an order of building, the members come from the package manager. */
const RUNNERS: readonly (readonly [file: string, tool: string])[] = [
  ["turbo.json", "turborepo"],
  ["turbo.jsonc", "turborepo"],
  ["nx.json", "nx"],
  ["lerna.json", "lerna"],
  [".moon/workspace.yml", "moon"],
  ["rush.json", "rush"],
];

/** Workspaces of npm, pnpm, yarn, bun and Lerna, and the task runners above them. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const workspace = await workspaceAt(dir);
    if (!workspace) return [];
    const { tool, members } = workspace;
    const base = { is: "workspace", dir: dir.dir, confidence: 0.95 } as const;
    const found: DetectionDraft[] = [{ ...base, tool, members: [...members], because: [workspace.because] }];
    for (const [file, runner] of RUNNERS)
      if (dir.has(file) && runner !== tool)
        found.push({ ...base, tool: runner, members: [...members], because: [await dir.at(file)] });
    return found;
  },
  examples: [
    {
      name: "npm workspaces by pattern",
      files: {
        "package.json": '{\n"workspaces": ["packages/*", "!packages/old", "site"]\n}',
        "packages/a/package.json": "{}",
        "packages/old/package.json": "{}",
        "packages/a/test/app/package.json": "{}",
        "site/package.json": "{}",
        "packages/readme.md": "",
      },
      finds: [{ is: "workspace", tool: "npm", members: ["packages/a", "site"], because: ["package.json:2"] }],
    },
    {
      name: "pnpm under turborepo",
      files: {
        "package.json": "{}",
        "pnpm-workspace.yaml": "packages:\n  - 'apps/**'\n",
        "turbo.json": "{}",
        "apps/web/package.json": "{}",
        "apps/group/api/package.json": "{}",
      },
      finds: [
        { is: "workspace", tool: "pnpm", members: ["apps/group/api", "apps/web"] },
        { is: "workspace", tool: "turborepo", because: ["turbo.json"] },
      ],
    },
    {
      name: "lerna alone",
      files: { "package.json": "{}", "lerna.json": '{ "packages": ["modules/*"] }', "modules/x/package.json": "{}" },
      finds: [{ is: "workspace", tool: "lerna", members: ["modules/x"] }],
    },
    { name: "one package", files: { "package.json": "{}", "lib/package.json": "{}" }, finds: [] },
    {
      name: "pnpm settings without packages",
      files: { "package.json": "{}", "pnpm-workspace.yaml": "onlyBuiltDependencies:\n  - esbuild\n" },
      finds: [],
    },
  ],
});
