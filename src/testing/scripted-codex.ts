import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** What a model answers next: run this in a shell, or say this and end the turn. */
export type ScriptedAnswer = { readonly shell: string } | { readonly say: string };

export interface ScriptedModel {
  /** What was asked of it so far: for each request, the newest text of a user. */
  readonly asked: readonly string[];
  /** Writes `<home>/config.toml`, with which Codex asks this model and nobody else; gives the variables that it needs. */
  configure(home: string): Promise<Record<string, string>>;
  close(): Promise<void>;
}

const Request = z.object({
  input: z.array(
    z.object({
      type: z.string().optional(),
      role: z.string().optional(),
      content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).optional(),
    }),
  ),
  tools: z.array(z.object({ name: z.string().optional() })).default([]),
});
type Request = z.infer<typeof Request>;

/** A model that speaks as Codex 0.169 expects it (`wire_api = "responses"`, SSE) and gives these answers, one for each request. */
export async function openScriptedModel(answers: readonly ScriptedAnswer[]): Promise<ScriptedModel> {
  const asked: string[] = [];
  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = Request.parse(JSON.parse(await text(request)));
    const answer = answers[asked.length] ?? { say: "The script has ended." };
    const item = itemOf(answer, `item_${asked.length}`, parsed);
    const id = `resp_${asked.length}`;
    asked.push(lastWord(parsed));
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (type: string, more: object) =>
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);
    send("response.created", { response: { id } });
    send("response.output_item.done", { output_index: 0, item });
    send("response.completed", { response: { id, usage: USAGE } });
    response.end();
  }
  const server = createServer((request, response) => {
    if (request.method !== "POST" || !request.url?.endsWith("/responses")) {
      response.writeHead(404).end();
      return;
    }
    void reply(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null || !isIPv4(address.address)) throw new Error("no port");
  const url = `http://127.0.0.1:${address.port}/v1`;
  return {
    asked,
    async configure(home) {
      await mkdir(home, { recursive: true });
      await writeFile(join(home, "config.toml"), configOf(url));
      return { CODEX_HOME: home, SCRIPTED_KEY: "none" };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const USAGE = {
  input_tokens: 20,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 6,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 26,
};

function configOf(url: string): string {
  return `model = "scripted"
model_provider = "scripted"
check_for_update_on_startup = false

[model_providers.scripted]
name = "Scripted"
base_url = "${url}"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false
`;
}

/** The shell tool goes by other names for other models, each with its own arguments. */
function itemOf(answer: ScriptedAnswer, id: string, { tools }: Request): object {
  if ("say" in answer)
    return { type: "message", role: "assistant", id, content: [{ type: "output_text", text: answer.say }] };
  const name = tools.find((tool) => tool.name === "exec_command" || tool.name === "shell_command")?.name ?? "shell";
  const input =
    name === "exec_command"
      ? { cmd: answer.shell }
      : { command: name === "shell" ? ["bash", "-c", answer.shell] : answer.shell };
  return { type: "function_call", id, call_id: `call_${id}`, name, arguments: JSON.stringify(input) };
}

function lastWord({ input }: Request): string {
  const content = input.findLast((item) => item.role === "user")?.content ?? "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
}
