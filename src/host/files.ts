import { constants } from "node:fs";
import { open, readdir, realpath } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { Files } from "../sdk/index.ts";

const TEXT_LIMIT = 1024 * 1024;

/** Reads below `root` without running anything. A path that leads out of it, by `..` or by a symlink, is absent. */
export function openFiles(root: string): Files {
  return {
    exists: async (path) => (await realPathInside(root, path)) !== undefined,
    read: (path, limit = TEXT_LIMIT) => readText(root, path, { limit, longer: "cut" }),
    list: async (dir) => {
      const real = await realPathInside(root, dir);
      return real === undefined ? [] : (await readdir(real).catch(() => [])).sort((a, b) => (a < b ? -1 : 1));
    },
  };
}

/**
 * Text of a regular file below `root`; undefined when absent, unreadable or binary (a NUL byte in what was read).
 * Never more than `limit` bytes are read: a longer file is cut at a character's edge, or skipped (undefined).
 */
export async function readText(
  root: string,
  path: string,
  options: { limit: number; longer: "cut" | "skip" },
): Promise<string | undefined> {
  const real = await realPathInside(root, path);
  if (real === undefined) return undefined;
  // Not blocking: a FIFO would wait for a writer. Not following: the path may have changed since it was resolved.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);
  const file = await open(real, flags).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { size } = await file.stat().then((stat) => (stat.isFile() ? stat : { size: -1 }));
    if (size < 0 || (size > options.limit && options.longer === "skip")) return undefined;
    const bytes = Buffer.alloc(Math.min(size, options.limit));
    const length = await fill(file, bytes);
    const content = bytes.subarray(0, length);
    if (content.includes(0)) return undefined;
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(content, { stream: size > options.limit });
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** The real path of what `path` names below `root`; undefined when it is absent or lies elsewhere (symlink loops are absent). */
async function realPathInside(root: string, path: string): Promise<string | undefined> {
  const full = resolve(root, path);
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(full)]);
    return real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep) ? real : undefined;
  } catch {
    return undefined;
  }
}

async function fill(file: Awaited<ReturnType<typeof open>>, bytes: Buffer): Promise<number> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}
