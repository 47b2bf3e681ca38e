import { z } from "zod";
import type { Repo } from "./hands.ts";

/** What is asked of `rooms create`. `id` names the room that is made; `branch` is a branch of the repo, absent for its working tree. */
export const RoomInput = z.object({
  path: z.string(),
  id: z.string().regex(/^[0-9a-f]{12}$/),
  branch: z.string().min(1).optional(),
  unsandboxed: z.boolean().default(false),
});
export type RoomInput = z.infer<typeof RoomInput>;

/** A room that a person or an agent works in; `rooms create --json` prints exactly this. */
export const MadeRoom = z.object({
  room: z.string(),
  /** Absolute path of its clone. */
  path: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** Ports of this machine by service; no other room to work in has them. */
  ports: z.record(z.string(), z.number()),
  /** Env files that were written, relative to `path`. */
  env: z.array(z.string()),
  /** Databases that are in it, as sentences. */
  databases: z.array(z.string()),
  /** What is missing or different, as sentences. */
  limits: z.array(z.string()),
  /** Takes the work back into the repo; typed in the room. */
  push: z.string(),
  seconds: z.number(),
});
export type MadeRoom = z.infer<typeof MadeRoom>;

/** The clone of a room to work in, before it is equipped. */
export interface WorkClone {
  readonly path: string;
  readonly branch: string;
  /** Submodules and filters that were not brought along, as sentences. */
  readonly limits: readonly string[];
}

/**
 * Rooms that somebody works in: clones that share nothing with the repo, on a branch of their own, whose remote `origin` is the
 * repo. They stay 14 days, and as long as they hold work that the repo does not have.
 */
export interface WorkRooms {
  /** Clones `commit`; a room that is there already is given as it is. Until `finish` it may be removed like any other room. */
  settle(request: { repo: Repo; id: string; commit: string; branch?: string }): Promise<WorkClone>;
  /** A free port of this machine for each name, the wanted one where it is free; no two rooms get the same. */
  ports(id: string, wanted: Readonly<Record<string, number | undefined>>): Promise<Record<string, number>>;
  /** Copies the SQLite files that git ignores in the working tree, by SQLite's own backup. Gives their repo-relative paths. */
  copyDatabases(repo: Repo, id: string): Promise<string[]>;
  /** Copies the database that Lodestar made for `repo` over the file `to`; false when there is none. */
  copyOwnDatabase(repo: Repo, name: string, to: string): Promise<boolean>;
  /** From now on it is kept. */
  finish(id: string, made: { ports: Readonly<Record<string, number>> }): Promise<void>;
  /** What would be lost with a room, as sentences; empty for rooms that nobody works in and those whose work is in the repo. */
  losses(id: string): Promise<string[]>;
}
