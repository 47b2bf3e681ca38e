import type { EnvClass, EnvVariable } from "../sdk/index.ts";

/** Names of which any random value will do: the application only compares it with itself. */
const GENERATED =
  /^((\w+_)?(SECRET_KEY_BASE|SECRET_KEY|JWT_SECRET(_KEY)?|JWT_KEY|JWT_(ACCESS|REFRESH)_SECRET|SESSION_SECRET|SESSION_KEY|COOKIE_SECRET|COOKIE_KEY|COOKIE_PASSWORD|AUTH_SECRET|NEXTAUTH_SECRET|BETTER_AUTH_SECRET|CSRF_SECRET|HASH_SALT|PASSWORD_SALT|ENCRYPTION_(\w+_)?(KEY|SALT|SECRET)|SIGNING_KEY|SIGNING_SECRET|RAILS_MASTER_KEY_BASE|TOKEN_SECRET|ACCESS_TOKEN_SECRET|REFRESH_TOKEN_SECRET|APP_KEYS?|APP_SECRET|API_TOKEN_SALT|ADMIN_JWT_SECRET|TRANSFER_TOKEN_SALT|PEPPER)|SECRET|SALT|ADMIN_PASSWORD|ADMIN_TOKEN)$/;
/** Services of others whose keys only the user has: even `STRIPE_SIGNING_SECRET` is theirs. */
const FOREIGN =
  /(^|_)(STRIPE|AWS|S3|GCP|GOOGLE|AZURE|OPENAI|ANTHROPIC|GEMINI|MISTRAL|COHERE|OPENROUTER|HUGGINGFACE|HF|GITHUB|GITLAB|BITBUCKET|SLACK|DISCORD|TELEGRAM|TWILIO|SENDGRID|MAILGUN|POSTMARK|RESEND|MAILCHIMP|PAYPAL|BRAINTREE|ADYEN|PLAID|SHOPIFY|TWITTER|FACEBOOK|META|LINKEDIN|APPLE|AUTH0|CLERK|OKTA|SUPABASE|FIREBASE|CLOUDINARY|CLOUDFLARE|DIGITALOCEAN|HEROKU|VERCEL|NETLIFY|SENTRY|DATADOG|NEWRELIC|POSTHOG|MIXPANEL|SEGMENT|AMPLITUDE|ALGOLIA|PINECONE|PUSHER|ABLY|NPM|NOTION|AIRTABLE|JIRA|LINEAR|ZENDESK|INTERCOM|HUBSPOT|SALESFORCE|MAPBOX|TURNSTILE|RECAPTCHA|HCAPTCHA|RAZORPAY|UPSTASH|PLANETSCALE|NEON)(_|$)/;
const SECRET =
  /(SECRET|PASSWORD|PASSWD|PASSPHRASE|_PASS|TOKEN|PRIVATE_KEY|API_?KEY|ACCESS_KEY(_ID)?|AUTH_KEY|CREDENTIALS?|WEBHOOK_(URL|KEY))(_(\d+|PROD|DEV|TEST|LIVE))?$|_KEY$|_PAT$/;
/** Look like secrets and are none: limits, lifetimes, switches, names, public halves. */
const HARMLESS =
  /(EXPIR(Y|ES|ES_IN|ATION)|_TTL|MAX_TOKENS|TOKEN_LIMIT|_ALGORITHM|_ISSUER|_AUDIENCE|_HEADER|_PREFIX|_NAME|_LENGTH|_ROUNDS|_ENABLED|_REGION|_PORT|_HOST|_TIMEOUT|_DAYS|_HOURS|_MINUTES|_SECONDS|_PATH|_FILE|_TYPE)$|^(NEXT_)?PUBLIC_|^VITE_PUBLIC_|PUBLIC_KEY$|PUBLISHABLE_KEY$/;
/** Connections that Lodestar serves from a database of its own. */
const CONNECTION =
  /^(\w+_)?(DATABASE|DB|POSTGRES(QL)?|PG|MYSQL|MARIADB|MONGO(DB)?|REDIS|AMQP|RABBITMQ|BROKER|SQLALCHEMY_DATABASE|CELERY_BROKER|CELERY_RESULT_BACKEND)_?(URL|URI|DSN|CONNECTION(_STRING)?|CONN_STR)$/;
/** Credentials of that same database, named one by one. */
const LOCAL_DATABASE =
  /^(DB|DATABASE|POSTGRES(QL)?|PG|MYSQL(_ROOT)?|MARIADB(_ROOT)?|MONGO(DB)?(_INITDB_ROOT)?|REDIS|RABBITMQ(_DEFAULT)?)_?(USER(NAME)?|PASS(WORD)?|NAME|DATABASE|DB|HOST(NAME)?|PORT|AUTH)$/;

/** Which kind of value a variable needs, from its name and the value in an example file. When in doubt it is the user's secret. */
export function classifyEnv(name: string, example?: string): EnvClass {
  if (CONNECTION.test(name) || LOCAL_DATABASE.test(name) || HARMLESS.test(name)) return "placeholder";
  if (FOREIGN.test(name) && SECRET.test(name)) return "secret";
  if (GENERATED.test(name)) return "generated";
  if (SECRET.test(name)) return example !== undefined && isHarmlessSwitch(example) ? "placeholder" : "secret";
  return "placeholder";
}

function isHarmlessSwitch(example: string): boolean {
  return /^(true|false|yes|no|on|off|\d{1,4})$/i.test(example);
}

/** A variable that has no value: why, and where it is asked for. */
export interface MissingEnv {
  readonly name: string;
  readonly dir: string;
  readonly reason: string;
  readonly because: readonly string[];
}

export interface ResolvedEnv {
  readonly env: Readonly<Record<string, string>>;
  /** What only the user can give: required secrets, and required URLs of services that Lodestar does not run. */
  readonly missing: readonly MissingEnv[];
  /** Where each value came from, for the report; never the value. */
  readonly from: Readonly<Record<string, "provided" | "connection" | "example" | "generated" | "default">>;
}

/** Values for names that everybody uses alike, where the repo gives no example. */
const DEFAULTS: Readonly<Record<string, string>> = {
  NODE_ENV: "development",
  APP_ENV: "local",
  LOG_LEVEL: "info",
  HOST: "127.0.0.1",
};

/**
 * Gives each variable a value by its class: what the user provided, then a connection of a database that Lodestar made, then
 * the example, then a generated value. A variable that nobody needs stays unset; so does one whose value would be invented.
 * `provided` values of connection variables are the caller's to filter: they may name a production database.
 */
export function resolveEnv(request: {
  readonly variables: readonly EnvVariable[];
  readonly provided: Readonly<Record<string, string>>;
  /** URLs by variable name, of databases that Lodestar made. */
  readonly connections?: Readonly<Record<string, string>>;
  /** 32 random bytes as hex digits for this name, the same ones each time it is asked. */
  readonly generate: (name: string) => string;
}): ResolvedEnv {
  const connections = request.connections ?? {};
  const names = request.variables.map(({ name }) => name);
  const parts = Object.assign({}, ...Object.values(connections).map((url) => connectionParts(url, names)));
  const env: Record<string, string> = {};
  const from: Record<string, ResolvedEnv["from"][string]> = {};
  const missing = new Map<string, MissingEnv>();
  function set(name: string, value: string, origin: ResolvedEnv["from"][string]): void {
    env[name] = value;
    from[name] = origin;
  }
  for (const [name, url] of Object.entries(connections)) set(name, url, "connection");
  for (const variable of request.variables) {
    const { name, example, required } = variable;
    if (name in env) continue;
    const provided = request.provided[name];
    const part: unknown = parts[name];
    if (provided !== undefined && provided !== "") set(name, provided, "provided");
    else if (typeof part === "string") set(name, part, "connection");
    else if (variable.class === "generated") set(name, shaped(name, request.generate(name)), "generated");
    else if (variable.class === "secret") {
      if (required) missing.set(name, lack(variable, "only you have this secret"));
    } else if (CONNECTION.test(name)) {
      if (required) missing.set(name, lack(variable, "it is the address of a service that Lodestar does not run here"));
    } else if (example !== undefined) set(name, example, "example");
    else if (DEFAULTS[name] !== undefined) set(name, DEFAULTS[name], "default");
    else if (required && !/^PORT$/.test(name)) set(name, placeholderFor(name), "default");
  }
  return { env, missing: [...missing.values()], from };
}

function lack({ name, dir, because }: EnvVariable, reason: string): MissingEnv {
  return { name, dir, reason, because };
}

/** Laravel takes its key only as base64 with a prefix (`Illuminate\Encryption`); everybody else takes any text. */
function shaped(name: string, hex: string): string {
  if (name !== "APP_KEY" || !/^([0-9a-f]{2})+$/.test(hex)) return hex;
  const bytes = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return `base64:${btoa(String.fromCharCode(...bytes))}`;
}

/** A harmless value of the shape that the name promises. */
function placeholderFor(name: string): string {
  if (/(URL|URI|ORIGIN|ENDPOINT)S?$/.test(name)) return "http://localhost";
  if (/EMAIL|MAIL_FROM/.test(name)) return "someone@example.test";
  if (/(^|_)(HOST|HOSTNAME|DOMAIN)$/.test(name)) return "localhost";
  if (/(PORT|COUNT|LIMIT|SIZE|TTL|TIMEOUT|SECONDS|MINUTES|HOURS|DAYS|ROUNDS|CONCURRENCY|WORKERS)$/.test(name))
    return "10";
  if (/^(IS|HAS|ENABLE|DISABLE|USE)_|_(ENABLED|DISABLED)$|^DEBUG$/.test(name)) return "false";
  return "local";
}

/** The parts of a database's URL under the names that the repo uses for them (`DB_HOST`, `PGUSER`, `MYSQL_PASSWORD` …). */
export function connectionParts(url: string, names: readonly string[]): Record<string, string> {
  const parsed = URL.parse(url);
  const family = parsed && FAMILIES.find(({ scheme }) => scheme.test(parsed.protocol));
  if (!parsed || !family) return {};
  const parts: Readonly<Record<string, string>> = {
    HOST: parsed.hostname,
    HOSTNAME: parsed.hostname,
    PORT: parsed.port,
    USER: decodeURIComponent(parsed.username),
    USERNAME: decodeURIComponent(parsed.username),
    PASS: decodeURIComponent(parsed.password),
    PASSWORD: decodeURIComponent(parsed.password),
    NAME: decodeURIComponent(parsed.pathname.slice(1)),
    DATABASE: decodeURIComponent(parsed.pathname.slice(1)),
    DB: decodeURIComponent(parsed.pathname.slice(1)),
  };
  const found: Record<string, string> = {};
  for (const name of names) {
    const match = name.match(/^([A-Z]+?)_?(HOST(?:NAME)?|PORT|USER(?:NAME)?|PASS(?:WORD)?|NAME|DATABASE|DB)$/);
    const part = parts[match?.[2] ?? ""];
    if (match?.[1] && family.prefix.test(match[1]) && part !== undefined) found[name] = part;
    if (name === "DB_CONNECTION" && family.laravel) found[name] = family.laravel;
  }
  return found;
}

const FAMILIES: readonly { scheme: RegExp; prefix: RegExp; laravel?: string }[] = [
  { scheme: /^postgres(ql)?:$/, prefix: /^(DB|DATABASE|POSTGRES|POSTGRESQL|PG)$/, laravel: "pgsql" },
  { scheme: /^(mysql|mariadb):$/, prefix: /^(DB|DATABASE|MYSQL|MARIADB)$/, laravel: "mysql" },
  { scheme: /^mongodb:$/, prefix: /^(MONGO|MONGODB)$/ },
  { scheme: /^rediss?:$/, prefix: /^REDIS$/ },
  { scheme: /^amqps?:$/, prefix: /^(RABBITMQ|AMQP)$/ },
];
