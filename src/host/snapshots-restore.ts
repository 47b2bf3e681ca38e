import { lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import { OutsideError, type Restored } from "../sdk/index.ts";
import { gitText } from "./git-run.ts";
import { withFolder, type SnapshotStore } from "./snapshots-store.ts";

/**
 * Writes the files of a snapshot back into the working tree at `root`, byte for byte. The index, HEAD and files that came
 * later stay as they are; where a folder stands in the way of a file it is refused, and nothing is written.
 */
export async function restoreFiles(
  store: SnapshotStore,
  root: string,
  { from, to }: { from: string; to: string },
): Promise<Restored> {
  const changes = await changesBetween(store, from, to);
  const files = changes.filter((one) => one.is !== "D").map((one) => one.path);
  const blocked = await foldersAt(root, files);
  if (blocked.length > 0)
    throw new OutsideError(`${blocked[0]} is a folder now, and was a file: move it away first`, { retryable: false });
  if (files.length > 0)
    await withFolder(store, async (folder) => {
      const env = { GIT_INDEX_FILE: join(folder, "index") };
      await gitText(store.read, ["read-tree", to], { env });
      // Links are replaced and never followed; git itself refuses a path behind one.
      for (const path of files) if ((await typeOf(join(root, text(path)))) === "link") await rm(join(root, text(path)));
      await gitText(store.read, ["checkout-index", "--force", "--quiet", "-z", "--stdin"], {
        env,
        input: Buffer.from(files.map((path) => `${path}\0`).join(""), "latin1"),
      });
    });
  const left = changes.filter((one) => one.is === "D").map((one) => one.path);
  return { snapshot: to, before: from, restored: files.map(text), left: left.map(text) };
}

/** Paths as git has them, one character a byte: names need not be UTF-8. */
async function changesBetween(store: SnapshotStore, from: string, to: string): Promise<{ is: string; path: string }[]> {
  const args = ["diff-tree", "-r", "-z", "--no-renames", "--name-status", "--end-of-options", from, to];
  const result = await store.read(args);
  if (result.exit !== 0)
    throw new OutsideError(`snapshot ${to} cannot be read: ${result.stderr.trim()}`, { retryable: false });
  const parts = result.stdout
    .toString("latin1")
    .split("\0")
    .filter((part) => part !== "");
  const changes: { is: string; path: string }[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) changes.push({ is: parts[at] ?? "", path: parts[at + 1] ?? "" });
  return changes;
}

async function foldersAt(root: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) if ((await typeOf(join(root, text(path)))) === "folder") found.push(text(path));
  return found;
}

async function typeOf(path: string): Promise<"folder" | "link" | "other" | undefined> {
  const stat = await lstat(path).catch(() => undefined);
  if (!stat) return undefined;
  return stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : "other";
}

function text(path: string): string {
  return Buffer.from(path, "latin1").toString("utf8");
}
