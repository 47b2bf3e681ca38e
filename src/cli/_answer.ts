import { userInfo } from "node:os";
import type { Command } from "commander";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson } from "./_terminal.ts";

/** `approve ID` and `reject ID` differ in the answer only. */
export function configureAnswer(command: Command, answer: "approve" | "reject"): void {
  withDaemonOptions(command)
    .argument("<approval>", "id as `lodestar approvals` shows it")
    .action(async (approval: string, options: { dataDir?: string; json?: boolean }) => {
      const given = await (await needDaemon(options)).post(answer, { approval, by: userInfo().username });
      if (options.json) printJson(given);
      else console.log(`${approval}: ${answer === "approve" ? "approved" : "rejected"}.`);
    });
}
