import {
  defineAgent,
  type AgentEvent,
  type AgentLaunch,
  type AgentPermission,
  type AgentStep,
  type AgentTask,
} from "../../sdk/index.ts";
import { countOf, fieldsOf, foundBy, itemsOf, joinedText, plainError, readLine, textOf } from "./_shared-read.ts";
import { refusal } from "./_shared-refuse.ts";

type Fields = Readonly<Record<string, unknown>>;

const TESTED = "0.61.0";
const MODES: Readonly<Record<AgentPermission, string>> = { read: "plan", edit: "auto_edit", all: "yolo" };

/** Gemini CLI: no hook contract was measured, so it is covered from outside. */
export default defineAgent({
  name: "gemini",
  title: "Gemini CLI",
  program: "gemini",
  package: "@google/gemini-cli",
  tested: [TESTED],
  covers: ["gateway", "acp", "verdict"],
  wires: ["gemini"],
  traps: [
    "A shell command that fails has the status success, and its exit status is not told.",
    "In a folder that was not trusted it does not start without --skip-trust.",
    "After an API error it exits with the HTTP status modulo 256: 146 for 402.",
    "Old sessions can be removed at a start: then --resume says Invalid session identifier, and a new one is needed.",
    "The count output_tokens leaves the thoughts out; total_tokens has them.",
  ],
  detect: (facts) => foundBy(facts, { program: "gemini", folder: ".gemini", tested: TESTED }),
  settings: [],
  install: () => ({
    refuse: "No hooks of Gemini CLI were measured, so none are installed.",
    next: "start it through Lodestar, or let Lodestar prove its change afterwards: lodestar prove",
  }),
  uninstall: (before) => ({ after: before }),
  launch: (task) => start(task, []),
  resume: (task) => start(task, [`--resume=${task.session}`]),
  parse,
  transcript,
  hook: () => undefined,
  reply: () => ({ status: 200, body: {} }),
  refuse: (reason, wire = "gemini") => refusal(reason, wire),
  examples: [
    {
      name: "gemini: a session begins",
      line: '{"type":"init","timestamp":"2026-11-21T13:46:18.672Z","session_id":"76d1a1e3-c1fd-440c-be25-3f6943d153c8","model":"auto"}',
      gives: [{ is: "started", session: "76d1a1e3-c1fd-440c-be25-3f6943d153c8", model: "auto" }],
    },
    {
      name: "gemini: what it says",
      line: '{"type":"message","timestamp":"2026-11-21T13:46:18.704Z","role":"assistant","content":"I look.","delta":true}',
      gives: [{ is: "text", text: "I look." }],
    },
    {
      name: "gemini: a tool",
      line: '{"type":"tool_use","timestamp":"2026-11-21T13:57:53.099Z","tool_name":"run_shell_command","tool_id":"run_shell_command_1_0","parameters":{"command":"ls; false"}}',
      gives: [
        { is: "tool", call: "run_shell_command_1_0", tool: "run_shell_command", input: { command: "ls; false" } },
      ],
    },
    {
      name: "gemini: what the tool printed (it exited with 1)",
      line: '{"type":"tool_result","timestamp":"2026-11-21T13:57:53.195Z","tool_id":"run_shell_command_1_0","status":"success","output":"a.txt"}',
      gives: [{ is: "tool-done", call: "run_shell_command_1_0", ok: true, output: "a.txt" }],
    },
    {
      name: "gemini: the end, with what the run used",
      line: '{"type":"result","timestamp":"2026-11-21T13:57:53.202Z","status":"success","stats":{"total_tokens":84,"input_tokens":60,"output_tokens":18,"cached":15,"input":45,"duration_ms":160,"tool_calls":1}}',
      gives: [
        {
          is: "ended",
          ok: true,
          tokens: { input: 45, output: 24, cacheRead: 15, cacheWrite: 0 },
          counts: "run",
        },
      ],
    },
    {
      name: "gemini: a refused budget ends it with our sentence",
      line: '{"type":"result","timestamp":"2026-11-21T13:47:12.754Z","status":"error","error":{"type":"unknown","message":"[API Error: {\\"error\\":{\\"code\\":402,\\"message\\":\\"Budget of $1.00 is used up.\\",\\"status\\":\\"FAILED_PRECONDITION\\"}}]"},"stats":{"total_tokens":0,"input_tokens":0,"output_tokens":0,"cached":0,"input":0}}',
      gives: [{ is: "ended", ok: false, error: "Budget of $1.00 is used up." }],
    },
    {
      name: "gemini: a transcript's message with its tool",
      transcript:
        '{"id":"d25ad7b7","timestamp":"2026-11-21T13:46:18.740Z","type":"gemini","content":"I look.","thoughts":[],"tokens":{"input":20,"output":6,"cached":5,"thoughts":2,"tool":0,"total":28},"model":"gemini-3.8-flash","toolCalls":[{"id":"list_directory_1_0","name":"list_directory","args":{"dir_path":"."},"result":[{"functionResponse":{"id":"list_directory_1_0","name":"list_directory","response":{"output":"a.txt (3 bytes)"}}}],"status":"success"}]}',
      steps: [
        { at: "2026-11-21T13:46:18.740Z", event: { is: "text", text: "I look.", message: "d25ad7b7" } },
        { event: { is: "tool", tool: "list_directory" } },
        { event: { is: "tool-done", ok: true, output: "a.txt (3 bytes)" } },
        { event: { is: "usage", tokens: { input: 15, output: 8, cacheRead: 5, cacheWrite: 0 } } },
      ],
    },
    {
      name: "gemini: a transcript's bookkeeping",
      transcript: '{"$set":{"lastUpdated":"2026-11-21T13:46:18.740Z"}}',
      steps: [],
    },
    { name: "gemini: a line of another program", line: '{"type":"thread.started","thread_id":"01a1"}', gives: [] },
    { name: "gemini: its hooks are not known", hook: { hook_event_name: "Stop", session_id: "s" }, event: undefined },
    {
      name: "gemini: on PATH",
      facts: { which: "/usr/bin/gemini", version: "0.61.0", folders: [".gemini"] },
      found: { installed: true, version: "0.61.0" },
    },
    {
      name: "gemini: not there",
      facts: { which: undefined, version: undefined, folders: [] },
      found: { installed: false, because: ["gemini is not on PATH."] },
    },
  ],
});

/** The folder is trusted for this run only: whoever starts an agent in it has chosen it. */
function start({ prompt, cwd, env, permission }: AgentTask, more: readonly string[]): AgentLaunch {
  const how = ["--output-format=stream-json", `--approval-mode=${MODES[permission]}`, "--skip-trust"];
  return { command: ["gemini", ...how, ...more, `--prompt=${prompt}`], cwd, env, stdin: "closed" };
}

/** A line of `gemini --output-format=stream-json`. */
function parse(line: string): readonly AgentEvent[] {
  const fields = readLine(line);
  if (fields === undefined) return [];
  const session = textOf(fields.session_id);
  if (fields.type === "init" && session !== undefined) return [{ is: "started", session, model: textOf(fields.model) }];
  if (fields.type === "result") return [ended(fields)];
  const call = textOf(fields.tool_id);
  const tool = textOf(fields.tool_name);
  if (fields.type === "tool_use" && call !== undefined && tool !== undefined)
    return [{ is: "tool", call, tool, input: fields.parameters }];
  if (fields.type === "tool_result" && call !== undefined) return [toolDone(fields, call)];
  const said = textOf(fields.message);
  if (fields.type === "error" && said !== undefined) return [{ is: "warning", text: plainError(said) }];
  const text = textOf(fields.content);
  if (fields.type !== "message" || text === undefined) return [];
  return [fields.role === "user" ? { is: "prompt", text } : { is: "text", text }];
}

/** A line of `~/.gemini/tmp/<project>/chats/session-*.jsonl`; a message is written again when it grows. */
function transcript(line: string): readonly AgentStep[] {
  const fields = readLine(line);
  const at = textOf(fields?.timestamp) ?? textOf(fields?.startTime);
  const session = textOf(fields?.sessionId);
  if (fields === undefined || at === undefined) return [];
  if (session !== undefined) return [{ at, session, event: { is: "started", session } }];
  const id = textOf(fields.id);
  const text = joinedText(fields.content);
  if (id === undefined) return [];
  if (fields.type === "user") return text === "" ? [] : [{ at, session, event: { is: "prompt", text } }];
  if (fields.type !== "gemini") return [];
  return messageEvents(fields, { id, text }).map((event) => ({ at, session, event }));
}

function messageEvents(fields: Fields, { id, text }: { id: string; text: string }): AgentEvent[] {
  const events: AgentEvent[] = text === "" ? [] : [{ is: "text", text, message: id }];
  for (const item of itemsOf(fields.toolCalls)) {
    const call = textOf(item.id);
    const tool = textOf(item.name);
    if (call === undefined || tool === undefined) continue;
    const [answer] = itemsOf(item.result);
    const output = textOf(fieldsOf(fieldsOf(answer?.functionResponse)?.response)?.output) ?? "";
    events.push({ is: "tool", call, tool, input: item.args });
    events.push({ is: "tool-done", call, ok: item.status === "success", output });
  }
  const tokens = fieldsOf(fields.tokens);
  if (tokens === undefined) return events;
  return [...events, { is: "usage", message: id, tokens: split(tokens.input, tokens.cached, tokens.total) }];
}

function toolDone(fields: Fields, call: string): AgentEvent {
  const output = textOf(fields.output) ?? textOf(fieldsOf(fields.error)?.message) ?? "";
  return { is: "tool-done", call, ok: fields.status === "success", output };
}

function ended(fields: Fields): AgentEvent {
  const ok = fields.status === "success";
  const stats = fieldsOf(fields.stats);
  const error = ok ? undefined : plainError(textOf(fieldsOf(fields.error)?.message) ?? "the run failed");
  if (stats === undefined) return { is: "ended", ok, error };
  const tokens = split(stats.input_tokens, stats.cached, stats.total_tokens);
  return { is: "ended", ok, error, tokens, counts: "run" };
}

/** What is in the total and not in the input was put out, thoughts included. */
function split(input: unknown, cached: unknown, total: unknown) {
  const cacheRead = countOf(cached);
  return {
    input: countOf(countOf(input) - cacheRead),
    output: countOf(countOf(total) - countOf(input)),
    cacheRead,
    cacheWrite: 0,
  };
}
