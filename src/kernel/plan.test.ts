import assert from "node:assert/strict";
import { test } from "node:test";
import { Detection, type DetectionDraft } from "../sdk/index.ts";
import { makePlan } from "./plan.ts";

function plan(...drafts: DetectionDraft[]) {
  return makePlan({ detections: drafts.map((draft) => Detection.parse(draft)), problems: [] });
}
const at = (dir: string, because: string, confidence = 0.9) => ({ dir, because: [because], confidence });
const script = (dir: string, name: string, more: Partial<Extract<DetectionDraft, { is: "service" }>> = {}) =>
  ({
    is: "service",
    ...at(dir, `${dir === "." ? "" : `${dir}/`}package.json:5`),
    name,
    kind: "web",
    command: "npm run start",
    ...more,
  }) as const;

test("a Procfile entry, a compose service and a start script of one directory are one service", () => {
  const { services, disagreements } = plan(
    { is: "language", ...at(".", "package.json"), language: "javascript", runtime: { name: "node" } },
    script(".", "shop", { kind: "api", port: 3000, portEnv: "PORT" }),
    { is: "service", ...at(".", "Procfile:1"), name: "web", kind: "web", command: "node server.js" },
    { is: "service", ...at(".", "Procfile:2"), name: "worker", kind: "worker", command: "node worker.js" },
    { is: "service", ...at(".", "compose.yaml:3"), name: "app", kind: "web", command: "node server.js", port: 3000 },
    { is: "service", ...at(".", "compose.yaml:9"), name: "worker", kind: "worker", command: "npm run worker" },
  );
  assert.deepEqual(
    services.map(({ name, kind, commands, port, health }) => [name, kind, commands.start, port, health.kind]),
    [
      ["web", "api", "node server.js", 3000, "http"],
      ["worker", "worker", "node worker.js", undefined, "process"],
    ],
  );
  assert.equal(disagreements.length, 2);
  assert.match(disagreements[0]?.why ?? "", /the Procfile is believed before the manifest/);
});

test("two commands that run the same file of a directory are one service", () => {
  const { services } = plan(
    { is: "service", ...at(".", "Procfile:1"), name: "web", kind: "web", command: "ruby --enable-yjit app.rb" },
    { is: "service", ...at(".", "app.rb:1", 0.6), name: "app", kind: "job", command: "bundle exec ruby app.rb" },
    { is: "service", ...at(".", "other.rb:1", 0.6), name: "other", kind: "job", command: "ruby other.rb" },
  );
  assert.deepEqual(
    services.map(({ commands }) => commands.start),
    ["ruby --enable-yjit app.rb", "ruby other.rb"],
  );
});

test("a root Procfile entry that starts a workspace member is the member's service", () => {
  const { services } = plan(
    script("apps/web", "web"),
    script("packages/worker", "worker", { kind: "worker" }),
    { is: "service", ...at(".", "Procfile:1"), name: "web", kind: "web", command: "npm start -w apps/web" },
    { is: "service", ...at(".", "Procfile:2"), name: "jobs", kind: "worker", command: "node packages/worker/index.js" },
  );
  assert.deepEqual(
    services.map(({ name, dir }) => [name, dir]),
    [
      ["web", "apps/web"],
      ["worker", "packages/worker"],
    ],
  );
});

test("a workspace is installed once, at the lockfile", () => {
  const { installs, disagreements } = plan(
    { is: "workspace", ...at(".", "package.json:4"), tool: "yarn", members: ["packages/a", "packages/b"] },
    { is: "package-manager", ...at(".", "yarn.lock"), name: "yarn", lockfile: "yarn.lock" },
    { is: "package-manager", ...at("packages/a", "packages/a/package.json", 0.6), name: "npm" },
    {
      is: "package-manager",
      ...at("packages/b", "packages/b/package-lock.json"),
      name: "npm",
      lockfile: "package-lock.json",
    },
    { is: "package-manager", ...at("tools", "tools/pnpm-lock.yaml"), name: "pnpm", lockfile: "pnpm-lock.yaml" },
  );
  assert.deepEqual(
    installs.map(({ dir, manager }) => [dir, manager]),
    [
      [".", "yarn"],
      ["tools", "pnpm"],
    ],
  );
  assert.deepEqual(
    disagreements.map(({ dir, chose }) => [dir, chose]),
    [["packages/b", "yarn in ."]],
  );
});

test("two lockfiles: the declared manager wins and the plan says so", () => {
  const { installs, disagreements } = plan(
    { is: "package-manager", ...at(".", "package-lock.json", 0.9), name: "npm", lockfile: "package-lock.json" },
    { is: "package-manager", ...at(".", "package.json:3", 0.98), name: "pnpm", version: "9.1.0" },
    { is: "package-manager", ...at(".", "pnpm-lock.yaml", 0.93), name: "pnpm", lockfile: "pnpm-lock.yaml" },
  );
  assert.deepEqual(installs, [
    {
      dir: ".",
      manager: "pnpm",
      version: "9.1.0",
      lockfile: "pnpm-lock.yaml",
      because: ["package.json:3", "pnpm-lock.yaml"],
      confidence: 0.98,
    },
  ]);
  assert.deepEqual(disagreements[0]?.over, [{ value: "npm", because: ["package-lock.json"] }]);
});

test("a version file wins while it fits the manifest's range", () => {
  const asks = (version: string, because: string) =>
    ({
      is: "language",
      ...at(".", because),
      language: "javascript",
      runtime: { name: "node", version },
    }) as const;
  const fits = plan(asks(">=18", "package.json:7"), asks("20", ".nvmrc:1"));
  assert.equal(fits.toolchains[0]?.version, "20");
  assert.deepEqual(fits.disagreements, []);
  assert.deepEqual(plan(asks(">=20.9", "package.json:7"), asks("20", ".nvmrc:1")).disagreements, []);
  assert.equal(plan(asks(">=20", "package.json:7"), asks("lts/jod", ".nvmrc:1")).toolchains[0]?.version, "lts/jod");
  const volta = plan(asks(">=20", "package.json:12"), asks("24.19.0", "package.json:8"));
  assert.equal(volta.toolchains[0]?.version, "24.19.0");
  const stale = plan(asks(">=22", "package.json:7"), asks("18.19.0", ".nvmrc:1"));
  assert.equal(stale.toolchains[0]?.version, ">=22");
  assert.deepEqual(
    stale.disagreements.map(({ what, chose, over }) => [what, chose, over[0]?.value]),
    [["node version", ">=22", "18.19.0"]],
  );
});

test("one toolchain per runtime; a member inherits the version of the root", () => {
  const { toolchains } = plan(
    { is: "language", ...at("api", "api/package.json", 0.9), language: "javascript", runtime: { name: "node" } },
    { is: "language", ...at("api", "api/tsconfig.json", 0.9), language: "typescript", runtime: { name: "node" } },
    { is: "language", ...at(".", ".nvmrc"), language: "javascript", runtime: { name: "node", version: "22" } },
  );
  assert.deepEqual(
    toolchains.map(({ dir, language, version }) => [dir, language, version]),
    [
      [".", "javascript", "22"],
      ["api", "typescript", "22"],
    ],
  );
});

test("a server whose code names PORT is told its port and asked over HTTP; a worker is not", () => {
  const env = { is: "env", ...at("api", "api/env.ts:4"), name: "PORT" } as const;
  const [api] = plan(script("api", "api", { kind: "api" }), env).services;
  assert.deepEqual([api?.portEnv, api?.health.kind], ["PORT", "http"]);
  const [worker] = plan(script("api", "api", { kind: "worker" }), env).services;
  assert.deepEqual([worker?.portEnv, worker?.health.kind], [undefined, "process"]);
});

test("a hosting platform does not say what its command starts: the code does; a Procfile's web does", () => {
  const kinds = (file: string) =>
    plan(
      { is: "service", ...at(".", file, 0.93), name: "web", kind: "web", command: "npm run start", portEnv: "PORT" },
      script(".", "task", { kind: "job", confidence: 0.8 }),
    ).services.map(({ kind, health }) => [kind, health.kind]);
  assert.deepEqual(kinds("railpack.json:3"), [["job", "process"]]);
  assert.deepEqual(kinds("Procfile:1"), [["web", "http"]]);
});

test("a command that takes a flag is not told its port by the variable of another command", () => {
  const dev = { kind: "static", command: "npm run dev", mode: "dev", port: 5173, portFlag: "--port" } as const;
  const start = { confidence: 0.4, portEnv: "PORT", port: 3000 };
  const [site] = plan(script(".", "site", dev), script(".", "site", start)).services;
  assert.deepEqual([site?.portEnv, site?.portFlag, site?.port], [undefined, "--port", 5173]);
});

test("compose images are databases, needs are resolved, migrations find their database", () => {
  const { services, databases, problems } = plan(
    script("api", "api", { kind: "api", port: 4000 }),
    {
      is: "service",
      ...at("api", "compose.yaml:2"),
      name: "backend",
      kind: "web",
      command: "npm run start",
      needs: ["db", "cache"],
    },
    script("web", "web", { port: 3000 }),
    { is: "service", ...at("web", "compose.yaml:9"), name: "site", kind: "web", command: "x", needs: ["backend"] },
    { is: "database", ...at(".", "compose.yaml:14"), name: "db", engine: "postgres", via: "compose", version: "16" },
    { is: "database", ...at(".", "compose.yaml:18"), name: "cache", engine: "redis", via: "compose" },
    { is: "database", ...at("api", "api/package.json:9"), engine: "postgres", via: "client", env: "PG_URL" },
    { is: "migration", ...at("api", "api/migrations"), tool: "sql", command: "x", engine: "postgres" },
    { is: "migration", ...at("etl", "etl/flyway.conf"), tool: "flyway", command: "y", engine: "oracle" },
    { is: "migration", ...at("etl", "etl/other"), tool: "unknown", command: "z" },
  );
  assert.deepEqual(
    services.map(({ name, needs }) => [name, needs]),
    [
      ["api", ["postgres", "redis"]],
      ["web", ["api"]],
    ],
  );
  assert.deepEqual(
    databases.map(({ name, env, version, dir, migrations }) => [name, env, version, dir, migrations.length]),
    [
      ["postgres", "PG_URL", "16", "api", 2],
      ["redis", "REDIS_URL", undefined, ".", 0],
      ["oracle", "ORACLE_URL", undefined, "etl", 1],
    ],
  );
  assert.deepEqual(problems, []);
});

test("a workspace: the root migrates for its members, each service needs what its folder names", () => {
  const migrate = (dir: string, tool: string, command: string) =>
    ({ is: "migration", ...at(dir, `${dir}/package.json`, 0.75), tool, command }) as const;
  const { services, databases } = plan(
    { is: "workspace", ...at(".", "package.json"), tool: "npm", members: ["api", "shared", "web", "worker"] },
    script("api", "api"),
    script("web", "web"),
    script("worker", "worker", { kind: "worker" }),
    { is: "env", ...at("web", "web/server.js:7", 0.85), name: "API_URL" },
    { is: "database", ...at(".", ".env.example:4"), engine: "postgres", via: "url", env: "DATABASE_URL" },
    { is: "database", ...at("shared", "shared/package.json:10"), engine: "postgres", via: "client" },
    migrate(".", "script", "npm run migrate"),
    migrate("api", "script", "npm run migrate"),
    { ...migrate("api", "sql", "psql -f 1.sql"), engine: "postgres" },
    { ...migrate("worker", "sql", "psql -f 2.sql"), engine: "postgres" },
  );
  assert.deepEqual(
    databases.map(({ name, migrations }) => [name, migrations.map(({ dir, command }) => `${dir}: ${command}`)]),
    [["postgres", [".: npm run migrate"]]],
  );
  assert.deepEqual(
    services.map(({ name, needs }) => [name, needs]),
    [
      ["api", ["postgres"]],
      ["web", ["api"]],
      ["worker", ["postgres"]],
    ],
  );
});

test("a migration for nobody knows which database is a problem, not a guess", () => {
  const { databases, problems } = plan({ is: "migration", ...at(".", "migrations/1.sql"), tool: "sql", command: "x" });
  assert.deepEqual(databases, []);
  assert.match(problems[0]?.message ?? "", /which database they are for is not known/);
});

test("the root's check stands for its members; a script wins over a tool's default", () => {
  const check = (dir: string, kind: "test" | "lint", command: string, confidence: number) =>
    ({ is: "check", ...at(dir, `${dir}/package.json`, confidence), name: kind, kind, command }) as const;
  const { checks } = plan(
    { is: "workspace", ...at(".", "package.json"), tool: "npm", members: ["a", "b"] },
    check(".", "test", "npm run test", 0.95),
    check(".", "test", "npx vitest run", 0.7),
    check("a", "test", "npm run test", 0.95),
    check("a", "lint", "npm run lint", 0.95),
    check("b", "lint", "npm run lint", 0.95),
  );
  assert.deepEqual(
    checks.map(({ name, command }) => [name, command]),
    [
      ["test", "npm run test"],
      ["a:lint", "npm run lint"],
      ["b:lint", "npm run lint"],
    ],
  );
});

test("fixtures and vendored copies are not the product, unless there is nothing else", () => {
  const language = (dir: string) =>
    ({ is: "language", ...at(dir, `${dir}/package.json`), language: "javascript", runtime: { name: "node" } }) as const;
  const library = plan(
    language("."),
    language("test/fixtures/app"),
    script("test/fixtures/app", "app"),
    script("website", "site"),
    script("packages/create/template-react", "starter"),
    language("website"),
  );
  assert.deepEqual(
    library.services.map(({ name, confidence }) => [name, confidence]),
    [["site", 0.45]],
  );
  assert.equal(plan(language("examples/a"), script("examples/a", "a")).services.length, 1);
});

test("the port in the command wins; a server that reads no variable takes a flag", () => {
  const { services, disagreements } = plan(
    script("a", "a", { command: "vite preview --port 4000", port: 4173 }),
    script("b", "b", { command: "npm run preview", port: 4173, portFlag: "--port" }),
  );
  assert.deepEqual(
    services.map(({ port, portFlag }) => [port, portFlag]),
    [
      [4000, undefined],
      [4173, "--port"],
    ],
  );
  assert.equal(disagreements[0]?.what, "port of a");
});

test("builds come before start, once per workspace", () => {
  const build = (dir: string) =>
    ({
      is: "command",
      ...at(dir, `${dir}/package.json`),
      role: "build",
      command: dir === "." ? "turbo build" : "npm run build",
    }) as const;
  const { builds } = plan(
    { is: "workspace", ...at(".", "package.json"), tool: "npm", members: ["a", "b"] },
    build("."),
    build("a"),
    build("c"),
    script("a", "a"),
    script("b", "b"),
    script("c", "c"),
    build("lib"),
  );
  assert.deepEqual(
    builds.map(({ dir, command }) => [dir, command]),
    [
      [".", "turbo build"],
      ["c", "npm run build"],
    ],
  );
});

test("names are unique and the plan is the same every time", () => {
  const drafts = [script("apps/a", "server"), script("apps/b", "server"), script("c", "@acme/App One")];
  const once = plan(...drafts);
  assert.deepEqual(
    once.services.map(({ name }) => name),
    ["a-server", "b-server", "app-one"],
  );
  assert.deepEqual(plan(...drafts), once);
});

test("the plan of a monorepo of 300 services takes a moment and not minutes", () => {
  const many = Array.from({ length: 300 }, (_, index) => `packages/p${index}`).flatMap((dir): DetectionDraft[] => [
    script(dir, dir.replace("packages/", "")),
    ...Array.from({ length: 14 }, (_, index): DetectionDraft => ({
      is: "env",
      ...at(dir, `${dir}/.env.example:${index + 1}`),
      name: index === 0 ? "P0_URL" : `NAME_${index}`,
    })),
  ]);
  const begun = performance.now();
  const { services } = plan(...many);
  assert.ok(performance.now() - begun < 5_000, "it took 10 s when each service was asked about each variable");
  assert.equal(services.length, 300);
  assert.deepEqual(services.find(({ name }) => name === "p7")?.needs, ["p0"]);
});
