import { defineFixer } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

const OPTION = "--dns-result-order=ipv4first";
/** A database that is refused there is down, or gets a URL of its own; see database-down and redis-down. */
const DATABASE_PORTS = new Set(["3306", "5432", "5672", "6379", "27017"]);

/** One side says localhost and means ::1, the other listens on 127.0.0.1 (or the reverse): both are told to mean 127.0.0.1. */
export default defineFixer({
  repair(failure) {
    const because = mismatch(plain(failure));
    if (because === undefined) return undefined;
    const service = failure.service === undefined ? {} : { service: failure.service };
    return {
      title: "let localhost mean 127.0.0.1",
      because,
      actions: [{ do: "set-env", name: "NODE_OPTIONS", value: OPTION, ...service }],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "a client that asks ::1 first",
      failure: { service: "web" },
      real: {
        files: {
          "app.js": `const net = require("node:net");
const server = net.createServer((socket) => socket.end()).listen(0, "127.0.0.1", () => {
  net.connect({ host: "localhost", port: server.address().port, autoSelectFamily: false })
    .on("connect", () => server.close())
    .on("error", (error) => { throw error; });
});`,
        },
        // In a mount namespace of its own, so that localhost is ::1 first whatever this machine says.
        command:
          "printf '::1 localhost\\n127.0.0.1 localhost\\n' > hosts; unshare -Urm sh -c 'mount --bind hosts /etc/hosts && node app.js'",
        needs: ["unshare -Urm mount --bind /dev/null /etc/hosts"],
        cured: { env: { NODE_OPTIONS: OPTION } },
      },
      repairs: [{ do: "set-env", name: "NODE_OPTIONS", value: OPTION }],
    },
    {
      name: "the error of Node 18's fetch",
      failure: { service: "web", output: "TypeError: fetch failed\n  cause: Error: connect ECONNREFUSED ::1:4000" },
      repairs: [{ do: "set-env", name: "NODE_OPTIONS", value: OPTION }],
    },
    {
      name: "Vite listens on ::1 only",
      failure: {
        service: "web",
        port: 5173,
        output: "  ➜  Local:   http://localhost:5173/\nport: connect ECONNREFUSED 127.0.0.1:5173",
      },
      repairs: [{ do: "set-env", name: "NODE_OPTIONS", value: OPTION }],
    },
    {
      name: "counter: nobody listens, on either",
      failure: {
        output: "AggregateError [ECONNREFUSED]:\n connect ECONNREFUSED ::1:4000\n connect ECONNREFUSED 127.0.0.1:4000",
      },
      repairs: undefined,
    },
    {
      name: "counter: a database that is down",
      failure: { output: "Error: connect ECONNREFUSED ::1:5432" },
      repairs: undefined,
    },
  ],
});

function mismatch(output: string): string | undefined {
  const asked = /ECONNREFUSED (?:::1|\[::1\]):(\d+)/.exec(output);
  const port = asked?.[1];
  if (asked && port && !DATABASE_PORTS.has(port) && !output.includes(`ECONNREFUSED 127.0.0.1:${port}`)) return asked[0];
  const said = /Local:\s+https?:\/\/localhost:(\d+)/.exec(output);
  const refused = `ECONNREFUSED 127.0.0.1:${said?.[1]}`;
  const only = said !== null && output.includes(refused) && !output.includes(`ECONNREFUSED ::1:${said[1]}`);
  return only ? `it says ${said[0].replace(/\s+/g, " ")}, but ${refused}` : undefined;
}
