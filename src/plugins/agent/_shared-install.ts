import type { AgentEdit } from "../../sdk/index.ts";
import {
  childOf,
  document,
  putIn,
  readJson,
  styleOf,
  takeOut,
  type JsonNode,
  type JsonPath,
  type JsonStyle,
} from "./_shared-json-edit.ts";
import { fieldsOf, itemsOf, textOf } from "./_shared-read.ts";

/** Entries by the agent's own names of events, each one a matcher group with handlers. */
export type HookGroups = Readonly<Record<string, HookGroup>>;
interface HookGroup {
  readonly matcher?: string;
  readonly hooks: readonly Readonly<Record<string, unknown>>[];
}

/** The file as messages name it, and the agent whose `lodestar hook <agent>` is our mark. */
interface Target {
  readonly file: string;
  readonly agent: string;
}

/** Seconds. The contract's own example; a hook that only records answers in milliseconds. */
export const HOOK_SECONDS = 10;
/** Seconds. A stop proves first: the 5 minutes of `prove --budget 5m` (DESIGN.md 7), and half a minute to begin and to sign. */
export const STOP_SECONDS = 330;

/** Adds our groups to `hooks` of a settings file and changes nothing else. */
export function installHooks(before: string | undefined, groups: HookGroups, target: Target): AgentEdit {
  const unmarked = Object.values(groups).some((group) => !group.hooks.every((hook) => isOurs(hook, target.agent)));
  if (unmarked)
    return {
      refuse: `A hook without the mark "lodestar hook ${target.agent}" could not be removed again.`,
      next: `use a command that ends in: lodestar hook ${target.agent}`,
    };
  if (before === undefined) return { after: `${document({ hooks: listed(groups) })}\n` };
  if (before.trim() === "") return { after: before + document({ hooks: listed(groups) }) };
  const refused = refusalOf(before, target);
  if (refused !== undefined) return refused;
  if (isInstalled(before, groups, target)) return { after: before };
  const clean = uninstallHooks(before, target);
  if ("refuse" in clean) return clean;
  if (clean.after === undefined || clean.after.trim() === "") return installHooks(clean.after, groups, target);
  let text = clean.after;
  const style = styleOf(text);
  for (const [event, group] of Object.entries(groups)) text = withGroup(text, event, { group, style });
  return { after: text };
}

/** Takes every handler with our mark out again, and the containers that were made for them. */
export function uninstallHooks(before: string, target: Target): AgentEdit {
  if (before.trim() === "") return { after: before };
  const refused = refusalOf(before, target);
  if (refused !== undefined) return refused;
  let text = before;
  for (;;) {
    const path = lastOfOurs(text, target);
    if (path === undefined) return { after: text };
    const rest = takeOut(text, path);
    if (rest === undefined || rest.trim() === "") return { after: rest };
    text = rest;
  }
}

/** A URL with our mark in it. */
export function markedUrl(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}by=lodestar`;
}

function withGroup(text: string, event: string, { group, style }: { group: HookGroup; style: JsonStyle }): string {
  const root = readJson(text);
  const hooks = root === undefined ? undefined : childOf(root, "hooks");
  if (hooks === undefined) return putIn(text, [], { key: "hooks", value: { [event]: [group] }, style });
  if (childOf(hooks.node, event) === undefined) return putIn(text, ["hooks"], { key: event, value: [group], style });
  return putIn(text, ["hooks", event], { value: group, style });
}

function refusalOf(text: string, target: Target): AgentEdit | undefined {
  const root = readJson(text);
  const mend = `mend ${target.file}, then run the command again`;
  if (root === undefined) return { refuse: `${target.file} is not valid JSON; it stays as it is.`, next: mend };
  const settings = fieldsOf(root.value);
  if (settings === undefined) return { refuse: `${target.file} holds no JSON object; it stays as it is.`, next: mend };
  if (settings.hooks === undefined) return undefined;
  const events = fieldsOf(settings.hooks);
  if (events === undefined) return { refuse: `"hooks" in ${target.file} is no object; it stays as it is.`, next: mend };
  const odd = Object.keys(events).find((event) => !Array.isArray(events[event]));
  if (odd === undefined) return undefined;
  return { refuse: `"hooks.${odd}" in ${target.file} is no list; it stays as it is.`, next: mend };
}

/** Whether exactly these groups of ours stand there already. */
function isInstalled(text: string, groups: HookGroups, target: Target): boolean {
  const events = fieldsOf(fieldsOf(readJson(text)?.value)?.hooks) ?? {};
  const names = new Set([...Object.keys(events), ...Object.keys(groups)]);
  return [...names].every((event) => {
    const ours = itemsOf(events[event]).filter((group) =>
      itemsOf(group.hooks).some((hook) => isOurs(hook, target.agent)),
    );
    const wanted = groups[event] === undefined ? [] : [groups[event]];
    return JSON.stringify(ours) === JSON.stringify(wanted);
  });
}

/** Path of the last group that is ours alone, or of the last handler of ours in somebody's group. */
function lastOfOurs(text: string, target: Target): JsonPath | undefined {
  const root = readJson(text);
  const hooks = root === undefined ? undefined : childOf(root, "hooks")?.node;
  for (const event of hooks?.children.toReversed() ?? []) {
    if (event.key === undefined || childOf(hooks ?? event.node, event.key) !== event) continue;
    const path = lastInEvent(event.node, target.agent);
    if (path !== undefined) return ["hooks", event.key, ...path];
  }
  return undefined;
}

function lastInEvent(event: JsonNode, agent: string): JsonPath | undefined {
  for (const [index, group] of [...event.children.entries()].toReversed()) {
    const handlers = childOf(group.node, "hooks")?.node.children ?? [];
    const last = handlers.findLastIndex((handler) => isOurs(handler.node.value, agent));
    if (last === -1) continue;
    return handlers.every((handler) => isOurs(handler.node.value, agent)) ? [index] : [index, "hooks", last];
  }
  return undefined;
}

function isOurs(handler: unknown, agent: string): boolean {
  const fields = fieldsOf(handler);
  const command = textOf(fields?.command);
  if (command !== undefined) return new RegExp(`\\blodestar[\\w.-]{0,40}["']?\\s+hook\\s+${agent}\\s*$`).test(command);
  return /[?&]by=lodestar$/.test(textOf(fields?.url) ?? "");
}

function listed(groups: HookGroups): Record<string, HookGroup[]> {
  return Object.fromEntries(Object.entries(groups).map(([event, group]) => [event, [group]]));
}
