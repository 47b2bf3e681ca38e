import { destroys } from "./danger-database.ts";
import { GLOB } from "./danger-paths.ts";
import { judgePath } from "./danger-secrets.ts";
import { judgeShell, judgeWords } from "./danger-walk.ts";
import type { Finding, GuardFacts } from "./danger-rules.ts";

export { DANGER_RULES } from "./danger-rules.ts";
export type { GuardFacts } from "./danger-rules.ts";

/** A tool call as an agent's hook reports it. `input` is foreign: any shape is taken. */
export interface ToolCall {
  readonly tool: string;
  readonly input: unknown;
  readonly cwd: string;
}

export type Danger =
  | { readonly decision: "allow" }
  /** May run once a complete snapshot of what `covers` names exists. */
  | {
      readonly decision: "snapshot";
      readonly rule: string;
      readonly because: string;
      readonly covers: readonly ("files" | "database")[];
    }
  /** `ask`: a person decides. `deny`: never; `instead` says what to do. */
  | {
      readonly decision: "ask" | "deny";
      readonly rule: string;
      readonly because: string;
      readonly instead?: string;
    };

/**
 * Decides about a tool call before it runs, from its text alone: nothing is run and no file is read, so a script that the call starts
 * is not seen (`docs/guard.md`). The strictest finding of all parts counts. Never throws.
 */
export function judgeTool(given: ToolCall, facts: GuardFacts): Danger {
  const fields = fieldsOf(given.input);
  const call = { ...given, cwd: folderOf(given, fields) };
  const findings = [...commandFindings(call, { facts, fields }), ...pathFindings(call, { facts, fields })];
  if (patches(call, fields)) findings.push(...patchFindings(fields, { facts, cwd: call.cwd }));
  if (call.tool.startsWith("mcp__")) findings.push(...serverFindings(call, { facts, fields }));
  return strictest(findings);
}

interface Field {
  readonly key: string;
  readonly text: string;
}

interface Context {
  readonly facts: GuardFacts;
  readonly fields: readonly Field[];
}

const SHELL_TOOL =
  /^(bash|shell|local_shell|container\.exec|exec_command|shell_command|unified_exec|run_shell_command|run_terminal_cmd|powershell)$/i;
const SERVER_SHELL = /^mcp__.*(bash|shell|exec|terminal|command|process)/i;
const WRITE_TOOL = /write|edit|create|replace|delete|remove|move|rename|insert|append|save|str_replace/i;
const PATCH = /^(apply_patch|applypatch)$/i;
const PATH_KEY =
  /^(file_?path|notebook_path|path|paths|target_file|file|files|filename|source|destination|dir|directory|root|uri)$/i;
/** Words of commands that can destroy, for texts that the reader cannot follow to their end. */
const DANGEROUS =
  /\b(rm|rmdir|shred|mkfs|dd|drop|truncate|dropdb|delete|destroy|reset|clean|push|curl|wget|sudo|chmod|chown|kill|pkill|eval|lodestar|flushall|prune|shutdown|iex|remove-item|del)\b/i;

function commandFindings(call: ToolCall, { facts, fields }: Context): Finding[] {
  if (!SHELL_TOOL.test(call.tool) && !SERVER_SHELL.test(call.tool)) return [];
  const where = { facts, cwd: call.cwd };
  const words = fields.filter(({ key }) => /^(command|cmd|argv)\[\]$/.test(key)).map(({ text }) => text);
  const texts = fields.filter(({ key }) => /^(command|cmd|script)$/.test(key)).map(({ text }) => text);
  const readings = texts.map((text) => ({
    text,
    ...judgeShell(/powershell/i.test(call.tool) ? posix(text) : text, where),
  }));
  if (words.length > 0) readings.push({ text: words.join(" "), ...judgeWords(words, where) });
  return readings.flatMap(({ text, findings, lost }) => (lost ? [...findings, ...unread(text)] : findings));
}

/** PowerShell separates paths with backslashes and escapes with backticks. */
function posix(text: string): string {
  return text.replaceAll("\\", "/").replaceAll("`", "");
}

function unread(text: string): Finding[] {
  const word = DANGEROUS.exec(text);
  if (!word) return [];
  const part = text.slice(Math.max(0, word.index - 20), word.index + 80);
  return [
    {
      decision: "ask",
      rule: "unreadable",
      part,
      why: "stands in a command that cannot be read to its end",
      instead: "write it simpler",
    },
  ];
}

function pathFindings(call: ToolCall, { facts, fields }: Context): Finding[] {
  if (SHELL_TOOL.test(call.tool)) return [];
  const writes = WRITE_TOOL.test(call.tool);
  const glob = /^glob$/i.test(call.tool);
  const paths = fields.filter(({ key }) => PATH_KEY.test(key.replace("[]", "")) || (glob && key === "pattern"));
  return paths.flatMap(({ text }) => {
    const home = text.startsWith("~/") ? facts.home + text.slice(1) : text.replace(/^file:\/\//, "");
    const path = glob ? home.replaceAll(/[*?]+/g, GLOB) : home;
    return judgePath(path, { part: `${call.tool} ${text}`, cwd: call.cwd, facts, writes });
  });
}

/** Codex gives its shell a folder of its own. */
function folderOf({ tool, cwd }: ToolCall, fields: readonly Field[]): string {
  const named = SHELL_TOOL.test(tool)
    ? fields.find(({ key }) => /^(cwd|workdir|working_directory)$/.test(key))?.text
    : undefined;
  if (named === undefined) return cwd;
  return named.startsWith("/") ? named : `${cwd}/${named}`;
}

/** A patch comes as a tool of its own, or through a shell. */
function patches(call: ToolCall, fields: readonly Field[]): boolean {
  return (
    PATCH.test(call.tool) ||
    (SHELL_TOOL.test(call.tool) && fields.some(({ text }) => /^[^\n]{0,500}\bapply_?patch\b/.test(text)))
  );
}

/** Codex's patches name their files in lines such as `*** Update File: src/a.ts`. */
function patchFindings(fields: readonly Field[], where: { facts: GuardFacts; cwd: string }): Finding[] {
  const found: Finding[] = [];
  for (const { text } of fields)
    for (const [part, verb, path = ""] of text.matchAll(/^\*\*\* (?:(Add|Update|Delete) File|Move to): ([^\n]+)$/gm)) {
      found.push(...judgePath(path.trim(), { ...where, part, writes: true }));
      if (verb === "Delete")
        for (const each of judgeWords(["rm", path.trim()], where).findings) found.push({ ...each, part });
    }
  return found;
}

const SERVER_DELETES =
  /(^|_)(delete|destroy|drop|terminate|purge|reset)_?.*(project|database|branch|instance|bucket|repo|table|cluster|deployment|service|environment|volume|namespace|domain|stack)/i;

/** Tools of other servers: their names and their SQL are all that is seen. */
function serverFindings(call: ToolCall, { facts, fields }: Context): Finding[] {
  const found: Finding[] = [];
  for (const { key, text } of fields) {
    const why = /^(sql|query|queries|statement|command)(\[\])?$/i.test(key) ? destroys(text) : undefined;
    if (why !== undefined)
      found.push({ decision: "ask", rule: "database", part: text, why: `${why} of an unknown target` });
    const deletes = /(delete|remove)_?(file|dir|path)/i.test(call.tool) && PATH_KEY.test(key);
    if (deletes) found.push(...judgeWords(["rm", "-r", text], { facts, cwd: call.cwd }).findings);
  }
  const name = call.tool.split("__").at(-1) ?? "";
  if (SERVER_DELETES.test(name))
    found.push({ decision: "ask", rule: "cloud", part: call.tool, why: "deletes what another server holds" });
  return found;
}

const ORDER = { snapshot: 0, ask: 1, deny: 2 } as const;

function strictest(findings: readonly Finding[]): Danger {
  let worst: Finding | undefined;
  for (const each of findings) if (!worst || ORDER[each.decision] > ORDER[worst.decision]) worst = each;
  if (!worst) return { decision: "allow" };
  const because = sentence(worst);
  const { decision, rule, instead } = worst;
  if (decision === "snapshot") {
    const covers = new Set(findings.flatMap((each) => each.covers ?? []));
    return { decision, rule, because, covers: [...covers].toSorted().toReversed() };
  }
  return instead === undefined ? { decision, rule, because } : { decision, rule, because, instead };
}

const LONGEST_SENTENCE = 200;

function sentence({ part, why }: Finding): string {
  const room = LONGEST_SENTENCE - why.length - 4;
  const plain = part
    .slice(0, 4 * LONGEST_SENTENCE)
    .replaceAll(/\s+/g, " ")
    .trim();
  const shown = plain.length > room ? `${plain.slice(0, room - 1)}…` : plain;
  return `\`${shown}\` ${why}.`;
}

const DEEPEST_FIELD = 4;

/** Every text of a tool's input with its key; those of a list carry `[]`. */
function fieldsOf(input: unknown, key = "input", depth = 0): Field[] {
  if (typeof input === "string") return [{ key, text: input }];
  if (typeof input !== "object" || input === null || depth > DEEPEST_FIELD) return [];
  if (Array.isArray(input))
    return input.slice(0, 500).flatMap((each: unknown) => fieldsOf(each, `${key.replace("[]", "")}[]`, depth + 1));
  return Object.entries(input).flatMap(([name, value]) => fieldsOf(value, name, depth + 1));
}
