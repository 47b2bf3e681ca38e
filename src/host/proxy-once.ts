import { execFile } from "node:child_process";
import { REGISTRY_HOSTS, startRegistryProxy, type RegistryProxy } from "./proxy.ts";

/** The registry proxy of a daemon, started when something is installed for the first time. */
export function openProxy(socketPath: string): { socket(): Promise<string>; close(): Promise<void> } {
  let proxy: Promise<RegistryProxy> | undefined;
  return {
    socket: async () => {
      proxy ??= userRegistries().then((hosts) =>
        startRegistryProxy({ socketPath, allow: [...REGISTRY_HOSTS, ...hosts] }),
      );
      return (await proxy).socketPath;
    },
    close: async () => (await proxy)?.close(),
  };
}

/** Hosts that the user's own npm is set to: a company's registry is allowed as the public ones are. */
function userRegistries(): Promise<string[]> {
  return new Promise((done) => {
    execFile("npm", ["config", "get", "registry"], { timeout: 5_000 }, (_error, stdout) => {
      const text = stdout.trim();
      if (!URL.canParse(text)) return done([]);
      const { hostname, port } = new URL(text);
      done([port === "" ? hostname : `${hostname}:${port}`]);
    });
  });
}
