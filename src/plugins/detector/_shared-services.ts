import type { DetectionDraft, DirView, ServiceKind } from "../../sdk/index.ts";
import { lookInto, type Look } from "./_shared-entry.ts";
import {
  declares,
  readManifest,
  runProgram,
  runScript,
  workspaceAt,
  workspaceOf,
  type Manifest,
} from "./_shared-javascript.ts";
import { nameOf } from "./_shared-manifests.ts";
import { meaningOf, portSetIn, sourceFileOf, type Meaning } from "./_shared-scripts.ts";
import { buildOf, frameworkOf } from "./_shared-sites.ts";

type ServiceDraft = Extract<DetectionDraft, { is: "service" }>;

/** Scripts that start the product, in order; `preview` and `serve` count only where they serve a finished build. */
const START = ["start", "start:prod", "start:production", "serve", "server", "preview"];
const DEV = ["dev", "develop", "start:dev", "dev:server", "watch"];
const WORKER = /^(start:)?(worker|workers|queue|jobs?|scheduler|cron|consumer|bot)(:start|:prod)?$/;

interface Context {
  readonly dir: DirView;
  readonly manifest: Manifest;
  readonly manager: string;
  readonly name: string;
}

/** Every service that a package's scripts start; without one, what its framework or its main file starts. */
export async function servicesOf(dir: DirView, manifest: Manifest, manager: string): Promise<ServiceDraft[]> {
  const name = manifest.name?.replace(/^@[^/]+\//, "") ?? nameOf(dir, "app");
  const context = { dir, manifest, manager, name };
  const start = await firstOf(START, "start", context);
  const dev = await firstOf(DEV, "dev", context);
  const services = [...start, ...dev];
  for (const script of Object.keys(manifest.scripts).filter((one) => WORKER.test(one)))
    services.push(...(await fromScript(script, { ...context, name: script.replace(/^start:|:(start|prod)$/g, "") })));
  if (!start.some((service) => service.mode !== "dev" && service.confidence >= 0.5))
    services.push(...(await withoutScript(context, services)));
  return unique(services);
}

/** The services of the first script of the list that starts something. */
async function firstOf(scripts: readonly string[], mode: "start" | "dev", context: Context): Promise<ServiceDraft[]> {
  for (const script of scripts) {
    if (!Object.hasOwn(context.manifest.scripts, script)) continue;
    const found = await fromScript(script, context);
    const sure = script === scripts[0] && mode === "start";
    const fitting = found.filter((service) => sure || (service.kind !== "job" && service.confidence >= 0.5));
    if (script === "preview" && (await builtServer(context))) continue;
    const last = script === "preview" || script === "serve" ? fitting.filter((one) => one.mode === "start") : fitting;
    if (last.length > 0) return last.map((service) => (mode === "dev" ? { ...service, mode } : service));
  }
  return [];
}

async function fromScript(script: string, context: Context): Promise<ServiceDraft[]> {
  const meaning = meaningOf(context.manifest.scripts, script);
  if (meaning.does === "delegates" && (await startsElsewhere(meaning, context))) return [];
  if (meaning.does === "together") {
    const parts = meaning.scripts.filter((one) => one !== script);
    const found = await Promise.all(
      parts.map((part) => fromScript(part, { ...context, name: part.replace(/^(dev|start|serve|watch)[:-]/, "") })),
    );
    const services = found.flat().filter((service) => service.kind !== "job");
    if (services.length > 0) return services;
  }
  const because = [await context.dir.at("package.json", `"${script}":`)];
  const base = {
    is: "service",
    dir: context.dir.dir,
    name: context.name,
    command: runScript(context.manager, script),
  } as const;
  return [{ ...base, ...(await whatRuns(meaning, context, because)) }];
}

type Facts = Pick<ServiceDraft, "kind" | "because" | "confidence"> & Partial<ServiceDraft>;

async function whatRuns(meaning: Meaning, context: Context, because: string[]): Promise<Facts> {
  if (meaning.does === "serves") {
    const { server, line } = meaning;
    const { kind, mode, portEnv, portFlag } = server;
    const fixed = portSetIn(line);
    const makes = await madeOf(context);
    const useless = makes === "static" && kind === "web" && mode === "start";
    return {
      kind: servedKind(server, makes, frameworkOf(context.manifest)?.framework.name),
      mode,
      port: fixed ?? server.port,
      ...(portEnv === undefined ? {} : { portEnv }),
      ...(portFlag === undefined || fixed !== undefined ? {} : { portFlag }),
      because,
      // The framework's server has nothing to serve where the build is exported as files.
      confidence: useless ? 0.4 : 0.92,
    };
  }
  if (meaning.does === "runs") return runsFile(meaning, context, because);
  const kind = serverKind(context.manifest);
  return kind ? { kind, because, confidence: 0.7 } : { kind: "job", because, confidence: 0.6 };
}

async function runsFile(
  meaning: Extract<Meaning, { does: "runs" }>,
  { dir, manifest }: Context,
  because: string[],
): Promise<Facts> {
  const mode = meaning.watch ? "dev" : "start";
  const source = sourceFileOf(dir, meaning.file);
  const built = /^(\.\/)?(dist|build|out|lib|\.output|\.next|bundle|server)\//.test(meaning.file);
  if (!source && !built) return { kind: serverKind(manifest) ?? "job", mode, because, confidence: 0.45 };
  const look = source ? await lookInto(dir, source) : undefined;
  const fixed = portSetIn(meaning.line);
  const kind = kindOf(look, manifest, dir.dir);
  const framework = frameworkOf(manifest)?.framework;
  const port = fixed ?? look?.port ?? (kind === "job" || kind === "worker" ? undefined : framework?.port);
  const portEnv = look?.portEnv ?? (look?.listens || kind === "job" || kind === "worker" ? undefined : "PORT");
  return {
    kind,
    mode,
    ...(port === undefined ? {} : { port }),
    ...(portEnv === undefined ? {} : { portEnv }),
    ...healthOf(look),
    because: look?.because === undefined ? because : [...because, look.because],
    confidence: look?.listens || kind === "worker" ? 0.92 : 0.8,
  };
}

function healthOf(look: Look | undefined): Pick<ServiceDraft, "health"> {
  return look?.healthPath === undefined ? {} : { health: { kind: "http", path: look.healthPath } };
}

/** A server without a framework is what its folder is called. */
function kindOf(look: Look | undefined, manifest: Manifest, dir: string): ServiceKind {
  const declared = serverKind(manifest);
  if (look?.listens) return declared ?? (/(^|[/_-])(api|backend)$/.test(dir) ? "api" : "web");
  if (look?.works && declared === undefined) return "worker";
  return declared ?? (look?.works ? "worker" : "job");
}

/** A package that depends on a server framework serves, even where the place is not found in the code. */
function serverKind(manifest: Manifest): ServiceKind | undefined {
  const framework = frameworkOf(manifest)?.framework;
  if (!framework) return undefined;
  const serves = framework.kind === "api" || framework.builds === "server" || framework.start !== undefined;
  return serves || framework.name === "astro" ? framework.kind : undefined;
}

async function madeOf({ dir, manifest }: Context): Promise<"static" | "server" | undefined> {
  const used = frameworkOf(manifest);
  return used && (await buildOf(dir, manifest, used.framework))?.makes;
}

/** A development server shows what the build makes; a preview server shows it too, files or not. */
function servedKind(
  { kind, mode }: { kind: ServiceKind; mode: "start" | "dev" },
  makes: "static" | "server" | undefined,
  framework: string | undefined,
): ServiceKind {
  if (makes === "static" && mode === "dev") return "static";
  return kind === "static" && framework !== undefined && makes !== "static" ? "web" : kind;
}

/** The command of the server that the framework's build makes, where the framework has one. */
async function builtServer(
  context: Context,
): Promise<{ command: string; port: number | undefined; package: string } | undefined> {
  const used = frameworkOf(context.manifest);
  const own = used?.framework.start;
  if (!used || own === undefined || (await madeOf(context)) !== "server") return undefined;
  if (used.framework.startNeeds?.every((name) => !declares(context.manifest, name))) return undefined;
  const command = own.startsWith("node ") ? own : runProgram(context.manager, own);
  return { command, port: used.framework.port, package: used.package };
}

/** Whether the package that a script hands over to exists and has the script: then it is that package's service. */
async function startsElsewhere(meaning: Extract<Meaning, { does: "delegates" }>, { dir }: Context): Promise<boolean> {
  const members = (await workspaceAt(dir))?.members ?? [];
  const folders = meaning.dir === undefined ? members.map((member) => dir.root.sub(member)) : [dir.sub(meaning.dir)];
  for (const folder of folders) {
    const manifest = await folder.json("package.json");
    if (typeof manifest !== "object" || manifest === null) continue;
    const scripts: unknown = Reflect.get(manifest, "scripts");
    const has = typeof scripts === "object" && scripts !== null && meaning.script in scripts;
    const named =
      meaning.workspace === undefined ||
      Reflect.get(manifest, "name") === meaning.workspace ||
      folder.dir.endsWith(meaning.workspace.replace(/^\.\//, ""));
    if (has && named) return true;
  }
  return false;
}

/** How a package without a build script is built before its framework serves it: by the framework's own program. */
export async function ownBuild(dir: DirView, manifest: Manifest, manager: string): Promise<DetectionDraft[]> {
  const used = frameworkOf(manifest);
  const build = used?.framework.build;
  if (!used || build === undefined || Object.hasOwn(manifest.scripts, "build") || !manifest.private) return [];
  // The root of a workspace often declares what its members are made with.
  if (dir.has("nx.json") || (await workspaceAt(dir))) return [];
  const because = [await dir.at("package.json", `"${used.package}"`)];
  return [
    { is: "command", dir: dir.dir, role: "build", command: runProgram(manager, build), because, confidence: 0.8 },
  ];
}

/** A package without a start script: its framework's built server, or its main file, unless it is a library. */
async function withoutScript(context: Context, found: readonly ServiceDraft[]): Promise<ServiceDraft[]> {
  const { dir, manifest, name } = context;
  const used = frameworkOf(manifest);
  const base = { is: "service", dir: dir.dir, name, mode: "start" } as const;
  const server = await builtServer(context);
  const own =
    (Object.hasOwn(manifest.scripts, "build") && !dir.has("nx.json")) ||
    (manifest.private && !dir.has("nx.json") && !(await workspaceAt(dir)));
  if (used && server && own) {
    const { command, port } = server;
    const because = [await dir.at("package.json", `"${server.package}"`)];
    const { kind } = used.framework;
    return [{ ...base, kind, command, port, portEnv: "PORT", because, confidence: 0.8 }];
  }
  if (found.length > 0 || used?.framework.builds) return [];
  // The root of a workspace starts something of its own only where it says which file: else its members do.
  const named = manifest.main !== undefined || manifest.raw.module !== undefined;
  return named || !(await workspaceAt(dir)) ? mainFile(context) : [];
}

async function mainFile({ dir, manifest, manager, name }: Context): Promise<ServiceDraft[]> {
  if (isLibrary(manifest)) return [];
  const bun = manager === "bun";
  const usual = ["index", "server", "app", "main", "src/index", "src/server"];
  const endings = bun ? [".ts", ".js", ".tsx"] : [".js", ".mjs", ".cjs"];
  const module = typeof manifest.raw.module === "string" ? manifest.raw.module : undefined;
  const names = [manifest.main, module, ...usual.flatMap((stem) => endings.map((ending) => stem + ending))];
  const file = names.find(
    (one) => one !== undefined && dir.has(one.replace(/^\.\//, "")) && endings.some((end) => one.endsWith(end)),
  );
  if (file === undefined) return [];
  const look = await lookInto(dir, file);
  const kind = kindOf(look, manifest, dir.dir);
  const place = manifest.main === file ? await dir.at("package.json", '"main"') : await dir.at(file);
  // A member of a workspace with a main file is imported by the others, unless it opens a server that the root does not start.
  const above = await workspaceOf(dir);
  if (above && (!look.listens || (await runsAt(above.root, `${dir.dir}/${file}`)))) return [];
  const confidence = look.listens ? 0.85 : 0.6;
  return [
    {
      is: "service",
      dir: dir.dir,
      name,
      kind,
      command: `${bun ? "bun" : "node"} ${file}`,
      ...(look.port === undefined ? {} : { port: look.port }),
      ...(look.portEnv === undefined ? {} : { portEnv: look.portEnv }),
      ...healthOf(look),
      because: look.because === undefined ? [place] : [place, look.because],
      confidence,
    },
  ];
}

/** Whether a script of the root runs that file: then it is the root's service. */
async function runsAt(root: DirView, file: string): Promise<boolean> {
  const manifest = await readManifest(root);
  const path = root.dir === "." ? file : file.slice(root.dir.length + 1);
  return [...START, ...DEV].some((script) => {
    const meaning = manifest && meaningOf(manifest.scripts, script);
    return meaning?.does === "runs" && meaning.file.replace(/^\.\//, "") === path;
  });
}

/** Meant to be imported or installed as a program, not to be run here. */
function isLibrary(manifest: Manifest): boolean {
  if (manifest.private) return manifest.raw.exports !== undefined;
  const published = ["files", "exports", "types", "typings", "module", "bin", "publishConfig"];
  if (published.some((key) => manifest.raw[key] !== undefined)) return true;
  const { keywords, repository } = manifest.raw;
  return repository !== undefined && Array.isArray(keywords) && keywords.length > 0;
}

/** The same command is said once. */
function unique(services: readonly ServiceDraft[]): ServiceDraft[] {
  const seen = new Set<string>();
  return services.filter((service) => {
    const fresh = !seen.has(service.command);
    seen.add(service.command);
    return fresh;
  });
}
