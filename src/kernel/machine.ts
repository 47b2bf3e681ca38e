import { isOutsideError, isUserError, messageOf, UserError } from "../sdk/index.ts";
import type {
  AnyEvent,
  DataOf,
  Engine,
  EventDraft,
  Hands,
  Log,
  MadeRoom,
  NowLine,
  Proof,
  ProveInput,
  Repo,
  Report,
  RunContext,
} from "../sdk/index.ts";
import { noRepo, nowLine, reasons, type Live } from "./now-line.ts";
import { findRepo } from "./find-repo.ts";
import { emptyViews, fold, type RepoState, type Views } from "./views.ts";

/** One repo's line of `status`. */
export interface Status {
  readonly repo: string;
  readonly name: string;
  readonly path: string;
  readonly now: NowLine;
}

/** What a workflow's code is given, and what it gives back when it ended by itself. */
export interface WorkflowCall {
  readonly runId: string;
  readonly input: unknown;
  readonly signal: AbortSignal;
  readonly state: RepoState;
}
export type WorkflowCode = (call: WorkflowCall) => Promise<Ended>;
/** How a workflow ended: its state in one word, and its whole answer. */
export interface Ended {
  readonly state: string;
  readonly report?: Report;
  readonly proof?: Proof;
  readonly room?: MadeRoom;
}

/** What the machine asks of what runs on a repo: `main.ts` gives it the sites and supervisors. */
export interface Runtimes {
  alive(repo: string): Set<string>;
  /** Ends everything that runs for a repo; resolves when nothing is left. */
  close(repo: string): Promise<void>;
}

const READ = 1_000;

/**
 * The daemon's mind: it folds the log into views, schedules runs, and answers what is true now. It keeps no state that is
 * not in the log, so that a new one after a `kill -9` knows the same.
 */
export class Machine {
  readonly hands: Hands;
  readonly log: Log;
  readonly views: Views = emptyViews();
  readonly #engine: Engine;
  readonly #runtimes: Runtimes;
  readonly #active = new Set<string>();
  readonly #cancelled = new Set<string>();
  readonly #closing = new Map<string, Promise<void>>();
  #folding: Promise<void> = Promise.resolve();
  readonly #broken = Promise.withResolvers<string>();

  constructor(parts: {
    hands: Hands;
    log: Log;
    engine: Engine;
    runtimes: Runtimes;
    workflows: Record<string, WorkflowCode>;
  }) {
    this.hands = parts.hands;
    this.log = parts.log;
    this.#engine = parts.engine;
    this.#runtimes = parts.runtimes;
    for (const [name, code] of Object.entries(parts.workflows))
      this.#engine.define(name, (context) => this.#execute(name, code, context));
  }

  /** Resolves with the reason when the log can be written no more (a full disk): nothing that happens could be told. */
  get broken(): Promise<string> {
    return this.#broken.promise;
  }

  /** Reads the log, takes up interrupted runs, and brings back up what the user wants up. */
  async begin(port: number): Promise<void> {
    await this.catchUp();
    const { boot } = this.hands;
    await this.append({
      type: "daemon.started",
      source: "daemon",
      repo: "",
      data: { boot, pid: this.hands.pid, port },
    });
    await this.#engine.begin();
    const runs = await this.#engine.active();
    for (const repo of this.views.repos.values()) {
      const busy = runs.some((run) => pathOf(run.input) === repo.path);
      const input = repo.lastInput;
      if (repo.desired === "up" && !busy && !repo.paused && input !== undefined && repo.services.size > 0)
        await this.#engine.start("up", input, { key: repo.repo });
    }
  }

  async end(reason: string): Promise<void> {
    await this.#engine.stop();
    await Promise.all([...this.views.repos.keys()].map((repo) => this.#close(repo)));
    await this.append({ type: "daemon.stopped", source: "daemon", repo: "", data: { boot: this.hands.boot, reason } });
  }

  /** Appends and folds at once, so that the next answer knows it. */
  async append(...drafts: EventDraft[]): Promise<AnyEvent[]> {
    const events = await this.log.append(...drafts);
    await this.catchUp();
    return events;
  }

  /** Folds what the log has and the views have not. One at a time; the last caller sees everything that was there when it called. */
  catchUp(): Promise<void> {
    const before = this.#folding;
    this.#folding = (async () => {
      await before.catch(() => undefined);
      await this.#foldNew();
    })();
    return this.#folding;
  }

  async #foldNew(): Promise<void> {
    for (;;) {
      const events = await this.log.read({ after: this.views.seq, limit: READ });
      for (const event of events) fold(this.views, event);
      if (events.length < READ) return;
    }
  }

  /** The repo that a person means by a path, a name or an id; the only one when nothing is said. */
  async find(asked: string | undefined): Promise<RepoState> {
    await this.catchUp();
    return findRepo(this.views, asked);
  }

  async status(asked: string | undefined): Promise<Status[]> {
    await this.catchUp();
    const repos = asked === undefined ? [...this.views.repos.values()] : [await this.find(asked)];
    return repos.map((repo) => ({ repo: repo.repo, name: repo.name, path: repo.path, now: this.#nowOf(repo) }));
  }

  /** The chain of reasons behind the now-line of one repo; without any repo, why nothing is done. */
  async why(asked: string | undefined): Promise<{ now: NowLine; reasons: string[] }> {
    await this.catchUp();
    if (this.views.repos.size === 0) return { now: noRepo(this.#time()), reasons: [] };
    const repo = await this.find(asked);
    const now = this.#nowOf(repo);
    return { now, reasons: reasons(repo, now) };
  }

  /** Starts `up` for a repo, or joins the run that is under way. */
  async up(
    input: { path: string; trust: boolean } & Record<string, unknown>,
    by: string,
  ): Promise<{ repo: string; run: string; after: number }> {
    const repo = await this.hands.repo(input.path);
    await this.catchUp();
    const known = this.views.repos.get(repo.id);
    if (known?.paused) throw new UserError(`${repo.name} is paused by ${known.paused.by}`, { next: "lodestar resume" });
    await this.#know(repo, { trust: input.trust, unsandboxed: input["unsandboxed"] === true, by });
    const after = this.views.seq;
    const run = await this.#engine.start("up", { ...input, path: repo.root }, { key: repo.id });
    const joined = this.views.repos.get(repo.id)?.run;
    return { repo: repo.id, run, after: joined?.id === run ? 0 : after };
  }

  /** Starts a proof, or joins the equal one that is under way. What cannot be proved at all is said before anything runs. */
  async prove(
    input: ProveInput & { trust: boolean },
    by: string,
  ): Promise<{ repo: string; run: string; after: number }> {
    const { trust, ...asked } = input;
    return this.launch("prove", asked, { trust, by });
  }

  /** Starts a workflow other than `up` on a repo, or joins the run with an equal input that is under way. */
  async launch(
    workflow: string,
    input: { path: string; unsandboxed: boolean } & Record<string, unknown>,
    { trust, by }: { trust: boolean; by: string },
  ): Promise<{ repo: string; run: string; after: number }> {
    const repo = await this.hands.repo(input.path);
    await this.catchUp();
    await this.#know(repo, { trust, unsandboxed: input.unsandboxed, by });
    const after = this.views.seq;
    const key = `${repo.id}/${workflow}/${this.hands.hash(JSON.stringify(input))}`;
    const run = await this.#engine.start(workflow, { ...input, path: repo.root }, { key });
    return { repo: repo.id, run, after: this.views.repos.get(repo.id)?.proofs.has(run) ? 0 : after };
  }

  /** Ends one run and leaves everything else of its repo alone. */
  async cancel(runId: string): Promise<void> {
    const run = (await this.#engine.active()).find((one) => one.runId === runId);
    if (!run) throw new UserError(`There is no run ${runId} under way`, { next: "lodestar status" });
    this.#cancelled.add(runId);
    const repo = [...this.views.repos.values()].find((one) => one.path === pathOf(run.input));
    await this.#engine.cancel(runId);
    const data = { state: "stopped" };
    if (repo)
      await this.append({ type: "run.ended", source: run.name, repo: repo.repo, runId, data, key: `${runId}/ended` });
  }

  /** Puts a repo on record, and that it is trusted. */
  async #know(repo: Repo, how: { trust: boolean; unsandboxed: boolean; by: string }): Promise<void> {
    const known = this.views.repos.get(repo.id);
    const base = { source: "api", repo: repo.id } as const;
    if (!known) await this.append({ ...base, type: "repo.added", data: { path: repo.root, name: repo.name } });
    if (how.trust && !known?.trusted)
      await this.append({ ...base, type: "repo.trusted", data: { by: how.by, unsandboxed: how.unsandboxed } });
  }

  async pause(asked: string | undefined, by: string): Promise<Status> {
    const repo = await this.find(asked);
    if (!repo.paused) await this.append({ type: "repo.paused", source: "api", repo: repo.repo, data: { by } });
    return this.#statusOf(repo);
  }

  async resume(asked: string | undefined, by: string): Promise<Status> {
    const repo = await this.find(asked);
    if (repo.paused) await this.append({ type: "repo.resumed", source: "api", repo: repo.repo, data: { by } });
    return this.#statusOf(repo);
  }

  /** Ends the run and everything that it started; resolves when nothing of it is left. */
  async stop(asked: string | undefined, by: string): Promise<Status> {
    const repo = await this.find(asked);
    const runs = (await this.#engine.active()).filter((run) => pathOf(run.input) === repo.path);
    try {
      await this.append({ type: "repo.stopped", source: "api", repo: repo.repo, data: { by } });
    } finally {
      // Also when the log takes nothing more.
      for (const run of runs) this.#cancelled.add(run.runId);
      await Promise.allSettled(runs.map((run) => this.#engine.cancel(run.runId)));
      await this.#close(repo.repo);
    }
    for (const { runId, name } of runs) {
      // A run that had not begun has nobody else to say its end; of any other this is a repetition.
      const data = { state: "stopped" };
      await this.append({ type: "run.ended", source: name, repo: repo.repo, runId, data, key: `${runId}/ended` });
    }
    return this.#statusOf(repo);
  }

  /** Ends what runs for a repo; an end that is under way already is waited for. */
  #close(repo: string): Promise<void> {
    const closing = (this.#closing.get(repo) ?? Promise.resolve()).then(() => this.#runtimes.close(repo));
    const settled = closing.catch(() => undefined);
    this.#closing.set(repo, settled);
    return closing;
  }

  /** Whether a run is under way, or a repo is wanted up. */
  async isBusy(): Promise<boolean> {
    await this.catchUp();
    const wanted = [...this.views.repos.values()].some((repo) => repo.desired === "up");
    return wanted || (await this.#engine.active()).length > 0;
  }

  /** Resolves at once unless the repo is paused; then when it is resumed. */
  async gate(repo: string, signal: AbortSignal): Promise<void> {
    if (!this.views.repos.get(repo)?.paused) return;
    for await (const event of this.log.follow({ after: this.views.seq, repo, signal }))
      if (event.type === "repo.resumed" || event.type === "repo.stopped") return;
  }

  async #execute(workflow: string, code: WorkflowCode, { runId, input, signal }: RunContext): Promise<unknown> {
    const path = pathOf(input);
    // A repo that is gone from the disk has a run that must end, too.
    const known = [...this.views.repos.values()].find((one) => one.path === path);
    const repo = known?.repo ?? (await this.hands.repo(path)).id;
    const base = { source: workflow, repo, runId };
    await this.#record({
      ...base,
      type: "run.started",
      data: { workflow, input: toJson(input) },
      key: `${runId}/started`,
    });
    const state = await this.find(repo);
    this.#active.add(runId);
    // At once: the run may be waiting for a service or a database that only ends with its site.
    // What cannot be ended is told to who ends the run, since that closes the site too.
    const close = () => (workflow === "up" ? void this.#close(repo).catch(() => undefined) : undefined);
    signal.addEventListener("abort", close, { once: true });
    try {
      signal.throwIfAborted();
      const end = await code({ runId, input, signal, state });
      await this.append({ ...base, type: "run.ended", data: end, key: `${runId}/ended` });
      return end.state;
    } catch (error) {
      // A daemon that stops gives the run back: it is not ended, the next one goes on.
      const isGivenBack = workflow === "up" ? state.desired === "up" : !this.#cancelled.has(runId);
      if (signal.aborted && isGivenBack) throw error;
      const ended = signal.aborted ? "stopped" : "cannot";
      if (!signal.aborted)
        await this.#record({
          ...base,
          type: "stop_reason",
          data: {
            reason: reasonOf(error),
            detail: messageOf(error),
            ...(isUserError(error) ? { next: error.next } : {}),
          },
        });
      await this.#record({ ...base, type: "run.ended", data: { state: ended }, key: `${runId}/ended` });
      return ended;
    } finally {
      this.#active.delete(runId);
    }
  }

  /** Appends what must be told: a log that takes it no more is the end of this daemon (`broken`). */
  async #record(draft: EventDraft): Promise<void> {
    try {
      await this.append(draft);
    } catch (error) {
      if (isOutsideError(error)) this.#broken.resolve(messageOf(error));
      throw error;
    }
  }

  #statusOf(repo: RepoState): Status {
    return { repo: repo.repo, name: repo.name, path: repo.path, now: this.#nowOf(repo) };
  }

  #nowOf(repo: RepoState): NowLine {
    const live: Live = {
      now: this.#time(),
      activeRuns: this.#active,
      alive: this.#runtimes.alive(repo.repo),
    };
    return nowLine(repo, live);
  }

  #time(): string {
    return new Date(this.hands.clock.now()).toISOString();
  }
}

function pathOf(input: unknown): string {
  return typeof input === "object" && input !== null && "path" in input && typeof input.path === "string"
    ? input.path
    : "";
}

function toJson(input: unknown): DataOf<"run.started">["input"] {
  return JSON.parse(JSON.stringify(input ?? null));
}

function reasonOf(error: unknown): string {
  if (isUserError(error)) return "user";
  return isOutsideError(error) ? "outside" : "bug";
}
