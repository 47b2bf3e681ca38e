import { accessSync, constants, lstatSync, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * A path as git gives it, one character per byte: names need not be UTF-8, and what is read from git goes back to git and to the
 * file system unchanged.
 */
export type BytePath = string;

/** What a path of the working tree is; `stamp` changes with every write to it. */
export interface Found {
  readonly path: BytePath;
  readonly kind: "file" | "link" | "folder" | "gone" | "unreadable" | "special";
  readonly size: number;
  readonly executable: boolean;
  readonly stamp: string;
}

/** Milliseconds of looking before others have their turn. */
const TURN = 5;
const CHUNK = 1024 * 1024;

export function toBytePath(path: string): BytePath {
  return Buffer.from(path, "utf8").toString("latin1");
}

/** For people and for JSON. */
export function readable(path: BytePath): string {
  return Buffer.from(path, "latin1").toString("utf8");
}

/** The same file for `node:fs`. */
export function onDisk(root: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}

/** Looks at each path once, in short turns; 10,000 take some 60 ms. */
export async function lookAt(root: string, paths: Iterable<BytePath>): Promise<Found[]> {
  const found: Found[] = [];
  let began = performance.now();
  for (const path of paths) {
    if (performance.now() - began > TURN) {
      await nextTurn();
      began = performance.now();
    }
    found.push(look(root, path));
  }
  return found;
}

/** Whether both hold the same bytes; false when one cannot be read. */
export async function sameBytes(one: Buffer | string, other: Buffer | string): Promise<boolean> {
  const files: FileHandle[] = [];
  try {
    for (const path of [one, other]) files.push(await open(path, constants.O_RDONLY | constants.O_NONBLOCK));
    const [a, b] = files;
    return a !== undefined && b !== undefined && (await sameContent(a, b));
  } catch {
    return false;
  } finally {
    for (const file of files) await file.close();
  }
}

async function sameContent(a: FileHandle, b: FileHandle): Promise<boolean> {
  const [size, other] = [(await a.stat()).size, (await b.stat()).size];
  if (size !== other) return false;
  const [left, right] = [Buffer.alloc(Math.min(size, CHUNK)), Buffer.alloc(Math.min(size, CHUNK))];
  for (let at = 0; at < size;) {
    const { bytesRead } = await a.read(left, 0, left.length, at);
    const second = await b.read(right, 0, bytesRead, at);
    if (bytesRead === 0 || second.bytesRead !== bytesRead) return false;
    if (!left.subarray(0, bytesRead).equals(right.subarray(0, bytesRead))) return false;
    at += bytesRead;
  }
  return true;
}

function look(root: string, path: BytePath): Found {
  const at = onDisk(root, path);
  try {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return nothing(path, "gone");
    if (stat.isFile()) accessSync(at, constants.R_OK);
    const stamp = `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
    return { path, kind: kindOf(stat), size: stat.size, executable: (stat.mode & 0o100) !== 0, stamp };
  } catch (error) {
    return nothing(path, codeOf(error) === "EACCES" || codeOf(error) === "EPERM" ? "unreadable" : "gone");
  }
}

function kindOf(stat: Stats): Found["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isSymbolicLink()) return "link";
  return stat.isDirectory() ? "folder" : "special";
}

function nothing(path: BytePath, kind: "gone" | "unreadable"): Found {
  return { path, kind, size: 0, executable: false, stamp: kind };
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
