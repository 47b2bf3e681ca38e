import { z } from "zod";
import { Plan } from "./plan.ts";
import { Proof } from "./prove.ts";
import { Receipt, Verdict } from "./receipt.ts";
import { Action, Report, WhyIdle } from "./status.ts";
import { StopCatch } from "./stop-catch.ts";
import { SessionStep } from "./struggle.ts";
import { MadeRoom } from "./work-rooms.ts";

export const EventKind = z.enum(["activity", "escalation", "workflow", "plugin", "system"]);
export type EventKind = z.infer<typeof EventKind>;

/** Bytes `from..to` of a segment file: bulk output that the log refers to and does not carry. */
export const SegmentRef = z.object({ segment: z.string(), from: z.number().int(), to: z.number().int() });
export type SegmentRef = z.infer<typeof SegmentRef>;

const Problem = z.object({ kind: z.string(), detail: z.string() });

/** One schema per event type: the contract of the log, the stream, `--json` and files. A new type is one line here. */
export const EventData = {
  // The seven stream types that every run emits.
  token: z.object({ text: z.string() }),
  status: z.object({ phase: z.string(), sentence: z.string(), usuallySeconds: z.number().optional() }),
  tool_start: z.object({
    call: z.string(),
    tool: z.string(),
    title: z.string(),
    command: z.string().optional(),
    dir: z.string().optional(),
    sandbox: z.string().optional(),
  }),
  tool_result: z.object({
    call: z.string(),
    ok: z.boolean(),
    seconds: z.number(),
    exit: z.number().int().nullable().optional(),
    summary: z.string(),
    output: SegmentRef.optional(),
  }),
  budget: z.object({
    name: z.string(),
    used: z.number(),
    limit: z.number(),
    unit: z.enum(["attempts", "seconds", "bytes", "usd", "tokens"]),
  }),
  stop_reason: z.object({ reason: z.string(), detail: z.string(), next: z.string().optional() }),
  guardrails: z.object({
    guardrail: z.string(),
    fingerprint: z.string().optional(),
    action: z.string(),
    detail: z.string(),
  }),
  // The machine.
  "daemon.started": z.object({ boot: z.string(), pid: z.number().int(), port: z.number().int() }),
  "daemon.stopped": z.object({ boot: z.string(), reason: z.string() }),
  "log.erased": z.object({ seq: z.number().int(), reason: z.string() }),
  "run.started": z.object({ workflow: z.string(), input: z.json() }),
  "step.completed": z.object({
    step: z.string(),
    inputHash: z.string(),
    seconds: z.number(),
    result: z.json().optional(),
  }),
  "run.ended": z.object({
    state: z.string(),
    report: Report.optional(),
    proof: Proof.optional(),
    room: MadeRoom.optional(),
  }),
  // A repo.
  "repo.added": z.object({ path: z.string(), name: z.string() }),
  "repo.paused": z.object({ by: z.string() }),
  "repo.resumed": z.object({ by: z.string() }),
  "repo.stopped": z.object({ by: z.string() }),
  "repo.trusted": z.object({ by: z.string(), unsandboxed: z.boolean() }),
  "plan.detected": z.object({
    plan: Plan,
    commit: z.string(),
    tree: z.string(),
    dirty: z.boolean(),
    seconds: z.number(),
  }),
  "approval.asked": z.object({
    approval: z.string(),
    question: z.string(),
    what: z.string(),
    commands: z.array(z.string()),
    risk: z.string(),
    next: z.string(),
  }),
  "approval.answered": z.object({ approval: z.string(), answer: z.enum(["approve", "reject"]), by: z.string() }),
  "port.leased": z.object({
    service: z.string(),
    port: z.number().int(),
    wanted: z.number().int().optional(),
    because: z.string(),
  }),
  "database.ready": z.object({
    name: z.string(),
    engine: z.string(),
    how: z.string(),
    port: z.number().int().optional(),
    env: z.string(),
    seconds: z.number(),
  }),
  "database.failed": z.object({
    name: z.string(),
    engine: z.string(),
    because: z.string(),
    next: z.string().optional(),
  }),
  "service.starting": z.object({
    name: z.string(),
    dir: z.string(),
    command: z.string(),
    port: z.number().int().optional(),
    attempt: z.number().int(),
    segment: z.string(),
  }),
  "service.healthy": z.object({
    name: z.string(),
    url: z.string().optional(),
    port: z.number().int().optional(),
    pid: z.number().int(),
    health: Problem,
    seconds: z.number(),
  }),
  "service.unhealthy": z.object({ name: z.string(), health: Problem, output: SegmentRef.optional() }),
  "service.exited": z.object({
    name: z.string(),
    exit: z.number().int().nullable(),
    signal: z.string().nullable(),
    expected: z.boolean(),
    nextAttemptAt: z.string().optional(),
    output: SegmentRef.optional(),
  }),
  "fix.tried": z.object({
    fixer: z.string(),
    service: z.string().optional(),
    fingerprint: z.string(),
    failure: z.string(),
    title: z.string(),
    actions: z.array(Action),
    worked: z.boolean().nullable(),
    detail: z.string(),
  }),
  "change.proposed": z.object({
    change: z.string(),
    title: z.string(),
    because: z.string(),
    branch: z.string(),
    diff: z.string(),
  }),
  "change.applied": z.object({ change: z.string(), by: z.string() }),
  "room.created": z.object({ room: z.string(), commit: z.string(), path: z.string(), purpose: z.string() }),
  "room.removed": z.object({ room: z.string(), because: z.string() }),
  "check.completed": z.object({
    name: z.string(),
    dir: z.string(),
    command: z.string(),
    verdict: Verdict,
    passed: z.number(),
    failed: z.number(),
    skipped: z.number(),
    seconds: z.number(),
    because: z.string(),
    output: SegmentRef.optional(),
  }),
  "receipt.issued": z.object({
    receipt: z.string(),
    verdict: z.string(),
    sentence: z.string(),
    tree: z.string(),
    commit: z.string(),
    body: Receipt,
  }),
  // A coding agent in a repo.
  /** `covers` are names of `AgentCover`. */
  "agent.session": z.object({
    session: z.string(),
    agent: z.string(),
    model: z.string().optional(),
    cwd: z.string(),
    state: z.enum(["started", "ended"]),
    by: z.enum(["hook", "process", "transcript", "run"]),
    covers: z.array(z.string()),
  }),
  /** Inputs and outputs are cut to 2 KB each; what was cut off is named by its digest. */
  "agent.step": SessionStep,
  /** `decision` is what became of the call: `deny`, `ask`, or `snapshot`, which let it run once `snapshot`, a commit, was taken. */
  "agent.stop": StopCatch,
  /** Files of a snapshot came back; `before` is the snapshot of what was there. */
  "snapshot.restored": z.object({ snapshot: z.string(), before: z.string(), files: z.number().int(), by: z.string() }),
  /** A person lets the next refuted stop of a session pass. */
  "agent.allowed": z.object({ session: z.string(), by: z.string() }),
  "agent.denied": z.object({
    session: z.string(),
    agent: z.string(),
    tool: z.string(),
    rule: z.string(),
    because: z.string(),
    decision: z.enum(["deny", "ask", "snapshot"]),
    snapshot: z.string().optional(),
  }),
  idle: WhyIdle,
} as const;

export type EventType = keyof typeof EventData;
export type DataOf<T extends EventType> = z.output<(typeof EventData)[T]>;

export const Metadata = z.object({
  repo: z.string(),
  sessionId: z.string(),
  userId: z.string().optional(),
  runId: z.string().optional(),
  taskId: z.string().optional(),
  version: z.string(),
});

/** One immutable entry of the log. `timestamp` is ISO 8601 in UTC. `seq` grows by 1 from 1. */
export interface Event<T extends EventType = EventType> {
  readonly seq: number;
  readonly id: string;
  readonly timestamp: string;
  readonly kind: EventKind;
  readonly type: T;
  readonly source: string;
  readonly data: DataOf<T>;
  readonly metadata: z.infer<typeof Metadata>;
}

/** Every event type as one union that narrows by `type`. */
export type AnyEvent = { [T in EventType]: Event<T> }[EventType];

/** What a writer gives; the machine stamps the rest. `key` makes it unique: a second append with it returns the first. */
export type EventDraft = {
  [T in EventType]: {
    type: T;
    source: string;
    data: DataOf<T>;
    repo: string;
    runId?: string;
    taskId?: string;
    kind?: EventKind;
    key?: string;
  };
}[EventType];

/** A place in the log: `epoch` names the log, so that a cursor of another log is noticed and answered with a reset. */
export const Cursor = z.object({ epoch: z.string(), seq: z.number().int() });
export type Cursor = z.infer<typeof Cursor>;
