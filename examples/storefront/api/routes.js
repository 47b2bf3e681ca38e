import { readJson } from "@storefront/shared/http.js";
import { log } from "@storefront/shared/log.js";
import { newSession, sessionOf } from "./session.js";
import { health, order, ordersOf, products } from "./shop.js";

/** The API's routes on one database. */
export function routes(pool, secret) {
  return {
    "GET /health": async () => {
      try {
        return { body: { ok: true, ...(await health(pool)) } };
      } catch (error) {
        log(`error: not healthy: ${error.message}`);
        return { status: 503, body: { ok: false, error: error.message } };
      }
    },
    "GET /products": async () => ({ body: await products(pool) }),
    "GET /orders": async (request) => {
      const session = sessionOf(request.headers.cookie, secret);
      return { body: session ? await ordersOf(pool, session) : [] };
    },
    "POST /orders": async (request) => {
      const wanted = await readJson(request);
      if (!Number.isInteger(wanted?.product)) return { status: 400, body: { error: "say which product" } };
      const known = sessionOf(request.headers.cookie, secret);
      const session = known ? { id: known } : newSession(secret);
      const id = await order(pool, session.id, wanted.product);
      if (id === undefined) return { status: 404, body: { error: "no such product" } };
      const headers = session.cookie ? { "set-cookie": `session=${session.cookie}; HttpOnly; SameSite=Lax` } : {};
      return { status: 201, headers, body: { id } };
    },
  };
}
