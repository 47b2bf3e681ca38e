/** What the guard knows when it judges: paths are absolute, `/` separated. */
export interface GuardFacts {
  /** Of the repository (or room) that the agent works in. */
  readonly root: string;
  readonly dataDir: string;
  readonly home: string;
  /** There is work that no commit holds. */
  readonly dirty: boolean;
  readonly branch: string | undefined;
  /** Unknown: `main` and `master` count as default. */
  readonly defaultBranch: string | undefined;
  /** URLs of the databases that Lodestar made itself. */
  readonly ownDatabases: readonly string[];
}

/** Every rule of the guard: `id` stands in a finding and in settings, `says` in the docs. */
export const DANGER_RULES = [
  {
    id: "delete",
    says: "Deleting work inside the repository: a snapshot first; build output and temporary files are free.",
  },
  { id: "delete-outside", says: "Deleting or moving away what is outside the repository." },
  { id: "delete-repository", says: "Deleting the repository itself, its parents or `.git`." },
  { id: "delete-unknown", says: "Deleting a path that only the shell will know, such as an unset variable." },
  { id: "disk", says: "Formatting, wiping or overwriting a device." },
  { id: "discard-changes", says: "Git commands that throw uncommitted work away: a snapshot first." },
  { id: "git-history", says: "Git commands that drop stashes, branches, refs or the reflog, or rewrite all history." },
  { id: "force-push", says: "Force push, deletion and mirroring of remote branches; never of the default branch." },
  { id: "bypass-check", says: "Skipping hooks: `--no-verify`, `core.hooksPath`, `HUSKY=0`." },
  { id: "database", says: "Dropping, truncating or resetting a database, and deleting or updating without WHERE." },
  { id: "cloud", says: "Deleting cloud, cluster or infrastructure resources." },
  { id: "containers", says: "Removing containers, volumes and images with what they hold." },
  { id: "permissions", says: "Recursive chmod or chown outside the repository, or opening it to everybody." },
  { id: "network-shell", says: "Running what was just fetched or decoded, and reverse shells." },
  {
    id: "processes",
    says: "Ending process 1, every process or every program of a kind, which would end the daemon too.",
  },
  { id: "system", says: "Shutdown, fork bombs, services, cron tables and accounts of the machine." },
  { id: "privileges", says: "Becoming another user: `sudo`, `su`." },
  { id: "publish", says: "Publishing packages, images or releases; merging or deleting on the forge." },
  { id: "secrets", says: "Reading or changing keys and credentials: `~/.ssh`, `~/.aws`, `.env` of other folders." },
  { id: "exfiltration", says: "Sending secrets or the environment over the network." },
  { id: "data-dir", says: "Any access to Lodestar's data directory, and `LODESTAR_HOME`." },
  { id: "guard", says: "Commands and edits that loosen the guard: approvals, hooks, agent settings, `.lodestar/`." },
  { id: "system-files", says: "Writing system files and the shell's start files." },
  { id: "unreadable", says: "A command that cannot be read to its end and holds a dangerous word." },
] as const;

type RuleId = (typeof DANGER_RULES)[number]["id"];

/** One dangerous part of a call. `part` is verbatim; `why` continues the sentence that begins with it. */
export interface Finding {
  readonly decision: "snapshot" | "ask" | "deny";
  readonly rule: RuleId;
  readonly part: string;
  readonly why: string;
  readonly instead?: string;
  readonly covers?: readonly ("files" | "database")[];
}

/** One command as it will run, as far as a reader can know: see `danger-expand.ts` for what stands for unknown text. */
export interface Call {
  /** Base name in lower case, without `.exe`. */
  readonly program: string;
  readonly args: readonly string[];
  /** As it was written. */
  readonly raw: string;
  /** Undefined after a `cd` to an unknown place. */
  readonly cwd: string | undefined;
  readonly env: ReadonlyMap<string, string>;
  readonly facts: GuardFacts;
  /** What stands on its input, where the text shows it. */
  readonly stdin: string | undefined;
  /** What ran before it in the pipeline. */
  readonly before: readonly Call[];
  /** What ran inside its words. */
  readonly inner: readonly Call[];
  /** Paths that the same text made just before. */
  readonly made: ReadonlySet<string>;
  /** Paths that it reads by `<`, and writes by `>`. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Where it runs: paths of a container or another machine are not this machine's. */
  readonly place: "here" | "container" | "machine";
}

export function hasFlag(args: readonly string[], short: string, ...long: string[]): boolean {
  for (const arg of args) {
    if (arg === "--") return false;
    if (short !== "" && /^-[A-Za-z]+$/.test(arg) && arg.includes(short)) return true;
    if (long.some((name) => isLong(arg, name))) return true;
  }
  return false;
}

/** `--recursive`, `--recursive=…` and what getopt takes for it (`--recur`; at least three letters). */
function isLong(arg: string, name: string): boolean {
  if (arg === name || arg.startsWith(`${name}=`)) return true;
  return arg.length >= 5 && arg.startsWith("--") && name.startsWith(arg);
}

/** What is neither an option nor the value of one of `valued`; all after `--`. */
export function operands(args: readonly string[], valued: readonly string[] = []): string[] {
  const found: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") return [...found, ...args.slice(index + 1)];
    if (valued.includes(arg)) index++;
    else if (!arg.startsWith("-") || arg === "-") found.push(arg);
  }
  return found;
}

/** The value of an option: `-d x`, `-dx` (short ones), `--dbname x`, `--dbname=x`. */
export function valueOf(args: readonly string[], ...names: string[]): string | undefined {
  for (const [index, arg] of args.entries())
    for (const name of names) {
      if (arg === name) return args[index + 1];
      if (arg.startsWith(`${name}=`)) return arg.slice(name.length + 1);
      if (/^-[A-Za-z]$/.test(name) && arg.startsWith(name)) return arg.slice(2);
    }
  return undefined;
}
