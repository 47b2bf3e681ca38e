import type { Tampering } from "../sdk/index.ts";
import { type Change, diffOf, linesOf, quoted } from "./tampering-change.ts";
import { isRunnerConfig, isSnapshot } from "./tampering-paths.ts";
import { lineAt, normal, type Source, splitArguments } from "./tampering-text.ts";

/** Stored expectations that were written anew: what the code does now became what it should do. */
export function findSnapshots(changes: readonly Change[]): Tampering[] {
  const code = changes.some(
    ({ test, file }) =>
      !test && !isRunnerConfig(file.path) && /\.(?!md$|txt$|json$|lock$|ya?ml$|toml$)\w+$/.test(file.path),
  );
  const tests = changes.some(({ test, file }) => test && !isSnapshot(file.path));
  // With neither code nor tests beside it, the only thing that changed is the expectation.
  const loosens = code || !tests;
  return changes.flatMap((change) =>
    isSnapshot(change.file.path) ? [...snapshotFile(change, loosens)] : change.test ? inline(change, loosens) : [],
  );
}

function snapshotFile(change: Change, loosens: boolean): Tampering[] {
  const { file, before, after } = change;
  if (file.status === "added" || (file.status === "renamed" && before?.text === after?.text)) return [];
  const base = { kind: "snapshot-rewritten" as const, file: file.path };
  if (!before || !after)
    return [
      {
        ...base,
        what: `the snapshot ${file.path} was ${after || file.status === "modified" ? "rewritten" : "deleted"}`,
        diff: diffOf(before?.text.split("\n").slice(0, 20) ?? [], []),
        loosens: file.status === "modified" && loosens,
      },
    ];
  const old = entries(before.text);
  const now = entries(after.text);
  const values = new Set(now.values());
  const found: Tampering[] = [];
  for (const [name, value] of old) {
    const is = now.get(name);
    if (is === value || (is === undefined && values.has(value))) continue;
    const at = is === undefined ? before.text.indexOf(value) : after.text.indexOf(is);
    found.push({
      ...base,
      what:
        name === ""
          ? `the snapshot ${file.path} was rewritten`
          : `the snapshot "${name}" was ${is === undefined ? "deleted" : "rewritten"}`,
      line: lineAt(is === undefined ? before : after, Math.max(0, at)),
      diff: diffOf(value.split("\n"), is?.split("\n") ?? []),
      loosens,
    });
  }
  return found;
}

/** Entries of a Jest, Vitest or syrupy snapshot file by name; another file is one entry without name. */
function entries(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const heads = [...text.matchAll(/^(?:exports\[`((?:[^`\\\n]|\\.){0,500})`\] = |# name: (.*)$)/gm)];
  if (heads.length === 0) return new Map([["", text.replace(/\r/g, "").trim()]]);
  for (const [index, head] of heads.entries()) {
    const end = heads[index + 1]?.index ?? text.length;
    found.set(
      (head[1] ?? head[2] ?? "").trim(),
      text
        .slice(head.index + head[0].length, end)
        .replace(/\r/g, "")
        .trim(),
    );
  }
  return found;
}

interface Inline {
  readonly owner: string;
  readonly value: string;
  readonly at: number;
}

/** `toMatchInlineSnapshot(…)`: an expectation in the test that the runner itself writes. */
function inline(change: Change, loosens: boolean): Tampering[] {
  const { before, after, file } = change;
  if (!before || !after || !before.code.includes("InlineSnapshot")) return [];
  const now = new Map<string, Inline[]>();
  for (const one of inlines(after)) now.set(one.owner, [...(now.get(one.owner) ?? []), one]);
  const found: Tampering[] = [];
  for (const was of inlines(before)) {
    const is = now.get(was.owner)?.shift();
    if (!is || was.value === "" || squeezed(was.value) === squeezed(is.value)) continue;
    found.push({
      what: `the inline snapshot of ${quoted(was.owner)} was ${is.value === "" ? "emptied" : "rewritten"}`,
      kind: "snapshot-rewritten",
      file: file.path,
      line: lineAt(after, is.at),
      diff: diffOf(linesOf(before, was.at, was.at + was.value.length), linesOf(after, is.at, is.at + is.value.length)),
      loosens: loosens || is.value === "",
    });
  }
  return found;
}

function inlines(source: Source): Inline[] {
  const found: Inline[] = [];
  for (const match of source.code.matchAll(/\.\s*to(?:Match|ThrowErrorMatching)InlineSnapshot\(/g)) {
    const open = match.index + match[0].length - 1;
    const close = source.close[open] ?? -1;
    if (close < 0) continue;
    const [last] = splitArguments(source, open + 1, close).toReversed();
    const line = source.code.lastIndexOf("expect", match.index);
    const owner = line >= 0 && match.index - line < 400 ? normal(source, line, match.index) : "";
    found.push({ owner, value: last ? source.text.slice(...last) : "", at: last?.[0] ?? open });
  }
  return found;
}

/** Runners indent inline snapshots with the code around them. */
function squeezed(value: string): string {
  return value.replace(/\s+/g, " ").replace(/^([`"'])\s*|\s*([`"'])$/g, "");
}
