import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { OutsideError, type Vault } from "../sdk/index.ts";

const Values = z.record(z.string(), z.string());

/** Generated values by repo, `<dir>/<repo>.json`, mode 0600: the same at every start, and never in the repo. */
export function openVault(dir: string): Vault {
  const file = (repo: string) => join(dir, `${repo.replaceAll(/[^\w-]/g, "_")}.json`);
  return {
    read: async (repo) => {
      const text = await readFile(file(repo), "utf8").catch(() => "{}");
      const parsed = Values.safeParse(parseJson(text));
      if (!parsed.success)
        throw new OutsideError(`${file(repo)} is not readable as generated values; remove it to make new ones`, {
          retryable: false,
        });
      return parsed.data;
    },
    write: async (repo, values) => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const aside = `${file(repo)}.new`;
      await writeFile(aside, JSON.stringify(values), { mode: 0o600 });
      await rename(aside, file(repo));
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
