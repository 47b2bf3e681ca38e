import { defineDetector } from "../../sdk/index.ts";
import { managerSigns } from "./_shared-javascript.ts";

/** Yarn, classic and berry: a lockfile, a `.yarnrc.yml`, or a package.json that asks for it. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const signs = (await managerSigns(dir)).filter((sign) => sign.name === "yarn");
    return signs.map(({ because, ...sign }) => ({
      is: "package-manager" as const,
      dir: dir.dir,
      ...sign,
      because: [because],
    }));
  },
  examples: [
    {
      name: "classic",
      files: { "package.json": "{}", "yarn.lock": "" },
      finds: [{ is: "package-manager", name: "yarn", lockfile: "yarn.lock" }],
    },
    {
      name: "berry",
      files: { "package.json": '{ "packageManager": "yarn@4.9.1" }', ".yarnrc.yml": "nodeLinker: node-modules" },
      finds: [{ is: "package-manager", name: "yarn", version: "4.9.1" }],
    },
    { name: "a lockfile of pnpm", files: { "package.json": "{}", "pnpm-lock.yaml": "" }, finds: [] },
  ],
});
