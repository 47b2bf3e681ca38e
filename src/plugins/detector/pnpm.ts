import { defineDetector } from "../../sdk/index.ts";
import { managerSigns } from "./_shared-javascript.ts";

/** pnpm: a lockfile or workspace of its own, or a package.json that asks for it. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const signs = (await managerSigns(dir)).filter((sign) => sign.name === "pnpm");
    return signs.map(({ because, ...sign }) => ({
      is: "package-manager" as const,
      dir: dir.dir,
      ...sign,
      because: [because],
    }));
  },
  examples: [
    {
      name: "the packageManager field names the version",
      files: { "package.json": '{\n"packageManager": "pnpm@10.4.1+sha512.abc"\n}', "pnpm-lock.yaml": "" },
      finds: [
        { is: "package-manager", name: "pnpm", version: "10.4.1", because: ["package.json:2"] },
        { is: "package-manager", name: "pnpm", lockfile: "pnpm-lock.yaml" },
      ],
    },
    { name: "a lockfile of npm", files: { "package.json": "{}", "package-lock.json": "{}" }, finds: [] },
    { name: "a lockfile without a package", files: { "pnpm-lock.yaml": "" }, finds: [] },
  ],
});
