import { chmod, lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "../sdk/errors.ts";

const BEGIN = "# >>> lodestar hooks >>>";
const END = "# <<< lodestar hooks <<<";
/** A hook of Lodestar's own, apart from the part: so it is told from somebody's that is nearly empty. */
const OWN = "#!/bin/sh\n# Written by lodestar hooks install; below this line is nothing else.\n";
/** With this status the part's command says "refuted"; a program that cannot even start ends with 1, and stops nobody. */
export const REFUTED = 10;
const SHELLS = /^#!\s*(?:\/usr)?\/bin\/(?:env\s+)?(?:sh|bash|dash|ash|zsh|ksh)\b/;

/** What is at the place of a hook. `own` was written by Lodestar alone, `joined` is somebody's with Lodestar's part in it. */
export interface HookFile {
  readonly path: string;
  readonly state: "absent" | "own" | "joined" | "foreign";
  readonly text: string;
  /** Whether git may run it, and whether it is a plain file. */
  readonly executable: boolean;
  readonly plain: boolean;
}

export async function readHook(path: string): Promise<HookFile> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats) return { path, state: "absent", text: "", executable: false, plain: true };
  const plain = stats.isFile();
  const text = plain ? await readFile(path, "utf8") : "";
  const state = !text.includes(BEGIN) ? "foreign" : withoutPart(text) === OWN ? "own" : "joined";
  return { path, state, text, executable: (stats.mode & 0o111) !== 0, plain };
}

/** A hook of its own: the part and nothing else. */
export function ownHook(command: string): string {
  return withPart(OWN, command);
}

/**
 * The hook with Lodestar's part before everything else in it, as a script may leave early. Both read what git says on stdin.
 * A UserError where that cannot be done.
 */
export function joinedHook(hook: HookFile, command: string): string {
  const next = `add this line to it: ${command}`;
  if (!hook.plain) throw new UserError(`${hook.path} is not a plain file`, { next });
  if (!hook.executable)
    throw new UserError(`git does not run ${hook.path}: it is not executable`, { next: `chmod +x '${hook.path}'` });
  const first = hook.text.slice(0, hook.text.indexOf("\n") + 1);
  if (first === "" || (first.startsWith("#!") && !SHELLS.test(first)))
    throw new UserError(`${hook.path} is no shell script that a part could be added to`, { next });
  return withPart(hook.text, command);
}

/** Puts a text where the hook is, executable; the mode of a hook that git runs already stays. */
export async function writeHook({ path, executable }: HookFile, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  if (!executable) await chmod(path, 0o755);
}

/** Gives back what was there before, byte for byte. */
export async function removePart({ path, state, text }: HookFile): Promise<void> {
  if (state === "own") await rm(path);
  else await writeFile(path, withoutPart(text));
}

function withPart(text: string, command: string): string {
  const at = text.startsWith("#!") ? text.indexOf("\n") + 1 : 0;
  const part = `${BEGIN}
# Proves each branch that is pushed against what the remote has of it, and stops the push only when a claim is refuted.
# git push --no-verify goes past it; lodestar hooks uninstall pre-push takes it away.
lodestar_refs=$(cat)
lodestar_run() {
  printf '%s\\n' "$lodestar_refs" | ${command}
}
lodestar_run "$@" || { [ $? -ne ${REFUTED} ] || exit 1; }
if [ -n "$lodestar_refs" ]; then
exec <<LODESTAR_REFS
$lodestar_refs
LODESTAR_REFS
else exec </dev/null
fi
${END}
`;
  return `${text.slice(0, at)}${part}${text.slice(at)}`;
}

function withoutPart(text: string): string {
  const end = text.indexOf(`${END}\n`);
  if (end < 0) return text;
  return text.slice(0, text.indexOf(BEGIN)) + text.slice(end + END.length + 1);
}
