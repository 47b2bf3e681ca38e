import {
  approvalLines,
  commandLine,
  COMPOSE_FILE,
  composeFile,
  containerOf,
  envFilesOf,
  projectName,
  serviceOf,
  type Container,
} from "../../kernel/compose.ts";
import { envLines } from "../../kernel/compose-values.ts";
import type { ContainerRecipe, DatabaseDriver, PlannedDatabase, Site } from "../../sdk/index.ts";
import { approvedOnce, settleOthers } from "./consent.ts";
import { command, emit, inDir, lastLine, round, say, type LiveDatabase, type Result, type Run } from "./run.ts";

/** Images fill an empty database before they listen. */
const PATIENCE = 90_000;
const POLL = 250;
const CLEAN_TIMEOUT = 30_000;
/** What a container is given of the repo: settings and first data, not a dump of everything. */
const FILES = 200;
const FILE_BYTES = 16 * 1024 * 1024;
/** A link may lead back to its own folder. */
const DEPTH = 8;

type Question = { question: string; next: string };

/** The repo's compose service for one database, as it would be run. */
interface Found {
  readonly file: string;
  readonly container: Container;
  readonly recipe: ContainerRecipe;
  readonly login: { url: (port: number) => string | undefined };
}

/**
 * Runs the repo's compose service for a database, and nothing else of its compose file, as a container of Lodestar's own on
 * the working tree; a person approves it once. Undefined where the repo has no such service: then `because` stands.
 */
export async function bringContainer(
  run: Run,
  database: PlannedDatabase,
  { because, trusted }: { because: Question; trusted: boolean },
): Promise<Result<LiveDatabase> | undefined> {
  const found = await findContainer(run, database);
  if (found === undefined || "question" in found) return found && { ok: false, question: found };
  const engine = await run.hands.containers.look();
  if (!engine.ok) {
    const question = `${because.question} ${engine.because}`;
    return { ok: false, question: { question, next: engine.next ?? because.next } };
  }
  const refusal = await askFor(run, found, trusted);
  return refusal ? { ok: false, question: refusal } : start(run, database, found, engine.how);
}

async function findContainer(run: Run, database: PlannedDatabase): Promise<Found | Question | undefined> {
  const recipe = recipeOf(run, database);
  if (!recipe) return undefined;
  const view = await run.view();
  for (const file of composeFiles(database)) {
    const [dir, name] = [folderOf(file), file.slice(file.lastIndexOf("/") + 1)];
    const parsed = await view.dir(dir).yaml(name);
    const service = serviceOf(parsed, recipe);
    if (service === undefined) continue;
    const variables = envLines((await run.tree.files.read(inDir(dir, ".env"))) ?? "");
    const env: Record<string, string> = {};
    for (const path of envFilesOf(parsed, service, dir))
      Object.assign(env, envLines((await run.tree.files.read(path)) ?? ""));
    const answer = containerOf(parsed, { service, recipe, dir, variables, env });
    const next = `docker compose -f ${quoted(file)} up -d ${quoted(service)}, then set ${database.env}`;
    if (!answer.ok) return { question: answer.because, next };
    const { container } = answer;
    const login = { environment: container.environment, command: commandLine(container) };
    const url = (port: number) => recipe.url(login, port);
    if (url(0) === undefined)
      return { question: `${file} does not say how to log in to ${service}: no password is in its environment.`, next };
    return { file, container, recipe, login: { url } };
  }
  return undefined;
}

/** Those that the plan's evidence names; where a failing command asked for the database, the root's. */
function composeFiles({ because }: PlannedDatabase): string[] {
  const named = because.map((place) => place.replace(/[:#]\d+$/, "")).filter((file) => COMPOSE_FILE.test(file));
  const usual = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
  return [...new Set([...named, ...usual])];
}

/** Undefined when it may run. */
async function askFor(run: Run, { file, container }: Found, trusted: boolean): Promise<Question | undefined> {
  const { service } = container;
  const kind = `container-${service.replaceAll(/[^\w.-]/g, "_")}-`;
  const approval = `${kind}${run.hands.hash(JSON.stringify([run.repo.id, file, container])).slice(0, 12)}`;
  const what = "container";
  await settleOthers(run, what, (other) => other.startsWith(kind) && other !== approval);
  const question = `Run the service ${service} of ${file} as a container of Lodestar's own?`;
  const risk = "Its image is a program of other people: Docker runs it with a network, outside Lodestar's sandbox.";
  const asked = { approval, question, what, commands: approvalLines(container), risk };
  const answer = await approvedOnce(run, asked, trusted);
  if (answer === "approve") return undefined;
  if (answer === "reject")
    return {
      question: `The container of ${service} (${container.image}) was rejected, so it was not started.`,
      next: `lodestar up ${run.repo.root} --trust`,
    };
  return {
    question: `Nobody has approved the container of ${service} (${approvalLines(container).join("; ")}). Approve, then run lodestar up again.`,
    next: `lodestar approve ${approval}`,
  };
}

async function start(run: Run, database: PlannedDatabase, found: Found, engine: string): Promise<Result<LiveDatabase>> {
  const { container, recipe } = found;
  const { containers, clock } = run.hands;
  const begun = clock.now();
  await say(run, "databases", `Starting ${container.image} in a container for ${run.repo.name}`);
  const { port } = await run.tree.port({ name: `database ${database.name}` });
  const { files, copies } = await copiesOf(run.tree, container);
  copies.forEach((copy, index) => {
    if (copy === undefined)
      run.notChecked.push(`${container.files[index]?.path} was not given to the container of ${container.service}`);
  });
  const name = projectName([containers.mark, run.repo.id, database.name]);
  const own = { name, port, site: run.tree.id, mark: containers.mark, copies };
  const started = await containers.start({
    site: run.tree.id,
    project: name,
    container: name,
    compose: JSON.stringify(composeFile(container, own), null, 2),
    files,
    title: `database ${database.name}`,
    signal: run.signal,
  });
  if (!started.ok)
    return no(`Docker could not make ${container.service}: ${started.because}`, `docker pull ${container.image}`);
  const live: LiveDatabase = {
    name: database.name,
    engine: database.engine,
    env: database.env,
    url: found.login.url(port) ?? "",
    how: `${container.image} in a container, ${engine}`,
    fresh: true,
    health: { kind: "port" },
    greeting: recipe.greeting,
    port,
    running: started.running,
  };
  const problem = await untilGreets(run, live);
  if (problem !== undefined) {
    const said = lastLines(await started.running.tail(8 * 1024));
    await started.running.stop();
    const next = `docker compose -f ${quoted(found.file)} up ${container.service}`;
    return no(`${container.service} (${container.image}) ${problem}: ${said}`, next);
  }
  await forgetSeed(run, database);
  const seconds = round((clock.now() - begun) / 1000);
  const data = { name: live.name, engine: live.engine, how: live.how, port, env: live.env, seconds };
  await emit(run, { type: "database.ready", data });
  void started.ended.then((how) => (how === "stopped" ? undefined : tellEnd(run, live)));
  return { ok: true, value: live };
}

/** What is wrong when it does not answer: it ended, or patience is over. */
async function untilGreets(run: Run, { greeting, port, running }: LiveDatabase): Promise<string | undefined> {
  if (!greeting || port === undefined || !running) return "has no port";
  const { clock, containers } = run.hands;
  const deadline = clock.now() + PATIENCE;
  const gone = running.exited.then(({ exit }) => `ended with status ${exit} before it answered`);
  let detail = "";
  while (clock.now() < deadline) {
    const probe = await containers.greets({ ...greeting, port, timeout: 1_000 });
    if (probe.ok) return undefined;
    detail = probe.detail;
    const ended = await Promise.race([gone, clock.sleep(POLL, run.signal)]);
    if (ended !== undefined) return ended;
  }
  return `did not answer within ${PATIENCE / 1000} s (${detail})`;
}

/** It crashed, or the engine did; the next `up` starts it anew. */
async function tellEnd(run: Run, { name, engine, running }: LiveDatabase): Promise<void> {
  const said = lastLine((await running?.tail(4 * 1024)) ?? "");
  const status = (await running?.exited)?.exit ?? "unknown";
  const because = `its container ended with status ${status}${said === "" ? "" : `: ${said}`}`;
  await emit(run, { type: "database.failed", data: { name, engine, because, next: `lodestar up ${run.repo.root}` } });
}

/** Its volume is new, so what was once loaded is not there. */
async function forgetSeed(run: Run, database: PlannedDatabase): Promise<void> {
  const folder = `${run.tree.scratch}/databases/${database.name}`;
  await command(run, run.tree, "database", {
    command: `rm -rf '${folder}' && mkdir -p '${folder}'`,
    dir: ".",
    env: {},
    network: "none",
    timeout: CLEAN_TIMEOUT,
    title: `prepare ${database.name}`,
  });
}

/** The texts that the container gets, by path beside its compose file; undefined for what is absent or no text. */
async function copiesOf(
  { files }: Site,
  container: Container,
): Promise<{ files: Record<string, string>; copies: (string | undefined)[] }> {
  const texts: Record<string, string> = {};
  const copies: (string | undefined)[] = [];
  async function add(path: string, copy: string, depth: number): Promise<boolean> {
    if (depth > DEPTH) return false;
    const text = Object.keys(texts).length < FILES ? await files.read(path, FILE_BYTES) : undefined;
    if (text !== undefined) texts[copy] = text;
    const names = text === undefined ? await files.list(path) : [];
    let some = text !== undefined;
    for (const name of names)
      some = (name !== ".git" && (await add(`${path}/${name}`, `${copy}/${name}`, depth + 1))) || some;
    return some;
  }
  for (const [index, { path }] of container.files.entries()) {
    const copy = `./files/${index}`;
    copies.push((await add(path, copy, 0)) ? copy : undefined);
  }
  return { files: texts, copies };
}

function recipeOf(run: Run, { engine }: PlannedDatabase): ContainerRecipe | undefined {
  const drivers = run.hands.plugins.drivers.map((one) => one.plugin);
  return drivers.find((one): one is DatabaseDriver => one.role === "database" && one.engine === engine)?.container;
}

function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : ".";
}

/** One word of a shell, since a person may paste it. */
function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function lastLines(output: string): string {
  const lines = output.trimEnd().split("\n").slice(-3);
  return (
    lines
      .map((line) => line.trim())
      .join(" / ")
      .slice(0, 500) || "it printed nothing"
  );
}

function no(question: string, next: string): Result<never> {
  return { ok: false, question: { question, next } };
}
