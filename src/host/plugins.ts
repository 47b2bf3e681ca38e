import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  Bug,
  PLUGIN_KINDS,
  type AgentPlugin,
  type Detector,
  type Driver,
  type Fixer,
  type Format,
  type Loaded,
  type Parser,
  type Plugins,
} from "../sdk/index.ts";

const HERE = new URL("../plugins/", import.meta.url);

/** Loads the built-in plugins: every file of `plugins/<kind>/` is one; `_shared` and tests are not. The folder is the registry. */
export async function loadPlugins(root: URL = HERE): Promise<Plugins> {
  const [detectors, drivers, parsers, fixers, formats] = await Promise.all(
    PLUGIN_KINDS.map((kind) => loadKind(root, kind)),
  );
  return {
    detectors: detectors as Loaded<Detector>[],
    drivers: drivers as Loaded<Driver>[],
    parsers: parsers as Loaded<Parser>[],
    fixers: fixers as Loaded<Fixer>[],
    formats: formats as Loaded<Format>[],
  };
}

/** What `detect` needs of them, in half the time. */
export async function loadDetectors(root: URL = HERE): Promise<Plugins["detectors"]> {
  return (await loadKind(root, "detector")) as Loaded<Detector>[];
}

/** What `receipts export` needs of them. */
export async function loadFormats(root: URL = HERE): Promise<Plugins["formats"]> {
  return (await loadKind(root, "format")) as Loaded<Format>[];
}

/** The coding agents. The machine does not get them: what starts and answers them asks for them itself. */
export async function loadAgents(root: URL = HERE): Promise<Loaded<AgentPlugin>[]> {
  return (await loadKind(root, "agent")) as Loaded<AgentPlugin>[];
}

async function loadKind(root: URL, kind: string): Promise<Loaded<unknown>[]> {
  const folder = new URL(`${kind}/`, root);
  const names = (await readdir(folder).catch(() => [])).filter(isPlugin).sort();
  return Promise.all(
    names.map(async (name) => {
      const module: unknown = await import(new URL(name, folder).href);
      if (
        typeof module !== "object" ||
        module === null ||
        !("default" in module) ||
        typeof module.default !== "object" ||
        module.default === null
      )
        throw new Bug(`${fileURLToPath(new URL(name, folder))} has no default export made with define…()`);
      return { id: `${kind}/${name.replace(/\.[jt]s$/, "")}`, plugin: module.default };
    }),
  );
}

function isPlugin(name: string): boolean {
  return /\.[jt]s$/.test(name) && !/\.d\.ts$|\.test\.[jt]s$|^_/.test(name);
}
