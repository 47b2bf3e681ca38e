import { defineDetector } from "../../sdk/index.ts";
import { readManifest } from "./_shared-javascript.ts";
import { buildOf, frameworkOf } from "./_shared-sites.ts";

/** The framework of a JavaScript package, by what it depends on, with the framework's own port and port flag. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const manifest = await readManifest(dir);
    const used = manifest && frameworkOf(manifest);
    if (!manifest || !used) return [];
    const { framework } = used;
    const build = await buildOf(dir, manifest, framework);
    return [
      {
        is: "framework",
        dir: dir.dir,
        framework: framework.name,
        kind: build?.makes === "static" ? "static" : framework.kind,
        ...(framework.port === undefined ? {} : { port: framework.port }),
        ...(framework.portFlag === undefined ? {} : { portFlag: framework.portFlag }),
        because: [await dir.at("package.json", `"${used.package}"`)],
        confidence: 0.9,
      },
    ];
  },
  examples: [
    {
      name: "a meta-framework before what it is made of",
      files: {
        "package.json": '{ "dependencies": {\n"react": "19",\n"next": "16" }, "devDependencies": { "vite": "7" } }',
      },
      finds: [
        { is: "framework", framework: "next", kind: "web", port: 3000, portFlag: "-p", because: ["package.json:3"] },
      ],
    },
    {
      name: "next that is exported as files",
      files: {
        "package.json": '{ "dependencies": { "next": "16" } }',
        "next.config.ts": 'export default {\n  output: "export",\n};',
      },
      finds: [{ framework: "next", kind: "static" }],
    },
    {
      name: "vite in the development dependencies",
      files: { "package.json": '{ "devDependencies": { "vite": "7", "express": "5" } }' },
      finds: [{ framework: "vite", kind: "static", port: 5173 }],
    },
    {
      name: "an API",
      files: { "package.json": '{ "dependencies": { "fastify": "5" } }' },
      finds: [{ framework: "fastify", kind: "api" }],
    },
    {
      name: "a library that tests against express",
      files: { "package.json": '{ "devDependencies": { "express": "5" } }' },
      finds: [],
    },
  ],
});
