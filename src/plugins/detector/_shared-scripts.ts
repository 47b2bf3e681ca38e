import type { DirView } from "../../sdk/index.ts";
import { SERVERS, type Server } from "./_shared-frameworks.ts";

/** What one script of a package.json comes down to. */
export type Meaning =
  | { readonly does: "serves"; readonly server: Server; readonly line: string }
  /** Runs a file of the repo; `watch` restarts it when the sources change. */
  | { readonly does: "runs"; readonly file: string; readonly watch: boolean; readonly line: string }
  /** Starts a script of other packages of the workspace: of one (`dir` or `workspace`), or of all that have it. */
  | { readonly does: "delegates"; readonly script: string; readonly dir?: string; readonly workspace?: string }
  /** Starts several scripts of the same package side by side. */
  | { readonly does: "together"; readonly scripts: readonly string[] }
  | { readonly does: "other"; readonly line: string };

const DEPTH = 4;

/**
 * Reads a script the way a shell would, as far as that is safe: environment prefixes and wrappers are taken off, calls of other
 * scripts are followed, and of a chain (`prisma migrate deploy && node dist`) the last part that starts something counts.
 */
export function meaningOf(scripts: Readonly<Record<string, string>>, script: string, depth = 0): Meaning {
  const body = scripts[script] ?? "";
  const all = ofEverything(body) ?? sideBySide(body, scripts);
  if (all) return all;
  let last: Meaning = { does: "other", line: body };
  let into: string | undefined;
  for (const part of body.split(/\s*(?:&&|;|\|\||&(?=\s))\s*/)) {
    const line = unwrapped(part);
    const moved = /^cd\s+["']?([\w./@-]+)["']?$/.exec(line)?.[1];
    if (moved) into = moved;
    const meaning = into === undefined ? ofLine(line, scripts, depth) : elsewhere(line, into);
    if (meaning.does !== "other") last = meaning;
  }
  return last;
}

/** The variables that a script sets in front of its command (`PORT=4000 node server.js`). */
export function portSetIn(line: string): number | undefined {
  const port = /(?:^|\s)PORT=(\d{2,5})\b|(?:--port|-p|-l)[= ](\d{2,5})\b/.exec(line);
  const text = port?.[1] ?? port?.[2];
  return text === undefined ? undefined : Number(text);
}

/** Where the file that is run comes from: the file itself, or the source that a build makes it of. */
export function sourceFileOf(dir: DirView, file: string): string | undefined {
  const plain = file.replace(/^\.\//, "").replace(/\/$/, "");
  const bare = plain.replace(/\.[cm]?[jt]sx?$/, "");
  const built = bare.replace(/^(dist|build|out|lib|\.output|bundle)\//, "");
  const stems =
    built === bare ? [bare, `${bare}/index`] : [built, `src/${built}`, `${built}/index`, built.replace(/^src\//, "")];
  if (dir.has(plain)) return plain;
  for (const stem of stems)
    for (const ending of [".ts", ".js", ".mts", ".mjs", ".cjs", ".tsx", ".cts"])
      if (dir.has(stem + ending)) return stem + ending;
  return undefined;
}

const RUNNERS =
  /^(?:node|nodejs|tsx|ts-node|ts-node-esm|ts-node-dev|tsnd|bun run|bun|babel-node|swc-node|esno|jiti|vite-node|nodemon|pm2-runtime|pm2 start|forever|supervisor|electron)(?:\s+(watch|-[^\s]+(?:\s+(?:ts-node|tsx|dotenv\/config|[\w@./-]+\/(?:register|esm|config)))?))*\s+["']?([\w@./-]+)["']?/;
const WATCHES = /^(nodemon|ts-node-dev|tsnd|supervisor)\b|\s--?watch\b|^tsx watch\b|^bun --(hot|watch)\b/;

function ofLine(line: string, scripts: Readonly<Record<string, string>>, depth: number): Meaning {
  const server = SERVERS.find((one) => one.program.test(line));
  if (server) return { does: "serves", server, line };
  const call = delegation(line);
  if (call) return call;
  const next = /^(?:npm|pnpm|yarn|bun)\s+(?:run-script\s+|run\s+)?([\w:.-]+)/.exec(line)?.[1];
  if (next && Object.hasOwn(scripts, next) && depth < DEPTH) {
    const meaning = meaningOf(scripts, next, depth + 1);
    // A script that only prepares (`dotenv -e .env --`) runs what it is given.
    const given = /\s--\s+(.+)$/.exec(line)?.[1];
    return meaning.does === "other" && given ? ofLine(unwrapped(given), scripts, depth + 1) : meaning;
  }
  const run = RUNNERS.exec(line);
  const file = run?.[2];
  if (file && !/^(run|test|build|install|x|exec|-.*)$/.test(file) && !line.startsWith("electron"))
    return { does: "runs", file, watch: WATCHES.test(line), line };
  return { does: "other", line };
}

/** Task runners that start a script in every package that has it. */
function ofEverything(body: string): Meaning | undefined {
  const patterns = [
    /(?:^|\s)turbo\s+(?:run\s+)?(?!run)([\w:-]+)/,
    /(?:^|\s)nx\s+run-many\b.*?(?:-t|--targets?)[= ]?([\w:-]+)/,
    /(?:^|\s)lerna\s+run\s+(?:--\S+\s+)*([\w:-]+)/,
    /(?:^|\s)pnpm\s+(?:-r|--recursive|-r --parallel|--parallel -r)\s+(?:--\S+\s+)*(?:run\s+)?([\w:-]+)/,
    /(?:^|\s)npm\s+(?:run\s+)?([\w:-]+)\s+.*--workspaces\b/,
    /(?:^|\s)yarn\s+workspaces\s+(?:foreach\s+.*?)?run\s+([\w:-]+)/,
    /(?:^|\s)bun\s+(?:run\s+)?--filter\s+['"]?\*['"]?\s+([\w:-]+)/,
  ];
  for (const pattern of patterns) {
    const script = pattern.exec(body)?.[1];
    if (script) return { does: "delegates", script };
  }
  return undefined;
}

/** `concurrently "npm:api" "npm run web"`, `run-p api web`, `npm-run-all --parallel api web`. */
function sideBySide(body: string, scripts: Readonly<Record<string, string>>): Meaning | undefined {
  const tool = /(?:^|\s)(?:concurrently|run-p|npm-run-all\s+(?:-p|--parallel))\s(.*)$/.exec(body)?.[1];
  if (tool === undefined) return undefined;
  const words = tool.split(/["'\s]+/).map((word) => word.replace(/^(npm|pnpm|yarn|bun):/, ""));
  const named = words.flatMap((word) => {
    const every = /^([\w-]+:)\*+$/.exec(word)?.[1];
    if (every) return Object.keys(scripts).filter((name) => name.startsWith(every));
    return Object.hasOwn(scripts, word) ? [word] : [];
  });
  return named.length > 0 ? { does: "together", scripts: [...new Set(named)] } : undefined;
}

/** A script of one other package: by workspace flag or by folder. */
function delegation(line: string): Meaning | undefined {
  const workspace =
    /^(?:npm\s+(?:run\s+)?(?<a>[\w:-]+)\s+.*(?:-w|--workspace)[= ](?<b>[\w@./-]+)|npm\s+(?:-w|--workspace)[= ](?<c>[\w@./-]+)\s+(?:run\s+)?(?<d>[\w:-]+)|pnpm\s+(?:-F|--filter)[= ]["']?(?<e>[\w@./-]+)["']?\s+(?:run\s+)?(?<f>[\w:-]+)|yarn\s+workspace\s+(?<g>[\w@./-]+)\s+(?:run\s+)?(?<h>[\w:-]+)|bun\s+(?:run\s+)?--filter[= ]["']?(?<i>[\w@./-]+)["']?\s+(?<j>[\w:-]+))/.exec(
      line,
    )?.groups;
  if (workspace) {
    const name = workspace.b ?? workspace.c ?? workspace.e ?? workspace.g ?? workspace.i ?? "";
    const script = workspace.a ?? workspace.d ?? workspace.f ?? workspace.h ?? workspace.j ?? "";
    return { does: "delegates", script, workspace: name };
  }
  const prefix =
    /^(?:npm\s+--prefix|yarn\s+--cwd|pnpm\s+(?:-C|--dir))[= ]["']?([\w./-]+)["']?\s+(?:run\s+)?([\w:-]+)/.exec(line);
  if (prefix?.[1] && prefix[2]) return { does: "delegates", script: prefix[2], dir: prefix[1] };
  return undefined;
}

/** `cd apps/web && npm start`: a script there; anything else that runs there is left as it is. */
function elsewhere(line: string, dir: string): Meaning {
  const script = /^(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?([\w:-]+)/.exec(line)?.[1];
  return script ? { does: "delegates", script, dir } : { does: "other", line };
}

/** Takes off what stands in front of the program: variables and wrappers that only prepare for it. */
function unwrapped(part: string): string {
  let line = part.trim().replace(/^\(+|\)+$/g, "");
  for (;;) {
    const next = line
      .replace(/^(?:[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)\s+)+/, "")
      .replace(
        /^(?:exec|env|time|npx|bunx|bun x|pnpm exec|yarn exec|pnpm dlx|cross-env-shell|cross-env|env-cmd(?:\s+-f\s+\S+)?)\s+(?:--?yes\s+)?/,
        "",
      )
      .replace(
        /^(?:dotenv|dotenvx run|dotenvx|doppler run|infisical run|op run)(?:\s+-[^\s]+(?:\s+[^\s-]\S*)?)*\s+--\s+/,
        "",
      )
      .replace(/^(?:\.\/)?node_modules\/\.bin\//, "")
      .trim();
    if (next === line) return line;
    line = next;
  }
}
