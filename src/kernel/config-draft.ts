import type { Plan } from "../sdk/index.ts";
import { CONFIG_FILE } from "./config-schema.ts";

/** What applying a configuration builds up: `plan` is a copy of what was detected, `commands` are the configuration's own. */
export interface Draft {
  readonly plan: Plan;
  readonly commands: string[];
}

/** Evidence: a key of the configuration. */
export function place(...keys: readonly string[]): string {
  return `${CONFIG_FILE}#${keys.join(".")}`;
}

/** Says what is wrong at a path of the configuration. */
export function lacks(plan: Plan, path: string, what: string): void {
  plan.problems.push({ file: CONFIG_FILE, message: `${path}: ${what}` });
}

/** A command as a person approves it: with the directory in which it runs. */
export function inDir(command: string, dir: string): string {
  return dir === "." ? command : `${command} (in ${dir})`;
}

/** `./apps/web/` and `apps/web` are the same folder. */
export function tidy(dir: string): string {
  const parts = dir.split(/[/\\]/).filter((part) => part !== "" && part !== ".");
  return parts.join("/") || ".";
}

/** Puts `next` where `before` stood, or at the end. */
export function put<T>(items: T[], before: T | undefined, next: T): void {
  const index = before === undefined ? -1 : items.indexOf(before);
  if (index < 0) items.push(next);
  else items[index] = next;
}

/** Says that the configuration won over what was detected, where the two differ. */
export function overrule(
  plan: Plan,
  said: { what: string; dir: string; chose: string; because: string[] },
  was: string | undefined,
  from: { because: string[] },
): void {
  if (was === undefined || was === "" || was === said.chose) return;
  const why = "the repository's own Lodestar configuration is believed before what was detected";
  plan.disagreements.push({ ...said, over: [{ value: was, because: from.because }], why });
}

/** Takes `known` out of `items` and says so; `was` is what is not done now. */
export function leaveOut<T extends { dir: string; because: string[] }>(
  plan: Plan,
  items: T[],
  said: { what: string; path: string; because: string[] },
  known: T | undefined,
  was: string | undefined,
): void {
  if (!known) return lacks(plan, said.path, "it is not in the plan, so there is nothing to leave out");
  items.splice(items.indexOf(known), 1);
  const { what, because } = said;
  overrule(plan, { what, dir: known.dir, chose: "left out", because }, was, known);
}
