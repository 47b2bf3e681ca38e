import { clonedTo } from "./danger-git.ts";
import { SHELLS, fetchedTo } from "./danger-network.ts";
import { UNKNOWN, resolvePath } from "./danger-paths.ts";
import { hasFlag, operands, valueOf } from "./danger-rules.ts";
import type { Call, Finding, GuardFacts } from "./danger-rules.ts";
import type { Nested } from "./danger-wrap.ts";

/** The shell as it would be at this point of the text. */
export interface State {
  readonly facts: GuardFacts;
  readonly shared: {
    readonly findings: Finding[];
    readonly fetched: Set<string>;
    readonly texts: Map<string, string>;
    commands: number;
    lost: boolean;
  };
  readonly depth: number;
  readonly place: Call["place"];
  readonly vars: Map<string, readonly string[] | undefined>;
  readonly functions: Set<string>;
  readonly made: Set<string>;
  folders: (string | undefined)[];
  cwd: string | undefined;
}

const MOST_VARIABLES = 200;
const LONGEST_VALUE = 4096;

export function start({ facts, cwd }: { facts: GuardFacts; cwd: string }): State {
  const shared = {
    findings: [],
    fetched: new Set<string>(),
    texts: new Map<string, string>(),
    commands: 0,
    lost: false,
  };
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
export function fork(state: State, change: { place?: Call["place"]; depth?: number } = {}): State {
  return {
    ...state,
    ...change,
    vars: new Map(state.vars),
    functions: new Set(state.functions),
    made: new Set(state.made),
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

export function variable(state: State, name: string): readonly string[] | undefined {
  if (state.vars.has(name)) return state.vars.get(name);
  if (NUMBERS.has(name)) return ["4242"];
  if (name === "HOME") return [state.facts.home];
  if (name === "PWD") return state.cwd === undefined ? undefined : [state.cwd];
  if (name === "TMPDIR" || name === "RUNNER_TEMP") return ["/tmp"];
  if (name === "LODESTAR_HOME") return [state.facts.dataDir];
  if (name === "CLAUDE_PROJECT_DIR") return [state.facts.root];
  return name === "IFS" ? [" "] : undefined;
}

export function setVariable(state: State, name: string, found: readonly string[] | undefined): void {
  const values = found?.every((value) => value.length <= LONGEST_VALUE) ? found : undefined;
  if (state.vars.size < MOST_VARIABLES || state.vars.has(name)) state.vars.set(name, values);
}

/** The output of a command whose output can be known. */
export function outputOf(call: Call | undefined, state: State): string | undefined {
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

/** The text that a command prints, where its words say it. */
export function shown(call: Call | undefined): string | undefined {
  if (!call) return undefined;
  if (call.program === "cat" && call.args.every((arg) => arg === "-")) return call.stdin;
  if (call.program === "tee") return call.stdin;
  if (call.program !== "echo" && call.program !== "printf") return undefined;
  const [first = "", ...rest] = call.args.filter((arg) => !/^-[neE]+$/.test(arg));
  if (call.program === "echo" || rest.length === 0) return [first, ...rest].join(" ").replaceAll("\\n", "\n");
  return rest.join(" ");
}

/** The text of a script that the same call wrote before it runs it. */
export function written(call: Call, name: string, state: State): Nested[] {
  if (state.shared.texts.size === 0) return [];
  const file = SHELLS.has(call.program) || /^(source|\.)$/.test(call.program) ? operands(call.args)[0] : name;
  const text =
    file?.includes("/") === true || file !== name
      ? state.shared.texts.get(resolvePath(file ?? "", call.cwd) ?? "")
      : undefined;
  return text === undefined ? [] : [{ script: text }];
}

/** What a command changes for those after it. */
export function change(call: Call, state: State): void {
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
  const text = call.writes.length > 0 ? shown(call) : undefined;
  const target = text === undefined ? undefined : resolvePath(call.writes[0] ?? "", call.cwd);
  if (text !== undefined && target !== undefined) state.shared.texts.set(target, text);
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
