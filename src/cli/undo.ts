import { userInfo } from "node:os";
import type { Command } from "commander";
import { z } from "zod";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { duration, printJson, printTable } from "./_terminal.ts";

export const summary =
  "bring back the files from before an agent's dangerous command: `undo`, `undo SNAPSHOT`, `undo --list`";

interface Options {
  readonly repo?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
  readonly list?: boolean;
}

const Taken = z.object({
  snapshot: z.string(),
  at: z.string(),
  agent: z.string(),
  session: z.string(),
  because: z.string(),
});
const Restored = z.object({
  snapshot: z.string(),
  before: z.string(),
  restored: z.array(z.string()),
  left: z.array(z.string()),
});
const SHOWN = 20;

export function configure(command: Command): void {
  withDaemonOptions(command)
    .argument("[snapshot]", "which one (default: the newest)")
    .option("--list", "show the snapshots")
    .action(async (snapshot: string | undefined, options: Options) => {
      const client = await needDaemon(options);
      const { repo } = options;
      if (options.list === true) return list(z.array(Taken).parse(await client.get("snapshots", { repo })), options);
      const body = { by: userInfo().username, ...(snapshot === undefined ? {} : { snapshot }) };
      const done = Restored.parse(await client.post("undo", body, { repo }));
      if (options.json) return printJson(done);
      const { restored, left, before } = done;
      if (restored.length === 0) console.log("Every file is as it was in that snapshot.");
      else console.log(`Brought back ${restored.length} ${restored.length === 1 ? "file" : "files"}:`);
      for (const path of restored.slice(0, SHOWN)) console.log(`  ${path}`);
      if (restored.length > SHOWN) console.log(`  and ${restored.length - SHOWN} more`);
      if (left.length > 0) console.log(`Left as they are, since they came later: ${left.slice(0, SHOWN).join(", ")}`);
      console.log(`  to take this back: lodestar undo ${before}`);
    });
}

function list(taken: readonly z.infer<typeof Taken>[], options: Options): void {
  if (options.json) return printJson(taken);
  if (taken.length === 0) console.log("No snapshot yet: nothing dangerous was let run.");
  const ago = (at: string) => `${duration((Date.now() - Date.parse(at)) / 1000)} ago`;
  printTable(taken.map((one) => [one.snapshot.slice(0, 12), ago(one.at), one.agent, one.because]));
}
