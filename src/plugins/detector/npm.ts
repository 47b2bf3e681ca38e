import { defineDetector } from "../../sdk/index.ts";
import { managerOf, managerSigns, readManifest, workspaceOf } from "./_shared-javascript.ts";

/** npm: its lockfile, a package.json that asks for it, or a package.json and no sign of another manager (npm comes with Node). */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const signs = await managerSigns(dir);
    const mine = signs.filter((sign) => sign.name === "npm");
    const base = { is: "package-manager", dir: dir.dir, name: "npm" } as const;
    if (mine.length > 0) return mine.map(({ because, ...sign }) => ({ ...base, ...sign, because: [because] }));
    if (signs.length > 0 || !(await readManifest(dir))) return [];
    if ((await workspaceOf(dir)) || (await managerOf(dir)) !== "npm") return [];
    return [{ ...base, because: [await dir.at("package.json")], confidence: 0.7 }];
  },
  examples: [
    {
      name: "its lockfile",
      files: { "package.json": "{}", "package-lock.json": "{}" },
      finds: [{ is: "package-manager", name: "npm", lockfile: "package-lock.json", because: ["package-lock.json"] }],
    },
    { name: "nobody else", files: { "package.json": "{}" }, finds: [{ is: "package-manager", name: "npm" }] },
    {
      name: "two lockfiles: both are said",
      files: { "package.json": "{}", "package-lock.json": "{}", "yarn.lock": "" },
      finds: [{ is: "package-manager", name: "npm" }],
    },
    { name: "a lockfile of yarn", files: { "package.json": "{}", "yarn.lock": "" }, finds: [] },
    { name: "no JSON", files: { "package.json": "{ oops" }, finds: [] },
    {
      name: "a package inside a pnpm repository",
      files: { "package.json": "{}", "pnpm-lock.yaml": "", "lib/package.json": '{ "name": "lib" }' },
      finds: [],
    },
  ],
});
