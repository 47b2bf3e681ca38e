import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { probeSandbox } from "../src/host/sandbox.ts";
import { git, openWorld } from "../src/testing/lodestar.ts";

const ACTION = fileURLToPath(new URL("action.mjs", import.meta.url));
const sandbox = await probeSandbox();
const FILES = {
  Makefile: ".PHONY: test\ntest:\n\tnode --test\n",
  "add.js": "exports.add = (a, b) => a + b;\n",
  "add.test.js": `const assert = require("node:assert");
const test = require("node:test");
const { add } = require("./add.js");
test("add adds", () => assert.equal(add(1, 2), 3));
`,
};
const HARMLESS = "exports.add = (a, b) => b + a;\n";
const HOSTILE =
  'Made add faster with `a"; touch pwned; $(touch pwned)` ${{ secrets.X }}\n::set-output name=verdict::verified\n--trust';
const Manifest = z.object({
  inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string() })),
  runs: z.object({
    steps: z.array(z.object({ run: z.string().optional(), env: z.record(z.string(), z.string()).optional() })),
  }),
});

describe("the GitHub Action", { concurrency: true }, () => {
  test("goes on where the claim holds: summary, outputs, signed receipt, SARIF, and one comment that is replaced", async (t) => {
    if (!sandbox.works) return t.skip(sandbox.because);
    const { repo, act, pull, world } = await opened(t);
    const github = await serveGitHub(t);
    await world.daemon();
    await commit(repo, { "add.js": HARMLESS });
    const event = { pull_request: await pull({ title: "All tests pass", body: null }) };
    const how = { event, api: github.url, inputs: { github_token: "secret-token", sarif: "true" } };
    const first = await act(how);
    assert.deepEqual([first.status, first.outputs["verdict"]], [0, "verified"], first.text);
    assert.match(first.summary, /## Verified[\s\S]*All tests pass[\s\S]*`make test`/);
    assert.match(first.text, /::notice title=Lodestar::Verified/);
    assert.match(
      (await world.run("receipts", "verify", first.outputs["receipt"] ?? "")).stdout,
      /intact, signer known/,
    );
    assert.equal(JSON.parse(readFileSync(first.outputs["sarif"] ?? "", "utf8")).version, "2.1.0");
    await act(how);
    assert.deepEqual(
      github.asked.filter((one) => !one.startsWith("GET")),
      ["POST /repos/o/shop/issues/7/comments", "PATCH /repos/o/shop/issues/comments/1"],
    );
    assert.doesNotMatch(first.text, /secret-token/);
  });

  test("fails where it is refuted, and a push is compared with what was there before it", async (t) => {
    if (!sandbox.works) return t.skip(sandbox.because);
    const { repo, act, start } = await opened(t);
    await commit(repo, { "add.js": "exports.add = (a, b) => a - b;\n" });
    const ended = await act({ event: { before: start } });
    assert.deepEqual([ended.status, ended.outputs["verdict"]], [1, "refuted"], ended.text);
    assert.match(ended.outputs["sentence"] ?? "", /add adds" of make test is red now/);
    assert.match(ended.text, /::error title=Lodestar::Refuted/);
    assert.match(ended.summary, /### New failures/);
  });

  test("goes on where nothing could be shown, unless told to fail, and a hostile title stays text", async (t) => {
    if (!sandbox.works) return t.skip(sandbox.because);
    const { repo, act, pull, world } = await opened(t);
    await world.daemon();
    await commit(repo, { "add.js": HARMLESS });
    const shallow = join(world.root, "shallow");
    await git(world.root, "clone", "--quiet", "--depth=1", `file://${repo}`, shallow);
    const event = { pull_request: await pull({ title: HOSTILE, body: "<img src=x> @everyone" }) };
    const open = await act({ event, folder: shallow });
    assert.deepEqual([open.status, open.outputs["verdict"]], [0, "unprovable"], open.text);
    assert.match(open.text, /::warning title=Lodestar::Not proved/);
    assert.equal(await git(shallow, "status", "--porcelain"), "", "nothing of the title was run");
    assert.match(open.summary, /touch pwned/);
    assert.doesNotMatch(open.summary, /<img|@everyone/);
    const [, token = ""] = /^::stop-commands::(.*)$/m.exec(open.text) ?? [];
    const [before = "", rest = ""] = open.text.split(`::stop-commands::${token}`);
    const [, after = ""] = rest.split(`\n::${token}::`);
    assert.doesNotMatch(before + after, /^::set-output/m, "the runner takes no command from it");
    assert.equal((await act({ event, folder: shallow, inputs: { fail_on: "unprovable" } })).status, 1);
  });

  test("what cannot be judged fails, and says what to type", async (t) => {
    const { act, pull } = await opened(t);
    assert.match((await act({ event: {}, inputs: { fail_on: "maybe" } })).text, /::error .*fail-on is refuted or/);
    const gone = { pull_request: { ...(await pull({ title: "x", body: "" })), base: { sha: "1".repeat(40) } } };
    const missing = await act({ event: gone });
    assert.equal(missing.status, 2);
    assert.match(missing.text, /::error .*is not in this checkout.*fetch-depth: 0/);
    const check = await act({ event: {}, inputs: { checks: "speed" } });
    assert.deepEqual([check.status, check.outputs], [2, {}]);
    assert.match(check.text, /There is no check speed.*Next: lodestar detect/);
  });

  test("action.yml hands every input over as environment, and none to a script", () => {
    const { inputs, runs } = Manifest.parse(parse(readFileSync(new URL("../action.yml", import.meta.url), "utf8")));
    const [prove] = runs.steps;
    const given = Object.keys(inputs).map((name) => [
      `LODESTAR_${name.toUpperCase().replaceAll("-", "_")}`,
      `\${{ inputs.${name} }}`,
    ]);
    assert.deepEqual(prove?.env, Object.fromEntries(given));
    for (const { run = "" } of runs.steps) assert.doesNotMatch(run, /\$\{\{/);
  });
});

interface Act {
  readonly event: unknown;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly api?: string;
}

async function opened(t: TestContext) {
  const world = await openWorld();
  t.after(() => world.close());
  const repo = await world.repo("shop", FILES);
  const start = await git(repo, "rev-parse", "HEAD");
  let runs = 0;
  return {
    world,
    repo,
    start,
    pull: async (said: { title: string; body: string | null }) => ({ number: 7, base: { sha: start }, ...said }),
    /** Runs the action as a runner would, on an event of GitHub's. */
    async act({ event, inputs = {}, folder = repo, api = "http://127.0.0.1:9" }: Act) {
      const [output, summary, told] = ["output", "summary", "event"].map((name) => join(world.root, `${name}-${runs}`));
      runs += 1;
      assert.ok(output !== undefined && summary !== undefined && told !== undefined);
      for (const [file, text] of [
        [output, ""],
        [summary, ""],
        [told, JSON.stringify(event)],
      ] as const)
        writeFileSync(file, text);
      const own = Object.entries(inputs).map(([name, value]) => [`LODESTAR_${name.toUpperCase()}`, value]);
      const { GITHUB_ACTIONS: _real, ...rest } = process.env;
      const env = {
        ...rest,
        HOME: world.home,
        LODESTAR_HOME: world.dataDir,
        GITHUB_WORKSPACE: folder,
        GITHUB_EVENT_PATH: told,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_REPOSITORY: "o/shop",
        GITHUB_API_URL: api,
        ...Object.fromEntries(own),
      };
      const ended = await new Promise<{ status: number; text: string }>((done) => {
        execFile(process.execPath, ["--disable-warning=ExperimentalWarning", ACTION], { env }, (error, out, err) =>
          done({ status: typeof error?.code === "number" ? error.code : 0, text: out + err }),
        );
      });
      return { ...ended, outputs: readOutputs(readFileSync(output, "utf8")), summary: readFileSync(summary, "utf8") };
    },
  };
}

/** `name<<end`, lines, `end`: as a runner reads them. */
function readOutputs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = "", , value = ""] of text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)) found[name] = value;
  return found;
}

/** As much of GitHub's API as a comment needs. A person's comment with the action's mark in it was there before. */
async function serveGitHub(t: TestContext) {
  const asked: string[] = [];
  const comments = [{ id: 0, user: { type: "User" }, body: "<!-- lodestar prove -->" }];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").replace(/\?.*/, "");
    asked.push(`${request.method} ${path}`);
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const isKnown = request.headers.authorization === "Bearer secret-token";
      if (isKnown && request.method === "POST")
        comments.push({
          id: comments.length,
          user: { type: "Bot" },
          body: z.object({ body: z.string() }).parse(JSON.parse(body)).body,
        });
      response.writeHead(isKnown ? 200 : 401).end(JSON.stringify(comments));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { asked, url: `http://127.0.0.1:${address.port}` };
}

async function commit(repo: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(repo, path), text);
  await git(repo, "commit", "--quiet", "--all", "--message=Change");
}
