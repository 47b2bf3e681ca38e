import type { ContainerRecipe, DatabaseAnswer, DatabaseDriver, DatabaseRequest } from "../../sdk/index.ts";

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

/** An engine that Lodestar runs in a container only: the plan of a process is always no, with the command that starts one. */
export function notBrought(server: {
  engine: string;
  title: string;
  /** Docker's image, with the options that it needs in front. */
  image: string;
  port: number;
  container: Omit<ContainerRecipe, "port">;
}): Omit<DatabaseDriver, "role"> {
  return {
    engine: server.engine,
    port: server.port,
    container: { ...server.container, port: server.port },
    plan: async (request) =>
      cannot(`Lodestar runs no ${server.title} server of its own.`, byDocker(request, server.image, server.port)),
    examples: [
      {
        name: "always no",
        have: {},
        answer: { ok: false, next: `docker run -d --rm -p 127.0.0.1:5400:${server.port} ${server.image}` },
      },
    ],
  };
}

/** A URL on 127.0.0.1, each part encoded; without a password the user stands alone. */
export function loopbackUrl(
  scheme: string,
  { user = "", password = "", port, path = "" }: { user?: string; password?: string; port: number; path?: string },
): string {
  const login = [user, ...(password === "" ? [] : [password])].map(encodeURIComponent).join(":");
  return `${scheme}://${login === "" ? "" : `${login}@`}127.0.0.1:${port}/${encodeURIComponent(path)}`;
}
