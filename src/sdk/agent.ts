/**
 * Coding agents: how one is found, started, listened to and answered. An agent plugin is data and parsing; it opens nothing.
 * What a session says is a claim, never a proof: `ended.ok` means that the program says so.
 */

/** What can cover a session: the agent's hooks, a gateway at its base URL, ACP, an MCP server it may ask, our verdict afterwards. */
export type AgentCover = "hooks" | "gateway" | "acp" | "mcp" | "verdict";

/** The protocol an agent speaks with its model, as a gateway sees it. */
export type AgentWire = "anthropic" | "responses" | "chat" | "gemini";

/** What the host looked up for `detect`. */
export interface AgentFacts {
  /** Absolute path of the program, as `which` answers. */
  readonly which: string | undefined;
  /** What `<program> --version` printed. */
  readonly version: string | undefined;
  /** Names of configuration folders that are there, in the home folder or the repo (`.claude`, `.codex`). */
  readonly folders: readonly string[];
}

export interface AgentFound {
  readonly installed: boolean;
  readonly version: string | undefined;
  /** Sentences of evidence, at least one. */
  readonly because: readonly string[];
}

// ---- settings ------------------------------------------------------------------------------------------------------

/** `plugin` is a folder of ours that a session is started with, so that nothing of the user's changes. */
export type AgentScope = "project" | "user" | "plugin";

/** Absolute folders. `configHome` is the value of the agent's own variable (`configVariable`), where it is set. */
export interface AgentPaths {
  readonly repo: string;
  readonly home: string;
  readonly plugin: string;
  readonly configHome?: string | undefined;
}

export interface AgentSettings {
  readonly scope: AgentScope;
  file(paths: AgentPaths): string;
  /** Files that must stand there with exactly this text for `file` to be read. */
  beside?(paths: AgentPaths): readonly { readonly path: string; readonly text: string }[];
}

export interface InstallOptions {
  readonly scope: AgentScope;
  /** A shell command that ends in `lodestar hook <agent>`: it is the mark by which `uninstall` knows our entries. */
  readonly hookCommand: string;
  /** Where HTTP hooks go, without a query; `?by=lodestar` is added as the mark. */
  readonly hookUrl: string;
  /** Name of the variable that holds the token of `hookUrl`; its value never stands in a file. */
  readonly tokenEnv: string;
}

/** `after` undefined: the file held nothing but ours, remove it. `next` is what the person must still do. A refusal changes nothing. */
export type AgentEdit =
  | { readonly after: string | undefined; readonly next?: string | undefined }
  | { readonly refuse: string; readonly next: string };

// ---- sessions ------------------------------------------------------------------------------------------------------

/** `read`: looks only. `edit`: changes files in `cwd`. `all`: anything without asking; for sandboxes only. */
export type AgentPermission = "read" | "edit" | "all";

export interface AgentTask {
  /** One argument of the command line: Linux refuses more than 128 KiB (MAX_ARG_STRLEN). */
  readonly prompt: string;
  /** Absolute. The process is started there. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly permission: AgentPermission;
}

/** `stdin` closed: it must end at once, for the program reads it to the end; none: the program does not read it. */
export interface AgentLaunch {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: "closed" | "none";
}

/** `input` is what was neither read from nor written to a cache; `output` includes reasoning. */
export interface AgentTokens {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/**
 * One thing that a session did. Texts are whole: whoever keeps them bounds them. `message` and `call` are ids of the agent;
 * several lines can carry the same `message`, and the same text of one message counts once.
 */
export type AgentEvent =
  | {
      /** Can repeat within a run; says under which id the conversation can be resumed. */
      readonly is: "started";
      readonly session: string;
      readonly model?: string | undefined;
      readonly cwd?: string | undefined;
      readonly version?: string | undefined;
    }
  | { readonly is: "prompt"; readonly text: string; readonly subagent?: string | undefined }
  | {
      readonly is: "text" | "thinking";
      readonly text: string;
      readonly message?: string | undefined;
      readonly subagent?: string | undefined;
    }
  | {
      readonly is: "tool";
      readonly call: string;
      readonly tool: string;
      readonly input: unknown;
      readonly subagent?: string | undefined;
    }
  | { readonly is: "tool-done"; readonly call: string; readonly ok: boolean; readonly output: string }
  /** What one message cost; the last one of a `message` counts. */
  | {
      readonly is: "usage";
      readonly message: string;
      readonly tokens: AgentTokens;
      readonly usd?: number | undefined;
    }
  | { readonly is: "warning"; readonly text: string }
  | {
      readonly is: "ended";
      readonly ok: boolean;
      readonly session?: string | undefined;
      readonly said?: string | undefined;
      readonly error?: string | undefined;
      /** As the agent reckons it, for the whole conversation with the runs that it resumed. */
      readonly usd?: number | undefined;
      readonly tokens?: AgentTokens | undefined;
      /** What `tokens` count: this run, or the whole conversation with the runs that it resumed. */
      readonly counts?: "run" | "session" | undefined;
    };

/** An event of a transcript file. `at` is ISO 8601. */
export interface AgentStep {
  readonly at: string | undefined;
  readonly session: string | undefined;
  readonly event: AgentEvent;
}

// ---- hooks ---------------------------------------------------------------------------------------------------------

export type HookEventName =
  | "session-start"
  | "session-end"
  | "prompt"
  | "tool"
  | "tool-done"
  | "tool-failed"
  | "permission"
  | "stop"
  | "stop-failed"
  | "subagent-start"
  | "subagent-stop"
  | "compact"
  | "notification";

export interface HookEvent {
  readonly agent: string;
  readonly event: HookEventName;
  readonly session: string;
  /** Absolute folder where the agent is now; it may have left the folder of its start. */
  readonly cwd: string;
  /** Absolute path of the transcript file. */
  readonly transcript?: string | undefined;
  readonly mode?: string | undefined;
  readonly subagent?: string | undefined;
  readonly model?: string | undefined;
  readonly tool?: string | undefined;
  readonly input?: unknown;
  readonly response?: unknown;
  readonly error?: string | undefined;
  /** The agent's last message: at a stop, its claim. A notification's text. */
  readonly message?: string | undefined;
  /** True when the agent works only because a stop was blocked before. */
  readonly stopHookActive?: boolean | undefined;
  readonly prompt?: string | undefined;
  readonly toolUseId?: string | undefined;
  readonly turn?: string | undefined;
}

/** An event that this version does not know, or one without a session or a folder. `name` is the agent's own. */
export interface UnknownHookEvent {
  readonly agent: string;
  readonly event: "unknown";
  readonly name: string;
}

/** Of `deny`, `ask` and `allow` the strictest counts. `block` sends the agent back with the reason. All texts are sentences. */
export interface HookAnswer {
  readonly block?: string | undefined;
  readonly deny?: string | undefined;
  readonly ask?: string | undefined;
  readonly allow?: true | undefined;
  /** Ends the session's turn, where the event can; a tool must be denied beside it. */
  readonly stop?: string | undefined;
  /** Added to what the model sees. */
  readonly context?: string | undefined;
  /** Shown to the person. */
  readonly message?: string | undefined;
}

/** As HTTP; a command hook prints `body` and exits 0. */
export interface AgentReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

// ---- the plugin ----------------------------------------------------------------------------------------------------

export interface AgentPlugin {
  /** The file's name, and the last word of `lodestar hook <name>`. */
  readonly name: string;
  readonly title: string;
  readonly program: string;
  /** Its package in the npm registry. */
  readonly package: string;
  /** Versions against which every fact of this plugin was measured. */
  readonly tested: readonly string[];
  /** The variable that moves its configuration folder, where it has one. */
  readonly configVariable?: string;
  readonly covers: readonly AgentCover[];
  /** The wires it can speak, its usual one first. */
  readonly wires: readonly [AgentWire, ...AgentWire[]];
  /** What surprises, as sentences. */
  readonly traps: readonly string[];
  detect(facts: AgentFacts): AgentFound;
  readonly settings: readonly AgentSettings[];
  /** `before` is the file's text, undefined where there is none. Keeps what is not ours byte for byte; twice is once. */
  install(before: string | undefined, options: InstallOptions): AgentEdit;
  /** Takes out what carries our mark. When nothing else changed, `after` is the text from before the install. */
  uninstall(before: string): AgentEdit;
  launch(task: AgentTask): AgentLaunch;
  resume(task: AgentTask & { readonly session: string }): AgentLaunch;
  /** One line of the headless output that `launch` asks for. Never throws; what is not understood gives nothing. */
  parse(line: string): readonly AgentEvent[];
  /** One line of the file in which it keeps the conversation; for backfill. Never throws. */
  transcript(line: string): readonly AgentStep[];
  /** undefined: not a payload of this agent's hooks. Never throws. */
  hook(payload: unknown): HookEvent | UnknownHookEvent | undefined;
  reply(event: HookEvent | UnknownHookEvent, answer: HookAnswer): AgentReply;
  /** How a gateway refuses a model call so that the agent stops and shows `reason`; on its usual wire unless said. */
  refuse(reason: string, wire?: AgentWire): AgentReply;
  readonly examples: readonly AgentExample[];
}

/** Lists and objects are matched as subsets; an empty list, `undefined` or `installed: false` is a counter-example. */
export type AgentExample = { readonly name: string } & (
  | { readonly line: string; readonly gives: readonly Partial<AgentEvent>[] }
  | { readonly transcript: string; readonly steps: readonly { at?: string; event: Partial<AgentEvent> }[] }
  | {
      readonly hook: unknown;
      readonly event: Partial<HookEvent> | Partial<UnknownHookEvent> | undefined;
      /** With it, `body` is the exact JSON of the reply. */
      readonly answer?: HookAnswer;
      readonly body?: Readonly<Record<string, unknown>>;
    }
  | { readonly facts: AgentFacts; readonly found: Partial<AgentFound> }
);

export function defineAgent(agent: AgentPlugin): AgentPlugin {
  return agent;
}

/**
 * What a run used: its last `ended` where that counts the run, else the sum of its messages, each id once with its last
 * numbers. undefined: nothing was told. Totals of a whole conversation are left out, for they hold earlier runs too.
 */
export function tokensOf(events: Iterable<AgentEvent>): AgentTokens | undefined {
  const messages = new Map<string, AgentTokens>();
  let total: AgentTokens | undefined;
  for (const event of events) {
    if (event.is === "usage") messages.set(event.message, event.tokens);
    if (event.is === "ended" && event.counts === "run") total = event.tokens ?? total;
  }
  if (total !== undefined || messages.size === 0) return total;
  const sum = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  for (const tokens of messages.values()) {
    sum.input += tokens.input;
    sum.output += tokens.output;
    sum.cacheRead += tokens.cacheRead;
    sum.cacheWrite += tokens.cacheWrite;
  }
  return sum;
}
