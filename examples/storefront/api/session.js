import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

/** A new session: its id, and the signed text that the customer's cookie carries. */
export function newSession(secret) {
  const id = randomUUID();
  return { id, cookie: `${id}.${sign(id, secret)}` };
}

/** The session of a `cookie` header, or undefined when there is none or its signature is not ours. */
export function sessionOf(header, secret) {
  const [id, signature] = /(?:^|;\s*)session=([^;]+)/.exec(header ?? "")?.[1]?.split(".") ?? [];
  if (!id || !signature) return undefined;
  const expected = Buffer.from(sign(id, secret));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected) ? id : undefined;
}

function sign(id, secret) {
  return createHmac("sha256", secret).update(id).digest("hex");
}
