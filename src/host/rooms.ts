import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Clock, RoomInfo, Rooms, SandboxAnswer, Secrets, Segments, Site } from "../sdk/index.ts";
import { openFiles } from "./files.ts";
import { openGit } from "./git.ts";
import type { Ports } from "./ports.ts";
import { createProcesses } from "./processes.ts";
import { openRoomFiles } from "./room-files.ts";
import { furnishRoom } from "./room-furnish.ts";
import type { RoomPlace } from "./room-view.ts";
import { removeTree } from "./sealed-tree.ts";
import { openRoomSite } from "./site-room.ts";
import { openTreeSite } from "./site-tree.ts";
import { lossesOf } from "./work-losses.ts";
import { readDescription, roomsFolder, WORK, writeDescription, type Described } from "./work-room-file.ts";

export interface RoomsOptions {
  readonly dataDir: string;
  readonly segments: Segments;
  readonly secrets: Secrets;
  readonly ports: Ports;
  readonly sandbox: SandboxAnswer;
  /** Socket of the registry proxy, asked for when something is installed. */
  readonly proxySocket: () => Promise<string>;
  /** The package managers' caches as the drivers name them. A room never sees these, but caches of rooms alone at their paths. */
  readonly caches: readonly string[];
  /** Folders that every command may read: the toolbox. */
  readonly visible: readonly string[];
  /** The user's PATH. */
  readonly path: readonly string[];
  readonly clock: Clock;
}

/** `whole`: paths that must be real folders of the room and not overlays, because they will be moved out of it. */
type CreateRoom = Parameters<Rooms["create"]>[0] & { readonly whole?: readonly string[] };

/** Rooms of one data dir, as the host sees them. */
export interface HostRooms extends Rooms {
  create(request: CreateRoom): Promise<Site>;
  /** The repo's copy of a room, on the host. */
  repoOf(id: string): string;
  /** Keys of sealed dependencies that open rooms have mounted. */
  keysInUse(): ReadonlySet<string>;
  /** Removes rooms that nobody uses: those older than `maxAge` (default 24 h), then the oldest until the rest fits into `maxBytes`. Rooms to work in stay 14 days and while they hold work. */
  expire(limits?: { maxAge?: number; maxBytes?: number }): Promise<string[]>;
  close(): Promise<void>;
}

interface Open {
  readonly site: Site;
  readonly keys: readonly string[];
  limits(): readonly string[];
}

const DAY = 24 * 60 * 60_000;
const MAX_BYTES = 10 * 1024 ** 3;
/** How long a room that somebody works in stays, also when nothing of it would be lost. */
const WORK_AGE = 14 * DAY;

/**
 * Rooms below `<dataDir>/rooms/<id>/`: `repo` (a clone that shares nothing), `scratch`, `tmp`, `room.json`. Where no sandbox
 * works, a room is the clone on the host's own network, and says `unsandboxed`. What a dead daemon left half-made is
 * removed at once; its finished rooms are listed, not in use, until they expire.
 */
export async function openRooms(options: RoomsOptions): Promise<HostRooms> {
  const folder = roomsFolder(options.dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const open = new Map<string, Open>();
  for (const name of await readdir(folder))
    if (!(await readDescription(join(folder, name)))) await removeTree(join(folder, name));

  async function remove(id: string): Promise<boolean> {
    const dir = join(folder, basename(id));
    if (basename(id) !== id || !(await readDescription(dir))) return false;
    await open.get(id)?.site.close();
    open.delete(id);
    await removeTree(dir);
    return true;
  }

  /** Work is kept whatever it weighs: nobody else has it. */
  async function isKept(room: RoomInfo): Promise<boolean> {
    if (room.purpose !== WORK) return false;
    const age = options.clock.now() - Date.parse(room.createdAt);
    return age <= WORK_AGE || (await lossesOf(join(folder, room.id))).length > 0;
  }

  const list = () => listRooms(folder, new Set(open.keys()));
  return {
    async create(request) {
      const id = randomBytes(6).toString("hex");
      try {
        const { site, limits } = await make({ ...request, id, dir: join(folder, id), options });
        open.set(id, { site, limits, keys: request.dependencies.map((one) => one.key) });
        const close = () => site.close().finally(() => open.delete(id));
        return { ...site, close };
      } catch (error) {
        await removeTree(join(folder, id));
        throw error;
      }
    },
    list,
    remove,
    repoOf: (id) => join(folder, id, "repo"),
    limits: (id) => open.get(id)?.limits() ?? [],
    keysInUse: () => new Set([...open.values()].flatMap(({ keys }) => keys)),
    async expire({ maxAge = DAY, maxBytes = MAX_BYTES } = {}) {
      const rooms: RoomInfo[] = [];
      for (const room of await list()) if (!room.inUse && !(await isKept(room))) rooms.push(room);
      const removed: string[] = [];
      let total = rooms.reduce((sum, room) => sum + room.bytes, 0);
      for (const room of rooms) {
        const age = options.clock.now() - Date.parse(room.createdAt);
        if (age <= maxAge && total <= maxBytes) continue;
        if (await remove(room.id)) removed.push(room.id);
        total -= room.bytes;
      }
      return removed;
    },
    async close() {
      await Promise.all([...open.values()].map(({ site }) => site.close()));
      open.clear();
    },
  };
}

type Make = CreateRoom & { readonly id: string; readonly dir: string; readonly options: RoomsOptions };

async function make({ id, dir, repo, commit, purpose, dependencies, whole = [], options }: Make) {
  const made = await furnishRoom({ id, dir, repo, commit, dependencies, whole, options });
  const createdAt = new Date(options.clock.now()).toISOString();
  const description: Described = { id, repo: repo.id, commit: made.commit, purpose, createdAt };
  const site = await openSite(made.place, options);
  await writeDescription(dir, description);
  return { site, limits: () => [...made.limits, ...("limits" in site ? site.limits() : [])] };
}

async function listRooms(folder: string, open: ReadonlySet<string>): Promise<RoomInfo[]> {
  const found: RoomInfo[] = [];
  for (const name of await readdir(folder)) {
    const described = await readDescription(join(folder, name));
    if (!described) continue;
    const path = join(folder, name);
    const { work, ...about } = described;
    const shown = work && { path: join(path, "repo"), work: { branch: work.branch, ports: work.ports } };
    found.push({ ...about, path, ...shown, bytes: await sizeOf(path), inUse: open.has(name) });
  }
  return found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** The same room without a sandbox: commands run on the host, in the clone, with leased ports of the host. */
async function openSite(place: RoomPlace, options: RoomsOptions): Promise<Site & { limits?(): readonly string[] }> {
  const { clock: _clock, ...rest } = options;
  const { segments, secrets, path, proxySocket } = rest;
  if (rest.sandbox.works) {
    const processes = createProcesses({ segments, redact: (text) => secrets.redact(text) });
    return openRoomSite(place, { segments, processes, path, proxySocket });
  }
  const root = join(place.dir, "repo");
  const site = await openTreeSite({
    ...rest,
    id: `${place.repo}/${place.id}`,
    root,
    scratch: join(place.dir, "scratch"),
    git: openGit(root),
    files: openFiles(root),
    trusted: true,
    unsandboxed: true,
  });
  return { ...site, kind: "room", id: place.id, files: openRoomFiles(root, join(place.dir, "trash")) };
}

/** Bytes of the files below, as far as they can be read: a room in use changes while it is looked at. */
async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.isFile() ? found.size : 0;
  let sum = 0;
  for (const name of await readdir(path).catch(() => [])) sum += await sizeOf(join(path, name));
  return sum;
}
