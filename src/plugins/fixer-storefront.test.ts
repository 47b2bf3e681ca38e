/** The storefront's own faults, met for real: each failure's output leads to the repair that makes the next start go further. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import getPort from "get-port";
import { loadPlugins } from "../host/plugins.ts";
import { proposeRepair, withVariable } from "../kernel/fix.ts";
import type { Action, Failure } from "../sdk/index.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { planWithDatabase } from "./fixer/_shared-databases.ts";

const STOREFRONT = fileURLToPath(new URL("../../examples/storefront", import.meta.url));
const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const { fixers } = await loadPlugins();
const plan = {
  ...planWithDatabase("postgres", "DATABASE_URL", "api", "worker"),
  env: [{ name: "SESSION_SECRET", dir: ".", class: "generated" as const, required: true, because: [".env.example:7"] }],
};

describe("the faults of the storefront", () => {
  let root: string;
  let server: TestPostgres | string;
  const children: ChildProcess[] = [];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "lodestar-storefront-"));
    await cp(STOREFRONT, root, { recursive: true, filter: (path) => !path.includes("node_modules") });
    // The storefront's one dependency is ours too; a link to each package is what npm makes of the workspace.
    await linkModules(root);
    server = await startPostgres();
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    if (typeof server !== "string") await server.stop();
    await rm(root, { recursive: true, force: true });
  });

  test("from a bare checkout to a healthy API, repair by repair", async (t) => {
    if (typeof server === "string") return t.skip(server);
    const url = await server.database();
    const history: { fixer: string; service: string; fingerprint: string; actions: readonly Action[] }[] = [];
    let env: Readonly<Record<string, string>> = { PORT: String(await getPort()) };
    const fix = (output: string) => {
      const proposal = proposeRepair({ failure: failureOf("api", output, env), fixers, history });
      assert.ok("repair" in proposal, `${"none" in proposal ? proposal.none : ""}:\n${output}`);
      const { fixer, repair, fingerprint } = proposal;
      history.push({ fixer, service: "api", fingerprint, actions: repair.actions });
      return repair.actions;
    };

    const [secret] = fix((await runToEnd("api", ["server.js"], env)).output);
    assert.deepEqual(secret, { do: "set-env", name: "SESSION_SECRET", generate: true, service: "api" });
    if (secret?.do === "set-env") env = withVariable(env, secret, { service: "api", generate: () => "0f".repeat(16) });

    const [database] = fix((await runToEnd("api", ["server.js"], env)).output);
    assert.deepEqual(database, { do: "start-database", engine: "postgres", env: "DATABASE_URL" });

    const nowhere = { ...env, DATABASE_URL: url.replace(/\/\w+$/, "/storefront_of_nobody") };
    const missing = (await runToEnd("api", ["server.js"], nowhere)).output;
    const other = proposeRepair({ failure: failureOf("api", missing, nowhere), fixers, history: [] });
    assert.ok("repair" in other);
    assert.equal(other.fixer, "fixer/database-missing");
    env = { ...env, DATABASE_URL: url };

    assert.deepEqual(fix((await runToEnd("api", ["server.js"], env)).output), [
      { do: "migrate", dir: "api" },
      { do: "migrate", dir: "worker" },
    ]);
    await migrate("api", env);

    // Only its health check shows that the worker's table is not there.
    const api = await start("api", env, children);
    const health = await fetch(`http://127.0.0.1:${env["PORT"]}/health`);
    assert.equal(health.status, 503);
    const shown = proposeRepair({ failure: failureOf("api", api.output(), env), fixers, history: [] });
    assert.ok("repair" in shown);
    assert.equal(shown.fixer, "fixer/pending-migration");
    await migrate("worker", env);
    const healthy = await fetch(`http://127.0.0.1:${env["PORT"]}/health`);
    assert.deepEqual(await healthy.json(), { ok: true, products: 0, waiting: 0 });

    // The web wants the same port, and gets another.
    const taken = await runToEnd("web", ["server.js"], { PORT: env["PORT"] ?? "" });
    const moved = proposeRepair({ failure: failureOf("web", taken.output, {}), fixers, history });
    assert.ok("repair" in moved);
    assert.deepEqual(moved.repair.actions, [{ do: "use-port", service: "web" }]);
  });

  function failureOf(service: string, output: string, env: Readonly<Record<string, string>>): Failure {
    const facts = { phase: "start" as const, dir: service, service, command: "npm start", exit: 1, output };
    return { ...facts, plan, env: Object.keys(env), names: ["package.json"], manifests: {} };
  }

  async function migrate(dir: string, env: Readonly<Record<string, string>>) {
    const done = await runToEnd(dir, ["../shared/migrate.js", "migrations"], env);
    assert.equal(done.exit, 0, done.output);
  }

  async function runToEnd(dir: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawnNode(join(root, dir), args, env);
    const exit = await new Promise<number | null>((resolve) => child.process.once("close", resolve));
    return { exit, output: child.output() };
  }

  async function start(dir: string, env: Readonly<Record<string, string>>, running: ChildProcess[]) {
    const child = spawnNode(join(root, dir), ["server.js"], env);
    running.push(child.process);
    await new Promise<void>((resolve, reject) => {
      child.process.stdout?.on("data", () => child.output().includes("listens on") && resolve());
      child.process.once("close", () => reject(new Error(child.output())));
    });
    return child;
  }
});

function spawnNode(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, args, { cwd, env: { PATH: dirname(process.execPath), ...env } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  return { process: child, output: () => output };
}

async function linkModules(root: string) {
  await mkdir(join(root, "node_modules/@storefront"), { recursive: true });
  for (const name of await readdir(MODULES))
    if (/^pg|^postgres-|^split2$|^xtend$/.test(name))
      await symlink(join(MODULES, name), join(root, "node_modules", name));
  await symlink(join(root, "shared"), join(root, "node_modules/@storefront/shared"));
}
