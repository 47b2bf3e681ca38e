import {
  defineAgent,
  type AgentEvent,
  type AgentLaunch,
  type AgentPermission,
  type AgentTask,
} from "../../sdk/index.ts";
import { countOf, fieldsOf, foundBy, numberOf, readLine, textOf } from "./_shared-read.ts";
import { refusal } from "./_shared-refuse.ts";

type Fields = Readonly<Record<string, unknown>>;

const TESTED = "1.18.33";
const FLAGS: Readonly<Record<AgentPermission, readonly string[]>> = {
  read: ["--agent", "plan"],
  edit: [],
  all: ["--auto"],
};

/** opencode: no hook contract was measured, so it is covered from outside. */
export default defineAgent({
  name: "opencode",
  title: "opencode",
  program: "opencode",
  package: "opencode-ai",
  tested: [TESTED],
  covers: ["gateway", "acp", "verdict"],
  wires: ["chat", "anthropic", "responses", "gemini"],
  traps: [
    "A command that fails has the status completed; its exit status stands in the metadata.",
    "The output has no line for the end: a step that finishes for another reason than tool-calls is the last one.",
    "Conversations are kept in SQLite, not in lines: there is no transcript to read.",
    "Without a terminal it rejects what needs a permission, unless started with --auto.",
    "A rejected permission ends the run there, with exit status 0 and without a last message.",
    "Loop detection is blind across turns (opencode issues 25254 and 32187).",
  ],
  detect: (facts) => foundBy(facts, { program: "opencode", folder: ".opencode", tested: TESTED }),
  settings: [],
  install: () => ({
    refuse: "No hooks of opencode were measured, so none are installed.",
    next: "start it through Lodestar, or let Lodestar prove its change afterwards: lodestar prove",
  }),
  uninstall: (before) => ({ after: before }),
  launch: (task) => start(task, []),
  resume: (task) => start(task, [`--session=${task.session}`]),
  parse,
  transcript: () => [],
  hook: () => undefined,
  reply: () => ({ status: 200, body: {} }),
  refuse: (reason, wire = "chat") => refusal(reason, wire),
  examples: [
    {
      name: "opencode: a step begins",
      line: '{"type":"step_start","timestamp":1795268776915,"sessionID":"ses_e01a47","part":{"id":"prt_1","messageID":"msg_1","sessionID":"ses_e01a47","snapshot":"0d8a474f","type":"step-start"}}',
      gives: [{ is: "started", session: "ses_e01a47" }],
    },
    {
      name: "opencode: a command that fails has completed",
      line: '{"type":"tool_use","timestamp":1795268776980,"sessionID":"ses_e01a47","part":{"type":"tool","tool":"bash","callID":"call_1","state":{"status":"completed","input":{"command":"ls; false","description":"look"},"output":"a.txt\\n","metadata":{"output":"a.txt\\n","exit":1,"truncated":false},"title":"ls; false"},"id":"prt_2","messageID":"msg_1"}}',
      gives: [
        { is: "tool", call: "call_1", tool: "bash", input: { command: "ls; false", description: "look" } },
        { is: "tool-done", call: "call_1", ok: false, output: "a.txt\n" },
      ],
    },
    {
      name: "opencode: a permission that was rejected",
      line: '{"type":"tool_use","timestamp":1795269479664,"sessionID":"ses_e0199b","part":{"type":"tool","tool":"read","callID":"call_1","state":{"status":"error","input":{"filePath":"/nope/x"},"error":"The user rejected permission to use this specific tool call."},"id":"prt_3"}}',
      gives: [
        { is: "tool", tool: "read" },
        {
          is: "tool-done",
          ok: false,
          output: "The user rejected permission to use this specific tool call.",
        },
      ],
    },
    {
      name: "opencode: what a step cost, and that it was the last one",
      line: '{"type":"step_finish","timestamp":1795268777247,"sessionID":"ses_e01a47","part":{"id":"prt_4","reason":"stop","messageID":"msg_2","type":"step-finish","tokens":{"total":26,"input":15,"output":4,"reasoning":2,"cache":{"write":0,"read":5}},"cost":0}}',
      gives: [
        { is: "usage", message: "prt_4", tokens: { input: 15, output: 6, cacheRead: 5, cacheWrite: 0 } },
        { is: "ended", ok: true, session: "ses_e01a47" },
      ],
    },
    {
      name: "opencode: a refused budget ends it with our sentence",
      line: '{"type":"error","timestamp":1795268831503,"sessionID":"ses_e01a39","error":{"name":"APIError","data":{"message":"Budget of $1.00 is used up.","statusCode":402,"isRetryable":false}}}',
      gives: [{ is: "ended", ok: false, error: "Budget of $1.00 is used up." }],
    },
    { name: "opencode: a line of another program", line: '{"type":"text","text":"hello"}', gives: [] },
    { name: "opencode: its hooks are not known", hook: { hook_event_name: "Stop", session_id: "s" }, event: undefined },
    {
      name: "opencode: on PATH",
      facts: { which: "/usr/bin/opencode", version: "1.18.33", folders: [] },
      found: { installed: true, version: "1.18.33" },
    },
    {
      name: "opencode: a folder is no program",
      facts: { which: undefined, version: undefined, folders: [".opencode"] },
      found: { installed: false, because: ["There is a folder .opencode."] },
    },
  ],
});

function start({ prompt, cwd, env, permission }: AgentTask, more: readonly string[]): AgentLaunch {
  return {
    command: ["opencode", "run", "--format", "json", ...FLAGS[permission], ...more, "--", prompt],
    cwd,
    env: { OPENCODE_DISABLE_AUTOUPDATE: "1", ...env },
    stdin: "closed",
  };
}

/** A line of `opencode run --format json`. */
function parse(line: string): readonly AgentEvent[] {
  const fields = readLine(line);
  const session = textOf(fields?.sessionID);
  if (fields === undefined || session === undefined) return [];
  if (fields.type === "error") return [failed(fieldsOf(fields.error), session)];
  const part = fieldsOf(fields.part);
  const text = textOf(part?.text);
  if (fields.type === "step_start") return [{ is: "started", session }];
  if (part === undefined) return [];
  if (fields.type === "tool_use") return toolEvents(part);
  if (fields.type === "step_finish") return stepEvents(part, session);
  if (text === undefined || (fields.type !== "text" && fields.type !== "reasoning")) return [];
  return [{ is: fields.type === "text" ? "text" : "thinking", text, message: textOf(part.messageID) }];
}

/** A tool is told once, when it is done. */
function toolEvents(part: Fields): AgentEvent[] {
  const call = textOf(part.callID);
  const tool = textOf(part.tool);
  const state = fieldsOf(part.state);
  if (call === undefined || tool === undefined || state === undefined) return [];
  const ok = state.status === "completed" && countOf(fieldsOf(state.metadata)?.exit) === 0;
  return [
    { is: "tool", call, tool, input: state.input },
    { is: "tool-done", call, ok, output: textOf(state.output) ?? textOf(state.error) ?? "" },
  ];
}

function stepEvents(part: Fields, session: string): AgentEvent[] {
  const events: AgentEvent[] = [];
  const message = textOf(part.id);
  const tokens = fieldsOf(part.tokens);
  const cache = fieldsOf(tokens?.cache);
  if (message !== undefined && tokens !== undefined)
    events.push({
      is: "usage",
      message,
      tokens: {
        input: countOf(tokens.input),
        output: countOf(tokens.output) + countOf(tokens.reasoning),
        cacheRead: countOf(cache?.read),
        cacheWrite: countOf(cache?.write),
      },
      usd: numberOf(part.cost),
    });
  const reason = textOf(part.reason);
  if (reason === undefined || reason === "tool-calls") return events;
  const error = reason === "stop" ? undefined : `the model stopped: ${reason}`;
  return [...events, { is: "ended", ok: reason === "stop", session, error }];
}

function failed(error: Fields | undefined, session: string): AgentEvent {
  const message = textOf(fieldsOf(error?.data)?.message) ?? textOf(error?.name) ?? "the run failed";
  return { is: "ended", ok: false, session, error: message };
}
