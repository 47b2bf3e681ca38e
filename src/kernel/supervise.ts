import type { Clock, HealthProbe, Log, ProbeResult, Running, Site } from "../sdk/index.ts";

/** One service as it is to be started. `port` is leased already; `env` is complete. */
export interface Launch {
  readonly name: string;
  readonly dir: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly reads: readonly string[];
  readonly port: number | undefined;
  readonly health: HealthProbe;
  /** Milliseconds until it must be healthy. */
  readonly patience: number;
  /** What the code was when it was started: another stamp means that a running one is out of date. */
  readonly stamp: string;
}

export type Launched =
  | { ok: true; pid: number; port: number | undefined; url: string | undefined; health: ProbeResult; seconds: number }
  | { ok: false; exit: number | null; exited: boolean; health: ProbeResult; output: string; seconds: number };

interface Kept {
  readonly launch: Launch;
  running: Running;
  port: number | undefined;
  healthy: boolean;
  stopping: boolean;
  /** Its process is gone and a restart is due. */
  dead: boolean;
  deaths: number[];
  misses: number;
}

const PROBE_EVERY = 5_000;
const PROBE_TIMEOUT = 2_000;
/** A probe that fails this often in a row flips the state; one lost answer does not. */
const FALL = 3;
const DEATHS = 5;
const DEATH_WINDOW = 600_000;

/** Starts services on one site, keeps them healthy, restarts them with backoff, and ends them whole. */
export class Supervisor {
  readonly #options: { site: Site; log: Log; clock: Clock; repo: string; runId: () => string };
  readonly #kept = new Map<string, Kept>();
  /** Names whose service is being kept: a second `keep` of one would count its deaths twice. */
  readonly #keeping = new Set<string>();
  /** By name, the last start that was asked for: starts of one service come one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #ended = new AbortController();

  constructor(options: { site: Site; log: Log; clock: Clock; repo: string; runId: () => string }) {
    this.#options = options;
  }

  /** Starts a service and waits until it is healthy; one that runs unchanged is left alone. Rejects once `stopAll` was called. */
  launch(spec: Launch, attempt: number): Promise<Launched> {
    return this.#inTurn(spec.name, () => this.#launch(spec, attempt));
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work, work);
    this.#turns.set(name, turn);
    return turn;
  }

  async #launch(spec: Launch, attempt: number): Promise<Launched> {
    this.#ended.signal.throwIfAborted();
    const current = await this.#same(spec);
    if (current) return current;
    const begun = this.#options.clock.now();
    const running = await this.#options.site.start({
      command: spec.command,
      dir: spec.dir,
      env: spec.env,
      path: spec.path,
      reads: spec.reads,
      network: "host",
      title: spec.name,
    });
    const { name, dir, command, port } = spec;
    const data = { name, dir, command, ...(port === undefined ? {} : { port }), attempt, segment: running.segment };
    await this.#options.log.append({ ...this.#base, type: "service.starting", data });
    const outcome = await this.#untilHealthy(spec, running);
    if (this.#ended.signal.aborted) await running.stop();
    this.#ended.signal.throwIfAborted();
    const seconds = (this.#options.clock.now() - begun) / 1000;
    if (outcome.health.ok) return this.#healthy(spec, { running, port: outcome.port, health: outcome.health, seconds });
    // Before it is ended: what it says about that is not why it failed.
    const output = await running.tail(64 * 1024);
    await running.stop();
    const health = { kind: outcome.health.kind, detail: outcome.health.detail };
    await this.#options.log.append({ ...this.#base, type: "service.unhealthy", data: { name: spec.name, health } });
    return { ok: false, exit: outcome.exit, exited: outcome.exited, health: outcome.health, output, seconds };
  }

  async #healthy(
    spec: Launch,
    end: { running: Running; port: number | undefined; health: ProbeResult; seconds: number },
  ): Promise<Launched> {
    const { running, port, health, seconds } = end;
    const url = port === undefined ? undefined : `http://127.0.0.1:${port}`;
    this.#kept.set(spec.name, {
      launch: spec,
      running,
      port,
      healthy: true,
      stopping: false,
      dead: false,
      deaths: [],
      misses: 0,
    });
    const where = { ...(url === undefined ? {} : { url }), ...(port === undefined ? {} : { port }) };
    const said = { kind: health.kind, detail: health.detail };
    await this.#options.log.append({
      ...this.#base,
      type: "service.healthy",
      data: { name: spec.name, ...where, pid: running.pid, health: said, seconds },
    });
    return { ok: true, pid: running.pid, port, url, health, seconds };
  }

  /** The running service itself, if it is the same launch and still healthy; an outdated one is ended first. */
  async #same(spec: Launch): Promise<Launched | undefined> {
    const one = this.#kept.get(spec.name);
    if (!one) return undefined;
    if (!one.dead && one.healthy && JSON.stringify(one.launch) === JSON.stringify(spec)) {
      const { port, running } = one;
      const url = port === undefined ? undefined : `http://127.0.0.1:${port}`;
      return {
        ok: true,
        pid: running.pid,
        port,
        url,
        health: { ok: true, kind: spec.health.kind, detail: "was running" },
        seconds: 0,
      };
    }
    // Its end was said already.
    if (!one.dead) await this.stop(spec.name);
    return undefined;
  }

  /** Polls until the probe is content, the process ends, or patience runs out. Finds the port a service chose by itself. */
  async #untilHealthy(spec: Launch, running: Running) {
    let gone: { exit: number | null; signal: string | null } | undefined;
    void running.exited.then((end) => (gone = end));
    const deadline = this.#options.clock.now() + spec.patience;
    let health: ProbeResult = { ok: false, kind: spec.health.kind, detail: "not asked yet" };
    let wait = 50;
    while (this.#options.clock.now() < deadline && !this.#ended.signal.aborted) {
      if (gone) {
        const how = gone.signal === null ? `exited with status ${gone.exit}` : `was ended by ${gone.signal}`;
        return {
          health: { ok: false, kind: "process", detail: `it ${how} before it was healthy` },
          exit: gone.exit,
          exited: true,
          port: undefined,
        };
      }
      for (const port of await this.#portsOf(spec, running)) {
        health = await this.#probe(spec, running, port);
        if (health.ok) return { health, exit: null, exited: false, port };
      }
      await Promise.race([this.#pause(wait), running.exited]);
      wait = Math.min(wait * 1.5, 500);
    }
    const detail = `${health.detail}, ${spec.patience / 1000} s after its start`;
    return { health: { ...health, detail }, exit: null, exited: false, port: undefined };
  }

  /** The ports its own processes listen on: only the leased one if it is among them. A foreign listener on the port does not count. */
  async #portsOf(spec: Launch, running: Running): Promise<(number | undefined)[]> {
    if (spec.health.kind === "process" || spec.health.kind === "log") return [undefined];
    const ports = await this.#options.site.listening(running);
    if (spec.port !== undefined && ports.includes(spec.port)) return [spec.port];
    return ports.length > 0 ? ports : [undefined];
  }

  async #probe(spec: Launch, running: Running, port: number | undefined): Promise<ProbeResult> {
    const { kind } = spec.health;
    if (port === undefined && (kind === "http" || kind === "port"))
      return { ok: false, kind, detail: "it does not listen on any port" };
    const where = port === undefined ? {} : { port };
    return this.#options.site.probe({ ...spec.health, ...where, timeout: PROBE_TIMEOUT, running });
  }

  /**
   * From now on a service that dies is restarted: after 1, 2, 4, 8 s; five deaths within ten minutes end it. Resolves when
   * it is not kept any more, and at once when it is kept already.
   */
  async keep(name: string): Promise<void> {
    if (this.#keeping.has(name)) return;
    this.#keeping.add(name);
    try {
      await this.#keep(name);
    } catch (error) {
      if (!this.#ended.signal.aborted) throw error;
    } finally {
      this.#keeping.delete(name);
    }
  }

  async #keep(name: string): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const one = this.#kept.get(name);
      if (!one) return;
      const end = await Promise.race([one.running.exited, this.#pause(PROBE_EVERY)]);
      if (one.stopping || this.#ended.signal.aborted) continue;
      if (end === undefined) await this.#look(one);
      else if (!(await this.#restart(one, end))) return;
    }
  }

  /** Sleeps, or ends early with the supervisor. */
  async #pause(ms: number): Promise<undefined> {
    await this.#options.clock.sleep(ms, this.#ended.signal).catch(() => undefined);
  }

  /** One routine probe; says it once when the state flips. */
  async #look(one: Kept): Promise<void> {
    const { launch: spec, running, port } = one;
    const health = await this.#probe(spec, running, port);
    if (one.stopping) return;
    one.misses = health.ok ? 0 : one.misses + 1;
    const said = { kind: health.kind, detail: health.detail };
    if (one.healthy && one.misses >= FALL) {
      one.healthy = false;
      await this.#options.log.append({
        ...this.#base,
        type: "service.unhealthy",
        data: { name: spec.name, health: said },
      });
    } else if (!one.healthy && health.ok) {
      one.healthy = true;
      const url = port === undefined ? {} : { url: `http://127.0.0.1:${port}`, port };
      await this.#options.log.append({
        ...this.#base,
        type: "service.healthy",
        data: { name: spec.name, ...url, pid: running.pid, health: said, seconds: 0 },
      });
    }
  }

  /** After a death: wait, start again, unless somebody else did meanwhile. False when it died too often, and then it stays down. */
  async #restart(one: Kept, end: { exit: number | null; signal: string | null }): Promise<boolean> {
    const now = this.#options.clock.now();
    one.dead = true;
    one.deaths = [...one.deaths.filter((at) => now - at < DEATH_WINDOW), now];
    const again = one.deaths.length < DEATHS;
    const delay = 1000 * 2 ** (one.deaths.length - 1);
    const name = one.launch.name;
    await this.#options.log.append({
      ...this.#base,
      type: "service.exited",
      data: { name, ...end, expected: false, ...(again ? { nextAttemptAt: new Date(now + delay).toISOString() } : {}) },
    });
    if (!again) {
      this.#kept.delete(name);
      return false;
    }
    await this.#pause(delay);
    const launched = await this.#inTurn(name, async () =>
      this.#kept.get(name) === one ? this.#launch(one.launch, one.deaths.length + 1) : undefined,
    );
    if (!launched) return true;
    if (!launched.ok) return this.#restart(one, { exit: launched.exit, signal: null });
    const fresh = this.#kept.get(name);
    if (fresh) fresh.deaths = one.deaths;
    return true;
  }

  async stop(name: string): Promise<void> {
    const one = this.#kept.get(name);
    if (!one) return;
    one.stopping = true;
    this.#kept.delete(name);
    await one.running.stop();
    const end = await one.running.exited;
    await this.#options.log.append({ ...this.#base, type: "service.exited", data: { name, ...end, expected: true } });
  }

  /** Names of the services whose process is alive. */
  alive(): Set<string> {
    return new Set([...this.#kept.values()].filter((one) => !one.dead).map((one) => one.launch.name));
  }

  /** Ends every service, those that are being started included; none is started afterwards. */
  async stopAll(): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled(this.#turns.values());
    await Promise.all([...this.#kept.keys()].map((name) => this.stop(name)));
  }

  get #base() {
    return { source: "supervise", repo: this.#options.repo, runId: this.#options.runId() };
  }
}
