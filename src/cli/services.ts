import type { Command } from "commander";
import { z } from "zod";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { duration, printJson, printTable } from "./_terminal.ts";

export const summary = "services and databases, with port and health";

const Services = z.object({
  services: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      since: z.string(),
      url: z.string().optional(),
      pid: z.number().optional(),
      detail: z.string(),
    }),
  ),
  databases: z.array(z.object({ name: z.string(), engine: z.string(), ok: z.boolean(), detail: z.string() })),
});

export function configure(command: Command): void {
  withDaemonOptions(command).action(async (options: { repo?: string; dataDir?: string; json?: boolean }) => {
    const { services, databases } = Services.parse(
      await (await needDaemon(options)).get("services", { repo: options.repo }),
    );
    if (options.json) return printJson({ services, databases });
    if (services.length + databases.length === 0)
      console.log("No service and no database was found. What was looked for: lodestar detect <path>");
    printTable([
      ...services.map((one) => [
        one.name,
        one.state,
        one.url ?? "",
        one.pid === undefined ? "" : `pid ${one.pid}`,
        duration((Date.now() - Date.parse(one.since)) / 1000),
        one.detail,
      ]),
      ...databases.map((one) => [one.name, one.ok ? "ready" : "not ready", "", "", "", `${one.engine}: ${one.detail}`]),
    ]);
  });
}
