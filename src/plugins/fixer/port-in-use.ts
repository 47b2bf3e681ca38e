import { defineFixer } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

const TAKEN =
  /EADDRINUSE|address already in use|port \d+ (?:is|was) (?:already )?in use|port is already in use|already running on port \d+|connection in use: \(/i;
/** Programs that move on by themselves, a debugger's port, a Unix socket: not the port of the service. */
const OTHER = /trying another|using (?:available )?port \d+ instead|inspector|debugger|\.sock\b/i;
const NUMBER = [/port[: =]+(\d{2,5})\b/i, /', (\d{2,5})\)/, /:(\d{2,5})\b(?!.*:\d)/];

/** The port that the service wants is taken: it gets another one, if it listens to what it is told. */
export default defineFixer({
  repair(failure) {
    const { service, port } = failure;
    if (service === undefined || failure.phase !== "start") return undefined;
    const lines = plain(failure).split("\n");
    const at = lines.findLastIndex((line) => TAKEN.test(line) && !OTHER.test(line));
    const line = lines[at];
    if (line === undefined) return undefined;
    const wanted = portIn(line) ?? port;
    const holder = failure.portHeldBy ?? "another program";
    if (wanted !== undefined && port !== undefined && wanted !== port)
      return {
        title: `${service} insists on port ${wanted}`,
        because: `${line.trim()} (it was told to use ${port})`,
        actions: [
          {
            do: "ask",
            question: `${service} was told to use port ${port}, but takes ${wanted}, which ${holder} holds.`,
            next: `stop what listens on ${wanted}, then: lodestar up`,
          },
        ],
        again: "start",
      };
    return {
      title: `gave ${service} another port: ${wanted ?? "its own"} is held by ${holder}`,
      because: line.trim(),
      actions: [{ do: "use-port", service }],
      again: "start",
    };
  },
  examples: [
    {
      name: "a Node server on a port that is taken",
      failure: { service: "web" },
      real: {
        files: {
          "server.js": `const http = require("node:http");
const first = http.createServer().listen(0, "127.0.0.1", () => {
  const port = process.env.PORT ?? first.address().port;
  const second = http.createServer().listen(port, "127.0.0.1", () => (first.close(), second.close()));
});`,
        },
        command: "node server.js",
        cured: { env: { PORT: "0" } },
      },
      repairs: [{ do: "use-port", service: "web" }],
    },
    {
      name: "a Python server on a port that is taken",
      failure: { service: "api" },
      real: {
        files: {
          "server.py": `import os, socket
first = socket.create_server(("127.0.0.1", 0))
port = int(os.environ.get("PORT", first.getsockname()[1]))
socket.create_server(("127.0.0.1", port)).close()`,
        },
        command: "python3 server.py",
        needs: ["python3"],
        cured: { env: { PORT: "0" } },
      },
      repairs: [{ do: "use-port" }],
    },
    {
      name: "Go",
      failure: { service: "api", port: 8080, output: "listen tcp :8080: bind: address already in use\nexit status 1" },
      repairs: [{ do: "use-port", service: "api" }],
    },
    {
      name: "gunicorn",
      failure: { service: "api", port: 8000, output: "[ERROR] Connection in use: ('0.0.0.0', 8000)" },
      repairs: [{ do: "use-port" }],
    },
    {
      name: "Spring Boot",
      failure: {
        service: "api",
        port: 8080,
        output: "Web server failed to start. Port 8080 was already in use.\n\nAction:",
      },
      repairs: [{ do: "use-port" }],
    },
    {
      name: "a hard-coded port that no variable moves is a question",
      failure: {
        service: "api",
        port: 3001,
        portHeldBy: "nginx (pid 7)",
        output: "Error: listen EADDRINUSE: address already in use :::9000",
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "counter: Vite moves on by itself",
      failure: { service: "web", output: "Port 5173 is in use, trying another one...\nError: plugin crashed" },
      repairs: undefined,
    },
    {
      name: "counter: a Unix socket is no port",
      failure: { service: "api", output: "Error: listen EADDRINUSE: address already in use /tmp/app.sock" },
      repairs: undefined,
    },
    {
      name: "counter: the debugger's port",
      failure: {
        service: "api",
        output: "Starting inspector on 127.0.0.1:9229 failed: address already in use",
      },
      repairs: undefined,
    },
  ],
});

function portIn(line: string): number | undefined {
  for (const pattern of NUMBER) {
    const port = Number(pattern.exec(line)?.[1]);
    if (port > 0 && port < 65_536) return port;
  }
  return undefined;
}
