import type { Command } from "commander";
import { pathArgument, printJson } from "./_terminal.ts";
import { printPlan } from "./_up-view.ts";

export const summary = "the plan with its evidence; runs and changes nothing";

export function configure(command: Command): void {
  command
    .argument("[path]", "a git repository", ".")
    .option("--json", "machine-readable output")
    .action(async (path: string, options: { json?: boolean }) => {
      const { detectRepo } = await import("../main.ts");
      const { described, plan, seconds } = await detectRepo(pathArgument(path));
      if (options.json) return printJson(described);
      printPlan(plan, seconds);
      for (const problem of plan.problems) console.log(`  problem: ${problem.file}: ${problem.message}`);
      if (plan.services.length + plan.checks.length === 0)
        console.log(
          "  Nothing to start and nothing to check was found. Name it in .lodestar/config.json; see docs/troubleshooting.md",
        );
    });
}
