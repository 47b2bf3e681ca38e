import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createRedactStream, createSecrets } from "./secrets.ts";

/** Test values are put together here, so that no scanner takes this file for a leak. */
const alnum = (length: number) => "aB3dE6gH9jK2mN5pQ8sT1vW4".repeat(8).slice(0, length);
const aws = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
const pem = String(
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }),
);
const jwt = `eyJ${alnum(20)}.eyJ${alnum(40)}.${alnum(43)}`;

const SECRETS: Record<string, [text: string, secret: string]> = {
  "AWS key id": [`key ${aws} used`, aws],
  "AWS secret": [`AWS_SECRET_ACCESS_KEY=${alnum(40)}`, alnum(40)],
  "GitHub classic": [`token: ghp_${alnum(36)}`, `ghp_${alnum(36)}`],
  "GitHub fine-grained": [`github_pat_${alnum(22)}_${alnum(59)}`, alnum(59)],
  npm: [`//registry.npmjs.org/:_authToken=npm_${alnum(36)}`, `npm_${alnum(36)}`],
  Slack: [`"xoxb-1234567890-${alnum(24)}"`, alnum(24)],
  Stripe: [`sk_live_${alnum(24)}`, alnum(24)],
  Google: [`https://maps.example/api?key=AIza${alnum(35)}`, `AIza${alnum(35)}`],
  OpenAI: [`sk-proj-${alnum(48)}`, alnum(48)],
  "OpenAI legacy": [`using sk-${alnum(48)}.`, alnum(48)],
  Anthropic: [`sk-ant-api03-${alnum(80)}`, alnum(80)],
  OpenRouter: [`sk-or-v1-${"0123456789abcdef".repeat(4)}`, "0123456789abcdef".repeat(4)],
  JWT: [`cookie session=${jwt}; path=/`, jwt],
  PEM: [`before\n${pem}after`, pem.slice(40, 90)],
  "PEM in JSON": [JSON.stringify({ key: pem }), pem.slice(40, 90)],
  "password in a URL": ["postgres://app:hunter2x@db.internal:5432/app", "hunter2x"],
  "password without user": ["redis://:hunter2x@127.0.0.1", "hunter2x"],
  "bearer header": [`Authorization: Bearer ${alnum(20)}`, alnum(20)],
  "basic header": [`authorization: Basic dXNlcjpodW50ZXIy`, "dXNlcjpodW50ZXIy"],
  "header in JSON": [`{"authorization":"Bearer ${alnum(20)}"}`, alnum(20)],
  ".env": ["STRIPE_SECRET=abc123\nPORT=3000", "abc123"],
  "quoted .env": ['DB_PASSWORD="two words 1"', "two words 1"],
  export: ["export SESSION_TOKEN='q w e r'", "q w e r"],
  "Rails key": [`SECRET_KEY_BASE=${alnum(64)}`, alnum(64)],
  YAML: ["  POSTGRES_PASSWORD: s3cr3tpw", "s3cr3tpw"],
  "JSON field": ['{"clientSecret": "n0tForYou", "port": 3}', "n0tForYou"],
  query: ["GET /reset?token=4f9a8c7be1&x=1", "4f9a8c7be1"],
};

const HARMLESS = [
  createHash("sha256").update("x").digest("hex"),
  "2e8f43353d05d3af8056ebeccb01787d5a53bbb4",
  randomUUID(),
  `"integrity": "sha512-${createHash("sha512").update("y").digest("base64")}"`,
  `checksum = "${createHash("sha256").update("z").digest("hex")}"`,
  `data:image/png;base64,${randomBytes(300).toString("base64")}`,
  Buffer.from("an ordinary sentence in a test, a little longer than usual").toString("base64"),
  "npm_config_registry=https://registry.npmjs.org/",
  "npm_lifecycle_event=test npm_package_json=/repo/package.json",
  "Missing environment variable STRIPE_SECRET_KEY",
  "API_KEY is required; set API_KEY to a value",
  "API_KEY=$API_KEY SECRET=${SECRET:-} TOKEN= PASSWORD=<password>",
  "const API_KEY = process.env.API_KEY;",
  "const token = getToken(); if (password === other.password) return;",
  "SyntaxError: Unexpected token '}' at position 12",
  '"js-tokens": "^4.0.0", "@octokit/auth-token": "^6.0.0", "csrf-token": "3.1.0-beta.12"',
  "http://localhost:3000/@vite/client",
  "git clone ssh://git@github.com/owner/name.git",
  "image: registry.example.com:5000/app@sha256:0123abcd",
  "postgres://app:${DB_PASSWORD}@db/app",
  'class="sk-folding-cube sk-spinner" task-0123456789abcdef0123456789abcdef',
  "Authorization: Bearer <token>",
  "the bearer of this letter is an honest representative",
  "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
  "expected a line with -----BEGIN PRIVATE KEY----- in the file",
  "MAX_TOKENS=4096 TOKENIZER=gpt SECRETARY=ann PASSWORDLESS=true USE_TOKEN=true",
];

for (const [name, [text, secret]] of Object.entries(SECRETS)) {
  test(`redacts: ${name}`, () => {
    const secrets = createSecrets();
    const clean = secrets.redact(text);
    assert.ok(!clean.includes(secret), clean);
    assert.match(clean, /\[redacted:[a-z-]+\]/);
    assert.equal(secrets.redact(clean), clean, "redacting twice changes nothing");
  });
}

test("leaves harmless text alone", () => {
  const secrets = createSecrets();
  for (const text of HARMLESS) assert.equal(secrets.redact(text), text);
  const lockfile = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");
  assert.equal(secrets.redact(lockfile), lockfile);
});

test("keeps what stands around a secret", () => {
  assert.equal(
    createSecrets().redact("DATABASE_URL=postgres://app:hunter2x@db:5432/app PORT=1"),
    "DATABASE_URL=postgres://app:[redacted:url-password]@db:5432/app PORT=1",
  );
});

test("redacts the values it was told, in every form", () => {
  const secrets = createSecrets();
  secrets.add('p"ss wörd/1');
  secrets.add("short");
  secrets.add("multi\nan inner line that is long enough\n}");
  const text = `x p"ss wörd/1 ${JSON.stringify('p"ss wörd/1')} ${encodeURIComponent('p"ss wörd/1')} short`;
  assert.equal(secrets.redact(text), 'x [redacted:known] "[redacted:known]" [redacted:known] short');
  assert.equal(secrets.redact("> an inner line that is long enough <"), "> [redacted:known] <");
});

test("redacts across pieces of every size", () => {
  const secrets = createSecrets();
  secrets.add("known value 42");
  const text = `${Object.values(SECRETS)
    .map(([line]) => line)
    .join("\n")}\nhas known value 42 in it\nthe end`;
  const whole = secrets.redact(text);
  for (const size of [1, 7, 64, 1000]) {
    const stream = createRedactStream(secrets);
    let out = "";
    for (let at = 0; at < text.length; at += size) out += stream.push(text.slice(at, at + size));
    assert.equal(out + stream.end(), whole);
  }
});

test("a line without end is let through in bounded pieces, and a secret in it is found", () => {
  const secrets = createSecrets();
  const stream = createRedactStream(secrets);
  const filler = "a,b.c;é😀 ".repeat(9000);
  const text = `${filler}${aws} ${filler}`;
  let out = "";
  let held = 0;
  for (let at = 0; at < text.length; at += 4096) {
    const piece = text.slice(at, at + 4096);
    const ready = stream.push(piece);
    out += ready;
    held = Math.max(held, Math.min(at + 4096, text.length) - out.length);
  }
  assert.equal(out + stream.end(), secrets.redact(text));
  assert.ok(held < 80 * 1024, `held ${held}`);
});

test("a prompt without newline is shown after a pause, a word that may go on is not", () => {
  const stream = createRedactStream(createSecrets());
  assert.equal(stream.push("Ok to proceed? (y) "), "");
  assert.equal(stream.pause(), "Ok to proceed? (y) ");
  assert.equal(stream.push(`loading ${aws.slice(0, 8)}`), "");
  assert.equal(stream.pause(), "loading ");
  assert.equal(stream.push(`${aws.slice(8)}\n`), "[redacted:aws-key]\n");
});

test("hostile text takes linear time", () => {
  const secrets = createSecrets();
  const size = 400_000;
  const begin = "-----BEGIN PRIVATE KEY-----\n";
  const hostile = [
    "eyJ",
    "a",
    "://",
    "://a:",
    "-",
    begin,
    `${begin}A`,
    "SECRET=",
    '"token"',
    "sk-",
    "bearer ",
    "PASSWORD: ",
  ];
  for (const piece of hostile) {
    const started = performance.now();
    secrets.redact(piece.repeat(size / piece.length) + " PRIVATE KEY bearer SECRET= ://");
    const ms = performance.now() - started;
    assert.ok(ms < 1500, `${JSON.stringify(piece)}: ${ms} ms`);
  }
});
