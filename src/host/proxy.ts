import { lookup } from "node:dns/promises";
import type { LookupAddress } from "node:dns";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { BlockList, connect, isIP, type Socket } from "node:net";
import { rm } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { messageOf } from "../sdk/index.ts";

/** Where package managers download from when nobody configured another place. `*.x` is any host below x. */
export const REGISTRY_HOSTS: readonly string[] = [
  "registry.npmjs.org registry.yarnpkg.com repo.yarnpkg.com npm.jsr.io jsr.io deno.land",
  "pypi.org files.pythonhosted.org",
  "crates.io index.crates.io static.crates.io",
  "proxy.golang.org sum.golang.org",
  "rubygems.org index.rubygems.org",
  "packagist.org repo.packagist.org",
  "repo.maven.apache.org repo1.maven.org plugins.gradle.org plugins-artifacts.gradle.org",
  "api.nuget.org www.nuget.org globalcdn.nuget.org",
  "hex.pm repo.hex.pm builds.hex.pm",
].flatMap((hosts) => hosts.split(" "));

export interface RegistryProxy {
  readonly socketPath: string;
  /** What was carried since the start, per host. */
  traffic(): { host: string; sent: number; received: number }[];
  /** What was asked for and not allowed, each host once, in the order of asking. */
  refused(): { host: string; because: string }[];
  close(): Promise<void>;
}

type Target = { host: string; port: number };
type Resolver = (host: string) => Promise<LookupAddress[]>;
type Verdict = { ok: true; address: string } | { ok: false; because: string };

/** Addresses that are not the internet: this machine, its networks, multicast. (IANA special-purpose registries.) */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["224.0.0.0", 3],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv6");

const PLAIN = { "content-type": "text/plain" };
const HOP_BY_HOP = ["proxy-connection", "proxy-authorization", "connection", "keep-alive", "te", "trailer", "upgrade"];

/**
 * A forward proxy on a Unix socket, the only way out of a sandbox that installs: CONNECT and plain HTTP to the hosts of
 * `allow`, ports 80 and 443. An entry `host:port` allows just that port, and also a private address: the user
 * configured it. All else gets 403 with the reason. Names are resolved here and the checked address is the one used.
 */
export async function startRegistryProxy(options: {
  socketPath: string;
  allow?: readonly string[];
  /** Finds the addresses of a host; the system's own way unless a test brings another. */
  resolve?: Resolver;
}): Promise<RegistryProxy> {
  const door = createDoor(options.allow ?? REGISTRY_HOSTS, options.resolve ?? ((host) => lookup(host, { all: true })));
  const open = new Set<Duplex>();
  const server = createServer();
  server.on("connect", (asked, socket, head) => void tunnel(door, asked, socket, head));
  server.on("request", (asked, response) => void forward(door, asked, response));
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await rm(options.socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.socketPath, resolve);
  });
  return {
    socketPath: options.socketPath,
    traffic: door.traffic,
    refused: door.refused,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

interface Door extends Pick<RegistryProxy, "traffic" | "refused"> {
  admit(target: Target | undefined): Promise<Verdict>;
  count(host: string, socket: Socket): void;
}

/** Decides who gets out and keeps the books. */
function createDoor(allow: readonly string[], find: Resolver): Door {
  const addressesOf = remembered(find);
  const sums = new Map<string, { sent: number; received: number }>();
  const live = new Map<Socket, string>();
  const refused = new Map<string, string>();

  function add(books: typeof sums, host: string, socket: Socket): void {
    const sum = books.get(host) ?? { sent: 0, received: 0 };
    books.set(host, { sent: sum.sent + socket.bytesWritten, received: sum.received + socket.bytesRead });
  }

  return {
    async admit(target) {
      const verdict: Verdict = target
        ? await judge(target, allow, addressesOf)
        : { ok: false, because: "no host was named" };
      if (!verdict.ok) refused.set(target?.host ?? "", verdict.because);
      return verdict;
    },
    count(host, socket) {
      live.set(socket, host);
      socket.on("close", () => {
        live.delete(socket);
        add(sums, host, socket);
      });
    },
    traffic() {
      const books = new Map(sums);
      for (const [socket, host] of live) add(books, host, socket);
      return [...books].map(([host, sum]) => ({ host, ...sum }));
    },
    refused: () => [...refused].map(([host, because]) => ({ host, because })),
  };
}

async function tunnel(door: Door, asked: IncomingMessage, inside: Duplex, head: Buffer): Promise<void> {
  inside.on("error", () => inside.destroy());
  const target = parseTarget(asked.url ?? "", 443);
  const verdict = await door.admit(target);
  if (!target || !verdict.ok) return answer(inside, 403, explain(verdict));
  const outside = connect({ host: verdict.address, port: target.port }, () => {
    inside.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (head.length > 0) outside.write(head);
    outside.pipe(inside).pipe(outside);
  });
  door.count(target.host, outside);
  outside.on("error", (error) => {
    if (outside.bytesRead + outside.bytesWritten === 0) answer(inside, 502, `${messageOf(error)}\n`);
    else inside.destroy();
  });
  inside.on("close", () => outside.destroy());
}

async function forward(door: Door, asked: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.canParse(asked.url ?? "") ? new URL(asked.url ?? "") : undefined;
  const target = url?.protocol === "http:" ? parseTarget(url.host, 80) : undefined;
  const verdict = await door.admit(target);
  if (!url || !target || !verdict.ok) {
    response.writeHead(403, PLAIN).end(explain(verdict));
    return;
  }
  const headers = Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
  const onward = request({
    host: verdict.address,
    port: target.port,
    method: asked.method,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host },
    agent: false,
  });
  onward.on("socket", (socket) => door.count(target.host, socket));
  onward.on("response", (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(response);
    reply.on("error", () => response.destroy());
  });
  onward.on("error", (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, PLAIN).end(`${messageOf(error)}\n`);
  });
  response.on("close", () => onward.destroy());
  asked.pipe(onward);
}

/** Long enough for an install, short enough for a registry that moves. */
const REMEMBER_MS = 60_000;

/**
 * Asks once for each host: package managers open a tunnel for each package, and resolvers drop questions that come by the
 * hundred (each one lost takes 5 s). What was not found is asked for again.
 */
function remembered(find: Resolver): Resolver {
  const known = new Map<string, { addresses: Promise<LookupAddress[]>; until: number }>();
  return (host) => {
    const one = known.get(host);
    if (one && performance.now() < one.until) return one.addresses;
    const addresses = find(host);
    known.set(host, { addresses, until: performance.now() + REMEMBER_MS });
    addresses.catch(() => known.delete(host));
    return addresses;
  };
}

/** May `target` be reached, and at which address. */
async function judge(target: Target, allow: readonly string[], addressesOf: Resolver): Promise<Verdict> {
  const configured = allow.includes(`${target.host}:${target.port}`);
  if (!configured) {
    if (isIP(target.host)) return { ok: false, because: `${target.host} is an address, not the name of a registry` };
    if (!allow.some((entry) => matches(target.host, entry)))
      return { ok: false, because: `${target.host} is not a package registry that Lodestar knows or you configured` };
    if (target.port !== 80 && target.port !== 443)
      return { ok: false, because: `${target.host}:${target.port} is not a port of a registry (80, 443)` };
  }
  try {
    const addresses = await addressesOf(target.host);
    const usable = addresses.filter(({ address }) => configured || !isPrivate(address));
    const [first] = usable;
    if (first && usable.length === addresses.length) return { ok: true, address: first.address };
    return { ok: false, because: `${target.host} resolves to an address of a private network` };
  } catch (error) {
    return { ok: false, because: `${target.host} was not found (${messageOf(error)})` };
  }
}

function matches(host: string, entry: string): boolean {
  return entry.startsWith("*.") ? host.endsWith(entry.slice(1)) : host === entry;
}

function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return PRIVATE.check(mapped, "ipv4");
  return PRIVATE.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** `host`, `host:port`, `[v6]:port`; lower case, without a final dot. */
function parseTarget(text: string, standard: number): Target | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([^:[\]/@\s]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, "");
  if (!host) return undefined;
  return { host, port: match?.[3] === undefined ? standard : Number(match[3]) };
}

function explain(verdict: Verdict): string {
  return `Lodestar's registry proxy: ${verdict.ok ? "not a request for a registry" : verdict.because}\n`;
}

function answer(socket: Duplex, status: 403 | 502, text: string): void {
  if (!socket.writable) return;
  const reason = status === 403 ? "Forbidden" : "Bad Gateway";
  const size = Buffer.byteLength(text);
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: text/plain\r\ncontent-length: ${size}\r\nconnection: close\r\n\r\n${text}`,
  );
}
