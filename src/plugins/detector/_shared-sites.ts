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

/** Settings in a configuration file that turn a server framework's build into files, or a static one's into a server. */
const SWITCHES: Readonly<Record<string, { files: RegExp; makes: "static" | "server"; when: RegExp }>> = {
  next: { files: /^next\.config\.[cm]?[jt]s$/, makes: "static", when: /output\s*:\s*["']export["']/ },
  nuxt: { files: /^nuxt\.config\.[cm]?[jt]s$/, makes: "static", when: /\bssr\s*:\s*false|preset\s*:\s*["']static["']/ },
  "react-router": { files: /^react-router\.config\.[cm]?[jt]s$/, makes: "static", when: /^[^/\n]*\bssr\s*:\s*false/m },
  remix: { files: /^vite\.config\.[cm]?[jt]s$/, makes: "static", when: /^[^/\n]*\bssr\s*:\s*false/m },
  sveltekit: { files: /^svelte\.config\.[cm]?[jt]s$/, makes: "static", when: /@sveltejs\/adapter-static/ },
  astro: {
    files: /^astro\.config\.[cm]?[jt]s$/,
    makes: "server",
    when: /@astrojs\/(node|vercel|netlify|cloudflare)|output\s*:\s*["']server["']/,
  },
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
  const choice = SWITCHES[framework.name];
  for (const name of choice ? dir.names.filter((one) => choice.files.test(one)) : []) {
    const match = choice?.when.exec((await dir.text(name)) ?? "");
    if (match && choice) return { makes: choice.makes, because: await dir.at(name, match[0].trim().split("\n")[0]) };
  }
  return framework.builds ? { makes: framework.builds, because: await dir.at("package.json") } : undefined;
}
