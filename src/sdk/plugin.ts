import type { Driver } from "./driver.ts";
import type { DetectionDraft, Plan } from "./plan.ts";
import type { Receipt } from "./receipt.ts";
import type { Action } from "./status.ts";

/** The plugin kinds that the machine is given (DESIGN.md 3 lists all thirteen). The kind `agent` stands in `agent.ts`. */
export const PLUGIN_KINDS = ["detector", "driver", "parser", "fixer", "format"] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

// ---- detector ------------------------------------------------------------------------------------------------------

/** One directory of a repo as a detector sees it. Names are relative to it. Nothing of the repo runs. */
export interface DirView {
  /** Repo-relative, `"."` for the root. */
  readonly dir: string;
  /** Names of the files directly in it. */
  readonly names: readonly string[];
  /** Repo-relative paths of all files below it (the directory itself included), at most 20,000. */
  below(): readonly string[];
  has(name: string): boolean;
  text(name: string): Promise<string | undefined>;
  /** Parsed file, or undefined when absent or invalid; what is invalid is reported once as a problem of the plan. */
  json(name: string): Promise<unknown>;
  yaml(name: string): Promise<unknown>;
  toml(name: string): Promise<unknown>;
  /** Evidence: `dir/name:line` of the first line that contains `needle`; `dir/name` without one. */
  at(name: string, needle?: string): Promise<string>;
  /** The repo's root, to look above this directory. */
  readonly root: DirView;
  /** Another directory, relative to this one. */
  sub(path: string): DirView;
}

export interface Detector {
  /** Base names, or `*.ext`, that make this detector look at the directory that holds them. */
  readonly looksAt: readonly string[];
  detect(dir: DirView): Promise<readonly DetectionDraft[]>;
  /** `finds` is matched as a subset of some detection each; an empty list means that nothing is found (a counter-example). */
  readonly examples: readonly {
    readonly name: string;
    readonly files: Readonly<Record<string, string>>;
    readonly finds: readonly Partial<DetectionDraft>[];
  }[];
}

export function defineDetector(detector: Detector): Detector {
  return detector;
}

// ---- parser --------------------------------------------------------------------------------------------------------

export interface ParserInput {
  readonly command: string;
  /** stdout and stderr as they came, without terminal colours. */
  readonly output: string;
  readonly exit: number | null;
}

export interface TestCase {
  /** Unique within the run: file and full title, as far as the runner tells. */
  readonly name: string;
  readonly verdict: "pass" | "fail" | "skip";
  readonly file?: string;
  readonly line?: number;
  readonly message?: string;
}

/** `file` as the tool printed it, lines and columns from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly severity: "error" | "warning";
  readonly rule?: string;
  readonly message: string;
}

export interface Parsed {
  /** Totals as the tool states them, else counted from `cases`. Absent when the tool runs no tests. */
  readonly tests?: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly cases: readonly TestCase[];
  readonly locations: readonly Location[];
  /** What makes a green exit code not a proof: `0 tests ran`, a suite that crashed while loading, an assertion printed with exit 0. */
  readonly doubts: readonly string[];
}

export interface Parser {
  /** Cheap: does this look like this tool's output? The most specific answer (0..1) wins; 0 is no. */
  recognizes(input: ParserInput): number;
  parse(input: ParserInput): Parsed;
  readonly examples: readonly {
    readonly name: string;
    readonly input: ParserInput;
    readonly gives: Partial<Parsed> | undefined;
  }[];
}

export function defineParser(parser: Parser): Parser {
  return parser;
}

// ---- fixer ---------------------------------------------------------------------------------------------------------

export type Phase = "install" | "database" | "migrate" | "build" | "start" | "check";

/** One failure as the machine saw it. `output` is the redacted tail of what was printed. */
export interface Failure {
  readonly phase: Phase;
  readonly dir: string;
  readonly service?: string;
  readonly command: string;
  readonly exit: number | null;
  readonly output: string;
  readonly port?: number;
  /** Who holds the port, when it is taken. */
  readonly portHeldBy?: string;
  readonly plan: Plan;
  /** Names of variables that are set. */
  readonly env: readonly string[];
  /** Names of files in `dir`. */
  readonly names: readonly string[];
  /** Texts of the manifests (package.json, requirements.txt, pyproject.toml …) of `dir` and of the root, by repo-relative path. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Memory that a process may still take, in MiB; absent when it was not measured. */
  readonly freeMemory?: number;
}

/** A bounded repair. `again` is the phase to run once more to see whether it helped. */
export interface Repair {
  readonly title: string;
  readonly because: string;
  readonly actions: readonly Action[];
  readonly again: Phase;
}

export interface Fixer {
  /** Pure: undefined when this failure is not its own. A wrong repair is worse than none. */
  repair(failure: Failure): Repair | undefined;
  /**
   * `real` examples are run by the contract test: the files are written, `command` must fail, its real output must lead to a
   * repair whose actions contain `repairs`, and where `cured` is given, the files and env of it must make the command pass.
   * `output` examples give the output as text. `repairs: undefined` is a counter-example.
   */
  readonly examples: readonly FixerExample[];
}

export interface FixerExample {
  readonly name: string;
  readonly failure: Partial<Failure>;
  readonly real?: {
    readonly files: Readonly<Record<string, string>>;
    readonly command: string;
    readonly needs?: readonly string[];
    readonly cured?: {
      readonly files?: Readonly<Record<string, string>>;
      readonly env?: Readonly<Record<string, string>>;
      readonly command?: string;
    };
  };
  readonly repairs: readonly Partial<Action>[] | undefined;
}

export function defineFixer(fixer: Fixer): Fixer {
  return fixer;
}

// ---- format --------------------------------------------------------------------------------------------------------

/** A receipt as another tool or a reader takes it. Texts of a receipt come from the repo: whatever they hold, the layout must hold. */
export interface Format {
  /** What `lodestar receipts export --format` takes; the plugin's file name. */
  readonly name: string;
  readonly mediaType: string;
  /** Of a file in this format, without the dot; tells the format where only `--output` is given. */
  readonly extension: string;
  /** Pure: the same receipt gives the same text. `id` is the receipt's, `version` that of Lodestar which writes. */
  write(receipt: Receipt, context: FormatContext): string;
  /** The text holds every one of `contains` and none of `lacks`; a counter-example is one that has `lacks`. */
  readonly examples: readonly {
    readonly name: string;
    readonly receipt: Receipt;
    readonly contains: readonly string[];
    readonly lacks?: readonly string[];
  }[];
}

export interface FormatContext {
  readonly id: string;
  readonly version: string;
}

export function defineFormat(format: Format): Format {
  return format;
}

export interface Plugins {
  readonly detectors: readonly Loaded<Detector>[];
  readonly drivers: readonly Loaded<Driver>[];
  readonly parsers: readonly Loaded<Parser>[];
  readonly fixers: readonly Loaded<Fixer>[];
  readonly formats: readonly Loaded<Format>[];
}
/** A plugin with its id: `kind/name`, from its path. */
export interface Loaded<P> {
  readonly id: string;
  readonly plugin: P;
}
