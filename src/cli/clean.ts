import type { Command } from "commander";
import { dataDirOf, findDaemon } from "./_daemon.ts";
import { bytes, printJson } from "./_terminal.ts";

export const summary = "free disk: rooms, sealed dependencies, caches and old output; never the log, receipts or keys";

export function configure(command: Command): void {
  command
    .option("--data-dir <dir>", "where Lodestar keeps its data")
    .option("--json", "machine-readable output")
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const dataDir = dataDirOf(options);
      const running = (await findDaemon(dataDir)) !== undefined;
      const { clean } = await import("../main.ts");
      const removed = await clean(dataDir, { running });
      if (options.json) return printJson(removed);
      for (const one of removed) console.log(`removed ${one.what.padEnd(14)} ${bytes(one.bytes)}`);
      if (removed.length === 0) console.log("Nothing to remove.");
      if (running)
        console.log(
          "Rooms and output were kept: the daemon uses them. To free more: lodestar stop, then lodestar clean",
        );
    });
}
