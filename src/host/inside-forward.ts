/**
 * Runs inside a sandbox that has no network but its own loopback: `inside-forward <socket> -- <command…>`. Listens on
 * a loopback port, passes each connection on to the registry proxy's Unix socket, tells package managers about it by
 * the variables they read, runs the command with the same stdio, and ends as the command ends. Imports nothing of
 * Lodestar: this file is all that is visible of it there.
 */
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import process from "node:process";

const [socket, , program, ...args] = process.argv.slice(2);
if (socket === undefined || program === undefined) {
  process.stderr.write("usage: inside-forward <socket> -- <command…>\n");
  process.exit(2);
}

const server = createServer((inside) => {
  const outside = connect(socket);
  inside.pipe(outside).pipe(inside);
  inside.on("error", () => outside.destroy());
  outside.on("error", () => inside.destroy());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") process.exit(2);
  run(program, args, address.port);
});

function run(program: string, args: string[], port: number): void {
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...proxyVariables(port) } });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(127);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Each package manager reads its own: curl-like ones the first four, npm and yarn theirs, the JVM system properties. */
function proxyVariables(port: number): Record<string, string> {
  const url = `http://127.0.0.1:${port}`;
  const local = "localhost,127.0.0.1,::1";
  const java = ["http", "https"]
    .map((scheme) => `-D${scheme}.proxyHost=127.0.0.1 -D${scheme}.proxyPort=${port}`)
    .join(" ");
  const jvm = (name: string) => [process.env[name], java].filter(Boolean).join(" ");
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    http_proxy: url,
    https_proxy: url,
    NO_PROXY: local,
    no_proxy: local,
    npm_config_proxy: url,
    npm_config_https_proxy: url,
    npm_config_noproxy: local,
    YARN_HTTP_PROXY: url,
    YARN_HTTPS_PROXY: url,
    NODE_USE_ENV_PROXY: "1",
    MAVEN_OPTS: jvm("MAVEN_OPTS"),
    GRADLE_OPTS: jvm("GRADLE_OPTS"),
  };
}
