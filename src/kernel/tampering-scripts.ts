import type { Tampering } from "../sdk/index.ts";
import { type Change, diffOf } from "./tampering-change.ts";
import { compareCommands, isCheckCommand, isCheckName } from "./tampering-commands.ts";
import { readSettings } from "./tampering-settings.ts";

/** A named command line of a file: a script, a target, a session. */
interface Command {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** Files of named commands, and how their commands are read. */
const READERS: readonly [RegExp, (path: string, text: string) => Map<string, Command>][] = [
  [/(?:^|\/)(?:package|composer|deno)\.jsonc?$/, scripts],
  [/(?:^|\/)(?:[Mm]akefile|GNUmakefile|[\w.-]+\.mk|\.?[Jj]ustfile)$/, targets],
  [/(?:^|\/)Taskfile[\w.]*\.ya?ml$/, tasks],
  [
    /(?:^|\/)(?:tox\.ini|setup\.cfg|pyproject\.toml|\.?pre-commit-config\.yaml|\.pre-commit-config\.yaml|lefthook\.ya?ml|nx\.json|project\.json|turbo\.json)$/,
    keyed,
  ],
  [/(?:^|\/)noxfile\.py$/, sessions],
  [/^\.husky\/[^/_][^/]*$/, hook],
];

/** Scripts and targets that test, lint, check or build and do less than before. */
export function findCommandTampering(change: Change): Tampering[] {
  const { file, before, after } = change;
  const reader = READERS.find(([pattern]) => pattern.test(file.from ?? file.path))?.[1];
  if (!reader || !before || file.status === "added") return [];
  const old = reader(before.path, before.text);
  const now = after ? reader(after.path, after.text) : new Map<string, Command>();
  const found: Tampering[] = [];
  const say = (
    what: string,
    how: { kind: Tampering["kind"]; loosens: boolean; was?: Command | undefined; is?: Command | undefined },
  ) =>
    found.push({
      what,
      kind: how.kind,
      file: file.path,
      line: how.is?.line ?? how.was?.line ?? 1,
      diff: diffOf(
        how.was ? [`${how.was.name}: ${how.was.text}`] : [],
        how.is ? [`${how.is.name}: ${how.is.text}`] : [],
      ),
      loosens: how.loosens,
    });
  for (const [name, was] of old) {
    if (!isCheckName(name) && !isCheckCommand(was.text)) continue;
    const is = now.get(name);
    const full = expand(was.text, old);
    if (!is) {
      if (
        ![...now.values()].some((other) => !old.has(other.name) && same(expand(other.text, now), full)) &&
        !isUsed(full, old, now)
      )
        say(`the command ${name} was removed`, { kind: "command-changed", loosens: isCheckCommand(full), was });
      continue;
    }
    for (const one of compareCommands(full, expand(is.text, now)))
      say(`the command ${name} ${one.what}`, { kind: one.kind, loosens: one.loosens, was, is });
  }
  for (const [name, is] of now)
    if (!old.has(name) && /^(?:pre|post)/.test(name) && isCheckName(name))
      hooks(is, (what) => say(what, { kind: "command-changed", loosens: true, is }));
  return found.filter((one) => one.loosens || one.diff !== "");
}

/** A hook around a check that rewrites what the check looks at. */
function hooks(is: Command, say: (what: string) => void): void {
  const writes =
    /\bsed\s+-i|\brm\s+-|\bgit\s+(?:checkout|restore|stash|reset)\b|(?:^|\s)(?:-u|--update\w*)\b|\bmv\s|\bcp\s|(?:^|[^>&\d])>(?!&)|--fix\b/.exec(
      is.text,
    )?.[0];
  if (writes) say(`the new hook ${is.name} changes files before the check looks: \`${writes.trim()}\``);
}

function same(one: string, other: string): boolean {
  return one.replace(/\s+/g, " ").trim() === other.replace(/\s+/g, " ").trim();
}

/** Whether another check still does what the removed one did. */
function isUsed(full: string, old: ReadonlyMap<string, Command>, now: ReadonlyMap<string, Command>): boolean {
  return [...now.values()].some(
    (other) => isCheckName(other.name) && expand(other.text, now).includes(full) && old.has(other.name),
  );
}

/** Calls of other commands of the file are replaced by what they run, up to five deep. */
function expand(text: string, all: ReadonlyMap<string, Command>): string {
  let full = text;
  for (let round = 0; round < 5 && full.length < 4_000; round++) {
    const next = full.replace(
      /(?:^|(?<=[\s;&|(]))(?:(?:npm|pnpm|yarn|bun)(?: run)?(?: -s| --silent)?|run-s|run-p|make|just|npm-run-all|\$\(MAKE\)) ([\w:.-]+)/g,
      (call, name: string) =>
        name !== "run" && all.has(name) && all.get(name)?.text !== text ? (all.get(name)?.text ?? call) : call,
    );
    if (next === full) break;
    full = next;
  }
  return full;
}

function scripts(path: string, text: string): Map<string, Command> {
  const found = new Map<string, Command>();
  for (const [key, one] of readSettings(path, text)) {
    const name = /^(?:scripts|tasks)\.(.+)$/.exec(key)?.[1];
    if (name) found.set(name, { name, text: one.value.replace(/\\"/g, '"'), line: one.line });
  }
  return found;
}

/** Targets of make and just, with what they depend on as calls. */
function targets(_: string, text: string): Map<string, Command> {
  const found = new Map<string, Command>();
  let name = "";
  for (const [index, line] of text.split("\n").entries()) {
    const head = /^@?([A-Za-z0-9_][\w./-]*(?: [\w./-]+){0,5})\s*:(?![=:])([^#]*)/.exec(line.slice(0, 1_000));
    if (head && !/^\s/.test(line)) {
      name = (head[1] ?? "").split(" ")[0] ?? "";
      const calls = (head[2] ?? "")
        .split(/\s+/)
        .filter((word) => /^[\w-]+$/.test(word))
        .map((word) => `make ${word}`);
      found.set(name, { name, text: calls.join(" && "), line: index + 1 });
      continue;
    }
    const own = found.get(name);
    if (!own || !/^\s+\S/.test(line)) {
      if (line.trim() !== "" && !/^\s/.test(line)) name = "";
      continue;
    }
    const recipe = line.trim();
    if (recipe.startsWith("#")) continue;
    const step = recipe.replace(/^[@+]*/, "");
    // A dash before a recipe line ignores its exit code.
    const hidden = /^@?-/.test(recipe) ? `${step.replace(/^-@?/, "")} || true` : step;
    found.set(name, {
      ...own,
      text: [own.text, hidden].filter((part) => part !== "").join(own.text.endsWith("\\") ? "\n" : "\n"),
    });
  }
  return found;
}

function tasks(path: string, text: string): Map<string, Command> {
  const found = new Map<string, Command>();
  for (const [key, one] of readSettings(path, text)) {
    const name = /^tasks\.([^.]+)\.(?:cmds|cmd|cmds\.cmd|cmds\.task|deps)(?:#\d+)?$/.exec(key)?.[1];
    const ignored = /^tasks\.([^.]+)\.(?:cmds\.)?ignore_error/.exec(key)?.[1];
    const part = name ? one.items.join("\n") : ignored && one.value === "true" ? "true || true" : undefined;
    const owner = name ?? ignored;
    if (!owner || part === undefined) continue;
    const own = found.get(owner);
    found.set(owner, { name: owner, text: own ? `${own.text}\n${part}` : part, line: own?.line ?? one.line });
  }
  return found;
}

function keyed(path: string, text: string): Map<string, Command> {
  const found = new Map<string, Command>();
  for (const [key, one] of readSettings(path, text)) {
    const leaf = key.split(".").at(-1)?.replace(/#\d+$/, "") ?? "";
    const script =
      /(?:^|\.)(?:scripts|tasks|commands|poe\.tasks|pdm\.scripts|hatch\.envs\.[\w-]+\.scripts)\.[\w:-]+(?:\.(?:cmd|shell|run))?$/.test(
        key,
      );
    if (!script && !/^(?:commands|commands_pre|commands_post|command|run|entry|ignore_outcome)$/.test(leaf)) continue;
    if (leaf === "ignore_outcome") continue;
    const name = script || leaf !== "commands" ? key : key;
    // A dash before a command of tox ignores its exit code.
    const text = one.value.replace(/^\s*-\s*(\S.*)$/gm, "$1 || true");
    found.set(name, { name, text, line: one.line });
  }
  return found;
}

function sessions(_: string, text: string): Map<string, Command> {
  const found = new Map<string, Command>();
  let name = "session";
  for (const [index, line] of text.split("\n").entries()) {
    name = /^def\s+(\w+)/.exec(line.slice(0, 200))?.[1] ?? name;
    const run = /^\s+session\.run\((.*)\)\s*$/.exec(line.slice(0, 2_000))?.[1];
    if (run === undefined) continue;
    const hidden = /success_codes\s*=/.test(run) ? " || true" : "";
    const words = [...run.matchAll(/["']([^"']*)["']/g)].map((match) => match[1]).join(" ");
    const own = found.get(name);
    found.set(name, {
      name,
      text: [own?.text ?? "", words + hidden].filter((part) => part !== "").join("\n"),
      line: own?.line ?? index + 1,
    });
  }
  return found;
}

function hook(path: string, text: string): Map<string, Command> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return new Map([[name, { name, text: lines.join("\n"), line: 1 }]]);
}
