import assert from "node:assert/strict";
import { test } from "node:test";
import { viewRepo } from "../../host/repo-view.ts";
import { lookInto } from "./_shared-entry.ts";
import { meaningOf, sourceFileOf } from "./_shared-scripts.ts";

/** What `start` comes down to, in a word or two. */
function meaning(start: string, others: Record<string, string> = {}): string {
  const found = meaningOf({ start, ...others }, "start");
  if (found.does === "runs") return `${found.watch ? "watches" : "runs"} ${found.file}`;
  if (found.does === "serves") return `${found.server.mode} ${found.server.port}`;
  if (found.does === "delegates") return `${found.dir ?? found.workspace ?? "all"}: ${found.script}`;
  return found.does === "together" ? found.scripts.join("+") : "other";
}

test("scripts are read as a shell would read them", () => {
  const table: readonly (readonly [start: string, means: string, others?: Record<string, string>])[] = [
    ["node server.js", "runs server.js"],
    ["NODE_ENV=production node --enable-source-maps dist/index.js", "runs dist/index.js"],
    ["node --env-file=.env server.js", "runs server.js"],
    ["cross-env PORT=4000 next start", "start 3000"],
    ["prisma migrate deploy && node dist/index.js", "runs dist/index.js"],
    ["tsx watch src/server.ts", "watches src/server.ts"],
    ["nodemon index.js", "watches index.js"],
    ["bun --watch app.ts", "watches app.ts"],
    ["vite", "dev 5173"],
    ["vite --host 0.0.0.0", "dev 5173"],
    ["vite build", "other"],
    ["next build", "other"],
    ["next -p 4000", "dev 3000"],
    ["nuxt generate", "other"],
    ["astro build", "other"],
    ["nuxt", "dev 3000"],
    ["vite build && vite preview", "start 4173"],
    ["npm run serve", "start 3000", { serve: "next start" }],
    ["yarn start", "other"],
    ["cd apps/web && npm start", "apps/web: start"],
    ["npm start -w web", "web: start"],
    ["pnpm --filter @acme/api run dev", "@acme/api: dev"],
    ["yarn workspace site start", "site: start"],
    ["turbo run dev --parallel", "all: dev"],
    ["pnpm -r --parallel run start", "all: start"],
    ["concurrently 'npm:api' 'npm run web'", "api+web", { api: "node api.js", web: "vite" }],
    ["run-p serve:*", "serve:a+serve:b", { "serve:a": "x", "serve:b": "y" }],
    ["dotenv -e .env -- node server.js", "runs server.js"],
    ["./start.sh", "other"],
    ["tsc -w", "other"],
    ["", "other"],
  ];
  for (const [start, means, others] of table) assert.equal(meaning(start, others), means, start);
});

test("a script that calls itself ends", () => {
  assert.equal(meaning("npm run again", { again: "npm run start" }), "other");
});

function view(files: Record<string, string>) {
  return viewRepo({ files: Object.keys(files), read: async (path) => files[path] }).dir(".");
}

test("the source of a built file is found", () => {
  assert.equal(sourceFileOf(view({ "src/server.ts": "" }), "dist/server.js"), "src/server.ts");
  assert.equal(sourceFileOf(view({ "src/main.ts": "" }), "./dist/src/main"), "src/main.ts");
  assert.equal(sourceFileOf(view({ "server.js": "" }), "server"), "server.js");
  assert.equal(sourceFileOf(view({ "other.js": "" }), "dist/server.js"), undefined);
});

test("ports are read from the code, with the variable that changes them", async () => {
  const table: readonly (readonly [code: string, port: number | undefined, env: string | undefined])[] = [
    ["app.listen(process.env.PORT || 3000)", 3000, "PORT"],
    ["const port = Number(process.env.API_PORT ?? '4000'); app.listen(port)", 4000, "API_PORT"],
    ["const { PORT = 5000 } = process.env; app.listen(PORT)", 5000, "PORT"],
    ["app.listen(parseInt(process.env.PORT, 10) || 8080)", 8080, "PORT"],
    ["app.listen(process.env.PORT)", undefined, "PORT"],
    ["server.listen(1234)", 1234, undefined],
    ["const port = 9000;\nfastify.listen({ port })", 9000, undefined],
    ["Bun.serve({ port: 3333, fetch })", 3333, undefined],
  ];
  for (const [code, port, env] of table) {
    const look = await lookInto(view({ "index.js": code }), "index.js");
    assert.deepEqual([look.listens, look.port, look.portEnv], [true, port, env], code);
  }
});

test("imports are followed, in circles too; a route is a health path only where it is answered", async () => {
  const look = await lookInto(
    view({
      "index.js": 'import "./a/app.js";',
      "a/app.js":
        'import "../index.js";\nimport config from "./config.js";\napp.get("/healthz", ok);\napp.listen(config.port);',
      "a/config.js": "export default { port: process.env.PORT || 7000 };",
    }),
    "index.js",
  );
  assert.deepEqual([look.listens, look.port, look.healthPath, look.because], [true, 7000, "/healthz", "a/config.js:1"]);
  const asks = await lookInto(view({ "x.js": 'fetch(url + "/health"); createServer().listen(80)' }), "x.js");
  assert.equal(asks.healthPath, undefined);
  assert.equal((await lookInto(view({ "x.js": "console.log(1)" }), "x.js")).listens, false);
});
