import type { Command } from "commander";
import colors from "picocolors";
import { dataDirOf, findDaemon } from "./_daemon.ts";
import { pathArgument, printJson } from "./_terminal.ts";

export const summary = "diagnose Lodestar itself and, with a path, a repository";

export function configure(command: Command): void {
  command
    .argument("[path]", "a git repository")
    .option("--data-dir <dir>", "where Lodestar keeps its data")
    .option("--json", "machine-readable output")
    .action(async (path: string | undefined, options: { dataDir?: string; json?: boolean }) => {
      const dataDir = dataDirOf(options);
      const client = await findDaemon(dataDir);
      const daemon = client
        ? {
            running: true,
            detail: `runs: pid ${client.endpoint.pid}, port ${client.endpoint.port}, version ${client.endpoint.version}`,
          }
        : { running: false, detail: "none runs; lodestar up starts one" };
      const { doctor } = await import("../main.ts");
      const findings = await doctor({ dataDir, path: path === undefined ? undefined : pathArgument(path), daemon });
      process.exitCode = findings.some((one) => one.ok === false) ? 1 : 0;
      if (options.json) return printJson(findings);
      for (const one of findings) {
        console.log(
          `${one.ok === null ? colors.dim("·") : one.ok ? colors.green("✓") : colors.red("✕")} ${one.name.padEnd(10)} ${one.detail}`,
        );
        if (one.next !== undefined) console.log(`    next: ${one.next}`);
      }
    });
}
