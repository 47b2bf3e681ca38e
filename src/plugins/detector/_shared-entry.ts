import type { DirView } from "../../sdk/index.ts";

/** What the code does that is run, as far as a bounded look tells: a few files, following relative imports. */
export interface Look {
  /** It opens a server. */
  readonly listens: boolean;
  /** It goes on by itself: a queue, a schedule, a bot. */
  readonly works: boolean;
  /** Port it uses when nobody says otherwise, and the variable that says otherwise. */
  readonly port: number | undefined;
  readonly portEnv: string | undefined;
  readonly because: string | undefined;
  /** A route by which it says that it is well. */
  readonly healthPath: string | undefined;
}

const FILES = 25;
const LISTENS =
  /\.listen\(|\bcreateServer\(|\bBun\.serve\(|\bDeno\.serve\(|\bserve\(\s*(\{|app\b|handler\b|\()|NestFactory\.create|\.startStandaloneServer\(|startStandaloneServer\(|export default \{[^}]*\bfetch\b/s;
const WORKS =
  /\bnew Worker\(|\.consume\(|\.subscribe\(|\bsetInterval\(|\bwhile\s*\(true\)|cron\.schedule\(|new (Cron|CronJob)\(|\.login\(|\.process\(\s*(async|\()|new Bot\(|\.launch\(\)/;
/** `process.env.PORT || 3000`, `Number(process.env.PORT ?? "3000")`, `{ PORT = 3000 } = process.env`, `env.get("PORT", 3000)`. */
const BY_ENV =
  /(?:process\.env|Bun\.env|env)(?:\.|\[["'])([A-Z_]*PORT)\b["'\])]*(?:\s*,\s*10)?\)?\s*(?:\|\||\?\?|\?[^:\n]+:)\s*["']?(\d{2,5})|\{[^}]*\b([A-Z_]*PORT)\s*=\s*["']?(\d{2,5})["']?[^}]*\}\s*=\s*(?:process|Bun)\.env|["']([A-Z_]*PORT)["']\s*\)?\s*(?:,|\|\||\?\?)\s*["']?(\d{2,5})/;
const ENV_ONLY = /(?:process\.env|Bun\.env)(?:\.|\[["'])([A-Z_]*PORT)\b|Deno\.env\.get\(["']([A-Z_]*PORT)["']\)/;
const FIXED =
  /\.listen\(\s*(\d{2,5})\b|\bport\s*[:=]\s*["']?(\d{2,5})\b|\bPORT\s*=\s*["']?(\d{2,5})\b|serve\([^)]*\bport:\s*(\d{2,5})/i;

/** A route that is answered, not one that is asked for: `app.get("/health"`, `"GET /health"`, `path: "/health"`, `url === "/health"`. */
const HEALTH =
  /(?:\.(?:get|all|use|route)\(\s*|(?:path|pathname|url|route)\s*(?:={2,3}|:)\s*|case\s+)["'`](\/(?:api\/)?(?:healthz?|health-?check|livez|readyz|ping|up))["'`]|["'`]GET (\/(?:api\/)?(?:healthz?|livez|readyz|ping))["'`]/;

/** Looks at `file` (relative to `dir`) and what it imports from the repo. */
export async function lookInto(dir: DirView, file: string): Promise<Look> {
  const queue = [file];
  const seen = new Set(queue);
  const texts: { name: string; text: string }[] = [];
  for (let name = queue.shift(); name !== undefined && texts.length < FILES; name = queue.shift()) {
    const text = await dir.text(name);
    if (text === undefined) continue;
    texts.push({ name, text });
    for (const next of importsOf(dir, name, text)) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  const server = texts.find(({ text }) => LISTENS.test(text));
  const works = texts.some(({ text }) => WORKS.test(text));
  if (!server)
    return { listens: false, works, port: undefined, portEnv: undefined, because: undefined, healthPath: undefined };
  const ordered = [server, ...texts.filter((one) => one !== server)];
  const health = ordered.map(({ text }) => HEALTH.exec(text)).find((match) => match !== null);
  return { listens: true, works, healthPath: health?.[1] ?? health?.[2], ...(await portIn(dir, ordered)) };
}

async function portIn(
  dir: DirView,
  texts: readonly { name: string; text: string }[],
): Promise<Pick<Look, "port" | "portEnv" | "because">> {
  for (const pattern of [BY_ENV, ENV_ONLY, FIXED]) {
    for (const { name, text } of texts) {
      const match = pattern.exec(text);
      if (!match) continue;
      const groups = match.slice(1).filter((group) => group !== undefined);
      const digits = groups.find((group) => /^\d+$/.test(group));
      const because = await dir.at(name, match[0].split("\n")[0]);
      const port = digits === undefined ? undefined : Number(digits);
      return { port, portEnv: groups.find((group) => !/^\d+$/.test(group)), because };
    }
  }
  return { port: undefined, portEnv: undefined, because: undefined };
}

function importsOf(dir: DirView, from: string, text: string): string[] {
  const folder = from.includes("/") ? from.slice(0, from.lastIndexOf("/")) : "";
  const found: string[] = [];
  for (const match of text.matchAll(/(?:from|import|require\()\s*\(?["'](\.{1,2}\/[^"']*|\.{1,2})["']/g)) {
    const target = resolve(folder, match[1] ?? "");
    const stem = target.replace(/\.[cm]?js$/, "");
    const endings = [".ts", ".js", ".mjs", ".cjs", ".mts", ".tsx", ".jsx", "/index.ts", "/index.js"];
    const file = dir.has(target) && /\.[cm]?[jt]sx?$/.test(target) ? target : undefined;
    const resolved = file ?? endings.map((ending) => stem + ending).find((name) => dir.has(name));
    if (resolved) found.push(resolved);
  }
  return found;
}

/** `src` + `../app` = `app`; what would leave the directory ends at it. */
function resolve(folder: string, target: string): string {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
