import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type Containers,
  type ContainerStart,
  type Running,
  type Secrets,
  type Segments,
  type Site,
} from "../sdk/index.ts";
import { docker, dockerLine, findClient, type ClientOptions, type DockerClient } from "./compose-client.ts";
import { greets } from "./compose-greeting.ts";
import { createProcesses, type Processes } from "./processes.ts";
import { siteMark } from "./site-tree.ts";
import { outputOf } from "./tool-process.ts";

export interface ContainersOptions extends Omit<ClientOptions, "cwd"> {
  readonly dataDir: string;
  readonly segments: Segments;
  readonly secrets: Pick<Secrets, "redact">;
  /** Milliseconds that an image may take to be pulled. */
  readonly pullTimeout?: number;
}

export interface HostContainers extends Containers {
  /** The same site; closing it ends its containers too. */
  endingWith(site: Site): Site;
  close(): Promise<void>;
}

/** One project that was started in this life of the daemon. */
interface Live {
  readonly site: string;
  end(): Promise<void>;
}

const PULL_TIMEOUT = 5 * 60_000;
const DOWN_TIMEOUT = 60_000;
/** Seconds that a server gets to end by itself: its data goes anyway. */
const STOP_SECONDS = 1;
const LABEL = "lodestar.data";

/**
 * Containers by compose, each from a file of its own in `<dataDir>/compose/<project>`. The folder stays as long as something
 * of the project may be left, so an engine is asked at the start only after a crash.
 */
export function openContainers(options: ContainersOptions): HostContainers {
  const { dataDir } = options;
  const root = join(dataDir, "compose");
  const mark = createHash("sha256").update(dataDir).digest("hex").slice(0, 8);
  const processes = createProcesses({ segments: options.segments, redact: (text) => options.secrets.redact(text) });
  const live = new Map<string, Live>();
  const look = () => findClient({ ...options, cwd: dataDir });
  const swept = sweep(root, mark, look);

  async function endAll(site?: string): Promise<void> {
    const mine = [...live.values()].filter((one) => site === undefined || one.site === site);
    await Promise.all(mine.map((one) => one.end()));
  }

  return {
    mark,
    look: async () => {
      const found = await look();
      return found.ok ? { ok: true, how: found.client.how } : found;
    },
    async start(request) {
      await swept;
      await live.get(request.project)?.end();
      const found = await look();
      if (!found.ok) return { ok: false, because: found.because };
      return startIn(openProject(root, request.project, found.client), request, { ...options, processes, live });
    },
    greets,
    endingWith: (site) => ({
      ...site,
      async close() {
        await Promise.all([endAll(site.id), site.close()]);
      },
    }),
    async close() {
      await endAll();
      await processes.close();
      await swept;
    },
  };
}

type Project = ReturnType<typeof openProject>;
type Around = Pick<ContainersOptions, "dataDir" | "pullTimeout"> & { processes: Processes; live: Map<string, Live> };

async function startIn(project: Project, request: ContainerStart, around: Around): ReturnType<Containers["start"]> {
  const { processes, live } = around;
  const launch = { site: siteMark(around.dataDir, request.site), cwd: project.folder, env: project.env };
  await project.down();
  await project.write(request);
  const remove = once(async () => {
    await project.down();
    live.delete(request.project);
  });
  live.set(request.project, { site: request.site, end: remove });
  const segment = `${request.site}/${request.title}`;
  const timeout = around.pullTimeout ?? PULL_TIMEOUT;
  const make = { ...launch, command: `exec ${project.words("up --no-start --no-build")}`, segment: `${segment} pull` };
  const made = await processes.run(make, { timeout, signal: request.signal });
  if (made.exit !== 0 || request.signal.aborted) {
    await remove();
    request.signal.throwIfAborted();
    const late = `the image was not there after ${Math.round(timeout / 1000)} s.`;
    return { ok: false, because: made.timedOut ? late : dockerLine(made.output) };
  }
  const command = `exec docker start --attach ${request.container}`;
  const running = await processes.start({ ...launch, command, segment });
  let isStopped = false;
  const stop: Running["stop"] = async (graceMs) => {
    isStopped = true;
    await remove();
    // Now the client that follows it has nothing to follow.
    await running.stop(graceMs);
  };
  live.set(request.project, { site: request.site, end: stop });
  const ended = running.exited.then(() => (isStopped ? "stopped" : "by itself"));
  return { ok: true, running: { ...running, stop }, ended };
}

function openProject(root: string, name: string, client: DockerClient) {
  const folder = join(root, name);
  const words = (args: string) => `${client.compose.join(" ")} --ansi never -p ${name} -f compose.json ${args}`;
  return {
    folder,
    env: client.env,
    words,
    async write({ compose, files }: ContainerStart): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const [path, text] of Object.entries(files)) {
        // Read by another user, inside the container; nobody else passes the data dir.
        await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o755 });
        await writeFile(join(folder, path), text, { mode: 0o644 });
      }
      await writeFile(join(folder, "compose.json"), compose, { mode: 0o600 });
    },
    /** Removes container, volumes and network of the project. What cannot be removed now is swept at the next start. */
    async down(): Promise<void> {
      if (!(await namesIn(root)).includes(name)) return;
      const line = words(`down --volumes --remove-orphans --timeout ${STOP_SECONDS}`);
      const [program = "", ...rest] = line.split(" ");
      const ended = await outputOf(program, rest, { cwd: folder, env: client.env, timeout: DOWN_TIMEOUT });
      if (ended.exit === 0) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** After a crash: removes every container, volume and network that carries this data dir's label. */
async function sweep(root: string, mark: string, look: () => ReturnType<typeof findClient>): Promise<void> {
  const left = await namesIn(root);
  if (left.length === 0) return;
  const found = await look();
  // Without an engine nothing runs; its next start finds the folders again.
  if (!found.ok) return;
  const { env } = found.client;
  const ask = (...words: string[]) => docker({ words, env, cwd: root, timeout: DOWN_TIMEOUT });
  const kinds = [
    { list: ["ps", "--all"], remove: ["rm", "--force", "--volumes"] },
    { list: ["volume", "ls"], remove: ["volume", "rm", "--force"] },
    { list: ["network", "ls"], remove: ["network", "rm"] },
  ];
  let isClean = true;
  for (const { list, remove } of kinds) {
    const listed = await ask(...list, "--quiet", "--filter", `label=${LABEL}=${mark}`);
    const ids = listed.stdout.split(/\s+/).filter((id) => id !== "");
    const removed = ids.length > 0 ? await ask(...remove, ...ids) : listed;
    isClean &&= listed.exit === 0 && removed.exit === 0;
  }
  if (isClean) await rm(root, { recursive: true, force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** The first call does the work; the others wait for it. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
