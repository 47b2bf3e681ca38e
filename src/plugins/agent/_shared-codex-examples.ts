import type { AgentExample } from "../../sdk/index.ts";

const THREAD = "01a1fe5c-4009-7741-bf23-404c2895d7da";
const COMMON = {
  session_id: THREAD,
  turn_id: "01a1fe5c-401d",
  transcript_path: `/home/ada/.codex/sessions/2026/11/21/rollout-2026-11-21T13-47-01-${THREAD}.jsonl`,
  cwd: "/home/ada/shop",
  model: "gpt-5.1-codex",
  permission_mode: "bypassPermissions",
};
const TOOL = { tool_name: "Bash", tool_input: { command: "ls; false" }, tool_use_id: "call_1" };

/** Lines and payloads of Codex 0.169.0 against a scripted server; shortened, with other paths. */
export const CODEX_EXAMPLES: readonly AgentExample[] = [
  {
    name: "codex: a session begins",
    line: `{"type":"thread.started","thread_id":"${THREAD}"}`,
    gives: [{ is: "started", session: THREAD }],
  },
  {
    name: "codex: a command begins",
    line: '{"type":"item.started","item":{"id":"item_5","type":"command_execution","command":"/bin/bash -lc \'ls; false\'","aggregated_output":"","exit_code":null,"status":"in_progress"}}',
    gives: [{ is: "tool", call: "item_5", tool: "Bash", input: { command: "/bin/bash -lc 'ls; false'" } }],
  },
  {
    name: "codex: a command failed",
    line: '{"type":"item.completed","item":{"id":"item_5","type":"command_execution","command":"/bin/bash -lc \'ls; false\'","aggregated_output":"a.txt\\n","exit_code":1,"status":"failed"}}',
    gives: [{ is: "tool-done", call: "item_5", ok: false, output: "a.txt\n" }],
  },
  {
    name: "codex: a file is changed",
    line: '{"type":"item.started","item":{"id":"item_2","type":"file_change","changes":[{"path":"/home/ada/shop/new.txt","kind":"add"}],"status":"in_progress"}}',
    gives: [{ is: "tool", tool: "file_change", input: { changes: [{ path: "/home/ada/shop/new.txt", kind: "add" }] } }],
  },
  {
    name: "codex: what it says",
    line: '{"type":"item.completed","item":{"id":"item_6","type":"agent_message","text":"All done! Tests pass."}}',
    gives: [{ is: "text", text: "All done! Tests pass.", message: "item_6" }],
  },
  {
    name: "codex: hooks that it could not read",
    line: '{"type":"item.completed","item":{"id":"item_2","type":"error","message":"failed to parse hooks config /home/ada/.codex/hooks.json: unknown variant `http`, expected one of `command`, `mcp_tool`, `prompt`, `agent` at line 8 column 26"}}',
    gives: [{ is: "warning" }],
  },
  {
    name: "codex: the end, with what the whole thread used",
    line: '{"type":"turn.completed","usage":{"input_tokens":60,"cached_input_tokens":15,"cache_write_input_tokens":0,"output_tokens":18,"reasoning_output_tokens":6}}',
    gives: [
      {
        is: "ended",
        ok: true,
        tokens: { input: 45, output: 18, cacheRead: 15, cacheWrite: 0 },
        counts: "session",
      },
    ],
  },
  {
    name: "codex: a refused budget ends it with our sentence",
    line: '{"type":"turn.failed","error":{"message":"{\\"error\\":{\\"message\\":\\"Budget of $1.00 is used up.\\",\\"type\\":\\"invalid_request_error\\",\\"code\\":\\"budget\\"}}"}}',
    gives: [{ is: "ended", ok: false, error: "Budget of $1.00 is used up." }],
  },
  { name: "codex: a turn begins", line: '{"type":"turn.started"}', gives: [] },
  { name: "codex: a line of another program", line: "Reading additional input from stdin...", gives: [] },
  {
    name: "codex: a transcript's command",
    transcript:
      '{"timestamp":"2026-11-21T13:46:13.601Z","ordinal":13,"type":"event_msg","payload":{"type":"item_completed","thread_id":"01a1fe5b","turn_id":"01a1fe5c","item":{"type":"CommandExecution","id":"call_1","command":["/bin/bash","-lc","ls; false"],"status":"failed","aggregated_output":"a.txt\\n","exit_code":1}}}',
    steps: [
      { at: "2026-11-21T13:46:13.601Z", event: { is: "tool", call: "call_1", tool: "Bash" } },
      { event: { is: "tool-done", call: "call_1", ok: false, output: "a.txt\n" } },
    ],
  },
  {
    name: "codex: a transcript's usage",
    transcript:
      '{"timestamp":"2026-11-21T13:46:13.557Z","ordinal":12,"type":"token_usage_record","payload":{"thread_id":"01a1fe5b","session_id":"01a1fe5b","response_id":"resp_1","usage":{"input_tokens":20,"cached_input_tokens":5,"cache_write_input_tokens":0,"output_tokens":6,"reasoning_output_tokens":2,"total_tokens":26}}}',
    steps: [
      { event: { is: "usage", message: "resp_1", tokens: { input: 15, output: 6, cacheRead: 5, cacheWrite: 0 } } },
    ],
  },
  {
    name: "codex: a transcript's instructions are no prompt",
    transcript:
      '{"timestamp":"2026-11-21T13:46:13.497Z","ordinal":3,"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>"}]}}',
    steps: [],
  },
  {
    name: "codex: a tool is refused",
    hook: { ...COMMON, ...TOOL, hook_event_name: "PreToolUse" },
    event: { event: "tool", session: THREAD, turn: "01a1fe5c-401d", model: "gpt-5.1-codex", tool: "Bash" },
    answer: { deny: "Not here." },
    body: {
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: "Not here.",
      },
    },
  },
  {
    name: "codex: to ask is to refuse, for it would run the tool",
    hook: { ...COMMON, ...TOOL, hook_event_name: "PreToolUse" },
    event: { event: "tool" },
    answer: { ask: "A person must allow this first." },
    body: {
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: "A person must allow this first.",
      },
    },
  },
  {
    name: "codex: to end the turn before a tool is to deny it, for continue: false would run it",
    hook: { ...COMMON, ...TOOL, hook_event_name: "PreToolUse" },
    event: { event: "tool" },
    answer: { deny: "It goes in circles.", stop: "It goes in circles." },
    body: {
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: "It goes in circles.",
      },
    },
  },
  {
    name: "codex: a tool is done",
    hook: { ...COMMON, ...TOOL, hook_event_name: "PostToolUse", tool_response: "a.txt\n" },
    event: { event: "tool-done", response: "a.txt\n", toolUseId: "call_1" },
    answer: { allow: true },
    body: {},
  },
  {
    name: "codex: a claim is sent back",
    hook: { ...COMMON, hook_event_name: "Stop", stop_hook_active: true, last_assistant_message: "All done!" },
    event: { event: "stop", message: "All done!", stopHookActive: true },
    answer: { block: "2 tests are red." },
    body: { decision: "block", reason: "2 tests are red." },
  },
  {
    name: "codex: a payload without a session",
    hook: { hook_event_name: "Stop", cwd: "/home/ada/shop" },
    event: { event: "unknown", name: "Stop" },
  },
  { name: "codex: nothing is no payload", hook: null, event: undefined },
  {
    name: "codex: another version than the measured one is said",
    facts: { which: "/usr/bin/codex", version: "codex-cli 0.170.0\n", folders: [] },
    found: { installed: true, version: "0.170.0", because: ["codex --version says 0.170.0; measured with 0.169.0."] },
  },
  {
    name: "codex: not there",
    facts: { which: undefined, version: undefined, folders: [] },
    found: { installed: false, because: ["codex is not on PATH."] },
  },
];
