import type { Command } from "commander";
import { z } from "zod";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson } from "./_terminal.ts";

export const summary = "what waits for your answer, and what was answered";

const Approvals = z.array(
  z.object({
    approval: z.string(),
    name: z.string(),
    question: z.string(),
    commands: z.array(z.string()),
    risk: z.string(),
    at: z.string(),
    answer: z.enum(["approve", "reject"]).optional(),
    by: z.string().optional(),
  }),
);

export function configure(command: Command): void {
  withDaemonOptions(command).action(async (options: { repo?: string; dataDir?: string; json?: boolean }) => {
    const all = Approvals.parse(await (await needDaemon(options)).get("approvals", { repo: options.repo }));
    if (options.json) return printJson(all);
    const waiting = all.filter((one) => one.answer === undefined);
    if (waiting.length === 0)
      console.log(`Nothing is waiting for you.${all.length > 0 ? ` ${all.length} answered.` : ""}`);
    for (const one of waiting) {
      console.log(`◆ ${one.approval}  ${one.question}\n  risk: ${one.risk}`);
      for (const line of one.commands) console.log(`    ${line}`);
      console.log(`  next: lodestar approve ${one.approval}   or   lodestar reject ${one.approval}`);
    }
  });
}
