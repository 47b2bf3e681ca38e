import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { isOutsideError, isUserError, type Clock } from "../sdk/index.ts";
import { machinePath, openToolbox } from "./toolbox.ts";

const clock: Clock = { now: () => Date.now(), sleep: () => Promise.resolve() };

/** A package registry on loopback that serves one package, `tool` 1.0.0 and 1.2.0, whose install script would leave a mark. */
async function startRegistry(folder: string): Promise<{ server: Server; url: string; downloads: () => number }> {
  const source = join(folder, "package");
  await mkdir(source, { recursive: true });
  const manifest = { name: "tool", version: "1.2.0", bin: "tool.js", scripts: { postinstall: "touch ran" } };
  await writeFile(join(source, "package.json"), JSON.stringify(manifest));
  await writeFile(join(source, "tool.js"), "#!/usr/bin/env node\nconsole.log('tool 1.2.0')\n");
  const tarball = execFileSync("tar", ["-czf", "-", "-C", folder, "package"]);
  let downloads = 0;
  const server = createServer((request, response) => {
    const host = `http://${request.headers.host}`;
    if (request.url === "/tool/-/tool-1.2.0.tgz") {
      downloads++;
      response.end(tarball);
    } else if (request.url === "/tool") {
      const dist = {
        tarball: `${host}/tool/-/tool-1.2.0.tgz`,
        integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
      };
      response.setHeader("content-type", "application/json");
      const versions = { "1.0.0": { ...manifest, version: "1.0.0", dist }, "1.2.0": { ...manifest, dist } };
      response.end(JSON.stringify({ name: "tool", "dist-tags": { latest: "1.2.0" }, versions }));
    } else {
      response.statusCode = 404;
      response.end("{}");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { server, url: `http://127.0.0.1:${port}/`, downloads: () => downloads };
}

describe("toolbox", () => {
  let folder = "";
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodestar-toolbox-"));
    registry = await startRegistry(join(folder, "registry"));
  });
  after(async () => {
    registry.server.closeAllConnections();
    registry.server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("installs once for two callers, without scripts, and leaves nothing else", async () => {
    const dir = join(folder, "a");
    const stale = join(dir, ".making-999999999-abc");
    await mkdir(stale, { recursive: true });
    const toolbox = openToolbox({ dir, clock, registry: registry.url });
    const [one, two] = await Promise.all([toolbox.ensure("tool", "1.2.0"), toolbox.ensure("tool", "1.2.0")]);
    assert.equal(one, two);
    assert.equal(one, join(dir, "tool@1.2.0"));
    assert.equal(registry.downloads(), 1);
    assert.equal(await toolbox.version(join(one, "node_modules/.bin/tool"), []), "tool 1.2.0");
    assert.deepEqual((await readdir(join(one, "node_modules/tool"))).toSorted(), ["package.json", "tool.js"]);
    assert.deepEqual((await readdir(dir)).toSorted(), [".npm-cache", "tool@1.2.0"]);
    await registryDown(async (url) => {
      assert.equal(await openToolbox({ dir, clock, registry: url }).ensure("tool", "1.2.0"), one);
    });
  });

  test("lists what the registry has", async () => {
    const toolbox = openToolbox({ dir: join(folder, "b"), clock, registry: registry.url });
    assert.deepEqual(await toolbox.published("tool"), ["1.0.0", "1.2.0"]);
  });

  test("says that the registry cannot be reached, and what to type", async () => {
    await registryDown(async (url) => {
      const dir = join(folder, "c");
      const toolbox = openToolbox({ dir, clock, registry: url });
      await assert.rejects(toolbox.ensure("tool", "1.0.0"), (error) => {
        assert.ok(isOutsideError(error) && error.retryable);
        assert.match(error.message, /could not reach the registry to install tool@1\.0\.0 \(ECONNREFUSED\).*npm ping/);
        return true;
      });
      assert.deepEqual(await readdir(dir), [".npm-cache"]);
    });
  });

  test("a version that does not exist is no network failure", async () => {
    const toolbox = openToolbox({ dir: join(folder, "d"), clock, registry: registry.url });
    await assert.rejects(
      toolbox.ensure("tool", "9.9.9"),
      (error) => isOutsideError(error) && !error.retryable && /tool@9\.9\.9/.test(error.message),
    );
  });

  test("an install that is killed leaves nothing half-done", async () => {
    const dir = join(folder, "e");
    const slow = createServer((request) => request.socket.once("close", () => {}));
    slow.listen(0, "127.0.0.1");
    await once(slow, "listening");
    const address = slow.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
    const code = `import { machinePath, openToolbox } from ${JSON.stringify(new URL("toolbox.ts", import.meta.url).href)};
      await openToolbox({ dir: ${JSON.stringify(dir)}, clock: { now: Date.now }, registry: ${JSON.stringify(url)} }).ensure("tool", "1.2.0");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "ignore" });
    await once(slow, "request");
    child.kill("SIGKILL");
    await once(child, "exit");
    slow.closeAllConnections();
    slow.close();
    const toolbox = openToolbox({ dir, clock, registry: registry.url });
    await toolbox.ensure("tool", "1.2.0");
    assert.deepEqual(
      (await readdir(dir)).filter((name) => name !== ".npm-cache"),
      ["tool@1.2.0"],
    );
  });

  test("a repo's commands do not find what only Lodestar or another project installed", () => {
    const path = "/app/node_modules/.bin:/app/node_modules/node/bin:node_modules/.bin::/usr/local/bin:/usr/bin";
    assert.deepEqual(machinePath(path.replaceAll(":", delimiter)), ["/usr/local/bin", "/usr/bin"]);
  });

  test("finds programs of the machine, not of a repo that PATH leads to", async () => {
    const bin = join(folder, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "hello"), "#!/bin/sh\necho >&2\necho hello 3.4 >&2\n");
    await chmod(join(bin, "hello"), 0o755);
    await writeFile(join(bin, "text"), "no program");
    await symlink(join(bin, "nowhere"), join(bin, "dangling"));
    const packages = join(folder, "node_modules/.bin");
    await mkdir(packages, { recursive: true });
    await symlink(join(bin, "hello"), join(packages, "hello"));
    const env = { PATH: `./bin:${packages}:${bin}:/usr/bin:/bin` };
    const toolbox = openToolbox({ dir: join(folder, "f"), clock, env });
    assert.equal(await toolbox.which("hello"), join(bin, "hello"));
    assert.equal(await toolbox.which("text"), undefined);
    assert.equal(await toolbox.which("dangling"), undefined);
    assert.equal(await toolbox.which("../bin/hello"), undefined);
    assert.equal(await toolbox.version("hello", []), "hello 3.4");
    assert.equal(await toolbox.version("sh", ["-c", "exit 1"]), undefined);
    assert.deepEqual(await toolbox.list(bin), ["dangling", "hello", "text"]);
    assert.deepEqual(await toolbox.list(join(folder, "none")), []);
  });

  test("says when npm is missing", async (t) => {
    const toolbox = openToolbox({ dir: join(folder, "g"), clock, env: { PATH: "/nowhere" } });
    const error: unknown = await toolbox.ensure("tool", "1.2.0").catch((cause: unknown) => cause);
    if (!isUserError(error)) return t.skip("npm lies beside the Node that runs this");
    assert.match(error.message, /npm is missing/);
  });
});

/** Runs `use` with the address of a port where nobody listens. */
async function registryDown(use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  server.close();
  await once(server, "close");
  await use(`http://127.0.0.1:${port}/`);
}
