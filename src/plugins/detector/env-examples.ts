import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { harmlessExample } from "./_shared-env.ts";
import { sure } from "./_shared-manifests.ts";

const FILES = [
  ".env.example",
  ".env.sample",
  ".env.template",
  ".env.dist",
  ".env.defaults",
  "env.example",
  "example.env",
  "sample.env",
  ".env.local.example",
  ".env.development.example",
];
const ENGINES: readonly (readonly [scheme: RegExp, engine: string])[] = [
  [/^postgres(ql)?(\+\w+)?:/, "postgres"],
  [/^(mysql|mariadb)(\+\w+)?:/, "mysql"],
  [/^mongodb(\+srv)?:/, "mongodb"],
  [/^rediss?:/, "redis"],
  [/^amqps?:/, "rabbitmq"],
  [/^(sqlite(\+\w+)?|file):/, "sqlite"],
];

/**
 * Example files of the environment: every name, the values that are harmless, and the databases that example URLs show.
 * An empty value proves nothing (Laravel ships with empty AWS keys): a variable is required where a comment says so.
 */
export default defineDetector({
  looksAt: FILES,
  async detect(dir) {
    const found = new Map<string, DetectionDraft>();
    for (const file of FILES) {
      const lines = ((await dir.text(file)) ?? "").split("\n");
      for (const [index, line] of lines.entries()) {
        const [, off, name, rest = ""] = line.match(/^\s*(#\s*)?(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=(.*)$/) ?? [];
        if (!name || found.has(name)) continue;
        const value = valueOf(rest);
        const because = [await dir.at(file, line)];
        const example = harmlessExample(name, value);
        const comment = `${rest.match(/#.*$/)?.[0] ?? ""} ${lines[index - 1]?.match(/^\s*#.*$/)?.[0] ?? ""}`;
        const required = off === undefined && value === "" && /\brequired\b/i.test(comment);
        found.set(name, {
          is: "env",
          dir: dir.dir,
          because,
          confidence: sure(dir, 0.9),
          name,
          required,
          ...(example && { example }),
        });
        const database = off === undefined && databaseOf(dir, { name, value, because });
        if (database) found.set(`${name}:database`, database);
      }
    }
    return [...found.values()];
  },
  examples: [
    {
      name: "values that are harmless are kept, others never",
      files: {
        ".env.example":
          "# the server\nPORT=3000\nSTRIPE_KEY= # required\nSMTP_PASSWORD=\nDATABASE_URL=postgres://me:pw@db.acme.io/app\n# DEBUG=1\nJWT_SECRET='change me'\n",
      },
      finds: [
        { is: "env", name: "PORT", example: "3000", required: false, because: [".env.example:2"] },
        { is: "env", name: "STRIPE_KEY", required: true },
        { is: "env", name: "SMTP_PASSWORD", required: false },
        { is: "database", engine: "postgres", env: "DATABASE_URL", via: "url", because: [".env.example:5"] },
        { is: "env", name: "DEBUG", required: false },
        { is: "env", name: "JWT_SECRET" },
      ],
    },
    { name: "the real environment is never read", files: { ".env": "PORT=3000\nTOKEN=abc\n" }, finds: [] },
  ],
});

/** The value without quotes and without a comment behind it. */
function valueOf(rest: string): string {
  const text = rest.trim();
  const quoted = text.match(/^(["'])(.*?)\1/);
  return quoted ? (quoted[2] ?? "") : text.replace(/(^|\s+)#.*$/, "").trim();
}

function databaseOf(
  dir: DirView,
  from: { name: string; value: string; because: string[] },
): DetectionDraft | undefined {
  const engine = ENGINES.find(([scheme]) => scheme.test(from.value))?.[1];
  // `file:` is a database only where the name says so.
  if (!engine || (engine === "sqlite" && !/DATABASE|DB|SQLITE/.test(from.name))) return undefined;
  return {
    is: "database",
    dir: dir.dir,
    because: from.because,
    confidence: sure(dir, 0.85),
    engine,
    via: "url",
    env: from.name,
  };
}
