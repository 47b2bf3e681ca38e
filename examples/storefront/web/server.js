import { portOf } from "@storefront/shared/env.js";
import { serve } from "@storefront/shared/http.js";
import { log } from "@storefront/shared/log.js";
import { page } from "./page.js";

const api = process.env.API_URL ?? "http://localhost:3000";

serve("web", portOf(3000), {
  "GET /": async () => ({ body: page(await ask("/products")) }),
  "GET /health": async () => {
    try {
      return { body: { ok: true, api: (await ask("/health")).ok } };
    } catch (error) {
      log(`error: not healthy: ${error.message}`);
      return { status: 503, body: { ok: false, error: error.message } };
    }
  },
});

async function ask(path) {
  const response = await fetch(new URL(path, api), { signal: AbortSignal.timeout(3000) }).catch((error) => {
    throw new Error(`the API at ${api} does not answer: ${error.cause?.message ?? error.message}`);
  });
  if (!response.ok) throw new Error(`the API at ${api} answers ${path} with ${response.status}`);
  return response.json();
}
