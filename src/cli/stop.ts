import type { Command } from "commander";
import { configureControl } from "./_control.ts";

export const summary = "end a repository's run, its services and databases";

export function configure(command: Command): void {
  configureControl(command, "stop");
}
