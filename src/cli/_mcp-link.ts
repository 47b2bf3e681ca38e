import { randomUUID } from "node:crypto";
import type { Client } from "../client/client.ts";
import { isOutsideError, isUserError, OutsideError } from "../sdk/errors.ts";
import { endDaemon, ensureDaemon, type DataDirOption } from "./_daemon.ts";

/** How often a message is sent when the daemon ends under it: every one may be repeated, a proof is joined. */
export const TRIES = 3;

/** The way to `/mcp` of the daemon, which is started where there is none, and again when it has ended. */
export interface Link {
  /** Rejects when no daemon can be reached, and when `signal` ends it. */
  post(message: unknown, signal?: AbortSignal): Promise<Response>;
  /** The daemon of the last time is gone: the next message looks for another one. */
  forget(): void;
  /** Ends the daemon if it was started for this link and nobody else has work for it. */
  close(): Promise<void>;
}

/** `repo` is the folder that is meant where a tool is given none. */
export function openLink(repo: string, options: DataDirOption): Link {
  const query = new URLSearchParams({ repo }).toString();
  const session = randomUUID();
  const daemon: { client?: Promise<Client> | undefined; started: boolean } = { started: false };

  async function connect(): Promise<Client> {
    daemon.client ??= ensureDaemon(options).then(({ client, started }) => {
      daemon.started ||= started;
      return client;
    });
    return daemon.client;
  }

  async function send(message: unknown, signal: AbortSignal | undefined): Promise<Response> {
    const { endpoint } = await connect();
    return fetch(`http://127.0.0.1:${endpoint.port}/mcp?${query}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${endpoint.token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": session,
      },
      body: JSON.stringify(message),
      signal: signal ?? null,
    });
  }

  return {
    async post(message, signal) {
      for (let tries = 1; ; tries++) {
        try {
          const response = await send(message, signal);
          // Its port may be another program's by now, which knows nothing of the token or of /mcp.
          if ((response.status !== 403 && response.status !== 404) || tries >= TRIES) return response;
        } catch (error) {
          if (signal?.aborted) throw error;
          // Also after the last try: the next message may fare better.
          daemon.client = undefined;
          if (isUserError(error)) throw error;
          if (tries >= TRIES) throw isOutsideError(error) ? error : unanswered(error);
        }
        daemon.client = undefined;
      }
    },
    forget() {
      daemon.client = undefined;
    },
    async close() {
      const client = daemon.started ? await daemon.client?.catch(() => undefined) : undefined;
      if (client) await endDaemon(client, "lodestar mcp", true);
    },
  };
}

function unanswered(cause: unknown): OutsideError {
  return new OutsideError("The daemon does not answer", { retryable: true, cause });
}
