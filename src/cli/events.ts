import type { Command } from "commander";
import { z } from "zod";
import { UserError } from "../sdk/errors.ts";
import type { AnyEvent } from "../sdk/events.ts";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { printJson } from "./_terminal.ts";

export const summary = "the log: every event, oldest first";

const Page = z.object({
  epoch: z.string(),
  head: z.number(),
  reset: z.boolean(),
  events: z.array(z.custom<AnyEvent>()),
});

interface Options {
  repo?: string;
  dataDir?: string;
  json?: boolean;
  follow?: boolean;
  after: string;
  limit: string;
}

export function configure(command: Command): void {
  withDaemonOptions(command)
    .option("--follow", "go on with live events until Ctrl-C")
    .option("--after <seq>", "begin after this event", "0")
    .option("--limit <count>", "at most this many events (1 to 1000)", "200")
    .action(async (options: Options) => {
      const client = await needDaemon(options);
      const [after, limit] = [wholeNumber(options.after, "--after"), wholeNumber(options.limit, "--limit")];
      if (!options.follow) {
        const page = Page.parse(await client.get("events", { after, limit, repo: options.repo }));
        if (options.json) return printJson(page);
        for (const event of page.events) print(event, false);
        return;
      }
      const ended = new AbortController();
      process.once("SIGINT", () => ended.abort());
      const repo = options.repo === undefined ? {} : { repo: options.repo };
      for await (const event of client.follow({ after, ...repo, signal: ended.signal })) {
        if (event === "reset")
          console.log(
            options.json ? JSON.stringify({ reset: true }) : "the log is another one: starting at its beginning",
          );
        else print(event, options.json === true);
      }
    });
}

/** With `--json --follow`, one JSON object a line. */
function print(event: AnyEvent, json: boolean): void {
  if (json) console.log(JSON.stringify(event));
  else
    console.log(
      `${String(event.seq).padStart(6)}  ${event.timestamp}  ${event.type.padEnd(18)}  ${JSON.stringify(event.data).slice(0, 160)}`,
    );
}

function wholeNumber(text: string, name: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UserError(`${name} takes a whole number, not ${text}`, { next: `lodestar events ${name} 0` });
}
