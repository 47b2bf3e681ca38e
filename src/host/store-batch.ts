import { Bug, type AnyEvent, type StoredDraft } from "../sdk/index.ts";

interface Waiting {
  readonly drafts: readonly StoredDraft[];
  resolve(events: AnyEvent[]): void;
  reject(error: unknown): void;
}

/** Bounds the memory and the pause of one transaction. */
const MOST_AT_ONCE = 5000;

/**
 * Group commit: the appends of one tick, and those that come while a commit is under way, go to `commit` together, and
 * each caller gets its own events when that commit is on disk. `commit` gives one event per draft, in order. If it
 * rejects, nothing of the batch was written and every caller of it gets the error.
 */
export function createBatcher(commit: (drafts: readonly StoredDraft[]) => Promise<AnyEvent[]> | AnyEvent[]) {
  let waiting: Waiting[] = [];
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = take();
      try {
        const events = await commit(batch.flatMap((item) => item.drafts));
        let at = 0;
        for (const item of batch) item.resolve(events.slice(at, (at += item.drafts.length)));
      } catch (error) {
        for (const item of batch) item.reject(error);
      }
    }
    working = undefined;
  }

  function take(): Waiting[] {
    let drafts = 0;
    const last = waiting.findIndex((item) => (drafts += item.drafts.length) >= MOST_AT_ONCE);
    const batch = last === -1 ? waiting : waiting.slice(0, last + 1);
    waiting = last === -1 ? [] : waiting.slice(last + 1);
    return batch;
  }

  let closed = false;
  return {
    append(drafts: readonly StoredDraft[]): Promise<AnyEvent[]> {
      if (closed) return Promise.reject(new Bug("the log was appended to after it was closed"));
      if (drafts.length === 0) return Promise.resolve([]);
      const appended = new Promise<AnyEvent[]>((resolve, reject) => waiting.push({ drafts, resolve, reject }));
      working ??= work();
      return appended;
    },
    /** Refuses further appends and resolves when those under way have ended. */
    async close(): Promise<void> {
      closed = true;
      await working;
    },
  };
}
