import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { managerOf, readManifest, runScript, type Manifest } from "./_shared-javascript.ts";
import { ownBuild, servicesOf } from "./_shared-services.ts";

/** What starts by the scripts of a package.json (or, without scripts, by its main file), and the commands around it. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const manifest = await readManifest(dir);
    if (!manifest) return [];
    const manager = await managerOf(dir);
    return [
      ...(await servicesOf(dir, manifest, manager)),
      ...(await commandsOf(dir, manifest, manager)),
      ...(await ownBuild(dir, manifest, manager)),
    ];
  },
  examples: [
    {
      name: "a server: kind, port and its variable come from the code",
      files: {
        "package.json":
          '{ "name": "@acme/api",\n"scripts": {\n"start": "node dist/server.js",\n"dev": "tsx watch src/server.ts",\n"build": "tsc" },\n"dependencies": { "express": "5" } }',
        "src/server.ts": 'import { app } from "./app.js";\napp.listen(process.env.PORT ?? 4000);',
        "src/app.ts": 'export const app = express();\napp.get("/healthz", ok);',
      },
      finds: [
        {
          is: "service",
          name: "api",
          kind: "api",
          command: "npm run start",
          mode: "start",
          port: 4000,
          portEnv: "PORT",
          health: { kind: "http", path: "/healthz" },
          because: ["package.json:3", "src/server.ts:2"],
        },
        { is: "service", command: "npm run dev", mode: "dev", port: 4000 },
        { is: "command", role: "build", command: "npm run build" },
      ],
    },
    {
      name: "a framework's own server",
      files: {
        "package.json": '{ "scripts": { "dev": "next dev", "start": "next start" }, "dependencies": { "next": "16" } }',
        "yarn.lock": "",
      },
      finds: [{ is: "service", kind: "web", command: "yarn run start", port: 3000, portEnv: "PORT" }],
    },
    {
      name: "a site that is built into files",
      files: {
        "package.json":
          '{ "scripts": { "dev": "vite", "build": "vite build", "preview": "vite preview" }, "devDependencies": { "vite": "7" } }',
      },
      finds: [
        { is: "service", kind: "static", command: "npm run preview", mode: "start", port: 4173, portFlag: "--port" },
        { is: "service", command: "npm run dev", mode: "dev" },
      ],
    },
    {
      name: "a member without scripts is built and started by its framework's program",
      files: {
        "package.json": '{ "private": true, "workspaces": ["apps/*"], "dependencies": { "next": "16" } }',
        "apps/web/package.json": '{ "private": true, "dependencies": { "next": "16" } }',
        "nx.json": "{}",
      },
      finds: [
        { is: "service", dir: "apps/web", command: "npx next start" },
        { is: "command", dir: "apps/web", role: "build", command: "npx next build" },
      ],
    },
    {
      name: "a build that is no server of its own is previewed",
      files: {
        "package.json":
          '{ "private": true, "scripts": { "dev": "vite dev", "build": "vite build", "preview": "vite preview" }, "dependencies": { "@tanstack/react-start": "1" }, "devDependencies": { "vite": "8" } }',
      },
      finds: [{ is: "service", kind: "web", command: "npm run preview", mode: "start", port: 4173 }],
    },
    {
      name: "the same build with Nitro is a server",
      files: {
        "package.json":
          '{ "private": true, "scripts": { "dev": "vite dev", "build": "vite build", "preview": "vite preview" }, "dependencies": { "@tanstack/react-start": "1", "nitro": "3" } }',
      },
      finds: [{ is: "service", kind: "web", command: "node .output/server/index.mjs" }],
    },
    {
      name: "a worker beside the server",
      files: {
        "package.json": '{ "scripts": { "start": "node server.js", "worker": "node worker.js" } }',
        "server.js": "http.createServer(app).listen(3000)",
        "worker.js": "new Worker('mail', send)",
      },
      finds: [
        { is: "service", kind: "web", port: 3000 },
        { is: "service", name: "worker", kind: "worker", command: "npm run worker" },
      ],
    },
    {
      name: "a script that wraps another command",
      files: {
        "package.json":
          '{ "scripts": { "start": "npm run env -- cross-env NODE_ENV=production next start", "env": "dotenv -e .env --" } }',
      },
      finds: [{ is: "service", kind: "web", command: "npm run start", port: 3000 }],
    },
    {
      name: "the root starts what its member starts: the member's own script counts",
      files: {
        "package.json": '{ "workspaces": ["apps/*"], "scripts": { "start": "turbo run start" } }',
        "apps/web/package.json": '{ "name": "web", "scripts": { "start": "next start" } }',
      },
      finds: [{ is: "service", dir: "apps/web", command: "npm run start" }],
    },
    {
      name: "no script, but a main file",
      files: {
        "package.json": '{ "private": true, "main": "index.js" }',
        "index.js": "require('http').createServer().listen(8080)",
      },
      finds: [{ is: "service", command: "node index.js", port: 8080 }],
    },
    {
      name: "the root of a workspace that names its file",
      files: {
        "package.json": '{ "private": true, "module": "index.ts", "workspaces": ["packages/*"] }',
        "bun.lock": "",
        "index.ts": 'import "pkg-a";',
        "packages/a/package.json": '{ "name": "pkg-a" }',
      },
      finds: [{ is: "service", kind: "job", command: "bun index.ts" }],
    },
    {
      name: "a start script that names a file which is not there is believed little",
      files: { "package.json": '{ "scripts": { "start": "node gone.js" } }' },
      finds: [{ is: "service", command: "npm run start", confidence: 0.45 }],
    },
    {
      name: "a library",
      files: {
        "package.json": '{ "name": "lib", "main": "index.js", "files": ["index.js"], "scripts": { "dev": "tsc -w" } }',
        "index.js": "",
      },
      finds: [],
    },
  ],
});

const ROLES: readonly (readonly [role: "build" | "dev", scripts: readonly string[]])[] = [
  ["build", ["build", "compile", "build:prod"]],
  ["dev", ["dev", "develop", "start:dev"]],
];

async function commandsOf(dir: DirView, manifest: Manifest, manager: string): Promise<DetectionDraft[]> {
  const found: DetectionDraft[] = [];
  for (const [role, names] of ROLES) {
    const name = names.find((one) => Object.hasOwn(manifest.scripts, one));
    if (name === undefined || /^\s*(echo\b[^&|;]*|true|exit 0)?\s*$/.test(manifest.scripts[name] ?? "")) continue;
    found.push({
      is: "command",
      dir: dir.dir,
      role,
      command: runScript(manager, name),
      because: [await dir.at("package.json", `"${name}":`)],
      confidence: 0.9,
    });
  }
  return found.filter((one) => one.is === "command" && (one.role === "build" || !isLibrary(manifest)));
}

function isLibrary(manifest: Manifest): boolean {
  return !manifest.private && ["files", "exports", "types", "module"].some((key) => manifest.raw[key] !== undefined);
}
