import type { Command } from "commander";
import { z } from "zod";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson } from "./_terminal.ts";

export const summary = "the output of a service, or of one command by its segment";

const Page = z.object({ segment: z.string(), from: z.number(), text: z.string(), to: z.number(), sealed: z.boolean() });
const POLL = 300;

interface Options {
  repo?: string;
  dataDir?: string;
  json?: boolean;
  follow?: boolean;
}

export function configure(command: Command): void {
  withDaemonOptions(command)
    .argument("[service]", "name of the service, or a segment as `events` names it; the first service without one")
    .option("--follow", "go on with new output until Ctrl-C")
    .action(async (service: string | undefined, options: Options) => {
      const client = await needDaemon(options);
      const which = service?.includes("/") ? { segment: service } : { service };
      let page = Page.parse(await client.get("logs", { ...which, repo: options.repo }));
      if (options.json && !options.follow) return printJson(page);
      let ended = false;
      process.once("SIGINT", () => (ended = true));
      for (;;) {
        process.stdout.write(options.json ? `${JSON.stringify(page)}\n` : page.text);
        if (!options.follow || page.sealed || ended) return;
        await new Promise((done) => setTimeout(done, POLL));
        page = Page.parse(await client.get("logs", { segment: page.segment, from: page.to, repo: options.repo }));
      }
    });
}
