import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Place, Program, Runner, Tree, Variant } from "./corpus.ts";
import { renderSuite, suitePath, suitesOf, type Suites } from "./suites.ts";

const Lock = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ devDependencies: z.record(z.string(), z.string()).optional() })),
});
const TEST_COMMANDS: Record<Exclude<Runner, "unittest" | "cargo">, string> = {
  node: "node --test",
  assert: "node test/all.js",
  mocha: "mocha test/*.test.js",
  vitest: "vitest run",
  jest: "jest",
  ava: "ava",
};
const UNITTEST = "python3 -m unittest discover -s tests -t .";

export interface Built {
  /** What stands where the defect is. */
  readonly code?: Variant;
  /** What stands where the program's other defect is. */
  readonly other?: Variant;
  readonly suites?: Suites;
  /** Scripts of package.json beside or instead of the program's own. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** The lockfile of another tool than the runner: `typescript`, `eslint`, `ms-2.1.3`. */
  readonly lock?: string;
  /** The test command, where it is another one. */
  readonly test?: string;
  /** Other fields of package.json. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** The repository of a program with its tests for one runner. */
export function build(at: Place, built: Built = {}): Tree {
  const { program, defect, runner } = at;
  const files: Record<string, string> = { ...program.files };
  if (built.code) files[defect.file] = vary(program, defect, built.code);
  const other = otherDefect(at).defect;
  if (built.other) files[other.file] = vary(program, other, built.other);
  const suites = built.suites ?? suitesOf(program);
  for (const [name, suite] of Object.entries(suites)) files[suitePath(runner, name)] = renderSuite(runner, name, suite);
  if (runner === "assert")
    files["test/all.js"] = Object.keys(suites)
      .map((name) => `import "./${name}.js";\n`)
      .join("");
  const tree = { ...files, ...settings(program, runner, built), "README.md": readme(program) };
  return runner === "jest" ? toCommonJs(tree) : tree;
}

/** The file of a defect with one of its variants; throws when the text does not stand there exactly once. */
export function vary(program: Program, { file, good, name, ...variants }: Place["defect"], variant: Variant): string {
  const parts = (program.files[file] ?? "").split(good);
  if (parts.length !== 2) throw new Error(`${program.name}: ${name} stands ${parts.length - 1} times in ${file}`);
  return parts.join({ ...variants, good }[variant]);
}

/** The same place with the other defect of its program. */
export function otherDefect(at: Place): Place {
  const defect = at.program.defects.find((one) => one !== at.defect);
  if (!defect) throw new Error(`${at.program.name} has no second defect`);
  return { ...at, defect };
}

/** The command that runs every test of a tree, as a person would type it. */
export function testCommand(tree: Tree): string {
  if (tree["Cargo.toml"] !== undefined) return "cargo test --offline --quiet";
  if (tree["Makefile"] !== undefined) return "make --silent test";
  return scriptOf(tree, "test");
}

/** A script of package.json. */
export function scriptOf(tree: Tree, name: string): string {
  const { scripts } = z
    .looseObject({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(tree["package.json"] ?? "{}"));
  const command = scripts[name];
  if (command === undefined) throw new Error(`package.json has no script ${name}`);
  return command;
}

export function lockText(name: string): string {
  return readFileSync(new URL(`locks/${name}.json`, import.meta.url), "utf8");
}

/** The whole of a package.json. */
export function manifestText(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ name: "program", version: "1.0.0", private: true, ...fields }, null, 2)}\n`;
}

/** ES modules as CommonJS, for a runner that loads nothing else without a compiler. */
export function toCommonJs(tree: Tree): Tree {
  const converted: Record<string, string> = {};
  for (const [path, text] of Object.entries(tree)) converted[path] = path.endsWith(".js") ? commonJsOf(text) : text;
  return converted;
}

function settings(program: Program, runner: Runner, built: Built): Tree {
  if (runner === "unittest")
    return {
      "tests/__init__.py": "",
      Makefile: `.PHONY: test\ntest:\n\t${built.test ?? UNITTEST}\n`,
      ".gitignore": "__pycache__/\n*.pyc\n",
    };
  if (runner === "cargo")
    return {
      "Cargo.toml": `[package]\nname = "program"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\n`,
      "Cargo.lock": `version = 3\n\n[[package]]\nname = "program"\nversion = "1.0.0"\n`,
      ".gitignore": "target/\n",
    };
  const lock = built.lock ?? (runner === "node" || runner === "assert" ? undefined : runner);
  return {
    "package.json": manifestText({
      description: program.name,
      ...(runner === "jest" ? {} : { type: "module" }),
      scripts: { test: built.test ?? TEST_COMMANDS[runner], ...built.scripts },
      ...(lock === undefined ? {} : dependenciesOf(lock)),
      ...built.manifest,
    }),
    ...(lock === undefined ? {} : { "package-lock.json": lockText(lock) }),
    ".gitignore": "node_modules/\ndist/\n",
  };
}

/** What the lockfile was made for: `dependencies` and `devDependencies`. */
function dependenciesOf(lock: string): Record<string, unknown> {
  const root = Lock.parse(JSON.parse(lockText(lock))).packages[""] ?? {};
  return Object.fromEntries(
    Object.entries(root).filter(([key]) => key === "dependencies" || key === "devDependencies"),
  );
}

function commonJsOf(text: string): string {
  const names = [...text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(([, name]) => name);
  const plain = text
    .replaceAll(/^import (\{[^}]+\}) from ("[^"]+");$/gm, "const $1 = require($2);")
    .replaceAll(/^import (\w+) from ("[^"]+");$/gm, "const $1 = require($2);")
    .replaceAll(/^export (?=(async )?(function|const|class))/gm, "");
  return names.length === 0 ? plain : `${plain}\nmodule.exports = { ${names.join(", ")} };\n`;
}

function readme({ name, files }: Program): string {
  const sources = Object.keys(files).map((path) => `- \`${path}\`\n`);
  return `# ${name}\n\nA small library.\n\n${sources.join("")}`;
}
