import { z } from "zod";

/** One expected plan as railpack or nixpacks generate it from one of their examples. */
export const Expected = z.object({
  source: z.enum(["railpack", "nixpacks"]),
  example: z.string().nullish(),
  snapshot: z.string().nullish(),
  path: z.string().nullable(),
  lang: z.string(),
  install: z.array(z.string()).nullish(),
  build: z.array(z.string()).nullish(),
  start: z.string().nullish(),
  mise: z.array(z.string()).nullish(),
  nixPackages: z.array(z.union([z.string(), z.object({ name: z.string() })])).nullish(),
  variables: z.record(z.string(), z.string()).nullish(),
  files: z.array(z.tuple([z.string(), z.string(), z.number().nullable()])).default([]),
});
export type Expected = z.infer<typeof Expected>;

/** A value to compare with, or the reason why there is none. */
export type Truth = { readonly value: string } | { readonly excluded: string };

/** The ecosystems of the issue ("Detect"); what is written in anything else is not measured. */
const LANGUAGES: readonly (readonly [language: string, tools: RegExp])[] = [
  ["php", /\bphp\d*|composer/],
  ["ruby", /\bbundle|\bruby\b/],
  ["deno", /\bdeno\b/],
  ["elixir", /\bmix (local|deps)|^elixir/],
  ["dotnet", /\bdotnet/],
  ["go", /\bgo (mod|build)|(^|[ ,])go(_\d+)*($|,)/],
  ["rust", /\bcargo\b|rust-bin|^rust$/],
  ["java", /\bgradle|\bmvn\b|\bmaven|\bgradlew/],
  ["python", /\bpython|\bpip\b|\buv\b|\bpoetry\b|\bpipenv/],
  ["javascript", /\b(npm|pnpm|yarn|bun|nodejs\w*|node)\b/],
];
const OUTSIDE = /^(c|cpp|meson|cmake|gleam|erlang|clojure|cobol|crystal|haskell|scala|swift|shell|zig|dart|lunatic)$/;
/** Labels that name an example's subject, not a language. */
const STATIC = /^static(file)?$/;

export function languageTruth(expected: Expected): Truth {
  if (expected.files.length === 0) return { excluded: "its input is no longer in the repository" };
  const name = nameOf(expected).replace(/^basic_/, "");
  if (OUTSIDE.test(expected.lang) || OUTSIDE.test(name.split("-")[0] ?? ""))
    return { excluded: `${name.split("-")[0]} is none of the ecosystems of the issue` };
  if (STATIC.test(expected.lang)) return { value: "html" };
  const tools = [...(expected.install ?? []), ...(expected.build ?? []), ...packagesOf(expected)].join("\n");
  const label = LANGUAGES.find(([language, pattern]) => expected.lang === language || pattern.test(expected.lang));
  if (label && (expected.lang === label[0] || pattern(label[0]).test(tools))) return { value: label[0] };
  const found = LANGUAGES.find(([, pattern]) => pattern.test(tools));
  return found
    ? { value: found[0] }
    : { excluded: `nothing in the expected plan names a language (label: ${expected.lang})` };
}

const MANAGERS: readonly (readonly [manager: string, command: RegExp])[] = [
  ["poetry", /\bpoetry install/],
  ["pipenv", /\bpipenv install/],
  ["pdm", /\bpdm (install|sync)/],
  ["uv", /\buv sync|\buv pip/],
  ["pip", /\bpip install/],
  ["pnpm", /\bpnpm (i|install)\b/],
  ["yarn", /\byarn install/],
  ["bun", /\bbun (i|install)\b/],
  ["bundler", /\bbundle install/],
  ["composer", /\bcomposer install/],
  ["npm", /\bnpm (i|ci|install)\b(?! -g)/],
  ["go", /\bgo (mod|build)/],
  ["cargo", /\bcargo build/],
  ["gradle", /\bgradlew?\b/],
  ["maven", /\bmvnw?\b/],
  ["dotnet", /\bdotnet restore/],
  ["mix", /\bmix deps/],
  ["deno", /\bdeno (cache|install)/],
];
/** Managers of each language: an example may install for two (Laravel's npm), and only its own language's is asked for. */
const OF_LANGUAGE: Readonly<Record<string, RegExp>> = {
  javascript: /^(npm|pnpm|yarn|bun)$/,
  python: /^(poetry|pipenv|pdm|uv|pip)$/,
  php: /^composer$/,
  ruby: /^bundler$/,
  go: /^go$/,
  rust: /^cargo$/,
  java: /^(gradle|maven)$/,
  dotnet: /^dotnet$/,
  elixir: /^mix$/,
  deno: /^deno$/,
};

/** Whether a manager installs for that language; the manager of a second language is not what is asked for. */
export function managesLanguage(manager: string, language: string): boolean {
  return OF_LANGUAGE[language]?.test(manager) ?? true;
}

export function managerTruth(expected: Expected): Truth {
  const language = languageTruth(expected);
  if ("excluded" in language) return language;
  if (language.value === "html") return { excluded: "a static site has no package manager" };
  const commands = [...(expected.install ?? []), ...(expected.build ?? [])].filter(
    (line) => !/^(npm|pnpm) (i|add) -g|corepack/.test(line),
  );
  const fitting = MANAGERS.filter(([name]) => managesLanguage(name, language.value));
  const found = fitting.find(([, command]) => commands.some((line) => command.test(line)));
  return found ? { value: found[0] } : { excluded: "the expected plan installs nothing" };
}

/** Files that configure the platform itself: what they say is not in the repository's own words. */
const PLATFORM = /^(railpack(\.\w+)?\.json|nixpacks\.(toml|json)|test\.env)$/;

export function startTruth(expected: Expected, textOf: (name: string) => string | undefined): Truth {
  const language = languageTruth(expected);
  if ("excluded" in language) return language;
  const { start, variables } = expected;
  if (!start) return { excluded: "the expected plan starts nothing" };
  if (/^(\/[\w.-]+)+\.sh$|\/assets\/scripts\//.test(start))
    return { excluded: `starts a path inside the image: ${start}` };
  if (start.startsWith("/app/_build/")) return { excluded: `starts a path inside the image: ${start}` };
  if (Object.entries(variables ?? {}).some(([name, value]) => name.endsWith("START_CMD") && value === start))
    return { excluded: "the start command is given by a variable of the platform" };
  for (const [name] of expected.files) {
    if (PLATFORM.test(name) && (textOf(name) ?? "").includes(start.slice(0, 40)))
      return { excluded: `the start command is given by ${name}, the platform's own configuration` };
  }
  return { value: start };
}

export function nameOf(expected: Expected): string {
  return expected.path?.split("/").at(-1) ?? expected.snapshot ?? expected.lang;
}

function packagesOf(expected: Expected): string[] {
  const nix = (expected.nixPackages ?? []).map((one) => (typeof one === "string" ? one : one.name));
  return [...(expected.mise ?? []), ...nix];
}

function pattern(language: string): RegExp {
  return LANGUAGES.find(([name]) => name === language)?.[1] ?? /$^/;
}
