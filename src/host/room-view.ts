import { realpathSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "../sdk/index.ts";
import { overlayLauncher, type Overlay } from "./overlay.ts";
import { SYSTEM_PATH, type Place, type SandboxView } from "./sandbox.ts";

/** A room on disk and what is seen in it. `dir` holds `repo`, `scratch` and `tmp`. */
export interface RoomPlace {
  readonly id: string;
  /** The repo's id, for the names of segments. */
  readonly repo: string;
  readonly dir: string;
  /** Mounted before the room opens, for as long as it is open. */
  readonly overlays: readonly Overlay[];
  /** Folders of the host that its commands may read: Lodestar's toolbox. */
  readonly visible: readonly string[];
  /**
   * The package managers' caches of all rooms, seen at the path that the drivers name: an install step writes to `from`,
   * later commands only read it, or write to `own` in front of it where overlays work.
   */
  readonly caches: readonly { readonly from: string; readonly at: string; readonly own?: Overlay }[];
  /** Marks its processes. */
  readonly mark: string;
  /** The data dir: hidden where a mount would show it. */
  readonly hidden: readonly string[];
}

/** What a room shows beyond the system: folders of PATH with what they need, and others that programs read. */
export interface Shown {
  readonly path: Iterable<string>;
  readonly reads: Iterable<string>;
}

/** Where a sandboxed room sees its repo and its own folder: the same in every room, so that paths and digests compare. */
export const ROOM_REPO = "/repo";
export const ROOM_SCRATCH = "/scratch";
const HOME = `${ROOM_SCRATCH}/home`;
/** Where Lodestar's own pieces are seen inside. */
const INSIDE = "/run/lodestar";

/** The sandbox of the room's supervisor, under which everything runs on one loopback of its own. */
export function supervisorView(place: RoomPlace, shown: Shown): SandboxView {
  const own = place.caches.flatMap((cache) => (cache.own ? [{ at: cache.at, overlay: cache.own }] : []));
  return {
    ...baseView(place, shown),
    network: "loopback",
    readOnly: [...place.visible, ...shown.reads, ...ownPlaces(), ...place.caches.filter(({ own }) => !own)],
    writable: own.map(({ at, overlay }) => ({ from: overlay.at, at })),
    launcher: overlayLauncher([...place.overlays, ...own.map(({ overlay }) => overlay)]),
  };
}

/** The sandbox of one install step: the same room with the registries, and with nobody else in it. */
export function installView(
  place: RoomPlace,
  command: Command,
  options: Shown & { proxySocket: string; userPath: readonly string[] },
): SandboxView {
  return {
    ...baseView(place, options),
    dir: join(ROOM_REPO, command.dir),
    env: roomEnv(command, options.userPath),
    network: "registries",
    proxySocket: options.proxySocket,
    readOnly: [...place.visible, ...options.reads],
    writable: place.caches,
    launcher: overlayLauncher(place.overlays),
  };
}

/** The command's own environment; the folders of its runtimes stand in front of its PATH, or of the user's. */
export function roomEnv(command: Omit<Command, "timeout">, userPath: readonly string[]): Record<string, string> {
  const path = command.env["PATH"] ?? (userPath.join(":") || SYSTEM_PATH);
  return { HOME, ...command.env, PATH: [...(command.path ?? []), path].join(":") };
}

export function supervisorCommand(): string[] {
  const program = `${INSIDE}/host/room-supervisor${extname(import.meta.url)}`;
  return [`${INSIDE}/node`, program, ROOM_REPO, ROOM_SCRATCH];
}

function baseView(place: RoomPlace, shown: Shown): Omit<SandboxView, "network"> {
  const part = (name: string) => join(place.dir, name);
  return {
    repo: { from: part("repo"), at: ROOM_REPO },
    ownCopy: true,
    scratch: { from: part("scratch"), at: ROOM_SCRATCH },
    tmp: part("tmp"),
    home: HOME,
    dir: ROOM_REPO,
    env: {},
    path: [...shown.path],
    hidden: place.hidden,
    mark: place.mark,
  };
}

/** The folder of this file, `.ts` in a checkout and `.js` in the package, and the package's word that these are ES modules. */
function ownPlaces(): Place[] {
  const here = dirname(fileURLToPath(import.meta.url));
  return [
    { from: here, at: `${INSIDE}/host` },
    { from: join(here, "..", "..", "package.json"), at: `${INSIDE}/package.json` },
    { from: realpathSync(process.execPath), at: `${INSIDE}/node` },
  ];
}
