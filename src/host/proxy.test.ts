import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startRegistryProxy } from "./proxy.ts";

test("a host is looked up once for many packages, and again when it was not found", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lodestar-proxy-"));
  const registry = createServer((_asked, response) => response.end("package"));
  await once(registry.listen(0, "127.0.0.1"), "listening");
  const address = registry.address();
  const port = typeof address === "object" && address ? address.port : assert.fail("it has no port");
  const asked: string[] = [];
  const proxy = await startRegistryProxy({
    socketPath: join(folder, "proxy.sock"),
    allow: [`registry.test:${port}`, `late.test:${port}`],
    resolve: async (host) => {
      asked.push(host);
      if (host === "late.test" && asked.filter((one) => one === host).length === 1) throw new Error("ENOTFOUND");
      return [{ address: "127.0.0.1", family: 4 }];
    },
  });
  const get = (host: string): Promise<number | undefined> =>
    new Promise((done, refuse) => {
      const own = request({ socketPath: proxy.socketPath, path: `http://${host}:${port}/p`, agent: false });
      own.on("response", (reply) => done(reply.resume().statusCode)).on("error", refuse);
      own.end();
    });
  try {
    const answers = await Promise.all(Array.from({ length: 20 }, () => get("registry.test")));
    assert.deepEqual([...new Set(answers)], [200]);
    assert.deepEqual(asked, ["registry.test"]);
    assert.deepEqual([await get("late.test"), await get("late.test")], [403, 200]);
  } finally {
    await proxy.close();
    registry.close();
    await rm(folder, { recursive: true, force: true });
  }
});
