import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadPlugins } from "../host/plugins.ts";
import { viewRepo } from "../host/repo-view.ts";
import type { Detection, DetectionDraft, Plan } from "../sdk/index.ts";
import { Detection as DetectionSchema } from "../sdk/index.ts";
import { Config } from "./config-schema.ts";
import { applyConfig, approvalOf, planRepo } from "./config.ts";
import { makePlan } from "./plan.ts";

const FILE = ".lodestar/config.json";
const root = fileURLToPath(new URL("../..", import.meta.url));

/** A web service with a database, a test and a build, as detectors would find them. */
function detected(...more: DetectionDraft[]): Plan {
  const proof = (place: string) => ({ dir: ".", because: [place], confidence: 0.9 });
  const drafts: DetectionDraft[] = [
    { is: "language", ...proof("package.json"), language: "javascript", runtime: { name: "node", version: ">=18" } },
    { is: "package-manager", ...proof("package-lock.json"), name: "npm", lockfile: "package-lock.json" },
    {
      is: "service",
      ...proof("package.json:5"),
      name: "web",
      kind: "web",
      command: "npm start",
      port: 3000,
      portFlag: "--port",
    },
    { is: "service", ...proof("Procfile:2"), name: "worker", kind: "worker", command: "node worker.js" },
    { is: "check", ...proof("package.json:6"), name: "test", kind: "test", command: "npm test" },
    { is: "check", ...proof("package.json:7"), name: "lint", kind: "lint", command: "npm run lint" },
    { is: "env", ...proof(".env.example:1"), name: "DATABASE_URL", example: "postgres://prod/db", required: true },
    { is: "env", ...proof(".env.example:2"), name: "STRIPE_SECRET_KEY", required: true },
    { is: "env", ...proof(".env.example:3"), name: "GREETING", example: "hi" },
    { is: "database", ...proof("package.json:9"), engine: "postgres", via: "client", env: "DATABASE_URL" },
    { is: "migration", ...proof("migrations"), tool: "sql", command: "npm run migrate", engine: "postgres" },
    ...more,
  ];
  const detections: Detection[] = drafts.map((draft) => DetectionSchema.parse(draft));
  return makePlan({ detections, problems: [] });
}

function service(plan: Plan, name: string) {
  const found = plan.services.find((one) => one.name === name);
  assert.ok(found, `no service ${name} among ${plan.services.map((one) => one.name).join(", ")}`);
  return found;
}

function problemsOf(raw: unknown): string[] {
  const { plan } = applyConfig(detected(), raw);
  assert.ok(plan.problems.every((problem) => problem.file === FILE));
  return plan.problems.map((problem) => problem.message);
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

describe("overrides", () => {
  test("no configuration changes nothing, and the plan that was given stays as it is", () => {
    const plan = detected();
    const before = structuredClone(plan);
    assert.deepEqual(applyConfig(plan, undefined), { plan: before, commands: [] });
    applyConfig(plan, { services: { web: { command: "x", port: 1 } }, runtimes: { node: "22" }, env: { A: "b" } });
    assert.deepEqual(plan, before);
  });

  test("a service's command is the configuration's: certain, with its evidence, and what it contradicts is said", () => {
    const { plan, commands } = applyConfig(detected(), {
      services: { web: { command: "node server.js", build: "npm run css", port: 4000, portEnv: "HTTP_PORT" } },
    });
    const web = service(plan, "web");
    assert.equal(web.commands.start, "node server.js");
    assert.equal(web.commands.build, "npm run css");
    assert.equal(web.port, 4000);
    assert.equal(web.portEnv, "HTTP_PORT");
    assert.equal(web.portFlag, undefined, "the flag of another command");
    assert.equal(web.confidence, 1);
    assert.equal(web.because[0], `${FILE}#services.web`);
    assert.ok(web.because.includes("package.json:5"), "what was detected is still evidence");
    assert.deepEqual(commands, ["npm run css", "node server.js"]);
    assert.deepEqual(
      plan.disagreements.map(({ what, chose, over }) => [what, chose, over[0]?.value]),
      [
        ["start command of web", "node server.js", "npm start"],
        ["port of web", "4000", "3000"],
      ],
    );
    assert.deepEqual(plan.builds, [{ dir: ".", command: "npm run css", because: [`${FILE}#services.web`] }]);
  });

  test("saying what was detected anyway is no disagreement, and a port alone needs no approval", () => {
    const { plan, commands } = applyConfig(detected(), { services: { web: { port: 3000 } } });
    assert.deepEqual(plan.disagreements, []);
    assert.deepEqual(commands, []);
    assert.equal(service(plan, "web").portFlag, "--port");
  });

  test("a detected command in another directory is another command", () => {
    const { plan, commands } = applyConfig(detected(), {
      services: { web: { dir: "./apps/web/" } },
      checks: { test: { dir: "apps/web" } },
    });
    assert.equal(service(plan, "web").dir, "apps/web");
    assert.deepEqual(commands, ["npm start (in apps/web)", "npm test (in apps/web)"]);
  });

  test("a service that nobody detected is added where it has a command", () => {
    const { plan, commands } = applyConfig(detected(), {
      services: {
        mailer: { command: "node mail.js", dir: "mail", needs: ["postgres", "web"] },
        api: { command: "x", port: 9 },
      },
    });
    const mailer = service(plan, "mailer");
    assert.equal(mailer.kind, "worker");
    assert.equal(mailer.language, "javascript");
    assert.deepEqual(mailer.health, { kind: "process" });
    assert.deepEqual(mailer.needs, ["postgres", "web"]);
    assert.deepEqual(service(plan, "api").health, { kind: "port" });
    assert.deepEqual(commands, ["node mail.js (in mail)", "x"]);
    assert.deepEqual(plan.problems, []);
  });

  test("what is disabled is gone, said, and needed by nobody", () => {
    const { plan, commands } = applyConfig(
      detected({
        is: "service",
        dir: ".",
        because: ["compose.yaml:3"],
        confidence: 0.9,
        name: "ui",
        kind: "web",
        command: "npm run ui",
        needs: ["web"],
      }),
      {
        services: { web: { disabled: true, command: "never run" } },
        checks: { lint: { disabled: true } },
        databases: { postgres: { disabled: true } },
        installs: { ".": { disabled: true } },
      },
    );
    assert.ok(!plan.services.some((one) => one.name === "web" || one.needs.includes("web")));
    assert.deepEqual(
      plan.checks.map((one) => one.name),
      ["test"],
    );
    assert.deepEqual([plan.databases, plan.installs, commands], [[], [], []]);
    assert.deepEqual(
      plan.disagreements.filter((one) => one.chose === "left out").map((one) => one.what),
      ["installing .", "database postgres", "service web", "check lint"],
    );
  });

  test("checks, installs, databases and runtimes", () => {
    const { plan, commands } = applyConfig(detected(), {
      checks: { test: { command: "npm run test:unit" }, e2e: { command: "npx playwright test", kind: "test" } },
      installs: { ".": { manager: "pnpm", lockfile: "pnpm-lock.yaml" }, docs: { manager: "yarn" } },
      databases: {
        postgres: { migrate: "npx prisma migrate deploy", seed: "npm run seed" },
        cache: { engine: "redis", env: "REDIS_URL" },
      },
      runtimes: { node: "22", python: "3.12" },
    });
    assert.deepEqual(plan.checks.map(({ name, command }) => `${name}: ${command}`).toSorted(), [
      "e2e: npx playwright test",
      "lint: npm run lint",
      "test: npm run test:unit",
    ]);
    assert.deepEqual(
      plan.installs.map(({ dir, manager, lockfile }) => [dir, manager, lockfile]),
      [
        [".", "pnpm", "pnpm-lock.yaml"],
        ["docs", "yarn", undefined],
      ],
    );
    assert.deepEqual(plan.databases[0]?.migrations, [
      { tool: "configured", dir: ".", command: "npx prisma migrate deploy", seed: "npm run seed" },
    ]);
    assert.deepEqual([plan.databases[1]?.name, plan.databases[1]?.engine], ["cache", "redis"]);
    assert.deepEqual(
      plan.toolchains.map(({ runtime, version, language }) => [runtime, version, language]),
      [
        ["node", "22", "javascript"],
        ["python", "3.12", "python"],
      ],
    );
    assert.equal(service(plan, "web").runtime?.version, "22");
    assert.deepEqual(commands, [
      "npx prisma migrate deploy",
      "npm run seed",
      "npm run test:unit",
      "npx playwright test",
    ]);
  });

  test("a guess that the configuration confirms is certain", () => {
    const guess: DetectionDraft = {
      is: "service",
      dir: "tools",
      because: ["tools/x.js"],
      confidence: 0.3,
      name: "tool",
      kind: "worker",
      command: "node x.js",
    };
    const { plan } = applyConfig(detected(guess), {
      services: { tool: { health: { kind: "log", pattern: "ready" } } },
    });
    assert.equal(service(plan, "tool").confidence, 1);
    assert.deepEqual(service(plan, "tool").health, { kind: "log", pattern: "ready" });
  });
});

describe("variables", () => {
  test("a value counts everywhere, a class says who gives it, and a service's own count for it alone", () => {
    const { plan } = applyConfig(detected(), {
      env: { GREETING: "good day", STRIPE_SECRET_KEY: { class: "placeholder" }, NEW_ONE: { class: "generated" } },
      services: { web: { env: { THEME: "dark" } } },
    });
    const byName = Object.fromEntries(plan.env.map((one) => [one.name, one]));
    assert.deepEqual(
      [byName["GREETING"]?.example, byName["GREETING"]?.class, byName["GREETING"]?.required],
      ["good day", "placeholder", true],
    );
    assert.equal(byName["STRIPE_SECRET_KEY"]?.class, "placeholder");
    assert.equal(byName["NEW_ONE"]?.class, "generated");
    assert.deepEqual(service(plan, "web").values, { THEME: "dark" });
    assert.ok(service(plan, "web").env.includes("THEME"));
    assert.equal(service(plan, "worker").values, undefined);
  });

  test("the address of a database is never taken from the repository", () => {
    const raw = {
      env: { DATABASE_URL: "postgres://prod/other" },
      services: { web: { env: { REDIS_URL: "redis://prod", MODE: "x" } } },
    };
    const { plan } = applyConfig(detected(), raw);
    assert.deepEqual(service(plan, "web").values, { MODE: "x" });
    assert.equal(plan.env.find((one) => one.name === "DATABASE_URL")?.example, "postgres://prod/db");
    assert.deepEqual(problemsOf(raw), [
      "services.web.env.REDIS_URL: it is not used: only databases that Lodestar made itself are contacted",
      "env.DATABASE_URL: it is not used: only databases that Lodestar made itself are contacted",
    ]);
  });

  test("a secret is not used, since the plan is written to the log", () => {
    const { plan } = applyConfig(detected(), { env: { API: "s3cret" } }, { isSecret: (text) => text === "s3cret" });
    assert.ok(!plan.env.some((one) => one.name === "API"));
    assert.match(plan.problems[0]?.message ?? "", /^env\.API: it looks like a secret/);
  });
});

describe("what is wrong is said, and the rest counts", () => {
  test("unknown keys, wrong types and missing parts", () => {
    const raw = {
      services: {
        web: { comand: "x", port: "3000", command: "node server.js", health: { path: "/up" }, needs: ["postgres", 3] },
      },
      checks: { test: { kind: "unit" } },
      env: { "NOT-A-NAME": "x", COUNT: 3 },
      extra: true,
    };
    assert.deepEqual(problemsOf(raw).toSorted(), [
      'checks.test.kind: expected one of "test"|"types"|"lint"|"format"|"build"',
      'env.COUNT: expected a text, or { "class": "placeholder" | "generated" | "secret" }',
      "env.NOT-A-NAME: expected the name of an environment variable",
      "extra: is not known here; expected one of $schema, services, checks, installs, databases, env, runtimes",
      "services.web.comand: is not known here; expected one of dir, command, build, port, portEnv, health, env, needs, disabled",
      'services.web.health.kind: expected one of "http"|"port"|"log"|"process"',
      "services.web.needs.1: expected string, received number",
      "services.web.port: expected number, received string",
    ]);
    const web = service(applyConfig(detected(), raw).plan, "web");
    assert.deepEqual([web.commands.start, web.port, web.needs], ["node server.js", 3000, ["postgres"]]);
  });

  test("names that are not in the plan", () => {
    assert.deepEqual(
      problemsOf({
        services: { wbe: { port: 1 }, gone: { disabled: true }, web: { needs: ["nothing"] } },
        checks: { e2e: { dir: "x" }, smoke: { command: "x" } },
        databases: { db: {}, other: { engine: "redis" } },
        installs: { docs: {} },
      }),
      [
        "installs.docs: no package manager was found there, so it needs a manager",
        "databases.db: there is no database db in the plan, so it needs an engine",
        "databases.other: it needs env, the variable that carries its URL",
        "services.wbe: there is no service wbe in the plan, so it needs a command",
        "services.gone: it is not in the plan, so there is nothing to leave out",
        "checks.e2e: there is no check e2e in the plan, so it needs a command",
        "checks.smoke: it needs a kind: test, types, lint, format, build",
        "services.web.needs: there is no service or database nothing",
      ],
    );
  });

  test("paths that leave the repository and commands that hide what they are", () => {
    for (const dir of ["/etc", "../x", "a/../../x", "C:\\x", "\\\\host\\x"])
      assert.match(problemsOf({ services: { web: { dir } } })[0] ?? "", /services\.web\.dir: expected a folder inside/);
    for (const command of ["evil\u001b[2K\rnpm start", "a\nb", "npm \u202Etrats", "x\u200b", ""])
      assert.equal(problemsOf({ services: { web: { command } } }).length, 1);
    assert.ok(!problemsOf({ services: { "a\u001b[2K": {} } })[0]?.includes("\u001b"));
  });

  test("a file that is no object", () => {
    for (const raw of [null, [], 3, "x"]) assert.match(problemsOf(raw).join(), /^the file: expected object/);
  });

  test("names that every object has are names like others", () => {
    const raw: unknown = JSON.parse(
      '{"services":{"constructor":{"command":"x"},"web":{"needs":["constructor"]}},"env":{"toString":"v","__proto__":"w"}}',
    );
    const { plan, commands } = applyConfig(detected(), raw);
    assert.deepEqual(commands, ["x"]);
    assert.deepEqual(service(plan, "web").needs, ["constructor"]);
    assert.equal(plan.env.find((one) => one.name === "toString")?.example, "v");
  });
});

describe("approval", () => {
  test("another command, directory or repository is another approval; order of keys and ports are not", () => {
    const id = (raw: unknown, repo = "r") => approvalOf(repo, applyConfig(detected(), raw).commands, hash);
    const one = id({ services: { web: { command: "a" } } });
    assert.match(one, /^config-[0-9a-f]{32}$/);
    assert.equal(one, id({ services: { web: { port: 3, command: "a" } } }));
    const others = [
      id({ services: { web: { command: "b" } } }),
      id({ services: { web: { command: "a", dir: "x" } } }),
      id({ services: { web: { command: "a" } } }, "q"),
    ];
    assert.equal(new Set([one, ...others]).size, 4);
  });
});

describe("in a repository", () => {
  const files: Record<string, string> = {
    "package.json": JSON.stringify({ name: "shop", scripts: { start: "node server.js", test: "node --test" } }),
    "server.js": "require('http').createServer().listen(process.env.PORT || 3000)",
  };
  async function planned(config: string | undefined): Promise<{ plan: Plan; commands: string[] }> {
    const all = config === undefined ? files : { ...files, [FILE]: config };
    const view = viewRepo({ files: Object.keys(all), read: async (path) => all[path] });
    return planRepo(view, (await loadPlugins()).detectors);
  }

  test("the file is read with the repository, and overrides what its detectors found", async () => {
    const found = await planned(undefined);
    const name = found.plan.services[0]?.name ?? "";
    const { plan, commands } = await planned(JSON.stringify({ services: { [name]: { command: "node other.js" } } }));
    assert.equal(plan.services[0]?.commands.start, "node other.js");
    assert.deepEqual(commands, ["node other.js"]);
    assert.ok(plan.disagreements.some((one) => one.chose === "node other.js"));
  });

  test("a file that is no JSON is a problem, and the plan is what was detected", async () => {
    const found = await planned(undefined);
    const broken = await planned('{ "services": ');
    assert.deepEqual(broken.plan.services, found.plan.services);
    assert.deepEqual(
      broken.plan.problems.map((one) => one.file),
      [FILE],
    );
  });
});

test("the schema for editors is what the reader takes, and the page names every key", async () => {
  await promisify(execFile)(process.execPath, ["scripts/schema.mjs", "--check"], { cwd: root });
  const page = readFileSync(`${root}/docs/configuration.md`, "utf8");
  const keys = Object.keys(Config.shape).filter((key) => key !== "$schema");
  const { services, checks, installs, databases } = Config.shape;
  for (const one of [services, checks, installs, databases]) keys.push(...Object.keys(one.unwrap().valueType.shape));
  for (const key of new Set(keys)) assert.ok(page.includes(`\`${key}\``), `docs/configuration.md does not name ${key}`);
});
