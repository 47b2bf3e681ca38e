import { closeSync, openSync } from "node:fs";
import type { Backend, WorkflowRun } from "openworkflow/internal";
import { BackendSqlite } from "openworkflow/sqlite";
import {
  Bug,
  canonicalJson,
  isOutsideError,
  messageOf,
  OutsideError,
  UserError,
  type Engine,
  type RunContext,
} from "../sdk/index.ts";

/** A run that ended with an error that another attempt would not mend. */
export interface FailedRun {
  readonly runId: string;
  readonly name: string;
  readonly input: unknown;
  readonly error: unknown;
}

export interface EngineOptions {
  /** Told of every run that ended with an error, after the engine has given it up. */
  onFailed(failed: FailedRun): Promise<void> | void;
  /** Runs at the same time in this process; default 16. */
  readonly concurrency?: number;
  /** First wait before a run is tried again after a retryable error, in ms; it doubles. Default 1000. */
  readonly retryAfter?: number;
}

const CONCURRENCY = 16;
const RETRY_AFTER = 1000;
/** Milliseconds, like all times here. A dead worker's runs are free for others after this. */
const LEASE = 10_000;
const HEARTBEAT = 3000;
/** How often work that another process or a retry made available is looked for; what is started here begins at once. */
const POLL = 500;
/** A run is tried so often in one boot when it ends with a retryable OutsideError; any other error ends it at once. */
const ATTEMPTS = 3;
/** A run that this version does not know is looked at again after this time: a newer worker may take it. */
const UNKNOWN = 60_000;

/** Runs in one SQLite file, which only this process may use (it holds the data dir's lock). */
export async function openSqliteEngine(path: string, options: EngineOptions): Promise<Engine> {
  try {
    closeSync(openSync(path, "a", 0o600)); // SQLite would make it readable for others.
    return createEngine(workerOf(BackendSqlite.connect(path), "sqlite"), options);
  } catch (error) {
    throw new OutsideError(`The workflow engine cannot use ${path}: ${messageOf(error)}`, {
      retryable: true,
      cause: error,
    });
  }
}

/**
 * Runs in a Postgres database that many daemons share by leases. `owner` names this daemon across restarts (its data
 * dir): only leases of the same owner are taken back at once, those of others when they run out.
 */
export async function openPostgresEngine(url: string, options: EngineOptions & { owner: string }): Promise<Engine> {
  const { BackendPostgres } = await import("openworkflow/postgres").catch((error: unknown) => {
    throw new UserError("Running workflows on Postgres needs the npm package postgres.", {
      next: "npm install --global postgres@3",
      cause: error,
    });
  });
  try {
    return createEngine(workerOf(await BackendPostgres.connect(url), options.owner), options);
  } catch (error) {
    throw new OutsideError("The workflow engine cannot reach its Postgres database.", {
      retryable: true,
      cause: error,
    });
  }
}

interface Worker {
  readonly backend: Backend;
  /** This boot. */
  readonly id: string;
  /** What ids of this daemon's earlier boots begin with. */
  readonly prefix: string;
}

function workerOf(backend: Backend, owner: string): Worker {
  return { backend, id: `${owner}/${crypto.randomUUID()}`, prefix: `${owner}/` };
}

type Work = (context: RunContext) => Promise<unknown>;

/** Why a run's signal was aborted: told apart by identity. */
const CANCELED = new DOMException("the run was canceled", "AbortError");
const LOST = new DOMException("another worker has taken the run over", "AbortError");
const STOPPED = new DOMException("the engine was stopped", "AbortError");

function createEngine(worker: Worker, options: EngineOptions): Engine {
  const { backend } = worker;
  const definitions = new Map<string, Work>();
  const loop = createLoop(worker, definitions, options);
  let starting: Promise<unknown> = Promise.resolve();

  return {
    define(name, work) {
      if (definitions.has(name)) throw new Bug(`the workflow ${name} is defined twice`);
      definitions.set(name, work);
    },
    start(name, input, { key } = {}) {
      if (!definitions.has(name)) throw new Bug(`no workflow is called ${name}`);
      // One after the other, so that two starts with one key cannot both find none.
      const started = starting.then(() => create(backend, name, input, key));
      starting = started.catch(() => {});
      return started.finally(() => loop.look());
    },
    async begin() {
      for (const run of await unended(backend))
        if (run.workerId?.startsWith(worker.prefix)) await giveBack(backend, run, 0);
      loop.begin();
    },
    async active() {
      const runs = await unended(backend);
      return runs.map(({ id, workflowName, input }) => ({ runId: id, name: workflowName, input }));
    },
    async cancel(runId) {
      const known = { workflowRunId: runId };
      if (!isUnended(await backend.getWorkflowRun(known))) return;
      await backend.cancelWorkflowRun(known).catch(async (error: unknown) => {
        if (isUnended(await backend.getWorkflowRun(known))) throw error;
      });
      await loop.abort(runId);
    },
    async stop() {
      await loop.stop();
      await starting;
      await backend.stop();
    },
  };
}

/** Claims runs and executes them, from `begin` to `stop`. */
function createLoop(worker: Worker, definitions: ReadonlyMap<string, Work>, options: EngineOptions) {
  const { backend } = worker;
  const executions = createExecutions(worker, options, look);
  const most = options.concurrency ?? CONCURRENCY;
  let timer: NodeJS.Timeout | undefined;
  let claiming: Promise<void> | undefined;
  let again = false;

  /** Claims what is available, as far as there is room. A database that fails is asked again at the next look. */
  function look(): void {
    if (!isWorking()) return;
    again = true;
    claiming ??= claim()
      .catch(() => {})
      .finally(() => (claiming = undefined));
  }

  function isWorking(): boolean {
    return timer !== undefined;
  }

  async function claim(): Promise<void> {
    while (again) {
      again = false;
      while (isWorking() && executions.count() < most) {
        const run = await backend.claimWorkflowRun({ workerId: worker.id, leaseDurationMs: LEASE });
        if (!run) break;
        await take(run);
      }
    }
  }

  async function take(run: WorkflowRun): Promise<void> {
    if (executions.has(run.id)) return; // Its lease ran out while this process was busy: now it is renewed.
    const work = definitions.get(run.workflowName);
    if (!isWorking()) return giveBack(backend, run, 0);
    if (!work) return giveBack(backend, run, UNKNOWN);
    executions.begin(run, work);
  }

  return {
    look,
    begin(): void {
      timer ??= setInterval(look, POLL);
      look();
    },
    abort: (runId: string) => executions.abort([runId], CANCELED),
    async stop(): Promise<void> {
      clearInterval(timer);
      timer = undefined;
      await claiming;
      await executions.abort(executions.ids(), STOPPED);
    },
  };
}

/** The runs that this process has in hand. `onFree` is called when one has ended. */
function createExecutions(worker: Worker, options: EngineOptions, onFree: () => void) {
  const executions = new Map<string, { abort: AbortController; ended: Promise<void> }>();
  const settle = createSettler(worker, options);

  async function execute(run: WorkflowRun, work: Work, abort: AbortController): Promise<void> {
    const beat = setInterval(() => void keepLease(worker, run, abort), HEARTBEAT);
    try {
      await work({ runId: run.id, input: run.input, signal: abort.signal });
      await settle.completed(run, abort.signal);
    } catch (error) {
      await settle.threw(run, abort.signal, error);
    } finally {
      clearInterval(beat);
      executions.delete(run.id);
      onFree();
    }
  }

  return {
    count: () => executions.size,
    has: (runId: string) => executions.has(runId),
    ids: () => [...executions.keys()],
    begin(run: WorkflowRun, work: Work): void {
      const abort = new AbortController();
      executions.set(run.id, { abort, ended: execute(run, work, abort) });
    },
    /** Aborts and resolves when the functions have returned. */
    async abort(runIds: readonly string[], reason: DOMException): Promise<void> {
      const aborted = runIds.flatMap((runId) => executions.get(runId) ?? []);
      for (const { abort } of aborted) abort.abort(reason);
      await Promise.all(aborted.map(({ ended }) => ended));
    },
  };
}

/** Writes how an execution ended. A database that fails leaves the run as it is: its lease runs out and it is resumed. */
function createSettler(worker: Worker, options: EngineOptions) {
  const { backend, id: workerId } = worker;
  const failures = new Map<string, number>();

  async function retry(run: WorkflowRun, failed: number, wait: number): Promise<void> {
    failures.set(run.id, failed);
    const availableAt = new Date(Date.now() + wait);
    const error = { message: "it will be tried again" };
    await backend.rescheduleWorkflowRunAfterFailedStepAttempt({ workflowRunId: run.id, workerId, error, availableAt });
  }

  async function giveUp(run: WorkflowRun, error: unknown): Promise<void> {
    failures.delete(run.id);
    // The message may hold what must not be stored unredacted: it goes to the log through the callback.
    const name = error instanceof Error ? error.name : "Error";
    const retryPolicy = {
      initialInterval: "1s",
      backoffCoefficient: 1,
      maximumInterval: "1s",
      maximumAttempts: 1,
    } as const;
    await backend.failWorkflowRun({ workflowRunId: run.id, workerId, error: { message: name }, retryPolicy });
    await options.onFailed({ runId: run.id, name: run.workflowName, input: run.input, error });
  }

  async function threw(run: WorkflowRun, reason: unknown, error: unknown): Promise<void> {
    if (reason === CANCELED || reason === LOST) return;
    if (reason === STOPPED) return giveBack(backend, run, 0);
    const failed = (failures.get(run.id) ?? 0) + 1;
    if (!isOutsideError(error) || !error.retryable || failed >= ATTEMPTS) return giveUp(run, error);
    const wait = (options.retryAfter ?? RETRY_AFTER) * 2 ** (failed - 1);
    await retry(run, failed, Math.max(wait, error.retryAfter ?? 0));
  }

  return {
    async completed(run: WorkflowRun, signal: AbortSignal): Promise<void> {
      if (signal.reason === CANCELED || signal.reason === LOST) return;
      failures.delete(run.id);
      await backend.completeWorkflowRun({ workflowRunId: run.id, workerId, output: null }).catch(() => {});
    },
    async threw(run: WorkflowRun, signal: AbortSignal, error: unknown): Promise<void> {
      await threw(run, signal.reason, error).catch(() => {});
    },
  };
}

/** Extends the lease; a run that is no longer ours (canceled or taken over elsewhere) is aborted here. */
async function keepLease({ backend, id }: Worker, run: WorkflowRun, abort: AbortController): Promise<void> {
  const lease = { workflowRunId: run.id, workerId: id };
  try {
    await backend.extendWorkflowRunLease({ ...lease, leaseDurationMs: LEASE });
  } catch {
    const now = await backend.getWorkflowRun(lease).catch(() => run);
    if (now?.workerId !== id) abort.abort(now?.status === "canceled" ? CANCELED : LOST);
  }
}

async function create(backend: Backend, name: string, input: unknown, key: string | undefined): Promise<string> {
  if (key !== undefined) {
    const existing = (await unended(backend)).find((run) => run.workflowName === name && keyOf(run) === key);
    if (existing) return existing.id;
  }
  const run = await backend.createWorkflowRun({
    workflowName: name,
    version: null,
    idempotencyKey: null,
    config: key === undefined ? {} : { key },
    context: null,
    input: JSON.parse(canonicalJson(input)),
    parentStepAttemptNamespaceId: null,
    parentStepAttemptId: null,
    availableAt: null,
    deadlineAt: null,
  });
  return run.id;
}

function keyOf({ config }: WorkflowRun): unknown {
  return typeof config === "object" && config !== null && "key" in config ? config.key : undefined;
}

/** Ends the lease of whoever has it: the run can be claimed after `wait` milliseconds. */
async function giveBack(backend: Backend, run: WorkflowRun, wait: number): Promise<void> {
  const { id: workflowRunId, workerId } = run;
  if (workerId === null) return;
  await backend.sleepWorkflowRun({ workflowRunId, workerId, availableAt: new Date(Date.now() + wait) });
}

function isUnended(run: WorkflowRun | null): boolean {
  return run?.status === "pending" || run?.status === "running";
}

/** Runs that have not ended, oldest first. */
async function unended(backend: Backend): Promise<WorkflowRun[]> {
  const runs: WorkflowRun[] = [];
  for (const status of ["pending", "running"] as const) {
    let after: string | undefined;
    do {
      const page = await backend.listWorkflowRuns({ status, limit: 100, ...(after === undefined ? {} : { after }) });
      runs.push(...page.data);
      after = page.pagination.next ?? undefined;
    } while (after !== undefined);
  }
  return runs.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}
