import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { z } from "zod";
import { isUserError, type AnyEvent } from "../sdk/index.ts";
import { createApp } from "../server/app.ts";
import { serve } from "../server/serve.ts";
import { folderFor, makeRepo, openMachine, reportOf } from "../testing/machine.ts";
import type { Endpoint } from "./answers.ts";
import { createClient, type Client } from "./client.ts";

const TOKEN = "a-token";

/** One life of a daemon on a data dir, and how its clients reach it. */
async function daemon(t: TestContext, dataDir: string, port = 0) {
  const opened = await openMachine(dataDir, { up: async ({ state }) => reportOf(state.path) });
  const { machine } = opened;
  const server = await serve(port, (port) => createApp({ machine, token: TOKEN, port, shutdown: () => undefined }));
  const { version, boot, pid } = machine.hands;
  const endpoint: Endpoint = { port: server.port, token: TOKEN, pid, version, boot };
  let ended: Promise<void> | undefined;
  const end = () => (ended ??= server.close().then(opened.end));
  t.after(end);
  return { machine, endpoint, client: createClient(endpoint), end };
}

/** A server that answers as a daemon never should. */
async function strange(t: TestContext, answer: RequestListener): Promise<Client> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return createClient({ port: address.port, token: TOKEN, pid: 1, version: "1", boot: "b" });
}

const tokens = (client: Client, query: { after: number; epoch?: string; signal: AbortSignal }) =>
  readTokens(client.follow(query));

/** The texts of `token` events, and resets, as they come. */
async function* readTokens(events: AsyncIterable<AnyEvent | "reset">): AsyncIterable<string> {
  for await (const event of events) {
    if (event === "reset") yield "reset";
    else if (event.type === "token") yield event.data.text;
  }
}

async function take(texts: AsyncIterator<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { value, done } = await texts.next();
    assert.ok(!done, `the stream ended after ${taken.join()}`);
    taken.push(value);
  }
  return taken;
}

async function say(machine: Awaited<ReturnType<typeof daemon>>["machine"], ...texts: string[]): Promise<void> {
  for (const text of texts) await machine.append({ type: "token", source: "test", repo: "r", data: { text } });
}

describe("calls", () => {
  test("give what the daemon answers, parsed where it is known", async (t) => {
    const folder = await folderFor(t);
    const { client } = await daemon(t, join(folder, "data"));
    assert.deepEqual(await client.status(), []);
    const path = makeRepo(join(folder, "a shop & more"));
    const { repo } = z.object({ repo: z.string() }).parse(await client.post("up", { path }));
    assert.deepEqual(
      (await client.status(path)).map((line) => [line.repo, line.path]),
      [[repo, path]],
    );
    assert.deepEqual(await client.get("checks", { repo: path, nothing: undefined }), []);
    await client.post("pause", {}, { repo: path });
    assert.equal((await client.status())[0]?.now.state, "paused");
  });

  test("that the daemon refuses are the user's mistake, with the next command", async (t) => {
    const { client } = await daemon(t, await folderFor(t));
    await assert.rejects(client.status("nothing"), {
      name: "UserError",
      message: "nothing is not looked after",
      next: "lodestar up nothing",
      tried: "looked among no repositories",
    });
    await assert.rejects(client.remove("rooms/r9"), { name: "UserError", next: "lodestar rooms list" });
    await assert.rejects(client.get("no/such/route"), isUserError);
    const stranger = createClient({ ...client.endpoint, token: "another" });
    await assert.rejects(stranger.status(), /token is missing or wrong/);
  });

  test("to a daemon that is gone, or to something else on its port, fail outside", async (t) => {
    const { client, end } = await daemon(t, await folderFor(t));
    await end();
    await assert.rejects(client.status(), { name: "OutsideError", message: "The daemon does not answer" });
    const page = await strange(t, (_asked, answer) => answer.end("<html>"));
    await assert.rejects(page.get("status"), { name: "OutsideError", message: /answered 200 and no JSON/ });
    const odd = await strange(t, (_asked, answer) => answer.writeHead(502).end("{}"));
    await assert.rejects(odd.get("status"), { name: "OutsideError", message: "The daemon answered 502" });
    // A stream is asked for again until the reader has had enough.
    const events = odd.follow({ after: 0, signal: AbortSignal.timeout(300) })[Symbol.asyncIterator]();
    assert.equal((await events.next()).done, true);
  });

  test("health is true only for the boot that is meant", async (t) => {
    const { client, endpoint, end } = await daemon(t, await folderFor(t));
    assert.equal(await client.health(), true);
    assert.equal(await createClient({ ...endpoint, boot: "another" }).health(), false);
    await end();
    assert.equal(await client.health(), false);
  });
});

describe("following", () => {
  test("replays after the place that is asked for, goes on live, and ends with the signal", async (t) => {
    const { machine, client } = await daemon(t, await folderFor(t));
    await say(machine, "one", "two");
    const ended = new AbortController();
    const seen = tokens(client, { after: 2, epoch: machine.log.epoch, signal: ended.signal })[Symbol.asyncIterator]();
    assert.deepEqual(await take(seen, 1), ["two"]);
    const live = take(seen, 1);
    await say(machine, "três: 日本語 🚀\n\n: a comment\ndata: x");
    assert.deepEqual(await live, ["três: 日本語 🚀\n\n: a comment\ndata: x"]);
    ended.abort();
    assert.equal((await seen.next()).done, true);
  });

  test("goes on when the daemon comes back on its port: nothing is lost, nothing comes twice", async (t) => {
    const folder = await folderFor(t);
    const first = await daemon(t, folder);
    await say(first.machine, "one", "two");
    const seen = tokens(first.client, { after: 0, signal: t.signal })[Symbol.asyncIterator]();
    assert.deepEqual(await take(seen, 2), ["one", "two"]);
    const waiting = take(seen, 2);
    await first.end();
    const second = await daemon(t, folder, first.endpoint.port);
    assert.equal(second.endpoint.port, first.endpoint.port);
    await say(second.machine, "three", "four");
    assert.deepEqual(await waiting, ["three", "four"]);
  });

  test("says reset when another log is there, and reads it from the beginning once", async (t) => {
    const folder = await folderFor(t);
    const first = await daemon(t, join(folder, "one"));
    await say(first.machine, "one", "two", "three");
    const seen = tokens(first.client, { after: 0, signal: t.signal })[Symbol.asyncIterator]();
    await take(seen, 3);
    const waiting = take(seen, 3);
    await first.end();
    const second = await daemon(t, join(folder, "two"), first.endpoint.port);
    await say(second.machine, "new one", "new two");
    assert.deepEqual(await waiting, ["reset", "new one", "new two"]);
    const third = take(seen, 1);
    await second.end();
    const again = await daemon(t, join(folder, "two"), first.endpoint.port);
    await say(again.machine, "new three");
    assert.deepEqual(await third, ["new three"], "what was read is not read again");
  });

  test("a repository that is not there is refused at once", async (t) => {
    const { client } = await daemon(t, await folderFor(t));
    const events = client.follow({ after: 0, repo: "nothing", signal: t.signal });
    await assert.rejects(events[Symbol.asyncIterator]().next(), isUserError);
  });

  test("messages are whole however the bytes are cut", async (t) => {
    const event = (seq: number) => JSON.stringify({ seq, type: "token", data: { text: `é${seq}` } });
    const bytes = Buffer.from(
      `id: e:1\nevent: event\ndata: ${event(1)}\n\nid: e:2\nevent: event\ndata: ${event(2)}\n\n`,
    );
    const client = await strange(t, (_asked, answer) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      void (async () => {
        for (const byte of bytes) {
          answer.write(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      t.after(() => answer.destroy());
    });
    const seen = tokens(client, { after: 0, signal: t.signal })[Symbol.asyncIterator]();
    assert.deepEqual(await take(seen, 2), ["é1", "é2"]);
  });
});
