import type { DirView } from "../../sdk/index.ts";
import { FRAMEWORKS, type Framework } from "./_shared-frameworks.ts";
import { declares, type Manifest } from "./_shared-javascript.ts";

/** The framework a package is made with: the first of the table that it declares. Tools that others bring along count only as their own. */
export function frameworkOf(manifest: Manifest): { framework: Framework; package: string } | undefined {
  for (const framework of FRAMEWORKS) {
    const name =
      framework.packages.find((one) => Object.hasOwn(manifest.dependencies, one)) ??
      (framework.kind === "api" ? undefined : framework.packages.find((one) => declares(manifest, one)));
    if (name) return { framework, package: name };
  }
  return undefined;
}

/** A setting in a configuration file that decides what the framework's build makes. */
interface Switch {
  readonly files: RegExp;
  readonly makes: "static" | "server";
  readonly when: RegExp;
}

const SWITCHES: Readonly<Record<string, readonly Switch[]>> = {
  next: [{ files: /^next\.config\.[cm]?[jt]s$/, makes: "static", when: /^[^/\n]*output\s*:\s*["']export["']/m }],
  nuxt: [
    {
      files: /^nuxt\.config\.[cm]?[jt]s$/,
      makes: "static",
      when: /^[^/\n]*(\bssr\s*:\s*false|preset\s*:\s*["']static["'])/m,
    },
  ],
  "react-router": [
    { files: /^react-router\.config\.[cm]?[jt]s$/, makes: "static", when: /^[^/\n]*\bssr\s*:\s*false/m },
  ],
  remix: [{ files: /^vite\.config\.[cm]?[jt]s$/, makes: "static", when: /^[^/\n]*\bssr\s*:\s*false/m }],
  sveltekit: [
    { files: /^svelte\.config\.[cm]?[jt]s$/, makes: "static", when: /@sveltejs\/adapter-static/ },
    { files: /^svelte\.config\.[cm]?[jt]s$/, makes: "server", when: /@sveltejs\/adapter-node/ },
  ],
  astro: [
    {
      files: /^astro\.config\.[cm]?[jt]s$/,
      makes: "server",
      when: /@astrojs\/(node|vercel|netlify|cloudflare)|output\s*:\s*["']server["']/,
    },
  ],
};
const SERVER_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  astro: ["@astrojs/node"],
  angular: ["@angular/ssr", "@nguniversal/express-engine"],
  vite: ["vite-plugin-ssr", "vike", "vinxi", "nitro", "nitropack"],
};

/** What the framework's build makes of this repo; undefined where nothing is built or nobody knows. */
export async function buildOf(
  dir: DirView,
  manifest: Manifest,
  framework: Framework,
): Promise<{ makes: "static" | "server"; because: string } | undefined> {
  const server = SERVER_PACKAGES[framework.name]?.find((name) => declares(manifest, name));
  if (server) return { makes: "server", because: await dir.at("package.json", `"${server}"`) };
  for (const { files, makes, when } of SWITCHES[framework.name] ?? [])
    for (const name of dir.names.filter((one) => files.test(one))) {
      const match = when.exec((await dir.text(name)) ?? "");
      if (match) return { makes, because: await dir.at(name, match[0].trim().split("\n")[0]) };
    }
  return framework.builds ? { makes: framework.builds, because: await dir.at("package.json") } : undefined;
}
