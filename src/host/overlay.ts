import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** `lower` is seen at `at` and never written; what is written there goes to `upper`. `work` is overlayfs's own, on the same disk as `upper`. */
export interface Overlay {
  readonly lower: string;
  readonly upper: string;
  readonly work: string;
  readonly at: string;
}

/** Mounts each overlay and becomes the rest of its arguments. */
const SCRIPT =
  'while [ "$1" != -- ]; do mount -t overlay overlay -o "$1" "$2" || exit 70; shift 2; done; shift; exec "$@"';
/** overlayfs separates its options and layers by these. */
const UNSAFE = /[,:\\"]/;

const probes = new Map<string, Promise<boolean>>();

/**
 * A command that mounts `overlays` in a user and mount namespace of its own and then becomes what follows it: the
 * mounts end with that process and are seen by nobody else. Empty when there is nothing to mount.
 */
export function overlayLauncher(overlays: readonly Overlay[]): string[] {
  if (overlays.length === 0) return [];
  const mounts = overlays.flatMap(({ lower, upper, work, at }) => [
    `lowerdir=${lower},upperdir=${upper},workdir=${work},userxattr`,
    at,
  ]);
  return ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c", SCRIPT, "sh", ...mounts, "--"];
}

/** Whether overlays work for folders below `dir`: found out by mounting one, reading through it and writing to it. */
export function canOverlay(dir: string): Promise<boolean> {
  const known = probes.get(dir) ?? probe(dir);
  probes.set(dir, known);
  return known;
}

async function probe(dir: string): Promise<boolean> {
  if (process.platform !== "linux" || UNSAFE.test(dir)) return false;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const place = await mkdtemp(join(dir, ".overlay-"));
  try {
    const part = (name: string) => join(place, name);
    const overlay = { lower: part("lower"), upper: part("upper"), work: part("work"), at: part("at") };
    for (const folder of Object.values(overlay)) await mkdir(folder);
    await writeFile(join(overlay.lower, "file"), "lower");
    const check = 'cd "$1" && [ "$(cat file)" = lower ] && echo upper >file && [ "$(cat file)" = upper ]';
    const [program, ...args] = [...overlayLauncher([overlay]), "sh", "-c", check, "sh", overlay.at];
    return await new Promise((resolve) => execFile(program, args, { timeout: 5_000 }, (error) => resolve(!error)));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
