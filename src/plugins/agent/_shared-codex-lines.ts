import type { AgentEvent, AgentStep, AgentTokens } from "../../sdk/index.ts";
import { countOf, fieldsOf, joinedText, plainError, readLine, textOf } from "./_shared-read.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Items of `codex exec --json` that are words; any other item with a status is a tool. */
const WORDS: Readonly<Record<string, "text" | "thinking">> = { agent_message: "text", reasoning: "thinking" };

/** A line of `codex exec --json`. */
export function parseCodex(line: string): readonly AgentEvent[] {
  const fields = readLine(line);
  if (fields === undefined) return [];
  const session = textOf(fields.thread_id);
  if (fields.type === "thread.started" && session !== undefined) return [{ is: "started", session }];
  const item = fieldsOf(fields.item);
  if (fields.type === "item.started" && item !== undefined) return toolStarted(item);
  if (fields.type === "item.completed" && item !== undefined) return itemDone(item);
  if (fields.type === "error") return warning(textOf(fields.message));
  const usage = fieldsOf(fields.usage);
  // The thread's total: a resumed run counts the runs before it too (measured).
  if (fields.type === "turn.completed")
    return [{ is: "ended", ok: true, ...(usage === undefined ? {} : { tokens: tokens(usage), counts: "session" }) }];
  if (fields.type !== "turn.failed") return [];
  const message = textOf(fieldsOf(fields.error)?.message) ?? "the turn failed";
  return [{ is: "ended", ok: false, error: plainError(message) }];
}

/** A line of `$CODEX_HOME/sessions/<date>/rollout-*.jsonl`. */
export function readCodexTranscript(line: string): readonly AgentStep[] {
  const fields = readLine(line);
  const payload = fieldsOf(fields?.payload);
  if (fields === undefined || payload === undefined) return [];
  const session = textOf(payload.session_id) ?? textOf(payload.thread_id);
  return rolloutEvents(fields.type, payload).map((event) => ({ at: textOf(fields.timestamp), session, event }));
}

function toolStarted(item: Fields): AgentEvent[] {
  const call = textOf(item.id);
  const type = textOf(item.type);
  if (call === undefined || type === undefined || !isTool(item)) return [];
  if (type === "command_execution") return [{ is: "tool", call, tool: "Bash", input: { command: item.command } }];
  const { id: _id, type: _type, status: _status, ...input } = item;
  return [{ is: "tool", call, tool: type, input }];
}

function itemDone(item: Fields): AgentEvent[] {
  const call = textOf(item.id);
  const words = WORDS[textOf(item.type) ?? ""];
  const text = textOf(item.text);
  if (words !== undefined) return text === undefined ? [] : [{ is: words, text, message: call }];
  if (item.type === "error") return warning(textOf(item.message));
  if (call === undefined || !isTool(item)) return [];
  const output = textOf(item.aggregated_output) ?? textOf(fieldsOf(item.error)?.message) ?? "";
  return [{ is: "tool-done", call, ok: item.status === "completed" && countOf(item.exit_code) === 0, output }];
}

function isTool(item: Fields): boolean {
  return typeof item.status === "string" && !Object.hasOwn(WORDS, textOf(item.type) ?? "");
}

function rolloutEvents(type: unknown, payload: Fields): AgentEvent[] {
  const session = textOf(payload.id);
  if (type === "session_meta" && session !== undefined)
    return [{ is: "started", session, cwd: textOf(payload.cwd), version: textOf(payload.cli_version) }];
  const usage = fieldsOf(payload.usage);
  const response = textOf(payload.response_id);
  if (type === "token_usage_record" && usage !== undefined && response !== undefined)
    return [{ is: "usage", message: response, tokens: tokens(usage) }];
  if (type !== "event_msg") return [];
  if (payload.type === "task_complete") return [{ is: "ended", ok: true, said: textOf(payload.last_agent_message) }];
  const item = fieldsOf(payload.item);
  return payload.type === "item_completed" && item !== undefined ? rolloutItem(item) : [];
}

function rolloutItem(item: Fields): AgentEvent[] {
  const id = textOf(item.id);
  const text = joinedText(item.content);
  if (item.type === "UserMessage") return [{ is: "prompt", text }];
  if (item.type === "AgentMessage") return [{ is: "text", text, message: id }];
  if (item.type === "Reasoning") {
    const summary = Array.isArray(item.summary_text)
      ? item.summary_text.filter((part) => typeof part === "string")
      : [];
    return [{ is: "thinking", text: summary.join("\n"), message: id }];
  }
  if (item.type !== "CommandExecution" || id === undefined) return [];
  const ok = item.status === "completed" && countOf(item.exit_code) === 0;
  return [
    { is: "tool", call: id, tool: "Bash", input: { command: item.command } },
    { is: "tool-done", call: id, ok, output: textOf(item.aggregated_output) ?? "" },
  ];
}

function warning(text: string | undefined): AgentEvent[] {
  return text === undefined ? [] : [{ is: "warning", text: plainError(text) }];
}

/** Its `input_tokens` hold those that came from the cache. */
function tokens(usage: Fields): AgentTokens {
  const cacheRead = countOf(usage.cached_input_tokens);
  const cacheWrite = countOf(usage.cache_write_input_tokens);
  return {
    input: countOf(countOf(usage.input_tokens) - cacheRead - cacheWrite),
    output: countOf(usage.output_tokens),
    cacheRead,
    cacheWrite,
  };
}
