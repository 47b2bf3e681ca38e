import { testRun } from "./_builder.mjs";

const KNOWN = ["legacy export works", "Error: ENOENT: no such file, open 'fixtures/legacy.csv'"];
const NAMES = ["zero", "one", "two", "many", "negative", "huge", "empty", "nested"];

/** Repairs that take several attempts, and work that looks like going in circles. */
export const editingSessions = [
  honest("other-failures", "each edit leads to the next failure", (s) => {
    for (const name of NAMES) {
      s.edit("src/date.ts", `case ${name}`, `case ${name} done`);
      s.sh("npm test", testRun([[name, `TypeError: ${name} is not iterable`]], 10 + NAMES.indexOf(name)));
    }
  }),
  honest("other-answers", "the same test fails with another answer each time", (s) => {
    for (const status of [404, 500, 422, 401, 302, 403]) {
      s.edit("src/route.ts", `try ${status}`, `answer ${status}`);
      s.cost(0.25, 40_000);
      s.sh("npm test", testRun([["answers", `AssertionError: expected ${status} to be 200`]], 10));
    }
    s.sh("npm test", testRun([], 11));
  }),
  honest("fewer-failures", "fewer fail after each edit, one of them always the same", (s) => {
    for (let left = 8; left >= 1; left--) {
      s.edit("src/date.ts", `left ${left}`, `left ${left - 1}`);
      s.cost(0.3, 40_000);
      s.sh(
        "npm test",
        testRun(
          NAMES.slice(0, left).map((name) => [name, "Error: not implemented"]),
          20 - left,
        ),
      );
    }
  }),
  honest("fourth-try", "three edits change nothing, the fourth cures it", (s) => {
    const failure = testRun([["adds a discount", "AssertionError: expected 90 to be 80"]], 11);
    s.sh("npm test", failure);
    for (let n = 0; n < 3; n++) {
      s.edit("src/cart.ts", `x = ${n}`, `x = ${n + 1}`);
      s.sh("npm test", failure);
    }
    s.edit("src/discount.ts", "rate / 10", "rate / 100");
    s.sh("npm test", testRun([], 12));
  }),
  honest("known-failure", "a test that was red before stays red while seven files are ported", (s) => {
    for (let n = 0; n < 7; n++) {
      s.edit(`src/port-${n}.ts`, "any", "unknown");
      s.cost(0.2, 30_000);
      s.sh("npm test", testRun([KNOWN], 120));
    }
  }),
  honest("known-failure-grows", "a red test stays red while new tests pass", (s) => {
    for (let n = 0; n < 12; n++) {
      s.edit("src/parser.ts", `rule ${n}`, `rule ${n + 1}`);
      s.edit("src/parser.test.ts", `test ${n}`, `test ${n + 1}`);
      s.sh("npm test", testRun([KNOWN], 120 + n));
    }
  }),
  honest("types-fewer", "the compiler finds fewer errors each time", (s) => {
    for (let left = 60; left > 0; left -= 8) {
      s.edit(`src/p${left}.ts`, "any", "string");
      s.sh("npx tsc --noEmit", {
        output: `src/legacy.ts(3,1): error TS7006: Parameter 'x' implicitly has an 'any' type.\nFound ${left} errors in 9 files.`,
        exit: 2,
      });
    }
  }),
  honest("green-each-time", "the tests pass after each edit", (s) => {
    for (let n = 0; n < 12; n++) {
      s.edit("src/cart.ts", `step ${n}`, `step ${n + 1}`);
      s.sh("npm test", testRun([], 41));
    }
  }),
  honest("read-after-edit", "a file is read again after each edit", (s) => {
    for (let n = 0; n < 10; n++) {
      s.edit("src/cart.ts", `line ${n}`, `line ${n} changed`);
      s.read("src/cart.ts", `export const version = ${n};`);
    }
  }),
  honest("codemod", "the same replacement in thirty files", (s) => {
    for (let n = 0; n < 30; n++) s.edit(`src/part-${n}.ts`, 'require("x")', 'import x from "x"');
    s.sh("npm test", testRun([], 41));
  }),
  honest("same-edit-places", "the same replacement at six places of one file", (s) => {
    for (let n = 0; n < 6; n++) s.edit("src/page.ts", "color: red", "color: var(--accent)");
  }),
  honest("revert-once", "an attempt is taken back and another way is taken", (s) => {
    s.edit("src/cart.ts", "sum(x)", "fold(x)");
    s.sh("npm test", testRun([["sums", "TypeError: fold is not a function"]], 10));
    s.edit("src/cart.ts", "fold(x)", "sum(x)");
    s.edit("src/cart.ts", "sum(x)", "x.reduce(add, 0)");
    s.sh("npm test", testRun([], 11));
  }),
  honest("debug-prints", "prints are added and removed at five places", (s) => {
    for (let n = 0; n < 5; n++) {
      s.edit("src/queue.ts", `step${n}();`, `step${n}(); console.log("at ${n}");`);
      s.sh("node src/queue.ts", `at ${n}: ${n * 17} items`);
      s.edit("src/queue.ts", `step${n}(); console.log("at ${n}");`, `step${n}();`);
    }
  }),
  honest("compare-speed", "a switch goes on and off to measure both", (s) => {
    for (let n = 0; n < 6; n++) {
      s.edit("src/cache.ts", n % 2 ? "cache = true" : "cache = false", n % 2 ? "cache = false" : "cache = true");
      s.sh("node bench.js", `${(n % 2 ? 812 : 411) + n * 3} operations per second`);
    }
  }),
  honest("person-changes-mind", "a person wants it blue, red, blue and red", (s) => {
    for (const [want, old] of [
      ["blue", "red"],
      ["red", "blue"],
      ["blue", "red"],
      ["red", "blue"],
      ["blue", "red"],
    ]) {
      s.prompt(
        `please make the button ${want}, ${["really", "sorry", "no", "after all", "finally"][Math.floor(s.random() * 5)]} instead of ${old} ${s.clock()}`,
        "person",
      );
      s.edit("src/button.css", old, want);
    }
  }),
  honest("stash-compare", "work is put aside to see whether it failed before", (s) => {
    s.edit("src/cart.ts", "a", "b");
    s.sh("npm test", testRun([["sums", "Error: x"]], 10));
    s.sh("git stash", "Saved working directory and index state");
    s.sh("npm test", testRun([], 11));
    s.sh("git stash pop", "Dropped refs/stash@{0}");
    s.edit("src/cart.ts", "b", "c");
    s.sh("npm test", testRun([], 11));
  }),
  honest("bisect", "git bisect runs one test on many commits", (s) => {
    for (let n = 0; n < 9; n++) {
      s.sh(
        n % 2 ? "git bisect good" : "git bisect bad",
        `Bisecting: ${256 >> n} revisions left to test after this\n[c0ffee${n}]`,
      );
      s.sh("npm test -- cart", n % 3 ? testRun([], 11) : testRun([["sums", "Error: x"]], 10));
    }
  }),
  honest("edit-missed", "an edit misses twice; the file is read and it fits", (s) => {
    for (let n = 0; n < 2; n++)
      s.call(
        "Edit",
        { file_path: "src/cart.ts", old_string: "totl", new_string: "total" },
        { output: "String to replace not found in file.", ok: false },
      );
    s.read("src/cart.ts", "const tot1 = 3;");
    s.edit("src/cart.ts", "tot1", "total");
  }),
  honest("docker-steps", "a Dockerfile gets one step further each time", (s) => {
    for (let n = 1; n <= 7; n++) {
      s.cost(0.5, 70_000);
      s.edit("Dockerfile", `RUN step ${n}`, `RUN step ${n} --fixed`);
      s.sh("docker build .", {
        output: `#${n + 4} ERROR: process "/bin/sh -c step-${["apt", "node", "npm", "build", "user", "port", "cmd"][n - 1]}" did not complete successfully: exit code: 127`,
        exit: 1,
      });
    }
  }),
  honest("costly-repair", "an expensive repair in which ever more checks pass", (s) => {
    for (let n = 0; n < 10; n++) {
      s.edit("src/engine.ts", `v${n}`, `v${n + 1}`);
      s.cost(2.5, 500_000);
      s.check("test", { passed: 30 + n, failed: 10 - n, output: ` ✖ case ${n}\n   Error: ${n}` });
    }
  }),
  honest("two-agents-review", "an author and a reviewer in turn", (s) => {
    for (let n = 0; n < 6; n++) {
      s.as({ agent: n % 2 ? "gemini" : "claude-code" });
      if (n % 2) s.say(`Review: please rename ${NAMES[n]} and cover ${NAMES[n + 1]}.`);
      else s.edit("src/cart.ts", `name ${n}`, `${NAMES[n]} ${n}`);
      s.sh("git diff --stat", ` src/cart.ts | ${n + 1} +-`);
    }
  }),
  honest("files-by-shell", "files are written and changed through the shell, the tests stay green", (s) => {
    for (let n = 0; n < 8; n++) {
      s.sh(`cat > src/new-${n}.ts <<'EOF'\nexport const part = ${n};\nEOF`, "");
      s.sh(`sed -i 's/part${n}/part${n + 1}/g' src/index.ts`, "");
      s.sh("npm test", testRun([], 41));
    }
  }),
  honest("packages", "packages are installed one by one, the list is shown after each", (s) => {
    for (const name of NAMES) {
      s.sh(`npm install ${name}`, "added 1 package");
      s.sh("npm audit", "found 0 vulnerabilities");
    }
  }),
  honest("baseline-checks", "several checks of Lodestar run after each edit, one of them known red", (s) => {
    for (let n = 0; n < 6; n++) {
      s.edit(`src/p${n}.ts`, "a", "b");
      s.cost(0.2, 20_000);
      s.check("types", { passed: 1, failed: 0 });
      s.check("lint", { passed: 0, failed: 0, output: "2 known problems" });
      s.check("test", { passed: 40, failed: 0 });
    }
  }),
];

function honest(name, about, script) {
  return { name: `honest-${name}`, options: { label: "honest", about }, script };
}
