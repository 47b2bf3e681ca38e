import type { DetectionDraft, DirView } from "../../sdk/index.ts";

const FOREIGN =
  /(^|\/)(node_modules|bower_components|site-packages|\.?venv|\.tox|Pods|dist|target|vendor|third[_-]party)\//;
const APART =
  /(^|\/)(examples?|samples?|demos?|fixtures?|__fixtures__|tests?|__tests__|testdata|test-data|spec|e2e|docs?|benchmarks?|fuzz|templates?)(\/|$)/i;

/** Whether a file lies in code that was copied here or made by a build: nothing of it is this repo's own code. */
export function isForeign(path: string): boolean {
  return FOREIGN.test(path);
}

/** Confidence of something found in `dir`; what lies in an examples, tests or docs folder of a repo stays a guess. */
export function sure(dir: DirView, confidence: number): number {
  return APART.test(dir.dir) ? Math.min(confidence, 0.4) : confidence;
}

/** A parsed manifest, or a part of it, as a record; `{}` for anything else. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The value at a path of keys in a parsed manifest. */
export function pick(value: unknown, ...keys: readonly string[]): unknown {
  let current = value;
  for (const key of keys) current = record(current)[key];
  return current;
}

/** A string that says something: undefined for anything else. Numbers become text (YAML reads `3.1` as one). */
export function word(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** The strings of a list. */
export function words(value: unknown): string[] {
  return Array.isArray(value) ? value.flatMap((item) => word(item) ?? []) : [];
}

/** What the first group that took part in the match captured. */
export function capture(text: string | undefined, pattern: RegExp): string | undefined {
  return text
    ?.match(pattern)
    ?.slice(1)
    .find((group) => group !== undefined)
    ?.trim();
}

/** First line that says something: no comment, not empty. */
export function firstWords(text: string | undefined): string | undefined {
  return text
    ?.split("\n")
    .map((line) => line.replace(/#.*$/, "").trim())
    .find((line) => line !== "");
}

/** The folder itself and those above it, nearest first, root last. */
export function upwards(dir: DirView): DirView[] {
  const views = [dir];
  let view = dir;
  while (view.dir !== ".") {
    view = view.sub("..");
    views.push(view);
  }
  return views;
}

/** Whether a folder above holds one of these files: then this one is a part of that project, not one of its own. */
export function isPartOf(dir: DirView, manifests: readonly string[]): boolean {
  return upwards(dir)
    .slice(1)
    .some((above) => manifests.some((name) => above.has(name)));
}

/** The last part of a folder's path; the root has no name of its own and is called `fallback`. */
export function nameOf(dir: DirView, fallback: string): string {
  return dir.dir === "." ? fallback : (dir.dir.split("/").at(-1) ?? fallback);
}

/** One version asked for, with its place. */
export interface Asked {
  readonly version: string;
  readonly because: string;
}

/** A language, once per version asked for, the surest first; once without a version where none is asked for. */
export function languageDetections(
  dir: DirView,
  said: { language: string; runtime: string; asked: readonly Asked[]; proof: string; confidence: number },
): DetectionDraft[] {
  const { language, runtime, proof, confidence } = said;
  const base = { is: "language", dir: dir.dir, language } as const;
  if (said.asked.length === 0) return [{ ...base, because: [proof], confidence, runtime: { name: runtime } }];
  return said.asked.map(({ version, because }, index) => ({
    ...base,
    because: [because],
    confidence: Math.max(0, confidence - index * 0.02),
    runtime: { name: runtime, version },
  }));
}

/** What `.tool-versions` and mise ask for, in this folder or above it; the nearest file first. `latest` and `system` ask for nothing. */
export async function toolVersions(dir: DirView, tool: string): Promise<Asked[]> {
  const found: Asked[] = [];
  for (const view of upwards(dir)) {
    const asdf = capture(await view.text(".tool-versions"), new RegExp(`^${tool}[ \\t]+(\\S+)`, "m"));
    if (asdf) found.push({ version: asdf, because: await view.at(".tool-versions", `${tool} `) });
    for (const name of ["mise.toml", ".mise.toml"]) {
      if (!view.has(name)) continue;
      const asked = pick(await view.toml(name), "tools", tool);
      const version = word(asked) ?? words(asked)[0] ?? word(record(asked).version);
      if (version) found.push({ version, because: await view.at(name, tool) });
    }
  }
  return found.filter(({ version }) => !/^(latest|system|lts)$/.test(version));
}

/** One version file (`.ruby-version`): its first words, without the tool's own prefix; here or above. */
export async function versionFile(dir: DirView, name: string, prefix: RegExp): Promise<Asked[]> {
  for (const view of upwards(dir)) {
    const version = firstWords(await view.text(name))?.replace(prefix, "");
    if (version && /^[\d^~<>=*]/.test(version)) return [{ version, because: await view.at(name, version) }];
  }
  return [];
}

/**
 * Whether a command names a script of the repo that is not there: then the manifest lies. Build output cannot be judged
 * and counts as there. Undefined when nothing is wrong.
 */
export function missingScript(dir: DirView, command: string): string | undefined {
  const script = capture(
    command,
    /(?:^|&&|\s)(?:python3?|node|ruby|php|bash|sh|zsh|deno run|bun)\s+(?:-\S+\s+)*([\w./-]+\.(?:py|[cm]?[jt]s|rb|php|sh))(?=\s|$)/,
  );
  if (!script || script.startsWith("/") || /^(\.\/)?(dist|build|out|target|bin|\.next|\.output|lib)\//.test(script))
    return undefined;
  return dir.has(script.replace(/^\.\//, "")) ? undefined : script;
}
