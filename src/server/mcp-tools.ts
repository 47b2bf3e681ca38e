import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { isOutsideError, isUserError, messageOf } from "../sdk/index.ts";
import { meantBy, RepoName, type Answer, type McpContext, type Meant } from "./mcp-context.ts";
import { planFor } from "./mcp-plan.ts";
import { proveFor, Proving, type Told } from "./mcp-proof.ts";
import { roomsFor, statusFor, whyFor } from "./mcp-state.ts";

interface Reading {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly answer: (context: McpContext, meant: Meant) => Promise<Answer>;
}

/** What only looks. */
const READING: readonly Reading[] = [
  {
    name: "plan",
    title: "What would be checked",
    description:
      "Which checks, with their exact commands, `prove` would run here, and how the repository is installed and started. Reads only; nothing of the repository runs. Call it to learn what your work will be judged by.",
    answer: planFor,
  },
  {
    name: "status",
    title: "What Lodestar is doing",
    description: "What is done for the repository now, or why nothing is, in one sentence.",
    answer: statusFor,
  },
  {
    name: "why",
    title: "Why that is so",
    description: "The chain of facts behind `status`: the run, its services and databases, what waits for a person.",
    answer: whyFor,
  },
  {
    name: "rooms",
    title: "Isolated copies",
    description:
      "The isolated copies of the repository in which checks were run: commit, purpose, size, in use or not.",
    answer: roomsFor,
  },
];

/** The tools. None of them answers a question that a person is asked, lifts the sandbox, or ends what somebody else started. */
export function addTools(server: McpServer, context: McpContext): void {
  const annotations = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };
  const inputSchema = z.strictObject({ repo: RepoName });
  for (const { name, title, description, answer } of READING)
    server.registerTool(name, { title, description, inputSchema, annotations }, ({ repo }) =>
      answered(async () => answer(context, await meantBy(context, repo))),
    );
  addProve(server, context);
}

function addProve(server: McpServer, context: McpContext): void {
  server.registerTool(
    "prove",
    {
      title: "Prove the current change",
      description:
        "Runs the repository's checks on the current tree in an isolated copy, against the base's own checks, and answers verified, refuted (with the new failures) or unprovable, with a signed receipt. The working tree is not touched. Takes as long as the checks. Call it before you call work done; a failure that the base has too does not count.",
      inputSchema: Proving,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    (asked, extra) => {
      const token = extra._meta?.progressToken;
      const tell = async (told: Told) => {
        if (token === undefined) return;
        const params = { progressToken: token, progress: told.progress, message: told.message };
        // A client that is gone does not end the proof.
        await extra.sendNotification({ method: "notifications/progress", params }).catch(() => undefined);
      };
      const call = { ...context, request: extra.requestId, tell };
      return answered(async () => proveFor(call, await meantBy(context, asked.repo), asked));
    },
  );
}

/** A failure is an answer too: its cause, what was tried, and what to do next. */
async function answered(work: () => Promise<Answer>): Promise<CallToolResult> {
  try {
    const { text, data } = await work();
    return { content: [{ type: "text", text }], structuredContent: data };
  } catch (error) {
    const message = isUserError(error) || isOutsideError(error) ? messageOf(error) : `A bug: ${messageOf(error)}`;
    const tried = isUserError(error) ? error.tried : undefined;
    const next = isUserError(error) ? error.next : "lodestar doctor";
    const lines = [message, ...(tried === undefined ? [] : [`tried: ${tried}`]), `next: ${next}`];
    return {
      isError: true,
      content: [{ type: "text", text: lines.join("\n") }],
      structuredContent: { error: { message, next, ...(tried === undefined ? {} : { tried }) } },
    };
  }
}
