import { stripTerminal } from "../../kernel/measure-split.ts";
import type { Supervisor } from "../../kernel/supervise.ts";
import type {
  Command,
  CommandResult,
  DataOf,
  EventDraft,
  Failure,
  Greeting,
  Hands,
  HealthProbe,
  Log,
  Phase,
  Plan,
  PlannedDatabase,
  Repo,
  Running,
  Site,
  Viewed,
} from "../../sdk/index.ts";

/** What the user asked of `up`. */
export interface UpInput {
  readonly path: string;
  readonly start: boolean;
  readonly install: boolean;
  /** A person answers questions on a terminal; without one, a question ends the run as `needs-you`. */
  readonly interactive: boolean;
  readonly unsandboxed: boolean;
  /** The port for the first web service. */
  readonly port?: number | undefined;
  /** Seconds that a service may take until it is healthy. */
  readonly patience?: number | undefined;
}

/** A recorded piece of work: runs once per run and input, also after a crash. The result must be JSON. */
export type Step = <T>(name: string, input: unknown, work: () => Promise<T>) => Promise<T>;

/** What repairs changed for this run; each entry came from one action of a fixer. */
export interface Adjustments {
  /** By service; under `""` for every command. */
  readonly env: Map<string, Readonly<Record<string, string>>>;
  /** By `dir/role` or `service/role`. */
  readonly commands: Map<string, string>;
  /** By runtime name. */
  readonly runtimes: Map<string, string>;
  /** Extra install flags by directory. */
  readonly flags: Map<string, string[]>;
  /** Directories whose dependencies are installed anew, with how often. */
  readonly fresh: Map<string, number>;
  /** By service: how often another port was asked for. */
  readonly ports: Map<string, number>;
  /** Engines to start that detection did not see, with the variable that carries the URL. */
  readonly databases: Map<string, string | undefined>;
  /** How often a repair changed files of the working tree: what was built before is out of date. */
  touched: number;
}

/** One database that runs for a site: its URL goes to `env`. */
export interface LiveDatabase {
  readonly name: string;
  readonly engine: string;
  readonly env: string;
  readonly url: string;
  readonly how: string;
  /** Made in this run: it was empty. */
  readonly fresh: boolean;
  readonly health: HealthProbe;
  /** Asked instead of `health` where the port alone says nothing: a container's. */
  readonly greeting?: Greeting;
  readonly port: number | undefined;
  readonly running: Running | undefined;
}

/** What lives as long as the daemon, from one `up` of a repo to the next. */
export interface Runtime {
  readonly supervisor: Supervisor;
  readonly databases: Map<string, LiveDatabase>;
}

/** What went wrong, as a fixer needs it. */
export type FailureFacts = Pick<Failure, "command" | "exit" | "output"> & {
  port?: number;
  portHeldBy?: string;
  /** Names of the variables it was given. */
  env?: readonly string[];
};

/** A phase's end: its value, or a question for a person; with `failure`, fixers are asked first. */
export type Result<T> =
  | { ok: true; value: T }
  | { ok: false; question: { question: string; next: string }; failure?: FailureFacts };

/** What is being repaired. */
export interface RepairSubject {
  readonly phase: Phase;
  readonly dir: string;
  readonly service?: string;
}

/** What every workflow needs that installs or checks one commit of a repo: the working tree's HEAD, a base, a subject. */
export interface Core {
  readonly id: string;
  /** The workflow's name, as the source of its events. */
  readonly source: string;
  readonly repo: Repo;
  readonly hands: Hands;
  readonly log: Log;
  readonly step: Step;
  readonly signal: AbortSignal;
  /** Resolves when the repo is not paused. */
  readonly gate: () => Promise<void>;
  readonly head: { commit: string; tree: string; dirty: boolean };
  readonly plan: Plan;
  /** The files that the plan was made from. */
  readonly view: () => Promise<Viewed>;
  readonly adjust: Adjustments;
  readonly notChecked: string[];
  /** How rooms of this run are sandboxed. */
  readonly sandbox: Site["sandbox"];
  /**
   * Brings a database that has no server of its own, for the working tree: undefined where there is no way, and then `because`
   * stands. Absent where none can be reached.
   */
  readonly bring?: (
    database: PlannedDatabase,
    because: { question: string; next: string },
  ) => Promise<Result<LiveDatabase> | undefined>;
}

/** Everything one `up` carries from phase to phase. */
export interface Run extends Core {
  readonly input: UpInput;
  readonly tree: Site;
  readonly runtime: Runtime;
  readonly fixes: DataOf<"fix.tried">[];
  readonly questions: { question: string; next: string }[];
  readonly seconds: { detect: number; install: number; start: number; checks: number };
}

/** Variables that repairs set, for every command and for `service`. */
export function adjustedEnv(run: Pick<Core, "adjust">, service?: string): Record<string, string> {
  return { ...run.adjust.env.get(""), ...(service === undefined ? {} : run.adjust.env.get(service)) };
}

export function noAdjustments(): Adjustments {
  return {
    env: new Map(),
    commands: new Map(),
    runtimes: new Map(),
    flags: new Map(),
    fresh: new Map(),
    ports: new Map(),
    databases: new Map(),
    touched: 0,
  };
}

/** Appends events of this run. */
export async function emit(run: Pick<Core, "log" | "repo" | "id" | "source">, ...drafts: DraftOfRun[]): Promise<void> {
  await run.log.append(...drafts.map((draft) => ({ source: run.source, repo: run.repo.id, runId: run.id, ...draft })));
}
type DraftOfRun = {
  [K in EventDraft["type"]]: { type: K; data: DataOf<K>; source?: string; key?: string };
}[EventDraft["type"]];

/** Says what is being done: the sentence of the now-line, in the present tense. */
export async function say(
  run: Pick<Core, "log" | "repo" | "id" | "source">,
  phase: string,
  sentence: string,
): Promise<void> {
  await emit(run, { type: "status", data: { phase, sentence } });
}

/** Runs one command on a site and tells the stream about it, before and after. */
export async function command(run: Core, site: Site, tool: string, what: Command): Promise<CommandResult> {
  run.signal.throwIfAborted();
  await run.gate();
  const call = run.hands.newId();
  await emit(run, {
    type: "tool_start",
    data: { call, tool, title: what.title, command: what.command, dir: what.dir, sandbox: site.sandbox },
  });
  const result = await site.run(what, { signal: run.signal });
  await emit(run, {
    type: "tool_result",
    data: {
      call,
      ok: succeeded(result),
      seconds: round(result.seconds),
      exit: result.exit,
      summary: summary(result),
      output: result.segment,
    },
  });
  run.signal.throwIfAborted();
  return result;
}

/** A result as a step records it: the log carries the end of the output, the segment all of it. */
export function brief(result: CommandResult): CommandResult {
  return { ...result, output: result.output.slice(-8 * 1024) };
}

export function succeeded(result: { exit: number | null; timedOut: boolean }): boolean {
  return result.exit === 0 && !result.timedOut;
}

/** Measures `work` into one of the report's times. */
export async function timed<T>(run: Run, phase: keyof Run["seconds"], work: () => Promise<T>): Promise<T> {
  const begun = run.hands.clock.now();
  try {
    return await work();
  } finally {
    run.seconds[phase] += (run.hands.clock.now() - begun) / 1000;
  }
}

export function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function summary(result: CommandResult): string {
  if (result.timedOut) return `did not end in time; stopped after ${round(result.seconds)} s`;
  if (result.signal !== null) return `ended by ${result.signal}`;
  const last = result.output.trimEnd().split("\n").at(-1)?.trim() ?? "";
  return result.exit === 0 ? last.slice(0, 200) : `exit ${result.exit}: ${errorLine(result.output).slice(0, 200)}`;
}

export function inDir(dir: string, path: string): string {
  return dir === "." ? path : `${dir}/${path}`;
}

export function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1)?.trim().slice(0, 300) ?? "";
}

/** The line of an output that most likely says what went wrong; else its last line. */
export function errorLine(output: string): string {
  const known = /error|fail|exception|cannot|missing|refused|denied|not found|in use/i;
  const lines = stripTerminal(output)
    .split("\n")
    .filter((one) => known.test(one));
  // A warning names what was tried again, and npm begins with codes and paths; what ended it comes later.
  const errors = lines.filter((one) => !/^\W*(\w+ )?warn(ing)?\b/i.test(one));
  const line =
    errors.find((one) => !/^npm (error|ERR!) (code|errno|path|command)\b/.test(one)) ?? errors[0] ?? lines[0];
  return line === undefined ? lastLine(stripTerminal(output)) : line.trim().slice(0, 300);
}

/** A question for the person, each once. */
export function ask(run: Run, question: Run["questions"][number]): void {
  if (!run.questions.some((one) => one.question === question.question)) run.questions.push(question);
}
