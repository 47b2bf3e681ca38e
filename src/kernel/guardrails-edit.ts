import type { SessionStep } from "../sdk/index.ts";
import { digest, sameSpace } from "./guardrails-words.ts";

/** An edit by names of texts: `before` is absent where the whole file is written. A change of layout alone has equal names. */
export interface EditWords {
  readonly path: string;
  readonly before?: string;
  readonly after: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** What an edit call changes, in the words of any agent; undefined when the input does not say it. */
export function readEdit(input: SessionStep["input"]): EditWords | undefined {
  if (typeof input === "string") return readPatch(input);
  if (typeof input !== "object" || input === null || Array.isArray(input)) return undefined;
  const fields: Fields = input;
  const patch = text(fields, ["patch", "diff", "input", "patchText"]);
  const path = text(fields, ["file_path", "path", "filePath", "filename", "notebook_path", "target_file"]);
  if (path === undefined) return patch === undefined ? undefined : readPatch(patch);
  const parts = Array.isArray(fields.edits) ? fields.edits.filter(isFields) : [fields];
  const befores = parts.flatMap((part) => text(part, ["old_string", "oldString", "old_str", "search"]) ?? []);
  const afters = parts.flatMap(
    (part) => text(part, ["new_string", "newString", "new_str", "replace", "new_source"]) ?? [],
  );
  if (afters.length > 0 && befores.length > 0)
    return { path, before: name(befores.join("\n")), after: name(afters.join("\n")) };
  const content = text(fields, ["content", "contents", "file_text", "text", "new_source", "new_string"]);
  if (content !== undefined) return { path, after: name(content) };
  return patch === undefined ? undefined : { ...readPatch(patch), path, after: name(patch) };
}

/**
 * What a shell command changes, where changing one file is all it does: a patch or a file in a here-document, `sed -i`. What it
 * would do to the file is named by the command itself.
 */
export function readShellEdit(command: string): EditWords | undefined {
  const text = command.trim();
  const last = text.split("\n").at(-1) ?? "";
  const document = /<<-?\s*['"]?(\w+)['"]?/.exec(text)?.[1];
  if (document !== undefined) {
    if (last.trim() !== document) return undefined;
    if (/^(cd \S+ && )?apply_patch\b/.test(text)) return readPatch(text);
    const path = /^(?:cd \S+ && )?(?:cat|tee)\b[^\n]*?(?:>{1,2}|tee(?: -a)?)\s*([^\s<>|&;]+)/.exec(text)?.[1];
    return path === undefined ? undefined : { path, after: name(text.slice(text.indexOf("\n"))) };
  }
  const bare = text.replace(/'[^']*'|"[^"]*"/g, "''");
  if (!/^(cd \S+ && )?(sed|perl) (-\S+ )*-\S*i/.test(bare) || /[;|<>]|&&.*&&/.test(bare)) return undefined;
  const path = bare.split(/\s+/).at(-1);
  return path === undefined ? undefined : { path, after: name(text) };
}

/** A unified diff, or the patch format of Codex (`*** Update File: …`): what goes and what comes. */
function readPatch(patch: string): EditWords | undefined {
  const paths: string[] = [];
  const gone: string[] = [];
  const come: string[] = [];
  for (const line of patch.split("\n")) {
    const path = /^(?:\*\*\* (?:Update|Add|Delete) File: |\+\+\+ (?:b\/)?)(\S+)/.exec(line)?.[1];
    if (path !== undefined) paths.push(path);
    else if (line.startsWith("-") && !line.startsWith("---")) gone.push(line.slice(1));
    else if (line.startsWith("+")) come.push(line.slice(1));
  }
  if (paths.length === 0) return undefined;
  return { path: paths.join(" "), before: name(gone.join("\n")), after: name(come.join("\n")) };
}

function name(content: string): string {
  return digest(sameSpace(content));
}

function text(fields: Fields, names: readonly string[]): string | undefined {
  for (const key of names) {
    const value = fields[key];
    if (typeof value === "string") return value;
  }
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
