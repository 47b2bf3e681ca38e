import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { describe, it } from "node:test";
import { createPorts, isFree } from "./ports.ts";

async function listen(port: number, host: string): Promise<Server> {
  const server = createServer();
  server.listen({ port, host, ipv6Only: host === "::1" });
  await once(server, "listening");
  return server;
}

async function freePort(): Promise<number> {
  const server = await listen(0, "127.0.0.1");
  const address = server.address();
  assert.ok(address && typeof address === "object");
  server.close();
  await once(server, "close");
  return address.port;
}

describe("ports", () => {
  it("gives the wanted port when it is free", async () => {
    const wanted = await freePort();
    assert.deepEqual(await createPorts().lease({ site: "a", name: "web", wanted }), { port: wanted });
  });

  it("gives a port that stays the same, and says who has the wanted one", async (t) => {
    const wanted = await freePort();
    for (const host of ["127.0.0.1", "0.0.0.0", "::1"]) {
      const holder = await listen(wanted, host).catch(() => undefined);
      if (!holder) {
        t.diagnostic(`no ${host} here`);
        continue;
      }
      const first = await createPorts().lease({ site: "a", name: "web", wanted });
      const again = await createPorts().lease({ site: "a", name: "web", wanted });
      assert.equal(first.port, again.port);
      assert.ok(first.port >= 20_000 && first.port <= 31_999);
      assert.match(first.wantedBy ?? "", new RegExp(`pid ${process.pid}`));
      holder.close();
      await once(holder, "close");
    }
  });

  it("never leases one port twice, also when asked at the same time", async () => {
    const ports = createPorts();
    const wanted = await freePort();
    const names = Array.from({ length: 40 }, (_, index) => `service${index}`);
    const leases = await Promise.all(names.map((name) => ports.lease({ site: "a", name, wanted })));
    assert.equal(new Set(leases.map((lease) => lease.port)).size, names.length);
    assert.equal(leases[1]?.wantedBy, "service0 of a");
  });

  it("gives the same lease again, until it is released or somebody else took the port", async () => {
    const ports = createPorts();
    const wanted = await freePort();
    await ports.lease({ site: "a", name: "web", wanted });
    const server = await listen(wanted, "127.0.0.1");
    const mine = await ports.lease({ site: "a", name: "web", wanted, ours: async (pid) => pid === process.pid });
    assert.equal(mine.port, wanted);
    const taken = await ports.lease({ site: "a", name: "web", wanted, ours: async () => false });
    assert.notEqual(taken.port, wanted);
    server.close();
    await once(server, "close");
    ports.release("a");
    assert.equal((await ports.lease({ site: "b", name: "web", wanted })).port, wanted);
  });

  it("finds the process that listens", async () => {
    const ports = createPorts();
    const server = await listen(0, "127.0.0.1");
    const address = server.address();
    assert.ok(address && typeof address === "object");
    assert.equal((await ports.listener(address.port))?.pid, process.pid);
    assert.equal(await isFree(address.port), false);
    server.close();
    await once(server, "close");
    assert.equal(await ports.listener(address.port), undefined);
    assert.equal(await isFree(address.port), true);
  });

  it("says that a reserved port is the system's", async (t) => {
    if (process.getuid?.() === 0) return t.skip("root may use every port");
    if (await isFree(81)) return t.skip("this system reserves no ports");
    const lease = await createPorts().lease({ site: "a", name: "web", wanted: 81 });
    assert.match(lease.wantedBy ?? "", /reserved|pid/);
  });
});
