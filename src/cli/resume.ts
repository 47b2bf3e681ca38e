import type { Command } from "commander";
import { configureControl } from "./_control.ts";

export const summary = "go on after `lodestar pause`";

export function configure(command: Command): void {
  configureControl(command, "resume");
}
