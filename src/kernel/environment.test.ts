import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherFacts } from "../host/environment.ts";
import { describePlan } from "./detect-report.ts";
import { describeEnvironment, type EnvironmentFacts } from "./environment.ts";
import { makePlan } from "./plan.ts";

function facts(more: Partial<EnvironmentFacts> = {}): EnvironmentFacts {
  return {
    platform: "linux",
    arch: "x64",
    env: ["HOME", "PATH"],
    exists: [],
    procVersion: "Linux version 6.8.0-45-generic (buildd@lcy02)",
    cgroup: "0::/init.scope",
    memoryBytes: 16e9,
    memoryLimitBytes: undefined,
    cores: 8,
    gpus: undefined,
    ...more,
  };
}

test("nothing seen is a local machine, and an absent nvidia-smi is not 'no GPU'", () => {
  const environment = describeEnvironment(facts());
  assert.deepEqual(environment, {
    kind: "local",
    os: "linux",
    arch: "x64",
    also: [],
    memoryBytes: 16e9,
    cores: 8,
    gpu: null,
    because: [],
  });
  assert.deepEqual(describeEnvironment(facts({ gpus: [] })).gpu, []);
  assert.equal(describeEnvironment(facts({ platform: "darwin" })).os, "macos");
  assert.equal(describeEnvironment(facts({ platform: "freebsd" })).os, "other");
});

test("each place is known by what only it has", () => {
  const kind = (more: Partial<EnvironmentFacts>) => describeEnvironment(facts(more)).kind;
  assert.equal(kind({ exists: ["/.dockerenv"] }), "docker");
  assert.equal(kind({ cgroup: "12:pids:/docker/abc" }), "docker");
  assert.equal(kind({ env: ["KUBERNETES_SERVICE_HOST"], exists: ["/.dockerenv"] }), "kubernetes");
  assert.equal(kind({ cgroup: "0::/kubepods/burstable/pod1" }), "kubernetes");
  assert.equal(kind({ procVersion: "Linux version 5.15.153.1-microsoft-standard-WSL2" }), "wsl");
  assert.equal(kind({ env: ["CODESPACES", "CI"], exists: ["/.dockerenv"] }), "codespaces");
  assert.equal(kind({ env: ["COLAB_RELEASE_TAG"] }), "colab");
});

test("CI in Docker is both, with the places that say so", () => {
  const environment = describeEnvironment(facts({ env: ["CI", "GITHUB_ACTIONS"], exists: ["/.dockerenv"] }));
  assert.equal(environment.kind, "ci");
  assert.deepEqual(environment.also, ["docker"]);
  assert.deepEqual(environment.because, ["env GITHUB_ACTIONS", "/.dockerenv"]);
});

test("a container's own limit is its memory", () => {
  assert.equal(describeEnvironment(facts({ memoryLimitBytes: 2e9 })).memoryBytes, 2e9);
});

test("the host's facts describe this machine; a variable that says no counts as unset", async () => {
  const environment = describeEnvironment(await gatherFacts({ CI: "false", GITPOD_WORKSPACE_ID: "" }));
  assert.notEqual(environment.kind, "gitpod");
  assert.ok(!["ci"].includes(environment.kind) && !environment.also.includes("ci"));
  assert.ok(environment.cores >= 1 && environment.memoryBytes > 1e6);
});

test("detect --json: every key of a service is there, absent ones as null", () => {
  const plan = makePlan({
    detections: [
      {
        is: "package-manager",
        dir: ".",
        because: ["package-lock.json"],
        confidence: 0.9,
        name: "npm",
        lockfile: "package-lock.json",
      },
      {
        is: "service",
        dir: ".",
        because: ["package.json:4"],
        confidence: 0.9,
        name: "shop",
        kind: "web",
        command: "npm run start",
        mode: "start",
        needs: [],
        port: 3000,
      },
    ],
    problems: [],
  });
  const report = describePlan(plan, { repo: "/srv/shop", environment: describeEnvironment(facts()) });
  assert.equal(report.repo, "/srv/shop");
  assert.deepEqual(report.services, [
    {
      name: "shop",
      dir: ".",
      kind: "web",
      language: null,
      framework: null,
      runtime: null,
      packageManager: "npm",
      commands: { install: "npm install", build: null, start: "npm run start", dev: null, test: null },
      port: 3000,
      env: [],
      needs: [],
      because: ["package.json:4"],
      confidence: 0.9,
    },
  ]);
  const keys = ["repo", "environment", "services", "databases", "checks", "disagreements"];
  assert.deepEqual(Object.keys(report), keys);
});
