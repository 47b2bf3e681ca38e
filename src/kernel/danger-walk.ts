import { judgeCloud } from "./danger-cloud.ts";
import { judgeCode } from "./danger-code.ts";
import { judgeDatabase } from "./danger-database.ts";
import { expand, expandText } from "./danger-expand.ts";
import { judgeFiles } from "./danger-files.ts";
import { judgeGit } from "./danger-git.ts";
import { judgeGuard, judgeNetwork } from "./danger-network.ts";
import { UNKNOWN } from "./danger-paths.ts";
import { judgePaths } from "./danger-secrets.ts";
import { LEADING, readShell } from "./danger-shell.ts";
import { change, fork, outputOf, setVariable, shown, start, variable, written } from "./danger-state.ts";
import { judgeSystem } from "./danger-system.ts";
import { nestedIn } from "./danger-wrap.ts";
import type { State } from "./danger-state.ts";
import type { Values } from "./danger-expand.ts";
import type { Call, Finding, GuardFacts } from "./danger-rules.ts";
import type { Command, Pipeline, Script } from "./danger-words.ts";

/** More commands in one call, or texts in texts, than people write. */
const MOST_COMMANDS = 400;
const DEEPEST = 12;
const MOST_PIPED = 50;

/** The findings of a text in the shell's language. `lost`: it could not be read to its end. */
export function judgeShell(
  text: string,
  where: { facts: GuardFacts; cwd: string },
): { findings: Finding[]; lost: boolean } {
  const state = start(where);
  runText(text, state, []);
  return { findings: state.shared.findings, lost: state.shared.lost };
}

/** The same for one command that is given by its words. */
export function judgeWords(
  words: readonly string[],
  where: { facts: GuardFacts; cwd: string },
): { findings: Finding[]; lost: boolean } {
  const state = start(where);
  run(
    words,
    { raw: words.join(" "), env: new Map(), stdin: undefined, before: [], inner: [], reads: [], writes: [] },
    state,
  );
  return { findings: state.shared.findings, lost: state.shared.lost };
}

function runText(text: string, state: State, before: readonly Call[]): Call[] {
  if (state.depth > DEEPEST) {
    state.shared.lost = true;
    return [];
  }
  const { script, broken } = readShell(text);
  if (broken) state.shared.lost = true;
  return broken ? [] : runScript(script, state, before);
}

function runScript(script: Script, state: State, before: readonly Call[]): Call[] {
  const calls: Call[] = [];
  for (const pipeline of script.pipelines) {
    // Only `&&` says that making it went well.
    if (pipeline.after !== "&&") state.made.clear();
    // `{ a; b; } | c`: what the braces print goes on.
    const closes = /^(\}|done|fi|esac)$/.test(pipeline.commands[0]?.words[0]?.raw ?? "");
    const earlier = closes && pipeline.commands.length > 1 ? [...before, ...calls] : before;
    for (const call of runPipeline(pipeline, state, earlier)) calls.push(call);
  }
  return calls;
}

function runPipeline(pipeline: Pipeline, state: State, before: readonly Call[]): Call[] {
  const calls: Call[] = [];
  const forked = pipeline.commands.length > 1;
  if (pipeline.commands.length > MOST_PIPED) state.shared.lost = true;
  for (const command of pipeline.commands) {
    const earlier = calls.length > 0 ? [...before, ...calls] : before;
    for (const call of runCommand(command, forked ? fork(state) : state, earlier)) calls.push(call);
  }
  const own = calls.filter((call) => state.functions.has(call.program));
  if (
    own.length > 1 ||
    (forked && pipeline.commands.some((command) => command.defines !== undefined && isBomb(pipeline, command)))
  ) {
    const raw = pipeline.commands.map((command) => command.raw).join(" | ");
    const why = "starts itself again and again until the machine stops";
    state.shared.findings.push({ decision: "deny", rule: "system", part: raw, why });
  }
  return calls;
}

/** `name() { name | name & }`: the definition stands in the pipeline that calls it twice. */
function isBomb(pipeline: Pipeline, defining: Command): boolean {
  const names = pipeline.commands.map((command) => command.words.find((word) => !LEADING.has(word.raw))?.raw);
  return names.filter((name) => name === defining.defines).length > 1;
}

/** What a command is besides its words. */
type Frame = Pick<Call, "raw" | "env" | "stdin" | "before" | "inner" | "reads" | "writes">;

function runCommand(command: Command, state: State, before: readonly Call[]): Call[] {
  const { shared } = state;
  if (++shared.commands > MOST_COMMANDS) shared.lost = true;
  if (shared.lost) return [];
  if (command.defines !== undefined) state.functions.add(command.defines);
  const inner: Call[] = [];
  const values = valuesIn(state, inner);
  const calls = command.group ? runScript(command.group, fork(state), before) : [];
  const assigns = command.assigns.map(({ name, value }) => ({ name, values: expandText(value, values) }));
  const frame = { ...framed(command, values, before), inner };
  const words = command.words.slice(leading(command));
  if (words[0]?.raw === "for" || words[0]?.raw === "select") {
    const items = words.slice(3).flatMap((word) => expand(word, values));
    setVariable(state, words[1]?.raw ?? "", items);
    return inner;
  }
  const fields = words.flatMap((word) => expand(word, values));
  if (fields.length === 0) for (const { name, values: found } of assigns) setVariable(state, name, found);
  const env = new Map(assigns.map(({ name, values: found }) => [name, found[0] ?? ""]));
  for (const name of SESSION)
    if (!env.has(name) && state.vars.get(name)?.[0] !== undefined) env.set(name, state.vars.get(name)?.[0] ?? "");
  return [...calls, ...inner, ...run(fields, { ...frame, env }, state)];
}

/** Variables of earlier commands that tell whose database is meant. */
const SESSION = ["DATABASE_URL", "PGHOST", "PGPORT", "PGDATABASE"];

/** How many words before the command belong to `if`, `do`, `{` and so on. */
function leading(command: Command): number {
  let index = 0;
  while (LEADING.has(command.words[index]?.raw ?? "")) index++;
  return command.words[index]?.raw === "function" ? index + 2 + Number(command.words[index + 2]?.raw === "{") : index;
}

function framed(command: Command, values: Values, before: readonly Call[]): Omit<Frame, "inner" | "env"> {
  const reads: string[] = [];
  const writes: string[] = [];
  let stdin = shown(before.at(-1));
  for (const { operator, target, body } of command.redirects) {
    const [name = ""] = expand(target, values);
    if (body) stdin = expandText(body, values)[0];
    else if (operator === "<<<") stdin = expandText(target, values)[0];
    else if (operator === "<") reads.push(name);
    else if (!/^[0-9-]*$/.test(name)) writes.push(name);
  }
  return { raw: command.raw, stdin, before, reads, writes };
}

function valuesIn(state: State, inner: Call[]): Values {
  return {
    home: state.facts.home,
    variable: (name) => variable(state, name),
    output: (script) => {
      const calls = runScript(script, fork(state, { depth: state.depth + 1 }), []);
      for (const call of calls) inner.push(call);
      return calls.length === 1 ? outputOf(calls[0], state) : undefined;
    },
  };
}

function run(words: readonly string[], frame: Frame, state: State): Call[] {
  const [first = "", ...args] = words;
  const program = (first.split(/[/\\]/).at(-1) ?? "").toLowerCase().replace(/\.(exe|cmd)$/, "");
  const { facts, cwd, place, made } = state;
  const call: Call = { ...frame, program, args, cwd, place, facts, made };
  judge(call, first, state);
  change(call, state);
  const calls = [call];
  if (state.depth >= DEEPEST) return calls;
  for (const nested of [...nestedIn(call), ...written(call, first, state)]) {
    const inside = fork(state, { depth: state.depth + 1, place: nested.place ?? state.place });
    if (inside.place !== "here") inside.cwd = undefined;
    const env = nested.env ? new Map([...frame.env, ...nested.env]) : frame.env;
    if (nested.script !== undefined) runText(nested.script, inside, []);
    if (nested.words)
      for (const each of run(nested.words, { ...frame, env, reads: [], writes: [] }, inside)) calls.push(each);
  }
  return calls;
}

function judge(call: Call, name: string, state: State): void {
  const found = [
    ...judgeFiles(call),
    ...judgePaths(call),
    ...judgeGit(call),
    ...judgeDatabase(call),
    ...judgeCloud(call),
    ...judgeSystem(call),
    ...judgeNetwork(call, state.shared.fetched),
    ...judgeGuard(call),
    ...judgeCode(call),
  ];
  if (name.includes(UNKNOWN) && call.args.some((arg) => /^-(rf|fr|Rf|fR)$/.test(arg))) {
    const why = "runs a program that cannot be known, with the options of a deletion";
    found.push({ decision: "ask", rule: "delete-unknown", part: call.raw, why });
  }
  for (const each of found) state.shared.findings.push(call.place === "here" ? each : elsewhere(call, each));
}

/** No snapshot reaches another machine, and a container is made again: a person knows which. */
function elsewhere(call: Call, found: Finding): Finding {
  const { decision, rule, part, why } = found;
  if (decision === "snapshot" || call.place === "container") return { decision: "ask", rule, part, why };
  return found;
}
