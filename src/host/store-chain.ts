import { hash } from "node:crypto";
import { z } from "zod";
import { canonicalJson, Metadata, type AnyEvent, type Event, type StoredDraft } from "../sdk/index.ts";

/** What stands before the first entry. */
export const GENESIS = "0".repeat(64);

/** The version of the tables. A store whose version is higher was written by a newer Lodestar and is not opened. */
export const SCHEMA_VERSION = 1;

/**
 * An entry as both stores keep it. `header` is the canonical JSON of everything but the payload, `data` that of the
 * payload, or null when it was erased; `digest` is the payload's SHA-256. Entry hash = SHA-256 of previous hash, header,
 * key and digest, one per line: so a payload can be erased and the chain still holds. `type`, `repo` and `key` are
 * there to be searched.
 */
export interface Entry {
  readonly seq: number;
  readonly key: string | null;
  readonly type: string;
  readonly repo: string;
  readonly header: string;
  readonly data: string | null;
  readonly digest: string;
  readonly hash: string;
}

/** A row of either database; Postgres gives `seq` as text. */
export const EntryRow: z.ZodType<Entry> = z.object({
  seq: z.coerce.number().int(),
  key: z.string().nullable(),
  type: z.string(),
  repo: z.string(),
  header: z.string(),
  data: z.string().nullable(),
  digest: z.string(),
  hash: z.string(),
});

const Header = z.object({ seq: z.number(), type: z.string(), metadata: Metadata });

/** Gives a draft its place after the entry with `seq` and `hash`. */
export function link(draft: StoredDraft, previous: { seq: number; hash: string }): Entry {
  const { data: payload, key = null, ...rest } = draft;
  const seq = previous.seq + 1;
  const header = canonicalJson({ ...rest, seq } satisfies Omit<Event, "data">);
  const data = canonicalJson(payload);
  const digest = sha256(data);
  const { type, metadata } = draft;
  const entry = { seq, key, type, repo: metadata.repo, header, data, digest };
  return { ...entry, hash: hashOf(entry, previous.hash) };
}

/** The event of an entry. One whose payload was erased is read as `log.erased`, in its old place. */
export function eventOf(entry: Entry): AnyEvent {
  if (entry.data !== null) return JSON.parse(`${entry.header.slice(0, -1)},"data":${entry.data}}`);
  const erased = { type: "log.erased", data: { seq: entry.seq, reason: "its payload was erased" } };
  return JSON.parse(canonicalJson({ ...JSON.parse(entry.header), ...erased }));
}

/** Why `entry` cannot be the one after `previous`; undefined when it can. */
function breakOf(entry: Entry, previous: { seq: number; hash: string }): string | undefined {
  const expected = previous.seq + 1;
  if (entry.seq !== expected) return `entry ${expected} is missing`;
  if (entry.hash !== hashOf(entry, previous.hash)) return "its hash does not fit its content and the entry before it";
  if (entry.data !== null && entry.digest !== sha256(entry.data)) return "its payload is not the one that was appended";
  const header = Header.parse(JSON.parse(entry.header));
  const { seq, type, metadata } = header;
  if (seq !== entry.seq || type !== entry.type || metadata.repo !== entry.repo)
    return "what it is searched by differs from its content";
  return undefined;
}

/** Recomputes the chain over `pages` of entries in order. */
export async function verifyChain(
  pages: AsyncIterable<readonly Entry[]>,
): Promise<{ ok: true; seq: number } | { ok: false; brokenAt: number; because: string }> {
  let previous = { seq: 0, hash: GENESIS };
  for await (const page of pages) {
    for (const entry of page) {
      const because = breakOf(entry, previous);
      if (because !== undefined) return { ok: false, brokenAt: Math.min(entry.seq, previous.seq + 1), because };
      previous = { seq: entry.seq, hash: entry.hash };
    }
  }
  return { ok: true, seq: previous.seq };
}

function hashOf(entry: Omit<Entry, "hash">, previousHash: string): string {
  return sha256(`${previousHash}\n${entry.header}\n${canonicalJson(entry.key)}\n${entry.digest}`);
}

function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
