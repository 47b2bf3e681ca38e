import type { Command } from "commander";
import { configureAnswer } from "./_answer.ts";

export const summary = "say no to what `lodestar approvals` lists";

export function configure(command: Command): void {
  configureAnswer(command, "reject");
}
