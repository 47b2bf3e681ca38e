import type { ServiceKind } from "../../sdk/index.ts";

/** A JavaScript framework, known by the packages it is used through. Ports and flags are the framework's own defaults. */
export interface Framework {
  readonly name: string;
  readonly packages: readonly string[];
  readonly kind: ServiceKind;
  readonly port?: number;
  /** The flag of its own server that takes a port. */
  readonly portFlag?: string;
  /** What its build makes when the repo's configuration does not say; absent where only that tells. */
  readonly builds?: "static" | "server";
  /** What starts the built server when no script does; `dir`-relative, made by `build`. */
  readonly start?: string;
  /** The framework's own program that builds, where no script does. */
  readonly build?: string;
  /** Packages of which one must be declared for the build to be what `start` starts. */
  readonly startNeeds?: readonly string[];
}

/** In order of precedence: a meta-framework before what it is made of. */
export const FRAMEWORKS: readonly Framework[] = [
  {
    name: "next",
    packages: ["next"],
    kind: "web",
    port: 3000,
    portFlag: "-p",
    builds: "server",
    build: "next build",
    start: "next start",
  },
  {
    name: "nuxt",
    packages: ["nuxt", "nuxt3"],
    kind: "web",
    port: 3000,
    portFlag: "--port",
    builds: "server",
    build: "nuxt build",
    start: "node .output/server/index.mjs",
  },
  {
    name: "tanstack-start",
    packages: ["@tanstack/react-start", "@tanstack/start", "@tanstack/solid-start"],
    kind: "web",
    port: 3000,
    builds: "server",
    start: "node .output/server/index.mjs",
    // Without Nitro the build is a handler that some host calls, no server: then `vite preview` serves it.
    startNeeds: ["nitro", "nitropack", "nitro-nightly", "@tanstack/nitro-v2-vite-plugin", "vinxi", "@tanstack/start"],
  },
  {
    name: "solid-start",
    packages: ["@solidjs/start"],
    kind: "web",
    port: 3000,
    builds: "server",
    start: "node .output/server/index.mjs",
  },
  {
    name: "react-router",
    packages: ["@react-router/dev"],
    kind: "web",
    port: 3000,
    builds: "server",
    build: "react-router build",
    start: "react-router-serve ./build/server/index.js",
  },
  {
    name: "remix",
    packages: ["@remix-run/dev", "@remix-run/serve"],
    kind: "web",
    port: 3000,
    builds: "server",
    start: "remix-serve ./build/server/index.js",
  },
  {
    name: "sveltekit",
    packages: ["@sveltejs/kit"],
    kind: "web",
    port: 3000,
    start: "node build/index.js",
  },
  { name: "astro", packages: ["astro"], kind: "web", port: 4321, portFlag: "--port", builds: "static" },
  {
    name: "qwik-city",
    packages: ["@builder.io/qwik-city", "@qwik.dev/router"],
    kind: "web",
    port: 5173,
    portFlag: "--port",
    builds: "server",
  },
  { name: "nest", packages: ["@nestjs/core"], kind: "api", port: 3000, builds: "server", start: "node dist/main.js" },
  {
    name: "adonis",
    packages: ["@adonisjs/core"],
    kind: "web",
    port: 3333,
    builds: "server",
    start: "node build/bin/server.js",
  },
  { name: "strapi", packages: ["@strapi/strapi"], kind: "api", port: 1337, builds: "server", start: "strapi start" },
  { name: "redwood", packages: ["@redwoodjs/core"], kind: "web", port: 8910, builds: "server" },
  { name: "meteor", packages: ["meteor-node-stubs"], kind: "web", port: 3000 },
  { name: "angular", packages: ["@angular/core"], kind: "web", port: 4200, portFlag: "--port", builds: "static" },
  { name: "create-react-app", packages: ["react-scripts"], kind: "web", port: 3000, builds: "static" },
  { name: "gatsby", packages: ["gatsby"], kind: "web", port: 8000, portFlag: "-p", builds: "static" },
  { name: "docusaurus", packages: ["@docusaurus/core"], kind: "web", port: 3000, portFlag: "--port", builds: "static" },
  { name: "vitepress", packages: ["vitepress"], kind: "web", port: 5173, portFlag: "--port", builds: "static" },
  { name: "vuepress", packages: ["vuepress"], kind: "web", port: 8080, portFlag: "--port", builds: "static" },
  { name: "eleventy", packages: ["@11ty/eleventy"], kind: "web", port: 8080, portFlag: "--port=", builds: "static" },
  { name: "hexo", packages: ["hexo"], kind: "web", port: 4000, portFlag: "-p", builds: "static" },
  { name: "expo", packages: ["expo"], kind: "web", port: 8081, portFlag: "--port", builds: "static" },
  { name: "vue-cli", packages: ["@vue/cli-service"], kind: "web", port: 8080, portFlag: "--port", builds: "static" },
  { name: "express", packages: ["express"], kind: "api" },
  { name: "fastify", packages: ["fastify"], kind: "api" },
  { name: "koa", packages: ["koa"], kind: "api" },
  { name: "hono", packages: ["hono"], kind: "api" },
  { name: "elysia", packages: ["elysia"], kind: "api" },
  { name: "hapi", packages: ["@hapi/hapi"], kind: "api" },
  { name: "restify", packages: ["restify"], kind: "api" },
  { name: "polka", packages: ["polka"], kind: "api" },
  { name: "feathers", packages: ["@feathersjs/feathers"], kind: "api" },
  { name: "apollo-server", packages: ["@apollo/server", "apollo-server"], kind: "api" },
  { name: "json-server", packages: ["json-server"], kind: "api", port: 3000, portFlag: "--port" },
  { name: "parcel", packages: ["parcel"], kind: "web", port: 1234, portFlag: "-p", builds: "static" },
  {
    name: "vite",
    packages: ["vite", "rolldown-vite", "vite-plus"],
    kind: "web",
    port: 5173,
    portFlag: "--port",
    builds: "static",
  },
  {
    name: "webpack-dev-server",
    packages: ["webpack-dev-server"],
    kind: "web",
    port: 8080,
    portFlag: "--port",
    builds: "static",
  },
];

/** What a program in a script serves. `dev` servers watch the sources and need no build. */
export interface Server {
  readonly program: RegExp;
  readonly kind: ServiceKind;
  readonly mode: "start" | "dev";
  readonly port: number;
  readonly portEnv?: string;
  readonly portFlag?: string;
}

/** Programs that serve by themselves; the first that fits the command counts. */
export const SERVERS: readonly Server[] = [
  server(/^next start\b/, "web", "start", 3000, { portEnv: "PORT" }),
  server(/^next( dev\b| -|$)/, "web", "dev", 3000, { portEnv: "PORT" }),
  server(/^(nuxt|nuxi) (start|preview)\b/, "web", "start", 3000, { portEnv: "PORT" }),
  server(/^(nuxt|nuxi)( dev\b| -|$)/, "web", "dev", 3000, { portEnv: "PORT" }),
  server(/^(react-router|remix)-serve\b/, "web", "start", 3000, { portEnv: "PORT" }),
  server(/^(react-router|remix vite:)\s?dev\b/, "web", "dev", 5173, { portFlag: "--port" }),
  server(/^remix dev\b/, "web", "dev", 3000, { portEnv: "PORT" }),
  server(/^astro preview\b/, "static", "start", 4321, { portFlag: "--port" }),
  server(/^astro( dev)?( -|$)|^astro dev\b/, "web", "dev", 4321, { portFlag: "--port" }),
  server(/^(vinxi|solid-start) start\b/, "web", "start", 3000, { portEnv: "PORT" }),
  server(/^(vinxi|solid-start) dev\b/, "web", "dev", 3000, { portFlag: "--port" }),
  server(/^(vite|vp) preview\b/, "static", "start", 4173, { portFlag: "--port" }),
  server(/^(vite|vp)( dev| serve)?( -| \.|$)|^(vite|vp) (dev|serve)\b/, "web", "dev", 5173, { portFlag: "--port" }),
  server(/^ng serve\b/, "web", "dev", 4200, { portFlag: "--port" }),
  server(/^react-scripts start\b|^craco start\b/, "web", "dev", 3000, { portEnv: "PORT" }),
  server(/^gatsby (develop|start)\b/, "web", "dev", 8000, { portFlag: "-p" }),
  server(/^gatsby serve\b/, "static", "start", 9000, { portFlag: "-p" }),
  server(/^docusaurus start\b/, "web", "dev", 3000, { portFlag: "--port" }),
  server(/^docusaurus serve\b/, "static", "start", 3000, { portFlag: "--port" }),
  server(/^(vitepress|vuepress) dev\b/, "web", "dev", 5173, { portFlag: "--port" }),
  server(/^(vitepress) (preview|serve)\b/, "static", "start", 4173, { portFlag: "--port" }),
  server(/^vue-cli-service serve\b/, "web", "dev", 8080, { portFlag: "--port" }),
  server(/^expo start\b/, "web", "dev", 8081, { portFlag: "--port" }),
  server(/^(webpack serve|webpack-dev-server|webpack-cli serve)\b/, "web", "dev", 8080, { portFlag: "--port" }),
  server(/^parcel(?! build)( |$)/, "web", "dev", 1234, { portFlag: "-p" }),
  server(/^(eleventy|@11ty\/eleventy)\b.*--serve/, "web", "dev", 8080, { portFlag: "--port" }),
  server(/^hexo (s|server)\b/, "web", "dev", 4000, { portFlag: "-p" }),
  server(/^serve( |$)/, "static", "start", 3000, { portEnv: "PORT" }),
  server(/^(http-server|live-server)( |$)/, "static", "start", 8080, { portEnv: "PORT" }),
  server(/^sirv( |$)/, "static", "start", 8080, { portEnv: "PORT" }),
  server(/^json-server\b/, "api", "start", 3000, { portFlag: "--port" }),
  server(/^strapi start\b/, "api", "start", 1337, { portEnv: "PORT" }),
  server(/^strapi (develop|dev)\b/, "api", "dev", 1337, { portEnv: "PORT" }),
  server(/^medusa start\b/, "api", "start", 9000, { portEnv: "PORT" }),
  server(/^medusa (develop|dev)\b/, "api", "dev", 9000, { portEnv: "PORT" }),
  server(/^wrangler dev\b/, "web", "dev", 8787, { portFlag: "--port" }),
  server(/^fastify start\b/, "api", "start", 3000, { portEnv: "FASTIFY_PORT" }),
  server(/^node ace serve\b/, "web", "dev", 3333, { portEnv: "PORT" }),
  server(/^nest start\b.*--watch/, "api", "dev", 3000),
  server(/^nest start\b/, "api", "start", 3000),
  server(/^nx (serve|dev|start)\b/, "web", "dev", 4200, { portFlag: "--port" }),
  server(/^(rw|redwood) dev\b/, "web", "dev", 8910),
];

function server(
  program: RegExp,
  kind: ServiceKind,
  mode: "start" | "dev",
  port: number,
  by: { portEnv?: string; portFlag?: string } = {},
): Server {
  return { program, kind, mode, port, ...by };
}
