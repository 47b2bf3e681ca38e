import type { Command } from "commander";
import { findDaemon, dataDirOf, whyNoDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson, printNow } from "./_terminal.ts";

export const summary = "what it is doing now, or why it is idle";

export function configure(command: Command): void {
  withDaemonOptions(command).action(async (options: { repo?: string; dataDir?: string; json?: boolean }) => {
    const dataDir = dataDirOf(options);
    const client = await findDaemon(dataDir);
    const lines = client ? await client.status(options.repo) : [];
    if (options.json) return printJson(lines);
    if (!client) console.log(`◌ ${whyNoDaemon(dataDir)}: nothing is done.\n  next: lodestar up <path>`);
    else if (lines.length === 0) console.log("◌ No repository is looked after yet.\n  next: lodestar up <path>");
    for (const line of lines) printNow(line.now);
  });
}
