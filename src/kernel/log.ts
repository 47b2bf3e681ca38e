import {
  Bug,
  EventData,
  messageOf,
  type Clock,
  type EventDraft,
  type EventKind,
  type EventType,
  type Log,
  type Secrets,
  type Store,
  type StoredDraft,
} from "../sdk/index.ts";

/** Events that a follower holds at most; a slow one reads the next ones from the store when it is ready. */
const PAGE = 500;

export interface LogOptions {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** This boot of the daemon, and Lodestar's version: stamped on every event. */
  readonly sessionId: string;
  readonly version: string;
  newId(): string;
  /** Where other machines append to the same store: followers look again after this many milliseconds. */
  readonly pollMs?: number;
}

/**
 * The log: what is appended is validated by the schema of its type (Bug when it does not fit), has every string of its
 * data redacted, is stamped, and is on disk when `append` resolves. `follow` gives each event once, in order.
 */
export function createLog(options: LogOptions): Log {
  const { store, secrets, clock } = options;
  const bell = createBell();

  function stamp(draft: EventDraft): StoredDraft {
    const { type, source, repo, runId, taskId, kind, key } = draft;
    const parsed = EventData[type].safeParse(redact(draft.data, secrets));
    if (!parsed.success) throw new Bug(`an event ${type} of ${source} has the wrong shape: ${messageOf(parsed.error)}`);
    return {
      id: options.newId(),
      timestamp: new Date(clock.now()).toISOString(),
      kind: kind ?? kindOf(type),
      type,
      source,
      data: parsed.data,
      metadata: {
        repo,
        sessionId: options.sessionId,
        ...(runId === undefined ? {} : { runId }),
        ...(taskId === undefined ? {} : { taskId }),
        version: options.version,
      },
      ...(key === undefined ? {} : { key }),
    };
  }

  return {
    epoch: store.epoch,
    async append(...drafts) {
      const events = await store.append(drafts.map(stamp));
      bell.ring();
      return events;
    },
    byKey: (key) => store.byKey(key),
    read: (query) => store.read(query),
    async *follow({ after, repo, signal }) {
      let at = after;
      while (!signal.aborted) {
        // Heard before reading: an append between the read and the wait is not missed.
        const heard = bell.heard();
        const events = await store.read({ after: at, limit: PAGE, ...(repo === undefined ? {} : { repo }) });
        for (const event of events) {
          if (signal.aborted) return;
          yield event;
          at = event.seq;
        }
        if (events.length < PAGE) await bell.next(heard, signal, pause(clock, options.pollMs));
      }
    },
    head: async () => (await store.head()).seq,
  };
}

/** A bell that many wait for. `next` resolves when it rang after `heard`, when the signal ends or when `timer` does. */
function createBell() {
  let rung = 0;
  const waiting = new Set<() => void>();
  return {
    heard: () => rung,
    ring(): void {
      rung++;
      for (const wake of waiting) wake();
    },
    async next(heard: number, signal: AbortSignal, timer?: (signal: AbortSignal) => Promise<void>): Promise<void> {
      if (rung !== heard || signal.aborted) return;
      const done = new AbortController();
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          done.abort();
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener("abort", wake);
        if (timer) timer(done.signal).then(wake, wake);
      });
    },
  };
}

function pause(clock: Clock, ms: number | undefined): ((signal: AbortSignal) => Promise<void>) | undefined {
  return ms === undefined ? undefined : (signal) => clock.sleep(ms, signal);
}

/** A copy in which every string is redacted; keys stay, they are names of ours. */
function redact(value: unknown, secrets: Secrets): unknown {
  if (typeof value === "string") return secrets.redact(value);
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item, secrets)]));
}

const KINDS: Record<string, EventKind> = {
  daemon: "system",
  log: "system",
  approval: "escalation",
  fix: "plugin",
  repo: "activity",
  service: "activity",
  idle: "activity",
};

/** What kind an event is when its writer does not say: by the first word of its type; what a run emits is workflow. */
function kindOf(type: EventType): EventKind {
  return KINDS[type.split(".")[0] ?? type] ?? "workflow";
}
