import type { Context, Hono } from "hono";
import { z } from "zod";
import type { AgentDoor } from "../kernel/agent-door.ts";
import { hookKey } from "../kernel/hook-keys.ts";
import type { Machine } from "../kernel/machine.ts";
import { listSessions, type RunningAgent } from "../kernel/agents-list.ts";
import { recordOfRun, type RunDraft } from "../kernel/agent-runs.ts";
import { EventData, messageOf, type AgentPlugin } from "../sdk/index.ts";
import { refusePlace, sameText } from "./access.ts";

/** What the daemon knows of coding agents. */
export interface AgentOptions {
  readonly plugins: readonly AgentPlugin[];
  readonly door: AgentDoor;
  /** Of which the keys in agents' settings are made. */
  readonly secret: string;
  /** Processes of these agents that run on this machine now. */
  readonly running: () => Promise<readonly RunningAgent[]>;
}

interface Parts {
  readonly machine: Machine;
  readonly token: string;
  readonly port: number;
  readonly agents: AgentOptions;
}

/** Bytes of a payload that are read. */
const MOST = 4 * 1024 * 1024;
/** Bytes that are taken and thrown away before the connection is given up: then the agent gets its answer and goes on. */
const DRAINED = 256 * 1024 * 1024;

/**
 * `POST /hooks/<agent>` with the daemon's token or a hook key as bearer, or `POST /hooks/<agent>/<key>` for settings that can carry an
 * address only. The answer is what the agent's hook contract wants. `/api/v2/agents` lists sessions.
 */
export function hookRoutes(app: Hono, parts: Parts): void {
  app.post("/hooks/:agent/:key?", (c) => hook(c, parts));
  app.get("/api/v2/agents", async (c) => {
    const { machine, agents } = parts;
    const asked = c.req.query("repo");
    const repo = asked === undefined ? undefined : (await machine.find(asked)).repo;
    return c.json(await listSessions(machine, await agents.running(), repo));
  });
  app.post("/api/v2/agents/sessions", (c) => record(c, parts, "agent.session"));
  app.post("/api/v2/agents/stops", (c) => record(c, parts, "agent.stop"));
  for (const [verb, said] of [
    ["resume", "resumed"],
    ["allow", "allowed"],
  ] as const)
    app.post(`/api/v2/agents/:session/${verb}`, async (c) => {
      const { by } = z.object({ by: z.string().default("cli") }).parse(await c.req.json().catch(() => ({})));
      await parts.agents.door[verb](c.req.param("session"), by);
      return c.json({ [said]: c.req.param("session") });
    });
}

/** What `lodestar agents run` tells of a session that it started; `?path=` is the repo's. */
async function record(c: Context, { machine }: Parts, type: RunDraft["type"]): Promise<Response> {
  const body: unknown = await c.req.json();
  const path = z.string().min(1).parse(c.req.query("path"));
  const draft: RunDraft =
    type === "agent.stop" ? { type, data: EventData[type].parse(body) } : { type, data: EventData[type].parse(body) };
  await recordOfRun(machine, path, draft);
  return c.json({ recorded: type });
}

async function hook(c: Context, { machine, token, port, agents }: Parts): Promise<Response> {
  const next = "lodestar agents list";
  const reaches = refusePlace(c, port) === undefined ? reachOf(c, { machine, token, agents }) : undefined;
  if (!reaches) return c.json({ error: { message: "The key of this hook is missing or wrong", next } }, 403);
  const plugin = agents.plugins.find((one) => one.name === c.req.param("agent"));
  if (!plugin) return c.json({ error: { message: `There is no agent ${c.req.param("agent")}`, next } }, 404);
  const text = await textOf(c.req.raw.body);
  if (text === undefined)
    return c.json(
      { error: { message: `The payload is larger than ${MOST} bytes, so it was not looked at`, next } },
      413,
    );
  const payload = parse(text);
  if ("problem" in payload)
    return c.json({ error: { message: `The payload is not JSON: ${payload.problem}`, next } }, 400);
  const reply = await agents.door.answer(plugin, payload.value, reaches);
  if (!reply) return c.json({ error: { message: `This is no payload of a hook of ${plugin.title}`, next } }, 400);
  return Response.json(reply.body, { status: reply.status });
}

/** Of which repos the caller may speak; undefined when it may not speak at all. */
function reachOf(
  c: Context,
  { machine, token, agents }: Pick<Parts, "machine" | "token" | "agents">,
): ((repo: string) => boolean) | undefined {
  const bearer = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  const given = c.req.param("key") ?? bearer;
  const keyOf = (repo?: string) => hookKey(agents.secret, repo, machine.hands.hash);
  if (sameText(bearer, token) || sameText(given, keyOf())) return () => true;
  const own = [...machine.views.repos.keys()].filter((repo) => sameText(given, keyOf(repo)));
  return own.length === 0 ? undefined : (repo) => own.includes(repo);
}

/** The body as text; undefined when it is too large. */
async function textOf(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes <= MOST) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > DRAINED) break;
  }
  return bytes > MOST ? undefined : new Blob(chunks).text();
}

function parse(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
