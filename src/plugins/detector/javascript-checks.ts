import { defineDetector, type CheckKind, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { declares, managerOf, readManifest, runProgram, runScript, type Manifest } from "./_shared-javascript.ts";

/** Tests, types, lint, format and build of a package: its own scripts first, else what its tools do by default. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const manifest = await readManifest(dir);
    if (!manifest) return [];
    const manager = await managerOf(dir);
    const found: DetectionDraft[] = [];
    for (const kind of ["build", "types", "lint", "format", "test"] as const) {
      const check =
        (await byScript(dir, manifest, { kind, manager })) ?? (await byTool(dir, manifest, { kind, manager }));
      if (check) found.push(check);
    }
    return found;
  },
  examples: [
    {
      name: "scripts",
      files: {
        "add.test.ts": "",
        "package.json":
          '{ "scripts": {\n"test": "vitest",\n"typecheck": "tsc",\n"lint": "eslint .",\n"format:check": "prettier --check .",\n"build": "tsup" } }',
      },
      finds: [
        { is: "check", kind: "test", command: "npm run test", because: ["package.json:2"] },
        { kind: "types", command: "npm run typecheck" },
        { kind: "lint", command: "npm run lint" },
        { kind: "format", command: "npm run format:check" },
        { kind: "build", command: "npm run build" },
      ],
    },
    {
      name: "no script, but tools",
      files: {
        "package.json": '{ "devDependencies": { "typescript": "5", "eslint": "9", "mocha": "11" } }',
        "pnpm-lock.yaml": "",
        "tsconfig.json": "{}",
        "eslint.config.js": "",
        "test/add.js": "",
      },
      finds: [
        { kind: "types", command: "pnpm exec tsc --noEmit", because: ["tsconfig.json"] },
        { kind: "lint", command: "pnpm exec eslint ." },
        { kind: "test", command: "pnpm exec mocha" },
      ],
    },
    {
      name: "a tsconfig that only refers to others",
      files: {
        "package.json": '{ "devDependencies": { "typescript": "5" } }',
        "tsconfig.json":
          '{ "files": [],\n// both\n"references": [{ "path": "./tsconfig.app.json" }, { "path": "tsconfig.node.json" }] }',
        "tsconfig.app.json": "{}",
        "tsconfig.node.json": "{}",
      },
      finds: [
        { kind: "types", command: "npx tsc --noEmit -p tsconfig.app.json && npx tsc --noEmit -p tsconfig.node.json" },
      ],
    },
    {
      name: "one that refers to folders, whose output we do not know how to make",
      files: {
        "package.json": '{ "devDependencies": { "typescript": "5" } }',
        "tsconfig.json": '{ "files": [], "references": [{ "path": "./core" }] }',
        "core/tsconfig.json": "{}",
      },
      finds: [],
    },
    {
      name: "a script that watches or repairs is no check",
      files: {
        "package.json": '{ "scripts": { "test": "jest --watch", "test:ci": "jest", "lint": "eslint . --fix" } }',
        "__tests__/add.js": "",
      },
      finds: [{ kind: "test", command: "npm run test:ci" }],
    },
    {
      name: "a runner that watches unless it is told not to",
      files: { "package.json": '{ "scripts": { "test": "ng test" } }' },
      finds: [{ kind: "test", command: "npm run test -- --watch=false" }],
    },
    {
      name: "a runner without a test",
      files: {
        "package.json": '{ "scripts": { "test": "vitest run" }, "devDependencies": { "vitest": "4" } }',
        "src/add.ts": "",
        "test.json": "",
      },
      finds: [],
    },
    {
      name: "node's own runner",
      files: { "package.json": '{ "type": "module" }', "test/add.test.js": 'import test from "node:test";' },
      finds: [{ kind: "test", command: "node --test" }],
    },
    {
      name: "npm's own words for no tests",
      files: {
        "package.json":
          '{ "scripts": { "test": "echo \\"Error: no test specified\\" && exit 1", "build": "echo nothing" } }',
      },
      finds: [],
    },
  ],
});

interface Wanted {
  readonly kind: CheckKind;
  readonly manager: string;
}

/** Scripts by their usual names, the plainest first; and what the body must (not) contain to be a check. */
const SCRIPTS: Readonly<Record<CheckKind, { names: readonly string[]; needs?: RegExp }>> = {
  test: { names: ["test", "test:ci", "test:run", "test:unit", "test:all", "tests", "unit", "spec"] },
  types: {
    names: [
      "typecheck",
      "type-check",
      "check-types",
      "check:types",
      "types:check",
      "tsc",
      "types",
      "lint:types",
      "test:types",
      "check",
    ],
    needs:
      /\b(tsc|tsgo|vue-tsc|svelte-check|astro check|tsd|attw|turbo|nx|lerna|typecheck|check-types|type-check|react-router typegen)\b|(pnpm|npm|yarn|bun) .*(-r|--recursive|--workspaces|run)/,
  },
  lint: { names: ["lint", "lint:check", "check:lint", "lint:js", "lint:ts", "eslint", "lint:ci"] },
  format: {
    names: [
      "format:check",
      "check:format",
      "format-check",
      "check-format",
      "prettier:check",
      "fmt:check",
      "lint:format",
      "lint:prettier",
      "prettier",
      "format",
    ],
    needs: /--check\b|--list-different\b|\s-c\b|biome (ci|format(?!.*--write))|dprint check|turbo|oxfmt --check/,
  },
  build: { names: ["build", "compile"] },
};
/** Says nothing, waits for somebody, or changes what it should judge. */
const NO_CHECK =
  /no test specified|^\s*(echo\b[^&|;]*|true|exit 0|:)?\s*$|--watch(?!All=false|=false)\b|\s-w\s*$|--fix\b|--write\b|\bopen$|cypress open|vitest (watch|--ui)/;

async function byScript(
  dir: DirView,
  manifest: Manifest,
  { kind, manager }: Wanted,
): Promise<DetectionDraft | undefined> {
  const { names, needs } = SCRIPTS[kind];
  const script = names.find((name) => {
    const body = manifest.scripts[name];
    return body !== undefined && !NO_CHECK.test(body) && (needs?.test(body) ?? true);
  });
  if (script === undefined || (kind === "test" && hasNoTests(dir, manifest.scripts[script] ?? ""))) return undefined;
  const because = await dir.at("package.json", `"${script}":`);
  const needsBrowser = /\bng test|karma|playwright|cypress/.test(manifest.scripts[script] ?? "");
  const confidence = needsBrowser ? 0.6 : 0.95;
  const command = runScript(manager, script);
  const once = onceFlag(manifest.scripts[script] ?? "");
  // npm alone keeps flags for itself that do not stand behind `--`.
  const flag = once === undefined ? "" : ` ${manager === "npm" ? "-- " : ""}${once}`;
  return check(dir, { kind, command: command + flag, because, confidence });
}

/** The runner is set up, and nobody has written a test yet: there is nothing to judge. */
function hasNoTests(dir: DirView, body: string): boolean {
  if (!/^\s*(vitest( run)?|jest|mocha|ava)\s*(--(passWithNoTests|coverage|ci))*\s*$/.test(body)) return false;
  return !dir.below().some((path) => /(test|spec)/i.test(path) && /\.([cm]?[jt]sx?|vue|svelte)$/.test(path));
}

/** What makes a runner end that watches unless it is told not to, even in CI. */
function onceFlag(body: string): string | undefined {
  if (/(^|[\s/])ng test\b[^&|;]*$/.test(body) && !body.includes("--watch")) return "--watch=false";
  return /(^|[\s/])karma start\b[^&|;]*$/.test(body) && !body.includes("--single-run") ? "--single-run" : undefined;
}

interface Tool {
  readonly kind: CheckKind;
  readonly program: string;
  readonly package: string;
  /** A file that shows that the tool is set up here; its package alone may be there for others. */
  readonly config?: RegExp;
  readonly confidence: number;
}

const ESLINT = /^(eslint\.config\.[cm]?[jt]s|\.eslintrc(\.(js|cjs|mjs|json|ya?ml))?)$/;
const TOOLS: readonly Tool[] = [
  { kind: "types", program: "vue-tsc --noEmit", package: "vue-tsc", config: /^tsconfig\.json$/, confidence: 0.75 },
  { kind: "types", program: "svelte-check", package: "svelte-check", config: /^tsconfig\.json$/, confidence: 0.75 },
  { kind: "types", program: "tsc --noEmit", package: "typescript", config: /^tsconfig\.json$/, confidence: 0.75 },
  { kind: "lint", program: "eslint .", package: "eslint", config: ESLINT, confidence: 0.75 },
  { kind: "lint", program: "biome lint", package: "@biomejs/biome", config: /^\.?biome\.jsonc?$/, confidence: 0.75 },
  { kind: "lint", program: "oxlint", package: "oxlint", confidence: 0.7 },
  { kind: "lint", program: "xo", package: "xo", confidence: 0.75 },
  { kind: "lint", program: "standard", package: "standard", confidence: 0.75 },
  {
    kind: "format",
    program: "prettier --check .",
    package: "prettier",
    config: /^(\.prettierrc.*|prettier\.config\..*)$/,
    confidence: 0.55,
  },
  {
    kind: "format",
    program: "biome format",
    package: "@biomejs/biome",
    config: /^\.?biome\.jsonc?$/,
    confidence: 0.55,
  },
  { kind: "test", program: "vitest run", package: "vitest", confidence: 0.8 },
  { kind: "test", program: "jest", package: "jest", confidence: 0.8 },
  { kind: "test", program: "mocha", package: "mocha", confidence: 0.8 },
  { kind: "test", program: "ava", package: "ava", confidence: 0.8 },
  { kind: "test", program: "tap", package: "tap", confidence: 0.8 },
  { kind: "test", program: "playwright test", package: "@playwright/test", confidence: 0.45 },
];

async function byTool(
  dir: DirView,
  manifest: Manifest,
  { kind, manager }: Wanted,
): Promise<DetectionDraft | undefined> {
  for (const tool of TOOLS) {
    if (tool.kind !== kind || !declares(manifest, tool.package)) continue;
    if (kind === "test" && hasNoTests(dir, tool.program)) continue;
    const config = tool.config && dir.names.find((name) => tool.config?.test(name));
    if (tool.config && config === undefined) continue;
    const because = config === undefined ? await dir.at("package.json", `"${tool.package}"`) : await dir.at(config);
    const programs = tool.program === "tsc --noEmit" ? await compilerRuns(dir) : [tool.program];
    if (programs.length === 0) continue;
    const command = programs.map((program) => runProgram(manager, program)).join(" && ");
    return check(dir, { kind, command, because, confidence: tool.confidence });
  }
  return kind === "test" ? ownRunner(dir, manager) : undefined;
}

/**
 * A tsconfig.json that only refers to others has no files, so `tsc` is green whatever is wrong: each one is checked instead.
 * Projects in folders of their own need each other's output first; without knowing more, none is checked.
 */
async function compilerRuns(dir: DirView): Promise<string[]> {
  const text = ((await dir.text("tsconfig.json")) ?? "").replace(/^\s*\/\/.*$/gm, "");
  const isEmpty = /"files"\s*:\s*\[\s*\]/.test(text) && !/"include"\s*:\s*\[\s*"/.test(text);
  if (!isEmpty) return ["tsc --noEmit"];
  const others = [...text.matchAll(/"path"\s*:\s*"(?:\.\/)?([^"]+)"/g)].map(([, path = ""]) => path);
  const files = others.filter((path) => dir.has(path));
  return files.length === others.length ? files.map((file) => `tsc --noEmit -p ${file}`) : [];
}

/** Test files that import the runner of the runtime itself; looked for beside the package and in its usual folders. */
async function ownRunner(dir: DirView, manager: string): Promise<DetectionDraft | undefined> {
  const folders = [".", "test", "tests", "src", "__tests__"];
  const files = folders.flatMap((folder) =>
    dir.sub(folder).names.map((name) => (folder === "." ? name : `${folder}/${name}`)),
  );
  for (const file of files.filter((name) => /(\.|_|-)(test|spec)\.[cm]?[jt]sx?$/.test(name)).slice(0, 3)) {
    const text = (await dir.text(file)) ?? "";
    const runner = /["']bun:test["']/.test(text)
      ? "bun test"
      : /["']node:test["']/.test(text)
        ? "node --test"
        : undefined;
    const command = runner ?? (manager === "bun" ? "bun test" : undefined);
    if (command) return check(dir, { kind: "test", command, because: await dir.at(file, ":test"), confidence: 0.75 });
  }
  return undefined;
}

function check(
  dir: DirView,
  found: { kind: CheckKind; command: string; because: string; confidence: number },
): DetectionDraft {
  const { kind, command, because, confidence } = found;
  return { is: "check", dir: dir.dir, name: kind, kind, command, because: [because], confidence };
}
