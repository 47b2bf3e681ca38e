import type { AgentEvent, AgentStep, AgentTokens } from "../../sdk/index.ts";
import { countOf, fieldsOf, itemsOf, joinedText, numberOf, plainError, readLine, textOf } from "./_shared-read.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A line of `claude -p --output-format stream-json --verbose`. */
export function parseClaude(line: string): readonly AgentEvent[] {
  const fields = readLine(line);
  if (fields === undefined) return [];
  if (fields.type === "system") return systemEvents(fields);
  if (fields.type === "result") return [ended(fields)];
  return messageEvents(fields, textOf(fields.parent_tool_use_id));
}

/** A line of `<config>/projects/<folder>/<session>.jsonl`. */
export function readClaudeTranscript(line: string): readonly AgentStep[] {
  const fields = readLine(line);
  // A meta line is text of the program in the user's name.
  if (fields === undefined || fields.isMeta === true) return [];
  const subagent = fields.isSidechain === true ? (textOf(fields.agentId) ?? "sidechain") : undefined;
  const place = { at: textOf(fields.timestamp), session: textOf(fields.sessionId) };
  return messageEvents(fields, subagent).map((event) => ({ ...place, event }));
}

function systemEvents(fields: Fields): AgentEvent[] {
  const session = textOf(fields.session_id);
  if (fields.subtype === "init" && session !== undefined)
    return [
      {
        is: "started",
        session,
        model: textOf(fields.model),
        cwd: textOf(fields.cwd),
        version: textOf(fields.claude_code_version),
      },
    ];
  const text = textOf(fields.content);
  return fields.level === "warning" && text !== undefined ? [{ is: "warning", text }] : [];
}

function messageEvents(fields: Fields, subagent: string | undefined): AgentEvent[] {
  const message = fieldsOf(fields.message);
  if (message === undefined) return [];
  if (fields.type === "user") return userEvents(message.content, subagent);
  if (fields.type !== "assistant") return [];
  const id = textOf(message.id);
  const events = itemsOf(message.content).flatMap((block) => assistantEvents(block, { message: id, subagent }));
  const usage = fieldsOf(message.usage);
  // A synthetic message is the program's own sentence about an error; nothing was paid for it.
  if (usage === undefined || id === undefined || message.model === "<synthetic>") return events;
  return [...events, { is: "usage", message: id, tokens: tokens(usage) }];
}

function assistantEvents(
  block: Fields,
  from: { message: string | undefined; subagent: string | undefined },
): AgentEvent[] {
  const text = textOf(block.text);
  if (block.type === "text" && text !== undefined) return [{ is: "text", text, ...from }];
  const thinking = textOf(block.thinking);
  if (block.type === "thinking" && thinking !== undefined) return [{ is: "thinking", text: thinking, ...from }];
  const call = textOf(block.id);
  const tool = textOf(block.name);
  if (block.type !== "tool_use" || call === undefined || tool === undefined) return [];
  return [{ is: "tool", call, tool, input: block.input, subagent: from.subagent }];
}

function userEvents(content: unknown, subagent: string | undefined): AgentEvent[] {
  if (typeof content === "string") return [{ is: "prompt", text: content, subagent }];
  return itemsOf(content).flatMap((block): AgentEvent[] => {
    const text = textOf(block.text);
    if (block.type === "text" && text !== undefined) return [{ is: "prompt", text, subagent }];
    const call = textOf(block.tool_use_id);
    if (block.type !== "tool_result" || call === undefined) return [];
    return [{ is: "tool-done", call, ok: block.is_error !== true, output: joinedText(block.content) }];
  });
}

/** After an API error `subtype` still says success; `is_error` tells. */
function ended(fields: Fields): AgentEvent {
  const ok = fields.subtype === "success" && fields.is_error === false;
  const said = textOf(fields.result);
  const usage = fieldsOf(fields.usage);
  return {
    is: "ended",
    ok,
    session: textOf(fields.session_id),
    said,
    error: ok ? undefined : plainError(said ?? textOf(fields.subtype) ?? "the run failed"),
    usd: numberOf(fields.total_cost_usd),
    tokens: usage === undefined ? undefined : tokens(usage),
    counts: usage === undefined ? undefined : "run",
  };
}

function tokens(usage: Fields): AgentTokens {
  return {
    input: countOf(usage.input_tokens),
    output: countOf(usage.output_tokens),
    cacheRead: countOf(usage.cache_read_input_tokens),
    cacheWrite: countOf(usage.cache_creation_input_tokens),
  };
}
