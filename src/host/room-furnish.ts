import { lstat, mkdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Repo, SandboxAnswer, SealedDependencies } from "../sdk/index.ts";
import { openGit } from "./git.ts";
import { canOverlay, type Overlay } from "./overlay.ts";
import type { RoomPlace } from "./room-view.ts";
import { siteMark } from "./site-tree.ts";
import { copyTree, isInside, removeTree, sealedPath } from "./sealed-tree.ts";
import { snapshotFolder } from "./snapshots-store.ts";

export interface Furnish {
  readonly id: string;
  readonly dir: string;
  readonly repo: Repo;
  readonly commit: string;
  readonly dependencies: readonly SealedDependencies[];
  /** Paths that must not be overlays. */
  readonly whole: readonly string[];
  readonly options: {
    readonly dataDir: string;
    readonly sandbox: SandboxAnswer;
    readonly caches: readonly string[];
    readonly visible: readonly string[];
  };
}

/**
 * Makes a room's folders: the clone, its dependencies (an overlay of the sealed entry where that works, else a copy),
 * its caches. `limits` says what could not be brought along.
 */
export async function furnishRoom(
  request: Furnish,
): Promise<{ place: RoomPlace; limits: readonly string[]; commit: string }> {
  const { id, dir, repo, options } = request;
  for (const part of ["scratch/home", "tmp"]) await mkdir(join(dir, part), { recursive: true, mode: 0o700 });
  const snapshots = snapshotFolder(options.dataDir, repo.id);
  const { commit, leftOut } = await openGit(repo.root).cloneTo(join(dir, "repo"), request.commit, snapshots);
  const overlaid = options.sandbox.works && (await canOverlay(options.dataDir));
  const { overlays, limits } = await bringDependencies(request, overlaid);
  const caches = await Promise.all(options.caches.map((at) => roomCache(request, at, overlaid)));
  const mark = siteMark(options.dataDir, `room-${id}`);
  const { visible } = options;
  const place = { id, repo: repo.id, dir, overlays, caches, visible, mark, hidden: [options.dataDir] };
  return { place, limits: [...leftOut, ...limits], commit };
}

async function bringDependencies({ dir, dependencies, whole, options }: Furnish, overlaid: boolean) {
  const root = join(dir, "repo");
  const overlays: Overlay[] = [];
  const limits: string[] = [];
  for (const { key, paths } of dependencies) {
    for (const path of paths) {
      const lower = join(sealedPath(options.dataDir, key), path);
      const at = join(root, path);
      if (!(await isInside(dirname(at), root))) limits.push(`${path} lies behind a link and was left out`);
      else if (overlaid && !whole.some((other) => overlaps(path, other)) && (await canCover(lower, at)))
        overlays.push(await makeOverlay(lower, at, join(dir, "overlays", String(overlays.length))));
      else {
        await removeTree(at);
        await copyTree(lower, at);
      }
    }
  }
  return { overlays, limits };
}

/** Rooms share their caches with each other and never with a working tree, whose commands could have written anything. */
async function roomCache({ dir, options }: Furnish, at: string, overlaid: boolean): Promise<RoomPlace["caches"][0]> {
  const from = join(options.dataDir, "room-caches", basename(at));
  await mkdir(from, { recursive: true, mode: 0o700 });
  if (!overlaid) return { from, at };
  const place = join(dir, "overlays", `cache-${basename(at)}`);
  return { from, at, own: await makeOverlay(from, join(place, "at"), place) };
}

async function makeOverlay(lower: string, at: string, place: string): Promise<Overlay> {
  const overlay = { lower, upper: join(place, "upper"), work: join(place, "work"), at };
  for (const part of [overlay.upper, overlay.work, at]) await mkdir(part, { recursive: true });
  return overlay;
}

async function canCover(lower: string, at: string): Promise<boolean> {
  const there = await lstat(at).catch(() => undefined);
  return (await stat(lower)).isDirectory() && (there === undefined || there.isDirectory());
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
