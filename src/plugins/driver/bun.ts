import { defineDriver, type DriverTools } from "../../sdk/index.ts";
import { findRuntime, versionIn, versionOf, type Candidate, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: "Bun",
  program: "bun",
  mise: "bun",
  installs: [".local/share/mise/installs/bun/*/bin", ".asdf/installs/bun/*/bin"],
  more: async ({ toolbox, home }) => {
    const version = versionIn(await toolbox.version(`${home}/.bun/bin/bun`, ["--version"]));
    const folder = `${home}/.bun/bin`;
    return version === undefined ? [] : [{ version, folder, how: `Bun ${version} of ~/.bun`, reads: [folder] }];
  },
  bring: fromRegistry,
  next: (asked) => `npm install -g bun@${versionOf(asked) ?? "latest"}`,
};

/** Bun: on PATH, in ~/.bun, else the npm package that carries the program for this platform. */
export default defineDriver({
  role: "runtime",
  runtime: "bun",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "on PATH",
      asked: "^1.2",
      have: { "/usr/local/bin/bun": "1.3.0" },
      answer: { ok: true, version: "1.3.0", path: ["/usr/local/bin"] },
    },
    {
      name: "from the registry; on a processor without AVX2 the baseline build",
      asked: undefined,
      have: {
        "npm:@oven/bun-linux-x64": "1.2.0 1.3.1 1.4.0-canary.1",
        "/toolbox/@oven+bun-linux-x64-baseline@1.3.1/node_modules/@oven/bun-linux-x64-baseline/bin/bun": "1.3.1",
      },
      answer: {
        ok: true,
        version: "1.3.1",
        path: ["/toolbox/@oven+bun-linux-x64-baseline@1.3.1/node_modules/@oven/bun-linux-x64-baseline/bin"],
      },
    },
    {
      name: "no registry",
      asked: "1.3.1",
      have: {},
      answer: { ok: false, next: "npm install -g bun@1.3.1" },
    },
  ],
});

async function fromRegistry(
  range: string,
  { toolbox, versions, platform, arch }: DriverTools,
): Promise<Candidate | undefined> {
  const name = `@oven/bun-${platform === "win32" ? "windows" : platform}-${arch === "arm64" ? "aarch64" : arch}`;
  const version = versions.pick(await toolbox.published(name), range);
  if (version === undefined) return undefined;
  for (const build of arch === "x64" ? [name, `${name}-baseline`] : [name]) {
    const box = await toolbox.ensure(build, version);
    const folder = `${box}/node_modules/${build}/bin`;
    if (versionIn(await toolbox.version(`${folder}/bun`, ["--version"])) === version)
      return { version, folder, how: `Bun ${version} from the npm registry`, reads: [box] };
  }
  return undefined;
}
