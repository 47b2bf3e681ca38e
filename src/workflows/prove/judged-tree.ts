import { isRunnerConfig, isTestFile } from "../../kernel/tampering.ts";
import type { ChangedFile, Plan, Viewed } from "../../sdk/index.ts";

/** What the author of a change may not choose: these keys of a package.json are as they are on the base. */
const JUDGE_KEYS = [
  "jest",
  "mocha",
  "ava",
  "tap",
  "c8",
  "nyc",
  "vitest",
  "eslintConfig",
  "eslintIgnore",
  "prettier",
  "lint-staged",
];

/** Which files of the base stand in for the subject's, so that the author of the change does not edit the judge. */
export interface Judge {
  /** Runner configuration that differs: taken from the base. */
  readonly configs: readonly string[];
  /** Manifests in which only the check commands and runner settings are the base's. */
  readonly write: Readonly<Record<string, string>>;
  /** Test files that the change touched or removed, by the path they have on the base. */
  readonly oldTests: readonly string[];
  /** Test files that the change added or touched, by the path they have in the subject. */
  readonly newTests: readonly string[];
}

/** `programs` is what the checks of the base run, as text: a script of the repo that is named there judges, too. */
export function judgeOf(changed: readonly ChangedFile[], programs: string): Judge {
  const configs: string[] = [];
  const write: Record<string, string> = {};
  const oldTests: string[] = [];
  const newTests: string[] = [];
  for (const file of changed) {
    const old = file.from ?? file.path;
    if (file.status !== "added" && isTestFile(old, file.before)) oldTests.push(old);
    if (file.status !== "deleted" && isTestFile(file.path, file.after)) newTests.push(file.path);
    if (isTestFile(old, file.before) && isTestFile(file.path, file.after)) continue;
    if (isRunnerConfig(old) || isRunnerConfig(file.path) || isNamed(old, programs))
      configs.push(...new Set([old, file.path]));
    const manifest = /(?:^|\/)package\.json$/.test(file.path) ? withOwnScripts(file) : undefined;
    if (manifest !== undefined) write[file.path] = manifest;
  }
  return { configs, write, oldTests, newTests };
}

/** Everything that the checks of a plan run, but for builds, which are part of what is judged: their commands and the npm scripts behind them. */
export async function programsOf(plan: Plan, view: Viewed): Promise<string> {
  const texts: string[] = [];
  for (const check of plan.checks.filter((one) => one.kind !== "build")) {
    texts.push(check.command);
    const manifest = await view.dir(check.dir).json("package.json");
    const scripts = isRecord(manifest) && isRecord(manifest["scripts"]) ? manifest["scripts"] : {};
    for (let words = check.command, depth = 0; depth < DEPTH; depth++) {
      const called = Object.entries(scripts).filter(([name]) => calls(words, name));
      words = called.map(([, script]) => String(script)).join("\n");
      texts.push(words);
    }
  }
  return texts.join("\n");
}

/** Scripts that call scripts: `test` -> `test:unit` -> `node scripts/run.js`. */
const DEPTH = 3;

function calls(line: string, script: string): boolean {
  const at = line.indexOf(script);
  return (
    at >= 0 &&
    /^(?:$|[\s"';&|])/.test(line.slice(at + script.length)) &&
    /(?:npm|pnpm|yarn|bun|run|run-s|run-p)\b/.test(line)
  );
}

function isNamed(path: string, programs: string): boolean {
  return programs.split(/[\s"'=;&|()]+/).some((word) => word.replace(/^\.\//, "") === path);
}

/** The subject's package.json with the base's scripts and runner settings; new scripts stay. Undefined when they are equal. */
function withOwnScripts({ before, after }: ChangedFile): string | undefined {
  const [old, now] = [parse(before), parse(after)];
  if (!old || !now) return undefined;
  const judged = { ...now };
  for (const key of JUDGE_KEYS) {
    if (key in old) judged[key] = old[key];
    else delete judged[key];
  }
  const [oldScripts, scripts] = [old["scripts"], now["scripts"]];
  if (isRecord(oldScripts)) {
    const hooks = Object.entries(isRecord(scripts) ? scripts : {}).filter(
      ([name]) => !(/^(?:pre|post)/.test(name) && name.replace(/^(?:pre|post)/, "") in oldScripts),
    );
    judged["scripts"] = { ...Object.fromEntries(hooks), ...oldScripts };
  }
  return same(judged, now) ? undefined : `${JSON.stringify(judged, null, 2)}\n`;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

function parse(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
