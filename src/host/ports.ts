import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { OutsideError } from "../sdk/index.ts";
import { listenerOf, type Listener } from "./listeners.ts";

/** A port and, when it is not the wanted one, who has the wanted one. */
interface Lease {
  readonly port: number;
  readonly wantedBy?: string;
}

export interface Ports {
  /**
   * A port for `name` of a site, never leased twice: the wanted one if it is free, else one that is the same at every
   * start of this site, else the next free one. Asked again for the same name, it gives the same port, unless somebody
   * else (`ours` says no) listens there by now.
   */
  lease(request: {
    site: string;
    name: string;
    wanted?: number;
    ours?: (pid: number) => Promise<boolean>;
  }): Promise<Lease>;
  /** Gives back one port of a site, or all of them. */
  release(site: string, name?: string): void;
  /** Who listens on a port of this machine. */
  listener(port: number): Promise<Listener | undefined>;
}

/** Below the ephemeral ports of Linux (32768) and macOS (49152), above those that projects name themselves. */
const FIRST = 20_000;
const LAST = 31_999;
const HOSTS = ["127.0.0.1", "::1", "0.0.0.0", "::"];

/** Ports of this machine. One per daemon: two daemons only see each other's ports once something listens there. */
export function createPorts(): Ports {
  const leases = new Map<number, { site: string; name: string }>();
  /** Leases are given one after the other: between the look and the entry nobody else may take the port. */
  let last: Promise<unknown> = Promise.resolve();

  async function lease(request: Parameters<Ports["lease"]>[0]): Promise<Lease> {
    const { site, name, wanted, ours } = request;
    const held = [...leases].find(([, owner]) => owner.site === site && owner.name === name)?.[0];
    if (held !== undefined) {
      if (await isUsable(held, ours)) return { port: held };
      leases.delete(held);
    }
    if (wanted !== undefined && !leases.has(wanted) && (await isFree(wanted))) return take(wanted, request);
    const wantedBy = wanted === undefined ? undefined : await holderOf(wanted);
    for (const port of candidates(site, name))
      if (!leases.has(port) && (await isFree(port)))
        return { ...take(port, request), ...(wantedBy === undefined ? {} : { wantedBy }) };
    throw new OutsideError(`No port between ${FIRST} and ${LAST} is free.`, { retryable: true });
  }

  function take(port: number, { site, name }: { site: string; name: string }): Lease {
    leases.set(port, { site, name });
    return { port };
  }

  async function holderOf(port: number): Promise<string> {
    const owner = leases.get(port);
    if (owner) return `${owner.name} of ${owner.site}`;
    const listener = await listenerOf(port);
    if (listener) return `${listener.command} (pid ${listener.pid})`;
    return port < 1024 ? "the system (ports below 1024 are reserved)" : "a process of another user";
  }

  return {
    lease(request) {
      const result = last.then(() => lease(request));
      last = result.catch(() => {});
      return result;
    },
    release(site, name) {
      for (const [port, owner] of leases)
        if (owner.site === site && (name === undefined || owner.name === name)) leases.delete(port);
    },
    listener: listenerOf,
  };
}

/** Whether a port can be bound on every address that a server may choose; an address family that is absent does not count. */
export async function isFree(port: number): Promise<boolean> {
  for (const host of HOSTS) if (!(await canBind(port, host))) return false;
  return true;
}

async function isUsable(port: number, ours: ((pid: number) => Promise<boolean>) | undefined): Promise<boolean> {
  if (await isFree(port)) return true;
  const listener = await listenerOf(port);
  return listener !== undefined && ours !== undefined && (await ours(listener.pid));
}

function canBind(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      resolve(code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT");
    });
    server.listen({ port, host, exclusive: true, ipv6Only: host === "::" }, () => server.close(() => resolve(true)));
  });
}

/** The range, beginning where the site and the name point to. */
function* candidates(site: string, name: string): Generator<number> {
  const size = LAST - FIRST + 1;
  const digest = createHash("sha256").update(`${site}\0${name}`).digest();
  const begin = digest.readUInt32BE(0) % size;
  for (let step = 0; step < size; step++) yield FIRST + ((begin + step) % size);
}
