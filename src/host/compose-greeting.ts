import { connect } from "node:net";
import type { Greeting, ProbeResult } from "../sdk/index.ts";

/** No greeting is longer; what follows is not read. */
const LIMIT = 4096;

/**
 * Talks to a server on 127.0.0.1 until its answer is the expected one, the connection ends or the time is over. Docker takes
 * connections for a container whose server does not listen yet, so an open port says nothing.
 */
export function greets(asked: Greeting & { port: number; timeout: number }): Promise<ProbeResult> {
  const { port, timeout, send, expect } = asked;
  const wanted = new RegExp(expect);
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    const socket = connect({ host: "127.0.0.1", port });
    const timer = setTimeout(
      () => end(false, `port ${port} said nothing that was expected within ${timeout} ms`),
      timeout,
    );
    const end = (ok: boolean, detail: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ok, kind: "greeting", detail });
    };
    socket.on("connect", () => {
      if (send !== undefined) socket.write(Buffer.from(send, "hex"));
    });
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (wanted.test(heard.toString("hex"))) end(true, `the server on port ${port} answers`);
      else if (heard.length > LIMIT) end(false, `port ${port} is another kind of server`);
    });
    socket.on("error", (error) => end(false, `port ${port}: ${error.message}`));
    socket.on("close", () => end(false, `port ${port} closed the connection without a greeting`));
  });
}
