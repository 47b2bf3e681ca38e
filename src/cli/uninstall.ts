import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../sdk/errors.ts";
import { dataDirOf, endDaemon, findDaemon } from "./_daemon.ts";
import { printJson } from "./_terminal.ts";

export const summary = "stop everything and remove the data directory";

export function configure(command: Command): void {
  command
    .option("--data-dir <dir>", "where Lodestar keeps its data")
    .option("--yes", "do it: receipts, keys and the log are gone afterwards")
    .option("--json", "machine-readable output")
    .action(async (options: { dataDir?: string; yes?: boolean; json?: boolean }) => {
      const dataDir = dataDirOf(options);
      if (!existsSync(dataDir))
        throw new UserError(`${dataDir} does not exist: nothing is installed there`, {
          next: "npm uninstall --global lodestar",
        });
      // Only a folder that Lodestar made is ever removed.
      if (!existsSync(join(dataDir, "lock.db")))
        throw new UserError(`${dataDir} is not a data directory of Lodestar`, {
          tried: "looked for lock.db in it",
          next: "lodestar uninstall --data-dir <dir>",
        });
      if (!options.yes)
        throw new UserError(`This removes ${dataDir} with its receipts, keys and log`, {
          next: "lodestar uninstall --yes",
        });
      const client = await findDaemon(dataDir);
      if (client) await endDaemon(client, "lodestar uninstall");
      const { makeRemovable } = await import("../main.ts");
      await makeRemovable(dataDir);
      rmSync(dataDir, { recursive: true, force: true });
      if (options.json) printJson({ removed: dataDir });
      else console.log(`Removed ${dataDir}. The program itself: npm uninstall --global lodestar`);
    });
}
