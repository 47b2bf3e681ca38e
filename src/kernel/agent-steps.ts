import type { HookEvent, SessionStep } from "../sdk/index.ts";
import { digest } from "./guardrails-words.ts";

type Json = Exclude<SessionStep["input"], undefined>;

/** Characters of an input, and of an output's end, that a guard sees. */
const SEEN = 65_536;
/** Bytes that the log keeps of each. */
const KEPT = 2_048;
const DEEPEST = 8;
const WIDEST = 200;

/** A hook's event as a step for the guard; undefined for those that are none. `redact` takes secrets out of a text. */
export function stepOf(
  event: HookEvent,
  { at, redact }: { at: number; redact: (text: string) => string },
): SessionStep | undefined {
  const base = baseOf(event, at);
  const input = event.input === undefined ? {} : { input: redacted(shrunk(event.input, SEEN), redact) };
  const about = { ...base, ...callOf(event), ...input };
  const said = (text: string | undefined) => (text === undefined ? {} : { text: redact(headOf(text, SEEN)) });
  switch (event.event) {
    case "prompt": {
      // Claude Code sends the notice of a background task as a prompt of this shape.
      const isNotice = event.prompt?.startsWith("<task-notification>") === true;
      return { ...base, kind: "prompt", ...said(event.prompt), ...(isNotice ? { by: "program" } : {}) };
    }
    case "tool":
      return { ...about, kind: "tool" };
    case "tool-done":
      return { ...about, kind: "result", output: redact(printed(event.response)) };
    case "tool-failed": {
      const error = event.error ?? "";
      const exit = /^Exit code (\d{1,3})\b/.exec(error)?.[1];
      const status = exit === undefined ? {} : { exit: Number(exit) };
      return { ...about, kind: "failure", ok: false, output: redact(error.slice(-SEEN)), ...status };
    }
    case "stop":
    case "subagent-stop":
      return event.message === undefined ? undefined : { ...base, kind: "message", ...said(event.message) };
    case "stop-failed":
      return { ...base, kind: "error", ...said(`${event.error ?? ""} ${event.message ?? ""}`.trim()) };
    case "compact":
      return { ...base, kind: "compact" };
    default:
      return undefined;
  }
}

function baseOf({ session, agent, model, subagent }: HookEvent, at: number) {
  const whose = { ...(model === undefined ? {} : { model }), ...(subagent === undefined ? {} : { subagent }) };
  return { at, session, agent, ...whose };
}

function callOf({ tool, toolUseId: call }: HookEvent) {
  return { ...(tool === undefined ? {} : { tool }), ...(call === undefined ? {} : { call }) };
}

/** The step as the log keeps it. Equal calls stay equal, and calls that differ only in what is cut off stay different. */
export function shortened(step: SessionStep): SessionStep {
  const { input, output, text, ...rest } = step;
  return {
    ...rest,
    ...(input === undefined ? {} : { input: shrunk(input, KEPT) }),
    ...(output === undefined ? {} : { output: tailOf(output, KEPT) }),
    ...(text === undefined ? {} : { text: headOf(text, KEPT) }),
  };
}

/** What a tool printed, last part: a text, or the streams that Claude Code's shell gives, or the answer as JSON. */
function printed(response: unknown): string {
  if (typeof response === "string") return response.slice(-SEEN);
  if (typeof response !== "object" || response === null) return "";
  const streams = ["stdout", "stderr", "output"].flatMap((name) => {
    const text: unknown = Object.entries(response).find(([key]) => key === name)?.[1];
    return typeof text === "string" && text !== "" ? [text] : [];
  });
  const whole = streams.length > 0 ? streams.join("\n") : JSON.stringify(shrunk(response, SEEN));
  return whole.slice(-SEEN);
}

/** A JSON value of at most about `limit` bytes: its longest texts are cut until it fits. */
function shrunk(value: unknown, limit: number): Json {
  for (let longest = limit; longest > 32; longest = Math.floor(longest / 4)) {
    const small = cutTexts(value, longest, 0);
    if (bytesOf(JSON.stringify(small)) <= limit) return small;
  }
  const text = JSON.stringify(value) ?? "";
  return { cut: headOf(text, Math.floor(limit / 4)) };
}

function cutTexts(value: unknown, longest: number, depth: number): Json {
  if (typeof value === "string") return headOf(value, longest);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  const whole = Array.isArray(value) ? value : Object.entries(value);
  if (depth > DEEPEST || whole.length > WIDEST) return headOf(JSON.stringify(value), longest);
  if (Array.isArray(value)) return value.map((item: unknown) => cutTexts(item, longest, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutTexts(item, longest, depth + 1)]));
}

function redacted(value: Json, redact: (text: string) => string): Json {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => redacted(item, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, redact)]));
}

/** The beginning, with a name for what is cut off. */
function headOf(text: string, limit: number): string {
  if (bytesOf(text) <= limit) return text;
  const mark = markOf(text);
  return `${within(text.slice(0, limit), limit - mark.length)}${mark}`;
}

function tailOf(text: string, limit: number): string {
  if (bytesOf(text) <= limit) return text;
  let tail = text.slice(-limit);
  while (bytesOf(tail) > limit) tail = tail.slice(Math.ceil(tail.length / 16));
  return tail.toWellFormed();
}

function within(text: string, limit: number): string {
  let head = text;
  while (head !== "" && bytesOf(head) > limit) head = head.slice(0, -Math.ceil(head.length / 16));
  return head.toWellFormed();
}

function markOf(text: string): string {
  return ` [${text.length} in all, ${digest(text)}]`;
}

/** In UTF-8. */
function bytesOf(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7_ff && (unit < 0xd8_00 || unit > 0xdf_ff) ? 2 : 1;
  }
  return bytes;
}
