import { testRun } from "./_builder.mjs";

/** Looking, talking and listing, which are not getting lost. */
export const lookingSessions = [
  honest("git-status", "git status between different actions", (s) => {
    for (let n = 0; n < 12; n++) {
      s.edit(`src/part-${n % 4}.ts`, `v${n}`, `v${n + 1}`);
      s.sh("git status --short", " M src/part-0.ts\n M src/part-1.ts");
    }
  }),
  honest("ls-between", "ls and pwd between the steps of a setup", (s) => {
    for (const step of [
      "npm init -y",
      "npm i vite",
      "npm i -D vitest",
      "npx tsc --init",
      "npx vite build",
      "npm pkg set type=module",
    ]) {
      s.sh("pwd && ls", "/srv/shop\npackage.json\nsrc");
      s.sh(step, `${step}: done`);
    }
  }),
  honest("pages", "page after page of a list", (s) => {
    for (let page = 1; page <= 25; page++)
      s.call("mcp__tracker__list_issues", { project: "SHOP", page }, `issues ${page * 20} to ${page * 20 + 19}`);
  }),
  honest("browser-next", "the same button leads to another page", (s) => {
    for (let n = 1; n <= 12; n++)
      s.call("mcp__browser__click", { selector: "#next" }, `Page ${n}: products ${n * 10} to ${n * 10 + 9}`);
  }),
  honest("browser-scroll", "scrolling says the same each time", (s) => {
    for (let n = 1; n <= 10; n++) s.call("mcp__browser__scroll", { direction: "down" }, "Scrolled down.");
    s.call("mcp__browser__read_page", {}, "Imprint, Contact");
  }),
  honest("big-file", "a big file is read part by part", (s) => {
    for (let n = 0; n < 20; n++)
      s.call(
        "Read",
        { file_path: "src/legacy.js", offset: n * 400, limit: 400 },
        `lines ${n * 400}: function part${n}() {}`,
      );
  }),
  honest("explore", "a big repository is explored, sixty files", (s) => {
    for (let n = 0; n < 60; n++) {
      if (n % 6 === 0) s.call("Grep", { pattern: `class Part${n}` }, `src/part-${n}.ts:1: class Part${n}`);
      s.read(`src/part-${n}.ts`);
    }
    s.say("The parts are loaded by src/registry.ts, which reads the folder.");
  }),
  honest("search-found-late", "twelve searches in vain, then the thirteenth finds it", (s) => {
    for (let n = 0; n < 12; n++) s.call("Grep", { pattern: `ledger_${n}` }, "No matches found");
    s.call("Grep", { pattern: "accounting" }, "src/accounting.ts:4: export function book() {}");
    s.edit("src/accounting.ts", "a", "b");
  }),
  honest("search-mixed", "every second search finds something", (s) => {
    for (let n = 0; n < 40; n++)
      s.call("Grep", { pattern: `part_${n}` }, n % 2 ? "No matches found" : `src/p${n}.ts:3: part_${n}`);
  }),
  honest("web-research", "many questions to the web, each with news", (s) => {
    for (let n = 0; n < 15; n++)
      s.call("WebSearch", { query: `sqlite wal ${n}` }, `Result ${n}: https://sqlite.org/wal-${n}.html`);
  }),
  honest("subagents-begin", "six subagents begin with the same two files", (s) => {
    for (let n = 0; n < 6; n++) {
      s.as({ subagent: `review-${n}` });
      s.read("AGENTS.md", "# For whoever works on this code");
      s.read("package.json", '{ "name": "shop" }');
    }
    for (let n = 0; n < 6; n++) {
      s.as({ subagent: `review-${n}` });
      s.read(`src/area-${n}.ts`);
    }
  }),
  honest("subagents-at-once", "five subagents run the tests at the same time", (s) => {
    for (let n = 0; n < 5; n++) {
      s.as({ subagent: `lane-${n}` });
      s.start("Bash", { command: "npm test" }, `t${n}`, 0.3);
    }
    for (let n = 0; n < 5; n++) {
      s.as({ subagent: `lane-${n}` });
      s.finish("Bash", testRun([], 41), `t${n}`, 0.3);
    }
  }),
  honest("resumed", "three resumed sessions read the same files before they go on", (s) => {
    for (let n = 0; n < 3; n++) {
      s.as({ session: `resumed-${n}` });
      s.prompt(`Go on with part ${"abc"[n]} of the port please`, "person");
      for (const file of ["a", "b", "c"]) s.read(`src/${file}.ts`);
      s.edit(`src/${"abc"[n]}.ts`, "var", "const");
    }
  }),
  honest("asked-again", "a person asks for another run, seven times", (s) => {
    for (const why of [
      "run the tests",
      "and once more please",
      "run it again, I changed the database",
      "once again now",
      "another time, the cache is cold",
      "now with the new data",
      "last run for today",
    ]) {
      s.prompt(why, "person");
      s.sh("npm test", testRun([["saves a draft", "Error: database is locked"]], 9));
    }
  }),
  honest("plans-first", "a plan in several messages before the first tool", (s) => {
    for (const what of [
      "the parser needs a grammar",
      "errors should carry positions",
      "tests come first",
      "then I replace the old reader",
      "the docs change last",
      "I start with the grammar",
    ])
      s.say(`My plan: ${what}.`);
    s.write("src/grammar.ts", "export const grammar = {};");
  }),
  honest("conversation", "a person and an agent talk for a long time", (s) => {
    for (let n = 0; n < 20; n++) {
      s.prompt(
        `What about ${["naming", "errors", "tests", "types", "layers", "caching", "logging", "queues", "retries", "limits"][n % 10]} ${"in the second part ".repeat(n > 9 ? 1 : 0)}?`,
        "person",
      );
      s.say("Good question. It is handled by the same module, and I would leave it as it is.");
    }
  }),
  honest("progress-messages", "the same sentence for each file, with work in between", (s) => {
    for (let n = 0; n < 15; n++) {
      s.say(`Now I am converting file ${n} to the new style.`);
      s.edit(`src/part-${n}.ts`, "require", "import");
    }
  }),
  honest("tables", "one query for each table", (s) => {
    for (let n = 0; n < 18; n++) s.sh(`psql -c 'select count(*) from t${n}'`, " count\n-------\n     0");
  }),
  honest("cloud-list", "the same tool for each item of a list, with the same answer", (s) => {
    for (let n = 0; n < 16; n++) s.call("mcp__tracker__add_label", { issue: n, label: "triaged" }, "ok");
  }),
  honest("costly-docs", "a long text is written for eighteen dollars", (s) => {
    for (let n = 0; n < 12; n++) {
      s.cost(1.5, 300_000);
      s.write(`docs/chapter-${n}.md`, `# Chapter ${n}\n\nIt tells of part ${n}.`);
    }
  }),
  honest("costly-reading", "a repository is read for twelve dollars to answer a question", (s) => {
    for (let n = 0; n < 12; n++) {
      s.read(`src/part-${n}.ts`);
      s.cost(1, 400_000);
    }
    s.say("The two services share the session table, which is why logging out is slow.");
  }),
];

function honest(name, about, script) {
  return { name: `honest-${name}`, options: { label: "honest", about }, script };
}
