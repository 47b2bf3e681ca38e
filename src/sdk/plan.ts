import { z } from "zod";

/** Places that prove something, each `file`, `file:line` or `file#key`, relative to the repo. Never empty for a detected item. */
const Because = z.array(z.string());
/** 0..1. At least 0.8 is said as a fact; below 0.5 it is a guess and is said as one. */
const Confidence = z.number().min(0).max(1);
/** Repo-relative folder with `/`; the repo itself is `"."`. */
const Dir = z.string();
const proof = { dir: Dir, because: Because, confidence: Confidence };

export const ServiceKind = z.enum(["web", "api", "worker", "static", "job"]);
export type ServiceKind = z.infer<typeof ServiceKind>;

export const CheckKind = z.enum(["test", "types", "lint", "format", "build"]);
export type CheckKind = z.infer<typeof CheckKind>;

/** placeholder: a harmless value will do. generated: any random value will do. secret: only the user has it. */
export const EnvClass = z.enum(["placeholder", "generated", "secret"]);
export type EnvClass = z.infer<typeof EnvClass>;

/** How a service shows that it is healthy. `http` asks `path`, `port` connects, `log` waits for `pattern`, `process` waits until it has stayed alive. */
export const HealthProbe = z.object({
  kind: z.enum(["http", "port", "log", "process"]),
  path: z.string().optional(),
  pattern: z.string().optional(),
});
export type HealthProbe = z.infer<typeof HealthProbe>;

/**
 * What one detector says about one directory: one fact with its evidence. The kernel merges the detections of all
 * detectors into the plan (`kernel/plan.ts`), so a detector never needs to know what another one said.
 */
export const Detection = z.discriminatedUnion("is", [
  /** The directory's code is written in `language`; `runtime` is the version asked for (verbatim range) and is absent where none is. */
  z.object({
    is: z.literal("language"),
    ...proof,
    language: z.string(),
    runtime: z.object({ name: z.string(), version: z.string().optional() }).optional(),
  }),
  /** Dependencies are installed with `name`; `frozen` installs exactly the lockfile, `fallback` is tried when it fails. */
  z.object({
    is: z.literal("package-manager"),
    ...proof,
    name: z.string(),
    version: z.string().optional(),
    lockfile: z.string().optional(),
  }),
  /** `dir` is the root of a workspace; `members` are repo-relative folders that exist. */
  z.object({ is: z.literal("workspace"), ...proof, tool: z.string(), members: z.array(Dir) }),
  z.object({
    is: z.literal("framework"),
    ...proof,
    framework: z.string(),
    kind: ServiceKind.optional(),
    port: z.number().int().optional(),
    portFlag: z.string().optional(),
  }),
  /** Something that runs. `command` is a shell command with `dir` as working directory; `port` is where it listens when nobody says otherwise. */
  z.object({
    is: z.literal("service"),
    ...proof,
    name: z.string(),
    kind: ServiceKind,
    command: z.string(),
    mode: z.enum(["start", "dev"]).default("start"),
    port: z.number().int().optional(),
    portEnv: z.string().optional(),
    portFlag: z.string().optional(),
    needs: z.array(z.string()).default([]),
    health: HealthProbe.optional(),
  }),
  /** A command with a role; `build` commands run before `start` where the service needs the output. */
  z.object({
    is: z.literal("command"),
    ...proof,
    role: z.enum(["install", "build", "start", "dev", "test"]),
    command: z.string(),
  }),
  z.object({ is: z.literal("check"), ...proof, name: z.string(), kind: CheckKind, command: z.string() }),
  /** The code or an example file names an environment variable. `example` is the value in the example file, if any. */
  z.object({
    is: z.literal("env"),
    ...proof,
    name: z.string(),
    example: z.string().optional(),
    required: z.boolean().default(false),
  }),
  z.object({
    is: z.literal("port"),
    ...proof,
    port: z.number().int(),
    env: z.string().optional(),
    service: z.string().optional(),
  }),
  /** A database or broker is used. `env` is the variable that carries its URL. `via` tells how we know; `name` is what compose calls it. */
  z.object({
    is: z.literal("database"),
    ...proof,
    name: z.string().optional(),
    engine: z.string(),
    via: z.enum(["client", "compose", "url", "orm", "config"]),
    env: z.string().optional(),
    version: z.string().optional(),
  }),
  /** A command that brings the schema (`migration`) or first data (`seed`) into the database of `engine`. */
  z.object({
    is: z.literal("migration"),
    ...proof,
    tool: z.string(),
    command: z.string(),
    seed: z.string().optional(),
    engine: z.string().optional(),
  }),
]);
export type Detection = z.infer<typeof Detection>;
/** What a detector writes: fields with a default may be left out. */
export type DetectionDraft = z.input<typeof Detection>;

export const Commands = z.object({
  install: z.string().optional(),
  build: z.string().optional(),
  start: z.string().optional(),
  dev: z.string().optional(),
  test: z.string().optional(),
});

export const Service = z.object({
  name: z.string(),
  dir: Dir,
  kind: ServiceKind,
  language: z.string().optional(),
  framework: z.string().optional(),
  runtime: z.object({ name: z.string(), version: z.string().optional() }).optional(),
  packageManager: z.string().optional(),
  commands: Commands,
  port: z.number().int().optional(),
  /** The variable through which the service is told its port, and the flag where it takes one instead (`--port`). */
  portEnv: z.string().optional(),
  portFlag: z.string().optional(),
  env: z.array(z.string()),
  /** Values that `.lodestar/config.json` gives to this service alone; no secrets. */
  values: z.record(z.string(), z.string()).optional(),
  needs: z.array(z.string()),
  health: HealthProbe,
  because: Because,
  confidence: Confidence,
});
export type Service = z.infer<typeof Service>;

export const Install = z.object({
  dir: Dir,
  manager: z.string(),
  version: z.string().optional(),
  lockfile: z.string().optional(),
  because: Because,
  confidence: Confidence,
});
export type Install = z.infer<typeof Install>;

export const PlannedDatabase = z.object({
  name: z.string(),
  engine: z.string(),
  version: z.string().optional(),
  dir: Dir,
  env: z.string(),
  migrations: z.array(z.object({ tool: z.string(), dir: Dir, command: z.string(), seed: z.string().optional() })),
  because: Because,
  confidence: Confidence,
});
export type PlannedDatabase = z.infer<typeof PlannedDatabase>;

export const EnvVariable = z.object({
  name: z.string(),
  dir: Dir,
  class: EnvClass,
  example: z.string().optional(),
  required: z.boolean(),
  because: Because,
});
export type EnvVariable = z.infer<typeof EnvVariable>;

export const PlannedCheck = z.object({
  name: z.string(),
  dir: Dir,
  kind: CheckKind,
  command: z.string(),
  because: Because,
  confidence: Confidence,
});
export type PlannedCheck = z.infer<typeof PlannedCheck>;

/** Sources disagreed: what was chosen, what was not, and why. */
export const Disagreement = z.object({
  what: z.string(),
  dir: Dir,
  chose: z.string(),
  because: Because,
  over: z.array(z.object({ value: z.string(), because: Because })),
  why: z.string(),
});
export type Disagreement = z.infer<typeof Disagreement>;

export const Toolchain = z.object({
  dir: Dir,
  language: z.string(),
  runtime: z.string(),
  version: z.string().optional(),
  because: Because,
  confidence: Confidence,
});
export type Toolchain = z.infer<typeof Toolchain>;

/** What detection concluded. `problems` are files that could not be read or parsed, with the reason. */
export const Plan = z.object({
  toolchains: z.array(Toolchain),
  installs: z.array(Install),
  services: z.array(Service),
  databases: z.array(PlannedDatabase),
  env: z.array(EnvVariable),
  checks: z.array(PlannedCheck),
  builds: z.array(z.object({ dir: Dir, command: z.string(), because: Because })),
  workspaces: z.array(z.object({ dir: Dir, tool: z.string(), members: z.array(Dir), because: Because })),
  disagreements: z.array(Disagreement),
  problems: z.array(z.object({ file: z.string(), message: z.string() })),
});
export type Plan = z.infer<typeof Plan>;

/** A plan in which nothing was detected. */
export const EMPTY_PLAN: Plan = {
  toolchains: [],
  installs: [],
  services: [],
  databases: [],
  env: [],
  checks: [],
  builds: [],
  workspaces: [],
  disagreements: [],
  problems: [],
};
