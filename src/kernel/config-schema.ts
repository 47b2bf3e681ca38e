import { z } from "zod";
import { CheckKind, EnvClass, HealthProbe } from "../sdk/index.ts";

/** Where a repo says how it differs from what detection concludes; relative to the repo. */
export const CONFIG_FILE = ".lodestar/config.json";

/** One line that shows what it is: nothing in it can move the cursor, hide or reorder text where a person reads it to approve it. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const Line = z
  .string()
  .min(1, "expected a text that is not empty")
  .refine((text) => text.search(INVISIBLE) < 0, "expected one line without invisible characters");
const Dir = Line.refine(
  (path) => !/^([/\\]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes(".."),
  'expected a folder inside the repository, such as "apps/web"',
);
const Name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable");
const Port = z.number().int().min(1).max(65_535);
const disabled = z.boolean().optional().describe("true leaves it out of the plan");
const CLASS = 'expected a text, or { "class": "placeholder" | "generated" | "secret" }';

/** `.lodestar/config.json` as a user writes it; every part may be absent. `schema/config.schema.json` is made from it. */
export const Config = section({
  $schema: z.string().optional().describe("Path or address of this schema, for editors"),
  services: items(Line, {
    dir: Dir.optional().describe("Working directory of its commands, relative to the repository"),
    command: Line.optional().describe("Shell command that starts it; a service that was not detected needs one"),
    build: Line.optional().describe("Shell command that runs before it starts"),
    port: Port.optional().describe("Port it listens on when nobody says otherwise"),
    portEnv: Name.optional().describe("Variable through which it is told its port"),
    health: section(HealthProbe.shape).optional().describe("How it shows that it is healthy"),
    env: z.record(Name, z.string()).optional().describe("Variables of this service alone; no secrets"),
    needs: z.array(Line).optional().describe("Services and databases that must run before it"),
    disabled,
  }).describe("By name, as `lodestar detect` shows them"),
  checks: items(Line, {
    command: Line.optional().describe("Shell command whose outcome is judged; a new check needs one"),
    dir: Dir.optional().describe("Working directory of its command, relative to the repository"),
    kind: CheckKind.optional().describe("What it checks; a new check whose name is no kind needs one"),
    disabled,
  }).describe("By name, as `lodestar detect` shows them"),
  installs: items(Dir, {
    manager: Line.optional().describe("Package manager that installs this directory"),
    lockfile: Line.optional().describe(
      "Its lockfile, relative to the directory; without one the newest versions that fit are installed",
    ),
    disabled,
  }).describe("By directory, the repository itself is `.`"),
  databases: items(Line, {
    engine: Line.optional().describe("postgres, redis, sqlite …; a database that was not detected needs one"),
    env: Name.optional().describe("Variable that carries its URL"),
    migrate: Line.optional().describe("Shell command that brings the schema, run in the database's directory"),
    seed: Line.optional().describe("Shell command that brings the first data, run once after the schema"),
    disabled,
  }).describe("By name, as `lodestar detect` shows them. Only databases of Lodestar's own are used"),
  env: z
    .record(Name, z.union([z.string(), section({ class: EnvClass })], { error: CLASS }))
    .optional()
    .describe("Variables of every command: a value (no secret), or what kind of value one needs"),
  runtimes: z.record(Line, Line).optional().describe('Version by runtime: { "node": "22" }'),
});
export type Config = z.infer<typeof Config>;

/**
 * Reads a parsed file (undefined: there is none). What is wrong is left out and said, each with its path in the JSON and
 * what was expected; the rest counts.
 */
export function readConfig(raw: unknown): { config: Config; problems: string[] } {
  const problems = new Set<string>();
  let value: unknown = raw === undefined ? {} : raw;
  for (;;) {
    const parsed = Config.safeParse(value);
    if (parsed.success) return { config: parsed.data, problems: [...problems] };
    const wrong = parsed.error.issues.flatMap(placesOf);
    for (const { path, message } of wrong) problems.add(`${shown(path)}: ${message}`);
    // What is missing cannot be removed: then the thing that lacks it goes.
    const gone = wrong.map(({ path }) => (has(value, path) ? path : path.slice(0, -1)));
    value = gone.some((path) => path.length === 0) ? {} : without(value, gone);
  }
}

type Path = readonly PropertyKey[];

function section<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? `is not known here; expected one of ${known}` : undefined),
  });
}

function items<S extends z.ZodRawShape>(key: typeof Line, shape: S) {
  return z.record(key, section(shape)).optional();
}

function placesOf(issue: z.core.$ZodIssue): { path: Path; message: string }[] {
  const message = issue.message.replace(/^Invalid (input|option): /, "");
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ path: [...issue.path, key], message }));
  if (issue.code === "invalid_key") return [{ path: issue.path, message: issue.issues[0]?.message ?? message }];
  return [{ path: issue.path, message }];
}

function shown(path: Path): string {
  return path.map((key) => String(key).replaceAll(INVISIBLE, "?")).join(".") || "the file";
}

function has(value: unknown, path: Path): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return false;
  return has(Object.getOwnPropertyDescriptor(value, key)?.value, rest);
}

function without(value: unknown, paths: readonly Path[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, item]) => {
    const here = paths.filter((path) => String(path[0]) === key).map((path) => path.slice(1));
    if (here.some((path) => path.length === 0)) return [];
    return [[key, here.length > 0 ? without(item, here) : item] as const];
  });
  return Array.isArray(value) ? kept.map(([, item]) => item) : Object.fromEntries(kept);
}
