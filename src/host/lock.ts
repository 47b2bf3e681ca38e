import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { messageOf, UserError } from "../sdk/index.ts";

/** Who holds a data dir, as far as it says so. */
export const LockHolder = z.object({
  pid: z.number().int(),
  startedAt: z.string(),
  port: z.number().int().optional(),
  version: z.string().optional(),
});
export type LockHolder = z.infer<typeof LockHolder>;

export interface DataDirLock {
  /** Writes what others may know of the holder: its port once it listens, its version. */
  describe(details: { port?: number; version?: string }): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the data dir for this process (and makes it, mode 0700). The lock is SQLite's own on `lock.db`, so the system
 * ends it with the process, kill -9 included: there is no stale lock. `holder.json` beside it is for reading only.
 * `heldBy` is undefined when the holder has not said yet who it is. Rejects with UserError when the dir cannot be used.
 */
export async function lockDataDir(
  dir: string,
): Promise<{ ok: true; lock: DataDirLock } | { ok: false; heldBy: LockHolder | undefined }> {
  const db = await open(dir);
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  } catch (error) {
    db.close();
    if (!isBusy(error)) throw cannotUse(dir, error);
    return { ok: false, heldBy: await readHolder(dir) };
  }
  let holder: LockHolder = { pid: process.pid, startedAt: new Date().toISOString() };
  await writeHolder(dir, holder);
  const lock: DataDirLock = {
    async describe(details) {
      holder = { ...holder, ...details };
      await writeHolder(dir, holder);
    },
    async release() {
      if (!db.isOpen) return;
      await rm(holderFile(dir), { force: true });
      db.close();
    },
  };
  return { ok: true, lock };
}

/** What the last holder wrote of itself. Whether it still holds the dir, only `lockDataDir` knows. */
export async function readHolder(dir: string): Promise<LockHolder | undefined> {
  const text = await readFile(holderFile(dir), "utf8").catch(() => "");
  try {
    return LockHolder.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function open(dir: string): Promise<DatabaseSync> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await createNew(join(dir, "lock.db"));
    return new DatabaseSync(join(dir, "lock.db"), { timeout: 0 });
  } catch (error) {
    throw cannotUse(dir, error);
  }
}

/** Creates a file unless it is there. An existing lock file is left alone: closing it here would end a lock of this process. */
async function createNew(file: string): Promise<void> {
  try {
    await writeFile(file, "", { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

function cannotUse(dir: string, error: unknown): UserError {
  return new UserError(`The data dir ${dir} cannot be used: ${messageOf(error)}.`, {
    next: "lodestar up --data-dir <a folder you may write>",
    cause: error,
  });
}

/** SQLite's result code 5 (https://sqlite.org/rescode.html#busy). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5;
}

function holderFile(dir: string): string {
  return join(dir, "holder.json");
}

/** In one rename, so that a reader never sees half of it. */
async function writeHolder(dir: string, holder: LockHolder): Promise<void> {
  const temporary = `${holderFile(dir)}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  await rename(temporary, holderFile(dir));
}
