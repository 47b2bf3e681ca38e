/** Installs for real, without a network: the packages are files. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { InstallSteps, PackageManagerDriver } from "../../sdk/index.ts";
import npm from "./npm.ts";
import pip from "./pip.ts";
import yarn from "./yarn.ts";

const run = promisify(execFile);

describe("installs", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodestar-install-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function repo(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const dir = join(folder, name);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(dir, path, ".."), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    return dir;
  }

  async function steps(driver: PackageManagerDriver, dir: string, lockfile?: string): Promise<InstallSteps> {
    const request = {
      lockfile,
      version: undefined,
      names: await readdir(dir),
      cache: join(folder, "cache"),
      flags: [],
    };
    return driver.install(request);
  }

  function sh(dir: string, command: string, env: Readonly<Record<string, string>>): Promise<{ stdout: string }> {
    const own = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "home"), ...env };
    return run("sh", ["-c", command], { cwd: dir, env: own });
  }

  test("npm: scripts wait for their step, and the lockfile stays as it is", async (t) => {
    if (!(await found("npm"))) return t.skip("npm not found");
    const scripts = { postinstall: "touch root-postinstall", prepare: "touch root-prepare" };
    const manifest = { name: "app", version: "1.0.0", scripts, dependencies: { dep: "file:dep.tgz" } };
    const dir = await repo("npm", {
      "package.json": JSON.stringify(manifest),
      "package/package.json": JSON.stringify({ name: "dep", version: "1.0.0", scripts: { postinstall: "touch ran" } }),
    });
    await run("tar", ["-czf", join(dir, "dep.tgz"), "-C", dir, "package"]);
    const ran = () =>
      ["node_modules/dep/ran", "root-postinstall", "root-prepare"].filter((path) => existsSync(join(dir, path)));

    const open = await steps(npm, dir);
    await sh(dir, open.fetch[0] ?? "", open.env);
    assert.ok(existsSync(join(dir, "node_modules/dep/package.json")));
    assert.equal(existsSync(join(dir, "package-lock.json")), false, "no lockfile appears where none is");
    assert.deepEqual(ran(), []);
    await sh(dir, open.scripts ?? "", open.env);
    assert.equal(ran().length, 3);

    await sh(dir, "npm install --package-lock-only --ignore-scripts", open.env);
    const lock = await readFile(join(dir, "package-lock.json"), "utf8");
    const locked = await steps(npm, dir, "package-lock.json");
    await sh(dir, locked.fetch[0] ?? "", locked.env);
    assert.deepEqual(locked.key, ["package-lock.json", "package.json"]);

    const more = { ...manifest, dependencies: { ...manifest.dependencies, again: "file:dep.tgz" } };
    await writeFile(join(dir, "package.json"), JSON.stringify(more));
    await assert.rejects(sh(dir, locked.fetch[0] ?? "", locked.env), /in sync/);
    await sh(dir, locked.fetch[1] ?? "", locked.env);
    assert.ok(existsSync(join(dir, "node_modules/again/package.json")));
    assert.equal(await readFile(join(dir, "package-lock.json"), "utf8"), lock);
  });

  test("a package that would load a browser while it is installed is told not to: its scripts have no network", async (t) => {
    if (!(await found("npm"))) return t.skip("npm not found");
    const dir = await repo("browser", {
      "package.json": '{ "name": "app", "version": "1.0.0", "dependencies": { "browser": "file:./browser" } }',
      "browser/package.json":
        '{ "name": "browser", "version": "1.0.0", "scripts": { "install": "test -n \\"$PUPPETEER_SKIP_DOWNLOAD\\" && touch done" } }',
    });
    const { fetch, scripts = "", env } = await steps(npm, dir);
    await sh(dir, fetch[0] ?? "", env);
    await sh(dir, scripts, env);
    assert.ok(existsSync(join(dir, "browser/done")));
  });

  test("yarn berry: the map of Plug'n'Play is part of what is installed, whatever a version calls it", () => {
    const lockHead = "__metadata:\n  version: 4\n";
    const request = { lockfile: "yarn.lock", lockHead, version: undefined, names: [], cache: "/c", flags: [] };
    const { outputs } = yarn.install(request);
    for (const file of [".pnp.js", ".pnp.cjs"]) assert.ok(outputs.includes(file), file);
  });

  test("yarn berry: only packages with a postinstall of their own run it, and one that fails is told", async () => {
    const scripts = (postinstall: string) => JSON.stringify({ name: "p", scripts: { postinstall } });
    const dir = await repo("berry", {
      "package.json": "{}",
      "a/package.json": scripts("echo made > made"),
      "b/package.json": scripts("exit 3"),
      "bin/yarn": '#!/bin/sh\nexec npm run --silent "$2"\n',
    });
    await chmod(join(dir, "bin/yarn"), 0o755);
    const own = (members: string[]) =>
      yarn.install({ lockfile: "yarn.lock", version: "4.4.1", names: [], cache: "/c", flags: [], members }).own ?? "";
    const env = { PATH: `${join(dir, "bin")}:${process.env["PATH"]}` };
    await sh(dir, own(["a"]), env);
    assert.equal(await readFile(join(dir, "a/made"), "utf8"), "made\n");
    await assert.rejects(sh(dir, own(["b", "a"]), env), { code: 1 });
  });

  test("pip: a project without dependencies needs no network to be importable", async (t) => {
    if (!(await found("python3", "-c", "import venv, ensurepip"))) return t.skip("python3 with venv not found");
    const dir = await repo("pip", {
      "pyproject.toml": '[build-system]\nrequires = ["no-such-build-tool"]\n[project]\nname = "grip"\nversion = "1"\n',
      "src/grip/__init__.py": "raise SystemExit('imported')",
    });
    const { fetch, scripts, env } = await steps(pip, dir);
    const offline = { ...env, PIP_NO_INDEX: "1" };
    await assert.rejects(sh(dir, fetch[0] ?? "", offline), /no-such-build-tool/);
    await sh(dir, fetch.at(-1) ?? "", offline);
    const { stdout } = await sh(dir, scripts ?? "", offline);
    assert.match(stdout, /was not built; its modules are found/);
    await assert.rejects(sh(dir, ".venv/bin/python -c 'import grip'", offline), /imported/);
    assert.equal((await readFile(join(dir, ".venv/.gitignore"), "utf8")).trim(), "*");
  });

  test("pip: tools for development that cannot be had do not fail a project that needs nothing", async (t) => {
    if (!(await found("python3", "-c", "import venv, ensurepip"))) return t.skip("python3 with venv not found");
    const extras =
      '[project.optional-dependencies]\ndev = ["no-such-tool"]\n[dependency-groups]\ntest = ["nor-this"]\n';
    const dir = await repo("pip-dev", {
      "pyproject.toml": `[project]\nname = "grip"\nversion = "1"\n${extras}`,
      "requirements.txt": "# none\n",
      "requirements-dev.txt": "no-such-list\n",
      "grip.py": "",
    });
    const { fetch, env } = await steps(pip, dir, "requirements.txt");
    const offline = { ...env, PIP_NO_INDEX: "1" };
    await assert.rejects(sh(dir, fetch[0] ?? "", offline), /no-such-list/);
    await sh(dir, fetch.at(-1) ?? "", offline);
    await sh(dir, ".venv/bin/python -c 'import grip'", offline);
  });
});

function found(program: string, ...args: readonly string[]): Promise<boolean> {
  return run(program, args.length > 0 ? args : ["--version"]).then(
    () => true,
    () => false,
  );
}
