import { lstat, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { messageOf, OutsideError, type Repo } from "../sdk/index.ts";
import { gitText } from "./git-run.ts";
import { openGit } from "./git.ts";
import { isInside } from "./sealed-tree.ts";

/** How every SQLite 3 file begins (https://www.sqlite.org/fileformat.html, 1.3). */
const HEADER = "SQLite format 3\0";
const NAMES = ["*.db", "*.db3", "*.sqlite", "*.sqlite3"];
/** Folders of dependencies: what lies there is not the repo's data. */
const FOREIGN = /(^|\/)(node_modules|vendor|site-packages|\.venv|venv)\//;

/** Copies the SQLite files that git ignores in the working tree of `repo` into the clone at `room`. Gives their paths. */
export async function ignoredSqlite(repo: Repo, room: string): Promise<string[]> {
  const asked = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", ...NAMES];
  const listed = (await gitText(openGit(repo.root).run, asked)).split("\0");
  const copied: string[] = [];
  for (const path of listed.filter((one) => one !== "" && !FOREIGN.test(one)).sort()) {
    const [from, to] = [join(repo.root, path), join(room, path)];
    if (!(await isInside(dirname(from), repo.root)) || !(await isInside(dirname(to), room))) continue;
    if (await copySqlite(from, to)) copied.push(path);
  }
  return copied;
}

/** Copies a database as it is at one moment, also while somebody writes to it; false for what is no SQLite file, or an empty one. */
export async function copySqlite(from: string, to: string): Promise<boolean> {
  if (!(await isSqlite(from))) return false;
  await mkdir(dirname(to), { recursive: true });
  try {
    const source = new DatabaseSync(from, { readOnly: true });
    try {
      await backup(source, to);
    } finally {
      source.close();
    }
  } catch (cause) {
    throw new OutsideError(`${from} could not be copied: ${messageOf(cause)}`, { retryable: false, cause });
  }
  return true;
}

async function isSqlite(path: string): Promise<boolean> {
  if (!(await lstat(path).catch(() => undefined))?.isFile()) return false;
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER.length), 0, HEADER.length, 0);
    return bytesRead === HEADER.length && buffer.toString("latin1") === HEADER;
  } finally {
    await file.close();
  }
}
