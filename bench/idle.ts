import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { endDaemon, inFolder, lodestar, makeRepo, readEndpoint, TINY } from "./_lodestar.ts";
import { printTable, type Row } from "./_table.ts";

/** What an idle daemon has in memory after an `up` with a service that goes on running; Linux only. */
export default async function idle(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const data = join(folder, "data");
    const repo = await makeRepo(join(folder, "tiny"), TINY);
    try {
      const first = await measure(repo, data);
      await endDaemon(data);
      const later = await measure(repo, data);
      return [
        { name: "idle daemon after an up, resident", value: later, unit: "MiB", atMost: 150 },
        { name: "the first one of a data dir", value: first, unit: "MiB", atMost: 150 },
      ];
    } finally {
      await endDaemon(data);
    }
  });
}

async function measure(repo: string, data: string): Promise<number> {
  await lodestar("up", repo, "--trust", "--no-open", "--json", "--data-dir", data);
  await wait(5_000);
  const daemon = await readEndpoint(data);
  const status = await readFile(`/proc/${daemon?.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

if (import.meta.main) printTable(await idle());
