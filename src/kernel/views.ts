import type { AnyEvent, DataOf, Plan, Report } from "../sdk/index.ts";
import { foldAgents, type AgentState } from "./agents-view.ts";
import { foldRuntime } from "./views-runtime.ts";

/** What is true of one repo now, folded from its events. Nothing here is asserted by anyone: replaying the log gives the same. */
export interface RepoState {
  readonly repo: string;
  path: string;
  name: string;
  /** What the user wants: set by `up`, cleared by `stop`. */
  desired: "up" | "stopped";
  trusted: { by: string; unsandboxed: boolean } | undefined;
  paused: { by: string; when: string } | undefined;
  /** The last `up`. */
  run: RunState | undefined;
  /** Proofs under way, by run. */
  readonly proofs: Map<string, RunState>;
  /** What the last run was asked, to bring the repo up again after a restart. */
  lastInput: unknown;
  plan: Plan | undefined;
  commit: string;
  readonly services: Map<string, ServiceState>;
  readonly databases: Map<string, DatabaseState>;
  readonly approvals: Map<string, ApprovalState>;
  readonly checks: Map<string, DataOf<"check.completed">>;
  readonly receipts: ReceiptState[];
  readonly fixes: (DataOf<"fix.tried"> & { at: string })[];
  readonly changes: Map<string, DataOf<"change.proposed"> & { at: string; applied: boolean }>;
  readonly rooms: Map<string, DataOf<"room.created"> & { at: string }>;
  readonly ports: Map<string, number>;
  /** Sessions of coding agents, by session, in the order of their last step. */
  readonly agents: Map<string, AgentState>;
  report: Report | undefined;
  /** What ended the last run early, when it has no report. */
  failure: string | undefined;
  lastEventAt: string;
  /** Seconds that each phase of earlier runs took, the newest last, at most 20 each: what "usually" means. */
  readonly history: Map<string, number[]>;
}

export interface RunState {
  readonly id: string;
  readonly workflow: string;
  readonly startedAt: string;
  phase: string;
  sentence: string;
  phaseSince: string;
  ended: { state: string; at: string } | undefined;
}

export interface ServiceState {
  readonly name: string;
  state: "starting" | "healthy" | "unhealthy" | "exited" | "stopped";
  since: string;
  url: string | undefined;
  port: number | undefined;
  pid: number | undefined;
  detail: string;
  attempt: number;
  /** Where its output goes. */
  segment: string;
  nextAttemptAt: string | undefined;
}

export interface DatabaseState {
  readonly name: string;
  readonly engine: string;
  ok: boolean;
  detail: string;
  since: string;
}

export type ApprovalState = DataOf<"approval.asked"> & {
  at: string;
  /** The repo was not stopped since it was asked. */
  waiting: boolean;
  answer: "approve" | "reject" | undefined;
  by: string | undefined;
  answeredAt?: string;
};

export interface ReceiptState {
  readonly receipt: string;
  readonly kind: "baseline" | "proof";
  readonly request: string | undefined;
  /** Tree of the base of a proof. */
  readonly base: string | undefined;
  readonly verdict: string;
  readonly sentence: string;
  readonly tree: string;
  readonly commit: string;
  readonly environment: string;
  readonly at: string;
}

/** The state of every repo of one log. `version` changes with the fold, so that stored snapshots of an older one are dropped. */
export interface Views {
  readonly repos: Map<string, RepoState>;
  boot: { boot: string; pid: number; port: number; at: string } | undefined;
  seq: number;
}
const HISTORY = 20;

export function emptyViews(): Views {
  return { repos: new Map(), boot: undefined, seq: 0 };
}

/** Takes one event into the views. Events of unknown repos create them, so that a log that begins in the middle still folds. */
export function fold(views: Views, event: AnyEvent): void {
  views.seq = event.seq;
  if (event.type === "daemon.started") views.boot = { ...event.data, at: event.timestamp };
  const repo = event.metadata.repo;
  if (repo === "") return;
  let state = views.repos.get(repo);
  if (!state) {
    state = emptyRepo(repo, event.timestamp);
    views.repos.set(repo, state);
  }
  state.lastEventAt = event.timestamp;
  foldRepo(state, event);
  foldRun(state, event);
  foldRuntime(state, event);
  foldAgents(state.agents, event);
}

function emptyRepo(repo: string, at: string): RepoState {
  return {
    repo,
    path: "",
    name: repo,
    desired: "stopped",
    trusted: undefined,
    paused: undefined,
    run: undefined,
    proofs: new Map(),
    lastInput: undefined,
    plan: undefined,
    commit: "",
    services: new Map(),
    databases: new Map(),
    approvals: new Map(),
    checks: new Map(),
    receipts: [],
    fixes: [],
    changes: new Map(),
    rooms: new Map(),
    ports: new Map(),
    agents: new Map(),
    report: undefined,
    failure: undefined,
    lastEventAt: at,
    history: new Map(),
  };
}

/** What people decide about a repo, and what is proposed to them. */
function foldRepo(state: RepoState, event: AnyEvent): void {
  const at = event.timestamp;
  switch (event.type) {
    case "repo.added":
      state.path = event.data.path;
      state.name = event.data.name;
      return;
    case "repo.paused":
      state.paused = { by: event.data.by, when: at };
      return;
    case "repo.resumed":
      state.paused = undefined;
      return;
    case "repo.stopped":
      state.desired = "stopped";
      // Nobody waits for an answer any more; one that comes still counts for the next run.
      for (const one of state.approvals.values()) one.waiting = false;
      state.paused = undefined;
      for (const service of state.services.values()) service.state = "stopped";
      return;
    case "repo.trusted":
      state.trusted = { by: event.data.by, unsandboxed: event.data.unsandboxed };
      return;
    case "approval.asked":
      state.approvals.set(event.data.approval, {
        ...event.data,
        at,
        waiting: true,
        answer: undefined,
        by: undefined,
      });
      return;
    case "approval.answered": {
      const approval = state.approvals.get(event.data.approval);
      if (approval) Object.assign(approval, { answer: event.data.answer, by: event.data.by, answeredAt: at });
      return;
    }
    case "change.proposed":
      state.changes.set(event.data.change, { ...event.data, at, applied: false });
      return;
    case "change.applied": {
      const change = state.changes.get(event.data.change);
      if (change) change.applied = true;
      return;
    }
    default:
  }
}

/** The course of a run: phases, plan, checks, receipt, end. */
function foldRun(state: RepoState, event: AnyEvent): void {
  const at = event.timestamp;
  const id = event.metadata.runId ?? "";
  const run = state.proofs.get(id) ?? state.run;
  switch (event.type) {
    case "run.started":
      if (event.data.workflow !== "up") {
        state.proofs.set(id, begun(id, event.data.workflow, at));
        return;
      }
      state.desired = "up";
      state.lastInput = event.data.input;
      state.run = begun(id, event.data.workflow, at);
      state.fixes.length = 0;
      state.failure = undefined;
      return;
    case "stop_reason":
      if (!state.proofs.has(id)) state.failure = event.data.detail;
      return;
    case "status":
      if (!run || run.ended) return;
      if (run.phase !== event.data.phase) {
        remember(state, run.phase, (Date.parse(at) - Date.parse(run.phaseSince)) / 1000);
        run.phaseSince = at;
      }
      run.phase = event.data.phase;
      run.sentence = event.data.sentence;
      return;
    case "run.ended":
      if (state.proofs.delete(id)) return;
      if (run) {
        remember(state, run.phase, (Date.parse(at) - Date.parse(run.phaseSince)) / 1000);
        run.ended = { state: event.data.state, at };
      }
      state.report = event.data.report;
      return;
    case "plan.detected":
      state.plan = event.data.plan;
      state.commit = event.data.commit;
      return;
    case "check.completed":
      state.checks.set(`${event.data.dir}/${event.data.name}`, event.data);
      return;
    case "fix.tried":
      state.fixes.push({ ...event.data, at });
      return;
    case "receipt.issued":
      state.receipts.push(receiptOf(event.data, at));
      return;
    case "room.created":
      state.rooms.set(event.data.room, { ...event.data, at });
      return;
    case "room.removed":
      state.rooms.delete(event.data.room);
      return;
    default:
  }
}

function begun(id: string, workflow: string, at: string): RunState {
  return { id, workflow, startedAt: at, phase: "starting", sentence: "Starting", phaseSince: at, ended: undefined };
}

function receiptOf({ body, ...data }: DataOf<"receipt.issued">, at: string): ReceiptState {
  const { kind, request, environment, baseTree } = body;
  return { ...data, kind, request, base: baseTree ?? undefined, environment: environment.digest, at };
}

function remember(state: RepoState, phase: string, seconds: number): void {
  const known = state.history.get(phase) ?? [];
  known.push(seconds);
  state.history.set(phase, known.slice(-HISTORY));
}
