import type { Command } from "commander";
import { z } from "zod";
import { NowLine } from "../sdk/status.ts";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson, printNow } from "./_terminal.ts";

export const summary = "the chain of reasons behind the status";

const Why = z.object({ now: NowLine, reasons: z.array(z.string()) });

export function configure(command: Command): void {
  withDaemonOptions(command).action(async (options: { repo?: string; dataDir?: string; json?: boolean }) => {
    const answer = Why.parse(await (await needDaemon(options)).get("why", { repo: options.repo }));
    if (options.json) return printJson(answer);
    printNow(answer.now);
    for (const reason of answer.reasons) console.log(`  · ${reason}`);
  });
}
