import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync } from "node:fs";
import { resolve, sep } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Files } from "../sdk/index.ts";

const TEXT_LIMIT = 1024 * 1024;
/** Milliseconds of reading before others have their turn. */
const TURN = 5;
let turnBegan = 0;

/** Reads below `root` without running anything. A path that leads out of it, by `..` or by a symlink, is absent. */
export function openFiles(root: string): Files {
  return {
    exists: async (path) => realPathInside(root, path) !== undefined,
    read: (path, limit = TEXT_LIMIT) => readText(root, path, { limit, longer: "cut" }),
    list: async (dir) => {
      const real = realPathInside(root, dir);
      return real === undefined ? [] : namesIn(real).sort((a, b) => (a < b ? -1 : 1));
    },
  };
}

/**
 * Text of a regular file below `root`; undefined when absent, unreadable or binary (a NUL byte in what was read).
 * Never more than `limit` bytes are read: a longer file is cut at a character's edge, or skipped (undefined).
 * Read at once, in short turns: asking the thread pool five times for each of 10,000 files takes several times as long.
 */
export async function readText(
  root: string,
  path: string,
  options: { limit: number; longer: "cut" | "skip" },
): Promise<string | undefined> {
  if (performance.now() - turnBegan > TURN) {
    await nextTurn();
    turnBegan = performance.now();
  }
  const real = realPathInside(root, path);
  const file = real === undefined ? undefined : openFile(real);
  if (file === undefined) return undefined;
  try {
    const stat = fstatSync(file);
    const size = stat.isFile() ? stat.size : -1;
    if (size < 0 || (size > options.limit && options.longer === "skip")) return undefined;
    const bytes = Buffer.alloc(Math.min(size, options.limit));
    const content = bytes.subarray(0, fill(file, bytes));
    if (content.includes(0)) return undefined;
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(content, { stream: size > options.limit });
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** Not blocking: a FIFO would wait for a writer. Not following: the path may have changed since it was resolved. */
function openFile(real: string): number | undefined {
  try {
    return openSync(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
  } catch {
    return undefined;
  }
}

function namesIn(real: string): string[] {
  try {
    return readdirSync(real);
  } catch {
    return [];
  }
}

/** The real path of what `path` names below `root`; undefined when it is absent or lies elsewhere (symlink loops are absent). */
function realPathInside(root: string, path: string): string | undefined {
  try {
    const realRoot = realpathSync.native(root);
    const real = realpathSync.native(resolve(root, path));
    return real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep) ? real : undefined;
  } catch {
    return undefined;
  }
}

function fill(file: number, bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const length = readSync(file, bytes, at, bytes.length - at, at);
    if (length === 0) break;
    at += length;
  }
  return at;
}
