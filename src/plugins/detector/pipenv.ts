import { defineDetector } from "../../sdk/index.ts";

/** Pipenv: a Pipfile, locked or not. */
export default defineDetector({
  looksAt: ["Pipfile", "Pipfile.lock"],
  async detect(dir) {
    const locked = dir.has("Pipfile.lock");
    return [
      {
        is: "package-manager",
        dir: dir.dir,
        because: [await dir.at(locked ? "Pipfile.lock" : "Pipfile")],
        confidence: 0.93,
        name: "pipenv",
        ...(locked && { lockfile: "Pipfile.lock" }),
      },
    ];
  },
  examples: [
    {
      name: "locked",
      files: { Pipfile: '[packages]\nrequests = "*"\n', "Pipfile.lock": "{}" },
      finds: [{ is: "package-manager", name: "pipenv", lockfile: "Pipfile.lock" }],
    },
    { name: "another manager's lockfile", files: { "poetry.lock": "" }, finds: [] },
  ],
});
