import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnvVariable } from "../sdk/index.ts";
import { classifyEnv, connectionParts, resolveEnv } from "./env.ts";

test("a variable is a placeholder, generated, or the user's secret", () => {
  const expected = {
    placeholder: [
      "PORT",
      "NODE_ENV",
      "LOG_LEVEL",
      "BASE_URL",
      "NEXT_PUBLIC_API_URL",
      "JWT_EXPIRES_IN",
      "AWS_REGION",
      "STRIPE_PUBLISHABLE_KEY",
      "MAX_TOKENS",
      "DATABASE_URL",
      "REDIS_URL",
      "POSTGRES_PASSWORD",
      "DB_PASSWORD",
      "AUTH_PASSWORD_RESET_TOKEN_TABLE",
    ],
    generated: [
      "SECRET_KEY",
      "DJANGO_SECRET_KEY",
      "SECRET_KEY_BASE",
      "JWT_SECRET",
      "SESSION_SECRET",
      "APP_KEY",
      "NEXTAUTH_SECRET",
      "COOKIE_SECRET",
    ],
    secret: [
      "STRIPE_SECRET_KEY",
      "STRIPE_WEBHOOK_SIGNING_SECRET",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_ACCESS_KEY_ID",
      "OPENAI_API_KEY",
      "GITHUB_TOKEN",
      "GOOGLE_CLIENT_SECRET",
      "WEATHER_API_KEY",
      "SMTP_PASSWORD",
      "SLACK_WEBHOOK_URL",
    ],
  } as const;
  for (const [kind, names] of Object.entries(expected))
    assert.deepEqual(
      names.map((name) => `${name}: ${classifyEnv(name)}`),
      names.map((name) => `${name}: ${kind}`),
    );
});

test("a switch whose name sounds like a secret is none", () => {
  assert.equal(classifyEnv("REQUIRE_API_KEY", "false"), "placeholder");
  assert.equal(classifyEnv("REQUIRE_API_KEY"), "secret");
});

test("values come from the user, then Lodestar's database, then the example, then chance; nothing is invented", () => {
  const { env, missing, from } = resolveEnv({
    variables: [
      variable("PORT", { example: "3000" }),
      variable("GREETING", { example: "hello" }),
      variable("DATABASE_URL", { required: true }),
      variable("DB_HOST", { example: "db" }),
      variable("DB_PASSWORD", { required: true }),
      variable("JWT_SECRET", { required: true }),
      variable("STRIPE_SECRET_KEY", { required: true }),
      variable("OPENAI_API_KEY"),
      variable("REDIS_URL", { required: true }),
      variable("OPTIONAL_THING"),
      variable("PUBLIC_URL", { required: true }),
    ],
    provided: { PORT: "4000" },
    connections: { DATABASE_URL: "postgres://me:p%40ss@127.0.0.1:5433/app" },
    generate: (name) => `random ${name}`,
  });
  assert.deepEqual(env, {
    DATABASE_URL: "postgres://me:p%40ss@127.0.0.1:5433/app",
    PORT: "4000",
    GREETING: "hello",
    DB_HOST: "127.0.0.1",
    DB_PASSWORD: "p@ss",
    JWT_SECRET: "random JWT_SECRET",
    PUBLIC_URL: "http://localhost",
  });
  assert.equal(from.PORT, "provided");
  assert.equal(from.DB_HOST, "connection");
  assert.deepEqual(
    missing.map(({ name, because }) => [name, because]),
    [
      ["STRIPE_SECRET_KEY", ["app.ts:1"]],
      ["REDIS_URL", ["app.ts:1"]],
    ],
  );
});

test("Laravel's key has the shape that Laravel takes", () => {
  const { env } = resolveEnv({ variables: [variable("APP_KEY")], provided: {}, generate: () => "00ff".repeat(16) });
  assert.equal(env.APP_KEY, `base64:${Buffer.from("00ff".repeat(16), "hex").toString("base64")}`);
});

test("a URL is told under the names that the repo uses, and only to its own kind", () => {
  const names = ["PGUSER", "DB_PORT", "MYSQL_HOST", "DB_CONNECTION", "REDIS_HOST"];
  assert.deepEqual(connectionParts("postgres://u:p@127.0.0.1:5433/app", names), {
    PGUSER: "u",
    DB_PORT: "5433",
    DB_CONNECTION: "pgsql",
  });
  assert.deepEqual(connectionParts("file:./dev.db", names), {});
});

function variable(name: string, also: { example?: string; required?: boolean } = {}): EnvVariable {
  const { required = false, example } = also;
  return {
    name,
    dir: ".",
    class: classifyEnv(name, example),
    required,
    because: ["app.ts:1"],
    ...(example && { example }),
  };
}
