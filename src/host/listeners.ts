import { readFileSync } from "node:fs";
import { commandOf, openFilesOf, processTable, systemOutput } from "./process-table.ts";

/** A TCP socket that waits for connections. */
export interface Listener {
  readonly port: number;
  readonly pid: number;
  readonly command: string;
}

/**
 * Who listens on `port` in this process's network; undefined when nobody does or when the owner is not ours to see.
 * From /proc on Linux, else from `lsof` where that is installed.
 */
export async function listenerOf(port: number): Promise<Listener | undefined> {
  if (process.platform !== "linux") return (await byLsof([`-iTCP:${port}`]))[0];
  const sockets = listeningSockets("self").filter((socket) => socket.port === port);
  if (sockets.length === 0) return undefined;
  const names = new Set(sockets.map((socket) => socket.name));
  for (const pid of (await processTable()).keys())
    if (openFilesOf(pid).some((file) => names.has(file))) return { port, pid, command: commandOf(pid) ?? "" };
  return undefined;
}

/** Ports on which any of `pids` listens, in its own network namespace, in ascending order. */
export async function portsOf(pids: readonly number[]): Promise<number[]> {
  if (pids.length === 0) return [];
  if (process.platform !== "linux")
    return ascending((await byLsof(["-a", "-p", pids.join(","), "-iTCP"])).map((found) => found.port));
  const ports = pids.flatMap((pid) => {
    const open = new Set(openFilesOf(pid).filter((file) => file.startsWith("socket:")));
    if (open.size === 0) return [];
    return listeningSockets(pid).flatMap((socket) => (open.has(socket.name) ? [socket.port] : []));
  });
  return ascending(ports);
}

/** /proc/<pid>/net/tcp, man 5 proc: `sl local_address rem_address st … inode`; state 0A is LISTEN, addresses are hex. */
function listeningSockets(pid: number | "self"): { port: number; name: string }[] {
  return ["tcp", "tcp6"].flatMap((table) =>
    readText(`/proc/${pid}/net/${table}`)
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        const port = fields[1]?.split(":")[1];
        if (fields[3] !== "0A" || port === undefined) return [];
        return [{ port: Number.parseInt(port, 16), name: `socket:[${fields[9]}]` }];
      }),
  );
}

/** `lsof -F` prints one field per line: `p` pid, `c` command, `n` `*:3000`. */
async function byLsof(which: readonly string[]): Promise<Listener[]> {
  const text = await systemOutput("lsof", ["-nP", "-sTCP:LISTEN", "-Fpcn", ...which]);
  const found: Listener[] = [];
  let pid = 0;
  let command = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("p")) pid = Number(line.slice(1));
    if (line.startsWith("c")) command = line.slice(1);
    const port = /^n.*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) found.push({ port: Number(port), pid, command });
  }
  return found;
}

function ascending(ports: readonly number[]): number[] {
  return [...new Set(ports)].sort((a, b) => a - b);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
