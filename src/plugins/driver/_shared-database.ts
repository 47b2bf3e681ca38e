import type { DatabaseAnswer, DatabaseRequest } from "../../sdk/index.ts";

/** The file in `dataDir` that says: this database is whole, and Lodestar made it. */
export const READY = ".lodestar-ready";

export function cannot(because: string, next: string): DatabaseAnswer {
  return { ok: false, because, next };
}

/** One word of a POSIX shell. */
export function quote(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What starts a server that Lodestar has no driver for: the repo's own compose service, else its public image. */
export function byDocker({ compose, port }: DatabaseRequest, image: string, inside: number): string {
  if (compose !== undefined) return `docker compose up -d ${quote(compose)}`;
  return `docker run -d --rm -p 127.0.0.1:${port}:${inside} ${image}`;
}
