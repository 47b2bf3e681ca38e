import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";

/** What `room.json` says of a room. */
export const Described = z.object({
  id: z.string(),
  repo: z.string(),
  commit: z.string(),
  purpose: z.string(),
  createdAt: z.string(),
  /** Of a room that somebody works in: the repo's root, the branch it began on and its ports. */
  work: z
    .object({
      root: z.string(),
      branch: z.string(),
      limits: z.array(z.string()),
      ports: z.record(z.string(), z.number()),
    })
    .optional(),
});
export type Described = z.infer<typeof Described>;

/** The purpose of a room that somebody works in; until it is complete it has `UNFINISHED`. */
export const WORK = "work";
export const UNFINISHED = "work, unfinished";

const DESCRIPTION = "room.json";

/** Undefined for a room that is half-made. */
export async function readDescription(dir: string): Promise<Described | undefined> {
  const text = await readFile(join(dir, DESCRIPTION), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Described.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function writeDescription(dir: string, description: Described): Promise<void> {
  const file = join(dir, DESCRIPTION);
  await writeFile(`${file}.new`, JSON.stringify(description), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export function roomsFolder(dataDir: string): string {
  return join(dataDir, "rooms");
}

/** The folder of a room; undefined for what is no name of one. */
export function roomFolder(dataDir: string, id: string): string | undefined {
  return id !== "" && id !== "." && id !== ".." && basename(id) === id ? join(roomsFolder(dataDir), id) : undefined;
}

export async function allDescribed(dataDir: string): Promise<Described[]> {
  const found: Described[] = [];
  for (const name of await readdir(roomsFolder(dataDir)).catch(() => [])) {
    const one = await readDescription(join(roomsFolder(dataDir), name));
    if (one) found.push(one);
  }
  return found;
}
