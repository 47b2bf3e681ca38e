// `npm run new <kind> <name>`: writes a plugin from a template and runs its examples.
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const TEMPLATES = {
  detector: (name) => `import { defineDetector } from "../../sdk/index.ts";

/** Says that a directory uses ${name}. */
export default defineDetector({
  looksAt: ["${name}.json"],
  async detect(dir) {
    const because = [await dir.at("${name}.json", "command")];
    const file = await dir.json("${name}.json");
    if (typeof file !== "object" || file === null || !("command" in file) || typeof file.command !== "string") return [];
    return [{ is: "command", dir: dir.dir, role: "start", command: file.command, because, confidence: 0.8 }];
  },
  examples: [
    {
      name: "a ${name}.json with a command",
      files: { "${name}.json": '{ "command": "./serve" }' },
      finds: [{ is: "command", role: "start", command: "./serve" }],
    },
    { name: "a ${name}.json without one", files: { "${name}.json": "{}" }, finds: [] },
  ],
});
`,
  fixer: (name) => `import { defineFixer } from "../../sdk/index.ts";

/** Repairs a command that fails because ${name} is not set. */
export default defineFixer({
  repair(failure) {
    const [, variable] = /^Error: (\\w+) must be set for ${name}$/m.exec(failure.output) ?? [];
    if (variable === undefined) return undefined;
    return {
      title: \`Set \${variable}\`,
      because: "The command says that it needs it",
      actions: [{ do: "set-env", name: variable, generate: true }],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "the command names the variable",
      failure: { phase: "start" },
      real: {
        files: { "start.mjs": 'if (!process.env.SALT) throw new Error("SALT must be set for ${name}");\\n' },
        command: "node start.mjs",
        cured: { env: { SALT: "any" } },
      },
      repairs: [{ do: "set-env", name: "SALT", generate: true }],
    },
    { name: "another failure", failure: { phase: "start", output: "Error: no space left on device" }, repairs: undefined },
  ],
});
`,
  parser: (name) => `import { defineParser } from "../../sdk/index.ts";

const TOTAL = /^${name}: (\\d+) passed, (\\d+) failed$/m;

/** Reads the totals of ${name}. */
export default defineParser({
  recognizes: ({ output }) => (TOTAL.test(output) ? 0.9 : 0),
  parse({ output }) {
    const [, passed, failed] = TOTAL.exec(output) ?? [];
    return { tests: { passed: Number(passed), failed: Number(failed), skipped: 0 }, cases: [], locations: [], doubts: [] };
  },
  examples: [
    {
      name: "its last line",
      input: { command: "${name}", output: "${name}: 3 passed, 1 failed\\n", exit: 1 },
      gives: { tests: { passed: 3, failed: 1, skipped: 0 } },
    },
    { name: "another tool", input: { command: "make", output: "3 passed\\n", exit: 0 }, gives: undefined },
  ],
});
`,
  driver: (name) => `import { defineDriver } from "../../sdk/index.ts";

/** Finds ${name} on PATH. */
export default defineDriver({
  role: "runtime",
  runtime: "${name}",
  async find(asked, { toolbox, versions }) {
    const program = await toolbox.which("${name}");
    const next = "install ${name}, then run lodestar up again";
    if (program === undefined) return { ok: false, because: "${name} is not on PATH.", next };
    const printed = await toolbox.version(program, ["--version"]);
    const version = /\\d+(\\.\\d+)*/.exec(printed ?? "")?.[0];
    if (version === undefined) return { ok: false, because: "${name} --version names no version.", next };
    if (asked !== undefined && versions.satisfies(version, asked) === false)
      return { ok: false, because: \`${name} \${version} is here, \${asked} is asked for.\`, next };
    return { ok: true, version, path: [program.slice(0, program.lastIndexOf("/"))], how: "on PATH" };
  },
  examples: [
    { name: "on PATH", asked: undefined, have: { "/usr/bin/${name}": "${name} 1.2.3" }, answer: { ok: true, version: "1.2.3" } },
    { name: "not there", asked: undefined, have: {}, answer: { ok: false } },
  ],
});
`,
  format: (name) => `import { defineFormat } from "../../sdk/index.ts";
import { oneLine } from "./_shared.ts";
import { sampleCheck, sampleReceipt } from "./_shared-sample.ts";

/** One line per check: verdict, name and reason, between tabs. */
export default defineFormat({
  name: "${name}",
  mediaType: "text/tab-separated-values",
  extension: "tsv",
  write: (receipt) =>
    receipt.checks.map((check) => \`\${[check.verdict, check.name, check.because].map(oneLine).join("\\t")}\\n\`).join(""),
  examples: [
    {
      name: "a green check",
      receipt: sampleReceipt(),
      contains: ["pass\\ttest\\t412 tests passed, exit 0.\\n"],
    },
    {
      name: "a reason of several lines stays one line",
      receipt: sampleReceipt({ checks: [sampleCheck({ because: "one\\ntwo\\tthree" })] }),
      contains: ["one two three"],
      lacks: ["one\\ntwo"],
    },
  ],
});
`,
  agent: (name) => `import { defineAgent, type AgentEvent, type AgentLaunch, type AgentTask } from "../../sdk/index.ts";
import { fieldsOf, foundBy, readLine, textOf } from "./_shared-read.ts";
import { refusal } from "./_shared-refuse.ts";

const TESTED = "1.0.0";

/** ${name}: told by its output, covered from outside. */
export default defineAgent({
  name: "${name}",
  title: "${name}",
  program: "${name}",
  package: "${name}",
  tested: [TESTED],
  covers: ["verdict"],
  wires: ["chat"],
  traps: [],
  detect: (facts) => foundBy(facts, { program: "${name}", folder: ".${name}", tested: TESTED }),
  settings: [],
  install: () => ({
    refuse: "No hooks of ${name} were measured, so none are installed; its changes are proved all the same.",
    next: "let Lodestar prove its change: lodestar prove",
  }),
  uninstall: (before) => ({ after: before }),
  launch: (task) => start(task, []),
  resume: (task) => start(task, [\`--resume=\${task.session}\`]),
  parse,
  transcript: () => [],
  hook: () => undefined,
  reply: () => ({ status: 200, body: {} }),
  refuse: (reason, wire = "chat") => refusal(reason, wire),
  examples: [
    {
      name: "${name}: what it says",
      line: '{"type":"message","text":"All done!"}',
      gives: [{ is: "text", text: "All done!" }],
    },
    {
      name: "${name}: the end, with an error",
      line: '{"type":"end","error":{"message":"no model"}}',
      gives: [{ is: "ended", ok: false, error: "no model" }],
    },
    { name: "${name}: a line of another program", line: "All done!", gives: [] },
    {
      name: "${name}: on PATH",
      facts: { which: "/usr/bin/${name}", version: "1.0.0", folders: [] },
      found: { installed: true, version: "1.0.0" },
    },
    {
      name: "${name}: not there",
      facts: { which: undefined, version: undefined, folders: [] },
      found: { installed: false },
    },
  ],
});
${agentFunctions(name)}`,
};

const [kind, name] = process.argv.slice(2);
const template = Object.hasOwn(TEMPLATES, kind ?? "") ? TEMPLATES[kind] : undefined;
if (template === undefined || !/^[a-z][a-z0-9-]*$/.test(name ?? "")) {
  console.error(`Usage: npm run new <${Object.keys(TEMPLATES).join("|")}> <name-in-kebab-case>`);
  process.exit(2);
}
const file = fileURLToPath(new URL(`../src/plugins/${kind}/${name}.ts`, import.meta.url));
if (existsSync(file)) {
  console.error(`${file} exists already. Next: choose another name, or edit it.`);
  process.exit(2);
}
writeFileSync(file, template(name));
console.error(`Wrote ${file}. Running its examples.`);
const tests = ["contract", "driver", "fixer", "agent"].map((test) =>
  fileURLToPath(new URL(`../src/plugins/${test}.test.ts`, import.meta.url)),
);
const done = spawnSync(
  process.execPath,
  ["--test", "--test-name-pattern", `/${name}/`, ...tests.filter((test) => existsSync(test))],
  { stdio: "inherit" },
);
process.exit(done.status ?? 1);

function agentFunctions(name) {
  return `
function start({ prompt, cwd, env, permission }: AgentTask, more: readonly string[]): AgentLaunch {
  return { command: ["${name}", \`--permission=\${permission}\`, ...more, "--", prompt], cwd, env, stdin: "closed" };
}

/** A line of its headless output. */
function parse(line: string): readonly AgentEvent[] {
  const fields = readLine(line);
  const text = textOf(fields?.text);
  if (fields?.type === "message" && text !== undefined) return [{ is: "text", text }];
  if (fields?.type !== "end") return [];
  const error = textOf(fieldsOf(fields.error)?.message);
  return [{ is: "ended", ok: error === undefined, error }];
}
`;
}
