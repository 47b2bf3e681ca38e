import {
  defineAgent,
  type AgentEdit,
  type AgentLaunch,
  type AgentPermission,
  type AgentTask,
  type HookAnswer,
  type HookEvent,
  type InstallOptions,
  type UnknownHookEvent,
} from "../../sdk/index.ts";
import { CODEX_EXAMPLES } from "./_shared-codex-examples.ts";
import { parseCodex, readCodexTranscript } from "./_shared-codex-lines.ts";
import { readHook, replyTo } from "./_shared-hooks.ts";
import { HOOK_SECONDS, installHooks, STOP_SECONDS, uninstallHooks, type HookGroups } from "./_shared-install.ts";
import { foundBy } from "./_shared-read.ts";
import { refusal } from "./_shared-refuse.ts";

const TESTED = "0.169.0";
const TARGET = { file: "hooks.json of Codex", agent: "codex" };
/** Seconds. Codex cuts a longer timeout of SessionEnd to 3 and prints an error about it at every start. */
const END_SECONDS = 3;
const SANDBOXES: Readonly<Record<AgentPermission, string>> = {
  read: "read-only",
  edit: "workspace-write",
  all: "danger-full-access",
};

/** Codex: the hook contract of Claude Code, by commands alone. */
export default defineAgent({
  name: "codex",
  title: "Codex",
  program: "codex",
  package: "@openai/codex",
  tested: [TESTED],
  configVariable: "CODEX_HOME",
  covers: ["hooks", "gateway", "acp", "mcp", "verdict"],
  wires: ["responses"],
  traps: [
    "Hooks that were not trusted are skipped in silence; trust is asked for when codex starts in a terminal.",
    "One HTTP hook in hooks.json makes Codex reject the whole file.",
    "A PreToolUse answer ask is not supported: the tool runs. Lodestar denies instead.",
    "A PreToolUse answer with continue: false is not supported: the tool runs although it was denied. Lodestar only denies.",
    "A failing command fires PostToolUse, without its exit status; the headless output has it.",
    "A turn.completed counts the whole thread, with the runs that were resumed.",
    "It waits for the end of stdin.",
    "A 402 is tried again five times; a 400 ends the turn.",
    "Each hook is a process, about 65 ms for each tool call before and after.",
  ],
  detect: (facts) => foundBy(facts, { program: "codex", folder: ".codex", tested: TESTED }),
  settings: [{ scope: "user", file: ({ home, configHome }) => `${configHome ?? `${home}/.codex`}/hooks.json` }],
  install,
  uninstall: (before) => uninstallHooks(before, TARGET),
  launch: (task) => start(task, [], []),
  resume: (task) => start(task, ["resume"], [task.session]),
  parse: parseCodex,
  transcript: readCodexTranscript,
  hook: (payload) => readHook("codex", payload),
  reply,
  refuse: (reason, wire = "responses") => refusal(reason, wire),
  examples: CODEX_EXAMPLES,
});

function install(before: string | undefined, options: InstallOptions): AgentEdit {
  if (options.scope !== "user")
    return {
      refuse: `Codex hooks were measured in $CODEX_HOME/hooks.json only, not for the scope ${options.scope}.`,
      next: "install them for the user",
    };
  const hook = (timeout: number) => ({ type: "command", command: options.hookCommand, timeout });
  const tool = { matcher: "*", hooks: [hook(HOOK_SECONDS)] };
  const other = { hooks: [hook(HOOK_SECONDS)] };
  const groups: HookGroups = {
    SessionStart: other,
    UserPromptSubmit: other,
    PreToolUse: tool,
    PermissionRequest: tool,
    PostToolUse: tool,
    SubagentStart: other,
    SubagentStop: other,
    PreCompact: other,
    Stop: { hooks: [hook(STOP_SECONDS)] },
    SessionEnd: { hooks: [hook(END_SECONDS)] },
  };
  const edit = installHooks(before, groups, TARGET);
  return "refuse" in edit ? edit : { ...edit, next: "start codex in a terminal and trust the new hooks" };
}

/**
 * Codex knows no `ask` and no need for `allow` before a tool: a person who must be asked first means no for now. With
 * `continue: false` it takes the answer for a failed hook and runs the tool, denied or not (measured).
 */
function reply(event: HookEvent | UnknownHookEvent, answer: HookAnswer) {
  const { ask, allow: _allow, stop: _stop, ...rest } = answer;
  if (event.event === "permission") return replyTo(event, { ...answer, stop: undefined });
  if (event.event !== "tool") return replyTo(event, answer);
  return replyTo(event, { ...rest, deny: rest.deny ?? rest.block ?? ask });
}

/** Hook trust is never bypassed here: that would run the hooks of a repo, too. */
function start(task: AgentTask, verb: readonly string[], session: readonly string[]): AgentLaunch {
  const sandbox = ["--sandbox", SANDBOXES[task.permission]];
  return {
    command: ["codex", "exec", ...sandbox, ...verb, "--json", "--skip-git-repo-check", "--", ...session, task.prompt],
    cwd: task.cwd,
    env: task.env,
    stdin: "closed",
  };
}
