import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import getPort from "get-port";
import { viewRepo } from "../../host/repo-view.ts";
import plugin from "./static-site.ts";

test("the command of a static site serves its pages, and nothing above its folder", async (t) => {
  const url = await served(t, "root: dist");
  const home = await answer(url);
  assert.equal(home.status, 200);
  assert.match(home.headers.get("content-type") ?? "", /text\/html/);
  assert.equal(await (await fetch(`${url}about`)).text(), "<h1>about</h1>");
  assert.equal((await fetch(`${url}%2e%2e/secret.txt`)).status, 404);
  assert.equal((await fetch(`${url}%zz`)).status, 200);
  assert.equal((await fetch(`${url}none.css`)).status, 404);
});

test("where the Staticfile says so, what is not there is answered with the first page", async (t) => {
  const url = await served(t, "root: dist\nindex_fallback: true");
  assert.equal(await (await answer(url)).text(), "<h1>home</h1>");
  const deep = await fetch(`${url}orders/7`);
  assert.deepEqual([deep.status, await deep.text()], [200, "<h1>home</h1>"]);
  assert.equal(await (await fetch(`${url}about`)).text(), "<h1>about</h1>");
});

/** A small site in `dist`, served by the command that is detected for this Staticfile; gives its address. */
async function served(t: TestContext, staticfile: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "lodestar-site-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, "dist/about"), { recursive: true });
  await writeFile(join(root, "dist/index.html"), "<h1>home</h1>");
  await writeFile(join(root, "dist/about/index.html"), "<h1>about</h1>");
  await writeFile(join(root, "secret.txt"), "secret");
  const files: Record<string, string> = { Staticfile: staticfile, "dist/index.html": "" };
  const view = viewRepo({ files: Object.keys(files), read: async (path) => files[path] });
  const service = (await plugin.detect(view.dir("."))).find((found) => found.is === "service");
  assert.ok(service);
  const port = await getPort();
  const child = spawn(service.command, {
    shell: true,
    cwd: root,
    detached: true,
    env: { ...process.env, PORT: String(port) },
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  });
  return `http://127.0.0.1:${port}/`;
}

/** The first answer of a server that is just starting. */
async function answer(url: string): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetch(url);
    } catch (error) {
      if (attempt > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
