import type { Plan, Service } from "../sdk/index.ts";
import type { Environment } from "./environment.ts";

/** What `detect --json` prints: what runs, on what, how it is checked, where the sources disagree, and where Lodestar runs. */
export interface DetectReport {
  readonly repo: string;
  readonly environment: Environment;
  readonly services: readonly ServiceLine[];
  readonly databases: Plan["databases"];
  readonly checks: Plan["checks"];
  readonly disagreements: Plan["disagreements"];
}

/** Absent values are `null`, so that every service has the same keys. */
export interface ServiceLine {
  readonly name: string;
  readonly dir: string;
  readonly kind: Service["kind"];
  readonly language: string | null;
  readonly framework: string | null;
  readonly runtime: { readonly name: string; readonly version: string | null } | null;
  readonly packageManager: string | null;
  readonly commands: {
    readonly install: string | null;
    readonly build: string | null;
    readonly start: string | null;
    readonly dev: string | null;
    readonly test: string | null;
  };
  readonly port: number | null;
  readonly env: readonly string[];
  readonly needs: readonly string[];
  readonly because: readonly string[];
  readonly confidence: number;
}

/** `repo` is its absolute path. */
export function describePlan(plan: Plan, around: { repo: string; environment: Environment }): DetectReport {
  const { databases, checks, disagreements } = plan;
  return {
    repo: around.repo,
    environment: around.environment,
    services: plan.services.map((service) => describeService(service)),
    databases,
    checks,
    disagreements,
  };
}

function describeService(service: Service): ServiceLine {
  const { name, dir, kind, runtime, commands, env, needs, because, confidence } = service;
  const manager = service.packageManager ?? null;
  return {
    name,
    dir,
    kind,
    language: service.language ?? null,
    framework: service.framework ?? null,
    runtime: runtime ? { name: runtime.name, version: runtime.version ?? null } : null,
    packageManager: manager,
    commands: {
      install: commands.install ?? (manager === null ? null : (INSTALL[manager] ?? null)),
      build: commands.build ?? null,
      start: commands.start ?? null,
      dev: commands.dev ?? null,
      test: commands.test ?? null,
    },
    port: service.port ?? null,
    env,
    needs,
    because,
    confidence,
  };
}

/** How each manager is told to install, as a person would type it; the drivers add flags, caches and fallbacks of their own. */
const INSTALL: Readonly<Record<string, string>> = {
  npm: "npm install",
  pnpm: "pnpm install",
  yarn: "yarn install",
  bun: "bun install",
  deno: "deno install",
  pip: "pip install -r requirements.txt",
  uv: "uv sync",
  poetry: "poetry install",
  pipenv: "pipenv install --dev",
  pdm: "pdm install",
  bundler: "bundle install",
  composer: "composer install",
  go: "go mod download",
  cargo: "cargo fetch",
  maven: "mvn dependency:go-offline",
  gradle: "gradle dependencies",
  dotnet: "dotnet restore",
  mix: "mix deps.get",
};
