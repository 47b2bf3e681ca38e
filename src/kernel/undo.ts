import { UserError, type Restored } from "../sdk/index.ts";
import type { Machine } from "./machine.ts";

const PAGE = 1_000;

/** A snapshot that was taken before an agent's call was let run. */
export interface TakenSnapshot {
  readonly snapshot: string;
  readonly at: string;
  readonly agent: string;
  readonly session: string;
  readonly because: string;
}

/** The snapshots of a repo that were taken before something dangerous, the newest first. */
export async function listSnapshots(machine: Machine, asked: string | undefined): Promise<TakenSnapshot[]> {
  const { repo } = await machine.find(asked);
  const found: TakenSnapshot[] = [];
  for (let after = 0; ;) {
    const events = await machine.log.read({ after, limit: PAGE, repo, types: ["agent.denied"] });
    for (const event of events) {
      if (event.type !== "agent.denied" || event.data.snapshot === undefined) continue;
      const { snapshot, agent, session, because } = event.data;
      found.push({ snapshot, at: event.timestamp, agent, session, because });
    }
    const last = events.at(-1);
    if (!last || events.length < PAGE) return found.reverse();
    after = last.seq;
  }
}

/** Brings back the files of a snapshot (the newest when none is named). What is there now is kept as a snapshot, too. */
export async function undo(
  machine: Machine,
  asked: string | undefined,
  { snapshot, by }: { snapshot: string | undefined; by: string },
): Promise<Restored> {
  const state = await machine.find(asked);
  const wanted = snapshot ?? (await listSnapshots(machine, asked))[0]?.snapshot;
  if (wanted === undefined)
    throw new UserError(`Nothing dangerous was let run in ${state.name}, so there is no snapshot to bring back`, {
      next: "lodestar agents list",
    });
  const repo = await machine.hands.repo(state.path);
  const full = await fullName(machine, asked, wanted);
  const restored = await machine.hands.snapshots.restore(repo, full);
  const data = { snapshot: full, before: restored.before, files: restored.restored.length, by };
  await machine.append({ type: "snapshot.restored", source: "api", repo: state.repo, data });
  return restored;
}

/** A snapshot by its first characters, among those of this repo; what was there before an undo is named in full. */
async function fullName(machine: Machine, asked: string | undefined, wanted: string): Promise<string> {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(wanted)) return wanted;
  const fits = (await listSnapshots(machine, asked)).filter((one) => one.snapshot.startsWith(wanted));
  const [only] = fits;
  if (only && new Set(fits.map((one) => one.snapshot)).size === 1 && wanted.length >= 4) return only.snapshot;
  throw new UserError(`There is no snapshot ${wanted}`, { next: "lodestar undo --list" });
}
