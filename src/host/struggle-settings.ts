import { mkdir, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { messageOf, OutsideError, StruggleSettings, UserError } from "../sdk/index.ts";
import { writeDurably } from "./receipts.ts";

/** `<data dir>/struggle-settings.json`, which a person may edit while a daemon reads it. */
export interface StruggleFile {
  readonly path: string;
  /**
   * What the file says now; it is read again only when it changed, and gives the same object until then. Never rejects: an
   * absent file says nothing, an invalid one counts as absent, and `problem` is the sentence that says why.
   */
  read(): Promise<{ readonly settings: StruggleSettings; readonly problem: string | undefined }>;
  /**
   * Changes the file, one process at a time; it is made with the first change (0600) and written whole or not at all. Rejects
   * with UserError when it is invalid: what a person wrote is not thrown away.
   */
  change<T>(edit: (settings: StruggleSettings) => { settings: StruggleSettings; result: T }): Promise<T>;
}

interface Loaded {
  /** Says whether the file is still the one that was read. */
  readonly mark: string;
  readonly settings: StruggleSettings;
  readonly problem: string | undefined;
}

const EMPTY: StruggleSettings = { version: 1, rules: [] };
const SCHEMA = fileURLToPath(new URL("../../schema/struggle-settings.schema.json", import.meta.url));
/** Milliseconds between tries to lock, and until that is given up. */
const TRY = 10;
const PATIENCE = 5_000;

export function openStruggleFile(dataDir: string): StruggleFile {
  const path = join(dataDir, "struggle-settings.json");
  let loaded: Loaded = { mark: "absent", settings: EMPTY, problem: undefined };

  async function read(): Promise<Loaded> {
    const mark = await markOf(path);
    // Asked for before the file was read, so that a change between the two is seen the next time.
    if (mark !== loaded.mark) loaded = { mark, ...(await load(path)) };
    return loaded;
  }

  return {
    path,
    read,
    async change(edit) {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      const unlock = await lock(join(dataDir, "struggle-settings.lock"));
      try {
        const { settings, problem } = await load(path);
        if (problem !== undefined) throw new UserError(problem, { next: `mend ${path}, or move it away` });
        const edited = edit(settings);
        if (edited.settings !== settings) {
          const whole = { $schema: SCHEMA, ...edited.settings };
          await writeDurably(dataDir, path, `${JSON.stringify(whole, null, 2)}\n`);
        }
        return edited.result;
      } finally {
        unlock();
      }
    },
  };
}

async function load(path: string): Promise<Omit<Loaded, "mark">> {
  try {
    const parsed = StruggleSettings.safeParse(JSON.parse(await readFile(path, "utf8")));
    if (parsed.success) return { settings: parsed.data, problem: undefined };
    const [issue] = parsed.error.issues;
    return invalid(path, issue ? `${issue.path.join(".") || "the whole"}: ${issue.message}` : "wrong shape");
  } catch (error) {
    return hasCode(error, "ENOENT") ? { settings: EMPTY, problem: undefined } : invalid(path, messageOf(error));
  }
}

function invalid(path: string, why: string): Omit<Loaded, "mark"> {
  return { settings: EMPTY, problem: `${path} is not valid, so the built-in rules are used (${why})` };
}

async function markOf(path: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch (error) {
    return hasCode(error, "ENOENT") ? "absent" : messageOf(error);
  }
}

/**
 * One process at a time changes the settings: a daemon that counts, and a person at a terminal. The lock is SQLite's own, so the
 * system ends it with the process, and there is no stale one.
 */
async function lock(path: string): Promise<() => void> {
  const deadline = performance.now() + PATIENCE;
  await (await open(path, "a", 0o600)).close();
  for (;;) {
    const db = new DatabaseSync(path, { timeout: 0 });
    try {
      db.exec("BEGIN EXCLUSIVE");
      return () => db.close();
    } catch (error) {
      db.close();
      if (performance.now() > deadline)
        throw new OutsideError(`${path} cannot be taken: ${messageOf(error)}`, { retryable: true, cause: error });
    }
    await new Promise((done) => setTimeout(done, TRY));
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
