import type { Command } from "commander";
import { configureControl } from "./_control.ts";

export const summary = "start nothing new until `lodestar resume`";

export function configure(command: Command): void {
  configureControl(command, "pause");
}
