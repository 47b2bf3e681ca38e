import type { Command } from "commander";
import { findDaemon, dataDirOf, withDaemonOptions } from "./_daemon.ts";
import { printJson, printNow } from "./_terminal.ts";

export const summary = "what it is doing now, or why it is idle";

export function configure(command: Command): void {
  withDaemonOptions(command).action(async (options: { repo?: string; dataDir?: string; json?: boolean }) => {
    const client = await findDaemon(dataDirOf(options));
    const lines = client ? await client.status(options.repo) : [];
    if (options.json) return printJson(lines);
    if (!client) console.log("◌ No daemon runs, so nothing is done.\n  next: lodestar up <path>");
    else if (lines.length === 0) console.log("◌ No repository is looked after yet.\n  next: lodestar up <path>");
    for (const line of lines) printNow(line.now);
  });
}
