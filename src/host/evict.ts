import { messageOf } from "../sdk/index.ts";
import type { HostDependencies } from "./dependency-store.ts";
import type { HostRooms } from "./rooms.ts";
import { expireSegments } from "./segments-expire.ts";
import type { HostSnapshots } from "./snapshots.ts";

interface Evicted {
  readonly rooms: HostRooms;
  readonly dependencies: HostDependencies;
  readonly snapshots: HostSnapshots;
  readonly segments: string;
}

/** Keeps the data dir below its caps (10 GiB of rooms, 20 GiB of sealed dependencies, 2 GiB each of snapshots and output); what is in use stays. */
export async function evict(what: Evicted): Promise<void> {
  try {
    await what.rooms.expire();
    await what.snapshots.expire();
    await what.dependencies.expire();
    await expireSegments(what.segments);
  } catch (error) {
    // It is tried again tomorrow; until then it stands in daemon.log.
    process.stderr.write(`Old rooms could not be removed: ${messageOf(error)}\n`);
  }
}
