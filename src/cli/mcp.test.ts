import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { z } from "zod";
import { probeSandbox } from "../host/sandbox.ts";
import { endpointOf, eventOf, eventsOf, git, openWorld, PROGRAM, type World } from "../testing/lodestar.ts";

const sandbox = await probeSandbox();
const FILES = {
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { test: "node --test" } }),
  "add.js": "export const add = (a, b) => a + b;\n",
  "add.test.js": `import assert from "node:assert";
import test from "node:test";
import { add } from "./add.js";
test("add adds", () => assert.equal(add(1, 2), 3));
`,
  "README.md": "# Shop\nSells things.\n",
  "docs/how to.md": "# How to buy\n",
  "docs/deep/inner.md": "not offered\n",
  ".gitignore": ".env\n",
};
const Text = z.object({ type: z.literal("text"), text: z.string() });
const Called = z.object({
  isError: z.boolean().optional(),
  content: z.tuple([Text]),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
});
const Proved = z.object({
  verdict: z.string(),
  sentence: z.string(),
  receipt: z.string().nullable(),
  known: z.boolean(),
  claims: z.array(z.object({ text: z.string(), verdict: z.string() })),
  failures: z.array(z.object({ check: z.string(), test: z.string(), message: z.string().nullable() })),
  failuresLeft: z.number(),
});
const Answer = z.object({
  id: z.union([z.string(), z.number(), z.null()]),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
  result: z.unknown().optional(),
});

describe("mcp", { concurrency: true }, () => {
  /** One daemon for the tests that do not end it. */
  let world: World;
  before(async () => {
    world = await openWorld();
    await world.daemon();
  });
  after(() => world.close());

  test("an agent finds the tools, sees what is checked, and gets a refutation with its evidence and receipt", async (t) => {
    const repo = await repoIn(world, "shop");
    const client = await overStdio(t, world, repo);
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((one) => one.name).sort(), ["plan", "prove", "rooms", "status", "why"]);
    for (const { name, description, inputSchema } of tools) {
      assert.ok(description && description.length < 500, name);
      assert.equal(inputSchema["additionalProperties"], false, name);
      for (const word of ["approve", "allow", "stop", "trust", "unsandboxed"])
        assert.ok(!Object.hasOwn(inputSchema.properties ?? {}, word), `${name} takes ${word}`);
    }
    const trusting = await call(client, "prove", { trust: true });
    assert.match(trusting.text, /trust/);
    assert.ok(trusting.isError);
    assert.match((await call(client, "status")).text, /shop is not looked after yet/);
    assert.match((await call(client, "plan")).text, /1 check of shop:\n- test: npm run test/);

    writeFileSync(join(repo, "add.js"), "export const add = (a, b) => a - b;\n");
    const told: { progress: number; message?: string | undefined }[] = [];
    const asked = { name: "prove", arguments: { claim: "All tests pass." } };
    const answer = Called.parse(await client.callTool(asked, undefined, { onprogress: (one) => told.push(one) }));
    const proof = Proved.parse(answer.structuredContent);
    assert.equal(proof.verdict, "refuted");
    assert.deepEqual(
      proof.failures.map((one) => one.check),
      ["test"],
    );
    assert.match(JSON.stringify(proof.failures), /add adds/);
    assert.match(answer.content[0].text, /new failure in test/);
    assert.ok(
      told.some((one) => one.message?.includes("npm run test")),
      JSON.stringify(told),
    );
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a.progress - b.progress),
    );

    const { resources } = await client.listResources();
    assert.ok(resources.some((one) => one.uri === `lodestar://receipts/${proof.receipt}`));
    assert.match(await read(client, "lodestar://receipts"), new RegExp(`"id": "${proof.receipt}"`));
    assert.match(await read(client, `lodestar://receipts/${proof.receipt}`), /add adds/);
    assert.match((await call(client, "rooms")).text, /^shop has \d+ rooms?/);
    assert.match((await call(client, "why")).text, /shop/);
  });

  test("documents are those that git has, and nothing else can be read", async (t) => {
    const repo = await repoIn(world, "documented");
    writeFileSync(join(repo, ".env"), "PASSWORD=hunter2hunter2\n");
    symlinkSync("../.env", join(repo, "docs/link.md"));
    symlinkSync("/etc/passwd", join(repo, "docs/passwd.md"));
    await git(repo, "add", "--all");
    await git(repo, "commit", "--quiet", "--message=Links");
    writeFileSync(join(repo, "docs/untracked.md"), "a draft\n");
    const client = await overStdio(t, world, repo);
    const { resources } = await client.listResources();
    const docs = resources.filter((one) => one.uri.startsWith("lodestar://docs/"));
    assert.deepEqual(docs.map((one) => one.name).sort(), [
      "README.md",
      "docs/how to.md",
      "docs/link.md",
      "docs/passwd.md",
    ]);
    assert.equal(await read(client, "lodestar://docs/README.md"), FILES["README.md"]);
    const spaced = docs.find((one) => one.name === "docs/how to.md");
    assert.equal(await read(client, spaced?.uri ?? ""), FILES["docs/how to.md"]);
    assert.equal(await read(client, "lodestar://docs/docs/link.md"), "../.env");
    assert.equal(await read(client, "lodestar://docs/docs/passwd.md"), "/etc/passwd");
    for (const path of [
      "docs/untracked.md",
      ".env",
      "docs/../.env",
      "..%2f..%2fetc%2fpasswd",
      "docs/%2e%2e/.env",
      "%ff",
      "package.json",
    ])
      await assert.rejects(read(client, `lodestar://docs/${path}`), /There is no document/, path);
    for (const id of ["0000000000000000", "..%2fdaemon", "ab"])
      await assert.rejects(read(client, `lodestar://receipts/${id}`), /There is no receipt|not found/, id);
  });

  test("a repository that is none is a tool's error with the next command, and a daemon that was stopped comes back", async (t) => {
    const { world, repo } = await opened(t);
    const client = await overStdio(t, world, repo);
    for (const [asked, cause] of [
      ["shopping", /shopping is not looked after|No repository is looked after/],
      [join(world.root, "nowhere"), /nowhere does not exist/],
      [world.home, /is not a git repository/],
    ] as const)
      for (const tool of ["plan", "prove", "status", "why", "rooms"]) {
        const { isError, text } = await call(client, tool, { repo: asked });
        assert.ok(isError, tool);
        assert.match(text, cause);
        assert.match(text, /\nnext: /);
      }
    const unknown = await call(client, "prove", { base: "no-such-branch" });
    assert.match(unknown.text, /no-such-branch names no commit of shop/);
    const before = await endpointOf(world.dataDir);
    await world.run("pause", "--repo", repo);
    assert.match((await call(client, "prove")).text, /is paused by .*\nnext: ask a person/);
    await (await world.client()).post("shutdown", {});
    assert.match((await call(client, "plan", { repo: "." })).text, /1 check/);
    assert.notEqual((await endpointOf(world.dataDir)).boot, before.boot);

    await world.run("resume", "--repo", repo);
    const { pid } = await endpointOf(world.dataDir);
    let kills = 0;
    const onprogress = ({ message = "" }) => {
      if (message.includes("npm run test") && kills++ === 0) process.kill(pid, "SIGKILL");
    };
    const asked = { name: "prove", arguments: { claim: "All tests pass." } };
    const answer = Called.parse(await client.callTool(asked, undefined, { onprogress }));
    assert.ok(kills > 0);
    assert.match(answer.content[0].text, /^Verified/, "killed under a proof, it is started again and goes on");
    await client.close();
    assert.deepEqual(await world.left(), [], "the daemon that it started ends with it");
  });

  test("over HTTP it asks for the token, and two agents that ask the same share one proof", async (t) => {
    const repo = await repoIn(world, "shared");
    const { endpoint } = await world.client();
    const url = `http://127.0.0.1:${endpoint.port}/mcp?${new URLSearchParams({ repo }).toString()}`;
    const authorization = `Bearer ${endpoint.token}`;
    const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const send = (headers: Record<string, string>, body: string) =>
      fetch(url, { method: "POST", headers: { ...json, ...headers }, body });
    const list = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    assert.equal((await send({}, list)).status, 403);
    assert.equal((await send({ authorization: "Bearer guess" }, list)).status, 403);
    assert.equal((await send({ authorization, origin: "https://evil.example" }, list)).status, 403);
    assert.equal((await send({ authorization }, list)).status, 200);
    assert.equal((await send({ authorization }, "{")).status, 400);
    assert.equal((await send({ authorization }, " ".repeat(50_000_000))).status, 413);
    assert.equal((await fetch(url, { headers: { authorization } })).status, 405);

    const clients = await Promise.all([overHttp(t, url, authorization), overHttp(t, url, authorization)]);
    const answers = await Promise.all(clients.map((client) => call(client, "prove", { claim: "Tests pass." })));
    for (const one of answers) assert.ok(!one.isError, one.text);
    const proofs = answers.map((one) => Proved.parse(one.data));
    assert.deepEqual(new Set(proofs.map((one) => one.verdict)), new Set(["verified"]));
    assert.equal(new Set(proofs.map((one) => one.receipt)).size, 1);
    const runs = (await eventsOf(await world.client())).filter(
      (one) =>
        one.type === "run.started" &&
        JSON.stringify(one.data.input).includes("Tests pass.") &&
        JSON.stringify(one.data.input).includes(repo),
    );
    assert.equal(runs.length, 1);
  });

  test("a proof that its client calls off is ended", async (t) => {
    const repo = await repoIn(world, "slow", {
      // Its own name, so that no other repository waits for the same installation.
      "package.json": FILES["package.json"].replace("shop", "slow"),
      "add.test.js": "setTimeout(() => {}, 60_000);\n",
    });
    const client = await overStdio(t, world, repo);
    const off = new AbortController();
    const asked = client.callTool({ name: "prove", arguments: {} }, undefined, { signal: off.signal });
    asked.catch(() => undefined);
    const daemon = await world.client();
    await eventOf(daemon, "run.started", repo);
    off.abort();
    await assert.rejects(asked);
    const end = await eventOf(daemon, "run.ended", repo);
    assert.deepEqual(end.data, { state: "stopped" });
    assert.match((await call(client, "plan")).text, /1 check/);
  });

  test("what is no message is refused, the next one is answered, and it ends with stdin and leaves nothing", async (t) => {
    const { world, repo } = await opened(t);
    const lines = [
      "garbage",
      "[1, 2]",
      "",
      `{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"x":"${"x".repeat(50_000_000)}"}}`,
      '{"id":8,"method":"tools/list"}',
      '{"jsonrpc":"2.0","id":9,"method":"no/such"}',
      '{"jsonrpc":"2.0","id":"ten","method":"tools/call","params":{"name":"approve","arguments":{}}}',
      '{"jsonrpc":"2.0","id":11,"method":"tools/call","params":{"name":"plan"}}',
    ];
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, "mcp"], {
      cwd: repo,
      env: { ...process.env, HOME: world.home, LODESTAR_HOME: world.dataDir },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => (out[name] += text));
    const status = new Promise((resolve) => child.once("close", resolve));
    child.stdin.end(lines.join("\n"));
    assert.equal(await status, 0, out.stderr);
    assert.equal(out.stderr, "");
    const answers = out.stdout
      .trimEnd()
      .split("\n")
      .map((line) => Answer.parse(JSON.parse(line)));
    assert.deepEqual(
      answers.flatMap((one) => (one.id === null ? [one.error?.code] : [])),
      [-32_700, -32_600, -32_600],
    );
    const byId = new Map(answers.map((one) => [one.id, one]));
    assert.match(byId.get(8)?.error?.message ?? "", /JSON-RPC/);
    assert.equal(byId.get(9)?.error?.code, -32_601);
    assert.match(JSON.stringify(byId.get("ten")), /approve not found/);
    assert.match(JSON.stringify(byId.get(11)?.result), /npm run test/);
    assert.deepEqual(await world.left(), []);
  });
});

/** A Lodestar without a daemon, with a repository. */
async function opened(t: TestContext): Promise<{ world: World; repo: string }> {
  const world = await openWorld();
  t.after(() => world.close());
  return { world, repo: await repoIn(world, "shop") };
}

async function repoIn(world: World, name: string, files: Record<string, string> = {}): Promise<string> {
  const repo = await world.repo(name, { ...FILES, ...files });
  // An agent cannot trust a repository: where no sandbox works, a person did.
  if (!sandbox.works) await world.run("prove", repo, "--trust", "--budget", "1s");
  return repo;
}

async function overStdio(t: TestContext, world: World, repo: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  t.after(() => client.close());
  const env = { PATH: process.env["PATH"] ?? "", HOME: world.home, LODESTAR_HOME: world.dataDir };
  const args = ["--disable-warning=ExperimentalWarning", PROGRAM, "mcp"];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: repo, env }));
  return client;
}

async function overHttp(t: TestContext, url: string, authorization: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  t.after(() => client.close());
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization } } });
  await client.connect(transport);
  return client;
}

async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
  const {
    isError = false,
    content,
    structuredContent,
  } = Called.parse(await client.callTool({ name, arguments: args }));
  return { isError, text: content[0].text, data: structuredContent };
}

async function read(client: Client, uri: string): Promise<string> {
  const { contents } = await client.readResource({ uri });
  return z.object({ text: z.string() }).parse(contents[0]).text;
}
