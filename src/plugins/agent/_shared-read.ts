import type { AgentFacts, AgentFound } from "../../sdk/index.ts";

/** Tolerant readers: what another program wrote is looked at field by field, and what is missing is undefined. */
type Fields = Readonly<Record<string, unknown>>;

/** The object of one JSONL line; undefined for anything else. */
export function readLine(line: string): Fields | undefined {
  if (!line.trimStart().startsWith("{")) return undefined;
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export function fieldsOf(value: unknown): Fields | undefined {
  return isFields(value) ? value : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Counts are never negative; what is no number is 0. */
export function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The objects of a list. */
export function itemsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** A text, or the texts of a list of blocks. */
export function joinedText(value: unknown): string {
  if (typeof value === "string") return value;
  return itemsOf(value)
    .map((block) => textOf(block.text))
    .filter((text) => text !== undefined)
    .join("\n");
}

/** The sentence inside a message that carries the API's JSON (`[API Error: {"error":{"message":…}}]`), else the message. */
export function plainError(message: string): string {
  const body = readLine(message.slice(message.indexOf("{"), message.lastIndexOf("}") + 1));
  return textOf(fieldsOf(body?.error)?.message) ?? message;
}

/** What `--version` and the folders tell. A folder alone is no program. */
export function foundBy(
  facts: AgentFacts,
  agent: { readonly program: string; readonly folder: string; readonly tested: string },
): AgentFound {
  const folder = facts.folders.includes(agent.folder) ? [`There is a folder ${agent.folder}.`] : [];
  if (facts.which === undefined)
    return { installed: false, version: undefined, because: [`${agent.program} is not on PATH.`, ...folder] };
  const version = /\d+\.\d+\.\d+[\w.-]*/.exec(facts.version ?? "")?.[0];
  const says = version === undefined ? "names no version" : `says ${version}`;
  const measured = version === agent.tested ? "" : `; measured with ${agent.tested}`;
  return {
    installed: true,
    version,
    because: [`${agent.program} is ${facts.which}.`, `${agent.program} --version ${says}${measured}.`, ...folder],
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
