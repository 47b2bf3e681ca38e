/** Writes one scripted session, step by step. Times, token counts and noise come from a seed, so the same script gives the same lines. */
export function session(name, options) {
  const random = seeded(name);
  const steps = [];
  const rounds = [];
  let at = Date.UTC(2026, 0, 5, 9, 0, 0) + Math.floor(random() * 3_600_000);
  let worker = {
    session: `${name}-1`,
    agent: options.agent ?? "claude-code",
    model: options.model ?? "claude-sonnet-4-5",
  };
  const add = (step, seconds = 2 + random() * 6) => {
    at += Math.round(seconds * 1000);
    steps.push({ at, ...worker, ...step });
  };
  const script = {
    random,
    /** The worker that takes the next steps: another agent, session or subagent. */
    as(who) {
      worker = { ...worker, ...who };
      if (who.subagent === null) delete worker.subagent;
    },
    /** Begins one repetition of the loop; the first one is no repeat yet. */
    round: () => rounds.push(steps.length),
    wait: (seconds) => (at += Math.round(seconds * 1000)),
    clock: () => new Date(at).toISOString(),
    prompt: (text, by) => add({ kind: "prompt", text, ...(by ? { by } : {}) }),
    say: (text, seconds) => add({ kind: "message", text }, seconds),
    start: (tool, input, call, seconds) => add({ kind: "tool", tool, input, ...(call ? { call } : {}) }, seconds),
    finish: (tool, answer, call, seconds) =>
      add({ kind: "result", tool, ...(call ? { call } : {}), ok: true, ...answer }, seconds),
    /** A call and its answer: an output, or `{ output, exit, seconds }`. */
    call(tool, input, answer = "", gap) {
      const { seconds = 0.5 + random() * 2, ...rest } = typeof answer === "string" ? { output: answer } : answer;
      add({ kind: "tool", tool, input }, gap);
      const ok = (rest.exit ?? 0) === 0 && rest.ok !== false;
      add({ kind: ok ? "result" : "failure", tool, ok, ...rest }, seconds);
    },
    sh: (command, answer, gap) => script.call("Bash", { command, description: pick(random, WHY) }, answer, gap),
    edit: (file_path, old_string, new_string) =>
      script.call("Edit", { file_path, old_string, new_string }, `The file ${file_path} has been updated.`),
    write: (file_path, content) => script.call("Write", { file_path, content }, `File written: ${file_path}`),
    read: (file_path, output = `// ${file_path}\nexport const name = "${file_path}";`) =>
      script.call("Read", { file_path }, output),
    check: (tool, figures) => add({ kind: "check", tool, ok: (figures.failed ?? 0) === 0, ...figures }),
    cost: (usd, tokens) => add({ kind: "cost", usd, tokens }, 0.1),
    spend: () => add({ kind: "cost", usd: 0.02 + random() * 0.02, tokens: 3000 + Math.floor(random() * 3000) }, 0.1),
    error: (text, seconds) => add({ kind: "error", text, ok: false }, seconds),
    approve: () => add({ kind: "approval", by: "program", text: "allowed by the permission mode" }, 0.2),
    compact: () => add({ kind: "compact", text: "auto" }, 12),
    todo: (done) =>
      script.call("TodoWrite", { todos: [{ content: "make it work", status: "in_progress", done }] }, "ok"),
  };
  if (options.intro !== false) intro(script, options);
  return { name, options, script, steps, rounds };
}

/** The text of the session's file: what it is first, then one step per line. */
export function textOf({ name, options, steps, rounds }) {
  const head = { name, label: options.label, about: options.about };
  if (options.label === "loop") {
    // Five repeats are six rounds; the last step of the sixth is the last one that may pass.
    const stopBy = (rounds[6] ?? steps.length) - 1;
    Object.assign(head, { expect: options.expect, begins: rounds[0], stopBy, rounds: rounds.length });
  }
  return `${[head, ...steps].map((line) => JSON.stringify(line)).join("\n")}\n`;
}

/** Output of a test run as different runners print it. */
export function testRun(failing, passed, { seconds = 1.2, extra = "" } = {}) {
  const lines = failing.map(([name, message]) => ` ✖ ${name} (${(seconds * 10).toFixed(2)}ms)\n   ${message}`);
  const summary = failing.length > 0 ? `${failing.length} failed | ${passed} passed` : `${passed} passed`;
  const text = [
    ...lines,
    extra,
    ` Tests  ${summary} (${failing.length + passed})`,
    ` Duration  ${seconds.toFixed(2)}s`,
  ].join("\n");
  return { output: text, exit: failing.length > 0 ? 1 : 0, seconds };
}

export function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

const WHY = ["Run it", "Run the command", "Check the result", "See what happens", "Try it"];
const TASKS = [
  "Fix the failing date parser",
  "The cart total is wrong for discounts, please repair it",
  "Add rate limiting to the login route",
  "Port the config reader to TypeScript",
  "Make the importer handle empty files",
];

/** What nearly every session begins with. */
function intro(script, { task }) {
  script.prompt(task ?? pick(script.random, TASKS), "person");
  script.say("I'll start by looking at the project.");
  script.call("Glob", { pattern: "src/**/*.ts" }, "src/index.ts\nsrc/date.ts\nsrc/cart.ts\nsrc/server.ts");
  script.read("package.json", '{ "name": "shop", "scripts": { "test": "vitest run", "build": "tsc" } }');
  script.spend();
}

function seeded(text) {
  let state = 0;
  for (const letter of text) state = (state * 31 + letter.codePointAt(0)) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
