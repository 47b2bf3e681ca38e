import type { AgentReply, AgentWire } from "../../sdk/index.ts";

/**
 * A model call that is refused for good. Measured: 402 ends Claude Code, opencode and Gemini CLI at once; Codex tries a 402
 * five times more, so the responses wire gets 400. Never 429: agents wait for it to pass.
 */
export function refusal(reason: string, wire: AgentWire): AgentReply {
  if (wire === "anthropic")
    return { status: 402, body: { type: "error", error: { type: "billing_error", message: reason } } };
  if (wire === "gemini")
    return { status: 402, body: { error: { code: 402, message: reason, status: "FAILED_PRECONDITION" } } };
  const status = wire === "responses" ? 400 : 402;
  return { status, body: { error: { message: reason, type: "invalid_request_error", code: "budget_exhausted" } } };
}
