import { defineDriver, type DriverTools } from "../../sdk/index.ts";
import { findRuntime, versionIn, versionOf, type Candidate, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: "Deno",
  program: "deno",
  mise: "deno",
  installs: [".local/share/mise/installs/deno/*/bin", ".asdf/installs/deno/*/bin"],
  more: async ({ toolbox, home }) => {
    const folder = `${home}/.deno/bin`;
    const version = versionIn(await toolbox.version(`${folder}/deno`, ["--version"]));
    return version === undefined ? [] : [{ version, folder, how: `Deno ${version} of ~/.deno`, reads: [folder] }];
  },
  bring: fromRegistry,
  next: (asked) => `npm install -g deno@${versionOf(asked) ?? "latest"}`,
};

/** Deno: on PATH, in ~/.deno, else the npm package that carries the program for this platform (from 2.0 on). */
export default defineDriver({
  role: "runtime",
  runtime: "deno",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "on PATH",
      asked: "2.x",
      have: { "/usr/local/bin/deno": "deno 2.5.0 (stable, release, x86_64-unknown-linux-gnu)" },
      answer: { ok: true, version: "2.5.0" },
    },
    {
      name: "from the registry",
      asked: "2.7",
      have: {
        "npm:@deno/linux-x64-glibc": "2.6.8 2.7.1 2.7.14 2.9.6",
        "/toolbox/@deno+linux-x64-glibc@2.7.14/node_modules/@deno/linux-x64-glibc/deno": "deno 2.7.14 (stable)",
      },
      answer: {
        ok: true,
        version: "2.7.14",
        path: ["/toolbox/@deno+linux-x64-glibc@2.7.14/node_modules/@deno/linux-x64-glibc"],
      },
    },
    {
      name: "Deno 1 is not in the registry",
      asked: "^1.46",
      have: { "npm:@deno/linux-x64-glibc": "2.9.6" },
      answer: { ok: false },
    },
  ],
});

async function fromRegistry(
  range: string,
  { toolbox, versions, platform, arch }: DriverTools,
): Promise<Candidate | undefined> {
  const name = `@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`;
  const version = versions.pick(await toolbox.published(name), range);
  if (version === undefined) return undefined;
  const box = await toolbox.ensure(name, version);
  const folder = `${box}/node_modules/${name}`;
  if (versionIn(await toolbox.version(`${folder}/deno`, ["--version"])) !== version) return undefined;
  return { version, folder, how: `Deno ${version} from the npm registry`, reads: [box] };
}
