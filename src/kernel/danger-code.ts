import { UNKNOWN } from "./danger-paths.ts";
import { deletion } from "./danger-files.ts";
import { destroys } from "./danger-database.ts";
import { guard } from "./danger-secrets.ts";
import type { Call, Finding } from "./danger-rules.ts";

const LANGUAGES = /^(python[\d.]*|pypy3?|node|nodejs|deno|bun|tsx|ts-node|perl|ruby|php|osascript)$/;
const DELETES =
  /\b(?:shutil\.rmtree|rmtree|rmSync|rmdirSync|rm_rf|rm_r|remove_entry_secure|remove_dir_all|rimraf(?:\.sync)?|fs\.promises\.rm|fs\.rm|fsp\.rm|remove_tree)(?!\w)\s{0,9}\(?\s{0,9}(?:(["'])([^"'\n]{0,500})\1)?/g;
const DELETES_ONE =
  /\b(?:os\.remove|os\.unlink|unlinkSync|File\.delete|unlink)\s{0,9}\(?\s{0,9}(["'])([^"'\n]{0,500})\1/g;
const RUNS =
  /\b(?:os\.system|os\.popen|subprocess\.\w{1,20}|execSync|exec|execFileSync|spawnSync|system|check_call|check_output|shell_exec|passthru|do shell script)\s{0,9}\(?\s{0,9}(["'`])((?:(?!\1)[^\n]){0,2000})\1/g;

/** `subprocess.run(["rm", "-rf", "x"])`, `spawn("rm", ["-rf", "x"])`. */
const RUNS_LIST =
  /\b(?:subprocess\.\w{1,20}|spawn|spawnSync|execFile|execFileSync|check_call|check_output)\s{0,9}\(\s{0,9}(?:(["'])([^"'\n]{0,200})\1\s{0,9},\s{0,9})?\[([^\]]{0,1000})\]/g;

/** The shell texts that code on the command line runs (`os.system("…")`, `execSync("…")`). Best effort: code can hide what it runs. */
export function codeIn(call: Call): string[] {
  const code = textOf(call);
  if (code === undefined) return [];
  const texts = [...code.matchAll(RUNS)].map((found) => found[2] ?? "");
  const lists = [...code.matchAll(RUNS_LIST)].map((found) => [found[2] ?? "", ...strings(found[3] ?? "")].join(" "));
  return [...texts, ...lists].slice(0, 50);
}

/** What code on the command line or in a here-document deletes, drops or loosens. Best effort, too. */
export function judgeCode(call: Call): Finding[] {
  const code = textOf(call);
  if (code === undefined) return [];
  const part = call.raw;
  const findings: Finding[] = [];
  const folder = call.facts.dataDir.split("/").at(-1) ?? "";
  const named = code.includes(folder) && /~\/|\bHOME\b|homedir|expanduser|home\(\)/.test(code);
  if (named || code.includes(call.facts.dataDir)) {
    const why = "names Lodestar's data directory in code";
    findings.push({ decision: "deny", rule: "data-dir", part, why, instead: "use lodestar status, why or receipts" });
  }
  const writes = /write|dump|unlink|remove|rename|open\([^)]{0,200},\s*["'][wa]/i.test(code);
  if (writes && /\.(claude|codex)\/(settings|hooks|config)|hooks\/hooks\.json/.test(code))
    findings.push(guard(part, "changes the settings that guard this session"));
  for (const found of code.matchAll(DELETES)) findings.push(...deletion(call, [pathOf(found[2])], true));
  for (const found of code.matchAll(DELETES_ONE)) findings.push(...deletion(call, [pathOf(found[2])], false));
  return [...findings, ...statements(call, code)];
}

function strings(text: string): string[] {
  return [...text.matchAll(/(["'])([^"']*)\1/g)].map((found) => `'${found[2] ?? ""}'`);
}

/** A literal path; anything else is unknown. */
function pathOf(text: string | undefined): string {
  return text === undefined || text === "" ? UNKNOWN : text;
}

/** SQL in a call such as `cursor.execute("DROP TABLE x")`. */
function statements(call: Call, code: string): Finding[] {
  const texts = [
    ...code.matchAll(
      /\b(?:execute|query|exec|executescript|raw|\$executeRawUnsafe)\(\s{0,9}f?(["'`])((?:(?!\1)[^]){0,2000})\1/g,
    ),
  ];
  const why = texts.map((found) => destroys(found[2] ?? "")).find((each) => each !== undefined);
  return why === undefined ? [] : [{ decision: "ask", rule: "database", part: call.raw, why: `${why} in code` }];
}

/** The code of `-c`, `-e`, `--eval` or of standard input; undefined where a file is run or no interpreter is. */
function textOf(call: Call): string | undefined {
  if (!LANGUAGES.test(call.program)) return undefined;
  const index = call.args.findIndex((arg) => /^(-[a-zA-Z]{0,4}[ceErp]|--eval|--print|eval)$/.test(arg));
  const code = index < 0 ? undefined : call.args.slice(index + 1).find((arg) => !arg.startsWith("-"));
  if (code !== undefined) return code.slice(0, LONGEST);
  const file = call.args.find((arg) => !arg.startsWith("-"));
  return file === undefined ? call.stdin?.slice(0, LONGEST) : undefined;
}

const LONGEST = 50_000;
