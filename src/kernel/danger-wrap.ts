import { codeIn } from "./danger-code.ts";
import { ranByGit } from "./danger-git.ts";
import { SHELLS } from "./danger-network.ts";
import { UNKNOWN } from "./danger-paths.ts";
import { operands, valueOf } from "./danger-rules.ts";
import type { Call } from "./danger-rules.ts";

/** What a command runs in turn: a command by its words, or a text in the shell's language. */
export interface Nested {
  readonly words?: readonly string[];
  readonly script?: string;
  readonly env?: ReadonlyMap<string, string>;
  readonly place?: Call["place"];
}

/** The commands inside a command: `sudo …`, `sh -c '…'`, `xargs …`, `npx …`, `docker exec …`, `python -c "os.system(…)"`. */
export function nestedIn(call: Call): Nested[] {
  const { program, args } = call;
  if (SHELLS.has(program)) return inShell(call);
  const own = Object.hasOwn(SPECIAL, program) ? SPECIAL[program] : undefined;
  if (own) return own(call);
  const wrapper = Object.hasOwn(WRAPPERS, program) ? WRAPPERS[program] : undefined;
  if (wrapper) {
    const words = skipOptions(args, wrapper.valued).slice(wrapper.skip ?? 0);
    return program === "xargs" && DELETES.test(words[0] ?? "") ? [] : inWords(words);
  }
  const runner = Object.hasOwn(RUNNERS, program) ? RUNNERS[program] : undefined;
  if (runner) return inRunner(args, runner);
  return codeIn(call).map((script) => ({ script }));
}

/** What these delete under `find -exec` and `xargs` is judged by what is listed. */
const DELETES = /(^|\/)(rm|rmdir|unlink|shred|rimraf)$/;

interface Wrapper {
  /** Options whose next word is their value. */
  readonly valued: readonly string[];
  /** Operands before the command. */
  readonly skip?: number;
}

const PLAIN: Wrapper = { valued: [] };
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  doas: { valued: ["-u", "-C"] },
  pkexec: { valued: ["--user"] },
  nohup: PLAIN,
  setsid: PLAIN,
  time: { valued: ["-f", "-o"] },
  nice: { valued: ["-n"] },
  ionice: { valued: ["-c", "-n", "-p"] },
  chrt: { valued: [], skip: 1 },
  timeout: { valued: ["-s", "-k", "--signal", "--kill-after"], skip: 1 },
  gtimeout: { valued: ["-s", "-k"], skip: 1 },
  stdbuf: { valued: ["-i", "-o", "-e"] },
  unbuffer: PLAIN,
  builtin: PLAIN,
  exec: { valued: ["-a"] },
  caffeinate: { valued: ["-t", "-w"] },
  strace: { valued: ["-e", "-o", "-p", "-s"] },
  chronic: PLAIN,
  busybox: PLAIN,
  toybox: PLAIN,
  shx: PLAIN,
  entr: PLAIN,
  xargs: { valued: ["-I", "-n", "-P", "-L", "-d", "-s", "-E", "-a"] },
  parallel: { valued: ["-j", "-I"] },
  npx: { valued: ["-p", "--package"] },
  bunx: PLAIN,
  "cross-env": PLAIN,
  winpty: PLAIN,
  wsl: { valued: ["-d", "-u"] },
  dotenv: { valued: ["-e", "-c", "-f"] },
  unshare: PLAIN,
  bwrap: PLAIN,
};

/** Programs that run another one after a word of their own; `also`: programs that they run by name alone. */
const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  npm: ["exec", "x"],
  pnpm: ["exec", "dlx"],
  yarn: ["exec", "dlx"],
  bun: ["x"],
  deno: [],
  bundle: ["exec"],
  poetry: ["run"],
  uv: ["run"],
  pipenv: ["run"],
  pdm: ["run"],
  hatch: ["run"],
  rye: ["run"],
  dotenvx: ["run"],
  doppler: ["run"],
  op: ["run"],
  mise: ["exec", "x"],
  asdf: ["exec"],
  corepack: ["pnpm", "yarn", "npm"],
};
/** Programs of packages that rules name: `yarn prisma …` runs them. */
const PACKAGE_BINS = new Set(
  (
    "prisma rimraf knex sequelize sequelize-cli typeorm mikro-orm lodestar supabase vercel wrangler netlify firebase drizzle-kit " +
    "serverless sls cdk lerna changeset shx del-cli railway rails rake"
  ).split(" "),
);

type Reader = (call: Call) => Nested[];

const SPECIAL: Readonly<Record<string, Reader>> = {
  sudo: ({ args }) => inWords(assigned(skipOptions(args, ["-u", "-g", "-h", "-p", "-C", "-D", "-T", "-r", "-t"]))),
  env: ({ args }) => {
    const split = valueOf(args, "-S", "--split-string");
    return split === undefined ? inWords(assigned(skipOptions(args, ["-u", "-C"]))) : [{ script: split }];
  },
  command: ({ args }) => (/^-[vV]/.test(args[0] ?? "") ? [] : inWords(skipOptions(args, []))),
  su: ({ args }) => scripts(valueOf(args, "-c", "--command")),
  script: ({ args }) => scripts(valueOf(args, "-c", "--command")),
  eval: ({ args }) => scripts(args.join(" ")),
  trap: ({ args }) => scripts(args[0]),
  watch: ({ args }) => scripts(skipOptions(args, ["-n", "--interval"]).join(" ")),
  flock: ({ args }) => [...scripts(valueOf(args, "-c")), ...inWords(skipOptions(args, ["-w", "-E"]).slice(1))],
  "nix-shell": ({ args }) => scripts(valueOf(args, "--run", "--command")),
  tmux: ({ args }) =>
    scripts(["new", "new-session", "send-keys", "new-window"].includes(args[0] ?? "") ? args.at(-1) : undefined),
  cmd: ({ args }) => scripts(args.slice(args.findIndex((arg) => /^\/{1,2}[ck]$/i.test(arg)) + 1).join(" ")),
  powershell: inPowerShell,
  pwsh: inPowerShell,
  git: (call) =>
    ranByGit(call)
      .filter(Boolean)
      .map((script) => ({ script })),
  find: inFind,
  ssh: ({ args }) => elsewhere(operands(args, ["-i", "-p", "-l", "-o", "-F", "-J", "-L", "-R", "-D"]).slice(1)),
  docker: inContainer,
  podman: inContainer,
  "docker-compose": inContainer,
  kubectl: ({ args }) =>
    args.includes("exec") && args.includes("--") ? inPlace(args.slice(args.indexOf("--") + 1), "machine") : [],
};

function inWords(words: readonly string[] | { words: readonly string[]; env: ReadonlyMap<string, string> }): Nested[] {
  const found = "words" in words ? words : { words };
  return found.words.length > 0 ? [found] : [];
}

function scripts(text: string | undefined): Nested[] {
  return text === undefined || text === "" || text === UNKNOWN ? [] : [{ script: text }];
}

function inPlace(words: readonly string[], place: Call["place"]): Nested[] {
  return words.length > 0 ? [{ words, place }] : [];
}

/** ssh joins its words and hands them to a shell. */
function elsewhere(words: readonly string[]): Nested[] {
  return words.length > 0 ? [{ script: words.join(" "), place: "machine" }] : [];
}

function skipOptions(args: readonly string[], valued: readonly string[]): readonly string[] {
  let index = 0;
  for (; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") return args.slice(index + 1);
    if (valued.includes(arg)) index++;
    else if (!arg.startsWith("-")) break;
  }
  return args.slice(index);
}

/** `NAME=value` words before a command. */
function assigned(words: readonly string[]): { words: readonly string[]; env: ReadonlyMap<string, string> } {
  const env = new Map<string, string>();
  let index = 0;
  for (; index < words.length; index++) {
    const found = /^([A-Za-z_]\w*)=(.*)$/s.exec(words[index] ?? "");
    if (!found?.[1]) break;
    env.set(found[1], found[2] ?? "");
  }
  return { words: words.slice(index), env };
}

/** `-c` text, a here-document or what a pipe shows. `sh file` stays unseen. */
function inShell(call: Call): Nested[] {
  const index = call.args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  if (index >= 0) return scripts(call.args.slice(index + 1).find((arg) => !/^[-+]\w/.test(arg)));
  const file = operands(call.args, ["-o", "-O"])[0];
  return file === undefined || file === "-" || call.args.includes("-s") ? scripts(call.stdin) : [];
}

function inPowerShell({ args, stdin }: Call): Nested[] {
  const index = args.findIndex((arg) => /^-c(o(mmand)?)?$/i.test(arg));
  if (index >= 0) return scripts(args.slice(index + 1).join(" "));
  const rest = args.filter(
    (arg) => !/^-(nop|noprofile|noninteractive|noni|ep|executionpolicy|bypass)$/i.test(arg) && !/^bypass$/i.test(arg),
  );
  return rest[0]?.startsWith("-") === true ? [] : scripts(stdin ?? rest.join(" "));
}

/** More options than people write; what stands behind them is not read. */
const MOST_WORDS = 500;

function inFind(call: Call): Nested[] {
  const args = call.args.slice(0, MOST_WORDS);
  const found: Nested[] = [];
  for (const [index, arg] of args.entries()) {
    if (!/^-(exec|execdir|ok|okdir)$/.test(arg)) continue;
    const end = args.findIndex((each, at) => at > index && (each === ";" || each === "+"));
    const words = args.slice(index + 1, end < 0 ? undefined : end);
    if (!DELETES.test(words[0] ?? "")) found.push(...inWords(words.map((word) => word.replaceAll("{}", UNKNOWN))));
  }
  return found;
}

function inRunner(args: readonly string[], verbs: readonly string[]): Nested[] {
  const words = skipOptions(args, ["-C", "--filter", "-F", "--cwd", "--prefix", "-w", "--directory", "--project"]);
  const [verb = "", ...rest] = words;
  if (PACKAGE_BINS.has(verb)) return inWords(words);
  if (!verbs.includes(verb)) return [];
  return verb === "pnpm" || verb === "yarn" || verb === "npm"
    ? inWords(words)
    : inWords(skipOptions(rest, ["-p", "--package", "--with", "-f", "--env-file"]));
}

const CONTAINER_OPTIONS = (
  "-e --env --env-file -u --user -w --workdir -v --volume -p --publish --name --network --entrypoint -f --file --project-name " +
  "--profile --mount --platform --add-host -h --hostname -l --label -m --memory --cpus --index"
).split(" ");

/** `docker exec`, `docker run`, `docker compose exec|run`: the words after the container or image. */
function inContainer({ args, program }: Call): Nested[] {
  const compose = args[0] === "compose" ? args.slice(1) : args;
  const words = skipOptions(program.endsWith("-compose") ? args : compose, CONTAINER_OPTIONS);
  if (words[0] !== "exec" && words[0] !== "run") return [];
  return inPlace(skipOptions(words.slice(1), CONTAINER_OPTIONS).slice(1), "container");
}
