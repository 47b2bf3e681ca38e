import { userInfo } from "node:os";
import type { Command } from "commander";
import { z } from "zod";
import { UserError } from "../sdk/errors.ts";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson, printTable } from "./_terminal.ts";

export const summary = "proposed repairs of tracked files: `changes list`, `changes show ID`, `changes apply ID`";

const Change = z.object({
  change: z.string(),
  title: z.string(),
  because: z.string(),
  branch: z.string(),
  diff: z.string(),
  at: z.string(),
  applied: z.boolean(),
});

export function configure(command: Command): void {
  withDaemonOptions(command)
    .argument("[action]", "list, show or apply", "list")
    .argument("[id]", "id of the change")
    .action(
      async (action: string, id: string | undefined, options: { repo?: string; dataDir?: string; json?: boolean }) => {
        const client = await needDaemon(options);
        const changes = z.array(Change).parse(await client.get("changes", { repo: options.repo }));
        if (action === "list") {
          if (options.json) return printJson(changes);
          if (changes.length === 0) console.log("No change is proposed.");
          return printTable(
            changes.map((one) => [one.change, one.applied ? "applied" : "proposed", one.branch, one.title]),
          );
        }
        const change = changes.find((one) => one.change === id);
        if (!change || (action !== "show" && action !== "apply"))
          throw new UserError(change ? `changes has no action ${action}` : `There is no change ${id ?? ""}`.trimEnd(), {
            next: "lodestar changes list",
          });
        if (action === "show")
          return options.json ? printJson(change) : console.log(`${change.title}\n${change.because}\n\n${change.diff}`);
        await client.post(`changes/${change.change}/apply`, { by: userInfo().username });
        if (options.json) printJson({ applied: change.change });
        else console.log(`Applied ${change.change} to the working tree: ${change.title}`);
      },
    );
}
