import type { Tampering } from "../sdk/index.ts";
import { type Change, diffOf } from "./tampering-change.ts";
import { compareCommands, isCheckCommand } from "./tampering-commands.ts";
import { isCiFile } from "./tampering-paths.ts";
import { readSettings, type Setting } from "./tampering-settings.ts";
import type { Source } from "./tampering-text.ts";

/** A step of a CI file: one line of what it runs, or the action it uses. */
interface Step {
  readonly text: string;
  readonly line: number;
}

/** Notes a finding; `was` and `is` are shown as its diff. */
type Say = (
  what: string,
  how: { kind: Tampering["kind"]; line: number; was?: string; is?: string; loosens?: boolean },
) => void;

/** CI steps that are gone, no longer block, or hide how they ended. */
export function findCiTampering(changes: readonly Change[]): Tampering[] {
  const files = changes.filter(({ file }) => isCiFile(file.from ?? file.path));
  if (files.length === 0) return [];
  const everywhere = files.flatMap(({ after }) => (after ? steps(after.path, after.text) : []));
  return files.flatMap((change) => compareCi(change, everywhere));
}

function compareCi(change: Change, everywhere: readonly Step[]): Tampering[] {
  const { file, before, after } = change;
  if (!before || file.status === "added") return [];
  const found: Tampering[] = [];
  const say: Say = (what, how) =>
    found.push({
      what,
      kind: how.kind,
      file: file.path,
      line: how.line,
      diff: diffOf(how.was === undefined ? [] : [how.was], how.is === undefined ? [] : [how.is]),
      loosens: how.loosens ?? true,
    });
  const old = steps(before.path, before.text);
  const now = after ? steps(after.path, after.text) : [];
  const known = new Set(everywhere.map(({ text }) => bare(text)));
  const fresh = now.filter(({ text }) => !old.some((one) => one.text === text));
  for (const was of old) {
    if (known.has(bare(was.text)) || !isCheck(was.text)) continue;
    const is = fresh.find(({ text }) => head(text) === head(was.text)) ?? fresh.find(({ text }) => isCheck(text));
    if (!is) {
      say(`the CI step \`${was.text}\` was removed`, { kind: "ci-config", line: was.line, was: was.text });
      continue;
    }
    fresh.splice(fresh.indexOf(is), 1);
    for (const one of compareCommands(was.text, is.text))
      say(`the CI step \`${was.text}\` ${one.what}`, {
        kind: one.kind === "command-changed" ? "ci-config" : one.kind,
        line: is.line,
        was: was.text,
        is: is.text,
        loosens: one.loosens,
      });
  }
  if (!after) return found;
  for (const one of fresh)
    if (/^set \+e\b/.test(one.text))
      say("`set +e` lets a step go on after a failure", { kind: "exit-hidden", line: one.line, is: one.text });
  judgeSettings({ before, after }, say);
  return found;
}

function judgeSettings({ before, after }: { before: Source; after: Source }, say: Say): void {
  const left = readSettings(before.path, before.text);
  const right = readSettings(after.path, after.text);
  for (const one of fresher(left, right)) switched(one, say);
  for (const [path, one] of left) {
    if (
      !/^(?:on|"on"|true)(?:\.|$)/.test(path) ||
      right.has(path) ||
      /paths|branches|types|tags|cron|inputs/.test(path)
    )
      continue;
    if (/pull_request|push|merge_request/.test(path + one.value) && !hasTrigger(after.text, path))
      say(`the trigger ${path} was removed`, { kind: "ci-config", line: one.line, was: `${path}: ${one.value}` });
  }
}

/** Settings that are new or have another value; a list of equal ones counts by number. */
function fresher(left: ReadonlyMap<string, Setting>, right: ReadonlyMap<string, Setting>): Setting[] {
  const counts = new Map<string, number>();
  const key = (one: Setting) => `${one.path.replace(/#\d+/g, "")} ${one.value}`;
  for (const one of left.values()) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return [...right.values()].filter((one) => {
    const count = counts.get(key(one)) ?? 0;
    counts.set(key(one), count - 1);
    return count <= 0;
  });
}

function switched(one: Setting, say: Say): void {
  const leaf = (one.path.split(".").at(-1) ?? "").replace(/#\d+$/, "");
  const shown = { line: one.line, is: `${leaf}: ${one.value}` };
  if (
    /^(?:continue-on-error|allow_failure|continueOnError|fail_ci_if_error_off|ignore_failure)$/.test(leaf) &&
    one.value !== "false"
  )
    say(`a step may fail without failing the run: \`${leaf}: ${one.value}\``, { kind: "exit-hidden", ...shown });
  else if (leaf === "if" && /^(?:\$\{\{\s*)?(?:false|0|never\(\))/.test(one.value))
    say("a step or job never runs: `if: false`", { kind: "ci-config", ...shown });
  else if (leaf === "when" && /^(?:manual|never)$/.test(one.value))
    say(`a job no longer runs by itself: \`when: ${one.value}\``, { kind: "ci-config", ...shown });
  else if (/^(?:if|paths-ignore|branches-ignore|paths)$/.test(leaf))
    say(`\`${leaf}: ${one.value}\` decides now whether it runs`, { kind: "ci-config", ...shown, loosens: false });
}

function hasTrigger(text: string, path: string): boolean {
  const name = path.split(".")[1] ?? "pull_request";
  return new RegExp(
    `^\\s*(?:on:.*|-\\s*)?${name.replace(/[^\w]/g, "")}\\b|\\bon:.*\\b${name.replace(/[^\w]/g, "")}\\b`,
    "m",
  ).test(text.slice(0, 20_000));
}

function steps(path: string, text: string): Step[] {
  if (path.endsWith("Jenkinsfile"))
    return text.split("\n").flatMap((line, index) => {
      const step = /\b(?:sh|bat)\b\s*\(?\s*["']{1,3}([^"'\n]{1,500})/.exec(line.slice(0, 2_000))?.[1];
      return step ? [{ text: step, line: index + 1 }] : [];
    });
  const found: Step[] = [];
  for (const one of readSettings(path, text).values()) {
    const leaf = (one.path.split(".").at(-1) ?? "").replace(/#\d+$/, "");
    if (leaf === "uses") found.push({ text: one.value, line: one.line });
    else if (/^(?:run|command|bash|sh|pwsh)$/.test(leaf))
      found.push(
        ...one.value
          .replace(/\\\n/g, " ")
          .split("\n")
          .map((line, index) => ({ text: line.trim(), line: one.line + index })),
      );
    else if (/^(?:script|before_script|after_script|install|commands)$/.test(leaf))
      found.push(...(one.items.length > 1 ? one.items : [one.value]).map((item) => ({ text: item, line: one.line })));
  }
  return found.filter(({ text }) => text !== "" && !text.startsWith("#"));
}

/** A command that checks, or an action whose name says so. */
function isCheck(text: string): boolean {
  return (
    isCheckCommand(text) ||
    (/^[\w.-]+\/[\w./-]+(?:@|$)/.test(text) &&
      /lint|test|check(?!out)|codeql|coverage|codecov|sonar|clippy|ruff/i.test(text))
  );
}

/** Without what an update changes: an action's version. */
function bare(text: string): string {
  return text.replace(/@[\w.-]+(?:\s*#.*)?$/, "").replace(/\s+/g, " ");
}

/** What a step calls: `npm test`, `pytest`. */
function head(text: string): string {
  return text
    .split(/\s+/)
    .filter((word) => !/^(?:[A-Z_]+=|-)/.test(word))
    .slice(0, /^(?:npm|pnpm|yarn|bun|npx|go|cargo|make|just|python\S*|uv|poetry)\b/.test(text) ? 2 : 1)
    .join(" ");
}
