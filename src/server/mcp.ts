import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { CancelledNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Machine } from "../kernel/machine.ts";
import { callOf, type McpContext } from "./mcp-context.ts";
import { addResources } from "./mcp-resources.ts";
import { addTools } from "./mcp-tools.ts";

const SESSION = "mcp-session-id";
const INSTRUCTIONS =
  "Lodestar runs a repository's own checks in an isolated copy and signs what happened. Call `plan` to see what would be checked, and `prove` before you say that something is done: a green run of your own is not a receipt. What needs a person (trust, approvals) is not among these tools: pass the question on.";

/**
 * The Model Context Protocol over HTTP. Every request gets a server of its own, so that nothing is lost when the daemon is
 * another one the next time; the session only names the client, for calling a proof off.
 */
export function openMcp(machine: Machine): (request: Request, repo: string | undefined) => Promise<Response> {
  const calls = new Map<string, AbortController>();
  return async (request, repo) => {
    if (request.method !== "POST") return notAllowed();
    const asked = request.headers.get(SESSION);
    const session = asked ?? machine.hands.newId();
    const server = serverFor({ machine, repo, session, calls });
    const transport = new WebStandardStreamableHTTPServerTransport();
    await server.connect(transport);
    const answer = await transport.handleRequest(request);
    if (asked === null) answer.headers.set(SESSION, session);
    return answer;
  };
}

function serverFor(context: McpContext): McpServer {
  const { version } = context.machine.hands;
  const server = new McpServer({ name: "lodestar", title: "Lodestar", version }, { instructions: INSTRUCTIONS });
  addTools(server, context);
  addResources(server, context);
  server.server.setNotificationHandler(CancelledNotificationSchema, ({ params }) => {
    if (params.requestId !== undefined) context.calls.get(callOf(context.session, params.requestId))?.abort();
  });
  return server;
}

function notAllowed(): Response {
  const error = { code: -32_000, message: "Only POST is answered here: there is no stream besides a call's own" };
  return Response.json({ jsonrpc: "2.0", id: null, error }, { status: 405, headers: { Allow: "POST" } });
}
