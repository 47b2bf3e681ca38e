import {
  defineAgent,
  type AgentEdit,
  type AgentLaunch,
  type AgentPaths,
  type AgentPermission,
  type AgentTask,
  type InstallOptions,
} from "../../sdk/index.ts";
import { CLAUDE_EXAMPLES } from "./_shared-claude-examples.ts";
import { parseClaude, readClaudeTranscript } from "./_shared-claude-lines.ts";
import { readHook, replyTo } from "./_shared-hooks.ts";
import {
  HOOK_SECONDS,
  installHooks,
  markedUrl,
  STOP_SECONDS,
  uninstallHooks,
  type HookGroups,
} from "./_shared-install.ts";
import { foundBy } from "./_shared-read.ts";
import { refusal } from "./_shared-refuse.ts";

const TESTED = "2.1.329";
const TARGET = { file: "the settings file of Claude Code", agent: "claude" };
const MODES: Readonly<Record<AgentPermission, string>> = {
  read: "plan",
  edit: "acceptEdits",
  all: "bypassPermissions",
};

/** Claude Code: hooks by HTTP where they fire often, by command where HTTP does not serve. */
export default defineAgent({
  name: "claude",
  title: "Claude Code",
  program: "claude",
  package: "@anthropic-ai/claude-code",
  tested: [TESTED],
  configVariable: "CLAUDE_CONFIG_DIR",
  covers: ["hooks", "gateway", "acp", "mcp", "verdict"],
  wires: ["anthropic"],
  traps: [
    "After 8 blocks it overrides a Stop hook and exits 0 with success.",
    "Sessions with --bare or --safe-mode fire no hooks.",
    "An HTTP hook fails open when nobody listens; the output then has a warning hook_no_verdict for tool events only.",
    "Without the token's variable in its environment an HTTP hook sends an empty bearer.",
    "An API error fires StopFailure, not Stop; the result still says subtype success, with is_error true.",
    "The tool Task of the headless output's first line is Agent in hooks.",
    "UserPromptSubmit fires for the notice of a background task too: such a prompt begins with <task-notification>.",
    "Usage in the headless output is that of the message's beginning; the result has the run's total.",
    "A resumed run's total_cost_usd holds the runs before it, its usage does not.",
    "As root, bypassPermissions is refused unless IS_SANDBOX=1.",
  ],
  detect: (facts) => foundBy(facts, { program: "claude", folder: ".claude", tested: TESTED }),
  settings: [
    { scope: "project", file: ({ repo }) => `${repo}/.claude/settings.json` },
    { scope: "user", file: ({ home, configHome }) => `${configHome ?? `${home}/.claude`}/settings.json` },
    { scope: "plugin", file: ({ plugin }) => `${plugin}/hooks/hooks.json`, beside: manifest },
  ],
  install,
  uninstall: (before) => uninstallHooks(before, TARGET),
  launch: (task) => start(task, []),
  resume: (task) => start(task, [`--resume=${task.session}`]),
  parse: parseClaude,
  transcript: readClaudeTranscript,
  hook: (payload) => readHook("claude", payload),
  reply: replyTo,
  refuse: (reason, wire = "anthropic") => refusal(reason, wire),
  examples: CLAUDE_EXAMPLES,
});

/**
 * SessionStart does not fire over HTTP (measured). Stop is a command too: it fires once a turn, so its 65 ms do not count;
 * it can start the daemon, or say that there is none, where HTTP would let the agent go in silence; and it reads the token
 * from the data dir, which a session that the user started has not in its environment.
 */
function install(before: string | undefined, options: InstallOptions): AgentEdit {
  const command = (timeout: number) => ({ hooks: [{ type: "command", command: options.hookCommand, timeout }] });
  const hook = {
    type: "http",
    url: markedUrl(options.hookUrl),
    timeout: HOOK_SECONDS,
    headers: { Authorization: `Bearer $${options.tokenEnv}` },
    allowedEnvVars: [options.tokenEnv],
    onFailure: "continue",
  };
  const http = { hooks: [hook] };
  const tool = { matcher: "*", hooks: [hook] };
  const groups: HookGroups = {
    SessionStart: command(HOOK_SECONDS),
    UserPromptSubmit: http,
    PreToolUse: tool,
    PermissionRequest: tool,
    PostToolUse: tool,
    PostToolUseFailure: tool,
    Notification: http,
    SubagentStart: http,
    SubagentStop: http,
    PreCompact: http,
    Stop: command(STOP_SECONDS),
    StopFailure: http,
    SessionEnd: http,
  };
  return installHooks(before, groups, TARGET);
}

/** What makes a folder a plugin for `--plugin-dir`. */
function manifest({ plugin }: AgentPaths) {
  const text = { name: "lodestar", version: "1.0.0", description: "Tells Lodestar what this session does." };
  return [{ path: `${plugin}/.claude-plugin/plugin.json`, text: `${JSON.stringify(text, null, 2)}\n` }];
}

/** `--` before the prompt: one that begins with a dash is no option. */
function start({ prompt, cwd, env, permission }: AgentTask, more: readonly string[]): AgentLaunch {
  const output = ["--output-format", "stream-json", "--verbose"];
  return {
    command: ["claude", "-p", ...output, "--permission-mode", MODES[permission], ...more, "--", prompt],
    cwd,
    env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1", ...env },
    stdin: "closed",
  };
}
