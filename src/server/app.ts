import { Hono, type Context } from "hono";
import { streamSSE } from "hono/streaming";
import { z } from "zod";
import { answerApproval, applyChange } from "../kernel/decisions.ts";
import type { Machine } from "../kernel/machine.ts";
import { beginRoom, removeRoom } from "../kernel/make-room.ts";
import { listSnapshots, undo } from "../kernel/undo.ts";
import { Cursor, isOutsideError, isUserError, messageOf, ProveInput, RoomInput, UserError } from "../sdk/index.ts";
import type { openMcp } from "./mcp.ts";
import { refusePlace, sameText } from "./access.ts";
import { hookRoutes, type AgentOptions } from "./hooks.ts";

export interface ServerOptions {
  readonly machine: Machine;
  readonly token: string;
  readonly port: number;
  /** Ends the daemon after the answer is out. */
  readonly shutdown: (reason: string) => void;
  /** Without it no agent's hook is answered. */
  readonly agents?: AgentOptions;
}

const UpBody = z.object({
  path: z.string().min(1),
  start: z.boolean().default(true),
  install: z.boolean().default(true),
  trust: z.boolean().default(false),
  unsandboxed: z.boolean().default(false),
  interactive: z.boolean().default(false),
  port: z.number().int().min(1).max(65_535).optional(),
  patience: z.number().positive().optional(),
  by: z.string().default("cli"),
});
const ProveBody = ProveInput.extend({ trust: z.boolean().default(false), by: z.string().default("cli") });
const RoomBody = RoomInput.omit({ id: true }).extend({
  trust: z.boolean().default(false),
  by: z.string().default("cli"),
});
const ByBody = z.object({ by: z.string().default("cli") });
/** `unlessBusy`: somebody else may have work for the daemon; then it stays and the answer's `ok` is false. */
const ShutdownBody = ByBody.extend({ unlessBusy: z.boolean().default(false) });
const UndoBody = ByBody.extend({ snapshot: z.string().min(1).optional() });
const AnswerBody = ByBody.extend({ approval: z.string().min(1) });
const EventsQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  epoch: z.string().optional(),
});
const LogsQuery = z.object({
  service: z.string().optional(),
  segment: z.string().optional(),
  from: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1_048_576).default(65_536),
});
const PING_MS = 15_000;

/** The HTTP API: every route takes `?repo=` (path, name or id). Loopback only; token, Host and Origin are checked. */
export function createApp(options: ServerOptions): Hono {
  const app = new Hono();
  const { machine } = options;
  app.get("/healthz", (c) =>
    c.json({ ok: true, version: machine.hands.version, boot: machine.hands.boot, pid: machine.hands.pid }),
  );
  for (const guarded of ["/api/*", "/mcp"])
    app.use(guarded, async (c, next) => {
      const refused = refuse(c, options);
      if (refused !== undefined)
        return c.json(
          { error: { message: refused, next: "use the lodestar command, or the token in the data directory" } },
          403,
        );
      return next();
    });
  app.notFound((c) =>
    c.json({ error: { message: `There is nothing at ${c.req.method} ${c.req.path}`, next: "lodestar --help" } }, 404),
  );
  app.onError((error, c) => {
    if (isUserError(error))
      return c.json({ error: { message: error.message, next: error.next, tried: error.tried } }, 400);
    if (error instanceof z.ZodError)
      return c.json(
        { error: { message: `The request is not understood: ${z.prettifyError(error)}`, next: "lodestar --help" } },
        400,
      );
    if (isOutsideError(error))
      return c.json({ error: { message: error.message, next: "lodestar doctor", retryable: error.retryable } }, 503);
    return c.json({ error: { message: messageOf(error), next: "lodestar doctor", bug: true } }, 500);
  });
  readRoutes(app, machine);
  eventRoutes(app, machine);
  controlRoutes(app, options);
  mcpRoute(app, machine);
  if (options.agents) hookRoutes(app, { ...options, agents: options.agents });
  return app;
}

/** The protocol's library is loaded when the first agent asks: it takes 0.1 s and 13 MB that most daemons never need. */
function mcpRoute(app: Hono, machine: Machine): void {
  let opened: Promise<ReturnType<typeof openMcp>> | undefined;
  app.all("/mcp", async (c) => {
    opened ??= import("./mcp.ts").then((module) => module.openMcp(machine));
    return (await opened)(c.req.raw, c.req.query("repo"));
  });
}

function readRoutes(app: Hono, machine: Machine): void {
  const repoOf = (c: Context) => machine.find(c.req.query("repo"));
  app.get("/api/v2/status", async (c) => c.json(await machine.status(c.req.query("repo"))));
  app.get("/api/v2/why", async (c) => c.json(await machine.why(c.req.query("repo"))));
  app.get("/api/v2/plan", async (c) => c.json((await repoOf(c)).plan ?? null));
  app.get("/api/v2/report", async (c) => c.json((await repoOf(c)).report ?? null));
  app.get("/api/v2/services", async (c) => {
    const repo = await repoOf(c);
    return c.json({ services: [...repo.services.values()], databases: [...repo.databases.values()] });
  });
  app.get("/api/v2/checks", async (c) => c.json([...(await repoOf(c)).checks.values()]));
  app.get("/api/v2/receipts", async (c) => c.json((await repoOf(c)).receipts));
  app.get("/api/v2/receipts/:id", async (c) => {
    const stored = await machine.hands.receipt(c.req.param("id"));
    if (!stored) throw new UserError(`There is no receipt ${c.req.param("id")}`, { next: "lodestar receipts list" });
    return c.json(stored);
  });
  app.get("/api/v2/fixes", async (c) => c.json((await repoOf(c)).fixes));
  app.get("/api/v2/changes", async (c) => c.json([...(await repoOf(c)).changes.values()]));
  app.get("/api/v2/snapshots", async (c) => c.json(await listSnapshots(machine, c.req.query("repo"))));
  app.get("/api/v2/approvals", async (c) => {
    await machine.catchUp();
    const asked = c.req.query("repo");
    const repos = asked === undefined ? [...machine.views.repos.values()] : [await machine.find(asked)];
    return c.json(
      repos.flatMap((repo) =>
        [...repo.approvals.values()].map((approval) => ({ ...approval, repo: repo.repo, name: repo.name })),
      ),
    );
  });
  app.get("/api/v2/rooms", async (c) => {
    const asked = c.req.query("repo");
    const rooms = await machine.hands.rooms.list();
    if (asked === undefined) return c.json(rooms);
    const repo = await machine.find(asked);
    return c.json(rooms.filter((room) => room.repo === repo.repo));
  });
  app.get("/api/v2/logs", async (c) => {
    const repo = await repoOf(c);
    const query = LogsQuery.parse(c.req.query());
    const segment = query.segment ?? segmentOf(repo.services, query.service);
    const from = query.from ?? Math.max(0, (await sizeOf(machine, segment)) - query.limit);
    return c.json({ segment, from, ...(await machine.hands.segments.read({ segment, from }, query.limit)) });
  });
}

function segmentOf(services: ReadonlyMap<string, { segment: string }>, service: string | undefined): string {
  const names = [...services.keys()];
  const one = services.get(service ?? names[0] ?? "");
  if (one) return one.segment;
  throw new UserError(service === undefined ? "No service has run yet" : `There is no service ${service}`, {
    tried: `services: ${names.join(", ") || "none"}`,
    next: "lodestar services",
  });
}

async function sizeOf(machine: Machine, segment: string): Promise<number> {
  const found = (await machine.hands.segments.list(segment)).find((one) => one.segment === segment);
  if (!found) throw new UserError(`There is no output ${segment}`, { next: "lodestar services" });
  return found.bytes;
}

/** Pages as JSON; a stream (SSE) with `Accept: text/event-stream`, resumed by `Last-Event-ID` = `epoch:seq`. */
function eventRoutes(app: Hono, machine: Machine): void {
  app.get("/api/v2/events", async (c) => {
    const query = EventsQuery.parse(c.req.query());
    const asked = c.req.query("repo");
    const repo = asked === undefined ? undefined : (await machine.find(asked)).repo;
    const { log } = machine;
    const cursor = cursorOf(c.req.header("last-event-id")) ?? { epoch: query.epoch ?? log.epoch, seq: query.after };
    const reset = cursor.epoch !== log.epoch || cursor.seq > (await log.head());
    const where = { after: reset ? 0 : cursor.seq, ...(repo === undefined ? {} : { repo }) };
    if (!c.req.header("accept")?.includes("text/event-stream")) {
      const events = await log.read({ ...where, limit: query.limit });
      return c.json({ epoch: log.epoch, head: await log.head(), reset, events });
    }
    return streamSSE(c, async (stream) => {
      const ended = new AbortController();
      stream.onAbort(() => ended.abort());
      if (reset) await stream.writeSSE({ event: "reset", data: JSON.stringify({ epoch: log.epoch }) });
      const ping = setInterval(() => void stream.writeSSE({ event: "ping", data: "" }), PING_MS);
      void machine.broken.then((message) => stream.writeSSE({ event: "broken", data: message }));
      try {
        for await (const event of log.follow({ ...where, signal: ended.signal }))
          await stream.writeSSE({ id: `${log.epoch}:${event.seq}`, event: "event", data: JSON.stringify(event) });
      } finally {
        clearInterval(ping);
      }
    });
  });
}

/** `epoch:seq` as a stream gave it; undefined for anything else. */
function cursorOf(lastEventId: string | undefined): Cursor | undefined {
  const colon = lastEventId?.lastIndexOf(":") ?? -1;
  const parsed = Cursor.safeParse({ epoch: lastEventId?.slice(0, colon), seq: Number(lastEventId?.slice(colon + 1)) });
  return colon > 0 && parsed.data && parsed.data.seq >= 0 ? parsed.data : undefined;
}

/** A body is optional; one that is no JSON is refused before anything is done. */
async function body(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch (error) {
    throw new UserError(`The body is not JSON: ${messageOf(error)}`, { next: "lodestar --help" });
  }
}

function controlRoutes(app: Hono, { machine, shutdown }: ServerOptions): void {
  app.post("/api/v2/up", async (c) => {
    const { by, ...input } = UpBody.parse(await body(c));
    return c.json({ ...(await machine.up(input, by)), epoch: machine.log.epoch });
  });
  app.post("/api/v2/prove", async (c) => {
    const { by, ...input } = ProveBody.parse(await body(c));
    return c.json({ ...(await machine.prove(input, by)), epoch: machine.log.epoch });
  });
  app.post("/api/v2/rooms", async (c) => {
    const { by, trust, ...input } = RoomBody.parse(await body(c));
    return c.json({ ...(await beginRoom(machine, input, { by, trust })), epoch: machine.log.epoch });
  });
  app.post("/api/v2/runs/:id/cancel", async (c) => {
    await machine.cancel(c.req.param("id"));
    return c.json({ cancelled: c.req.param("id") });
  });
  app.post("/api/v2/pause", async (c) =>
    c.json(await machine.pause(c.req.query("repo"), ByBody.parse(await body(c)).by)),
  );
  app.post("/api/v2/resume", async (c) =>
    c.json(await machine.resume(c.req.query("repo"), ByBody.parse(await body(c)).by)),
  );
  app.post("/api/v2/stop", async (c) =>
    c.json(await machine.stop(c.req.query("repo"), ByBody.parse(await body(c)).by)),
  );
  app.post("/api/v2/undo", async (c) => {
    const asked = UndoBody.parse(await body(c));
    return c.json(await undo(machine, c.req.query("repo"), { snapshot: asked.snapshot, by: asked.by }));
  });
  for (const answer of ["approve", "reject"] as const)
    app.post(`/api/v2/${answer}`, async (c) => {
      const { approval, by } = AnswerBody.parse(await body(c));
      return c.json(await answerApproval(machine, approval, answer, by));
    });
  app.post("/api/v2/changes/:id/apply", async (c) => {
    const { by } = ByBody.parse(await body(c));
    return c.json(await applyChange(machine, c.req.param("id"), by));
  });
  app.delete("/api/v2/rooms/:id", async (c) => {
    await removeRoom(machine, c.req.param("id"), { force: c.req.query("force") === "true" });
    return c.json({ removed: c.req.param("id") });
  });
  app.post("/api/v2/shutdown", async (c) => {
    const { by, unlessBusy } = ShutdownBody.parse(await body(c));
    const ok = !(unlessBusy && (await machine.isBusy()));
    if (ok) shutdown(by);
    return c.json({ ok });
  });
}

/** Why a request is refused: it comes from a page in a browser, or from another user. */
function refuse(c: Context, { token, port }: ServerOptions): string | undefined {
  const refused = refusePlace(c, port);
  if (refused !== undefined) return refused;
  return sameText(c.req.header("authorization") ?? "", `Bearer ${token}`) ? undefined : "The token is missing or wrong";
}
