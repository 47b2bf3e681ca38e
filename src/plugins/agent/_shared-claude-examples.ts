import type { AgentExample } from "../../sdk/index.ts";

const SESSION = "71dd2790-d187-437a-a457-c1506b88d0c0";
const COMMON = {
  session_id: SESSION,
  transcript_path: `/home/ada/.claude/projects/-home-ada-shop/${SESSION}.jsonl`,
  cwd: "/home/ada/shop",
  permission_mode: "acceptEdits",
};
const TOOL = { tool_name: "Bash", tool_input: { command: "ls; false", description: "look" }, tool_use_id: "toolu_1" };

/** Lines and payloads of Claude Code 2.1.329 against a scripted server; shortened, with other paths. */
export const CLAUDE_EXAMPLES: readonly AgentExample[] = [
  {
    name: "claude: a session begins",
    line: `{"type":"system","subtype":"init","cwd":"/home/ada/shop","session_id":"${SESSION}","tools":["Task","Bash","Edit"],"mcp_servers":[],"model":"claude-opus-5-5","permissionMode":"acceptEdits","apiKeySource":"ANTHROPIC_API_KEY","claude_code_version":"2.1.329"}`,
    gives: [{ is: "started", session: SESSION, model: "claude-opus-5-5", cwd: "/home/ada/shop", version: "2.1.329" }],
  },
  {
    name: "claude: a message with a tool, and what it cost so far",
    line: `{"type":"assistant","message":{"id":"msg_2","type":"message","role":"assistant","model":"claude-opus-5-5","content":[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls; false","description":"look"}}],"stop_reason":null,"usage":{"input_tokens":12,"output_tokens":1,"cache_read_input_tokens":3,"cache_creation_input_tokens":0}},"parent_tool_use_id":null,"session_id":"${SESSION}"}`,
    gives: [
      { is: "tool", call: "toolu_1", tool: "Bash", input: { command: "ls; false", description: "look" } },
      { is: "usage", message: "msg_2", tokens: { input: 12, output: 1, cacheRead: 3, cacheWrite: 0 } },
    ],
  },
  {
    name: "claude: a tool that failed",
    line: `{"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"Exit code 1\\na.txt","is_error":true,"tool_use_id":"toolu_1"}]},"parent_tool_use_id":null,"session_id":"${SESSION}","tool_use_result":"Error: Exit code 1\\na.txt"}`,
    gives: [{ is: "tool-done", call: "toolu_1", ok: false, output: "Exit code 1\na.txt" }],
  },
  {
    name: "claude: a Stop hook sent it back",
    line: `{"type":"user","message":{"role":"user","content":[{"type":"text","text":"Stop hook feedback:\\n2 tests are red"}]},"parent_tool_use_id":null,"session_id":"${SESSION}","isSynthetic":true}`,
    gives: [{ is: "prompt", text: "Stop hook feedback:\n2 tests are red" }],
  },
  {
    name: "claude: a hook that nobody answered",
    line: '{"type":"system","subtype":"informational","content":"A hook of the \\"lodestar\\" plugin gave no usable answer, so it didn\'t check this action.","level":"warning","tag":"hook_no_verdict"}',
    gives: [
      {
        is: "warning",
        text: 'A hook of the "lodestar" plugin gave no usable answer, so it didn\'t check this action.',
      },
    ],
  },
  {
    name: "claude: the end",
    line: `{"type":"result","subtype":"success","is_error":false,"num_turns":3,"result":"All done! Tests pass.","session_id":"${SESSION}","total_cost_usd":0.0006058,"usage":{"input_tokens":36,"cache_creation_input_tokens":0,"cache_read_input_tokens":9,"output_tokens":23},"permission_denials":[]}`,
    gives: [
      {
        is: "ended",
        ok: true,
        session: SESSION,
        said: "All done! Tests pass.",
        usd: 0.0006058,
        tokens: { input: 36, output: 23, cacheRead: 9, cacheWrite: 0 },
        counts: "run",
      },
    ],
  },
  {
    name: "claude: a refused budget says success and is an error",
    line: '{"type":"result","subtype":"success","is_error":true,"terminal_reason":"api_error","api_error_status":402,"result":"API Error: 402 Budget of $1.00 is used up.","session_id":"c53bd4ee","total_cost_usd":0}',
    gives: [{ is: "ended", ok: false, error: "API Error: 402 Budget of $1.00 is used up." }],
  },
  { name: "claude: a hook's own line", line: '{"type":"system","subtype":"hook_started"}', gives: [] },
  { name: "claude: a line of another program", line: "npm warn deprecated x@1.0.0", gives: [] },
  {
    name: "claude: a transcript's message",
    transcript: `{"parentUuid":"4592f8ec","isSidechain":false,"message":{"id":"msg_7","type":"message","role":"assistant","model":"claude-opus-5-5","content":[{"type":"text","text":"All done! Tests pass."}],"stop_reason":"end_turn","usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":3,"output_tokens":7}},"type":"assistant","timestamp":"2026-11-21T13:46:13.064Z","cwd":"/home/ada/shop","sessionId":"${SESSION}"}`,
    steps: [
      { at: "2026-11-21T13:46:13.064Z", event: { is: "text", text: "All done! Tests pass.", message: "msg_7" } },
      { event: { is: "usage", message: "msg_7", tokens: { input: 12, output: 7, cacheRead: 3, cacheWrite: 0 } } },
    ],
  },
  {
    name: "claude: a transcript's prompt",
    transcript: `{"parentUuid":null,"isSidechain":false,"type":"user","message":{"role":"user","content":"fix it"},"timestamp":"2026-11-21T13:46:12.888Z","sessionId":"${SESSION}"}`,
    steps: [{ event: { is: "prompt", text: "fix it" } }],
  },
  {
    name: "claude: a transcript's bookkeeping",
    transcript: `{"type":"last-prompt","lastPrompt":"fix it","sessionId":"${SESSION}"}`,
    steps: [],
  },
  {
    name: "claude: a tool is refused by permissionDecision",
    hook: { ...COMMON, ...TOOL, hook_event_name: "PreToolUse" },
    event: { event: "tool", session: SESSION, tool: "Bash", mode: "acceptEdits", toolUseId: "toolu_1" },
    answer: { deny: "This would drop the database.", allow: true, message: "Lodestar refused a command." },
    body: {
      systemMessage: "Lodestar refused a command.",
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: "This would drop the database.",
      },
    },
  },
  {
    name: "claude: a person is asked before a tool",
    hook: { ...COMMON, ...TOOL, hook_event_name: "PreToolUse" },
    event: { event: "tool" },
    answer: { ask: "It leaves the repo." },
    body: {
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "ask",
        permissionDecisionReason: "It leaves the repo.",
      },
    },
  },
  {
    name: "claude: a session is stopped before a tool, which is denied too",
    hook: { ...COMMON, ...TOOL, hook_event_name: "PreToolUse" },
    event: { event: "tool" },
    answer: { deny: "It goes in circles.", stop: "It goes in circles." },
    body: {
      continue: false,
      stopReason: "It goes in circles.",
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: "It goes in circles.",
      },
    },
  },
  {
    name: "claude: a tool that failed",
    hook: { ...COMMON, ...TOOL, hook_event_name: "PostToolUseFailure", error: "Exit code 1\na.txt", duration_ms: 21 },
    event: { event: "tool-failed", error: "Exit code 1\na.txt" },
    answer: {},
    body: {},
  },
  {
    name: "claude: a claim is sent back",
    hook: {
      ...COMMON,
      hook_event_name: "Stop",
      stop_hook_active: false,
      last_assistant_message: "All done! Tests pass.",
    },
    event: { event: "stop", message: "All done! Tests pass.", stopHookActive: false },
    answer: { block: "2 tests are red." },
    body: { decision: "block", reason: "2 tests are red." },
  },
  {
    name: "claude: a permission is refused",
    hook: { ...COMMON, tool_name: "Bash", tool_input: { command: "rm -rf /" }, hook_event_name: "PermissionRequest" },
    event: { event: "permission", tool: "Bash" },
    answer: { deny: "Not here." },
    body: {
      hookSpecificOutput: { hookEventName: "PermissionRequest", decision: { behavior: "deny", message: "Not here." } },
    },
  },
  {
    name: "claude: a session begins with what it should know",
    hook: { ...COMMON, hook_event_name: "SessionStart", source: "startup" },
    event: { event: "session-start" },
    answer: { context: "npm test is green at the base." },
    body: {
      hookSpecificOutput: { hookEventName: "SessionStart", additionalContext: "npm test is green at the base." },
    },
  },
  {
    name: "claude: an API error is no stop",
    hook: { ...COMMON, hook_event_name: "StopFailure", error: "unknown", last_assistant_message: "API Error: 402" },
    event: { event: "stop-failed", error: "unknown", message: "API Error: 402" },
    answer: { block: "2 tests are red." },
    body: {},
  },
  {
    name: "claude: an event of a later version",
    hook: { ...COMMON, hook_event_name: "MoonPhase" },
    event: { event: "unknown", name: "MoonPhase" },
    answer: { deny: "no" },
    body: {},
  },
  { name: "claude: a list is no payload", hook: [1], event: undefined },
  {
    name: "claude: on PATH",
    facts: { which: "/usr/bin/claude", version: "2.1.329 (Claude Code)\n", folders: [".claude"] },
    found: {
      installed: true,
      version: "2.1.329",
      because: ["claude is /usr/bin/claude.", "claude --version says 2.1.329."],
    },
  },
  {
    name: "claude: a folder is no program",
    facts: { which: undefined, version: undefined, folders: [".claude"] },
    found: { installed: false, because: ["claude is not on PATH.", "There is a folder .claude."] },
  },
];
