import type { Context } from "hono";

/** Why a request is refused whatever it asks: a page in a browser must not reach the daemon (DNS rebinding, cross-site requests). */
export function refusePlace(c: Context, port: number): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (!hosts.includes(c.req.header("host") ?? "")) return "The Host header does not name this daemon";
  const origin = c.req.header("origin");
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`))
    return "The Origin is not this daemon";
  return undefined;
}

/** Compares in a time that does not depend on where the texts differ. */
export function sameText(a: string, b: string): boolean {
  let differ = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) differ |= a.charCodeAt(i % Math.max(1, a.length)) ^ b.charCodeAt(i);
  return differ === 0;
}
