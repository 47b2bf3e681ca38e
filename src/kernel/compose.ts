import type { ContainerRecipe } from "../sdk/index.ts";
import { textsIn, variablesIn, type Values } from "./compose-values.ts";

/** A compose file under the names that Docker looks for. */
export const COMPOSE_FILE = /^(?:.*\/)?(?:docker-)?compose\.ya?ml$/;

/** A database of a repo's compose file as Lodestar runs it: what reaches the user's own data or machine is not in it. */
export interface Container {
  readonly service: string;
  readonly image: string;
  readonly command: string | readonly string[] | undefined;
  readonly entrypoint: string | readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Where it listens inside. */
  readonly port: number;
  /** Folders inside that are fresh volumes, in place of the user's. */
  readonly volumes: readonly string[];
  /** Repo-relative files and folders that it gets as a read-only copy. */
  readonly files: readonly { readonly path: string; readonly target: string }[];
  /** Harmless settings that are kept as they are. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the compose file asks for and it does not get, as people read it. */
  readonly without: readonly string[];
}

type Answer = { ok: true; container: Container } | { ok: false; because: string };

/** What Docker takes as a name; a person may paste both into a shell. */
const IMAGE = /^\w[\w.:/@-]*$/;
const SERVICE = /^[\w.-]+$/;
/** Kept as they are: none of them reaches outside the container. */
const KEPT = ["user", "working_dir", "shm_size", "ulimits", "tmpfs", "platform", "init", "mem_limit"];
/** What a compose file may ask for that opens the machine, or that needs more than this one service. */
const REFUSED = [
  "privileged",
  "cap_add",
  "devices",
  "network_mode",
  "pid",
  "ipc",
  "userns_mode",
  "cgroup_parent",
  "sysctls",
  "security_opt",
  "volumes_from",
  "secrets",
  "configs",
  "extra_hosts",
];
/** Where images look for settings and for what fills an empty database; elsewhere a folder holds data. */
const READ_ONLY = /^\/(?:docker-entrypoint-initdb\.d|etc|usr\/local\/etc)(?:\/|$)/;

/** The name of the service that runs `recipe`'s engine, the main ones before those of a profile; undefined when there is none. */
export function serviceOf(file: unknown, recipe: ContainerRecipe): string | undefined {
  const services = Object.entries(record(record(file)["services"]));
  const own = services.filter(([, value]) => isOf(merged(value), recipe));
  const usual = own.find(([, value]) => merged(value)["profiles"] === undefined);
  // One that only has `build` shows its engine by its name.
  const built = services.find(([name, value]) => recipe.images.includes(name) && merged(value)["build"] !== undefined);
  return (usual ?? own[0] ?? built)?.[0];
}

/** Repo-relative env files of a service. `dir` holds the compose file. */
export function envFilesOf(file: unknown, service: string, dir: string): string[] {
  const named = merged(record(record(file)["services"])[service])["env_file"];
  const entries = Array.isArray(named) ? named : [named];
  return entries.flatMap((one) => {
    const path = typeof one === "string" ? one : record(one)["path"];
    const inside = typeof path === "string" ? inRepo(dir, path) : undefined;
    return inside === undefined ? [] : [inside];
  });
}

/**
 * The container of a service. `variables` fill `${…}`, `env` is what its env files say. Not possible: a service that is
 * built, one that extends another file, or one that needs a variable that nobody has.
 */
export function containerOf(
  file: unknown,
  {
    service,
    recipe,
    dir,
    variables,
    env,
  }: { service: string; recipe: ContainerRecipe; dir: string; variables: Values; env: Values },
): Answer {
  const filled = variablesIn(record(record(file)["services"])[service], variables);
  if (filled.missing.length > 0)
    return { ok: false, because: `The compose service ${service} needs ${filled.missing.join(", ")} to be set.` };
  const found = merged(filled.value);
  const image = found["image"];
  if (found["extends"] !== undefined)
    return { ok: false, because: `The compose service ${service} extends another one, which Lodestar does not read.` };
  if (typeof image !== "string" || image === "")
    return { ok: false, because: `The compose service ${service} names no image, and Lodestar builds none.` };
  if (!IMAGE.test(image) || !SERVICE.test(service))
    return { ok: false, because: `The compose service "${service}" has no name or image that Docker would take.` };
  const mounts = mountsOf(found["volumes"], dir);
  const refused = REFUSED.filter((key) => found[key] !== undefined && found[key] !== false);
  return {
    ok: true,
    container: {
      service,
      image,
      command: wordsOf(found["command"]),
      entrypoint: wordsOf(found["entrypoint"]),
      environment: { ...env, ...environmentOf(found["environment"], variables) },
      port: recipe.port,
      volumes: mounts.volumes,
      files: mounts.files,
      settings: Object.fromEntries(KEPT.filter((key) => found[key] !== undefined).map((key) => [key, found[key]])),
      without: [...refused, ...mounts.without],
    },
  };
}

/** The command as one line, for reading what it says about logging in. */
export function commandLine({ command }: Container): string {
  return typeof command === "string" ? command : (command ?? []).join(" ");
}

/**
 * A compose file with this container alone, for `docker compose` of either version: published on `port` of 127.0.0.1, its
 * volumes and network its own. `copies` are those of `container.files`, by number,
 * relative to the compose file; undefined for what could not be copied.
 */
export function composeFile(
  container: Container,
  own: { name: string; port: number; site: string; mark: string; copies: readonly (string | undefined)[] },
): Record<string, unknown> {
  // The host sweeps by the second one (`host/compose.ts`).
  const labels = { "lodestar.site": own.site, "lodestar.data": own.mark };
  const volumes = container.volumes.map((target, index) => ({ type: "volume", source: `data-${index}`, target }));
  const files = container.files.map(({ target }, index) => {
    const source = own.copies[index];
    return source === undefined ? undefined : { type: "bind", source, target, read_only: true };
  });
  const service = textsIn(
    {
      ...container.settings,
      image: container.image,
      ...(container.command === undefined ? {} : { command: container.command }),
      ...(container.entrypoint === undefined ? {} : { entrypoint: container.entrypoint }),
      container_name: own.name,
      environment: container.environment,
      labels,
      restart: "no",
      security_opt: ["no-new-privileges:true"],
      ports: [`127.0.0.1:${own.port}:${container.port}`],
      volumes: [...volumes, ...files.filter((one) => one !== undefined)],
    },
    // What is filled in already must not be filled in again.
    (text) => text.replaceAll("$", "$$$$"),
  );
  return {
    services: { [container.service]: service },
    networks: { default: { labels } },
    ...(volumes.length > 0 ? { volumes: Object.fromEntries(volumes.map(({ source }) => [source, { labels }])) } : {}),
  };
}

/** What will run, line by line, as a person approves it. Values of the environment are not shown: they hold passwords. */
export function approvalLines(container: Container): string[] {
  const { image, entrypoint, environment, port, volumes, files, without } = container;
  const command = commandLine(container);
  const names = Object.keys(environment);
  return [
    `image ${image}`,
    ...(entrypoint === undefined ? [] : [`entrypoint ${JSON.stringify(entrypoint)}`]),
    ...(command === "" ? [] : [`command ${command}`]),
    ...(names.length === 0 ? [] : [`environment ${names.join(", ")}`]),
    `port ${port} inside, on a free port of 127.0.0.1 only`,
    ...volumes.map((target) => `volume ${target}: fresh, removed when it stops`),
    ...files.map(({ path, target }) => `${path}: a copy, read-only at ${target}`),
    ...without.map((one) => `left out: ${one}`),
  ];
}

/** A name that Docker takes for a project and a container. */
export function projectName(parts: readonly string[]): string {
  return ["lodestar", ...parts]
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-");
}

function isOf(service: Record<string, unknown>, recipe: ContainerRecipe): boolean {
  const image = service["image"];
  // Of `${REGISTRY:-docker.io}/mysql:${TAG:-8}` the last part's name is what counts.
  const base =
    typeof image === "string" ? /(?:^|\/|\$\{\w+:?-)([\w.-]+)(?::[^/]*)?(?:@.*)?$/.exec(image)?.[1] : undefined;
  return base !== undefined && recipe.images.includes(base);
}

function environmentOf(value: unknown, variables: Values): Record<string, string> {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.filter((one) => typeof one === "string").map((line: string) => pairOf(line))
    : Object.entries(merged(value));
  const env: Record<string, string> = {};
  for (const [name, given] of entries) {
    const text = given === null || given === undefined ? variables[name] : given;
    if (typeof text === "string" || typeof text === "number" || typeof text === "boolean") env[name] = String(text);
  }
  return env;
}

function pairOf(line: string): [string, string | undefined] {
  const equals = line.indexOf("=");
  return equals < 0 ? [line, undefined] : [line.slice(0, equals), line.slice(equals + 1)];
}

function mountsOf(value: unknown, dir: string): Pick<Container, "volumes" | "files" | "without"> {
  const mounts = {
    volumes: new Set<string>(),
    files: [] as { path: string; target: string }[],
    without: [] as string[],
  };
  for (const entry of Array.isArray(value) ? value : []) {
    const { source, target } = mountOf(entry);
    if (target === undefined || !target.startsWith("/")) continue;
    const isBind = source !== undefined && /^[./~\\]|^[A-Za-z]:/.test(source);
    const path = isBind ? inRepo(dir, source) : undefined;
    const isFile = path !== undefined && path !== "." && (READ_ONLY.test(target) || /\.\w+$/.test(target));
    if (isFile) mounts.files.push({ path, target });
    else if (isBind && (READ_ONLY.test(target) || /^\/(?:var\/)?run\/|\.sock$/.test(target)))
      mounts.without.push(`${source} at ${target}`);
    else mounts.volumes.add(target);
  }
  return { ...mounts, volumes: [...mounts.volumes] };
}

function mountOf(entry: unknown): { source: string | undefined; target: string | undefined } {
  if (typeof entry === "string") {
    const [first = "", second] = entry.split(":");
    return second === undefined ? { source: undefined, target: first } : { source: first, target: second };
  }
  const { source, target, type } = record(entry);
  return {
    source: typeof source === "string" && type !== "volume" ? source : undefined,
    target: typeof target === "string" && type !== "tmpfs" ? target : undefined,
  };
}

/** `path` as the compose file in `dir` means it, repo-relative; undefined when it leads out of the repo. */
function inRepo(dir: string, path: string): string | undefined {
  if (/^[/~\\]|^[A-Za-z]:/.test(path)) return undefined;
  const parts: string[] = [];
  for (const part of `${dir}/${path}`.split("/")) {
    if (part === ".." && parts.pop() === undefined) return undefined;
    if (part !== ".." && part !== "." && part !== "") parts.push(part);
  }
  if (parts[0] === ".git") return undefined;
  return parts.join("/") || ".";
}

/** A command in either form; numbers of the list form count as words. */
function wordsOf(value: unknown): string | string[] | undefined {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A mapping with YAML's merge key (`<<`) carried out, which the parser leaves as it is. */
function merged(value: unknown): Record<string, unknown> {
  const { "<<": base, ...own } = record(value);
  if (base === undefined) return own;
  const inherited = (Array.isArray(base) ? base : [base]).map(merged);
  return Object.assign({}, ...inherited.toReversed(), own);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
