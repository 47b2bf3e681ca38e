import type { AgentReply, HookAnswer, HookEvent, HookEventName, UnknownHookEvent } from "../../sdk/index.ts";
import { fieldsOf, textOf } from "./_shared-read.ts";

/** The contract that Claude Code and Codex share: their names of events, and ours. */
const EVENTS: Readonly<Record<HookEventName, string>> = {
  "session-start": "SessionStart",
  "session-end": "SessionEnd",
  prompt: "UserPromptSubmit",
  tool: "PreToolUse",
  "tool-done": "PostToolUse",
  "tool-failed": "PostToolUseFailure",
  permission: "PermissionRequest",
  stop: "Stop",
  "stop-failed": "StopFailure",
  "subagent-start": "SubagentStart",
  "subagent-stop": "SubagentStop",
  compact: "PreCompact",
  notification: "Notification",
};

/** One payload, normalised. Without an event, a session or a folder it is unknown, for nothing could be done with it. */
export function readHook(agent: string, payload: unknown): HookEvent | UnknownHookEvent | undefined {
  const fields = fieldsOf(payload);
  if (fields === undefined) return undefined;
  const name = textOf(fields.hook_event_name) ?? "";
  const event = nameOf(name);
  const session = textOf(fields.session_id);
  const cwd = textOf(fields.cwd);
  if (event === undefined || session === undefined || cwd === undefined) return { agent, event: "unknown", name };
  return {
    agent,
    event,
    session,
    cwd,
    transcript: textOf(fields.transcript_path),
    mode: textOf(fields.permission_mode),
    subagent: textOf(fields.agent_id),
    model: textOf(fields.model),
    tool: textOf(fields.tool_name),
    input: fields.tool_input,
    response: fields.tool_response,
    error: textOf(fields.error),
    message: textOf(fields.last_assistant_message) ?? textOf(fields.message),
    stopHookActive: typeof fields.stop_hook_active === "boolean" ? fields.stop_hook_active : undefined,
    prompt: textOf(fields.prompt),
    toolUseId: textOf(fields.tool_use_id),
    turn: textOf(fields.turn_id),
  };
}

/**
 * The JSON that the contract wants. A refused tool gets `permissionDecision: "deny"`, for `continue: false` alone lets it
 * run. An answer that an event cannot carry becomes the nearest stricter one that it can.
 */
export function replyTo(event: HookEvent | UnknownHookEvent, answer: HookAnswer): AgentReply {
  if (event.event === "unknown") return { status: 200, body: {} };
  const person = answer.message === undefined ? {} : { systemMessage: answer.message };
  const end = answer.stop === undefined ? {} : { continue: false, stopReason: answer.stop };
  return { status: 200, body: { ...end, ...person, ...decision(event.event, answer) } };
}

function decision(event: HookEventName, answer: HookAnswer): Record<string, unknown> {
  if (event === "tool") return special(event, { ...permissionFor(answer), ...contextOf(answer) });
  if (event === "permission") return special(event, behaviorFor(answer));
  const against = answer.block ?? answer.deny ?? answer.ask;
  const back = against === undefined ? {} : { decision: "block", reason: against };
  if (event === "stop" || event === "subagent-stop") return back;
  if (event === "prompt" || event === "tool-done") return { ...back, ...special(event, contextOf(answer)) };
  if (event === "session-start" || event === "tool-failed") return special(event, contextOf(answer));
  return {};
}

function permissionFor({ block, deny, ask, allow }: HookAnswer): Record<string, unknown> {
  const against = deny ?? block;
  if (against !== undefined) return { permissionDecision: "deny", permissionDecisionReason: against };
  if (ask !== undefined) return { permissionDecision: "ask", permissionDecisionReason: ask };
  return allow === true ? { permissionDecision: "allow" } : {};
}

/** A person is being asked already, so `ask` leaves it to them. */
function behaviorFor({ block, deny, ask, allow }: HookAnswer): Record<string, unknown> {
  const against = deny ?? block;
  if (against !== undefined) return { decision: { behavior: "deny", message: against } };
  return allow === true && ask === undefined ? { decision: { behavior: "allow" } } : {};
}

function contextOf({ context }: HookAnswer): Record<string, unknown> {
  return context === undefined ? {} : { additionalContext: context };
}

function special(event: HookEventName, output: Record<string, unknown>): Record<string, unknown> {
  if (Object.keys(output).length === 0) return {};
  return { hookSpecificOutput: { hookEventName: EVENTS[event], ...output } };
}

function nameOf(name: string): HookEventName | undefined {
  for (const [ours, theirs] of Object.entries(EVENTS)) if (theirs === name && isName(ours)) return ours;
  return undefined;
}

function isName(name: string): name is HookEventName {
  return Object.hasOwn(EVENTS, name);
}
