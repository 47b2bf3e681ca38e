import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { probeSandbox } from "../host/sandbox.ts";
import { git, openWorld, reportOf } from "../testing/lodestar.ts";
import { program, served, tested } from "../testing/repos.ts";

const { works } = await probeSandbox();
const trust = works ? [] : ["--trust"];

describe("a hostile repository", { concurrency: true }, () => {
  test("has programs in its .git/config and hooks, which neither detect nor up runs", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const repo = await world.repo("armed", {
      ...served(),
      ...tested(),
      ".gitattributes": "*.js filter=planted diff=planted\n",
    });
    const [ran, planted] = [join(world.root, "ran"), join(world.root, "planted.sh")];
    await writeFile(planted, `#!/bin/sh\necho "$0 $*" >>'${ran}'\ncat\n`);
    await chmod(planted, 0o755);
    for (const name of [
      "core.fsmonitor",
      "core.pager",
      "core.editor",
      "core.sshCommand",
      "diff.external",
      "gpg.program",
    ])
      await git(repo, "config", name, planted);
    for (const name of ["filter.planted.clean", "filter.planted.smudge", "diff.planted.textconv"])
      await git(repo, "config", name, planted);
    await git(repo, "config", "core.hooksPath", ".git/planted");
    await mkdir(join(repo, ".git/planted"));
    for (const hook of ["post-checkout", "pre-commit", "reference-transaction"])
      await writeFile(join(repo, ".git/planted", hook), `#!/bin/sh\necho ${hook} >>'${ran}'\n`, { mode: 0o755 });
    await writeFile(join(repo, "server.js"), `${await readFile(join(repo, "server.js"), "utf8")}\n// edited\n`);
    assert.equal((await world.run("detect", repo)).status, 0);
    await assert.rejects(readFile(ran), "detect ran nothing");
    const report = reportOf(await world.run("up", repo, "--once", "--json", ...trust));
    assert.equal(report.checks[0]?.verdict, "pass");
    await assert.rejects(readFile(ran), "up ran nothing");
  });

  test(
    "reads nothing of the user's secrets, the data dir or Docker",
    { skip: !works && "bubblewrap not found" },
    async (t) => {
      const world = await openWorld({ env: { AWS_SECRET_ACCESS_KEY: "planted-in-the-environment" } });
      t.after(() => world.close());
      await mkdir(join(world.home, ".ssh"));
      await writeFile(join(world.home, ".ssh/id_test"), "PLANTED KEY");
      const places = [
        join(world.home, ".ssh/id_test"),
        join(world.dataDir, "daemon.json"),
        join(world.dataDir, "log.db"),
      ];
      const sockets = ["/var/run/docker.sock", "/run/docker.sock"];
      const spy = `const fs = require("node:fs");
      const seen = ${JSON.stringify(places)}.concat(process.env.HOME + "/.ssh/id_test").filter((path) => fs.existsSync(path));
      seen.push(...${JSON.stringify(sockets)}.filter((path) => fs.existsSync(path)));
      if (process.env.AWS_SECRET_ACCESS_KEY) seen.push("the environment");
      try { fs.writeFileSync(".git/hooks/planted", ""); seen.push("writes .git"); } catch {}
      console.log("SEEN " + JSON.stringify(seen));`;
      const repo = await world.repo("spy", served(spy));
      assert.equal((await world.run("up", repo)).status, 0);
      const logs = (await world.run("logs", "web")).stdout;
      assert.match(logs, /^SEEN \[\]$/m);
    },
  );

  test("names a foreign database, which is never contacted", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    let contacts = 0;
    const production = createServer((socket) => {
      contacts++;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    t.after(() => production.close());
    await once(production, "listening");
    const address = production.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const url = `redis://:secret@127.0.0.1:${port}/0`;
    const client = `const target = new URL(process.env.REDIS_URL ?? ${JSON.stringify("redis://127.0.0.1:1")});
      require("node:net").connect(Number(target.port), target.hostname).on("error", () => {});`;
    const compose = `services:\n  cache:\n    image: redis:7\n  web:\n    build: .\n    environment:\n      REDIS_URL: ${url}\n`;
    const files = { ".env": `REDIS_URL=${url}\n`, "docker-compose.yml": compose };
    const repo = await world.repo("production", { ...served(client), ...files });
    const end = await world.run("up", repo, "--once", "--json", "--patience", "5", ...trust);
    const report = reportOf(end);
    assert.equal(contacts, 0);
    assert.deepEqual(
      report.plan.databases.map((one) => one.engine),
      ["redis"],
    );
    assert.doesNotMatch(end.stdout, /:secret@/);
  });

  test("is asked about where no sandbox works, and runs with --trust, which says unsandboxed", async (t) => {
    const world = await openWorld({ without: ["bwrap"] });
    t.after(() => world.close());
    const repo = await world.repo("foreign", { ...served(), ...tested() });
    const refused = await world.run("up", repo, "--once", "--json");
    const asked = reportOf(refused);
    assert.deepEqual([refused.status, asked.state, asked.services, asked.checks], [4, "needs-you", [], []]);
    assert.match(asked.questions[0]?.question ?? "", /bubblewrap is not installed/);
    assert.match(asked.questions[0]?.next ?? "", /install bubblewrap|-S bubblewrap|add bubblewrap/);
    const trusted = await world.run("up", repo, "--once", "--trust");
    assert.equal(trusted.status, 0, trusted.stdout + trusted.stderr);
    assert.match(trusted.stdout, /unsandboxed: its commands could read and change whatever you can/);
    assert.deepEqual(await world.left(), []);
  });

  test("says what it does on its own port", async (t) => {
    const world = await openWorld();
    t.after(() => world.close());
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    t.after(() => squatter.close());
    const address = squatter.address();
    const port = typeof address === "object" ? address?.port : 0;
    const files = program(
      `require("node:http").createServer((_, answer) => answer.end()).listen(process.env.PORT || ${port});`,
    );
    const repo = await world.repo("full", { ...files, ".env.example": `PORT=${port}\n` });
    const report = reportOf(await world.run("up", repo, "--once", "--json", "--port", `${port}`, ...trust));
    assert.equal(report.state, "healthy", JSON.stringify(report.questions));
    assert.notEqual(report.services[0]?.port, port);
    assert.match(report.fixes.map((fix) => fix.failure).join(), new RegExp(`port ${port} is taken`));
  });
});
