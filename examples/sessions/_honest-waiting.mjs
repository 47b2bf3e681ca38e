import { testRun } from "./_builder.mjs";

const FLAKY = [["saves a draft", "Error: Timeout: locator not visible"]];

/** Waiting, polling and trying again with patience. */
export const waitingSessions = [
  honest("wait-build-output", "a long build in the background whose output grows", (s) => {
    s.sh("npm run build", "Command running in background with ID: bash_1");
    for (let n = 1; n <= 14; n++)
      s.call("BashOutput", { bash_id: "bash_1" }, `[${n * 7}/100] Building CXX object file_${n}.o`, 20);
  }),
  honest("wait-build-silent", "a long build that prints nothing for a while", (s) => {
    s.sh("cargo build --release", "Command running in background with ID: bash_2");
    for (let n = 0; n < 22; n++) s.call("BashOutput", { bash_id: "bash_2" }, "", 15);
    s.call("BashOutput", { bash_id: "bash_2" }, "Finished release [optimized] target(s) in 6m 12s");
  }),
  honest("wait-ci-pending", "CI is pending for ten minutes", (s) => {
    s.sh("git push origin fix/date", "To github.com:shop/shop.git\n * [new branch] fix/date");
    for (let n = 0; n < 20; n++) s.sh("gh pr checks 12", { output: "build\tpending\t0\nlint\tpass\t31s", exit: 8 }, 30);
    s.sh("gh pr checks 12", "build\tpass\t9m\nlint\tpass\t31s");
  }),
  honest("wait-ci-backoff", "CI is asked ever more rarely", (s) => {
    for (let n = 0; n < 8; n++) s.sh("gh run view 77", '{"status":"in_progress"}', 5 * 2 ** n);
    s.sh("gh run view 77", '{"status":"completed","conclusion":"success"}');
  }),
  honest("wait-sleep-curl", "sleep, then ask a service that is not up", (s) => {
    s.sh("npm start &", "started");
    for (let n = 0; n < 12; n++)
      s.sh("sleep 5 && curl -s localhost:3000/health", {
        output: "curl: (7) Failed to connect to localhost port 3000: Connection refused",
        exit: 7,
        seconds: 5,
      });
    s.sh("sleep 5 && curl -s localhost:3000/health", '{"ok":true}');
  }),
  honest("wait-curl-alone", "a service that boots is asked now and then", (s) => {
    for (let n = 0; n < 9; n++) s.sh("curl -s localhost:8080/ready", '{"status":"starting up"}', 10);
    s.sh("curl -s localhost:8080/ready", '{"status":"ready"}');
  }),
  honest("wait-postgres", "a database is not ready", (s) => {
    s.sh("docker compose up -d db", "Container db  Started");
    for (let n = 0; n < 10; n++)
      s.sh("pg_isready -h localhost", { output: "localhost:5432 - no response", exit: 2 }, 3);
    s.sh("pg_isready -h localhost", "localhost:5432 - accepting connections");
  }),
  honest("wait-tail", "a log is followed for half a minute at a time", (s) => {
    for (let n = 0; n < 7; n++) s.sh("timeout 30 tail -f server.log", { output: "", exit: 124, seconds: 30 });
    s.sh("timeout 30 tail -f server.log", { output: "listening on 3000", exit: 124, seconds: 30 });
  }),
  honest("wait-compose", "containers become healthy", (s) => {
    for (let n = 0; n < 8; n++)
      s.sh("docker compose ps", "NAME  STATUS\ndb    Up (health: starting)\nweb   waiting", 6);
    s.sh("docker compose ps", "NAME  STATUS\ndb    Up (healthy)\nweb   Up (healthy)");
  }),
  honest("wait-rollout", "a rollout proceeds", (s) => {
    for (let n = 0; n < 9; n++) s.sh("kubectl get pods", `web-1 Running\nweb-2 ContainerCreating\nready ${n} of 9`, 8);
  }),
  honest("wait-until", "a shell loop waits for a port", (s) => {
    for (let n = 0; n < 5; n++)
      s.sh("until nc -z localhost 6379; do sleep 1; done", { output: "", exit: 124, seconds: 60 });
    s.sh("until nc -z localhost 6379; do sleep 1; done", "");
  }),
  honest("wait-codex-stdin", "Codex polls a running process", (s) => {
    s.as({ agent: "codex", model: "gpt-5-codex" });
    s.call("exec_command", { cmd: "npm run e2e" }, "Process running with session ID 4");
    for (let n = 0; n < 18; n++)
      s.call("write_stdin", { session_id: 4, chars: "" }, "Process running with session ID 4", 10);
    s.call("write_stdin", { session_id: 4, chars: "" }, "12 passed (3m)");
  }),
  honest("wait-with-reports", "an agent says now and then that the build still runs", (s) => {
    s.sh("make -j8 > build.log 2>&1 &", "");
    for (let n = 0; n < 9; n++) s.say(`The build is still running, waiting for it to finish (${n} minutes).`, 60);
  }),
  honest("retry-backoff", "a registry that times out is tried again, each time later", (s) => {
    for (let n = 0; n < 6; n++)
      s.sh(
        "npm install",
        {
          output: "npm error network request to https://registry.npmjs.org/vite failed, reason: connect ETIMEDOUT",
          exit: 1,
          seconds: 2,
        },
        5 * 2 ** n,
      );
    s.sh("npm install", "added 214 packages in 9s");
  }),
  honest("retry-twice", "a download fails twice", (s) => {
    for (let n = 0; n < 2; n++)
      s.sh("pip install -r requirements.txt", {
        output: "ReadTimeoutError: HTTPSConnectionPool: Read timed out.",
        exit: 1,
      });
    s.sh("pip install -r requirements.txt", "Successfully installed flask-3.0");
  }),
  honest("flaky-twice", "a flaky test is run again twice", (s) => {
    s.sh("npm test", testRun(FLAKY, 40));
    s.sh("npm test", testRun(FLAKY, 40));
    s.sh("npm test", testRun([], 41));
  }),
  honest("flaky-confirmed", "a repaired flaky test is run five times to be sure", (s) => {
    s.edit("test/draft.test.ts", "click()", "await click()");
    for (let n = 0; n < 5; n++) s.sh("npm test -- draft", testRun([], 41, { seconds: 2 + n / 7 }));
  }),
  honest("api-backoff", "an overloaded API is asked ever more rarely", (s) => {
    for (let n = 0; n < 7; n++) s.error("API Error: 529 Overloaded", 2 ** n);
    s.say("Let me continue with the parser.");
    s.edit("src/date.ts", "a", "b");
  }),
  honest("api-retry-after", "a rate limit, and a minute of waiting each time", (s) => {
    for (let n = 0; n < 6; n++) s.error("429 rate limit exceeded, retry after 60 seconds", 62);
    s.read("src/date.ts");
  }),
  honest("api-now-and-then", "the API fails now and then in a long session", (s) => {
    for (let n = 0; n < 9; n++) {
      s.error("API Error: 500 Internal server error", 1);
      s.read(`src/part-${n}.ts`);
    }
  }),
  honest("context-once", "the context is full once, is compacted, and work goes on", (s) => {
    for (let n = 0; n < 8; n++) s.read(`src/part-${n}.ts`);
    s.error("API Error: 400 prompt is too long: 204100 tokens > 200000 maximum");
    s.compact();
    for (let n = 0; n < 3; n++) s.read(`src/part-${n}.ts`);
    s.edit("src/part-1.ts", "a", "b");
  }),
  honest("context-long-session", "seven compactions in a long session, with work in between", (s) => {
    for (let n = 0; n < 7; n++) {
      for (let part = 0; part < 9; part++) s.edit(`src/m${n}/p${part}.ts`, "var", "const");
      s.sh("npm test", testRun([], 100 + n));
      s.compact();
    }
  }),
];

function honest(name, about, script) {
  return { name: `honest-${name}`, options: { label: "honest", about }, script };
}
