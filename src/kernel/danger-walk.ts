import { judgeCloud } from "./danger-cloud.ts";
import { judgeCode } from "./danger-code.ts";
import { judgeDatabase } from "./danger-database.ts";
import { expand, expandText } from "./danger-expand.ts";
import { judgeFiles } from "./danger-files.ts";
import { clonedTo, judgeGit } from "./danger-git.ts";
import { fetchedTo, judgeGuard, judgeNetwork } from "./danger-network.ts";
import { UNKNOWN, resolvePath } from "./danger-paths.ts";
import { hasFlag, operands, valueOf } from "./danger-rules.ts";
import { judgePaths } from "./danger-secrets.ts";
import { LEADING, readShell } from "./danger-shell.ts";
import { judgeSystem } from "./danger-system.ts";
import { nestedIn } from "./danger-wrap.ts";
import type { Values } from "./danger-expand.ts";
import type { Call, Finding, GuardFacts } from "./danger-rules.ts";
import type { Command, Pipeline, Script } from "./danger-words.ts";

/** The shell as it would be at this point of the text. */
interface State {
  readonly facts: GuardFacts;
  readonly shared: { readonly findings: Finding[]; readonly fetched: Set<string>; commands: number; lost: boolean };
  readonly depth: number;
  readonly place: Call["place"];
  readonly vars: Map<string, readonly string[] | undefined>;
  readonly functions: Set<string>;
  readonly made: Set<string>;
  folders: (string | undefined)[];
  cwd: string | undefined;
}

/** More commands in one call, or texts in texts, than people write. */
const MOST_COMMANDS = 1000;
const DEEPEST = 12;
const MOST_VARIABLES = 200;
const MOST_PIPED = 50;
const LONGEST_VALUE = 4096;

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

function start({ facts, cwd }: { facts: GuardFacts; cwd: string }): State {
  const shared = { findings: [], fetched: new Set<string>(), commands: 0, lost: false };
  return {
    facts,
    shared,
    depth: 0,
    place: "here",
    vars: new Map(),
    functions: new Set(),
    made: new Set(),
    folders: [],
    cwd,
  };
}

/** A subshell: what it sets is gone afterwards. */
function fork(state: State, change: { place?: Call["place"]; depth?: number } = {}): State {
  return {
    ...state,
    ...change,
    vars: new Map(state.vars),
    functions: new Set(state.functions),
    made: new Set(state.made),
  };
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
    for (const call of runPipeline(pipeline, state, before)) calls.push(call);
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

/** The text that a command prints, where its words say it. */
function shown(call: Call | undefined): string | undefined {
  if (!call) return undefined;
  if (call.program === "cat" && call.args.every((arg) => arg === "-")) return call.stdin;
  if (call.program === "tee") return call.stdin;
  if (call.program !== "echo" && call.program !== "printf") return undefined;
  const [first = "", ...rest] = call.args.filter((arg) => !/^-[neE]+$/.test(arg));
  if (call.program === "echo" || rest.length === 0) return [first, ...rest].join(" ").replaceAll("\\n", "\n");
  return rest.join(" ");
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

/** Values that every shell has; digits stand for numbers such as `$$`. */
const NUMBERS = new Set([
  "$",
  "!",
  "?",
  "#",
  "RANDOM",
  "SECONDS",
  "UID",
  "EUID",
  "PPID",
  "LINENO",
  "BASHPID",
  "EPOCHSECONDS",
]);

function variable(state: State, name: string): readonly string[] | undefined {
  if (state.vars.has(name)) return state.vars.get(name);
  if (NUMBERS.has(name)) return ["4242"];
  if (name === "HOME") return [state.facts.home];
  if (name === "PWD") return state.cwd === undefined ? undefined : [state.cwd];
  if (name === "TMPDIR" || name === "RUNNER_TEMP") return ["/tmp"];
  if (name === "LODESTAR_HOME") return [state.facts.dataDir];
  if (name === "CLAUDE_PROJECT_DIR") return [state.facts.root];
  return name === "IFS" ? [" "] : undefined;
}

function setVariable(state: State, name: string, found: readonly string[] | undefined): void {
  const values = found?.every((value) => value.length <= LONGEST_VALUE) ? found : undefined;
  if (state.vars.size < MOST_VARIABLES || state.vars.has(name)) state.vars.set(name, values);
}

/** The output of a command whose output can be known. */
function outputOf(call: Call | undefined, state: State): string | undefined {
  if (!call) return undefined;
  const { program, args } = call;
  if (program === "pwd") return state.cwd;
  if (program === "git" && args.includes("--show-toplevel")) return state.facts.root;
  if (program === "mktemp") return made(call, state);
  if (program === "which" || (program === "command" && args[0] === "-v")) return args.at(-1);
  if (program === "realpath" || program === "readlink") return resolvePath(operands(args)[0] ?? UNKNOWN, state.cwd);
  return shown(call);
}

function made(call: Call, state: State): string | undefined {
  const folder = valueOf(call.args, "-p", "--tmpdir");
  const template = operands(call.args, ["-p", "-t", "--suffix"])[0];
  if (template === undefined || hasFlag(call.args, "t")) return `${folder ?? "/tmp"}/made-by-mktemp`;
  const path = resolvePath(template, folder ?? state.cwd);
  return path === undefined ? undefined : path.replace(/X{3,}/, "made-by-mktemp");
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
  for (const nested of nestedIn(call)) {
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

/** What a command changes for those after it. */
function change(call: Call, state: State): void {
  const { program, args } = call;
  if (program === "cd" || program === "pushd" || program === "popd") return moveTo(call, state);
  if (["export", "declare", "local", "readonly", "typeset"].includes(program)) {
    for (const arg of args) {
      const at = arg.indexOf("=");
      if (at > 0) setVariable(state, arg.slice(0, at), [arg.slice(at + 1)]);
    }
  } else if (program === "unset" || program === "read")
    for (const arg of operands(args)) setVariable(state, arg, undefined);
  else if (program === "mkdir" && !hasFlag(args, "p", "--parents"))
    operands(args, ["-m"]).forEach((path) => remember(state, path));
  else if (program === "git") remember(state, clonedTo(call));
  const file = fetchedTo(call);
  if (file !== undefined) state.shared.fetched.add(file);
}

function remember(state: State, path: string | undefined): void {
  const full = path === undefined ? undefined : resolvePath(path, state.cwd);
  if (full !== undefined) state.made.add(full);
}

function moveTo(call: Call, state: State): void {
  const target = operands(call.args)[0] ?? "";
  const back = call.program === "popd" || target === "-";
  const next = back ? state.folders.at(-1) : resolvePath(target === "" ? state.facts.home : target, state.cwd);
  state.folders = [...state.folders.slice(-20), state.cwd];
  state.cwd = next;
}
