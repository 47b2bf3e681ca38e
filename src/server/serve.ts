import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { OutsideError } from "../sdk/index.ts";

/**
 * Listens on 127.0.0.1. `wanted` is the port of the last time; when somebody else has it, any free one is taken.
 * The app is made with the port, as it checks the Host header against it.
 */
export async function serve(
  wanted: number,
  makeApp: (port: number) => Hono,
): Promise<{ port: number; close(): Promise<void> }> {
  const app: { current?: Hono } = {};
  const server = createAdaptorServer({
    fetch: (request) => app.current?.fetch(request) ?? new Response(null, { status: 503 }),
  });
  const port = (await listen(server, wanted)) ?? (await listen(server, 0));
  if (port === undefined) throw new OutsideError("No port of 127.0.0.1 is free for the daemon", { retryable: true });
  app.current = makeApp(port);
  return {
    port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

function listen(server: ReturnType<typeof createAdaptorServer>, port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const failed = () => done(undefined);
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", failed);
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : undefined);
    });
  });
}
