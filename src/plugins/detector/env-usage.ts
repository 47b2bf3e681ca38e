import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { isPartOf, sure } from "./_shared-manifests.ts";
import { MANIFESTS, sourcesOf } from "./_shared-sources.ts";

/** How code reads a variable, by the file's ending. The first group is the name. */
const READS: readonly (readonly [ending: RegExp, patterns: readonly RegExp[]])[] = [
  [
    /\.([cm]?[jt]sx?|vue|svelte|astro)$/,
    [
      /\b(?:process|Bun|import\.meta)\.env(?:\.|\[["'`])([A-Z][A-Z0-9_]+)/g,
      /\bDeno\.env\.get\(\s*["'`]([A-Z][A-Z0-9_]+)/g,
    ],
  ],
  [
    /\.py$/,
    [
      /\b(?:os\.)?environ(?:\.get\(|\[)\s*["']([A-Z][A-Z0-9_]+)/g,
      /\b(?:os\.)?getenv\(\s*["']([A-Z][A-Z0-9_]+)/g,
      /\benv(?:\.(?:str|bool|int|list|url|db))?\(\s*["']([A-Z][A-Z0-9_]+)/g,
    ],
  ],
  [/\.(rb|ya?ml)$/, [/\bENV(?:\.fetch\(|\[)\s*["']([A-Z][A-Z0-9_]+)/g]],
  [/\.go$/, [/\bos\.(?:Getenv|LookupEnv)\(\s*"([A-Z][A-Z0-9_]+)/g]],
  [/\.rs$/, [/\b(?:env::)?var(?:_os)?\(\s*"([A-Z][A-Z0-9_]+)/g, /\b(?:option_)?env!\(\s*"([A-Z][A-Z0-9_]+)/g]],
  [
    /\.php$/,
    [
      /\b(?:env|getenv)\(\s*["']([A-Z][A-Z0-9_]+)/g,
      /\$_(?:ENV|SERVER)\[["']((?!HTTP_|REQUEST_|SERVER_|REMOTE_|SCRIPT_|DOCUMENT_|QUERY_)[A-Z][A-Z0-9_]+)/g,
    ],
  ],
  [/\.(java|kt|scala)$/, [/\bSystem\.getenv\(\s*"([A-Z][A-Z0-9_]+)/g]],
  [/application[\w-]*\.(properties|ya?ml)$/, [/\$\{([A-Z][A-Z0-9_]+)\}/g]],
  [/\.(cs|fs)$/, [/GetEnvironmentVariable\(\s*"([A-Z][A-Z0-9_]+)/g]],
  [/\.exs?$/, [/\bSystem\.(?:get_env|fetch_env!?)\(\s*"([A-Z][A-Z0-9_]+)/g]],
];
/** Set by the system, the shell or the runner: nobody has to give them. */
const GIVEN =
  /^(PATH|HOME|USER|USERNAME|USERPROFILE|SHELL|PWD|LANG|LC_\w+|TERM|TERM_\w+|TMP|TEMP|TMPDIR|CI|EDITOR|VISUAL|COLUMNS|LINES|DISPLAY|HOSTNAME|LOGNAME|APPDATA|LOCALAPPDATA|XDG_\w+|FORCE_COLOR|NO_COLOR|COLORTERM|GITHUB_\w+|GITLAB_\w+|VERCEL(_\w+)?|NETLIFY|DYNO|npm_\w+|VITEST\w*|JEST_\w+|DEV|PROD|MODE|SSR|RAILWAY_\w+|KUBERNETES_\w+|DJANGO_SETTINGS_MODULE|VIRTUAL_ENV|GOPATH|GOROOT|JAVA_HOME|OUT_DIR|CARGO_\w+)$/;
/** Names kept per project, so that a generated file cannot fill the plan. */
const LIMIT = 200;

/** Environment variables that the code of a project reads; required where it fails without them. */
export default defineDetector({
  looksAt: [...MANIFESTS, "main.py", "app.py", "main.go", "index.js", "server.js", "app.rb", "index.php"],
  async detect(dir) {
    if (!MANIFESTS.some((name) => dir.has(name)) && isPartOf(dir, MANIFESTS)) return [];
    const found = new Map<string, DetectionDraft & { is: "env" }>();
    for (const { path, text: whole } of await sourcesOf(dir)) {
      const text = withoutComments(path, whole);
      for (const { name, required, text: read } of [...readsIn(path, text), ...declaredIn(path, text)]) {
        const known = found.get(name);
        if (GIVEN.test(name) || (known?.required ?? false) || (!known && found.size >= LIMIT)) continue;
        if (known && !required) continue;
        const because = [...(known?.because ?? []), await dir.root.at(path, read)];
        found.set(name, { is: "env", dir: dir.dir, because, confidence: sure(dir, 0.85), name, required });
      }
    }
    return [...found.values()];
  },
  examples: [
    {
      name: "JavaScript: with a default, and refused without",
      files: {
        "package.json": "{}",
        "src/a.ts": 'const port = process.env.PORT ?? 3000;\nif (!process.env.API_URL) throw new Error("API_URL");\n',
      },
      finds: [
        { is: "env", name: "PORT", required: false, because: ["src/a.ts:1"] },
        { is: "env", name: "API_URL", required: true, because: ["src/a.ts:2"] },
      ],
    },
    {
      name: "Python: subscripts fail, get does not",
      files: { "main.py": 'a = os.environ["TOKEN_X"]\nb = os.getenv("LEVEL", "info")\n' },
      finds: [
        { is: "env", name: "TOKEN_X", required: true },
        { is: "env", name: "LEVEL", required: false },
      ],
    },
    {
      name: "Go, Rust and Ruby",
      files: {
        "go.mod": "module x\n",
        "main.go": 'x := os.Getenv("GO_X")\n',
        "r/Cargo.toml": "",
        "r/src/main.rs": 'env::var("RUST_X").expect("RUST_X");\n',
        "rb/Gemfile": "",
        "rb/a.rb": 'ENV.fetch("RUBY_X")\n',
      },
      finds: [
        { is: "env", dir: ".", name: "GO_X", required: false },
        { is: "env", dir: "r", name: "RUST_X", required: true },
        { is: "env", dir: "rb", name: "RUBY_X", required: true },
      ],
    },
    {
      name: "schemas of the environment",
      files: {
        "requirements.txt": "",
        "config.py": "class Settings(BaseSettings):\n    database_url: str\n    debug: bool = False\n",
        "web/package.json": "{}",
        "web/env.ts":
          "const env = z.object({\n  API_URL: z.string().url(),\n  LEVEL: z.string().default('info'),\n}).parse(process.env);\n",
      },
      finds: [
        { is: "env", dir: ".", name: "DATABASE_URL", required: true, because: ["config.py:2"] },
        { is: "env", dir: ".", name: "DEBUG", required: false },
        { is: "env", dir: "web", name: "API_URL", required: true, because: ["web/env.ts:2"] },
        { is: "env", dir: "web", name: "LEVEL", required: false },
      ],
    },
    {
      name: "code in documentation",
      files: { "main.py": '"""\nos.environ["X_SETTINGS"]\n"""\n# os.environ["Y_SETTINGS"]\n' },
      finds: [],
    },
    {
      name: "tests, copies and what the system sets",
      files: {
        "package.json": "{}",
        "test/a.js": "process.env.ONLY_IN_TESTS",
        "node_modules/x/a.js": "process.env.NOT_OURS",
        "index.js": "process.env.HOME",
      },
      finds: [],
    },
  ],
});

interface Read {
  readonly name: string;
  readonly required: boolean;
  /** What stands in the file, to find its line. */
  readonly text: string;
}

function readsIn(path: string, text: string): Read[] {
  const patterns = READS.filter(([ending]) => ending.test(path)).flatMap(([, patterns]) => patterns);
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      name: match[1] ?? "",
      required: failsWithout(path, text, match[0], match.index),
      text: match[0],
    })),
  );
}

/** Variables that a schema declares: fields of a pydantic `BaseSettings`, keys of a zod or envalid object in the file of the environment. */
function declaredIn(path: string, text: string): Read[] {
  if (path.endsWith(".py")) {
    const body = text.match(/^class \w+\([^)]*BaseSettings\b[^)]*\):\n((?:[ \t]+[^\n]*\n|\s*\n)*)/m)?.[1];
    if (!body || /env_prefix/.test(text)) return [];
    return [...body.matchAll(/^ {4}([A-Za-z]\w*)\s*:\s*([^\n=]+)(=.*)?$/gm)]
      .filter((match) => match[1] !== "model_config" && !/ClassVar/.test(match[2] ?? ""))
      .map((match) => ({ name: (match[1] ?? "").toUpperCase(), required: match[3] === undefined, text: match[0] }));
  }
  if (
    !/\.[cm]?[jt]s$/.test(path) ||
    !/\b(createEnv|cleanEnv|parse|safeParse)\([^]{0,2000}process\.env\b|runtimeEnv/.test(text)
  )
    return [];
  return [...text.matchAll(/^\s*([A-Z][A-Z0-9_]+)\s*:\s*((?:z\.|str\(|num\(|url\(|port\(|bool\()[^\n]*)/gm)].map(
    (match) => ({
      name: match[1] ?? "",
      required: !/optional\(|default|nullish\(|catch\(/.test(match[2] ?? ""),
      text: match[0].trim(),
    }),
  );
}

/** The code with what only talks about code blanked out, so that places stay where they are. */
function withoutComments(path: string, text: string): string {
  const blank = (part: string) => part.replace(/[^\n]/g, " ");
  if (path.endsWith(".py")) return text.replace(/"""[^]*?"""|'''[^]*?'''|^\s*#.*$/gm, blank);
  if (/\.(rb|exs?|ya?ml)$/.test(path)) return text.replace(/^\s*#.*$/gm, blank);
  return text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, blank);
}

/** Whether the code around a read ends the program when the variable is absent. A default anywhere near says no. */
function failsWithout(path: string, text: string, read: string, index: number): boolean {
  const end = index + read.length;
  const after = text.slice(end, end + 120).split("\n", 1)[0] ?? "";
  const before = text.slice(Math.max(0, index - 60), index);
  if (/\.[cm]?[jt]sx?$/.test(path))
    return /if\s*\(\s*!\s*$/.test(before) && /throw|process\.exit/.test(text.slice(end, end + 200));
  if (path.endsWith(".py"))
    return /environ\[/.test(read) && !/\bif\b[^\n]*$/.test(before) && !/^["']\]\s*=[^=]/.test(after);
  if (path.endsWith(".rb"))
    return read.includes("fetch") && /^["']\s*\)\s*(?![{d,])/.test(after) && !/^["']\s*\)\s*(\{|do\b)/.test(after);
  if (path.endsWith(".rs")) return /^"\s*\)\s*\.(unwrap\(\)|expect\()/.test(after) || /(^|[^_])env!\(/.test(read);
  if (/\.exs?$/.test(path)) return read.includes("fetch_env!") || /\|\|\s*\n?\s*raise/.test(text.slice(end, end + 60));
  return /application[\w-]*\.(properties|ya?ml)$/.test(path);
}
