/**
 * Reads the shell language as far as the danger guard needs it: which commands stand in a text, in which order, with which words,
 * redirects and here-documents, and which scripts run inside their words. It expands nothing and decides nothing. The grammar is
 * POSIX 2.10 (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html) and the common parts of bash: `[[`, `<<<`,
 * `&>`, `<(…)`, `$'…'`, arrays. Compound words (`if`, `do`, `{`) stay the first words of the command that follows them.
 */
import { fail, match, peek, readText, readQuoted, readWord, skipBlank, skipSpace, tooDeep } from "./danger-words.ts";
import type { Command, Reader, Redirect, Script } from "./danger-words.ts";

/** `broken`: a quote or bracket is not closed, the nesting is deeper than 40, or it has over 10,000 words; then `script` holds only what stands before it. */
export function readShell(text: string): { readonly script: Script; readonly broken: boolean } {
  const lines = text.replaceAll("\r\n", "\n");
  const reader: Reader = {
    text: lines,
    readScript,
    at: 0,
    depth: 0,
    budget: { left: MOST_WORDS },
    pending: [],
    broken: false,
  };
  const script = readScript(reader, false);
  return { script, broken: reader.broken };
}

/** More than people write in one command; here-documents count as one. */
const MOST_WORDS = 10_000;
const REDIRECT = /\d*(?:&>>|&>|<<<|<<-|<<|<>|>>|>\||>&|<&|<(?!\()|>(?!\())/y;
const CONNECTOR = /;;&?|;&|;|&&|&(?!>)|\|\||\|&|\||\n/y;
/** Compound words after which a command begins. */
export const LEADING = new Set("if then elif else do while until ! { } fi done time coproc".split(" "));
const ASSIGN = /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/;

function readScript(reader: Reader, closed: boolean): Script {
  const script: Script = { pipelines: [] };
  if (tooDeep(reader)) return script;
  let after = "";
  let cases = 0;
  for (;;) {
    skipBlank(reader);
    const char = reader.text[reader.at];
    if (char === undefined || reader.broken) {
      if (closed) fail(reader);
      break;
    }
    if (char === ")") {
      reader.at++;
      if (cases > 0) dropPattern(script);
      else if (closed) break;
      else fail(reader);
      after = ";";
      continue;
    }
    const connector = match(reader, CONNECTOR);
    if (connector !== undefined) {
      if (connector === "\n") readBodies(reader);
      after = connector === "\n" || connector.startsWith(";") ? ";" : connector;
      continue;
    }
    const command = readCommand(reader);
    if (startsWith(command, "case")) cases++;
    if (startsWith(command, "esac")) cases = Math.max(0, cases - 1);
    add(script, command, after);
    after = ";";
  }
  reader.depth--;
  return script;
}

function add(script: Script, command: Command, after: string): void {
  const last = script.pipelines.at(-1);
  if (last && (after === "|" || after === "|&")) last.commands.push(command);
  else script.pipelines.push({ after: last ? after : "", commands: [command] });
}

/** What stands before `)` in a `case` is a pattern, not a command. */
function dropPattern(script: Script): void {
  const commands = script.pipelines.at(-1)?.commands;
  const last = commands?.at(-1);
  if (commands && last && !startsWith(last, "case")) commands.pop();
}

/** Its first word that is no compound word. */
function startsWith(command: Command, word: string): boolean {
  return command.words.find((each) => !LEADING.has(each.raw))?.raw === word;
}

function readCommand(reader: Reader): Command {
  const start = reader.at;
  const command: Command = { assigns: [], words: [], redirects: [], group: undefined, defines: undefined, raw: "" };
  for (;;) {
    skipSpace(reader);
    const char = reader.text[reader.at];
    if (char === undefined || char === ")" || reader.broken) break;
    if (char === "#" && /\s/.test(reader.text[reader.at - 1] ?? " ")) break;
    const operator = match(reader, REDIRECT);
    if (operator !== undefined) readRedirect(reader, command, operator.replace(/^\d+/, ""));
    else if (peek(reader, CONNECTOR)) break;
    else if (char === "(") readBracket(reader, command);
    else readArgument(reader, command);
    if (command.words.at(-1)?.raw === "[[" && startsWith(command, "[[")) readTest(reader, command);
  }
  command.raw = reader.text.slice(start, reader.at).trim();
  return command;
}

/** `( … )` as a subshell, `name()`, `((…))`, and brackets where sh has none (PowerShell): they run too. */
function readBracket(reader: Reader, command: Command): void {
  const name = command.words[0];
  const rest = /\(\s*\)/y;
  if (command.words.length === 1 && name && match(reader, rest) !== undefined) {
    command.defines = name.raw;
    command.words.pop();
    return;
  }
  const start = reader.at;
  if (reader.text.startsWith("((", start)) {
    reader.at += 2;
    const parts = readQuoted(reader, "))");
    command.words.push({ parts: [{ kind: "text", text: "((", quoted: true }, ...parts], raw: "((" });
    return;
  }
  reader.at++;
  const script = readScript(reader, true);
  if (command.words.length === 0 && !command.group) command.group = script;
  else {
    const raw = reader.text.slice(start, reader.at);
    command.words.push({ parts: [{ kind: "script", script, quoted: false }], raw });
  }
}

function readArgument(reader: Reader, command: Command): void {
  const word = readWord(reader);
  const assign = command.words.length === 0 ? ASSIGN.exec(word.raw) : null;
  if (!assign?.[1]) {
    command.words.push(word);
    return;
  }
  if (reader.text[reader.at] === "(" && word.raw.endsWith("=")) readArray(reader);
  const [first, ...others] = word.parts;
  const head = first?.kind === "text" ? [{ ...first, text: first.text.slice(assign[0].length) }] : [];
  command.assigns.push({ name: assign[1], value: { parts: [...head, ...others], raw: word.raw } });
}

function readArray(reader: Reader): void {
  reader.at++;
  for (;;) {
    const space = /[\s;&|<>(]+/y;
    match(reader, space);
    if (reader.text[reader.at] === ")") break;
    if (reader.at >= reader.text.length || reader.broken) return fail(reader);
    readWord(reader);
  }
  reader.at++;
}

/** Between `[[` and `]]` nothing is an operator, but `$(…)` still runs. */
function readTest(reader: Reader, command: Command): void {
  for (;;) {
    const operators = /[\s;&|<>()]+/y;
    match(reader, operators);
    if (reader.at >= reader.text.length || reader.broken) return fail(reader);
    const word = readWord(reader);
    command.words.push(word);
    if (word.raw === "]]") return;
  }
}

function readRedirect(reader: Reader, command: Command, operator: string): void {
  skipSpace(reader);
  const target = readWord(reader);
  const redirect: Redirect = { operator, target, body: undefined };
  command.redirects.push(redirect);
  if (operator !== "<<" && operator !== "<<-") return;
  const literal = /['"\\]/.test(target.raw);
  reader.pending.push({ redirect, end: target.raw.replaceAll(/['"\\]/g, ""), literal });
}

/** The here-documents of the line that just ended. */
function readBodies(reader: Reader): void {
  const pending = reader.pending;
  reader.pending = [];
  for (const { redirect, end, literal } of pending) {
    const start = reader.at;
    let stop = reader.text.length;
    for (let line = start; line < reader.text.length;) {
      const newline = reader.text.indexOf("\n", line);
      const next = newline < 0 ? reader.text.length : newline;
      const text = reader.text.slice(line, next);
      line = next + 1;
      reader.at = Math.min(line, reader.text.length);
      if ((redirect.operator === "<<-" ? text.replace(/^\t+/, "") : text) !== end) continue;
      stop = line - text.length - 1;
      break;
    }
    const raw = reader.text.slice(start, Math.max(start, stop));
    redirect.body = literal ? { parts: [{ kind: "text", text: raw, quoted: true }], raw } : readText(reader, raw);
  }
}
