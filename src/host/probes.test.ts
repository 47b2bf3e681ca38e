import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type Server } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { probe } from "./probes.ts";

async function serve(t: TestContext, server: Server, host = "127.0.0.1"): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return address.port;
}

function http(t: TestContext, answer: RequestListener, host?: string): Promise<number> {
  return serve(t, createHttpServer(answer), host);
}

const alive = { exited: new Promise<never>(() => {}), tail: async () => "" };

describe("probes", () => {
  it("takes any answer below 500 as healthy and does not follow redirects", async (t) => {
    let asked = 0;
    const port = await http(t, (request, response) => {
      asked++;
      response.writeHead(Number(request.url?.slice(1)), { location: "/500" }).end();
    });
    for (const [status, ok] of [
      ["200", true],
      ["302", true],
      ["404", true],
      ["500", false],
      ["503", false],
    ] as const) {
      const answer = await probe({ kind: "http", port, path: `/${status}`, timeout: 2000 });
      assert.equal(answer.ok, ok, status);
      assert.match(answer.detail, new RegExp(`GET /${status} on port ${port} answered ${status} in \\d+ ms`));
    }
    assert.equal(asked, 5);
  });

  it("finds a server that listens on ::1 only", async (t) => {
    const port = await http(t, (_request, response) => response.end(), "::1").catch(() => undefined);
    if (port === undefined) return t.skip("no IPv6 here");
    assert.equal((await probe({ kind: "http", port, timeout: 2000 })).ok, true);
    assert.equal((await probe({ kind: "port", port, timeout: 2000 })).ok, true);
  });

  it("says what is wrong: nothing there, no answer, no HTTP", async (t) => {
    const silent = await serve(t, createServer());
    const strange = await serve(
      t,
      createServer((socket) => socket.end("hello\r\n\r\n")),
    );
    const gone = createServer();
    const port = await serve(t, gone);
    gone.close();
    await once(gone, "close");
    assert.match((await probe({ kind: "http", port, timeout: 500 })).detail, /nothing listens on port/);
    assert.match((await probe({ kind: "port", port, timeout: 500 })).detail, /nothing listens on port/);
    assert.match((await probe({ kind: "http", port: silent, timeout: 50 })).detail, /no answer within 50 ms/);
    assert.match((await probe({ kind: "http", port: strange, timeout: 500 })).detail, /does not speak HTTP/);
    assert.equal((await probe({ kind: "port", port: silent, timeout: 500 })).ok, true);
    assert.equal((await probe({ kind: "http", timeout: 10 })).detail, "no port is known");
  });

  it("looks for a pattern in the output, also when it is no regular expression", async () => {
    const running = { ...alive, tail: async () => "starting\nListening on 3000 (dev\n" };
    assert.deepEqual(await probe({ kind: "log", pattern: "listening on \\d+", timeout: 10, running }), {
      kind: "log",
      ok: true,
      detail: "Listening on 3000 (dev",
    });
    assert.equal((await probe({ kind: "log", pattern: "(dev", timeout: 10, running })).ok, true);
    assert.match((await probe({ kind: "log", pattern: "ready", timeout: 10, running })).detail, /no line matches/);
  });

  it("takes a process as started when it stayed alive for two seconds", async () => {
    const running = { ...alive };
    assert.match((await probe({ kind: "process", timeout: 10, running })).detail, /alive for \d+ ms only/);
    assert.equal((await probe({ kind: "process", timeout: 3000, running })).ok, true);
    const ended = { ...alive, exited: Promise.resolve({ exit: 3, signal: null }) };
    assert.equal((await probe({ kind: "process", timeout: 3000, running: ended })).detail, "it exited with status 3");
  });
});
