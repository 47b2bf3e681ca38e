import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { probeSandbox } from "../../host/sandbox.ts";
import { openWorld, reportOf, type World } from "../../testing/lodestar.ts";

const trust = (await probeSandbox()).works ? [] : ["--trust"];

describe("what detection takes for a job", { concurrency: true }, () => {
  let world: World;
  before(async () => (world = await openWorld()));
  after(() => world.close());

  async function up(name: string, files: Record<string, string>) {
    const repo = await world.repo(name, files);
    const report = reportOf(await world.run("up", repo, "--once", "--json", ...trust));
    assert.equal(report.plan.services[0]?.kind, "job");
    return report;
  }

  test("is healthy when it ends with exit 0", async () => {
    const { state, services } = await up("greets", { "start.sh": "#!/bin/sh\necho hello\n" });
    assert.equal(state, "healthy");
    assert.match(services[0]?.health.detail ?? "", /exit 0/);
  });

  test("is a question when it ends otherwise, with the line that says why", async () => {
    const { state, questions } = await up("fails", {
      "start.sh": "#!/bin/sh\necho no key: denied\nsleep 0.1\nexit 3\n",
    });
    assert.equal(state, "needs-you");
    assert.match(questions[0]?.question ?? "", /ended with exit 3: no key: denied/);
  });

  test("is a service when it listens", async () => {
    const hidden = 'import http from "node:http"; http["create" + "Server"]((q, r) => r.end())["listen"](0);';
    const { state, services } = await up("serves", {
      "start.sh": "#!/bin/sh\nnode hidden.mjs\n",
      "hidden.mjs": hidden,
    });
    assert.equal(state, "healthy");
    assert.equal(services[0]?.health.kind, "port");
    assert.ok((services[0]?.port ?? 0) > 0);
  });
});
