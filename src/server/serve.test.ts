import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { Hono } from "hono";
import { serve } from "./serve.ts";

const named = (port: number) => new Hono().get("/", (c) => c.text(`port ${port}`));

async function text(port: number, host = "127.0.0.1"): Promise<string> {
  return (await fetch(`http://${host}:${port}/`)).text();
}

test("the port of the last time is taken again, and the app knows it", async () => {
  const first = await serve(0, named);
  assert.equal(await text(first.port), `port ${first.port}`);
  await first.close();
  const again = await serve(first.port, named);
  assert.equal(again.port, first.port);
  assert.equal(await text(again.port), `port ${first.port}`);
  await again.close();
});

test("when somebody else has the port, another one is taken", async () => {
  const other = createServer((_asked, answer) => answer.end("other")).listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  assert.ok(address && typeof address === "object");
  const server = await serve(address.port, named);
  assert.notEqual(server.port, address.port);
  assert.equal(await text(server.port), `port ${server.port}`);
  assert.equal(await text(address.port), "other");
  await server.close();
  other.close();
});

test("only this machine can connect", async (t) => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal)?.address;
  if (outside === undefined) return t.skip("this machine has no address but loopback");
  const server = await serve(0, named);
  await assert.rejects(text(server.port, outside));
  await server.close();
});

test("closing ends open streams and frees the port", async () => {
  const server = await serve(0, () =>
    new Hono().get(
      "/",
      () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from("a")) })),
    ),
  );
  const idle = connect(server.port, "127.0.0.1");
  await once(idle, "connect");
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  const reader = response.body?.getReader();
  await reader?.read();
  const ended = Promise.all([assert.rejects(async () => reader?.read()), once(idle, "close")]);
  await server.close();
  await ended;
  await assert.rejects(text(server.port));
});
