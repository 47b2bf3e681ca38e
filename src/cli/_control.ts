import { userInfo } from "node:os";
import type { Command } from "commander";
import { statusLineOf } from "../client/answers.ts";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson, printNow } from "./_terminal.ts";

/** `pause`, `resume` and `stop` are one call each; the answer is the new now-line. */
export function configureControl(command: Command, control: "pause" | "resume" | "stop"): void {
  withDaemonOptions(command).action(async (options: { repo?: string; dataDir?: string; json?: boolean }) => {
    const line = statusLineOf(
      await (await needDaemon(options)).post(control, { by: userInfo().username }, { repo: options.repo }),
    );
    if (options.json) printJson(line);
    else printNow(line.now);
  });
}
