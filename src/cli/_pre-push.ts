import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Seconds and minutes as `prove --budget` takes them: a push waits for checks no longer than that. */
const BUDGET = "2m";
const NOTHING = /^0+$/;
const PROGRAM = fileURLToPath(new URL("../../bin/lodestar.mjs", import.meta.url));

/** One line of what git tells a pre-push hook. */
interface Pushed {
  readonly branch: string;
  readonly commit: string;
  /** What the remote has of the branch; undefined for one that it does not have. */
  readonly there: string | undefined;
}

export interface PrePush {
  /** The working tree. */
  readonly root: string;
  readonly remote: string;
  /** What git wrote to the hook: `<local ref> <local hash> <remote ref> <remote hash>` per line. */
  readonly refs: string;
  readonly dataDir: string | undefined;
}

/**
 * Proves what is pushed, and says whether a claim of it is refuted. Everything else lets the push go and says why: tags and
 * deletions, what is not checked out as it is pushed, and a proof that could not be made.
 */
export async function isRefuted({ root, remote, refs, dataDir }: PrePush): Promise<boolean> {
  const proved = new Set<string>();
  for (const pushed of readRefs(refs)) {
    const base = await baseOf(root, remote, pushed);
    const why = "because" in base ? base.because : await whyNotThis(root, pushed);
    if (why !== undefined || "because" in base) {
      say(`${pushed.branch} is not proved: ${why}`);
      continue;
    }
    if (proved.has(base.commit)) continue;
    proved.add(base.commit);
    say(`proving ${pushed.branch} against ${base.commit.slice(0, 7)}, checks for at most ${BUDGET}`);
    const status = await prove(root, base.commit, dataDir);
    if (status === 1) {
      say(`the push is stopped: a claim of ${pushed.branch} is refuted. To push all the same: git push --no-verify`);
      return true;
    }
    if (status !== 0) say(`${pushed.branch} could not be proved (exit ${status}); the push goes on`);
  }
  return false;
}

/** Branches that get new commits; tags and deletions have nothing to prove. */
function readRefs(text: string): Pushed[] {
  const found: Pushed[] = [];
  for (const line of text.split("\n")) {
    const [, commit = "", ref = "", there = ""] = line.split(" ");
    if (!ref.startsWith("refs/heads/") || NOTHING.test(commit)) continue;
    const branch = ref.slice("refs/heads/".length);
    found.push({ branch, commit, there: NOTHING.test(there) ? undefined : there });
  }
  return found;
}

async function baseOf(
  root: string,
  remote: string,
  { commit, there }: Pushed,
): Promise<{ commit: string } | { because: string }> {
  if (there !== undefined) {
    if ((await git(root, "cat-file", "-e", `${there}^{commit}`)) !== undefined) return { commit: there };
    return { because: `the remote is at ${there.slice(0, 7)}, which is not here. Next: git fetch` };
  }
  for (const ref of [`${remote}/HEAD`, `${remote}/main`, `${remote}/master`, "main", "master"]) {
    const name = ref.includes("/") ? `refs/remotes/${ref}` : `refs/heads/${ref}`;
    const merged = (await git(root, "merge-base", commit, name))?.trim() ?? "";
    if (merged === "") continue;
    return merged === commit ? { because: `it has nothing that ${ref} has not` } : { commit: merged };
  }
  return { because: "it is new, and there is no default branch to compare it with" };
}

/** `prove` reads the working tree, so that must be what is pushed. Files that git does not know are part of the proof. */
async function whyNotThis(root: string, { commit }: Pushed): Promise<string | undefined> {
  const head = (await git(root, "rev-parse", "--verify", "HEAD"))?.trim();
  if (head !== commit) return `${commit.slice(0, 7)} is not what is checked out`;
  const changes = await git(root, "-c", "core.fsmonitor=false", "status", "--porcelain", "--untracked-files=no");
  return changes === "" ? undefined : "the working tree has changes that are not in the push. Next: git stash";
}

/** The exit status of `lodestar prove`. What git told this hook about the repository is not for its children. */
async function prove(root: string, base: string, dataDir: string | undefined): Promise<number> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  const words = ["prove", root, "--base", base, "--budget", BUDGET];
  if (dataDir !== undefined) words.push("--data-dir", dataDir);
  const flags = ["--disable-warning=ExperimentalWarning", PROGRAM];
  const child = spawn(process.execPath, [...flags, ...words], { env, stdio: ["ignore", "inherit", "inherit"] });
  await once(child, "close");
  return child.exitCode ?? 4;
}

/** What git prints; undefined when it ends with another status than 0. */
async function git(root: string, ...args: string[]): Promise<string | undefined> {
  const ended = promisify(execFile)("git", ["-C", root, ...args], { env: { ...process.env, GIT_OPTIONAL_LOCKS: "0" } });
  return ended.then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}

function say(text: string): void {
  console.error(`lodestar: ${text}`);
}
