import type { Command } from "commander";
import { dataDirOf } from "./_daemon.ts";

export const summary = "the daemon itself; other commands start it";

export function configure(command: Command): void {
  command.option("--data-dir <dir>", "where Lodestar keeps its data").action(async (options: { dataDir?: string }) => {
    const { startDaemon } = await import("../main.ts");
    await startDaemon({ dataDir: dataDirOf(options) });
  });
}
