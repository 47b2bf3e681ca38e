import { z } from "zod";

/**
 * What one step of an agent's session is. `tool` is a call that is about to be made, `result` and `failure` its answer, `error`
 * a failure of the model's own API, `check` a verdict of Lodestar's, `compact` a context that was summarized to go on.
 */
export const StepKind = z.enum([
  "prompt",
  "message",
  "tool",
  "result",
  "failure",
  "error",
  "check",
  "cost",
  "approval",
  "compact",
]);
export type StepKind = z.infer<typeof StepKind>;

/** One step as hooks, transcripts or the gateway report it; secrets are already taken out. */
export const SessionStep = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  session: z.string(),
  agent: z.string(),
  model: z.string().optional(),
  /** Absent: the main agent of the session. */
  subagent: z.string().optional(),
  kind: StepKind,
  /** Joins a call and its answer; absent: an answer belongs to the last open call of the same worker and tool. */
  call: z.string().optional(),
  /** The tool as the agent names it; of a check, the check's name. */
  tool: z.string().optional(),
  input: z.json().optional(),
  /** The last part of what it printed. */
  output: z.string().optional(),
  ok: z.boolean().optional(),
  exit: z.number().int().optional(),
  /** What this step added, not a running total. */
  usd: z.number().nonnegative().optional(),
  tokens: z.number().int().nonnegative().optional(),
  /** Of a check: tests that passed, and failures that the baseline does not have. */
  passed: z.number().int().nonnegative().optional(),
  failed: z.number().int().nonnegative().optional(),
  text: z.string().optional(),
  /** Who prompted or approved. Absent: a person prompted, a program approved. */
  by: z.enum(["person", "program"]).optional(),
});
export type SessionStep = z.infer<typeof SessionStep>;

/** The struggles that Lodestar detects by itself. */
export const StrugglePattern = z.enum([
  "repeated-call",
  "repeated-failure",
  "oscillation",
  "search-storm",
  "monologue",
  "context-error",
  "api-error",
  "rising-cost",
]);
export type StrugglePattern = z.infer<typeof StrugglePattern>;

/** What is done about a struggle, weakest first: `block` refuses the step, `pause` refuses every step until a person resets it. */
export const StruggleAction = z.enum(["note", "warn", "block", "pause"]);
export type StruggleAction = z.infer<typeof StruggleAction>;

const Glob = z.string().min(1).max(400);

/** Literal texts in which only `*` is special. `tool` matches the whole name; `input` and `error` match anywhere in the text. */
export const StruggleMatch = z
  .strictObject({
    tool: Glob.optional().describe("The tool's name, for example `Bash` or `mcp__*`"),
    input: Glob.optional().describe("A part of the call: the command, or its input as JSON"),
    error: Glob.optional().describe("A part of what failed; without it calls are counted, with it failures"),
  })
  .refine(({ tool, input, error }) => tool !== undefined || input !== undefined || error !== undefined, {
    error: "expected at least one of tool, input, error",
  });
export type StruggleMatch = z.infer<typeof StruggleMatch>;

const Names = z.array(Glob);

export const StruggleRule = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9./-]{0,79}$/, "expected a short name such as repeated-call"),
  pattern: z
    .union([StrugglePattern, z.strictObject({ match: StruggleMatch })])
    .describe("A struggle that Lodestar detects, or texts to look for"),
  threshold: z.number().int().min(2).max(1000).describe("Repeats at which the action is taken"),
  action: StruggleAction.describe("note | warn | block (this step) | pause (every step, until a person resets it)"),
  enabled: z.boolean(),
  filters: z
    .strictObject({ agents: Names, models: Names, tools: Names, repos: Names })
    .describe("Where it applies; an empty list means everywhere, `*` stands for any text"),
  source: z.strictObject({
    kind: z.enum(["builtin", "learned", "pack", "user"]),
    name: z.string().optional().describe("The pack or the alarm that it came from"),
  }),
  hits: z.number().int().nonnegative().describe("Alarms that were right"),
  wrong: z.number().int().nonnegative().describe("Stops that a person overrode"),
  precision: z.number().min(0).max(1).nullable().describe("hits / (hits + wrong); null before the first"),
  note: z.string().optional().describe("Why it is as it is, for example why it was turned down"),
});
export type StruggleRule = z.infer<typeof StruggleRule>;

/** `struggle-settings.json`. A rule replaces the built-in one of the same id. `schema/struggle-settings.schema.json` is made from it. */
export const StruggleSettings = z.strictObject({
  $schema: z.string().optional().describe("Path or address of this schema, for editors"),
  version: z.literal(1),
  rules: z.array(StruggleRule),
});
export type StruggleSettings = z.infer<typeof StruggleSettings>;

/**
 * What a guard keeps of one step: names of texts instead of the texts (16 hex digits each), so that the last 500 steps stay
 * small and hold no file contents.
 */
export const SeenStep = z.object({
  /** Steps are counted from 0 over the whole life of a task. */
  step: z.number().int(),
  at: z.number(),
  /** Agent, session and subagent. */
  worker: z.string(),
  kind: StepKind,
  tool: z.string().optional(),
  sort: z.enum(["edit", "shell", "search", "wait", "plan", "agent", "other", "check"]).optional(),
  /** The call as a person would recognise it, at most 200 characters. */
  title: z.string().optional(),
  /** Names of the call, of what came out, of the failure. */
  call: z.string().optional(),
  outcome: z.string().optional(),
  failure: z.string().optional(),
  /** The failure was there at the baseline. */
  known: z.boolean().optional(),
  /** Of a call without an answer yet: that one came. Of an answer: the step of its call. */
  answered: z.boolean().optional(),
  answers: z.number().int().optional(),
  callId: z.string().optional(),
  ok: z.boolean().optional(),
  /** It brought something that was not there before. */
  fresh: z.boolean().optional(),
  /** A check that did not pass before passes, more pass, or fewer fail. */
  progress: z.boolean().optional(),
  /** A new word from a person, or a person's reset. */
  person: z.boolean().optional(),
  /** It asks again for something that takes its time. */
  waits: z.boolean().optional(),
  /** It takes back edits (git checkout, stash, reset). */
  undoes: z.boolean().optional(),
  /** What kind of failure of the world or of the API. */
  fault: z.enum(["context", "retryable", "final"]).optional(),
  path: z.string().optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  passed: z.number().optional(),
  failed: z.number().optional(),
  usd: z.number().optional(),
  tokens: z.number().optional(),
  /** A message's or prompt's words, lower case, without digits, at most 400 characters. */
  words: z.string().optional(),
});
export type SeenStep = z.infer<typeof SeenStep>;

/** What a guard of one task remembers; a resumed session starts from it, so the breaker outlives sessions. */
export const GuardState = z.object({
  version: z.literal(1),
  /** Steps observed so far. */
  steps: z.number().int(),
  window: z.array(SeenStep),
  breaker: z.array(
    z.object({
      rule: z.string(),
      fingerprint: z.string(),
      level: StruggleAction,
      /** Alarms at `block` so far. */
      blocks: z.number().int(),
      repeats: z.number(),
      because: z.string(),
    }),
  ),
  /** Steps that a rule with `match` met, by rule. */
  matches: z.record(z.string(), z.array(z.number().int())),
  /** Who reset the breaker, and when. */
  resets: z.array(z.object({ by: z.string(), at: z.number() })),
});
export type GuardState = z.infer<typeof GuardState>;
