/** Joins the layers for `lodestar struggles`, which needs no daemon. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openBackend } from "./backend.ts";
import { readPack, writePack, type VerifiedPack } from "./host/struggle-pack.ts";
import { openStruggleFile } from "./host/struggle-settings.ts";
import { openStruggleDesk, type StruggleDesk } from "./kernel/struggle-desk.ts";
import { countStruggles } from "./kernel/struggle-counts.ts";
import type { StruggleCount } from "./kernel/struggle.ts";

export interface StruggleCommands extends StruggleDesk {
  /** The settings' file, which need not be there. */
  readonly path: string;
  /** Alarms by agent and model, of each session and of the whole life, as the log tells them. */
  counters(): Promise<StruggleCount[]>;
  /** Signs and writes a pack; returns the key id. */
  write(file: string, body: string): Promise<string>;
  /** A pack whose signature fits and whose signer is this machine or `key`; anything else rejects with UserError. */
  verify(file: string, key: string | undefined): Promise<VerifiedPack>;
}

/** The rules of a data dir, as `lodestar struggles` lists and changes them. */
export function struggleDesk({ dataDir }: { dataDir: string }): StruggleCommands {
  const file = openStruggleFile(dataDir);
  const desk = openStruggleDesk(file);
  return {
    ...desk,
    path: file.path,
    async counters() {
      if (!process.env["LODESTAR_DATABASE_URL"] && !existsSync(join(dataDir, "log.db"))) return [];
      const { store } = await openBackend(dataDir);
      try {
        return await countStruggles(store, (await desk.list()).rules);
      } finally {
        await store.close();
      }
    },
    write: (path, body) => writePack(path, { dataDir, body }),
    verify: (path, key) => readPack(path, { dataDir, ...(key === undefined ? {} : { key }) }),
  };
}
