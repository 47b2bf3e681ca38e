import { EMPTY_PLAN, defineFixer, type Action, type Failure } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

const NAME = "[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*";
/** How programs say that one environment variable is missing; the group is its name. */
const SAYS = [
  `(?:process\\.env\\.|ENV\\[["'])(${NAME})["'\\]]* (?:is|was) (?:required|missing|not set|not defined|not provided|undefined)`,
  `env(?:ironment)? var(?:iable)?s?(?: not found)?:? ["'\`]?(${NAME})["'\`]?(?: is| was|: not| not|\\.?$|\\.? )`,
  `\\b(${NAME})["'\`]? env(?:ironment)? var(?:iable)? (?:is|was) (?:required|missing|not set|not defined|not found|unset)`,
  `[Mm]issing(?: required)? env(?:ironment)?(?: var(?:iable)?s?)?:? ["'\`]?(${NAME})\\b`,
  `[Ss]et the (${NAME}) environment variable`,
  `Must define (?:an environment variable )?["'\`]?(${NAME})`,
  `required key (${NAME}) missing value`,
  `Environment variable not found: "?(${NAME})`,
  `Could not resolve placeholder '(${NAME})'`,
  `key not found: "(${NAME})"`,
  `\\b(${NAME}): (?:parameter not set|unbound variable|parameter null or not set)`,
];
/** The same without the word for it: believed of names that the plan knows, and of names in several words. */
const MAYBE = [
  `\\b(${NAME})["'\`]? (?:is|was) (?:required|missing|not set|not provided|unset|mandatory)`,
  `\\b(${NAME})["'\`]? must be (?:set|provided|defined|specified)`,
  `[Mm]issing(?: required)?:? ["'\`]?(${NAME})["'\`]?(?:$|[\\s.,;!])`,
];
/** Lists below a heading: envalid, t3-env and dotenv-safe print one name a line or a comma list. */
const HEADING =
  /(?:missing|invalid) environment variables?:|not present in the environment|following (?:required )?(?:env(?:ironment)? )?variables (?:are|were) (?:missing|not (?:set|defined))/i;
const LISTED = new RegExp(`^[\\s{,'"]*(${NAME})['"]?\\s*(?::\\s*(?:undefined|\\[|$|Required|eg\\.|Missing).*)?[,}]*$`);
const SCHEMA_PATH = `["']?path["']?:\\s*\\[\\s*["'](${NAME})["']\\s*\\]`;
/** A KeyError of `os.environ`, and not of any other dict. */
const ENVIRON = /os\.environ|os\.getenv|<frozen os>|\/os\.py"/;
const ABSENT = /received:? ?["']?undefined|"?message"?: ["']Required["']/;
const HARMLESS: Readonly<Record<string, string>> = {
  NODE_ENV: "development",
  APP_ENV: "development",
  LOG_LEVEL: "info",
  HOST: "127.0.0.1",
  TZ: "UTC",
};
/** Secrets that an app shares with nobody but itself: any random value will do. */
const OWN_SECRET =
  /^(?:\w+_)?(?:SESSION_SECRET|JWT_SECRET|COOKIE_SECRET|SECRET_KEY|SECRET_KEY_BASE|APP_SECRET|APP_KEY|AUTH_SECRET|NEXTAUTH_SECRET|CSRF_SECRET|TOKEN_SECRET|HASH_SALT)$/;
const DATABASE = /^(?:DATABASE|DB|POSTGRES|POSTGRESQL|PG)_(?:URL|URI|DSN)$/;
const SERVER_URL = /^(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|sqlserver)[:+]/;

/** A variable that the program needs is not set: a harmless or random value where that will do, else a question. */
export default defineFixer({
  repair(failure) {
    const names = missingNames(failure).filter((name) => !failure.env.includes(name));
    if (names.length === 0) return undefined;
    return {
      title: `set ${names.join(", ")}`,
      because: `the output names ${names.length === 1 ? "it" : "them"} as missing`,
      actions: actionsFor(names, failure),
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "a variable that process.env lacks",
      failure: {},
      real: {
        files: {
          "app.js": `if (!process.env.SESSION_SECRET) throw new Error("process.env.SESSION_SECRET is required");`,
        },
        command: "node app.js",
        cured: { env: { SESSION_SECRET: "x" } },
      },
      repairs: [{ do: "set-env", name: "SESSION_SECRET", generate: true }],
    },
    {
      name: "KeyError of os.environ",
      failure: { plan: planned("STRIPE_SECRET_KEY", "secret") },
      real: {
        files: { "app.py": `import os\nkey = os.environ["STRIPE_SECRET_KEY"]\n` },
        command: "python3 app.py",
        needs: ["python3"],
        cured: { env: { STRIPE_SECRET_KEY: "x" } },
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "a shell that refuses unset variables",
      failure: { plan: planned("LOG_DIR", "placeholder", "logs") },
      real: {
        files: { "run.sh": `set -u\necho "$LOG_DIR"\n` },
        command: "sh run.sh",
        cured: { env: { LOG_DIR: "logs" } },
      },
      repairs: [{ do: "set-env", name: "LOG_DIR", value: "logs" }],
    },
    {
      name: "dotenv-safe",
      failure: {
        plan: planned("API_BASE", "placeholder", "http://localhost:4000"),
        output: `MissingEnvVarsError: The following variables were defined in .env.example but are not present in the environment:
  API_BASE, JWT_SECRET
Make sure to add them to .env or directly to the environment.`,
      },
      repairs: [
        { do: "set-env", name: "API_BASE", value: "http://localhost:4000" },
        { do: "set-env", name: "JWT_SECRET", generate: true },
      ],
    },
    {
      name: "envalid",
      failure: {
        output: `================================
 Missing environment variables:
    OPENAI_API_KEY: undefined
    COOKIE_SECRET: undefined
================================
 Exiting with error code 1`,
      },
      repairs: [{ do: "ask" }, { do: "set-env", name: "COOKIE_SECRET", generate: true }],
    },
    {
      name: "zod",
      failure: {
        output: `ZodError: [
  {
    "expected": "string",
    "code": "invalid_type",
    "path": [
      "APP_SECRET"
    ],
    "message": "Invalid input: expected string, received undefined"
  }
]`,
      },
      repairs: [{ do: "set-env", name: "APP_SECRET", generate: true }],
    },
    {
      name: "t3-env",
      failure: { output: "❌ Invalid environment variables: {\n  AUTH_SECRET: [ 'Required' ]\n}" },
      repairs: [{ do: "set-env", name: "AUTH_SECRET", generate: true }],
    },
    {
      name: "Prisma asks for the database, and the plan knows it",
      failure: {
        plan: {
          ...EMPTY_PLAN,
          databases: [
            {
              name: "main",
              engine: "postgres",
              dir: ".",
              env: "DATABASE_URL",
              migrations: [],
              because: ["prisma/schema.prisma:6"],
              confidence: 0.9,
            },
          ],
        },
        output: "error: Environment variable not found: DATABASE_URL.\n  -->  schema.prisma:6",
      },
      repairs: [{ do: "start-database", engine: "postgres", env: "DATABASE_URL" }],
    },
    {
      name: "Go, Rails and Spring",
      failure: {
        output: `required key GITHUB_TOKEN missing value
KeyError: key not found: "SECRET_KEY_BASE"
Could not resolve placeholder 'LOG_LEVEL' in value "\${LOG_LEVEL}"`,
      },
      repairs: [
        { do: "ask" },
        { do: "set-env", name: "SECRET_KEY_BASE", generate: true },
        { do: "set-env", name: "LOG_LEVEL", value: "info" },
      ],
    },
    {
      name: "an example that points at a server is a question",
      failure: {
        plan: planned("REPORTS_DB", "placeholder", "postgres://db.example.com/reports"),
        output: "Error: REPORTS_DB must be set",
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "counter: it is set, so it is not missing",
      failure: { env: ["DATABASE_URL"], output: "Error: DATABASE_URL is required to be a postgres URL" },
      repairs: undefined,
    },
    {
      name: "counter: a KeyError of an ordinary dict",
      failure: { output: `  File "/app/app.py", line 3, in <module>\n    row["NAME"]\nKeyError: 'NAME'` },
      repairs: undefined,
    },
    {
      name: "counter: the code has no such constant",
      failure: { output: "ReferenceError: MAX_ITEMS is not defined\nNameError: name 'PORT' is not defined" },
      repairs: undefined,
    },
    {
      name: "counter: a field of a form",
      failure: { output: "ValidationError: EMAIL is required" },
      repairs: undefined,
    },
    {
      name: "counter: an answer to a request that lacks a header",
      failure: { output: "GET /api 401 Authorization header is required" },
      repairs: undefined,
    },
  ],
});

/** Names in the order in which they are said, each once. */
function missingNames(failure: Failure): string[] {
  const text = plain(failure);
  const known = new Set(failure.plan.env.map((variable) => variable.name));
  const maybe = MAYBE.flatMap((pattern) => groups(text, pattern));
  const names = [
    ...SAYS.flatMap((pattern) => groups(text, pattern)),
    ...maybe.filter((name) => known.has(name) || name.includes("_")),
    ...(ENVIRON.test(text) ? groups(text, `KeyError: '(${NAME})'`) : []),
    ...(ABSENT.test(text) ? groups(text, SCHEMA_PATH) : []),
    ...(/Missing `secret_key_base` for/.test(text) ? ["SECRET_KEY_BASE"] : []),
    ...listedNames(text.split("\n")),
  ];
  return [...new Set(names)].filter((name) => name.length > 2);
}

function groups(text: string, pattern: string): string[] {
  return [...text.matchAll(new RegExp(pattern, "gm"))].flatMap((match) => match[1] ?? []);
}

function listedNames(lines: readonly string[]): string[] {
  const start = lines.findLastIndex((line) => HEADING.test(line));
  if (start < 0) return [];
  const names: string[] = [];
  for (const line of lines.slice(start + 1, start + 40)) {
    const parts = line.split(/,\s*(?=[A-Z])/).map((part) => LISTED.exec(part)?.[1]);
    if (parts.some((part) => part === undefined)) break;
    names.push(...parts.filter((part) => part !== undefined));
  }
  return names;
}

/** First everything that can be set, then one question for all that only the user has. */
function actionsFor(names: readonly string[], failure: Failure): Action[] {
  const found = names.map((name) => ({ name, action: actionFor(name, failure) }));
  const known = found.map(({ action }) => action).filter((action) => action !== undefined);
  const unknown = found.filter(({ action }) => action === undefined).map(({ name }) => name);
  return unknown.length === 0 ? known : [...known, ask(unknown)];
}

/** What gives it a value; undefined when only the user can. */
function actionFor(name: string, failure: Failure): Action | undefined {
  const { service } = failure;
  const known = failure.plan.env.find((variable) => variable.name === name);
  const database =
    failure.plan.databases.find((item) => item.env === name) ??
    (DATABASE.test(name) && failure.plan.databases.length === 1 ? failure.plan.databases[0] : undefined);
  if (database) return { do: "start-database", engine: database.engine, env: name };
  const scope = service === undefined ? {} : { service };
  // An example that names a server may be somebody's production: nothing connects to it on our word.
  if (known?.class === "secret" || SERVER_URL.test(known?.example ?? "")) return undefined;
  if (known?.class === "placeholder" && known.example) return { do: "set-env", name, value: known.example, ...scope };
  if (known?.class === "generated" || OWN_SECRET.test(name)) return { do: "set-env", name, generate: true, ...scope };
  if (name === "PORT" && failure.port !== undefined)
    return { do: "set-env", name, value: String(failure.port), ...scope };
  const harmless = HARMLESS[name];
  return harmless === undefined ? undefined : { do: "set-env", name, value: harmless, ...scope };
}

function ask(names: readonly string[]): Action {
  const one = names.length === 1;
  return {
    do: "ask",
    question: `What ${one ? "is" : "are"} ${names.join(", ")}? Only you have ${one ? "it" : "them"}.`,
    next: `put ${names.map((name) => `${name}=…`).join(" and ")} into .env, then: lodestar up`,
  };
}

function planned(name: string, kind: "placeholder" | "secret", example?: string): Failure["plan"] {
  const variable = { name, dir: ".", class: kind, required: true, because: [".env.example:1"] };
  return { ...EMPTY_PLAN, env: [example === undefined ? variable : { ...variable, example }] };
}
