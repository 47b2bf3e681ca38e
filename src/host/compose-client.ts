import { homedir } from "node:os";
import type { Toolbox } from "../sdk/index.ts";
import { machineEnv } from "./machine-env.ts";
import { outputOf, type Finished } from "./tool-process.ts";

/** The Docker client of this machine: where its engine is, and the words of its compose. */
export interface DockerClient {
  readonly how: string;
  /** `docker compose` or `docker-compose`. */
  readonly compose: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export type Found =
  | { readonly ok: true; readonly client: DockerClient }
  | { readonly ok: false; readonly because: string; readonly next?: string };

export interface ClientOptions {
  /** The user's PATH, never one of a repo. */
  readonly path: readonly string[];
  readonly toolbox: Pick<Toolbox, "which">;
  /** Where DOCKER_HOST and the like come from; the process environment when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A folder without an `.env`: compose would read it. */
  readonly cwd: string;
}

/** What tells a Docker client where its engine is. Nothing else of the daemon's environment reaches it (COMPOSE_FILE would). */
const PASSED =
  /^(DOCKER_(HOST|CONTEXT|CONFIG|TLS_VERIFY|CERT_PATH|API_VERSION)|XDG_RUNTIME_DIR|HTTPS?_PROXY|NO_PROXY)$/;
/** An engine that is well answers in milliseconds; one that just starts may take a moment. */
const ASK_TIMEOUT = 5_000;

/** Looks for a client, an engine of this very machine that answers, and a compose. */
export async function findClient(options: ClientOptions): Promise<Found> {
  const { cwd } = options;
  if ((await options.toolbox.which("docker")) === undefined)
    return { ok: false, because: "No docker was found on PATH." };
  const env = clientEnv(options);
  const ask = (words: readonly string[]) => docker({ words, env, cwd });
  const host = (await ask(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])).stdout.trim();
  if (/^(tcp|ssh|https?):/.test(host))
    return { ok: false, because: `The Docker engine is on another machine (${host}), so its containers are not here.` };
  const version = await ask(["version", "--format", "{{.Server.Version}}"]);
  if (version.exit !== 0) return { ok: false, ...whyDown(version, host) };
  // docker-compose of version 1 knows no contexts.
  const located = host === "" ? env : { ...env, DOCKER_HOST: host };
  const engine = `Docker ${version.stdout.trim()}`;
  const second = await ask(["compose", "version", "--short"]);
  if (second.exit === 0) return { ok: true, client: { how: engine, compose: ["docker", "compose"], env: located } };
  if ((await options.toolbox.which("docker-compose")) !== undefined)
    return { ok: true, client: { how: engine, compose: ["docker-compose"], env: located } };
  const because = `${engine} answers, but neither docker compose nor docker-compose is installed.`;
  return { ok: false, because, next: "sudo apt-get install docker-compose" };
}

/** Runs one command of the client, at most `timeout` milliseconds. */
export function docker(call: {
  words: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  timeout?: number;
}): Promise<Finished> {
  const { words, env, cwd, timeout = ASK_TIMEOUT } = call;
  return outputOf("docker", words, { cwd, env, timeout });
}

/** Docker's own last line that says what went wrong; else its last line. */
export function dockerLine(output: string): string {
  const lines = output
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const said = lines.findLast((line) => /error|denied|cannot|not found|invalid|unsupported|refused/i.test(line));
  return (said ?? lines.at(-1) ?? "it said nothing").slice(0, 400);
}

function clientEnv({ path, env = process.env }: ClientOptions): Record<string, string> {
  const passed = Object.entries(env).filter(([name]) => PASSED.test(name));
  const given = Object.fromEntries(passed.flatMap(([name, value]) => (value ? [[name, value]] : [])));
  // The client keeps its contexts and the logins of registries at home.
  return { ...machineEnv().env, ...given, HOME: env["HOME"] ?? homedir(), PATH: path.join(":") };
}

function whyDown({ stderr, timedOut }: Finished, host: string): { because: string; next: string } {
  if (timedOut)
    return { because: `The Docker engine at ${host} does not answer.`, next: "sudo systemctl restart docker" };
  const line = dockerLine(stderr);
  if (/permission denied/i.test(line))
    return { because: line, next: 'sudo usermod -aG docker "$USER", then log in again' };
  return {
    because: line,
    next: process.platform === "linux" ? "sudo systemctl start docker" : "start Docker Desktop",
  };
}
